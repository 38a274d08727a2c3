"""Errors of the reports room."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class ReportError(QingyuanError):
    """A query is wrong, or a report was asked for that cannot be made."""
