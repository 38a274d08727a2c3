"""Errors of the personal-information room."""

from qingyuan.errors import QingyuanError


class PiiError(QingyuanError):
    """Kind or word data that cannot be used, a bad key, or hits that cannot be written."""
