"""Every fault of the format is told by its own code, and only by codes that fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from qingyuan.evidence.verify import verify_evp
from qingyuan.evidence.verify.verify_evp import FAIL_CODES
from tests.evidence.verify.checking import check, codes, paths
from tests.evidence.verify.maker import Maker, trust
from tests.evidence.verify.noting import (
    DEVICE,
    LOG,
    OFFICER,
    ORIGIN,
    PACKAGE,
    b64,
    canonical,
    cosignature_line,
    public,
    public_id,
    sha256,
    signature_line,
    vkey,
)

Members = dict[str, bytes]


def bag(change: Callable[[Members], Any]) -> Maker:
    """A package whose tag members were changed before the tag manifests were made."""
    return Maker(tags=change)


def put(name: str, data: bytes) -> Callable[[Members], Members]:
    return lambda members: {**members, name: data}


def drop(name: str) -> Callable[[Members], Members]:
    return lambda members: {n: d for n, d in members.items() if n != name}


def swap(name: str, old: bytes, new: bytes) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        assert old in members[name]
        return {**members, name: members[name].replace(old, new, 1)}

    return change


KEYS = "trust/keys.jsonl"


def manifest(position: int, **changes: Any) -> Callable[[Any], Any]:
    def change(manifests: list[Any]) -> None:
        manifests[position].update(changes)

    return change


CASES: list[tuple[str, Maker, set[str]]] = [
    ("a required member is missing", bag(drop("说明.md")), {"bag"}),
    ("a member nobody knows", bag(put("extra.txt", b"x")), {"bag"}),
    ("another BagIt declaration", bag(swap("bagit.txt", b"1.0", b"0.97")), {"bag"}),
    ("malformed bag-info", bag(put("bag-info.txt", b"no colon here\n")), {"bag"}),
    ("bag-info without its last line feed", bag(put("bag-info.txt", b"A: b")), {"bag"}),
    ("a false Payload-Oxum", bag(put("bag-info.txt", b"Payload-Oxum: 1.1\n")), {"bag"}),
    ("a manifest line with one space", Maker(tagmanifests=swap("tagmanifest-sm3.txt", b"  ", b" ")), {"bag", "unlisted"}),
    ("a manifest with capital digits", Maker(manifests=swap("manifest-sha256.txt", b"a", b"A")), {"bag", "unlisted"}),
    ("a tag member changed later", Maker(members=swap("bag-info.txt", b"office", b"offic3")), {"digest"}),
    ("content changed later", Maker(members=put("data/X01/名单.csv", b"x")), {"digest", "exhibit"}),
    ("a tag member added later", Maker(members=put("proofs/1.tlog-proof", b"x")), {"unlisted", "proof"}),
    ("content added later", Maker(members=put("data/X09/a", b"x")), {"unlisted", "exhibit"}),
    ("a tag member removed later", Maker(members=drop("bag-info.txt")), {"bag", "missing"}),
    ("content removed later", Maker(members=drop("data/X02/名单.csv")), {"missing", "exhibit"}),
    ("a note with other text", Maker(note=lambda b: b.replace(b"P-0001", b"P-0002")), {"signature"}),
    ("a tag manifest changed after signing", Maker(members=swap("tagmanifest-sm3.txt", b"0", b"1")), {"signature", "digest"}),
    ("package.json with white space", bag(swap("evidence/package.json", b'"v":2', b'"v": 2')), {"json"}),
    ("package.json with two line feeds", bag(swap("evidence/package.json", b"}\n", b"}\n\n")), {"json"}),
    ("a package of a later version", Maker(package=lambda p: {**p, "v": 3}), {"unsupported"}),
    ("a package of another format", Maker(package=lambda p: {**p, "format": "x"}), {"unsupported"}),
    ("a package without its matter", Maker(package=lambda p: {k: v for k, v in p.items() if k != "matter"}), {"json"}),
    ("a false time", Maker(package=lambda p: {**p, "made_at": "2026-02-30T00:00:00+08:00"}), {"json"}),
    ("a false count of events", Maker(package=lambda p: {**p, "events": 1}), {"event"}),
    ("a false count of exhibits", Maker(package=lambda p: {**p, "exhibits": 1}), {"exhibit"}),
    ("another root", Maker(package=lambda p: {**p, "log": {**p["log"], "root": b64(b"\1" * 32)}}), {"proof"}),
    ("a missing proof", bag(drop("proofs/3.tlog-proof")), {"proof"}),
    ("a proof of another index", bag(swap("proofs/3.tlog-proof", b"index 3", b"index 5")), {"proof"}),
    ("a proof of a later version", bag(swap("proofs/3.tlog-proof", b"@v1", b"@v2")), {"unsupported"}),
    ("a proof without its path", bag(swap("proofs/3.tlog-proof", b"=\n", b"\n")), {"proof"}),
    ("a proof that belongs to no event", bag(put("proofs/99.tlog-proof", b"x")), {"proof"}),
    ("a withheld exhibit", Maker(content=drop("data/X02/名单.csv"), package=lambda p: {**p, "withheld": [
        {"exhibit": "X02", "reason_zh": "隐私", "reason_en": "privacy"}]}), {"withheld"}),
    ("content left out in silence", Maker(content=drop("data/X02/名单.csv")), {"exhibit"}),
    ("a withheld exhibit that is inside", Maker(package=lambda p: {**p, "withheld": [
        {"exhibit": "X02", "reason_zh": "", "reason_en": ""}]}), {"exhibit"}),
    ("two members for one exhibit", Maker(content=put("data/X01/b", b"x")), {"exhibit"}),
    ("content of no exhibit", Maker(content=put("data/X77/b", b"x")), {"exhibit"}),
    ("content one folder deeper", Maker(content=put("data/X01/b/c", b"x")), {"bag"}),
    ("content beside the folders", Maker(content=put("data/b", b"x")), {"bag"}),
    ("no exhibit at all", Maker(manifests_json=lambda _: [], content=lambda _: {}), {"exhibit"}),
    ("exhibits out of order", Maker(exhibits=lambda lines: lines[::-1]), {"exhibit"}),
    ("a derived exhibit without parents", Maker(manifests_json=manifest(2, parents=[])), {"exhibit"}),
    ("a derived exhibit with a parent named twice", Maker(manifests_json=manifest(2, parents=["X01", "X01"])), {"exhibit"}),
    ("a collected exhibit with parents", Maker(manifests_json=manifest(0, parents=["X02"])), {"exhibit"}),
    ("a parent that is not inside", Maker(manifests_json=manifest(2, parents=["X09"])), {"withheld"}),
    ("a manifest whose path is no text", Maker(manifests_json=manifest(0, path=None)), {"json"}),
    ("a package identifier that is too long", Maker(package=lambda p: {**p, "made_by": "P" * 129}), {"unsupported"}),
    ("a scope that is too long", Maker(manifests_json=manifest(0, scope="L" * 129)), {"unsupported"}),
    ("a key listed twice", bag(lambda m: {**m, KEYS: m[KEYS] + m[KEYS].splitlines(keepends=True)[-1]}), {"json"}),
    ("a key of an unknown role", bag(swap(KEYS, b'"role":"device"', b'"role":"judge"')), {"json"}),
    ("a key that does not follow its identifier", bag(swap(KEYS, public_id(DEVICE).encode(), public_id(OFFICER).encode())), {"json"}),
    ("a key that is no point", bag(swap(KEYS, b64(public(DEVICE)).encode(), b64(bytes(32)).encode())), {"json"}),
    ("a key without its actor", bag(swap(KEYS, b'"actor":"D1",', b"")), {"json"}),
    ("an empty list of keys", bag(put(KEYS, b"")), set()),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_fault_is_told_by_its_code(maker: Maker, expected: set[str]) -> None:
    report = check(maker.build())
    assert codes(report) == expected
    verdict = "fail" if expected & FAIL_CODES else "undetermined"
    assert report.verdict == (verdict if expected else "pass")


def draft(position: int, **changes: Any) -> Callable[[Any], Any]:
    def change(drafts: list[Any]) -> None:
        drafts[position][2].update(changes)

    return change


def leaf(position: int, **changes: Any) -> Callable[[Any], Any]:
    def change(events: list[Any]) -> None:
        events[position]["leaf"].update(changes)

    return change


EVENTS: list[tuple[str, Maker, set[str]]] = [
    ("a payload of another event", Maker(events=lambda e: e[3].update(payload={"x": 1})), {"event"}),
    ("a false SM3 commitment only", Maker(events=leaf(10, sm3="0" * 64)), {"event"}),
    ("a false SHA-256 commitment only", Maker(events=leaf(10, sha256="0" * 64)), {"event"}),
    ("a false number", Maker(events=leaf(10, n=7)), {"event"}),
    ("a chain that does not join", Maker(events=leaf(10, prev="0" * 64)), {"event"}),
    ("a stream that lacks its beginning", Maker(drafts=lambda d: d[1:], events=lambda e: e[1:]), {"event", "exhibit"}),
    ("events out of order", Maker(events=lambda e: e[::-1]), {"event"}),
    ("an event of a later version", Maker(events=leaf(0, v=2)), {"unsupported", "event"}),
    ("a leaf with one more member", Maker(events=leaf(10, more=1)), {"json", "proof", "transfer"}),
    ("no transfer event", Maker(drafts=lambda d: d[:-1]), {"transfer"}),
    ("two transfer events", Maker(drafts=lambda d: [*d, d[-1]]), {"transfer"}),
    ("a transfer event of another package", Maker(drafts=draft(-1, package="P-9")), {"transfer"}),
    ("a transfer event with another manifest", Maker(drafts=draft(-1, manifest_sm3="0" * 64)), {"transfer"}),
    ("a transfer event with other exhibits", Maker(drafts=draft(-1, exhibits_sha256="0" * 64)), {"transfer"}),
    ("no extraction event", Maker(drafts=lambda d: [*d[:1], *d[2:]]), {"exhibit"}),
    ("two extraction events", Maker(drafts=lambda d: [*d, d[1]]), {"exhibit"}),
    ("an event that gives another size", Maker(drafts=draft(1, size=1)), {"exhibit"}),
    ("an event that gives another signature", Maker(drafts=draft(1, sig=b64(b"\1" * 64))), {"exhibit"}),
    ("a generation with other parents", Maker(drafts=draft(7, parents=["X02"])), {"exhibit"}),
    ("a recorded check with other digests", Maker(drafts=draft(3, sm3="0" * 64)), {"exhibit"}),
    ("a recorded check that failed", Maker(drafts=draft(3, ok=False)), {"exhibit"}),
    ("a recorded check without a result", Maker(drafts=draft(3, ok="yes")), {"event"}),
    ("an event that names no exhibit", Maker(drafts=draft(2, exhibit=None)), {"event"}),
    ("an event of an exhibit that is not inside", Maker(drafts=draft(2, exhibit="X55")), {"withheld"}),
]  # fmt: skip


@pytest.mark.parametrize(("maker", "expected"), [c[1:] for c in EVENTS], ids=[c[0] for c in EVENTS])
def test_a_fault_of_the_events_is_told_by_its_code(maker: Maker, expected: set[str]) -> None:
    report = check(maker.build())
    assert codes(report) == expected
    assert report.verdict == ("fail" if expected & FAIL_CODES else "undetermined")


@pytest.mark.parametrize(
    "line",
    [
        b'{"key":"a","key":"a"}', b'{"a":1.0}', b'{"a":NaN}', b'{"a":1e3}', b'{"b":1,"a":2}', b'{"a":"\\ud800"}',
        b'{"a":"\\u0041"}', b'{"a":-0}', b'{"a":9007199254740993}', b'{"\xc3\xa9":1}', b"[" * 5_000, b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}', b"", b"null", b'{"a":' + b"1" * 5_000 + b"}", b'{"a":"\x01"}', b'{"a":1} ', b"{}",
    ],
)  # fmt: skip
def test_a_line_that_is_not_canonical_json_is_told(line: bytes) -> None:
    def add(members: Members) -> Members:
        return {**members, "evidence/exhibits.jsonl": members["evidence/exhibits.jsonl"] + line + b"\n"}

    report = check(bag(add).build())
    assert report.verdict == "fail"
    assert "evidence/exhibits.jsonl" in paths(report, "json")


def test_signatures_are_tied_to_the_keys_of_the_trust_file() -> None:
    def other(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [Maker().sign(line["manifest"], OFFICER, public_id(DEVICE)) for line in lines]

    assert codes(check(Maker(exhibits=other).build())) == {"exhibit"}
    named = Maker(exhibits=lambda ls: [Maker().sign(x["manifest"], OFFICER) for x in ls])
    assert check(named.build()).verdict == "pass"
    unknown = Maker(exhibits=lambda ls: [Maker().sign(x["manifest"], 44, "nobody") for x in ls])
    assert codes(check(unknown.build())) == {"unknown-key"}
    role = Maker(exhibits=lambda ls: [Maker().sign(x["manifest"], PACKAGE) for x in ls])
    assert codes(check(role.build())) == {"unknown-key"}


def trusted(position: int, **changes: Any) -> bytes:
    value = trust()
    value["keys"][position].update(changes)
    return json.dumps(value).encode()


def test_a_key_counts_only_between_its_tree_sizes() -> None:
    data = Maker().build()  # the exhibits are extracted at 5, 11 and 17; the transfer is at 23
    assert check(data, trusted(2, valid_from=5, revoked_at=18)).verdict == "pass"
    for changes in ({"valid_from": 6}, {"revoked_at": 17}):
        report = check(data, trusted(2, **changes))
        assert (report.verdict, codes(report)) == ("undetermined", {"revoked-key"})
    assert check(data, trusted(0, revoked_at=24)).verdict == "pass"
    assert codes(check(data, trusted(0, revoked_at=23))) == {"revoked-key"}
    log = {"id": public_id(LOG), "role": "log", "public": b64(public(LOG)), "valid_from": 0, "revoked_at": 26}
    assert codes(check(data, json.dumps({**trust(), "keys": [*trust()["keys"], log]}).encode())) == {
        "revoked-key"
    }


def test_logs_and_keys_the_trust_file_does_not_name_leave_the_verdict_open() -> None:
    data = Maker().build()
    for value in (
        {**trust(), "logs": []},
        {**trust(), "logs": [{"origin": ORIGIN, "vkey": vkey(ORIGIN, 77)}]},
        {**trust(), "keys": trust()["keys"][1:]},
        {**trust(), "keys": trust()["keys"][:2]},
    ):
        report = check(data, json.dumps(value).encode())
        assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key"})


def test_a_false_signature_by_a_trusted_key_fails() -> None:
    def forged(data: bytes) -> bytes:
        text, _, _lines = data.partition(b"\n\n")
        line = signature_line(ORIGIN, LOG, text + b"\n").decode()
        head, encoded = line.rsplit(" ", 1)
        return (
            text
            + b"\n\n"
            + f"{head} {encoded[:20]}{'A' if encoded[20] != 'A' else 'B'}{encoded[21:]}".encode()
        )

    assert codes(check(Maker(checkpoint=forged).build())) == {"proof"}

    def note(members: Members) -> Members:
        lines = members["signature.note"]
        return {**members, "signature.note": lines[:-10] + bytes([lines[-10] ^ 1]) + lines[-9:]}

    assert codes(check(Maker(members=note).build())) == {"signature"}


def test_a_false_cosignature_by_a_demanded_witness_fails() -> None:
    from tests.evidence.verify.maker import policy

    def cosigned(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return (
            text + b"\n" + signature_line(ORIGIN, LOG, text) + cosignature_line("w1.example", 5, text + b"x")
        )

    report = check(Maker(checkpoint=cosigned).build(), policy_bytes=policy("any"))
    assert (report.verdict, codes(report)) == ("fail", {"proof"})


def test_proofs_with_different_checkpoints_fail() -> None:
    def change(members: Members) -> Members:
        proof = members["proofs/5.tlog-proof"]
        return {**members, "proofs/5.tlog-proof": proof.rsplit("— ".encode(), 1)[0]}

    report = check(bag(change).build())
    assert paths(report, "proof") == {"proofs/5.tlog-proof"}


def test_a_manifest_of_a_later_version_is_unsupported() -> None:
    def later(manifests: list[dict[str, Any]]) -> None:
        manifests[0]["v"] = 2

    report = check(Maker(manifests_json=later).build())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


@pytest.mark.parametrize(("bound", "least"), [("MAX_LINE", 400), ("MAX_JSON", 100), ("MAX_LINE", 700)])
def test_what_lies_beyond_the_bounds_is_unsupported_not_failed(
    monkeypatch: pytest.MonkeyPatch, bound: str, least: int
) -> None:
    monkeypatch.setattr(verify_evp, bound, least)
    report = check(Maker().build())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_the_extra_line_of_a_proof_is_allowed_and_ignored() -> None:
    change = swap("proofs/3.tlog-proof", b"index", b"extra " + b64(b"more").encode() + b"\nindex")
    assert check(bag(change).build()).verdict == "pass"


def test_the_leaf_is_what_is_logged() -> None:
    event = Maker().events([("s", "t", {})])[0]
    assert sha256(b"\0" + canonical(event["leaf"])) != sha256(canonical(event["leaf"]))
