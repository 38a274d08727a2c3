"""Builder, engine and verifier on what comes from outside: tokens, role files, announcements, and fork proofs."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence import PackageTimestamp, StampedCheckpoint, build_package, canonical
from qingyuan.evidence.timestamp import Standing, judge_timestamp, read_certificate
from qingyuan.ledger import NoteSigner, Sm2NoteSigner, TextSigner, sign_note
from tests.evidence.packing import SmallOffice, new_office, small_office, stamped_source
from tests.evidence.repacking import Members, findings, judge, members_of, sealed, trust_of, unchecked
from tests.evidence.stamping import stamper

STAMPS = "evidence/timestamps.jsonl"
PLAIN, NATIONAL = stamper("one"), stamper("two", sm2=True)
ROOTS: tuple[TextSigner, ...] = (
    NoteSigner("root-1", bytes([1]) * 32),
    NoteSigner("root-2", bytes([2]) * 32),
    Sm2NoteSigner.generate("root-3", lambda size: bytes([3]) * size),
)


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return small_office()


@pytest.fixture(scope="module")
def package(office: SmallOffice, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("outside") / "p.evp"
    build_package(stamped_source(office), path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(package: bytes) -> Members:
    return members_of(package)


def authorities(operators: int | None = None, *, second: str = "乙") -> dict[str, Any]:
    listed = [
        {"name": s.name, "operator": operator, "certificate": base64.b64encode(s.root).decode()}
        for s, operator in ((PLAIN, "甲"), (NATIONAL, second))
    ]
    return {"tsas": listed, "timestamps": None if operators is None else {"operators": operators}}


def test_tokens_of_two_authorities_over_both_logs_are_trusted(office: SmallOffice, package: bytes) -> None:
    report = judge(package, {**trust_of(office), **authorities(2)})
    assert (report.verdict, {code for code, _ in findings(report)}) == ("pass", {"time"})
    assert [t["over"] for t in report.timestamps] == ["checkpoint"] * 3 + ["exhibit", "timestamp"]
    assert [t["operator"] for t in report.timestamps] == ["甲", "乙", "乙", "甲", "乙"]
    assert all(t["trusted"] and t["gen_time"] == "2026-03-09T09:00:00Z" for t in report.timestamps)
    one = judge(package, {**trust_of(office), **authorities(2, second="甲")})
    assert findings(one) - {f for f in findings(one) if f[0] == "time"} == {("no-timestamp", STAMPS)}


def test_without_their_authorities_the_tokens_are_named_and_change_nothing(
    office: SmallOffice, package: bytes
) -> None:
    report = judge(package, trust_of(office))
    assert report.verdict == "pass"
    assert findings(report) == {("untrusted-time", f"timestamps/{n}.tsr") for n in range(5)}


@pytest.mark.parametrize(
    ("bend", "path"),
    [
        (lambda m: {**m, "timestamps/0.tsr": m["timestamps/3.tsr"]}, "timestamps/0.tsr"),
        (lambda m: {**m, "timestamps/0.tsr": m["timestamps/0.tsr"] + b"\0"}, "timestamps/0.tsr"),
        (lambda m: {n: d for n, d in m.items() if n != "timestamps/2.tsr"}, "timestamps/2.tsr"),
        (lambda m: {**m, STAMPS: m[STAMPS].replace(b'"size":6', b'"size":5', 1)}, "timestamps/0.tsr"),
        (lambda m: {**m, STAMPS: m[STAMPS].replace(b"/sm3", b"/sm4", 1)}, STAMPS),
    ],
)
def test_tokens_bent_and_signed_again_are_told(
    office: SmallOffice, whole: Members, bend: Any, path: str
) -> None:
    report = judge(sealed(bend(whole), office), {**trust_of(office), **authorities()})
    assert report.verdict == "fail"
    assert ("timestamp", path) in findings(report)
    assert {code for code, _ in findings(report)} == {"timestamp", "time"}


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_of_a_changed_token_the_verifier_never_believes_what_the_engine_does_not(seed: int) -> None:
    """Where both can judge they agree; the verifier calls more of the changed bytes broken, never fewer."""
    chance = random.Random(seed)
    authority = chance.choice((PLAIN, NATIONAL))
    office, size = _shared(), len(_shared().events)
    stamp = office.stamped(size, authority)
    token = bytearray(stamp.token)
    for _ in range(chance.choice((1, 1, 2))):
        token[chance.randrange(len(token))] ^= 1 << chance.randrange(8)
    assert isinstance(stamp.subject, StampedCheckpoint)
    root = base64.b64encode(stamp.subject.root).decode()
    message = f"{stamp.subject.log}\n{size}\n{root}\n".encode()
    found = judge_timestamp(bytes(token), message, anchors=[read_certificate(authority.root)])
    members = unchecked(office.source(timestamps=(stamp,)))
    bent = sealed({**members, "timestamps/0.tsr": bytes(token)}, office)
    report = judge(bent, {**trust_of(office), **authorities()})
    codes = {code for code, _ in findings(report)}
    assert codes <= {"time", "untrusted-time", "timestamp", "unsupported"}
    believed = codes == {"time"}
    if found.standing is Standing.TRUSTED:
        assert believed
    elif found.standing is Standing.NOT_TRUSTED:
        assert not believed
    elif believed:
        # The engine also refuses version numbers and lists that no signature covers; what is signed is the same.
        assert [t["gen_time"] for t in report.timestamps] == ["2026-03-09T09:00:00Z"]


_OFFICES: list[SmallOffice] = []


def _shared() -> SmallOffice:
    if not _OFFICES:
        _OFFICES.append(small_office())
    return _OFFICES[0]


def role_file(office: SmallOffice, version: int, *signers: TextSigner, **changes: Any) -> bytes:
    said = {n: v for n, v in trust_of(office).items() if n != "v"} | authorities(1)
    said |= {"version": version, "issued_at": "2026-03-01T00:00:00+08:00", **changes}
    return sign_note(f"qingyuan-roles/1\n{canonical(said).decode()}\n", list(signers))


def roots(threshold: int, *signers: TextSigner) -> dict[str, Any]:
    return {"threshold": threshold, "keys": [signer.key.encode() for signer in signers]}


def test_a_reader_with_root_keys_alone_follows_the_role_files(tmp_path: Path) -> None:
    office = small_office()
    one, two, three = ROOTS
    files = {
        1: role_file(office, 1, one, two),
        2: role_file(office, 2, one, two, three, roots=roots(2, two, three)),
        4: role_file(office, 4, two, three),
    }
    build_package(stamped_source(office, roles=files), tmp_path / "p.evp")
    data = (tmp_path / "p.evp").read_bytes()
    given_roots = {"v": 2, "office": {"id": "1101", "name": "x"}, "roots": roots(2, one, two)}
    report = judge(data, given_roots)
    assert (report.verdict, report.roles_version) == ("pass", 4)
    assert judge(data, {**given_roots, "roles_version": 5}).verdict == "undetermined"
    report = judge(data, {**given_roots, "roots": roots(2, one, three)})
    assert {("unknown-key", "trust/roles/1.note"), ("no-trust", None)} <= findings(report)


def test_what_the_office_announces_in_the_log_is_heard(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n")
    office.log("office", "office.roles_published", {"version": 2, "sha256": "0" * 64})
    office.log("office", "office.key_revoked", {"key": office.officer.public.id, "last_trusted_size": 0})
    office.transfer()
    roles = {1: role_file(office, 1, ROOTS[0], timestamps=None)}
    build_package(office.source(roles=roles), tmp_path / "p.evp")
    data = (tmp_path / "p.evp").read_bytes()
    report = judge(data, trust_of(office))
    assert (report.verdict, {code for code, _ in findings(report)}) == ("undetermined", {"revoked-key"})
    rooted = {"v": 2, "office": {"id": "1", "name": "x"}, "roots": roots(1, ROOTS[0])}
    report = judge(data, rooted)
    assert {code for code, _ in findings(report)} == {"revoked-key", "old-roles"}
    assert ("old-roles", "trust/roles/1.note") in findings(report)


def test_a_checkpoint_of_every_day_and_of_both_logs_fits(tmp_path: Path) -> None:
    office = small_office()
    stamps: list[PackageTimestamp] = [
        office.stamped(size, PLAIN, twin=twin)
        for size in range(1, len(office.events) + 1)
        for twin in (False, True)
    ]
    build_package(replace(office.source(), timestamps=tuple(stamps)), tmp_path / "p.evp")
    report = judge((tmp_path / "p.evp").read_bytes(), {**trust_of(office), **authorities(1)})
    assert (report.verdict, len(report.timestamps)) == ("pass", 2 * len(office.events))
    assert json.dumps(report.as_dict())
