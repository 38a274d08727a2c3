"""The command line: parse, call, print. It decides nothing."""

import gc

# Loading a command makes a few hundred thousand objects that stay, and no garbage: looking for it takes a sixth of a short command.
gc.set_threshold(300_000, 10, 20)

from qingyuan.cli._app import main  # noqa: E402 - after that

__all__ = ["main"]
