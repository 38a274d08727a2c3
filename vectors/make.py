"""Make the package vectors again: ``python vectors/make.py [FOLDER]`` (``vectors/package`` unless said).

Everything is synthetic and follows from a seed: keys, salts, contents, times and tokens. The same program
gives the same bytes; a change of any byte is a change of the format or of the builder, and is to be explained.
The verdicts are written down here and do not come from a verifier.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from _authorities import Authority, seeded
from _desk import Desk, Members, authorities_in, bent, root_of, with_tokens

from qingyuan.evidence import (
    JsonValue,
    PackageSource,
    PackageTimestamp,
    StampedExhibit,
    StampedTimestamp,
    Withheld,
    canonical,
    write_package,
)
from qingyuan.ledger import SHA256, Cosigner, ForkProof

CHECKS = ("container", "digests", "events", "exhibits", "proofs", "signature", "timestamps", "transfer")
PLAIN, NATIONAL = Authority("甲 RSA"), Authority("乙 SM2", sm2=True)
EXHIBITS, EVENTS = "evidence/exhibits.jsonl", "evidence/events.jsonl"
STAMPS, PACKAGE_JSON = "evidence/timestamps.jsonl", "evidence/package.json"

Finding = tuple[str, str | None]


class Vector(NamedTuple):
    """One file, what the reader brings, and what every verifier must say.

    Attributes:
        data: The package or the fork proof.
        trust: The trust file; ``None`` for none.
        verdict: The verdict.
        found: Code and path of what contradicts, cannot be told or was shown by a token.
        unsaid: The checks without an ``ok-`` reason.
        policy: The policy file, if one is used.
        met: Whether its quorum is met.
        tokens: Of each token that is not broken, by its number, whether it is trusted.
        roles: Version of the role file that was used, 0 for none; ``None`` when the trust file has no roots.
        fork: Whether it is a fork proof.
    """

    data: bytes
    trust: bytes | None
    verdict: str
    found: tuple[Finding, ...] = ()
    unsaid: tuple[str, ...] = ()
    policy: bytes | None = None
    met: bool | None = None
    tokens: tuple[tuple[int, bool], ...] = ()
    roles: int | None = None
    fork: bool = False


def _desk(name: str, *, withheld: Withheld | None = None, twin: bool = True) -> Desk:
    desk = Desk(name, twin)
    desk.log("M2026-0001", "matter.opened", {"title": "合成示例"})
    first = desk.take("编号,值\n1,甲\n".encode(), "名单 100%.csv")
    desk.take(b"", "空🧾.txt", withheld=withheld)
    desk.take(b"n,v\n1,a\n", "结果.csv", parent=first)
    return desk


def _built(source: PackageSource) -> bytes:
    target = io.BytesIO()
    write_package(source, target)
    return target.getvalue()


def _file(content: dict[str, JsonValue], **more: JsonValue) -> bytes:
    return canonical({"v": 2, **content, **more}) + b"\n"


def _stamps(desk: Desk) -> tuple[PackageTimestamp, ...]:
    """Return five tokens: over both logs, an older head, an exhibit and the first of them."""
    size, exhibit = len(desk.events), desk.exhibits[0].signed.manifest
    first = desk.stamped(size - 1, PLAIN)
    return (
        first,
        desk.stamped(size, NATIONAL, twin=True),
        desk.stamped(size, PLAIN),
        PackageTimestamp(StampedExhibit(exhibit.id), NATIONAL.stamp(exhibit.canonical(), 30)),
        PackageTimestamp(StampedTimestamp(0), NATIONAL.stamp(first.token, 40)),
    )


def _times(count: int, code: str = "time") -> tuple[Finding, ...]:
    return tuple((code, f"timestamps/{number}.tsr") for number in range(count))


def _whole() -> dict[str, Vector]:
    """Return what passes, and what only lacks something."""
    made: dict[str, Vector] = {}
    desk = _desk("pass")
    source = desk.source()
    source = with_tokens(source, *_stamps(desk))
    trust = authorities_in(desk.trusted(), PLAIN, NATIONAL, operators=2)
    package, all_five = _built(source), tuple((number, True) for number in range(5))
    made["pass"] = Vector(
        package, _file(trust), "pass", _times(5), policy=desk.policy(), met=True, tokens=all_five
    )
    made["undetermined-no-trust"] = Vector(
        package,
        None,
        "undetermined",
        (("no-trust", None), *_times(5, "untrusted-time")),
        ("exhibits", "proofs", "signature"),
        tokens=tuple((number, False) for number in range(5)),
    )
    made["undetermined-no-timestamp"] = Vector(
        package,
        _file(authorities_in(desk.trusted(), PLAIN, operators=2)),
        "undetermined",
        (
            ("no-timestamp", STAMPS),
            *(("time" if n in {0, 2} else "untrusted-time", f"timestamps/{n}.tsr") for n in range(5)),
        ),
        tokens=tuple((number, number in {0, 2}) for number in range(5)),
    )
    made |= _cleared(desk, source)
    absent = Cosigner.generate("absent.invalid/w", seeded("absent"))
    desk = _desk("undetermined-quorum")
    made["undetermined-quorum"] = Vector(
        _built(desk.source()), _file(desk.trusted()), "undetermined", policy=desk.policy(absent), met=False
    )
    desk = _desk("undetermined-withheld", withheld=Withheld("涉及未成年人", "it concerns a minor"))
    made["undetermined-withheld"] = Vector(
        _built(desk.source()), _file(desk.trusted()), "undetermined", (("withheld", EXHIBITS),), ("exhibits",)
    )
    desk = _desk("undetermined-no-twin", twin=False)
    source, trust = desk.source(), desk.trusted()
    made["pass-no-twin"] = Vector(_built(source), _file(trust), "pass")
    logs = [*_list(trust["logs"]), *_list(Desk("other").trusted()["logs"])[1:]]
    made["undetermined-no-twin"] = Vector(
        _built(source), _file(trust, logs=logs), "undetermined", (("no-twin", PACKAGE_JSON),), ("proofs",)
    )
    return made


def _cleared(desk: Desk, source: PackageSource) -> dict[str, Vector]:
    """Return what lists and OCSP answers say of tokens, where the reader counts only those that are cleared."""
    trust = authorities_in(desk.trusted(), PLAIN, NATIONAL, operators=2)
    demanding = _file(trust, timestamps={"operators": 2, "revocation": True})
    good = (PLAIN.revocation_list(0), NATIONAL.revocation_list(60))
    bad = (PLAIN.revocation_list(20, revoked=True), good[1])
    answers = (PLAIN.ocsp_answer(0), NATIONAL.ocsp_answer(60, responder=True))
    refused = (PLAIN.ocsp_answer(20, revoked=True, responder=True), answers[1])
    spoilt = (answers[0][:-1] + bytes([answers[0][-1] ^ 1]), answers[1])
    short, five = ("no-timestamp", STAMPS), _times(5)
    kinds = [("untrusted-time" if n in {0, 2} else "time", f"timestamps/{n}.tsr") for n in range(5)]
    return {
        "pass-cleared": Vector(
            _built(replace(source, revocation=good)), demanding, "pass", five,
            tokens=tuple((number, True) for number in range(5)),
        ),
        "undetermined-not-cleared": Vector(
            _built(source), demanding, "undetermined", (short, *five),
            tokens=tuple((number, True) for number in range(5)),
        ),
        "undetermined-revoked-tsa": Vector(
            _built(replace(source, revocation=bad)), _file(trust), "undetermined", (short, *kinds),
            tokens=tuple((number, number not in {0, 2}) for number in range(5)),
        ),
        "pass-cleared-ocsp": Vector(
            _built(replace(source, revocation=answers)), demanding, "pass", five,
            tokens=tuple((number, True) for number in range(5)),
        ),
        "undetermined-revoked-ocsp": Vector(
            _built(replace(source, revocation=refused)), _file(trust), "undetermined", (short, *kinds),
            tokens=tuple((number, number not in {0, 2}) for number in range(5)),
        ),
        "undetermined-spoilt-ocsp": Vector(
            _built(replace(source, revocation=spoilt)), demanding, "undetermined", (short, *five),
            tokens=tuple((number, True) for number in range(5)),
        ),
    }  # fmt: skip


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def _keys() -> dict[str, Vector]:
    """Return what turns on keys, role files and revocation."""
    made: dict[str, Vector] = {}
    desk = _desk("roles")
    desk.log("office", "office.roles_published", {"version": 2, "sha256": "0" * 64})
    desk.issue_roles(1)
    desk.issue_roles(2)
    package, trust = _built(desk.source()), {"office": desk.trusted()["office"], "roots": desk.root_set()}
    made["pass-roles"] = Vector(package, _file(trust, roles_version=2), "pass", roles=2)
    made["undetermined-old-roles"] = Vector(
        package,
        _file(trust, roles_version=3),
        "undetermined",
        (("old-roles", "trust/roles/2.note"),),
        roles=2,
    )
    made["undetermined-few-roots"] = Vector(
        package,
        _file(trust, roots=desk.root_set(3)),
        "undetermined",
        (("no-trust", None), ("old-roles", None), ("unknown-key", "trust/roles/1.note")),
        ("exhibits", "proofs", "signature"),
        roles=0,
    )
    desk = _desk("fail-roles")
    desk.issue_roles(1)
    note = desk.roles[1]
    # The last signature is that of the last root; its last byte is spoilt.
    desk.roles[1] = note[:-8] + (b"AAAA" if note[-8:-4] != b"AAAA" else b"BBBB") + note[-4:]
    made["fail-roles"] = Vector(
        _built(desk.source()),
        _file(trust, roots=desk.root_set()),
        "fail",
        (("no-trust", None), ("roles", "trust/roles/1.note")),
        ("exhibits", "proofs", "signature"),
        roles=0,
    )
    desk = _desk("undetermined-revoked-key")
    source = desk.source()
    paths = [f"data/{e.signed.manifest.id}/{name}" for e, name in zip(desk.exhibits, _NAMES, strict=True)]
    made["undetermined-revoked-key"] = Vector(
        _built(source),
        _file(desk.trusted(officer=(0, 5))),
        "undetermined",
        (("revoked-key", paths[2]),),
        ("exhibits",),
    )
    desk = _desk("undetermined-revoked-in-log")
    revoked: dict[str, JsonValue] = {
        "key": desk.officer.public.id,
        "last_trusted_size": 3,
        "reason": "compromise",
    }
    desk.log("office", "office.key_revoked", revoked)
    source = desk.source()
    paths = [f"data/{e.signed.manifest.id}/{name}" for e, name in zip(desk.exhibits, _NAMES, strict=True)]
    made["undetermined-revoked-in-log"] = Vector(
        _built(source),
        _file(desk.trusted()),
        "undetermined",
        tuple(("revoked-key", path) for path in paths[1:]),
        ("exhibits",),
    )
    return made


_NAMES = ("名单 100_.csv", "空🧾.txt", "结果.csv")


def _bent() -> dict[str, Vector]:
    """Return what contradicts itself: changed on the way, or by whoever made it."""
    made: dict[str, Vector] = {}
    desk = _desk("fail-content")
    content = f"data/{desk.exhibits[0].signed.manifest.id}/{_NAMES[0]}"
    package = _built(desk.source())
    made["fail-content"] = Vector(
        package.replace("编号,值\n1,甲\n".encode(), "编号,值\n2,甲\n".encode(), 1),
        _file(desk.trusted()),
        "fail",
        tuple((code, content) for code in ("container", "digest", "exhibit")),
        ("container", "digests", "exhibits"),
    )
    desk = _desk("fail-twin-proof")
    proof = "proofs-sm3/1.tlog-proof"
    made["fail-twin-proof"] = Vector(
        bent(desk.source(), _moved(proof, "proofs-sm3/0.tlog-proof"), desk),
        _file(desk.trusted()),
        "fail",
        (("proof", proof),),
        ("proofs",),
    )
    trust = _file(authorities_in(Desk("token").trusted(), PLAIN, NATIONAL))
    for name, number, change in (
        ("fail-token-imprint", 2, _moved("timestamps/2.tsr", "timestamps/0.tsr")),
        ("fail-token-signature", 1, _spoilt("timestamps/1.tsr")),
        ("fail-token-form", 0, _cut("timestamps/0.tsr")),
    ):
        desk = _desk("token")
        source = desk.source()
        source = with_tokens(source, *_stamps(desk)[:3])
        rest = [n for n in range(3) if n != number]
        made[name] = Vector(
            bent(source, change, desk),
            trust,
            "fail",
            (("timestamp", f"timestamps/{number}.tsr"), *(("time", f"timestamps/{n}.tsr") for n in rest)),
            ("timestamps",),
            tokens=tuple((n, True) for n in rest),
        )
    return made


def _moved(target: str, source: str) -> Callable[[Members], Members]:
    return lambda members: {**members, target: members[source]}


def _spoilt(name: str) -> Callable[[Members], Members]:
    """Change the last byte, which is the last of the signature."""
    return lambda members: {**members, name: members[name][:-1] + bytes([members[name][-1] ^ 1])}


def _cut(name: str) -> Callable[[Members], Members]:
    return lambda members: {**members, name: members[name][:-1]}


def _forks() -> dict[str, Vector]:
    """Return fork proofs: one that convicts, one that claims, one that does not hold."""
    desk, other = _desk("fork"), _desk("fork-other")
    trust, sizes = _file(desk.trusted()), (5, 7)
    older, newer = (desk.checkpoint(size) for size in sizes)
    second = desk.checkpoint(7, root=root_of(other.hashes(SHA256)[:7], SHA256))
    proofs = {
        "fork": (ForkProof("equal-size", "sha256", newer, second), "fail"),
        "fork-claimed": (ForkProof("refused-proof", "sha256", older, second, (bytes(32),)), "undetermined"),
        "no-fork": (ForkProof("equal-size", "sha256", newer, newer), "undetermined"),
    }
    return {
        f"{verdict}-{code}": Vector(proof.encode(), trust, verdict, ((code, None),), fork=True)
        for code, (proof, verdict) in proofs.items()
    }


def vectors() -> dict[str, Vector]:
    """Return every vector by name."""
    return {**_whole(), **_keys(), **_bent(), **_forks()}


def expected(vector: Vector) -> bytes:
    """Return what every verifier must say of a file."""
    said: list[Finding] = [("scope-before", None)]
    if not vector.fork:
        said.append(("quorum", None))
        said += [(f"ok-{check}", None) for check in CHECKS if check not in vector.unsaid]
    reasons = sorted({*vector.found, *said}, key=lambda reason: (reason[0], reason[1] or ""))
    value = {
        "verdict": vector.verdict,
        "reasons": [{"code": code, "path": path} for code, path in reasons],
        "quorum": {"demanded": vector.policy is not None, "met": vector.met},
        "timestamps": [{"n": number, "trusted": trusted} for number, trusted in vector.tokens],
        "roles_version": vector.roles,
    }
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def make(folder: Path) -> None:
    """Write every vector into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, vector in vectors().items():
        (folder / f"{name}.{'fork.json' if vector.fork else 'evp'}").write_bytes(vector.data)
        (folder / f"{name}.verdict.json").write_bytes(expected(vector))
        if vector.trust is not None:
            (folder / f"{name}.trust.json").write_bytes(vector.trust)
        if vector.policy is not None:
            (folder / f"{name}.policy").write_bytes(vector.policy)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "package")
