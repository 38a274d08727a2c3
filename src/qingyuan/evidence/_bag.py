"""The tag members of a package: everything outside ``data/`` that follows from what is packed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from qingyuan.evidence._readme import readme
from qingyuan.evidence._wire import JsonValue, b64, canonical, format_time
from qingyuan.evidence.digests import Digests, digest_bytes
from qingyuan.evidence.names import member_name
from qingyuan.evidence.package_source import (
    LogHead,
    PackageExhibit,
    PackageSource,
    PackageTimestamp,
    StampedCheckpoint,
    StampedExhibit,
)

_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def content_name(exhibit: PackageExhibit) -> str:
    """Return the name of the member that holds the content of ``exhibit``."""
    manifest = exhibit.signed.manifest
    return f"data/{manifest.id}/{member_name(manifest.name)}"


def payload(exhibits: Iterable[PackageExhibit]) -> dict[str, Digests]:
    """Return the digests of every member below ``data/`` by name, as the manifests give them."""
    return {content_name(e): e.signed.manifest.digests() for e in exhibits if e.open is not None}


def bag_manifest(members: Mapping[str, Digests], algorithm: str) -> bytes:
    """Return a BagIt manifest (RFC 8493, 2.1.3) of ``members``; ``algorithm`` is ``sha256`` or ``sm3``.

    Names stand in it as they are: none has a percent sign or a line end, so nothing would be encoded.
    """
    lines = []
    for name in sorted(members, key=str.encode):
        found = members[name]
        digest = found.sha256 if algorithm == "sha256" else found.sm3
        lines.append(f"{digest}  {name}\n")
    return "".join(lines).encode()


def exhibits_jsonl(exhibits: Iterable[PackageExhibit]) -> bytes:
    """Return ``evidence/exhibits.jsonl``, in the order of the identifiers."""
    return b"".join(e.signed.line() for e in sorted(exhibits, key=lambda e: e.signed.manifest.id))


def tag_members(source: PackageSource) -> dict[str, bytes]:
    """Return every member outside ``data/`` but the tag manifests and the signature, by name."""
    members = payload(source.exhibits)
    tags = {
        "bagit.txt": _BAGIT,
        "bag-info.txt": _bag_info(source, members),
        "manifest-sha256.txt": bag_manifest(members, "sha256"),
        "manifest-sm3.txt": bag_manifest(members, "sm3"),
        "evidence/package.json": _package_json(source),
        "evidence/exhibits.jsonl": exhibits_jsonl(source.exhibits),
        "evidence/events.jsonl": _events_jsonl(source),
        "evidence/timestamps.jsonl": _timestamps_jsonl(source),
        "trust/keys.jsonl": _keys_jsonl(source),
        "说明.md": readme(source),
        **source.pages,
    }
    for event in source.events:
        tags[f"proofs/{event.index}.tlog-proof"] = event.proof
        if event.twin_proof is not None:
            tags[f"proofs-sm3/{event.index}.tlog-proof"] = event.twin_proof
    tags.update((f"timestamps/{n}.tsr", stamp.token) for n, stamp in enumerate(source.timestamps))
    tags.update((f"trust/roles/{version}.note", note) for version, note in source.roles.items())
    tags.update((f"trust/revocation/{n}.der", each) for n, each in enumerate(source.revocation))
    if source.policy is not None:
        tags["trust/policy.txt"] = source.policy
    return tags


def signature_text(package: str, tagmanifest_sha256: bytes, tagmanifest_sm3: bytes) -> str:
    """Return the text that the office signs (format, section 8)."""
    sha256, sm3 = digest_bytes(tagmanifest_sha256).sha256, digest_bytes(tagmanifest_sm3).sm3
    return f"qingyuan-evp/2\n{package}\nsha256 {sha256}\nsm3 {sm3}\n"


def _package_json(source: PackageSource) -> bytes:
    withheld = [
        {"exhibit": e.signed.manifest.id, "reason_zh": e.withheld.zh, "reason_en": e.withheld.en}
        for e in sorted(source.exhibits, key=lambda e: e.signed.manifest.id)
        if e.withheld is not None
    ]
    body = {
        "v": 2,
        "format": "qingyuan-evp/2",
        "id": source.id,
        "matter": source.matter,
        "title": source.title,
        "office": {"id": source.office.id, "name": source.office.name},
        "made_at": format_time(source.made_at),
        "made_by": source.made_by,
        "tool": source.tool,
        "log": _head(source.log),
        "twin": None if source.twin is None else _head(source.twin),
        "events": len(source.events),
        "exhibits": len(source.exhibits),
        "timestamps": len(source.timestamps),
        "withheld": withheld,
    }
    return canonical(body) + b"\n"


def _head(head: LogHead) -> JsonValue:
    return {"origin": head.origin, "size": head.size, "root": b64(head.root)}


def _timestamps_jsonl(source: PackageSource) -> bytes:
    return b"".join(canonical(_stamp(n, stamp)) + b"\n" for n, stamp in enumerate(source.timestamps))


def _stamp(n: int, stamp: PackageTimestamp) -> JsonValue:
    subject = stamp.subject
    if isinstance(subject, StampedCheckpoint):
        path: JsonValue = [b64(node) for node in subject.path]
        return {
            "n": n, "over": "checkpoint", "log": subject.log, "size": subject.size,
            "root": b64(subject.root), "path": path,
        }  # fmt: skip
    if isinstance(subject, StampedExhibit):
        return {"n": n, "over": "exhibit", "exhibit": subject.exhibit}
    return {"n": n, "over": "timestamp", "timestamp": subject.number}


def _events_jsonl(source: PackageSource) -> bytes:
    return b"".join(
        canonical({"index": e.index, "leaf": e.leaf, "payload": e.payload, "salt": b64(e.salt)}) + b"\n"
        for e in sorted(source.events, key=lambda e: e.index)
    )


def _keys_jsonl(source: PackageSource) -> bytes:
    lines = []
    for key in sorted(source.keys, key=lambda k: (k.role, k.id)):
        shape = {"vkey": key.vkey()} if key.name else {"public": key.public}
        lines.append(canonical({"id": key.id, "role": key.role, "actor": key.actor, **shape}) + b"\n")
    return b"".join(lines)


def _bag_info(source: PackageSource, members: Mapping[str, Digests]) -> bytes:
    octets = sum(found.size for found in members.values())
    fields = {
        "Bag-Software-Agent": source.tool,
        "Bagging-Date": format_time(source.made_at)[:10],
        "External-Description": source.title,
        "External-Identifier": source.id,
        "Payload-Oxum": f"{octets}.{len(members)}",
        "Source-Organization": source.office.name,
    }
    return "".join(f"{label}: {_one_line(value)}\n" for label, value in fields.items()).encode()


def _one_line(text: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).split())
