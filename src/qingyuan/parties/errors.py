"""Errors of the parties room."""

from __future__ import annotations

from qingyuan.errors import QingyuanError


class PartiesError(QingyuanError):
    """A body, post, role, action or policy that is not known, contradicts the register, or cannot be read."""
