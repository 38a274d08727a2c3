"""What must agree before a package is built; a package that contradicts itself would only fail later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NoReturn

from qingyuan.evidence._wire import JsonValue, canonical, parse_time
from qingyuan.evidence.commitment import commitments
from qingyuan.evidence.errors import PackageError
from qingyuan.evidence.keys import Role, key_id
from qingyuan.evidence.manifest import verify_manifest
from qingyuan.evidence.package_source import PackageEvent, PackageSource
from qingyuan.ledger import VerifierKey

_LEAF = {"v", "type", "stream", "n", "prev", "at", "actor", "sha256", "sm3"}
_SALT_SIZE = 16
#: Most characters of an identifier and most arrays and objects inside each other (format, section 11).
_ID_LIMIT = 128
_DEPTH_LIMIT = 64


def check_source(source: PackageSource, transfer: Mapping[str, JsonValue]) -> None:
    """Check everything about exhibits, events and keys that can be checked without reading content.

    What the events say of each exhibit is the matter of :mod:`qingyuan.evidence._origins`, the proofs are that of
    :mod:`qingyuan.evidence._logs`, and what came from outside that of :mod:`qingyuan.evidence._outside`.

    Args:
        source: What is to be packed.
        transfer: The digests that the transfer event must carry.

    Raises:
        PackageError: Something contradicts or is missing; it is named.
        ManifestError: An exhibit's manifest or signature is not as it must be.
    """
    for what, text in (
        ("id", source.id),
        ("matter", source.matter),
        ("made_by", source.made_by),
        ("log", source.log.origin),
    ):
        if not text or not text.isprintable():
            refuse(what, "标识为空或含有不可见字符", "the identifier is empty or holds invisible characters")
    check_identifiers("package", source.id, source.matter, source.made_by)
    _check_keys(source)
    _check_exhibits(source)
    _check_streams(source.events)
    _check_transfer(source, transfer)


def signers(source: PackageSource, role: Role, name: str) -> list[VerifierKey]:
    """Return the keys of ``source`` with this role that sign notes under ``name``."""
    return [key.verifier_key() for key in source.keys if key.role == role and key.name == name]


def refuse(where: str, zh: str, en: str) -> NoReturn:
    """Raise the error of a package that would contradict itself.

    Raises:
        PackageError: Always.
    """
    raise PackageError(
        "evidence.inconsistent-package",
        zh=zh,
        en=en,
        where=where,
        remedy_zh="证据包未生成；请核对日志与库中记录是否一致",
        remedy_en="nothing was built; check that the log and the store agree",
    )


def check_identifiers(where: str, *identifiers: str) -> None:
    """Refuse identifiers that no verifier would take."""
    if any(len(identifier) > _ID_LIMIT for identifier in identifiers):
        refuse(where, f"标识超过 {_ID_LIMIT} 个字符", f"an identifier is longer than {_ID_LIMIT} characters")


def _check_keys(source: PackageSource) -> None:
    seen: set[str] = set()
    for key in source.keys:
        if key.id in seen:
            refuse(f"key {key.id}", "密钥重复", "the key occurs twice")
        seen.add(key.id)
        if key.id != key_id(key.raw()):
            refuse(
                f"key {key.id}",
                "密钥标识与其公钥不符",
                "the identifier of the key does not follow from its public key",
            )


def _check_exhibits(source: PackageSource) -> None:
    keys = {key.id: key for key in source.keys}
    seen: set[str] = set()
    if not source.exhibits:
        refuse(f"package {source.id}", "没有证据材料", "there is no exhibit")
    for exhibit in source.exhibits:
        manifest = exhibit.signed.manifest
        where = f"exhibit {manifest.id}"
        if manifest.id in seen:
            refuse(where, "材料重复", "the exhibit occurs twice")
        seen.add(manifest.id)
        if (exhibit.open is None) == (exhibit.withheld is None):
            refuse(
                where, "须提供内容，或说明不提供的理由，二者择一", "give its content, or why it is withheld"
            )
        if exhibit.signed.key not in keys:
            refuse(where, "签名密钥不在密钥列表中", "the key that signed it is not among the keys given")
        if keys[exhibit.signed.key].role not in {"officer", "device"}:
            refuse(
                where,
                "签名密钥不属于人员或设备",
                "the key that signed it is neither an officer's nor a device's",
            )
        collected = manifest.collected
        check_identifiers(where, manifest.scope, collected.by, collected.second or "")
        verify_manifest(exhibit.signed, keys[exhibit.signed.key].raw())


def _check_streams(events: Sequence[PackageEvent]) -> None:
    heads: dict[JsonValue, tuple[int, str]] = {}
    last = -1
    for event in sorted(events, key=lambda e: e.index):
        where = f"event {event.index}"
        if event.index == last:
            refuse(where, "事件重复", "the event occurs twice")
        last = event.index
        if set(event.leaf) != _LEAF or event.leaf["v"] != 1 or len(event.salt) != _SALT_SIZE:
            refuse(
                where,
                "日志条目的成员或盐值不合要求",
                "the members of the leaf or the salt are not as they must be",
            )
        for member in ("type", "stream", "actor"):
            if not isinstance(event.leaf[member], str) or not event.leaf[member]:
                refuse(where, f"日志条目的 {member} 为空", f"{member} of the leaf is empty")
        check_identifiers(where, str(event.leaf["stream"]), str(event.leaf["actor"]))
        parse_time(str(event.leaf["at"]), where=where)
        if _depth(event.payload) + 1 > _DEPTH_LIMIT:  # one level more: the line that holds the payload
            refuse(where, "事件内容嵌套过深", "the payload is nested too deeply")
        found = commitments(event.payload, event.salt)
        if (found.sha256, found.sm3) != (event.leaf["sha256"], event.leaf["sm3"]):
            refuse(where, "承诺值与事件内容不符", "the commitments do not fit the payload")
        n, prev = heads.get(event.leaf["stream"], (0, ""))
        if (event.leaf["n"], event.leaf["prev"]) != (n, prev):
            refuse(
                where,
                "事件链不连续：序号或前一事件的摘要不符",
                "the chain is broken: number or previous digest",
            )
        heads[event.leaf["stream"]] = n + 1, hashlib.sha256(canonical(event.leaf)).hexdigest()


def _depth(value: object) -> int:
    """Return how many arrays and objects stand inside each other."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, Mapping | list | tuple)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, Mapping) else item)]
    return depth


def _check_transfer(source: PackageSource, transfer: Mapping[str, JsonValue]) -> None:
    own = [
        event
        for event in source.events
        if event.leaf["type"] == "evidence.transferred" and event.payload.get("package") == source.id
    ]
    if len(own) != 1:
        refuse(f"package {source.id}", "须恰有一条本包的移送事件", "exactly one event must log its transfer")
    for member, digest in transfer.items():
        if own[0].payload.get(member) != digest:
            refuse(
                f"event {own[0].index}",
                f"移送事件的 {member} 与本包不符；如材料有变，请用新的包编号重新登记",
                f"{member} of the transfer event does not fit; if the exhibits changed, log a new package id",
            )
