"""Readers: from the bytes of any supported file to cells of text with exact places.

Nothing is skipped in silence: whatever could not be read is yielded as an
:class:`~qingyuan.pii.batch.Unread` with what to do about it.
"""

from qingyuan.pii.readers._database import DatabaseUrl, Sample, is_database, parse_url, read_database
from qingyuan.pii.readers._limits import Limits
from qingyuan.pii.readers._pdfium import Pdf, PdfDamagedError, PdfError, PdfLockedError, PdfTooHeavyError
from qingyuan.pii.readers._read import read
from qingyuan.pii.readers._sniff import Format, sniff

__all__ = [
    "DatabaseUrl",
    "Format",
    "Limits",
    "Pdf",
    "PdfDamagedError",
    "PdfError",
    "PdfLockedError",
    "PdfTooHeavyError",
    "Sample",
    "is_database",
    "parse_url",
    "read",
    "read_database",
    "sniff",
]
