"""Errors of the demo room."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class DemoError(QingyuanError):
    """Synthetic material cannot be made or compared as asked."""
