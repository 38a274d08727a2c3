"""Errors of the store."""

from qingyuan.errors import QingyuanError


class StoreError(QingyuanError):
    """The database or the blob folder cannot do what was asked."""
