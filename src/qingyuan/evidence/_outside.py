"""What outsiders and the office's role keys gave to a package: tokens, role files, pages (format, sections 7, 9)."""

from __future__ import annotations

from collections.abc import Mapping

from qingyuan.evidence._consistency import refuse
from qingyuan.evidence.errors import EvidenceError
from qingyuan.evidence.manifest import Manifest
from qingyuan.evidence.package_source import (
    PAGES,
    LogHead,
    PackageSource,
    StampedCheckpoint,
    StampedExhibit,
    StampedTimestamp,
)
from qingyuan.evidence.roles import read_signed_roles
from qingyuan.ledger import SHA256, SM3, Checkpoint, HashSuite, LedgerError, verify_consistency


def check_outside(source: PackageSource) -> None:
    """Check that tokens are over what their lines say, and that role files and pages have their form.

    Raises:
        PackageError: A token or its line does not fit, a role file is malformed, or a page has another name than
            the format knows; it is named.
    """
    manifests = {e.signed.manifest.id: e.signed.manifest for e in source.exhibits}
    for number in range(len(source.timestamps)):
        _check_token(source, number, _stamped_message(source, manifests, number))
    for version, note in source.roles.items():
        _check_roles(version, note)
    for number, each in enumerate(source.revocation):
        _check_list(number, each)
    for name in source.pages:
        if name not in PAGES:
            refuse(name, "格式没有规定这个成员", "the format has no such member")


def _check_token(source: PackageSource, number: int, message: bytes) -> None:
    from qingyuan.evidence.timestamp import judge_timestamp  # noqa: PLC0415 - only packages with tokens need it

    error = judge_timestamp(source.timestamps[number].token, message, anchors=()).error
    if error is not None:  # whom a token is believed from, only the reader can say
        refuse(
            f"timestamps/{number}.tsr",
            f"时间戳不成立：{error.zh}",
            f"the time-stamp token does not hold: {error.en}",
        )


def _check_list(number: int, data: bytes) -> None:
    from qingyuan.evidence.timestamp.revocation import list_der  # noqa: PLC0415 - as above

    if list_der(data) != data:
        refuse(
            f"trust/revocation/{number}.der",
            "不是 DER 编码的吊销列表或 OCSP 应答",
            "neither a revocation list nor an OCSP answer in DER",
        )


def _stamped_message(source: PackageSource, manifests: Mapping[str, Manifest], number: int) -> bytes:
    """Return the message that token ``number`` must be over."""
    subject = source.timestamps[number].subject
    where = f"timestamps/{number}.tsr"
    if isinstance(subject, StampedCheckpoint):
        return _checkpoint(source, subject, where)
    if isinstance(subject, StampedExhibit):
        if subject.exhibit not in manifests:
            refuse(where, "所盖时间戳的材料不在包内", "the exhibit that was stamped is not in the package")
        return manifests[subject.exhibit].canonical()
    return _earlier(source, subject, number, where)


def _earlier(source: PackageSource, subject: StampedTimestamp, number: int, where: str) -> bytes:
    if not 0 <= subject.number < number:
        refuse(where, "所续的时间戳不在其前", "the token that it renews does not come before it")
    return source.timestamps[subject.number].token


def _checkpoint(source: PackageSource, subject: StampedCheckpoint, where: str) -> bytes:
    heads: dict[str, tuple[LogHead, HashSuite]] = {source.log.origin: (source.log, SHA256)}
    if source.twin is not None:
        heads[source.twin.origin] = (source.twin, SM3)
    if subject.log not in heads or not 1 <= subject.size <= heads[subject.log][0].size:
        refuse(
            where,
            "所盖的检查点不属于本包的日志，或比本包的日志更长",
            "the checkpoint is of another log than the package's, or longer",
        )
    head, suite = heads[subject.log]
    try:
        verify_consistency(subject.size, head.size, subject.root, head.root, subject.path, suite)
        text = Checkpoint(subject.log, subject.size, subject.root).text()
    except LedgerError as error:
        refuse(
            where,
            f"所盖的检查点与本包的日志不一致：{error.zh}",
            f"the checkpoint does not join the head of the package: {error.en}",
        )
    return text.encode()


def _check_roles(version: int, note: bytes) -> None:
    where = f"trust/roles/{version}.note"
    try:
        found, _ = read_signed_roles(note)
    except (EvidenceError, LedgerError) as error:
        refuse(where, f"角色文件不合要求：{error.zh}", f"not a role file: {error.en}")
    if found.version != version:
        refuse(where, "角色文件的版本号与其名称不符", "the version of the role file is not that of its name")
