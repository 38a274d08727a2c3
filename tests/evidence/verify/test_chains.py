"""Which tokens are trusted: purpose, chain and validity at the time of the token, never at the present."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import check, codes, paths
from tests.evidence.verify.maker import trust
from tests.evidence.verify.noting import b64
from tests.evidence.verify.stamped import ROOT, TSA, listed, stamped, trusting
from tests.evidence.verify.stamping import (
    STAMPING,
    Key,
    Party,
    authority,
    constraints,
    der,
    extension,
    oid,
    purposes,
    seq,
    usage,
)  # fmt: skip

CA = (constraints(), usage(0x06))
EMAIL, STAMP = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8"
TIME = "20260302020000Z"


def verdict(signer: Party, trust_bytes: bytes, *chain: Party, time: str = TIME) -> bool:
    """Whether the token of ``signer`` is trusted; it is never broken."""
    certificates = tuple(party.certificate for party in (signer, *chain))
    maker = stamped(lambda s: s.but(certificates=certificates, time=time.encode()), tsa=signer)
    report = check(maker.build(), trust_bytes)
    assert report.verdict == "pass"
    assert codes(report) in ({"time"}, {"untrusted-time"})
    assert report.timestamps[0]["trusted"] is (codes(report) == {"time"})
    return bool(report.timestamps[0]["trusted"])


def unit(*extensions: bytes, **changes: object) -> Party:
    base = Party("TSU", Key("p256", 4), ROOT, extensions or (STAMPING,), serial=9)
    return replace(base, **changes)  # type: ignore[arg-type]


SIGNERS: list[tuple[str, Party, bool]] = [
    ("time stamping alone, critical", unit(), True),
    ("not critical", unit(purposes(STAMP, critical=False)), False),
    ("another purpose beside it", unit(purposes(STAMP, EMAIL)), False),
    ("another purpose", unit(purposes(EMAIL)), False),
    ("no purpose", unit(usage(0x80)), False),
    ("a critical extension nobody knows", unit(STAMPING, extension("1.2.3.4", b"\5\0", critical=True)), False),
    ("an extension nobody knows", unit(STAMPING, extension("1.2.3.4", b"\5\0")), True),
    ("critical policies", unit(STAMPING, extension("2.5.29.32", seq(seq(oid("1.2.3"))), critical=True)), True),
    ("valid to the second of the token", unit(valid=(TIME, TIME)), True),
    ("valid from a second later", unit(valid=("20260302020001Z", "20300101000000Z")), False),
    ("valid to a second before", unit(valid=("20250101000000Z", "20260302015959Z")), False),
    ("issued by a name only", unit(signed_by=Key("p256", 77)), False),
]  # fmt: skip


@pytest.mark.parametrize(("signer", "trusted"), [c[1:] for c in SIGNERS], ids=[c[0] for c in SIGNERS])
def test_the_signers_certificate_decides(signer: Party, trusted: bool) -> None:
    assert verdict(signer, trusting(ROOT)) is trusted
    if signer.signed_by is None:
        assert verdict(signer, trusting(signer)) is trusted, (
            "when it is listed itself, its own validity counts"
        )


def test_a_fraction_of_a_second_after_the_end_is_after_the_end() -> None:
    signer = unit(valid=("20250101000000Z", TIME))
    assert verdict(signer, trusting(ROOT))
    assert not verdict(signer, trusting(ROOT), time="20260302020000.5Z")


def root(*extensions: bytes, **changes: object) -> Party:
    return replace(ROOT, **{"extensions": extensions or CA, **changes})  # type: ignore[arg-type]


ISSUERS: list[tuple[str, Party, bool]] = [
    ("an authority", root(), True),
    ("an authority without key usage", root(constraints()), True),
    ("no authority", root(constraints(authority=False), usage(0x06)), False),
    ("no constraints", root(usage(0x06)), False),
    ("not for signing certificates", root(constraints(), usage(0x80)), False),
    ("a path length of none", root(constraints(0), usage(0x06)), True),
    ("a critical extension nobody knows", root(*CA, extension("1.2.3.4", b"\5\0", critical=True)), False),
    ("long expired", root(valid=("20010101000000Z", "20020101000000Z")), True),
]  # fmt: skip


@pytest.mark.parametrize(("issuer", "trusted"), [c[1:] for c in ISSUERS], ids=[c[0] for c in ISSUERS])
def test_the_listed_issuer_decides_but_for_its_validity(issuer: Party, trusted: bool) -> None:
    assert verdict(unit(issuer=issuer), trusting(issuer)) is trusted


def between(number: int, issuer: Party, *extensions: bytes, **changes: object) -> Party:
    base = Party(f"CA {number}", Key("p256", 20 + number), issuer, extensions or CA, serial=100 + number)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_a_chain_leads_through_the_certificates_of_the_token_in_any_order() -> None:
    first = between(1, ROOT)
    second = between(2, first)
    signer = unit(issuer=second)
    assert verdict(signer, trusting(ROOT), first, second)
    assert verdict(signer, trusting(ROOT), second, first, ROOT)
    assert not verdict(signer, trusting(ROOT), first)
    assert verdict(signer, trusting(first), second), "a listed intermediate is enough"
    assert verdict(signer, trusting(ROOT, first, second))
    assert not verdict(signer, trusting(TSA), first, second)


def test_an_intermediate_must_be_valid_and_a_listed_one_need_not_be() -> None:
    old = between(1, ROOT, valid=("20010101000000Z", "20020101000000Z"))
    signer = unit(issuer=old)
    assert not verdict(signer, trusting(ROOT), old)
    assert verdict(signer, trusting(old))
    assert verdict(signer, trusting(ROOT, old))


def test_path_lengths_are_respected() -> None:
    narrow = root(constraints(0), usage(0x06))
    middle = between(1, narrow)
    assert not verdict(unit(issuer=middle), trusting(narrow), middle)
    wide = root(constraints(1), usage(0x06))
    middle = between(1, wide)
    assert verdict(unit(issuer=middle), trusting(wide), middle)
    # A certificate that a name issues to itself does not count (RFC 5280, 4.2.1.9).
    rolled = Party(ROOT.common, Key("p256", 31), narrow, CA, serial=55)
    assert verdict(unit(issuer=rolled), trusting(narrow), rolled)


@pytest.mark.parametrize(("length", "trusted"), [(7, True), (8, True), (9, False)])
def test_a_chain_has_at_most_eight_certificates(length: int, trusted: bool) -> None:
    chain = [ROOT]
    for number in range(length - 2):
        chain.append(between(number, chain[-1]))
    assert verdict(unit(issuer=chain[-1]), trusting(ROOT), *chain[1:]) is trusted


def test_certificates_that_issue_each_other_do_not_hold_the_verifier_up() -> None:
    """All of one name, each a possible issuer of each other."""
    many = [Party("CA", Key("ed25519", n), extensions=CA, serial=n) for n in range(1, 16)]
    signer = unit(issuer=many[0])
    assert not verdict(signer, trusting(ROOT), *many)


def test_more_links_than_the_bound_leave_the_verdict_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_evp, "MAX_LINKS", 3)
    many = [Party("CA", Key("ed25519", n), extensions=CA, serial=n) for n in range(1, 8)]
    signer = unit(issuer=many[0])
    certificates = tuple(party.certificate for party in (signer, *many))
    report = check(stamped(lambda s: s.but(certificates=certificates), tsa=signer).build(), trusting(ROOT))
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_the_number_of_operators_that_is_demanded_counts_operators_and_not_tokens() -> None:
    from tests.evidence.verify.maker import Maker
    from tests.evidence.verify.stamped import Pair, message_of, over_checkpoint
    from tests.evidence.verify.stamping import Stamp

    other_root, other = authority(seed=40)

    # The exhibits are made at 5, 11 and 17: a checkpoint of size 17 does not cover the last.
    def package(*stamps: tuple[Party, int]) -> bytes:
        def pairs(maker: Maker) -> list[Pair]:
            found: list[Pair] = []
            for tsa, size in stamps:
                line = over_checkpoint(maker, size)
                found.append((line, Stamp(message_of(maker, line, []), tsa, (tsa.certificate,)).token()))
            return found

        return Maker(stamps=pairs).build()

    cases = [
        ([(TSA, 18)], 1, True),
        ([(TSA, 17)], 1, False),
        ([], 1, False),
        ([], 0, True),
        ([(TSA, 18), (TSA, 27)], 2, False),
        ([(TSA, 18), (other, 20)], 2, True),
        ([(TSA, 18), (other, 17)], 2, False),
    ]
    for stamps, operators, enough in cases:
        trust_bytes = trusting(listed(ROOT, "甲"), listed(other_root, "乙"), operators=operators)
        report = check(package(*stamps), trust_bytes)
        assert (report.verdict == "pass") is enough, (stamps, operators)
        assert paths(report, "no-timestamp") == (set() if enough else {"evidence/timestamps.jsonl"})
        assert "ok-timestamps" in {r.code for r in report.reasons}
        same = trusting(listed(ROOT, "甲"), listed(other_root, "甲"), operators=2)
        assert check(package(*stamps), same).verdict == "undetermined"


@pytest.mark.parametrize(
    "changes",
    [
        {"tsas": {}},
        {"tsas": [{}]},
        {"tsas": [{"name": "a", "operator": "b", "certificate": b64(b"\x30\x00")}]},
        {"tsas": [{"name": "a", "operator": "b", "certificate": b64(TSA.certificate + b"\0")}]},
        {"tsas": [{"name": "a", "operator": 1, "certificate": b64(TSA.certificate)}]},
        {"timestamps": 1},
        {"timestamps": {}},
        {"timestamps": {"operators": -1}},
        {"roles_version": "1"},
    ],
)
def test_a_trust_file_with_something_else_in_these_places_is_none(changes: dict[str, object]) -> None:
    report = check(stamped().build(), json.dumps({**trust(), **changes}).encode())
    assert (report.verdict, codes(report)) == ("undetermined", {"no-trust", "untrusted-time"})


def test_an_extension_that_is_malformed_counts_as_none_and_a_repeated_one_breaks_the_token() -> None:
    broken = unit(extension("2.5.29.37", b"\x30\x80", critical=True))
    assert not verdict(broken, trusting(ROOT))
    twice = unit(STAMPING, STAMPING)
    maker = stamped(lambda s: s.but(certificates=(twice.certificate,)), tsa=twice)
    report = check(maker.build(), trusting(ROOT))
    assert (report.verdict, codes(report)) == ("fail", {"timestamp"})
    odd = root(extension("2.5.29.19", der(0x30, b"\x01\x01\x01"), critical=True), usage(0x06))
    assert not verdict(unit(issuer=odd), trusting(odd))
