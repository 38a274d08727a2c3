"""Packages bent in one place, chosen by a seed: raw, or with everything around the place made to fit again."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from qingyuan.ledger import SM3, Cosigner
from tests.evidence.verify_page.bending import bend, bend_bytes, bend_der, bend_lines
from tests.evidence.verify_page.making import Matter, Stamp, small_matter
from tests.evidence.verify_page.sealing import Members, bag_info, jsonl, payload_manifest, sealed, zipped
from tests.evidence.verify_page.stamping import Authority, Certificate, authority
from tests.evidence.verify_page.trees import Json, b64, canonical, digest, seed
from tests.evidence.verify_page.trusting import (
    DEVICE,
    LOG,
    OFFICER,
    ROOTS,
    TWIN_LOG,
    role_file,
    roots_of,
    trust_of,
)


@dataclass
class Case:
    """What both verifiers are given, and how it came about."""

    package: bytes
    trust: bytes | None
    policy: bytes | None
    how: str


@dataclass
class Base:
    """A package before it is bent."""

    matter: Matter
    trust: Json
    policy: bytes | None


@cache
def authorities() -> tuple[tuple[Authority, Certificate], ...]:
    return authority("p256"), authority("rsa"), authority("ed25519", digest="sha512", imprint="sm3")


WITNESSES = [Cosigner(f"witness.example/{n}", seed(f"w{n}")) for n in range(2)]


@cache
def base(kind: int) -> Base:
    """0: everything; 1: roots; 2: something withheld and no twin."""
    matter = small_matter(twin=kind != 2)
    (one, root_one), (two, root_two), (three, root_three) = authorities()
    tsas = [root_one.tsa("甲"), root_two.tsa("乙")]
    if kind == 0:
        matter.witnesses = WITNESSES
        first = matter.exhibits[0]["manifest"]["id"]
        matter.stamps = [Stamp("checkpoint", one, size=7), Stamp("checkpoint", two, size=5, twin=True), Stamp("exhibit", three, exhibit=first),
                         Stamp("timestamp", two, timestamp=0), Stamp("checkpoint", two, size=4)]  # fmt: skip
        lines = [
            f"log {LOG.vkey}",
            f"log {TWIN_LOG.vkey}",
            *(f"witness w{n} {w.key.encode()}" for n, w in enumerate(WITNESSES)),
            "group g any w0 w1",
            "quorum g",
            "",
        ]
        return Base(
            matter,
            trust_of(tsas=[*tsas, root_three.tsa("丙")], timestamps={"operators": 2}),
            "\n".join(lines).encode(),
        )
    if kind == 1:
        new = [*ROOTS[:2]]
        matter.roles = {
            1: role_file(1, ROOTS[:2]),
            3: role_file(3, ROOTS, roots=roots_of(1, new)),
            4: role_file(4, new[:1], tsas=tsas),
        }
        matter.stamps = [Stamp("checkpoint", one, size=7)]
        return Base(
            matter,
            {"v": 2, "office": {"id": "1", "name": "院"}, "roots": roots_of(), "roles_version": 4},
            None,
        )
    matter = Matter(twin=False)
    matter.log("office.key_revoked", {"key": DEVICE.id, "last_trusted_size": 4}, "office")
    parent = matter.take(b"a\n", "a.csv")
    matter.take(b"b\n", "b.csv", by=DEVICE, parents=(parent,))
    matter.withhold(parent)
    matter.transfer()
    logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
    return Base(matter, trust_of(logs=logs), None)


Bender = Callable[[random.Random, Base], tuple[bytes | Members, str]]


def whole(where: Base) -> Members:
    return sealed(where.matter.members(), where.matter.id)


@cache
def whole_of(kind: int) -> Members:
    return whole(base(kind))


def raw(rng: random.Random, where: Base, members: Members) -> tuple[bytes, str]:
    return bend_bytes(rng, zipped(members)), "bytes of the container"


def member(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    name = rng.choice(sorted(members))
    change = rng.choice([bend_bytes, bend_lines])
    return {**members, name: change(rng, members[name])}, f"{change.__name__} {name}"


def json_member(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    name = rng.choice(
        [
            "evidence/package.json",
            "evidence/exhibits.jsonl",
            "evidence/events.jsonl",
            "evidence/timestamps.jsonl",
        ]
    )
    lines = [json.loads(line) for line in members[name].splitlines()]
    if not lines:
        return {**members, name: b"{}\n"}, f"{name} {{}}"
    number = rng.randrange(len(lines))
    lines[number], how = bend(rng, lines[number])
    return {**members, name: jsonl(lines)}, f"{name}:{number} {how}"


def structure(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    one, two = rng.choice(sorted(members)), rng.choice(sorted(members))
    act = rng.randrange(4)
    if act == 0:
        return {n: d for n, d in members.items() if n != one}, f"without {one}"
    if act == 1:
        return {**members, one: members[two], two: members[one]}, f"{one} for {two}"
    name = rng.choice(
        [
            one + "x",
            one.upper(),
            one + "/x",
            "data/X/y",
            "proofs/7.tlog-proof",
            "timestamps/9.tsr",
            "trust/roles/2.note",
            "trust/roles/0.note",
            "证据清单.pdf",
        ]
    )
    if act == 2:
        return {**members, name: members[two]}, f"{two} also as {name}"
    return {**{n: d for n, d in members.items() if n != one}, name: members[one]}, f"{one} as {name}"


def rechained(matter: Matter) -> None:
    """Commitments and links that fit the events again."""
    last: dict[str, bytes] = {}
    for event in matter.events:
        leaf, salt = event["leaf"], base64.b64decode(event["salt"])
        text = canonical(event["payload"])
        leaf["sha256"], leaf["sm3"] = hashlib.sha256(salt + text).hexdigest(), digest(SM3, salt, text).hex()
        if leaf["prev"]:
            leaf["prev"] = hashlib.sha256(last[leaf["stream"]]).hexdigest()
        last[leaf["stream"]] = canonical(leaf)


def payload(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """A payload that says something else, honestly logged."""
    matter = copy.copy(where.matter)
    matter.events = copy.deepcopy(matter.events)
    event = rng.choice(
        [each for each in matter.events if each["leaf"]["type"].startswith(("evidence.", "office."))]
    )
    event["payload"], how = bend(rng, event["payload"])
    rechained(matter)
    return matter.members(), f"payload of {event['leaf']['type']} {how}"


def leaf(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """A leaf that says something else, honestly logged."""
    matter = copy.copy(where.matter)
    matter.events = copy.deepcopy(matter.events)
    event = rng.choice(matter.events)
    event["leaf"], how = bend(rng, event["leaf"])
    return matter.members(), f"leaf {event['index']} {how}"


def manifest(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """A manifest that says something else, signed, logged and transferred as it is."""
    matter = copy.copy(where.matter)
    matter.events, matter.exhibits = copy.deepcopy(matter.events), copy.deepcopy(matter.exhibits)
    line = rng.choice(matter.exhibits)
    old = hashlib.sha256(canonical(line["manifest"])).hexdigest()
    line["manifest"], how = bend(rng, line["manifest"])
    text = canonical(line["manifest"])
    signer = OFFICER if line["key"] == OFFICER.id else DEVICE
    line["sig"] = b64(signer.sign(b"qingyuan-exhibit/1\n" + text))
    for event in matter.events:
        if event["payload"].get("manifest_sha256") == old:
            known = {
                name: line["manifest"][name]
                for name in ("path", "size", "sha256", "sm3", "parents")
                if name in line["manifest"] and name in event["payload"]
            }
            event["payload"] |= {
                **known,
                "manifest_sha256": hashlib.sha256(text).hexdigest(),
                "sig": line["sig"],
            }
        if event["leaf"]["type"] == "evidence.transferred":
            try:
                event["payload"]["exhibits_sha256"] = hashlib.sha256(matter.exhibit_lines()).hexdigest()
            except (KeyError, AttributeError, TypeError):
                return members, "nothing: the lines cannot be sorted"
    rechained(matter)
    try:
        return matter.members(), f"manifest {how}"
    except (KeyError, AttributeError, StopIteration):
        return members, "nothing: the package cannot be made"


def contents(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """Other content, with payload manifests and Payload-Oxum that fit."""
    name = rng.choice([each for each in members if each.startswith("data/")])
    changed = {**members, name: bend_bytes(rng, members[name] or b"x")}
    for each in ("sha256", "sm3"):
        changed[f"manifest-{each}.txt"] = payload_manifest(changed, each)
    changed["bag-info.txt"] = bag_info(changed)
    return changed, f"content {name}"


def notes(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """The checkpoint of all proofs changed alike."""
    folder = rng.choice(["proofs/", "proofs-sm3/"]) if where.matter.twin else "proofs/"
    old = members[f"{folder}0.tlog-proof"].partition(b"\n\n")[2]
    new = rng.choice([bend_bytes, bend_lines])(rng, old)
    return {
        n: d.replace(old, new) if n.startswith(folder) else d for n, d in members.items()
    }, f"checkpoint of {folder}"


def tokens(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """A token with one byte or one DER element changed, or another in its place."""
    names = sorted(each for each in members if each.startswith("timestamps/"))
    if not names:
        return member(rng, where, members)
    name, other = rng.choice(names), rng.choice(names)
    act = rng.randrange(4)
    if act == 0:
        return {**members, name: members[other]}, f"{other} for {name}"
    if act == 1:
        return {**members, name: bend_bytes(rng, members[name])}, f"bytes of {name}"
    return {**members, name: bend_der(rng, members[name])}, f"DER of {name}"


BENDERS = (
    raw,
    member,
    json_member,
    structure,
    payload,
    payload,
    leaf,
    manifest,
    manifest,
    contents,
    notes,
    tokens,
    tokens,
)


def case(number: int) -> Case:
    """The case of a number; the same each time but for the keys of authorities."""
    rng = random.Random(number)
    kind = rng.randrange(3)
    where = base(kind)
    trust: bytes | None = json.dumps(where.trust).encode()
    policy = where.policy
    act = rng.random()
    if act < 0.15:
        value, how = bend(rng, where.trust)
        return Case(zipped(whole_of(kind)), json.dumps(value).encode(), policy, f"{number}: trust {how}")
    if act < 0.2 and policy:
        return Case(
            zipped(whole_of(kind)),
            trust,
            rng.choice([bend_bytes, bend_lines])(rng, policy),
            f"{number}: policy",
        )
    bender = rng.choice(BENDERS)
    found, how = bender(rng, where, whole_of(kind))
    package = (
        found
        if isinstance(found, bytes)
        else zipped(sealed(found, where.matter.id) if rng.random() < 0.9 else found)
    )
    return Case(
        package,
        rng.choice([trust] * 9 + [None]),
        rng.choice([policy] * 9 + [None]),
        f"{number}: base {kind}, {bender.__name__}, {how}",
    )
