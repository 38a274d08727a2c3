"""Scanning sealed exhibits in worker processes.

A worker opens the sealed blob itself (nothing is written in clear anywhere), reads and scans it, and
returns the hits as Parquet bytes with a small summary. A file that brings a worker down is tried
once more alone and then named; the rest goes on.
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan

#: Files up to this size are scanned several to a task.
SMALL_BYTES = 1 << 20
_GROUP_FILES = 500
_GROUP_BYTES = 16 << 20
#: Below this much work a worker process costs more than it saves.
_INLINE_BYTES = 4 << 20


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
        scans: Pickle of the files' scans without their hits, for adding up; stays inside this office.
    """

    targets: tuple[Target, ...]
    hits: bytes
    scans: bytes

    def read(self) -> list[FileScan]:
        """Return the scans; their ``hits`` are empty."""
        return unpack(self.scans)


def unpack(data: bytes) -> list[FileScan]:
    """Return the scans of a pickle that this office made and sealed."""
    scans: list[FileScan] = pickle.loads(data)  # noqa: S301 - authenticated by our own seal, never from outside
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
        if group and (len(group) >= _GROUP_FILES or held + target.size > _GROUP_BYTES):
            out.append(tuple(group))
            group, held = [], 0
        group.append(target)
        held += target.size
    if group:
        out.append(tuple(group))
    return out


def scan_all(targets: Sequence[Target], *, key: bytes, token_key: bytes, workers: int) -> Iterator[Done]:
    """Scan targets and yield what each task gave, always in the same order.

    Args:
        targets: What to scan.
        key: The key their blobs are sealed with.
        token_key: Key of the tokens.
        workers: Number of processes; 1 scans in this one.
    """
    waiting = tasks(targets)
    if workers <= 1 or sum(t.size for t in targets) < _INLINE_BYTES:
        for task in waiting:
            yield scan_task(task, key, token_key)
        return
    yield from _in_processes(waiting, key, token_key, workers)


def _in_processes(
    waiting: list[tuple[Target, ...]], key: bytes, token_key: bytes, workers: int
) -> Iterator[Done]:
    context = multiprocessing.get_context("spawn")
    position = 0
    while position < len(waiting):
        with ProcessPoolExecutor(min(workers, len(waiting)), mp_context=context) as pool:
            pending: list[Future[Done]] = [
                pool.submit(scan_task, task, key, token_key) for task in waiting[position:]
            ]
            try:
                for future in pending:
                    done = future.result()
                    position += 1
                    yield done
            except BrokenProcessPool:
                task = waiting[position]
                if len(task) > 1:
                    waiting[position : position + 1] = [(target,) for target in task]
                    continue
        if position < len(waiting) and len(waiting[position]) == 1:
            yield _alone(waiting[position], key, token_key)
            position += 1


def _alone(task: tuple[Target, ...], key: bytes, token_key: bytes) -> Done:
    """Try a file in a process of its own; when that dies too, the file is named as unreadable."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(scan_task, task, key, token_key).result()
        except BrokenProcessPool:
            return _crashed(task[0])


def _crashed(target: Target) -> Done:
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    lost = Unread(
        None,
        "reader-crashed",
        "读取该文件的进程异常退出，未扫描",
        "the process that read the file died; it was not scanned",
        "请单独检查该文件；原件已封存，内容未受影响",
        "look at this file by itself; the original is sealed and unharmed",
    )
    return _pack((target,), [_scan_unread(target, lost)])


def scan_task(task: tuple[Target, ...], key: bytes, token_key: bytes) -> Done:
    """Scan the files of one task in this process."""
    scans = []
    for target in task:
        try:
            scans.append(_scan(target, key, token_key))
        except (QingyuanError, MemoryError) as error:
            scans.append(_scan_unread(target, _refusal(error)))
    return _pack(task, scans)


def _scan(target: Target, key: bytes, token_key: bytes) -> FileScan:
    from qingyuan.evidence import SealedReader  # noqa: PLC0415 - workers import it once
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    with SealedReader.open(Path(target.blob), key) as content:
        return engine.scan(readers.read(content, target.name, readers.Limits()), token_key, target.name)


def _scan_unread(target: Target, unread: object) -> FileScan:
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    if not isinstance(unread, Unread):
        raise TypeError(type(unread))
    return engine.scan([unread], bytes(32), target.name)


def _refusal(error: QingyuanError | MemoryError) -> object:
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    if isinstance(error, QingyuanError):
        return Unread(None, error.code, error.zh, error.en, error.remedy_zh, error.remedy_en)
    return Unread(
        None,
        "out-of-memory",
        "内存不足，未能读完",
        "not enough memory to read it all",
        "请拆分该文件后重试",
        "split the file and try again",
    )


def _pack(task: tuple[Target, ...], scans: list[FileScan]) -> Done:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    sink = io.BytesIO()
    table = pa.concat_tables([scan.hits for scan in scans]).unify_dictionaries()
    pq.write_table(table, sink, compression="zstd")
    light = [replace(scan, hits=scan.hits.slice(0, 0)) for scan in scans]
    return Done(task, sink.getvalue(), pickle.dumps(light))
