"""Packages as a dishonest office could make them: past the builder's checks, with everything signed again."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from qingyuan.evidence import PackageSource, canonical, digest_bytes
from qingyuan.evidence._bag import bag_manifest, content_name, signature_text, tag_members
from qingyuan.evidence._zip import ZipWriter
from qingyuan.evidence.verify import Report, verify_stream
from tests.evidence.packing import ORIGIN, TWIN, SmallOffice
from tests.evidence.stamping import Stamper

Members = dict[str, bytes]
TAGS = ("tagmanifest-sha256.txt", "tagmanifest-sm3.txt", "signature.note")


def members_of(package: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unchecked(source: PackageSource) -> Members:
    """The members that the builder would write, without its checks and without the seal."""
    content = {content_name(e): e.open().read() for e in source.exhibits if e.open is not None}
    return {**tag_members(source), **content}


def relisted(members: Members) -> Members:
    """The same with payload manifests and a Payload-Oxum that fit the content."""
    payload = {n: digest_bytes(d) for n, d in members.items() if n.startswith("data/")}
    oxum = f"Payload-Oxum: {sum(found.size for found in payload.values())}.{len(payload)}\n".encode()
    return {
        **members,
        "bag-info.txt": re.sub(rb"Payload-Oxum: .*\n", oxum, members["bag-info.txt"]),
        "manifest-sha256.txt": bag_manifest(payload, "sha256"),
        "manifest-sm3.txt": bag_manifest(payload, "sm3"),
    }


def sealed(members: Members, office: SmallOffice) -> Members:
    """The same with tag manifests that fit, signed by the office."""
    plain = {n: d for n, d in members.items() if n not in TAGS}
    found = {n: digest_bytes(d) for n, d in plain.items() if not n.startswith("data/")}
    sha256, sm3 = bag_manifest(found, "sha256"), bag_manifest(found, "sm3")
    package = json.loads(plain["evidence/package.json"])["id"]
    note = office.note_signer()(signature_text(package, sha256, sm3))
    return {**plain, TAGS[0]: sha256, TAGS[1]: sm3, TAGS[2]: note}


def zipped(members: Members) -> bytes:
    target = io.BytesIO()
    archive = ZipWriter(target)
    for name in sorted(members, key=str.encode):
        archive.add(name, members[name])
    archive.finish()
    return target.getvalue()


def described(members: Members, **changes: Any) -> Members:
    """The same with other values in ``evidence/package.json``."""
    value = {**json.loads(members["evidence/package.json"]), **changes}
    return {**members, "evidence/package.json": canonical(value) + b"\n"}


def lines_of(members: Members, name: str, change: Callable[[list[bytes]], list[bytes]]) -> Members:
    """The same with the lines of one member changed."""
    return {**members, name: b"".join(change(members[name].splitlines(keepends=True)))}


def trust_of(
    office: SmallOffice,
    authorities: Sequence[Stamper] = (),
    operators: int = 0,
    **ranges: tuple[int, int | None],
) -> dict[str, Any]:
    """A trust file for the office; ``ranges`` gives, by role, other valid ranges."""
    keys = []
    for key in office.keyring.public_keys():
        if key.role == "log" and "log" not in ranges:
            continue
        valid_from, revoked_at = ranges.get(key.role, (0, None))
        shown = {"vkey": key.vkey()} if key.name else {"public": key.public}
        keys.append(
            {
                "id": key.id, "role": key.role, "actor": key.actor,
                "valid_from": valid_from, "revoked_at": revoked_at, **shown,
            }
        )  # fmt: skip
    logs = [{"origin": ORIGIN, "vkey": office.log_key.public.vkey()}]
    if office.twin:
        logs.append({"origin": TWIN, "vkey": office.twin_key.public.vkey()})
    tsas = [
        {
            "name": f"TSA {each.name}",
            "operator": each.name,
            "certificate": base64.b64encode(each.root).decode(),
        }
        for each in authorities
    ]
    stamps = {"tsas": tsas, "timestamps": {"operators": operators}} if tsas else {}
    return {"v": 2, **stamps, "office": {"id": "1101", "name": "某市人民检察院"}, "logs": logs, "keys": keys}


def judge(
    package: bytes | Members, trust: dict[str, Any] | bytes | None, policy: bytes | None = None
) -> Report:
    data = zipped(package) if isinstance(package, dict) else package
    given = json.dumps(trust).encode() if isinstance(trust, dict) else trust
    return verify_stream(io.BytesIO(data), given, policy)


def findings(report: Report) -> set[tuple[str, str | None]]:
    """Code and path of everything that contradicts or cannot be told."""
    return {
        (r.code, r.path)
        for r in report.reasons
        if not r.code.startswith("ok-") and r.code not in {"scope-before", "quorum"}
    }
