"""The command line: parse, call, print. It decides nothing."""

import atexit
import gc
import sys
from types import TracebackType

# Loading a command makes a few hundred thousand objects that stay, and no garbage: looking for it takes a sixth of a short command,
# and looking through all of it once more at the very end nearly as much. What has a finalizer of its own is still finalized.
gc.set_threshold(300_000, 10, 20)
atexit.register(gc.freeze)


def _said(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say nothing of Ctrl-C while commands are loaded: Python ends the process as that signal does."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


if sys.excepthook is sys.__excepthook__:  # a worker, which loads this as well, has one of its own
    sys.excepthook = _said

from qingyuan.cli._app import main  # noqa: E402 - after that

__all__ = ["main"]
