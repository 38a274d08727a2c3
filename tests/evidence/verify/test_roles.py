"""A reader who holds root keys only: role files, rotation of roots, and what the log announces."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import check, codes, paths
from tests.evidence.verify.maker import AT, Maker, trust
from tests.evidence.verify.noting import (
    DEVICE,
    LOG,
    ORIGIN,
    PACKAGE,
    b64,
    canonical,
    key_id,
    public,
    public_id,
    signature_line,
    sm2_line,
    sm2_vkey,
    vkey,
)  # fmt: skip
from tests.evidence.verify.stamped import ROOT, listed, stamped

OFFICE = {"id": "O1", "name": "示例区人民检察院"}
Signer = tuple[str, int | str]
A, B, C, D = ("a.root", 60), ("b.root", 61), ("c.root", 62), ("国密.root", "sm2")


def root_vkey(signer: Signer) -> str:
    name, seed = signer
    return sm2_vkey(name, 4_321) if isinstance(seed, str) else vkey(name, seed)


def roots(threshold: int, *signers: Signer) -> dict[str, Any]:
    return {"threshold": threshold, "keys": [root_vkey(signer) for signer in signers]}


def sign(signer: Signer, text: bytes) -> bytes:
    name, seed = signer
    return sm2_line(name, 4_321, text) if isinstance(seed, str) else signature_line(name, seed, text)


def role(version: int, /, *signers: Signer, head: bytes = b"qingyuan-roles/1\n", **changes: Any) -> bytes:
    """A role file with the office's trust, signed."""
    said = {name: value for name, value in trust().items() if name != "v"}
    said |= {"version": version, "issued_at": AT, **changes}
    text = head + canonical({n: v for n, v in said.items() if v is not ...}) + b"\n"
    return text + b"\n" + b"".join(sign(signer, text) for signer in signers)


def package(*files: bytes, numbers: tuple[int, ...] = (), **edits: Any) -> bytes:
    named = zip(numbers or range(1, len(files) + 1), files, strict=True)
    members = {f"trust/roles/{n}.note": data for n, data in named}
    return Maker(tags=lambda m: {**m, **members}, **edits).build()


def rooted(given: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({"v": 2, "office": OFFICE, "roots": given, **changes}).encode()


TWO_OF_THREE = rooted(roots(2, A, B, C))
FILE_1, FILE_2 = "trust/roles/1.note", "trust/roles/2.note"


def test_without_roots_role_files_are_only_digested() -> None:
    report = check(package(b"anything", numbers=(0,)))
    assert (report.verdict, report.roles_version) == ("pass", None)


@pytest.mark.parametrize("signers", [(A, B), (C, B), (A, B, C)])
def test_a_role_file_signed_by_enough_roots_says_whom_to_believe(signers: tuple[Signer, ...]) -> None:
    report = check(package(role(1, *signers)), TWO_OF_THREE)
    assert (report.verdict, report.roles_version) == ("pass", 1)


def test_roots_may_sign_with_sm2() -> None:
    report = check(package(role(1, A, D)), rooted(roots(2, A, D)))
    assert (report.verdict, report.roles_version) == ("pass", 1)


def test_what_the_trust_file_says_beside_its_roots_counts_for_nothing() -> None:
    both = rooted(roots(1, A), logs="nonsense", keys=7, tsas=[0], timestamps="no")
    assert check(package(role(1, A)), both).verdict == "pass"
    other = rooted(roots(1, A), **{name: trust()[name] for name in ("logs", "keys")})
    assert codes(check(package(role(1, A, logs=[])), other)) == {"unknown-key"}


@pytest.mark.parametrize("signers", [(A,), (A, A), (("x.root", 60), A), ()])
def test_too_few_signatures_leave_the_verdict_open(signers: tuple[Signer, ...]) -> None:
    lines = signers or (("stranger", 70),)
    report = check(package(role(1, *lines), role(2, A, B, C)), TWO_OF_THREE)
    assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key", "no-trust"})
    assert paths(report, "unknown-key") == {FILE_1}
    assert paths(report, "no-trust") == {None}
    assert report.roles_version == 0


def test_the_last_role_file_that_is_signed_is_used() -> None:
    narrow = role(3, A, B, keys=trust()["keys"][1:])
    report = check(package(role(1, A, B), narrow, numbers=(1, 3)), TWO_OF_THREE)
    assert (codes(report), report.roles_version) == ({"unknown-key"}, 3)
    assert paths(report, "unknown-key") == {"signature.note"}
    report = check(package(role(1, A, B), role(2, A), role(3, A, B)), TWO_OF_THREE)
    assert (paths(report, "unknown-key"), report.roles_version) == ({FILE_2}, 1)


def test_role_files_are_read_by_number_and_not_by_name() -> None:
    files = (role(2, A, B), role(10, A, B))
    assert check(package(*files, numbers=(2, 10)), TWO_OF_THREE).roles_version == 10


def test_new_roots_must_be_signed_by_the_old_and_the_new() -> None:
    given = rooted(roots(1, A))
    turned = role(1, A, B, C, roots=roots(2, B, C))
    report = check(package(turned, role(2, B, C)), given)
    assert (report.verdict, report.roles_version) == ("pass", 2)
    for files, used, fault in (
        ((turned, role(2, A)), 1, FILE_2),
        ((role(1, A, B, roots=roots(2, B, C)),), 0, FILE_1),
        ((role(1, B, C, roots=roots(2, B, C)),), 0, FILE_1),
        ((turned, role(2, B, C), role(3, A)), 2, "trust/roles/3.note"),
    ):
        report = check(package(*files), given)
        assert (report.verdict, report.roles_version) == ("undetermined", used)
        assert paths(report, "unknown-key") == {fault}
    same = check(package(turned, role(2, B, C, roots=None), role(3, B, C)), given)
    assert (same.verdict, same.roles_version) == ("pass", 3)


def test_a_reader_who_begins_with_later_roots_skips_what_older_ones_signed() -> None:
    newer = role(3, A, B, C, D, roots=roots(2, C, D))
    files = (role(1, A, B), role(2, A, B), newer)
    assert check(package(*files), rooted(roots(2, C, D))).verdict == "undetermined"
    report = check(package(*files), rooted(roots(2, C, D), roles_version=3, roles_from=3))
    assert (report.verdict, report.roles_version) == ("pass", 3)
    stolen = role(4, A, B, logs=[])
    report = check(package(*files, stolen), rooted(roots(2, C, D), roles_from=3))
    assert (codes(report), report.roles_version) == ({"unknown-key"}, 3)
    for unfit in (4, -1, "3", True):
        report = check(package(*files), rooted(roots(2, C, D), roles_from=unfit))
        assert (report.verdict, codes(report)) == ("undetermined", {"no-trust"})


def false(data: bytes) -> bytes:
    head, _, last = data.rpartition(b" ")
    return head + b" " + last[:-10] + bytes([last[-10] ^ 1]) + last[-9:]


MALFORMED: list[tuple[str, bytes]] = [
    ("no note", b"text"),
    ("another first line", role(1, A, B, head=b"qingyuan-roles/2\n")),
    ("another version than its name", role(2, A, B)),
    ("a version that is no number", role(1, A, B, version="1")),
    ("no time", role(1, A, B, issued_at="2026-01-01")),
    ("no logs", role(1, A, B, logs=...)),
    ("a key without its range", role(1, A, B, keys=[{"id": "a", "role": "log", "public": "x"}])),
    ("roots with a threshold of none", role(1, A, B, roots=roots(0, A))),
    ("roots with a threshold beyond their number", role(1, A, B, roots=roots(2, A))),
    ("roots of one name", role(1, A, B, roots=roots(1, A, ("a.root", 66)))),
    ("roots of another algorithm", role(1, A, B, roots={"threshold": 1, "keys": [vkey("w", 5, 4)]})),
    ("a root's signature that is false", role(1, A, B) + false(sign(C, b"x"))),
    ("a new root's signature that is false", role(1, A, B, roots=roots(1, D)) + sign(D, b"x")),
    ("JSON that is not canonical", role(1, A, B).replace(b'{"issued', b'{ "issued')),
]


@pytest.mark.parametrize("data", [c[1] for c in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_a_role_file_that_is_malformed_or_falsely_signed_fails(data: bytes) -> None:
    report = check(package(data), TWO_OF_THREE)
    assert (report.verdict, codes(report)) == ("fail", {"roles", "no-trust"})
    assert paths(report, "roles") == {FILE_1}


def test_what_comes_after_a_role_file_that_is_not_used_is_not_read() -> None:
    report = check(package(role(1, A), b"text"), TWO_OF_THREE)
    assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key", "no-trust"})
    report = check(package(b"text", role(2, A, B)), TWO_OF_THREE)
    assert (codes(report), report.roles_version) == ({"roles", "no-trust"}, 0)


def test_version_nought_is_no_version() -> None:
    report = check(package(role(0, A, B), numbers=(0,)), TWO_OF_THREE)
    assert paths(report, "roles") == {"trust/roles/0.note"}


def test_roots_without_a_role_file_are_no_trust() -> None:
    report = check(Maker().build(), TWO_OF_THREE)
    assert (report.verdict, codes(report), report.roles_version) == ("undetermined", {"no-trust"}, 0)


@pytest.mark.parametrize(
    "given",
    [{}, roots(0, A), roots(2, A), roots(1, A, A), {"threshold": 1, "keys": []}, {"threshold": 1, "keys": ["x"]}, 7],
)  # fmt: skip
def test_roots_of_another_form_are_no_trust_file(given: Any) -> None:
    assert codes(check(Maker().build(), rooted(given))) == {"no-trust"}


def test_bounds_of_role_files_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    many = role(1, A, B, roots=roots(1, *((f"r{n}", 100 + n) for n in range(33))))
    report = check(package(many), TWO_OF_THREE)
    assert (paths(report, "unsupported"), report.verdict) == ({FILE_1}, "undetermined")
    with monkeypatch.context() as patch:
        patch.setattr(verify_evp, "MAX_ROLE_FILE", 100)
        report = check(package(role(1, A, B)), TWO_OF_THREE)
        assert paths(report, "unsupported") == {FILE_1}
        assert check(package(role(1, A, B))).verdict == "undetermined", "also where it is only digested"
    monkeypatch.setattr(verify_evp, "MAX_ROLE_FILES", 1)
    report = check(package(role(1, A, B), role(2, A, B)), TWO_OF_THREE)
    assert report.verdict == "undetermined"
    assert "unsupported" in codes(report)


def announced(kind: str, *payloads: dict[str, Any]) -> Callable[[Any], Any]:
    """Events of the stream ``office``, after all the others but the transfer."""
    return lambda drafts: [*drafts[:-1], *(("office", kind, payload) for payload in payloads), drafts[-1]]


def published(version: object) -> Callable[[Any], Any]:
    return announced("office.roles_published", {"version": version, "sha256": "0" * 64})


def test_a_newer_role_file_that_is_announced_or_demanded_is_missed() -> None:
    files = (role(1, A, B), role(2, A, B))
    for version, missed in ((2, False), (3, True), ("3", False), (True, False), (-3, False)):
        report = check(package(*files, drafts=published(version)), TWO_OF_THREE)
        assert codes(report) == ({"old-roles"} if missed else set()), version
        assert paths(report, "old-roles") == ({FILE_2} if missed else set())
    no_digest = announced("office.roles_published", {"version": 9})
    assert check(package(*files, drafts=no_digest), TWO_OF_THREE).verdict == "pass"
    for demanded, missed in ((2, False), (3, True), (None, False)):
        report = check(package(*files), rooted(roots(2, A, B, C), roles_version=demanded))
        assert codes(report) == ({"old-roles"} if missed else set()), demanded
    report = check(Maker().build(), rooted(roots(1, A), roles_version=1))
    assert codes(report) == {"no-trust", "old-roles"}
    assert paths(report, "old-roles") == {None}


def revoked(*payloads: dict[str, Any]) -> bytes:
    return Maker(drafts=announced("office.key_revoked", *payloads)).build()


def test_a_revocation_in_the_log_lowers_what_the_trust_file_says() -> None:
    device = public_id(DEVICE)  # signs at 5, 11 and 17
    for size, counts in ((17, False), (18, True)):
        report = check(revoked({"key": device, "last_trusted_size": size, "reason": "lost"}))
        assert codes(report) == (set() if counts else {"revoked-key"}), size
    both = revoked({"key": device, "last_trusted_size": 3}, {"key": device, "last_trusted_size": 90})
    assert codes(check(both)) == {"revoked-key"}
    narrowed = {
        **trust(),
        "keys": [{**k, "revoked_at": 18} for k in trust()["keys"][1:]] + trust()["keys"][:1],
    }
    for size, counts in ((90, True), (17, False)):
        data = revoked({"key": device, "last_trusted_size": size})
        assert (check(data, json.dumps(narrowed).encode()).verdict == "pass") is counts
    package_key = revoked({"key": public_id(PACKAGE), "last_trusted_size": 0})
    assert paths(check(package_key), "revoked-key") == {"signature.note"}


@pytest.mark.parametrize(
    "payload",
    [{}, {"key": public_id(DEVICE)}, {"key": 1, "last_trusted_size": 0}, {"key": "nobody", "last_trusted_size": 0},
     {"key": public_id(DEVICE), "last_trusted_size": "0"}, {"key": public_id(DEVICE), "last_trusted_size": True},
     {"key": public_id(DEVICE), "last_trusted_size": -1}, {"key": [public_id(DEVICE)], "last_trusted_size": 0}],
)  # fmt: skip
def test_a_revocation_of_another_form_means_nothing(payload: dict[str, Any]) -> None:
    assert check(revoked(payload)).verdict == "pass"


def test_the_role_file_names_authorities_and_their_number_too() -> None:
    file = role(1, A, B, tsas=[listed(ROOT)], timestamps={"operators": 1})
    report = check(stamped(tags=lambda m: {**m, FILE_1: file}).build(), TWO_OF_THREE)
    assert (report.verdict, codes(report)) == ("pass", {"time"})
    two = role(1, A, B, tsas=[listed(ROOT)], timestamps={"operators": 2})
    assert codes(check(stamped(tags=lambda m: {**m, FILE_1: two}).build(), TWO_OF_THREE)) == {
        "time",
        "no-timestamp",
    }


def test_a_log_key_that_is_revoked_in_the_log_no_longer_counts() -> None:
    log = {
        "id": public_id(LOG),
        "role": "log",
        "public": b64(public(LOG)),
        "valid_from": 0,
        "revoked_at": None,
    }
    trusted = json.dumps({**trust(), "keys": [*trust()["keys"], log]}).encode()
    data = revoked({"key": public_id(LOG), "last_trusted_size": 5})
    assert paths(check(data, trusted), "revoked-key") == {"proofs/3.tlog-proof"}
    assert key_id(ORIGIN, 1, public(LOG))
