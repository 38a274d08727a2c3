"""Members, names, the container and the keys that count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.sealing import Members, jsonl, zipped
from tests.evidence.verify_page.test_rules import judged, members, resealed, with_members
from tests.evidence.verify_page.trees import Json, b64
from tests.evidence.verify_page.trusting import (
    DEVICE,
    LOG,
    OFFICER,
    ORIGIN,
    PACKAGE,
    TWIN,
    TWIN_LOG,
    trust_of,
)

FIRST, FIRST_TWIN = "proofs/0.tlog-proof", "proofs-sm3/0.tlog-proof"

BAG: list[tuple[str, bytes | None, set[tuple[str, str | None]]]] = [
    ("bagit.txt", b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n", {("bag", "bagit.txt")}),
    ("bag-info.txt", b"Payload-Oxum: 1.1\n", {("bag", "bag-info.txt")}),
    ("bag-info.txt", b"", set()),
    ("bag-info.txt", b"A: b\r\n  more\rC: d\n", set()),
    ("bag-info.txt", b"A: b", {("bag", "bag-info.txt")}),
    ("bag-info.txt", b"x" * (64 << 10) + b": y\n", {("unsupported", "bag-info.txt")}),
    ("extra.txt", b"", {("bag", "extra.txt")}),
    ("proofs/01.tlog-proof", b"", {("bag", "proofs/01.tlog-proof")}),
    ("data/a/b/c", b"", {("bag", "data/a/b/c")}),
    ("trust/policy.txt", b"anything", set()),
    ("证据清单.csv", b"anything", set()),
    ("说明.md", None, {("bag", "说明.md")}),
    ("trust/keys.jsonl", b"{}\n", {("json", "trust/keys.jsonl")}),
    ("trust/keys.jsonl", b"\n", {("json", "trust/keys.jsonl")}),
    ("trust/keys.jsonl", jsonl([{"actor": "", "id": OFFICER.id, "public": b64(OFFICER.public), "role": "officer"}]), set()),
    ("trust/keys.jsonl", jsonl([{"actor": "", "id": DEVICE.id, "public": b64(OFFICER.public), "role": "officer"}]), {("json", "trust/keys.jsonl")}),
    ("trust/roles/1.note", b"nothing", set()),
    ("proofs/99.tlog-proof", b"?", {("proof", "proofs/99.tlog-proof")}),
    ("proofs-sm3/3.tlog-proof", None, {("proof", "proofs-sm3/3.tlog-proof")}),
    ("timestamps/0.tsr", b"?", {("timestamp", "timestamps/0.tsr")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "wanted"), BAG, ids=[f"{case[0]} {str(case[1])[:20]}" for case in BAG]
)
def test_each_member_is_known_and_as_it_must_be(
    node: Node, name: str, data: bytes | None, wanted: set[tuple[str, str | None]]
) -> None:
    found = judged(node, with_members(**{name: data}))[1]
    if name.startswith("data/"):
        found = {each for each in found if each[0] == "bag" and each[1] == name}
    assert found == wanted


def unsealed(change: Callable[[Members], None]) -> bytes:
    found = members()
    change(found)
    return zipped(found)


def test_digests_that_differ_members_not_listed_and_lines_without_member_are_named(node: Node) -> None:
    def drop(found: Members) -> None:
        found["tagmanifest-sm3.txt"] = b"".join(found["tagmanifest-sm3.txt"].splitlines(keepends=True)[1:])

    def more(found: Members) -> None:
        found["manifest-sm3.txt"] += b"0" * 64 + b"  data/z/z\n"

    def upper(found: Members) -> None:
        found["tagmanifest-sha256.txt"] = found["tagmanifest-sha256.txt"].upper()

    assert ("unlisted", "bag-info.txt") in judged(node, unsealed(drop))[1]
    assert {("missing", "data/z/z"), ("digest", "manifest-sm3.txt")} <= judged(node, unsealed(more))[1]
    assert {("bag", "tagmanifest-sha256.txt"), ("signature", "signature.note")} <= judged(
        node, unsealed(upper)
    )[1]


def test_names_that_would_be_one_elsewhere_are_refused(node: Node) -> None:
    def named(*names: str) -> set[tuple[str, str | None]]:
        return {
            each
            for each in judged(node, zipped({**members(), **dict.fromkeys(names, b"")}))[1]
            if each[0] == "name"
        }

    assert named("data/a/straße", "data/a/STRASSE") == {("name", "data/a/straße")}
    assert named("data/a/e\u0301") == {("name", "data/a/e\u0301")}
    for bad in ("../x", "/x", "a//b", "a/./b", "C:/x", "a\\b", "a%41", "a\x85b", "a/", "x" * 1025):
        shown = {"a\x85b": "a\\u0085b", "x" * 1025: None}.get(bad, bad)
        assert named(bad) == {("name", shown)}


def test_every_byte_of_the_headers_counts(node: Node) -> None:
    package = resealed(members())
    start = package.rfind(b"PK\1\2")
    spots = [*range(30), *range(start, start + 46), *range(len(package) - 22, len(package))]
    for spot in spots:
        bent = bytearray(package)
        bent[spot] ^= 1
        verdict, found = judged(node, bytes(bent))
        assert verdict == "fail", spot
        assert "container" in {code for code, _ in found}, spot
    for bent_all in (package + b"\0", b"\0" + package, package[:-1], package[1:], b"", b"PK"):
        assert "container" in {code for code, _ in judged(node, bent_all)[1]}


KEYS: list[tuple[str, Json | bytes | None, str, set[tuple[str, str | None]]]] = [
    ("no trust file", b"", "undetermined", {("no-trust", None)}),
    ("another version", {**trust_of(), "v": 1}, "undetermined", {("unsupported", None)}),
    ("a key twice", trust_of(keys=[PACKAGE.entry(), PACKAGE.entry(), OFFICER.entry(), DEVICE.entry()]), "undetermined", {("no-trust", None)}),
    ("an identifier that is not its key's", trust_of(keys=[{**PACKAGE.entry(), "id": "0" * 16}]), "undetermined", {("no-trust", None)}),
    ("no log", trust_of(logs=[{"origin": TWIN, "vkey": TWIN_LOG.vkey}]), "undetermined", {("unknown-key", FIRST)}),
    ("no twin's key", trust_of(logs=[{"origin": ORIGIN, "vkey": LOG.vkey}]), "undetermined", {("unknown-key", FIRST_TWIN)}),
    ("no package key", trust_of(keys=[OFFICER.entry(), DEVICE.entry()]), "undetermined", {("unknown-key", "signature.note")}),
    ("revoked before", trust_of(keys=[PACKAGE.entry(0, 6), OFFICER.entry(), DEVICE.entry()]), "undetermined", {("revoked-key", "signature.note")}),
    ("revoked after", trust_of(keys=[PACKAGE.entry(0, 7), OFFICER.entry(), DEVICE.entry()]), "pass", set()),
    ("valid too late", trust_of(keys=[PACKAGE.entry(7), OFFICER.entry(), DEVICE.entry()]), "undetermined", {("revoked-key", "signature.note")}),
    ("log revoked", trust_of(keys=[*trust_of()["keys"], LOG.entry(0, 6)]), "undetermined", {("revoked-key", FIRST)}),
    ("twin revoked", trust_of(keys=[*trust_of()["keys"], TWIN_LOG.entry(0, 6)]), "undetermined", {("revoked-key", FIRST_TWIN)}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "trust", "verdict", "wanted"), KEYS, ids=[case[0] for case in KEYS])
def test_each_key_counts_in_its_role_and_range_only(
    node: Node, name: str, trust: Json | bytes, verdict: str, wanted: set[tuple[str, str | None]]
) -> None:
    assert judged(node, resealed(members()), trust) == (verdict, wanted)
