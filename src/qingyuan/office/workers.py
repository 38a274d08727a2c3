"""Work done in processes that may die: material is hostile and readers are compiled.

Whatever brings a process down must not bring this one down. A task that does is tried once more alone,
then halved until what does it is found and named; the rest goes on. Workers end when this process ends,
even if it is killed, and at once when nobody wants their results any more. Ctrl-C, which a terminal sends to every process of a
command, is for this one to hear: theirs, and the process that they are forked from, have it blocked.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import Generic, TypeVar

from qingyuan.office.errors import OfficeError

T = TypeVar("T")
R = TypeVar("R")

#: Tasks handed to each process ahead of the one whose result is waited for.
_AHEAD = 4
_PRELOADED = ["qingyuan.office._loaded"]


class Crew(Generic[T, R]):
    """Processes that do tasks of one sort.

    Args:
        work: Does a task; it and the task must be picklable.
        halve: Cuts a task in two, or returns ``None`` when it cannot be cut.
        crashed: Returns what stands for the result of a task that brings its process down.
    """

    def __init__(
        self,
        work: Callable[[T], R],
        *,
        halve: Callable[[T], tuple[T, T] | None],
        crashed: Callable[[T], R],
    ) -> None:
        """Keep what is done; no process is started yet."""
        self._work = work
        self._halve = halve
        self._crashed = crashed

    def run(self, tasks: Iterable[T], workers: int) -> Iterator[R]:
        """Yield the result of every task, in their order.

        Args:
            tasks: What to do.
            workers: Number of processes; 0 works in this one, for material that is known to be harmless.

        Raises:
            OfficeError: Processes do not start at all.
        """
        waiting = deque(tasks)
        if not workers:
            yield from map(self._work, waiting)
            return
        while waiting:
            yield from self._until_one_dies(waiting, workers)
            if waiting:
                yield from self._alone(waiting.popleft())

    def _until_one_dies(self, waiting: deque[T], workers: int) -> Iterator[R]:
        """Yield results and take their tasks off ``waiting`` until all are done or a process dies."""
        running: deque[Future[R]] = deque()
        with _hired(min(workers, len(waiting))) as pool:
            try:
                while waiting:
                    # Only a few tasks ahead, so that results do not pile up behind a large file.
                    for task in itertools.islice(waiting, len(running), workers * _AHEAD):
                        running.append(pool.submit(self._work, task))
                    done = running.popleft().result()
                    waiting.popleft()
                    yield done
            except BrokenProcessPool:
                return

    def _alone(self, task: T) -> Iterator[R]:
        """Try a task in a process of its own; what kills that too is halved until the cause is found and named."""
        with _hired(1) as pool:
            try:
                pool.submit(os.getpid).result()
            except BrokenProcessPool as error:  # not the fault of any task
                raise _no_workers() from error
            done: list[R] = []
            with contextlib.suppress(BrokenProcessPool):
                done.append(pool.submit(self._work, task).result())
        if done:
            yield done[0]
            return
        halves = self._halve(task)
        if halves is None:
            yield self._crashed(task)
            return
        for half in halves:
            yield from self._alone(half)


def prepare() -> None:
    """Start the process that workers are forked from, so that it loads the scanner meanwhile.

    Raises:
        OfficeError: It cannot start here; ``TMPDIR`` with a path too long for a socket is one reason.
    """
    _context()
    try:
        resource_tracker.ensure_running()  # first: it unblocks what it blocks, and the server would begin with that
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    except OSError as error:
        raise _no_workers() from error


def _no_workers() -> OfficeError:
    return OfficeError(
        "office.no-workers",
        zh="扫描进程无法启动，扫描未完成",
        en="scanning processes do not start; the scan was not finished",
        remedy_zh="请检查可用内存、系统进程数限制和临时目录（TMPDIR 须可写且路径不宜过长），然后以相同路径重新运行",
        remedy_en="check the free memory, the limit on processes and the temporary folder (TMPDIR must be writable and its"
        " path short), then run the same again",
    )


def _context() -> ForkServerContext:
    """Return how workers are started: forked from a small server that has loaded the scanner and nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


@contextlib.contextmanager
def _hired(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Yield processes that end when they are done; at once when whoever wanted their results is interrupted or asks no more."""
    prepare()
    held, leash = multiprocessing.connection.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=_context(), initializer=_follow, initargs=(held,))
    with held, leash, pool:
        try:
            yield pool
        except BaseException:
            leash.close()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _follow(leash: multiprocessing.connection.Connection) -> None:
    """End this process when the one that started it ends, however that comes about, or lets go of the leash."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel, leash), daemon=True).start()


def _end_with(*ends: int | multiprocessing.connection.Connection) -> None:
    multiprocessing.connection.wait(ends)
    os._exit(1)
