"""Building a package ``.evp``: first the digests that its transfer event carries, then the file.

The transfer event is inside the package and names the digests of its manifests; all of them follow
from the exhibits' manifests, so the caller logs the event first and builds then. Content is streamed
once, digested again on the way, and must be what its manifest says: else nothing is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from qingyuan.evidence._bag import (
    bag_manifest,
    content_name,
    exhibits_jsonl,
    payload,
    signature_text,
    tag_members,
)
from qingyuan.evidence._bounds import check_bounds
from qingyuan.evidence._consistency import check_source, refuse, signers
from qingyuan.evidence._logs import check_logs
from qingyuan.evidence._origins import check_origins
from qingyuan.evidence._outside import check_outside
from qingyuan.evidence._unnamed import unnamed_writer
from qingyuan.evidence._zip import ZipWriter
from qingyuan.evidence.digests import BLOCK, Hasher, digest_bytes
from qingyuan.evidence.errors import EvidenceError, PackageError
from qingyuan.evidence.package_source import PackageExhibit, PackageSource
from qingyuan.ledger import LedgerError, open_note


class TransferDigests(msgspec.Struct, frozen=True):
    """What the transfer event of a package says about it.

    Attributes:
        manifest_sha256: SHA-256 of the member ``manifest-sha256.txt``.
        manifest_sm3: SM3 of the member ``manifest-sm3.txt``.
        exhibits_sha256: SHA-256 of the member ``evidence/exhibits.jsonl``.
    """

    manifest_sha256: str
    manifest_sm3: str
    exhibits_sha256: str


class BuiltPackage(msgspec.Struct, frozen=True):
    """What was built.

    Attributes:
        size: Bytes of the file.
        members: How many members it has.
        text: The text that the office signed; its digests identify the package.
    """

    size: int
    members: int
    text: str


def transfer_digests(exhibits: Iterable[PackageExhibit]) -> TransferDigests:
    """Return what ``evidence.transferred`` must carry for a package of these exhibits; no content is read."""
    exhibits = tuple(exhibits)
    members = payload(exhibits)
    return TransferDigests(
        digest_bytes(bag_manifest(members, "sha256")).sha256,
        digest_bytes(bag_manifest(members, "sm3")).sm3,
        digest_bytes(exhibits_jsonl(exhibits)).sha256,
    )


def build_package(source: PackageSource, path: Path) -> BuiltPackage:
    """Write the package at ``path``, whole and synced or not at all; the same source gives the same bytes.

    Raises:
        PackageError: As for :func:`write_package`.
        ManifestError: As for :func:`write_package`.
        EvidenceError: The file cannot be written.
    """
    with unnamed_writer(path) as file:
        return write_package(source, file)


def write_package(source: PackageSource, file: BinaryIO) -> BuiltPackage:
    """Write the package into an empty file; memory use does not grow with the size of content.

    Args:
        source: What to pack.
        file: Empty, seekable, and complete in every write, as buffered files are.

    Raises:
        PackageError: The source contradicts itself, or the content of an exhibit is not what its
            manifest says; the exhibit or event is named.
        ManifestError: An exhibit's manifest or signature is not as it must be.
    """
    check_source(source, msgspec.structs.asdict(transfer_digests(source.exhibits)))
    check_origins(source.exhibits, source.events)
    check_logs(source)
    check_outside(source)
    tags = tag_members(source)
    found = {name: digest_bytes(data) for name, data in tags.items()}
    by_sha256, by_sm3 = bag_manifest(found, "sha256"), bag_manifest(found, "sm3")
    text = signature_text(source.id, by_sha256, by_sm3)
    tags["tagmanifest-sha256.txt"] = by_sha256
    tags["tagmanifest-sm3.txt"] = by_sm3
    tags["signature.note"] = _signed(source, text)
    members: dict[str, bytes | PackageExhibit] = {**tags}
    members.update((content_name(e), e) for e in source.exhibits if e.open is not None)
    check_bounds(tags, len(members))
    size = _write(file, members)
    return BuiltPackage(size, len(members), text)


def _write(file: BinaryIO, members: dict[str, bytes | PackageExhibit]) -> int:
    archive = ZipWriter(file)
    for name in sorted(members, key=str.encode):
        member = members[name]
        if isinstance(member, bytes):
            archive.add(name, member)
        else:
            archive.add_stream(name, member.signed.manifest.size, _content(member))
    return archive.finish()


def _signed(source: PackageSource, text: str) -> bytes:
    note = source.sign_note(text)
    try:
        signed = open_note(note, signers(source, "package", f"{source.log.origin}/package")).text
    except LedgerError as error:
        refuse(
            "signature.note",
            f"签名结果没有密钥列表中证据包密钥的有效签名：{error.zh}",
            f"what was signed is not a note signed by a package key among the keys given: {error.en}",
        )
    if signed != text:
        refuse(
            "signature.note",
            "签名结果不是对所给文本的签名笔记",
            "what was signed is not a note over the text given",
        )
    return note


def _content(exhibit: PackageExhibit) -> Iterator[bytes]:
    """Yield the content block by block and check, before the last byte counts, that it is the one logged."""
    manifest = exhibit.signed.manifest
    assert exhibit.open is not None
    try:
        with exhibit.open() as stream, Hasher() as hasher:
            while hasher.size <= manifest.size and (block := stream.read(BLOCK)):
                hasher.update(block)
                if hasher.size <= manifest.size:
                    yield block
            found = hasher.digests()
    except (OSError, EvidenceError) as error:
        reason_zh = error.zh if isinstance(error, EvidenceError) else (error.strerror or type(error).__name__)
        reason_en = error.en if isinstance(error, EvidenceError) else (error.strerror or type(error).__name__)
        raise PackageError(
            "evidence.content-unreadable",
            zh=f"材料内容无法读取：{reason_zh}",
            en=f"the content of the exhibit cannot be read: {reason_en}",
            where=f"exhibit {manifest.id}",
            remedy_zh="证据包未生成；请核验该材料的封存件，必要时从备份恢复",
            remedy_en="nothing was built; verify the sealed file of the exhibit, and restore a backup if need be",
        ) from error
    if found != manifest.digests():
        raise PackageError(
            "evidence.content-differs",
            zh="材料内容与其清单不一致（长度或摘要不符）",
            en="the content of the exhibit is not what its manifest says (length or digest)",
            where=f"exhibit {manifest.id}",
            remedy_zh="证据包未生成；该材料可能已被改动，请核验封存件并记录此事",
            remedy_en="nothing was built; the exhibit may have been altered: verify its sealed file and record it",
        )
