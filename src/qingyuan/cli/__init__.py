"""The command line: parse, call, print. It decides nothing."""

import atexit
import gc

# Loading a command makes a few hundred thousand objects that stay, and no garbage: looking for it takes a sixth of a short command,
# and looking through all of it once more at the very end nearly as much. What has a finalizer of its own is still finalized.
gc.set_threshold(300_000, 10, 20)
atexit.register(gc.freeze)

from qingyuan.cli._app import main  # noqa: E402 - after that

__all__ = ["main"]
