"""Ctrl-C and SIGTERM of a command: it unwinds once, so that nothing is left half-written, and ends with the code that says so.

What a command did until then stays done; run again, it goes on (see the commands that say so).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

#: What ends a command, with what the process does by itself.
_USUAL: dict[int, object] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
#: A signal within so many seconds of the first is the same wish: ``timeout`` sends it to the process and to its group.
_SAME = 1.0
_SOON = 0.05


class StoppedError(KeyboardInterrupt):
    """This command was asked to end.

    Attributes:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        """Keep the signal."""
        super().__init__()
        self.number = number


class Interrupts:
    """What a command does when it is asked to end: unwind at the first signal, end at once at a later one.

    Used as a context in the main thread of a process; signals that whoever started us has us ignore stay ignored.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._asked = 0.0
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> Self:
        """Take the signals."""
        if threading.current_thread() is threading.main_thread():
            for number, usual in _USUAL.items():
                if signal.getsignal(number) == usual:
                    self._before[number] = signal.signal(number, self._stop)
            sys.unraisablehook = self._swallowed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back, unless the process ends now: another one is to end it without a word."""
        if not self._asked:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            sys.unraisablehook = self._unraisable

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self._asked:
            self._asked = now
            raise StoppedError(number)
        if now - self._asked > _SAME:
            os._exit(128 + number)

    def _swallowed(self, said: sys.UnraisableHookArgs) -> None:
        """Ask again when the request to end met a finalizer or callback, which loses what it raises."""
        if not isinstance(said.exc_value, StoppedError):
            self._unraisable(said)
            return
        self._asked = 0.0
        again = threading.Timer(_SOON, os.kill, (os.getpid(), said.exc_value.number))
        again.daemon = True
        again.start()
