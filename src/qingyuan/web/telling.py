"""What the log says of something that nobody foresaw: its kind and where, and not its words, which may hold what was typed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable

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


def places(frames: Iterable[traceback.FrameSummary]) -> list[str]:
    """Return the innermost places of a stack, the innermost last."""
    return [f"{one.filename}:{one.lineno}" for one in frames][-_PLACES:]
