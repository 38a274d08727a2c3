"""Group commit: the acts of many callers under one signature, one transaction and one sync.

A durable append costs a disk sync and, with a twin, an SM2 signature, whether it brings one event or a thousand. One thread
commits whatever has come in by the time it is free. A caller who waits for the answer and finds nobody else commits in its own thread, which spares handing
over and back. Under load the groups grow by themselves, since requests queue up while a commit is under way; only then does the thread give those it has
just answered a moment to come back with their next act, or half of them would always miss the group. A process that has written
many groups is given compiled signing (:func:`qingyuan.ledger.quicken`), loaded beside the writing; nothing needs to ask for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from qingyuan.ledger import quicken
from qingyuan.store._away import AWAY
from qingyuan.store.database import Database
from qingyuan.store.errors import StoreError
from qingyuan.store.journal import Draft, Request, prepare_request
from qingyuan.store.reading import StoredEvent

if TYPE_CHECKING:
    import sqlalchemy as sa

#: Most events in one transaction; a request of more is a group of its own.
MAX_GROUP = 1_024

#: After so many groups compiled signing is loaded. It saves half a millisecond a group and costs 0.6 s of one core, so it has paid
#: by the 1,200th; a process that came to the 500th is likely to get there.
QUICKEN_AFTER = 500

#: Seconds given to those just answered, when others wait already: about what one sync takes at its best.
_MOMENT = 0.0004

_Waiting: TypeAlias = tuple[Request, Future[list[StoredEvent]]]


class Writing(Protocol):
    """What writes a group: a :class:`qingyuan.store.Journal`, or an office that looks at more than a journal does."""

    @property
    def has_twin(self) -> bool:
        """Whether there are two logs."""

    def append_requests(
        self, connection: sa.Connection, requests: Sequence[Request]
    ) -> list[list[StoredEvent]]:
        """Write the events of several acts in the caller's write transaction."""


class GroupCommitter:
    """The writer of a journal, for any number of threads. Use it as a context manager, or :meth:`close` it.

    When a transaction fails after it began, nobody can say what is on the disk: those waiting get the error, and the committer
    takes nothing more until the journal is opened anew. It goes on when the database is a server that went away.

    Args:
        database: Where to write.
        journal: What to write with; nobody else may write with it meanwhile, but inside a write transaction of the database.
        max_group: Most events in one transaction.
        quicken_after: Groups after which compiled signing is loaded, for a journal with two logs.
    """

    def __init__(
        self,
        database: Database,
        journal: Writing,
        *,
        max_group: int = MAX_GROUP,
        quicken_after: int = QUICKEN_AFTER,
    ) -> None:
        """Start the writing thread."""
        self._database = database
        self._journal = journal
        self._max_group = max_group
        self._quicken_after = quicken_after
        self._quickening: threading.Thread | None = None
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failed = False
        #: Whether a thread is committing; only one at a time does.
        self._busy = False
        #: Requests answered last, and how many must wait before the thread is woken.
        self._answered, self._wanted = 0, 1
        #: Transactions committed so far.
        self.groups = 0
        self._thread = threading.Thread(target=self._work, name="commit", daemon=True)
        self._thread.start()

    def submit(self, drafts: Sequence[Draft], *, now: datetime, actor: str) -> Future[list[StoredEvent]]:
        """Hand in the drafts of one act; they are written together or not at all.

        Args:
            drafts: The events, in order.
            now: Claimed time, aware.
            actor: Identifier of who acts.

        Returns:
            The stored events, once the commit has returned.

        Raises:
            StoreError: The drafts are not good (as :func:`qingyuan.store.prepare_request`; nobody else is concerned),
                ``store.closed`` after :meth:`close`, or ``store.stopped`` after a failed commit.
        """
        return self._accept(prepare_request(drafts, now=now, actor=actor), alone=False)[0]

    def append(self, drafts: Sequence[Draft], *, now: datetime, actor: str) -> list[StoredEvent]:
        """Write the drafts of one act and return when they are durable.

        Raises:
            StoreError: As :meth:`submit`, or the transaction failed.
        """
        checked = prepare_request(drafts, now=now, actor=actor)
        result, mine = self._accept(checked, alone=True)
        if mine:
            try:
                self._commit([(checked, result)])
            finally:
                self._leave()
        return result.result()

    def _accept(self, checked: Request, *, alone: bool) -> tuple[Future[list[StoredEvent]], bool]:
        """Queue a request; or, when nobody else is there and its caller would wait ``alone``, leave it to the caller and say so."""
        result: Future[list[StoredEvent]] = Future()
        if not checked.drafts:
            result.set_result([])
            return result, False
        with self._changed:
            if self._failed:
                raise _stopped()
            if self._closed:
                raise StoreError(
                    "store.closed",
                    zh="提交线程已关闭",
                    en="the committer is closed",
                    remedy_zh="重新打开后再写入",
                    remedy_en="open it anew and write again",
                )
            if alone and not (self._busy or self._queue) and self._answered <= 1:
                self._busy = True
                return result, True
            self._queue.append((checked, result))
            if (
                len(self._queue) >= self._wanted
            ):  # to wake the thread for less would only slow the others down
                self._changed.notify()
        return result, False

    def _leave(self) -> None:
        """Let the next one commit."""
        with self._changed:
            self._busy = False
            if self._queue or self._closed:
                self._changed.notify()

    def close(self) -> None:
        """Write what was handed in, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        if self._quickening is not None:
            self._quickening.join()

    def __enter__(self) -> Self:
        """Return the committer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _work(self) -> None:
        while group := self._next_group():
            try:
                self._commit(group)
            finally:
                with self._changed:
                    self._busy = False

    def _next_group(self) -> list[_Waiting]:
        """Wait for requests and take as many as make one group; none when closed and drained."""
        with self._changed:
            while True:
                if self._queue and not self._closed and not self._busy:
                    self._wanted = min(len(self._queue) + self._answered, self._max_group)
                    self._changed.wait_for(lambda: self._closed or len(self._queue) >= self._wanted, _MOMENT)
                else:
                    self._wanted = 1
                    self._changed.wait_for(lambda: (self._queue or self._closed) and not self._busy)
                group = self._take()
                self._busy = bool(group)
                if group or (self._closed and not self._queue):
                    return group

    def _take(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        count = 0
        while self._queue:
            count += len(self._queue[0][0].drafts)
            if group and count > self._max_group:
                break
            checked, result = self._queue.popleft()
            if result.set_running_or_notify_cancel():
                group.append((checked, result))
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        begun = False
        try:
            with self._database.write() as connection:
                begun = True
                stored = self._journal.append_requests(connection, [checked for checked, _ in group])
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait for it
            # A server that went away has written what it said it had, and comes back; a disk that failed may hold anything.
            if begun and not (isinstance(error, StoreError) and error.code in AWAY):
                self._stop()
            for _, result in group:
                result.set_exception(error)
            return
        self.groups += 1
        if self.groups == self._quicken_after and self._journal.has_twin:
            self._quickening = threading.Thread(target=quicken, name="quicken")
            self._quickening.start()
        self._answered = len(group)
        for (_, result), events in zip(group, stored, strict=True):
            result.set_result(events)

    def _stop(self) -> None:
        """Refuse what waits and whatever comes."""
        with self._changed:
            self._failed = self._closed = True
            waiting = list(self._queue)
            self._queue.clear()
        for _, result in waiting:
            if result.set_running_or_notify_cancel():
                result.set_exception(_stopped())


def _stopped() -> StoreError:
    return StoreError(
        "store.stopped",
        zh="此前一次提交失败，已停止写入",
        en="an earlier commit failed; nothing more is written",
        remedy_zh="查明原因（磁盘空间、磁盘故障），运行账本自检，然后重新打开",
        remedy_en="find the cause (space, a failing disk), run the ledger check, then open it anew",
    )
