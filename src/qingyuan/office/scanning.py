"""Scanning sealed exhibits in worker processes.

A worker opens the sealed blob itself (nothing is written in clear anywhere), reads and scans it, and
returns the hits as Parquet bytes with a small summary. A file that brings a worker down is tried
once more alone and then named; the rest goes on. Workers end when this process ends, even if it is killed.
"""

from __future__ import annotations

import functools
import io
import itertools
import multiprocessing
import multiprocessing.connection
import os
import pickle
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.office.errors import OfficeError

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan

#: Files up to this size are scanned several to a task.
SMALL_BYTES = 1 << 20
_GROUP_FILES = 500
_GROUP_BYTES = 16 << 20
#: Tasks handed to each process ahead of the one whose result is waited for.
_AHEAD = 4


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
        if group and (len(group) >= _GROUP_FILES or held + target.size > _GROUP_BYTES):
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

    Material is hostile and readers are compiled: whatever brings a process down must not bring this
    one down, so the work is always done in others.

    Args:
        targets: What to scan.
        key: The key their blobs are sealed with.
        token_key: Key of the tokens.
        workers: Number of processes; 0 scans in this one, for material that is known to be harmless.
        task: What a process does with a group of targets, by default :func:`scan_task`.
    """
    work = functools.partial(task or scan_task, key=key, token_key=token_key)
    waiting = deque(tasks(targets))
    if not workers:
        yield from map(work, waiting)
        return
    while waiting:
        yield from _until_one_dies(waiting, work, workers)
        if waiting:
            yield from _alone(waiting.popleft(), work)


def _until_one_dies(
    waiting: deque[tuple[Target, ...]], work: Callable[[tuple[Target, ...]], Done], workers: int
) -> Iterator[Done]:
    """Yield results and take their tasks off ``waiting`` until all are done or a process dies."""
    running: deque[Future[Done]] = deque()
    with _pool(min(workers, len(waiting))) as pool:
        try:
            while waiting:
                # Only a few tasks ahead, so that results do not pile up behind a large file.
                for group in itertools.islice(waiting, len(running), workers * _AHEAD):
                    running.append(pool.submit(work, group))
                done = running.popleft().result()
                waiting.popleft()
                yield done
        except BrokenProcessPool:
            return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _alone(group: tuple[Target, ...], work: Callable[[tuple[Target, ...]], Done]) -> Iterator[Done]:
    """Try a task in a process of its own; what kills that too is halved until the file is found and named."""
    with _pool(1) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool as error:  # not the fault of any file
            raise OfficeError(
                "office.no-workers",
                zh="扫描进程无法启动，扫描未完成",
                en="scanning processes do not start; the scan was not finished",
                remedy_zh="请检查可用内存和系统进程数限制，然后以相同路径重新运行",
                remedy_en="check the free memory and the limit on processes, then run the same again",
            ) from error
        try:
            done = pool.submit(work, group).result()
        except BrokenProcessPool:
            done = None
    if done is not None:
        yield done
    elif len(group) == 1:
        yield _crashed(group[0])
    else:
        half = len(group) // 2
        yield from _alone(group[:half], work)
        yield from _alone(group[half:], work)


def prepare() -> None:
    """Start the process that workers are forked from, so that it loads the scanner meanwhile."""
    _context()
    forkserver.ensure_running()


def _context() -> ForkServerContext:
    """Return how workers are started: forked from a small server that has loaded the scanner and nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["qingyuan.pii.engine", "qingyuan.pii.readers", __name__])
    return context


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_follow_parent)


def _follow_parent() -> None:
    """End this process when the one that started it ends, however that comes about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _crashed(target: Target) -> Done:
    scan = _unscanned(
        target,
        "reader-crashed",
        "读取该文件的进程异常退出，未扫描",
        "the process that read the file died; it was not scanned",
        "请单独检查该文件；原件已封存，内容未受影响",
        "look at this file by itself; the original is sealed and unharmed",
    )
    return _pack((target,), [scan])


def scan_task(group: tuple[Target, ...], *, key: bytes, token_key: bytes) -> Done:
    """Scan the files of one task in this process; a file that cannot be scanned is named, the rest goes on."""
    return _pack(group, [_scan_or_say_why(target, key, token_key) for target in group])


def _scan_or_say_why(target: Target, key: bytes, token_key: bytes) -> FileScan:
    try:
        return _scan(target, key, token_key)
    except QingyuanError as error:
        return _unscanned(target, error.code, error.zh, error.en, error.remedy_zh, error.remedy_en)
    except MemoryError:
        return _unscanned(
            target,
            "out-of-memory",
            "内存不足，未能读完",
            "not enough memory to read it all",
            "请拆分该文件后重试",
            "split the file and try again",
        )
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not lose the other files; it is named
        step = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}, {Path(step.filename).name}:{step.lineno}"
        return _unscanned(
            target,
            "reader-failed",
            f"读取程序出错（{what}），该文件未扫描",
            f"the reader failed ({what}); the file was not scanned",
            "这是程序缺陷，请报告；原件已封存，内容未受影响",
            "this is a defect of the program, please report it; the original is sealed and unharmed",
        )


def _scan(target: Target, key: bytes, token_key: bytes) -> FileScan:
    from qingyuan.evidence import SealedReader  # noqa: PLC0415 - workers import it once
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    with SealedReader.open(Path(target.blob), key) as content:
        return engine.scan(readers.read(content, target.name, readers.Limits()), token_key, target.name)


def _unscanned(target: Target, code: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> FileScan:
    """Return the scan of a file of which nothing could be read."""
    from qingyuan.pii import engine  # noqa: PLC0415 - heavy
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    return engine.scan([Unread(None, code, zh, en, remedy_zh, remedy_en)], bytes(32), target.name)


def _pack(group: tuple[Target, ...], scans: list[FileScan]) -> Done:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

    sink = io.BytesIO()
    table = pa.concat_tables([scan.hits for scan in scans]).unify_dictionaries()
    pq.write_table(table, sink, compression="zstd")
    light = {t.exhibit: scan.without_hits() for t, scan in zip(group, scans, strict=True)}
    return Done(group, sink.getvalue(), pickle.dumps(light))
