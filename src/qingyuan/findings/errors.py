"""Errors of the findings room."""

from qingyuan.errors import QingyuanError


class FindingsError(QingyuanError):
    """A finding that cannot exist (no place, no provision) or a record that cannot be read."""
