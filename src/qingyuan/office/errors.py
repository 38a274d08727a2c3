"""Errors of the office room."""

from qingyuan.errors import QingyuanError


class OfficeError(QingyuanError):
    """The home folder, its keys or a job cannot do what was asked."""
