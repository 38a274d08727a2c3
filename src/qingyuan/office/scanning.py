"""Scanning sealed exhibits in worker processes.

A worker opens the sealed blob itself (nothing is written in clear anywhere), reads and scans it, and
returns the hits as Parquet bytes with a small summary. What brings a worker down is named and the rest
goes on (:mod:`qingyuan.office.workers`).
"""

from __future__ import annotations

import functools
import io
import pickle
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.office.workers import Crew

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan

#: Files up to this size are scanned several to a task.
SMALL_BYTES = 1 << 20
GROUP_FILES = 500
GROUP_BYTES = 16 << 20


class Target(msgspec.Struct, frozen=True):
    """One exhibit to scan.

    Attributes:
        exhibit: Identifier.
        name: The file's name in hits and findings.
        blob: Where its sealed content is.
        size: Bytes of content.
    """

    exhibit: str
    name: str
    blob: str
    size: int


class Done(msgspec.Struct, frozen=True):
    """What a task gave.

    Attributes:
        targets: What was scanned, in order.
        hits: Parquet of all hits of the task.
        scans: Pickle of the files' scans by exhibit, without their hits, for adding up; stays inside this office.
    """

    targets: tuple[Target, ...]
    hits: bytes
    scans: bytes


class Task(Protocol):
    """What a worker process does with a group of targets; sent to it by name."""

    def __call__(self, group: tuple[Target, ...], *, key: bytes, token_key: bytes) -> Done:
        """Scan the files of ``group``."""


def unpack(data: bytes) -> dict[str, FileScan]:
    """Return the scans, by exhibit, of a pickle that this office made and sealed."""
    scans: dict[str, FileScan] = pickle.loads(data)  # noqa: S301 - authenticated by our own seal, never from outside
    return scans


def tasks(targets: Sequence[Target]) -> list[tuple[Target, ...]]:
    """Group targets into tasks, the largest first, so that the processes end together."""
    ordered = sorted(targets, key=lambda t: (-t.size, t.exhibit))
    out: list[tuple[Target, ...]] = []
    group: list[Target] = []
    held = 0
    for target in ordered:
        if target.size > SMALL_BYTES:
            out.append((target,))
            continue
        if group and (len(group) >= GROUP_FILES or held + target.size > GROUP_BYTES):
            out.append(tuple(group))
            group, held = [], 0
        group.append(target)
        held += target.size
    if group:
        out.append(tuple(group))
    return out


def scan_all(
    targets: Sequence[Target], *, key: bytes, token_key: bytes, workers: int, task: Task | None = None
) -> Iterator[Done]:
    """Scan targets and yield what each task gave, in an order that does not depend on the processes.

    Args:
        targets: What to scan.
        key: The key their blobs are sealed with.
        token_key: Key of the tokens.
        workers: Number of processes; 0 scans in this one, for material that is known to be harmless.
        task: What a process does with a group of targets, by default :func:`scan_task`.
    """
    work = functools.partial(task or scan_task, key=key, token_key=token_key)
    yield from Crew(work, halve=_halves, crashed=_crashed).run(tasks(targets), workers)


def _halves(group: tuple[Target, ...]) -> tuple[tuple[Target, ...], tuple[Target, ...]] | None:
    half = len(group) // 2
    return (group[:half], group[half:]) if half else None


def _crashed(group: tuple[Target, ...]) -> Done:
    return _pack(group, [unscanned(target.name, *crash_words(sealed=True)) for target in group])


def scan_task(group: tuple[Target, ...], *, key: bytes, token_key: bytes) -> Done:
    """Scan the files of one task in this process; a file that cannot be scanned is named, the rest goes on."""
    return _pack(group, [_scan_or_say_why(target, key, token_key) for target in group])


def _scan_or_say_why(target: Target, key: bytes, token_key: bytes) -> FileScan:
    try:
        return _scan(target, key, token_key)
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other files; it is named
        return unscanned(target.name, *failure_words(error, sealed=True))


def crash_words(*, sealed: bool) -> tuple[str, str, str, str, str]:
    """Return code, words and remedies, Chinese first, for a file whose reader brought its process down."""
    return (
        "reader-crashed",
        "读取该文件的进程异常退出，未扫描",
        "the process that read the file died; it was not scanned",
        "请单独检查该文件" + ("；原件已封存，内容未受影响" if sealed else ""),
        "look at this file by itself" + ("; the original is sealed and unharmed" if sealed else ""),
    )


def failure_words(error: Exception, *, sealed: bool) -> tuple[str, str, str, str, str]:
    """Return code, words and remedies, Chinese first, for a file that could not be scanned."""
    if isinstance(error, QingyuanError):
        return error.code, error.zh, error.en, error.remedy_zh, error.remedy_en
    if isinstance(error, MemoryError):
        return (
            "out-of-memory",
            "内存不足，未能读完",
            "not enough memory to read it all",
            "请拆分该文件后重试",
            "split the file and try again",
        )
    step = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}, {Path(step.filename).name}:{step.lineno}"
    return (
        "reader-failed",
        f"读取程序出错（{what}），该文件未扫描",
        f"the reader failed ({what}); the file was not scanned",
        "这是程序缺陷，请报告" + ("；原件已封存，内容未受影响" if sealed else ""),
        "this is a defect of the program, please report it"
        + ("; the original is sealed and unharmed" if sealed else ""),
    )


def _scan(target: Target, key: bytes, token_key: bytes) -> FileScan:
    from qingyuan.evidence import SealedReader  # noqa: PLC0415 - workers import it once
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    with SealedReader.open(Path(target.blob), key) as content:
        return engine.scan(readers.read(content, target.name, readers.Limits()), token_key, target.name)


def unscanned(name: str, code: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> FileScan:
    """Return the scan of a file of which nothing could be read."""
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    return engine.scan([Unread(None, code, zh, en, remedy_zh, remedy_en)], bytes(32), name)


def _pack(group: tuple[Target, ...], scans: list[FileScan]) -> Done:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    sink = io.BytesIO()
    table = pa.concat_tables([scan.hits for scan in scans]).unify_dictionaries()
    pq.write_table(table, sink, compression="zstd")
    light = {t.exhibit: scan.without_hits() for t, scan in zip(group, scans, strict=True)}
    return Done(group, sink.getvalue(), pickle.dumps(light))
