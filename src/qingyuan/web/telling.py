"""What the log says of something that nobody foresaw: its kind and where, and not its words, which may hold what was typed."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterable
from typing import TextIO

from qingyuan.errors import QingyuanError

LOG = logging.getLogger("qingyuan.web")
#: Innermost places that are told.
_PLACES = 12


def tell(event: str, error: BaseException) -> None:
    """Log an error by its kind, its code when it is one of ours, and the places it came by."""
    code = {"code": error.code} if isinstance(error, QingyuanError) else {}
    said = {"event": event, "kind": type(error).__name__, **code}
    LOG.error(json.dumps({**said, "at": places(traceback.extract_tb(error.__traceback__))}))


class OthersFormatter(logging.Formatter):
    """Says of what libraries log who said it, where, and of which kind the error was.

    Their words are left out: the reader of forms quotes bytes of what was sent, and an exception may hold anything. Warnings of
    this program itself keep theirs.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object in one line."""
        said: dict[str, object] = {"event": record.levelname.lower(), "from": record.name}
        if record.name.startswith("qingyuan"):
            said["said"] = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            said["kind"] = record.exc_info[0].__name__
            said["at"] = places(traceback.extract_tb(record.exc_info[2]))
        else:
            said["at"] = [f"{record.pathname}:{record.lineno}"]
        return json.dumps(said)


def write_log(stream: TextIO) -> None:
    """Write everything that is logged to a stream, one JSON object a line: what this process says, and what libraries say, warn of or fail with.

    Nothing personal is in it.

    Args:
        stream: Where it goes, such as standard error.
    """
    # What it says of lost connections we say ourselves.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    handler, others = logging.StreamHandler(stream), logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    others.setFormatter(OthersFormatter())
    others.addFilter(lambda record: not record.name.startswith("qingyuan.web"))
    others.setLevel(logging.WARNING)
    logging.getLogger().addHandler(others)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed
    sys.unraisablehook = _not_raised


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not issubclass(failed.exc_type, SystemExit):
        tell("thread-failed", failed.exc_value)


def _not_raised(failed: sys.UnraisableHookArgs) -> None:
    if failed.exc_value is not None:
        tell("unraisable", failed.exc_value)


def places(frames: Iterable[traceback.FrameSummary]) -> list[str]:
    """Return the innermost places of a stack, the innermost last."""
    return [f"{one.filename}:{one.lineno}" for one in frames][-_PLACES:]
