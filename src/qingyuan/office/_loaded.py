"""The scanner with its passes loaded: imported by the process that workers are forked from, so that none of them loads it again.

It is imported while others answer requests, so it lets them go first. Nothing that goes wrong here may end that process: a worker that
needs what is missing loads it itself and says what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import sys
from types import TracebackType

#: What a worker meets that is forked for somebody who was interrupted meanwhile: its queues are gone.
_ABANDONED = (OSError, EOFError)


def _said(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what ends a worker, unless it is that nobody waits for it any more; whoever does is told that it did not start."""
    if not issubclass(kind, _ABANDONED):
        sys.__excepthook__(kind, error, trace)


def _yielding(*, on: bool) -> None:
    """Let whoever wakes up go before this process, or no longer."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH if on else os.SCHED_OTHER, os.sched_param(0))


def _load() -> None:
    from qingyuan.office import scanning  # noqa: PLC0415
    from qingyuan.pii import compiling, engine, readers  # noqa: PLC0415 - in this order of priority

    del readers, scanning
    if compiling.complete():  # compiling takes minutes, and whoever needs it says so
        engine.warm()


sys.excepthook = _said
_yielding(on=True)
with contextlib.suppress(Exception):
    _load()
_yielding(on=False)
