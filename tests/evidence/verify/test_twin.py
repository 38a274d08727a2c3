"""The twin log: SM3 proofs, an SM2 signature, and the policy that may demand both."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.evidence.verify.checking import TRUST, check, codes, paths
from tests.evidence.verify.maker import Maker, policy, trust
from tests.evidence.verify.noting import (
    LOG,
    ORIGIN,
    SM2,
    TWIN,
    TWIN_KEY,
    WITNESS_1,
    b64,
    cosignature_line,
    key_id,
    root_of,
    signature_line,
    sm2_id,
    sm2_line,
    sm2_vkey,
    vkey,
)  # fmt: skip
from tests.evidence.verify.sm2_signing import sm2_public

FIRST = "proofs-sm3/3.tlog-proof"
Members = dict[str, bytes]


def without() -> Maker:
    maker = Maker()
    maker.twin = False
    return maker


def swap(name: str, old: bytes, new: bytes) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        assert old in members[name]
        return {**members, name: members[name].replace(old, new, 1)}

    return change


def put(name: str, data: bytes) -> Callable[[Members], Members]:
    return lambda members: {**members, name: data}


def resigned(line: Callable[[bytes], bytes]) -> Maker:
    """A package whose twin checkpoint has this signature line and no other."""

    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return text + b"\n" + line(text)

    return Maker(twin_checkpoint=checkpoint)


def twin(**changes: Any) -> Maker:
    return Maker(package=lambda p: {**p, "twin": {**p["twin"], **changes}})


CASES: list[tuple[str, Maker, set[tuple[str, str | None]]]] = [
    ("a missing proof", Maker(tags=lambda m: {n: d for n, d in m.items() if n != "proofs-sm3/5.tlog-proof"}),
     {("proof", "proofs-sm3/5.tlog-proof")}),
    ("a proof of no event", Maker(tags=put("proofs-sm3/4.tlog-proof", b"x")), {("proof", "proofs-sm3/4.tlog-proof")}),
    ("a proof of another index", Maker(tags=swap("proofs-sm3/5.tlog-proof", b"index 5", b"index 7")),
     {("proof", "proofs-sm3/5.tlog-proof")}),
    ("a proof of the other log", Maker(tags=lambda m: {**m, "proofs-sm3/5.tlog-proof": m["proofs/5.tlog-proof"]}),
     {("proof", "proofs-sm3/5.tlog-proof")}),
    ("a proof of a later version", Maker(tags=swap(FIRST, b"@v1", b"@v2")), {("unsupported", FIRST)}),
    ("another root", twin(root=b64(bytes(32))), {("proof", FIRST)}),
    ("another size", twin(size=28), {("proof", FIRST), ("proof", "evidence/package.json")}),
    ("another origin", twin(origin=ORIGIN + "/sm4"), {("proof", FIRST), ("proof", "evidence/package.json")}),
    ("a member that is not known", twin(zz=1), {("json", "evidence/package.json")}),
    ("a twin that is no object", Maker(package=lambda p: {**p, "twin": 1}), {("json", "evidence/package.json")}),
    ("a twin denied though its proofs are there", Maker(package=lambda p: {**p, "twin": None}),
     {("proof", f"proofs-sm3/{i}.tlog-proof") for i in range(3, 24, 2)} | {("no-twin", "evidence/package.json")}),
    ("a signature that is false", resigned(lambda t: sm2_line(TWIN, TWIN_KEY, t + b"x")), {("proof", FIRST)}),
    ("a signature by another key", resigned(lambda t: sm2_line(TWIN, 99, t)), {("unknown-key", FIRST)}),
    ("an Ed25519 signature", resigned(lambda t: signature_line(TWIN, LOG, t)), {("unknown-key", FIRST)}),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_fault_of_the_twin_is_told(maker: Maker, expected: set[tuple[str, str | None]]) -> None:
    report = check(maker.build())
    follow = {"signature", "transfer"} if ("json", "evidence/package.json") in expected else set()
    found = {(r.code, r.path) for r in report.reasons if r.code in codes(report) - follow and r.path}
    assert {code for code, _ in found} == {code for code, _ in expected}
    assert found <= expected
    assert "ok-proofs" not in {r.code for r in report.reasons} or follow
    undetermined = {code for code, _ in expected} <= {"unknown-key", "unsupported"}
    assert report.verdict == ("undetermined" if undetermined else "fail")


def test_a_package_without_a_twin_is_judged_by_what_the_trust_file_names() -> None:
    data = without().build()
    report = check(data)
    assert (report.verdict, codes(report)) == ("undetermined", {"no-twin"})
    assert paths(report, "no-twin") == {"evidence/package.json"}
    assert "第十七条" in next(r.article for r in report.reasons if r.code == "no-twin")
    alone = {**trust(), "logs": trust()["logs"][:1]}
    assert check(data, json.dumps(alone).encode()).verdict == "pass"
    report = check(Maker().build(), json.dumps(alone).encode())
    assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key"})
    assert paths(report, "unknown-key") == {FIRST}


def test_a_listed_key_of_the_wrong_algorithm_is_unsupported() -> None:
    ed25519 = {**trust(), "logs": [trust()["logs"][0], {"origin": TWIN, "vkey": vkey(TWIN, LOG)}]}
    report = check(resigned(lambda t: signature_line(TWIN, LOG, t)).build(), json.dumps(ed25519).encode())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})

    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return text + b"\n" + sm2_line(ORIGIN, TWIN_KEY, text)

    sm2 = {**trust(), "logs": [{"origin": ORIGIN, "vkey": sm2_vkey(ORIGIN, TWIN_KEY)}, trust()["logs"][1]]}
    report = check(Maker(checkpoint=checkpoint).build(), json.dumps(sm2).encode())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_the_twins_key_counts_only_between_its_tree_sizes() -> None:
    def ranged(revoked_at: int | None, valid_from: int = 0) -> bytes:
        key: dict[str, Any] = {"id": sm2_id(TWIN_KEY), "role": "log", "vkey": sm2_vkey(TWIN, TWIN_KEY)}
        key |= {"valid_from": valid_from, "revoked_at": revoked_at}
        return json.dumps({**trust(), "keys": [*trust()["keys"], key]}).encode()

    assert check(Maker().build(), ranged(27)).verdict == "pass"
    for trust_bytes in (ranged(26), ranged(None, 27)):
        report = check(Maker().build(), trust_bytes)
        assert (report.verdict, codes(report)) == ("undetermined", {"revoked-key"})
        assert paths(report, "revoked-key") == {FIRST}


def test_an_sm2_key_must_have_its_own_identifier_and_be_a_point() -> None:
    public = sm2_public(TWIN_KEY)
    bent = public[:-1] + bytes([public[-1] ^ 1])
    off = f"{TWIN}+{key_id(TWIN, SM2, bent).hex()}+{b64(SM2 + bent)}"
    other = f"{TWIN}+00000000+{b64(SM2 + public)}"
    for value in (off, other, vkey(TWIN, LOG)[:-8]):
        logs = [{"origin": TWIN, "vkey": value}]
        assert codes(check(Maker().build(), json.dumps({**trust(), "logs": logs}).encode())) == {"no-trust"}
    key = {
        "id": "0" * 16,
        "role": "log",
        "vkey": sm2_vkey(TWIN, TWIN_KEY),
        "valid_from": 0,
        "revoked_at": None,
    }
    listed = json.dumps({**trust(), "keys": [*trust()["keys"], key]}).encode()
    assert codes(check(Maker().build(), listed)) == {"no-trust"}
    with_key = {**trust(), "logs": [], "keys": [{**key, "id": sm2_id(TWIN_KEY)}]}
    assert "no-trust" not in codes(check(Maker().build(), json.dumps(with_key).encode()))


def twin_policy(threshold: str) -> bytes:
    line = f"log {sm2_vkey(TWIN, TWIN_KEY)}\n".encode()
    return line + policy(threshold)


def test_a_policy_that_names_the_twin_demands_the_quorum_of_both() -> None:
    data = Maker().build()  # the log is cosigned by both witnesses, the twin by the first only
    assert check(data, policy_bytes=policy("all")).quorum["met"] is True
    assert check(data, policy_bytes=twin_policy("any")).quorum == {
        "demanded": True, "met": True, "name": "both", "witnesses": ["法院", "W2"],
    }  # fmt: skip
    report = check(data, policy_bytes=twin_policy("all"))
    assert (report.verdict, report.quorum["met"]) == ("undetermined", False)
    assert {r.code for r in report.reasons if r.code.startswith("unsupported")} == set()


def test_a_false_cosignature_of_the_twin_matters_only_when_the_policy_names_the_twin() -> None:
    def cosigned(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        false = cosignature_line("w1.example", WITNESS_1, text + b"x")
        return text + b"\n" + sm2_line(TWIN, TWIN_KEY, text) + false

    data = Maker(twin_checkpoint=cosigned).build()
    assert check(data, policy_bytes=policy("any")).verdict == "pass"
    report = check(data, policy_bytes=twin_policy("any"))
    assert (report.verdict, codes(report)) == ("fail", {"proof"})
    assert paths(report, "proof") == {FIRST}


def test_a_policy_with_another_key_of_the_twin_is_not_met() -> None:
    text = f"log {sm2_vkey(TWIN, 99)}\n".encode() + policy("any")
    report = check(Maker().build(), TRUST, text)
    assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key"})
    assert paths(report, "unknown-key") == {FIRST}


def test_a_witness_of_an_unknown_type_does_not_count_and_is_told_only_when_it_is_missed() -> None:
    unknown = f"witness M w3.example+00000000+{b64(bytes([5]) + bytes(1312))}\n"
    head, _, tail = policy("any").partition(b"group both any \xe6\xb3\x95\xe9\x99\xa2")
    assert tail, "the policy names the court first"
    for rule, met in (("any", True), ("3", False)):
        text = head + unknown.encode() + f"group both {rule} M 法院".encode() + tail
        report = check(Maker().build(), policy_bytes=text)
        assert report.quorum["met"] is met
        assert codes(report) == (set() if met else {"unsupported"})
        assert report.quorum["witnesses"] == ["法院", "W2"]


def test_the_tree_of_the_twin_is_over_sm3() -> None:
    maker = Maker()
    maker.build()
    assert root_of(maker.leaves) != root_of(maker.twin_leaves)
