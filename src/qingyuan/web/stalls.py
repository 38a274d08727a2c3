"""When an answer takes seconds, the log says where every thread of the process was: what holds everybody up shows itself."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
import traceback
from collections.abc import Iterator

from qingyuan.web.telling import LOG

#: Innermost places of a thread that are told.
_PLACES = 6
#: At most one line in so many seconds.
_SELDOM = 30.0


class Stalls:
    """Watches the answers under way.

    Args:
        seconds: What takes longer is told; answers that last, such as progress and downloads, are not entered here.
    """

    def __init__(self, seconds: float = 2.0) -> None:
        """Watch nothing yet."""
        self._seconds = seconds
        self._begun: dict[int, float] = {}
        self._ended = threading.Event()
        self._told = 0.0
        self._thread = threading.Thread(target=self._run, name="stalls", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Enter an answer for as long as the block lasts."""
        key = id(token := object())
        self._begun[key] = time.monotonic()
        try:
            yield
        finally:
            del self._begun[key], token

    def _run(self) -> None:
        while not self._ended.wait(self._seconds / 4):
            now = time.monotonic()
            oldest = min(list(self._begun.values()), default=now)
            if now - oldest >= self._seconds and now - self._told >= _SELDOM:
                self._told = now
                self._tell(now - oldest, len(self._begun))

    def _tell(self, seconds: float, answers: int) -> None:
        names = {one.ident: one.name for one in threading.enumerate()}
        threads: dict[str, list[str]] = {}
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way
            if ident == threading.get_ident():
                continue
            stack = traceback.StackSummary.extract(
                traceback.walk_stack(frame), limit=_PLACES, lookup_lines=False
            )
            # File and line, no values: nothing of what is worked on is told.
            threads[names.get(ident, str(ident))] = [f"{one.filename}:{one.lineno}" for one in stack]
        told = {"event": "slow", "seconds": round(seconds, 1), "answers": answers, "threads": threads}
        LOG.warning(json.dumps(told))
