"""Errors of the documents room."""

from qingyuan.errors import QingyuanError


class DocumentError(QingyuanError):
    """A form is wrong, a fact is missing, or a page cannot be set as the standard asks."""
