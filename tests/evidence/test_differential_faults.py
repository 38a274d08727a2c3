"""A dishonest office with its own keys: what it makes past the builder never passes, and the fault is named.

Where only the newest events are left out nothing inside can show it; that limit is tested too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qingyuan.evidence import EvidenceError, build_package
from tests.evidence.packing import ORIGIN, SmallOffice, new_office, small_office
from tests.evidence.repacking import (
    Members,
    described,
    findings,
    judge,
    lines_of,
    relisted,
    sealed,
    trust_of,
    unchecked,
    zipped,
)

EXHIBITS, EVENTS, KEYS = "evidence/exhibits.jsonl", "evidence/events.jsonl", "trust/keys.jsonl"
PACKAGE, STAMPS = "evidence/package.json", "evidence/timestamps.jsonl"


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return small_office()


@pytest.fixture(scope="module")
def whole(office: SmallOffice) -> Members:
    return sealed(unchecked(office.source()), office)


def test_the_untouched_package_passes_and_is_what_the_builder_writes(
    office: SmallOffice, whole: Members, tmp_path: Path
) -> None:
    build_package(office.source(), tmp_path / "p.evp")
    assert zipped(whole) == (tmp_path / "p.evp").read_bytes()
    assert judge(whole, trust_of(office)).verdict == "pass"


def _content(members: Members, number: int) -> str:
    return sorted(n for n in members if n.startswith("data/"))[number]


def _line(members: Members, name: str, number: int) -> Any:
    return json.loads(members[name].splitlines()[number])


def _other_digest(members: Members) -> Members:
    digest = members["manifest-sha256.txt"][:64]
    wrong = members["manifest-sha256.txt"].replace(digest, bytes(reversed(digest)), 1)
    return {**members, "manifest-sha256.txt": wrong}


def _without(*names: str) -> Callable[[Members], Members]:
    return lambda members: {n: d for n, d in members.items() if n not in names}


def _with(name: str, data: bytes) -> Callable[[Members], Members]:
    return lambda members: {**members, name: data}


def _dropped_event(members: Members) -> Members:
    members = lines_of(members, EVENTS, lambda lines: [lines[0], *lines[2:]])
    return _without("proofs/1.tlog-proof", "proofs-sm3/1.tlog-proof")(described(members, events=6))


def _removed_exhibit(members: Members) -> Members:
    members = _without(_content(members, 0))(lines_of(members, EXHIBITS, lambda lines: lines[1:]))
    return relisted(described(members, exhibits=2))


def _swapped_proofs(members: Members) -> Members:
    one, two = "proofs/1.tlog-proof", "proofs/2.tlog-proof"
    return {**members, one: members[two], two: members[one]}


def _renumbered_proofs(members: Members) -> Members:
    one, two = "proofs/1.tlog-proof", "proofs/2.tlog-proof"
    swapped = _swapped_proofs(members)
    return {
        **swapped,
        one: swapped[one].replace(b"index 2\n", b"index 1\n"),
        two: swapped[two].replace(b"index 1\n", b"index 2\n"),
    }


def _reordered(name: str) -> Callable[[Members], Members]:
    return lambda members: lines_of(members, name, lambda lines: [lines[1], lines[0], *lines[2:]])


def _spaced(name: str) -> Callable[[Members], Members]:
    return lambda members: {**members, name: members[name].replace(b'":', b'": ', 1)}


def _other_key_id(members: Members) -> Members:
    first = _line(members, KEYS, 0)["id"].encode()
    return {**members, KEYS: members[KEYS].replace(first, bytes(reversed(first)), 1)}


def _misnamed(members: Members) -> Members:
    name = _content(members, 0)
    return relisted({**_without(name)(members), name + "/x": members[name]})


FAULTS: list[tuple[str, Callable[[Members], Members], set[tuple[str, str | None]]]] = [
    ("a wrong digest in a payload manifest", _other_digest,
     {("digest", "@data0"), ("transfer", "manifest-sha256.txt")}),
    ("changed content with manifests that fit", lambda m: relisted({**m, _content(m, 0): b"x"}),
     {("exhibit", "@data0"), ("transfer", "manifest-sha256.txt"), ("transfer", "manifest-sm3.txt")}),
    ("an event left out of a stream", _dropped_event, {("event", EVENTS), ("exhibit", "@data*")}),
    ("an exhibit left out", _removed_exhibit,
     {("transfer", "manifest-sha256.txt"), ("transfer", "manifest-sm3.txt"), ("transfer", EXHIBITS), ("withheld", EXHIBITS)}),
    ("two proofs swapped", _swapped_proofs, {("proof", "proofs/1.tlog-proof"), ("proof", "proofs/2.tlog-proof")}),
    ("two proofs swapped and renumbered", _renumbered_proofs,
     {("proof", "proofs/1.tlog-proof"), ("proof", "proofs/2.tlog-proof")}),
    ("a proof left out", _without("proofs/3.tlog-proof"), {("proof", "proofs/3.tlog-proof")}),
    ("a proof of no event", lambda m: {**m, "proofs/77.tlog-proof": m["proofs/0.tlog-proof"]}, {("proof", "proofs/77.tlog-proof")}),
    ("a tag file more", _with("evidence/note.txt", b"x"), {("bag", "evidence/note.txt")}),
    ("content of no exhibit", lambda m: relisted({**m, "data/X0/a": b"x"}),
     {("exhibit", "data/X0/a"), ("transfer", "manifest-sha256.txt"), ("transfer", "manifest-sm3.txt")}),
    ("content one folder deeper", _misnamed,
     {("bag", "@data0/x"), ("exhibit", EXHIBITS), ("transfer", "manifest-sha256.txt"), ("transfer", "manifest-sm3.txt")}),
    ("exhibits in another order", _reordered(EXHIBITS), {("exhibit", EXHIBITS), ("transfer", EXHIBITS)}),
    ("events in another order", _reordered(EVENTS), {("event", EVENTS)}),
    ("keys in another order", _reordered(KEYS), {("json", KEYS)}),
    ("a manifest in another order", _reordered("manifest-sm3.txt"), {("bag", "manifest-sm3.txt"), ("transfer", "manifest-sm3.txt")}),
    ("white space in package.json", _spaced(PACKAGE), {("json", PACKAGE)}),
    ("white space in an event", _spaced(EVENTS),
     {("json", EVENTS), ("event", EVENTS), ("proof", "proofs/0.tlog-proof"), ("proof", "proofs-sm3/0.tlog-proof")}),
    ("white space in the keys", _spaced(KEYS), {("json", KEYS)}),
    ("a key with another identifier", _other_key_id, {("json", KEYS)}),
    ("an unlisted required member", _without("bag-info.txt"), {("bag", "bag-info.txt")}),
    ("another count of events", lambda m: described(m, events=8), {("event", EVENTS)}),
    ("another tree size", lambda m: described(m, log={**json.loads(m[PACKAGE])["log"], "size": 8}),
     {("proof", "proofs/0.tlog-proof"), ("proof", PACKAGE)}),
    ("another size of the twin", lambda m: described(m, twin={**json.loads(m[PACKAGE])["twin"], "size": 8}),
     {("proof", "proofs-sm3/0.tlog-proof"), ("proof", PACKAGE)}),
    ("another root of the twin", lambda m: described(m, twin={**json.loads(m[PACKAGE])["twin"], "root": "A" * 43 + "="}),
     {("proof", "proofs-sm3/0.tlog-proof")}),
    ("a proof of the twin left out", _without("proofs-sm3/3.tlog-proof"), {("proof", "proofs-sm3/3.tlog-proof")}),
    ("a proof of the log in the place of the twin's", lambda m: {**m, "proofs-sm3/2.tlog-proof": m["proofs/2.tlog-proof"]},
     {("proof", "proofs-sm3/2.tlog-proof")}),
    ("a twin that is denied", lambda m: _without(*(n for n in m if n.startswith("proofs-sm3/")))(described(m, twin=None)),
     {("no-twin", PACKAGE)}),
    ("a false count of time stamps", lambda m: described(m, timestamps=1), {("timestamp", STAMPS)}),
    ("a token of no line", _with("timestamps/0.tsr", b"x"), {("timestamp", "timestamps/0.tsr")}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_package_bent_and_signed_again_fails_where_it_was_bent(
    office: SmallOffice,
    whole: Members,
    change: Callable[[Members], Members],
    expected: set[tuple[str, str | None]],
) -> None:
    bent = sealed(change(whole), office)
    report = judge(bent, trust_of(office))
    found = {(code, _general(whole, path, expected)) for code, path in findings(report)}
    verdict = "undetermined" if {code for code, _ in expected} == {"no-twin"} else "fail"
    assert (report.verdict, found) == (verdict, expected)


def _general(whole: Members, path: str | None, expected: set[tuple[str, str | None]]) -> str | None:
    """``@data0`` for the first content member, ``@data*`` for any where only that is expected."""
    if path is None or not path.startswith("data/X") or path.startswith("data/X0/"):
        return path
    if ("exhibit", "@data*") in expected:
        return "@data*"
    return path.replace(_content(whole, 0), "@data0")


def _passed_over(office: SmallOffice, package: str = "E2026-0001") -> Members:
    return sealed(unchecked(office.source(package)), office)


def _refused_by_the_builder(office: SmallOffice, tmp_path: Path, package: str = "E2026-0001") -> None:
    with pytest.raises(EvidenceError):
        build_package(office.source(package), tmp_path / "p.evp")


def test_the_transfer_of_another_package_does_not_do(tmp_path: Path) -> None:
    office = small_office()
    report = judge(_passed_over(office, "E2026-0002"), trust_of(office))
    assert (report.verdict, findings(report)) == ("fail", {("transfer", EVENTS)})
    _refused_by_the_builder(office, tmp_path, "E2026-0002")


def test_a_transfer_with_the_digests_of_another_package_does_not_do(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n")
    other = new_office("other")
    other.take(b"c,d\n")
    other.transfer()
    office.log("M2026-0001", "evidence.transferred", dict(other.events[-1][1]))
    report = judge(_passed_over(office), trust_of(office))
    assert {code for code, _ in findings(report)} == {"transfer"}
    assert {path for _, path in findings(report)} == {"manifest-sha256.txt", "manifest-sm3.txt", EXHIBITS}
    _refused_by_the_builder(office, tmp_path)


def test_the_same_package_transferred_twice_does_not_do(tmp_path: Path) -> None:
    office = small_office()
    office.transfer()
    assert findings(judge(_passed_over(office), trust_of(office))) == {("transfer", EVENTS)}
    _refused_by_the_builder(office, tmp_path)


LOGGED: list[tuple[str, str, Callable[[SmallOffice], dict[str, Any]], set[tuple[str, str | None]]]] = [
    ("a check that failed last", "evidence.verified", lambda o: {**o.events[4][1], "ok": False}, {("exhibit", "@")}),
    ("a check with other digests", "evidence.verified", lambda o: {**o.events[4][1], "sm3": "0" * 64}, {("exhibit", "@"), ("event", EVENTS)}),
    ("a check without a result", "evidence.verified", lambda o: {**o.events[4][1], "ok": 1}, {("event", EVENTS)}),
    ("a check of no exhibit", "evidence.verified", lambda _: {"ok": True}, {("event", EVENTS)}),
    ("a second extraction", "evidence.extracted", lambda o: dict(o.events[1][1]), {("exhibit", "@")}),
    ("the manifest under another exhibit", "evidence.extracted", lambda o: {**o.events[1][1], "exhibit": "X00"}, {("exhibit", "@"), ("withheld", EXHIBITS)}),
    ("an identifier that is too long", "evidence.stored", lambda _: {"exhibit": "X" * 129}, {("unsupported", EVENTS)}),
    ("a payload nested too deeply", "matter.noted", lambda _: json.loads('{"a":' * 64 + "0" + "}" * 64),
     {("json", EVENTS), ("proof", "proofs/6.tlog-proof"), ("proof", "proofs-sm3/6.tlog-proof")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "payload", "expected"), [case[1:] for case in LOGGED], ids=[c[0] for c in LOGGED]
)
def test_what_was_logged_against_an_exhibit_is_refused_by_the_builder_and_told_by_the_verifier(
    tmp_path: Path, kind: str, payload: Callable[[SmallOffice], Any], expected: set[tuple[str, str | None]]
) -> None:
    office = small_office()
    office.events.pop()
    office.log("L2026-0001", kind, payload(office))
    office.transfer()
    report = judge(_passed_over(office), trust_of(office))
    mine = office.exhibits[0].signed.manifest.id
    found = {(c, "@" if p and mine in p else p) for c, p in findings(report)}
    assert found == expected
    assert report.verdict == ("undetermined" if {c for c, _ in expected} == {"unsupported"} else "fail")
    _refused_by_the_builder(office, tmp_path)


def test_the_deepest_payload_allowed_passes(tmp_path: Path) -> None:
    office = small_office()
    office.events.pop()
    office.log("L2026-0001", "matter.noted", json.loads('{"a":' * 63 + "0" + "}" * 63))
    office.transfer()
    build_package(office.source(), tmp_path / "p.evp")
    assert judge((tmp_path / "p.evp").read_bytes(), trust_of(office)).verdict == "pass"


def test_a_derived_exhibit_logged_as_extracted_does_not_do(tmp_path: Path) -> None:
    office = small_office()
    leaf, payload, salt = office.events[3]
    leaf["type"] = "evidence.extracted"
    office.events[3] = (leaf, payload, salt)
    _rechain(office)
    assert {c for c, _ in findings(judge(_passed_over(office), trust_of(office)))} == {"exhibit"}
    _refused_by_the_builder(office, tmp_path)


def _rechain(office: SmallOffice) -> None:
    """Log the same events again, so that the chains fit what was changed."""
    events, office.events = office.events, []
    for leaf, payload, _ in events:
        office.log(str(leaf["stream"]), str(leaf["type"]), payload)


def test_an_older_checkpoint_in_one_proof_or_in_all_does_not_do(office: SmallOffice, whole: Members) -> None:
    older = small_office()
    older.events.pop()
    source = older.source("E2026-0001")
    proof = source.events[2].proof
    report = judge(sealed({**whole, "proofs/2.tlog-proof": proof}, office), trust_of(office))
    assert (report.verdict, findings(report)) == ("fail", {("proof", "proofs/2.tlog-proof")})
    members = unchecked(source)
    old = {name: data for name, data in members.items() if name.startswith("proofs")}
    heads = {name: json.loads(members[PACKAGE])[name] for name in ("log", "twin")}
    assert (heads["log"]["origin"], heads["log"]["size"], heads["twin"]["size"]) == (ORIGIN, 6, 6)
    report = judge(sealed(described({**whole, **old}, **heads), office), trust_of(office))
    assert (report.verdict, findings(report)) == (
        "fail",
        {("event", EVENTS), ("proof", "proofs/6.tlog-proof"), ("proof", "proofs-sm3/6.tlog-proof")},
    )


def test_the_newest_events_left_out_by_the_office_itself_cannot_be_seen() -> None:
    longer = small_office()
    longer.log("M2026-0001", "matter.noted", {"text": "left out"})
    source = longer.source()
    short = list(source.events)[:-1]
    package = sealed(unchecked(replace(source, events=short)), longer)
    assert judge(package, trust_of(longer)).verdict == "pass"
    assert source.log.size == len(short) + 1, "only the tree size tells that the log has more entries"
