"""How a process that works until it is stopped hears of it; what heard the signals before hears them again after."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

#: What stops a process that is asked to: a service manager sends the first, a terminal the second.
STOPPING = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def signals_given_back() -> Iterator[None]:
    """Undo what a library does meanwhile to the signals of :data:`STOPPING`; for the main thread of a process."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextlib.contextmanager
def handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let ``handler`` have the signals of :data:`STOPPING` meanwhile; for the main thread of a process."""
    with signals_given_back():
        for number in STOPPING:
            signal.signal(number, handler)
        yield


@contextlib.contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """Yield an event that is set when this process is asked to stop; for the main thread of a process."""
    ended = threading.Event()
    with handling(lambda _number, _frame: ended.set()):
        yield ended
