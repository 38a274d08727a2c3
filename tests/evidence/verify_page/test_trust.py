"""Root keys, role files, witnesses, and fork proofs."""

from __future__ import annotations

import base64
import hashlib

import pytest

from qingyuan.ledger import SHA256, SM3, Cosigner, sign_note
from tests.evidence.verify_page.making import Matter, small_matter
from tests.evidence.verify_page.node import CHECKS, Node, findings, passed
from tests.evidence.verify_page.sealing import sealed, zipped
from tests.evidence.verify_page.trees import Json, b64, seed
from tests.evidence.verify_page.trusting import (
    LOG,
    ROOTS,
    TWIN_LOG,
    Key,
    role_file,
    roots_of,
    trust_of,
)

ROLE = "trust/roles/{}.note"


OFFICE = {"id": "1101", "name": "某院"}


def rooted(**changes: object) -> Json:
    return {"v": 2, "office": OFFICE, "roots": roots_of(), **changes}


def with_roles(*notes: bytes, announced: int | None = None) -> bytes:
    matter = Matter()
    if announced is not None:
        matter.log("office.roles_published", {"version": announced, "sha256": "0" * 64}, "office")
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    matter.roles = dict(enumerate(notes, 1))
    return matter.package()


def judged(
    node: Node, package: bytes, trust: Json | None = None
) -> tuple[str, set[tuple[str, str | None]], int | None]:
    result = node.judge(package, rooted() if trust is None else trust)
    return result["verdict"], findings(result), result["roles_version"]


def test_a_role_file_that_two_of_three_roots_signed_is_believed(node: Node) -> None:
    assert judged(node, with_roles(role_file(1, ROOTS[:2]))) == ("pass", set(), 1)
    assert judged(node, with_roles(role_file(1, [ROOTS[2], ROOTS[0]]))) == ("pass", set(), 1), (
        "one of them signs with SM2"
    )


def test_without_a_role_file_that_counts_nothing_is_trusted(node: Node) -> None:
    assert judged(node, with_roles()) == ("undetermined", {("no-trust", None)}, 0)
    found = {("unknown-key", ROLE.format(1)), ("no-trust", None)}
    assert judged(node, with_roles(role_file(1, ROOTS[:1]))) == ("undetermined", found, 0)
    assert judged(node, with_roles(role_file(1, [ROOTS[0], Key("stranger.example")]))) == (
        "undetermined",
        found,
        0,
    )


def test_lists_of_the_trust_file_count_for_nothing_beside_roots(node: Node) -> None:
    lists = {name: value for name, value in trust_of().items() if name in ("logs", "keys")}
    assert judged(node, with_roles(), rooted(**lists)) == ("undetermined", {("no-trust", None)}, 0)
    assert judged(node, with_roles(role_file(1, ROOTS[:2])), rooted(logs=5, keys=[])) == ("pass", set(), 1)


def test_the_last_role_file_counts_and_new_roots_take_over_when_both_sides_signed(node: Node) -> None:
    new = [Key(f"new{n}.example", "root") for n in range(2)]
    handed = role_file(2, [*ROOTS[:2], *new], roots=roots_of(2, new))
    first, third = role_file(1, ROOTS[:2], keys=[]), role_file(3, new)
    assert judged(node, with_roles(first, handed)) == ("pass", set(), 2)
    assert judged(node, with_roles(first, handed, third)) == ("pass", set(), 3)
    alone = role_file(2, ROOTS[:2], roots=roots_of(2, new))
    verdict, found, version = judged(node, with_roles(role_file(1, ROOTS[:2]), alone, third))
    assert (verdict, found, version) == ("undetermined", {("unknown-key", ROLE.format(2))}, 1)


def test_role_files_before_those_the_reader_begins_with_are_skipped(node: Node) -> None:
    new = [Key(f"new{n}.example", "root") for n in range(2)]
    handed = role_file(2, [*ROOTS[:2], *new], roots=roots_of(2, new))
    first, stolen = role_file(1, ROOTS[:2]), role_file(3, ROOTS[:2], keys=[])
    later = {"v": 2, "office": OFFICE, "roots": roots_of(2, new)}
    unknown = ("unknown-key", ROLE.format(1))
    assert judged(node, with_roles(first, handed), later)[1] == {unknown, ("no-trust", None)}
    assert judged(node, with_roles(first, handed), {**later, "roles_from": 2}) == ("pass", set(), 2)
    verdict, found, version = judged(node, with_roles(first, handed, stolen), {**later, "roles_from": 2})
    assert (verdict, found, version) == ("undetermined", {("unknown-key", ROLE.format(3))}, 2)
    for unfit in (3, -1, "2", True):
        assert judged(node, with_roles(first, handed), {**later, "roles_from": unfit})[0] == "undetermined"


def forged(note: bytes) -> bytes:
    lines = note.decode().splitlines(keepends=True)
    return "".join(
        [*lines[:-1], lines[-1][:-20] + ("A" if lines[-1][-20] != "A" else "B") + lines[-1][-19:]]
    ).encode()


BAD_ROLES = [
    b"", role_file(1, ROOTS[:2])[:-1], forged(role_file(1, ROOTS)), role_file(2, ROOTS), role_file(1, ROOTS, office=None), role_file(1, ROOTS, logs=None),
    role_file(1, ROOTS, issued_at="yesterday"), role_file(1, ROOTS, roots={"threshold": 0, "keys": []}), role_file(True, ROOTS),
    sign_note("qingyuan-roles/1\n{}\n", [ROOTS[0].signer]), role_file(1, ROOTS).replace(b"qingyuan-roles/1", b"qingyuan-roles/2"),
]  # fmt: skip


@pytest.mark.parametrize("note", BAD_ROLES, ids=range(len(BAD_ROLES)))
def test_a_role_file_that_is_malformed_or_wrongly_signed_is_a_contradiction(node: Node, note: bytes) -> None:
    verdict, found, _ = judged(node, with_roles(note))
    assert verdict == "fail"
    assert ("roles", ROLE.format(1)) in found


def test_a_newer_role_file_that_is_demanded_or_announced_is_missed(node: Node) -> None:
    note = role_file(1, ROOTS)
    assert judged(node, with_roles(note), rooted(roles_version=1)) == ("pass", set(), 1)
    missed = {("old-roles", ROLE.format(1))}
    assert judged(node, with_roles(note), rooted(roles_version=2)) == ("undetermined", missed, 1)
    assert judged(node, with_roles(note, announced=2)) == ("undetermined", missed, 1)
    assert judged(node, with_roles(note, announced=1)) == ("pass", set(), 1)


BAD_TRUST: list[Json] = [
    rooted(roots={"threshold": 0, "keys": [ROOTS[0].vkey]}), rooted(roots={"threshold": 2, "keys": [ROOTS[0].vkey]}),
    rooted(roots={"threshold": 1, "keys": [ROOTS[0].vkey, ROOTS[0].vkey]}), rooted(roots={"threshold": 1, "keys": ["x"]}), rooted(roots=[]),
    rooted(roles_version=-1), rooted(office=None), trust_of(v="2"), trust_of(logs={}), trust_of(logs=[{"origin": "other", "vkey": LOG.vkey}]),
    trust_of(tsas=[{"name": "", "operator": "", "certificate": "AAAA"}]), trust_of(timestamps={}), trust_of(timestamps={"operators": -1}),
    trust_of(keys=[{**LOG.entry(), "role": "judge"}]), trust_of(keys=[{**LOG.entry(), "public": b64(LOG.public)}]), trust_of(keys=[{**LOG.entry(), "valid_from": 1.5}]),
]  # fmt: skip


@pytest.mark.parametrize("trust", BAD_TRUST, ids=range(len(BAD_TRUST)))
def test_a_trust_file_that_breaks_a_rule_counts_as_none(node: Node, trust: Json) -> None:
    verdict, found, _ = judged(node, with_roles(role_file(1, ROOTS)), trust)
    assert (verdict, found) == ("undetermined", {("no-trust", None)})


WITNESSES = [Cosigner(f"witness.example/{n}", seed(f"w{n}")) for n in range(3)]


def policy(quorum: str, *, logs: tuple[str, ...] = ()) -> bytes:
    lines = [f"log {log}" for log in logs] + [
        f"witness w{n} {each.key.encode()}" for n, each in enumerate(WITNESSES)
    ]
    return "\n".join([*lines, "group two 2 w0 w1 w2", f"quorum {quorum}", ""]).encode()


def witnessed(
    node: Node, witnesses: list[Cosigner], rules: bytes | None
) -> tuple[str, set[tuple[str, str | None]], Json]:
    matter = small_matter()
    matter.witnesses = witnesses
    result = node.judge(matter.package(), trust_of(), rules)
    return result["verdict"], findings(result), result["quorum"]


def test_a_quorum_is_met_by_enough_cosignatures_and_by_nothing_else(node: Node) -> None:
    verdict, found, quorum = witnessed(node, WITNESSES[:2], policy("two"))
    assert (verdict, found, quorum) == (
        "pass",
        set(),
        {"demanded": True, "met": True, "name": "two", "witnesses": ["w0", "w1"]},
    )
    verdict, found, quorum = witnessed(node, WITNESSES[:1], policy("two"))
    assert (verdict, found, quorum["met"], quorum["witnesses"]) == ("undetermined", set(), False, ["w0"])
    assert witnessed(node, [WITNESSES[0], WITNESSES[0]], policy("two"))[2]["met"] is False
    assert witnessed(node, [], policy("none"))[0] == "pass"
    assert witnessed(node, [], b"quorum nobody\n")[::2] == (
        "undetermined",
        {"demanded": True, "met": False, "name": None, "witnesses": []},
    )


def test_without_a_policy_no_witness_is_looked_at(node: Node) -> None:
    verdict, found, quorum = witnessed(node, WITNESSES, None)
    assert (verdict, found, quorum) == (
        "pass",
        set(),
        {"demanded": False, "met": None, "name": None, "witnesses": []},
    )


def test_a_log_that_the_policy_does_not_list_is_unknown(node: Node) -> None:
    other = Key("other.example/log", "log")
    assert witnessed(node, WITNESSES, policy("two", logs=(LOG.vkey,)))[0] == "pass"
    assert witnessed(node, WITNESSES, policy("two", logs=(other.vkey,)))[:2] == (
        "undetermined",
        {("unknown-key", "proofs/0.tlog-proof")},
    )


def test_the_twin_must_make_the_quorum_when_the_policy_lists_it(node: Node) -> None:
    matter = small_matter()
    matter.witnesses = WITNESSES[:2]
    for logs, verdict in (((LOG.vkey,), "pass"), ((LOG.vkey, TWIN_LOG.vkey), "undetermined")):
        package = matter.members()
        plain = matter.checkpoint(SM3)
        matter.witnesses = []
        bare = matter.checkpoint(SM3)
        matter.witnesses = WITNESSES[:2]
        changed = {name: data.replace(plain, bare) for name, data in package.items()}
        result = node.judge(zipped(sealed(changed, matter.id)), trust_of(), policy("two", logs=logs))
        assert result["verdict"] == verdict
    assert witnessed(node, WITNESSES, policy("two", logs=(LOG.vkey, TWIN_LOG.vkey)))[0] == "pass"


def test_a_cosignature_that_claims_a_witness_and_does_not_verify_is_a_contradiction(node: Node) -> None:
    impostor = Cosigner(WITNESSES[0].key.name, seed("impostor"))
    rules = policy("none")
    matter = small_matter()
    matter.witnesses = [WITNESSES[0]]
    package = matter.members()
    good = matter.checkpoint(SHA256)
    matter.witnesses = [impostor]
    forged_line = matter.checkpoint(SHA256).splitlines()[-1]
    right_line = good.splitlines()[-1]
    name, data = right_line.rsplit(b" ", 1)
    mixed = (
        name
        + b" "
        + base64.b64encode(base64.b64decode(data)[:4] + base64.b64decode(forged_line.rsplit(b" ", 1)[1])[4:])
    )
    changed = {member: value.replace(right_line, mixed) for member, value in package.items()}
    result = node.judge(zipped(sealed(changed, matter.id)), trust_of(), rules)
    assert (result["verdict"], findings(result)) == ("fail", {("proof", "proofs/0.tlog-proof")})


def test_a_witness_of_an_unknown_algorithm_counts_only_as_missing(node: Node) -> None:
    typed = b"\x06" + bytes(1312)
    name = "pq.example"
    tag = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    line = f"witness pq {name}+{tag}+{base64.b64encode(typed).decode()}\n".encode()
    assert witnessed(node, WITNESSES, line + policy("two"))[:2] == ("pass", set())
    verdict, found, _ = witnessed(
        node, WITNESSES, line + policy("two").replace(b"quorum two", b"group all all two pq\nquorum all")
    )
    assert (verdict, found) == ("undetermined", {("unsupported", None)})


def test_a_whole_package_has_all_checks_beside_roots(node: Node) -> None:
    assert passed(node.judge(with_roles(role_file(1, ROOTS)), rooted())) == CHECKS
