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


def places(frames: Iterable[traceback.FrameSummary]) -> list[str]:
    """Return the innermost places of a stack, the innermost last."""
    return [f"{one.filename}:{one.lineno}" for one in frames][-_PLACES:]
