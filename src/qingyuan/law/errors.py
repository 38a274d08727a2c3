"""Errors of the law room."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class LawError(QingyuanError):
    """The law data, or a question put to it, is wrong.

    ``where`` names the file, the place and, where known, the line; the remedy says what to change.
    """
