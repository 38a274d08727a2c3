"""Every event of a package must be where the heads of the log and of its twin say (format, section 6)."""

from __future__ import annotations

from collections.abc import Iterable

from qingyuan.evidence._consistency import refuse, signers
from qingyuan.evidence._wire import canonical
from qingyuan.evidence.errors import PackageError
from qingyuan.evidence.package_source import TWIN_SUFFIX, LogHead, PackageEvent, PackageSource
from qingyuan.ledger import (
    SHA256,
    SM3,
    HashSuite,
    InclusionChecker,
    LedgerError,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_proof,
)


def check_logs(source: PackageSource) -> None:
    """Check the proofs of all events against the head of the log, and of its twin when there is one.

    Raises:
        PackageError: A proof does not hold, the proofs lead to different checkpoints, or a head is not that of
            its checkpoint or not signed by a log key among those given.
    """
    _check(source, source.log, SHA256, ((event, event.proof) for event in source.events))
    twin = source.twin
    if twin is None:
        if any(event.twin_proof is not None for event in source.events):
            refuse("twin", "有孪生日志的证明，却没有孪生日志", "there are proofs of a twin, but no twin")
        return
    if twin.origin != source.log.origin + TWIN_SUFFIX or twin.size != source.log.size:
        refuse(
            "twin",
            "孪生日志的来源或条数与日志不符",
            "origin or size of the twin does not fit that of the log",
        )
    _check(source, twin, SM3, ((event, event.twin_proof) for event in source.events))


def _check(
    source: PackageSource,
    head: LogHead,
    suite: HashSuite,
    proofs: Iterable[tuple[PackageEvent, bytes | None]],
) -> None:
    checkpoints: set[bytes] = set()
    checker = InclusionChecker(head.size, head.root, suite)
    for event, data in proofs:
        where = f"event {event.index}"
        if data is None:
            refuse(where, "缺少孪生日志的证明", "it has no proof in the twin log")
        try:
            proof = parse_proof(data)
            checkpoints.add(proof.checkpoint)
            checker.check(suite.leaf_hash(canonical(event.leaf)), event.index, proof.path)
        except LedgerError as error:
            raise PackageError(
                "evidence.inconsistent-package",
                zh=f"日志证明不成立：{error.zh}",
                en=f"its proof does not hold: {error.en}",
                where=where,
                remedy_zh="请重新生成证明后打包",
                remedy_en="make the proofs again and pack again",
            ) from error
        if proof.index != event.index or len(checkpoints) != 1:
            refuse(
                where, "证明的序号不符，或各证明的检查点不同", "the proof is of another index or checkpoint"
            )
    for note in checkpoints:
        _check_head(source, head, note)


def _check_head(source: PackageSource, head: LogHead, note: bytes) -> None:
    where = "log" if head is source.log else "twin"
    checkpoint = parse_checkpoint(parse_note(note).text)
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (head.origin, head.size, head.root):
        refuse(where, "检查点与所述日志不符", "the checkpoint is not that of the log named")
    try:
        open_checkpoint(note, signers(source, "log", head.origin))
    except LedgerError as error:
        refuse(
            where,
            f"检查点没有密钥列表中日志密钥的有效签名：{error.zh}",
            f"the checkpoint is not signed by a log key among the keys given: {error.en}",
        )
