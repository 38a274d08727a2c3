"""What the reader brings decides: trust files with ranges, and policies whose quorum real witnesses make."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from qingyuan.evidence import build_package, canonical, transferred
from qingyuan.ledger import Cosigner, NoteSigner, SignatureError, open_checkpoint, parse_policy, parse_proof
from tests.evidence.packing import ORIGIN, SmallOffice, small_office
from tests.evidence.repacking import (
    Members,
    described,
    findings,
    judge,
    lines_of,
    sealed,
    trust_of,
    unchecked,
)

EXHIBITS, EVENTS, KEYS = "evidence/exhibits.jsonl", "evidence/events.jsonl", "trust/keys.jsonl"
PACKAGE = "evidence/package.json"


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return small_office()


@pytest.fixture(scope="module")
def whole(office: SmallOffice) -> Members:
    return sealed(unchecked(office.source()), office)


def test_key_identifiers_in_the_trust_file_must_follow_from_the_keys(
    office: SmallOffice, whole: Members
) -> None:
    for position in range(len(trust_of(office)["keys"])):
        trust = trust_of(office)
        trust["keys"][position]["id"] = "0123456789abcdef"
        report = judge(whole, trust)
        assert (report.verdict, findings(report)) == ("undetermined", {("no-trust", None)})


def _identifiers(text: str) -> set[str]:
    return set(re.findall(r"\b[0-9a-f]{16}\b", text))


def _ranged(office: SmallOffice, role: str, valid: tuple[int, int | None]) -> dict[str, Any]:
    ranges: dict[str, Any] = {role: valid}
    return trust_of(office, **ranges)


def test_a_key_outside_its_range_leaves_the_verdict_open_and_is_named(
    office: SmallOffice, whole: Members
) -> None:
    # The first officer signs at 1 and 3, the second at 2; the transfer is at 6 and the tree has 7 entries.
    for role, inside, outside in (
        ("officer", [(0, 4), (1, None), (1, 4)], [(2, None), (0, 3), (3, None)]),
        ("package", [(6, 7), (0, None)], [(7, None), (0, 6)]),
        ("log", [(6, 7), (0, None)], [(7, None), (0, 6)]),
    ):
        for valid in inside:
            assert judge(whole, _ranged(office, role, valid)).verdict == "pass", (role, valid)
        for valid in outside:
            report = judge(whole, _ranged(office, role, valid))
            assert (report.verdict, {c for c, _ in findings(report)}) == ("undetermined", {"revoked-key"})
            named = {i for r in report.reasons if r.code == "revoked-key" for i in _identifiers(r.text_en)}
            keys = {key.id for key in office.keyring.public_keys() if key.role == role}
            assert named & keys, (role, valid)


def test_an_unknown_member_is_refused_in_lines_and_tolerated_in_the_description(
    office: SmallOffice, whole: Members
) -> None:
    for name, code in ((EVENTS, "json"), (EXHIBITS, "json")):
        bent = lines_of(whole, name, lambda ls: [canonical({**json.loads(ls[0]), "zz": 1}) + b"\n", *ls[1:]])
        assert (code, name) in findings(judge(sealed(bent, office), trust_of(office)))
    assert judge(sealed(described(whole, zz={"a": 1}), office), trust_of(office)).verdict == "pass"
    more = lines_of(whole, KEYS, lambda ls: [canonical({**json.loads(ls[0]), "zz": 1}) + b"\n", *ls[1:]])
    assert judge(sealed(more, office), trust_of(office)).verdict == "pass"
    log = {**json.loads(whole[PACKAGE])["log"], "zz": 1}
    assert ("json", PACKAGE) in findings(judge(sealed(described(whole, log=log), office), trust_of(office)))


def test_a_transfer_may_carry_more_than_the_format_asks(tmp_path: Path) -> None:
    office = small_office()
    digests = {n: v for n, v in office.events[-1][1].items() if n.endswith(("sha256", "sm3"))}
    office.events.pop()
    more = transferred("E2026-0001", "某互联网法院", **digests)  # type: ignore[arg-type]
    office.log("M2026-0001", "evidence.transferred", {**more, "remark": "x"})
    build_package(office.source(), tmp_path / "p.evp")
    assert judge((tmp_path / "p.evp").read_bytes(), trust_of(office)).verdict == "pass"


COURT, NOTARY, PRESS = (
    Cosigner(f"{n}.example/w", bytes([n_]) * 32) for n, n_ in (("court", 1), ("notary", 2), ("press", 3))
)


def _policy(office: SmallOffice, rule: str, *, quorum: str = "most", log: str | None = None) -> bytes:
    lines = [
        f"log {log or office.log_key.public.vkey()} https://log.example/",
        *(f"witness {w.name.partition('.')[0]} {w.key.encode()}" for w in (COURT, NOTARY, PRESS)),
        f"group most {rule} court notary press",
        f"quorum {quorum}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _cosigned(*witnesses: Cosigner) -> tuple[SmallOffice, Members, bytes]:
    office = small_office()
    office.cosigners = list(witnesses)
    source = office.source()
    return office, sealed(unchecked(source), office), parse_proof(source.events[0].proof).checkpoint


@pytest.mark.parametrize("witnesses", [(), (COURT,), (PRESS, COURT), (COURT, NOTARY, PRESS)])
@pytest.mark.parametrize(("rule", "needed"), [("any", 1), ("2", 2), ("all", 3)])
def test_a_quorum_is_met_exactly_when_the_ledger_says_so(
    witnesses: tuple[Cosigner, ...], rule: str, needed: int
) -> None:
    office, package, checkpoint = _cosigned(*witnesses)
    policy = _policy(office, rule)
    expected = parse_policy(policy).evaluate(checkpoint)
    report = judge(package, trust_of(office), policy)
    assert report.quorum["met"] is expected.met is (len(witnesses) >= needed)
    assert set(report.quorum["witnesses"]) == {w.name.partition(".")[0] for w in witnesses}
    assert report.verdict == ("pass" if expected.met else "undetermined")
    assert findings(report) == set()


def test_no_policy_or_the_quorum_none_demands_no_witness() -> None:
    office, package, _ = _cosigned()
    report = judge(package, trust_of(office))
    assert (report.verdict, report.quorum["demanded"], report.quorum["met"]) == ("pass", False, None)
    report = judge(package, trust_of(office), _policy(office, "any", quorum="none"))
    assert (report.verdict, report.quorum["demanded"], report.quorum["met"]) == ("pass", True, True)


@pytest.mark.parametrize(
    "policy",
    [
        b"",
        b"quorum nobody\n",
        b"witness w nonsense\nquorum w\n",
        b"quorum none\0\n",
        b"\xff\n",
        b"quorum none\nquorum none\n",
    ],
)
def test_a_policy_that_cannot_be_read_counts_as_a_quorum_that_is_not_met(
    office: SmallOffice, whole: Members, policy: bytes
) -> None:
    report = judge(whole, trust_of(office), policy)
    assert (report.verdict, report.quorum["demanded"], report.quorum["met"]) == ("undetermined", True, False)
    assert "quorum" in {r.code for r in report.reasons}


def test_a_policy_of_another_log_is_not_met() -> None:
    office, package, checkpoint = _cosigned(COURT, NOTARY, PRESS)
    policy = _policy(office, "any", log=NoteSigner(ORIGIN, bytes(32)).key.encode())
    with pytest.raises(SignatureError):
        parse_policy(policy).evaluate(checkpoint)
    report = judge(package, trust_of(office), policy)
    assert (report.verdict, report.quorum["met"]) == ("undetermined", False)
    assert findings(report) == {("unknown-key", "proofs/0.tlog-proof")}


def test_a_false_cosignature_of_a_witness_of_the_policy_fails() -> None:
    office, _, _ = _cosigned(COURT)
    impostor = Cosigner(COURT.name, bytes([9]) * 32)
    impostor.key_id = COURT.key_id
    office.cosigners = [impostor]
    source = office.source()
    package, checkpoint = sealed(unchecked(source), office), parse_proof(source.events[0].proof).checkpoint
    with pytest.raises(SignatureError):
        parse_policy(_policy(office, "any")).evaluate(checkpoint)
    assert open_checkpoint(checkpoint, [office.log_key.note_signer().key])
    report = judge(package, trust_of(office), _policy(office, "any"))
    assert (report.verdict, findings(report)) == ("fail", {("proof", "proofs/0.tlog-proof")})
    assert judge(package, trust_of(office)).verdict == "pass", "without a policy no cosignature is looked at"


def test_one_proof_with_fewer_cosignatures_fails() -> None:
    office, package, _ = _cosigned(COURT, NOTARY)
    office.cosigners.pop()
    fewer = unchecked(office.source())["proofs/3.tlog-proof"]
    report = judge(sealed({**package, "proofs/3.tlog-proof": fewer}, office), trust_of(office))
    assert (report.verdict, findings(report)) == ("fail", {("proof", "proofs/3.tlog-proof")})


def test_a_log_key_that_is_not_named_by_its_origin_makes_the_trust_file_unusable(
    office: SmallOffice, whole: Members
) -> None:
    trust = trust_of(office)
    trust["logs"][0]["origin"] = "other.example"
    assert findings(judge(whole, trust)) == {("no-trust", None)}
