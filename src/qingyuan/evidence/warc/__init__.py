"""Web archives: WARC 1.1 written and read, checked by two readers, and packed as WACZ 1.1.1.

Time and randomness are passed in; nothing here opens a file or a connection.
"""

from qingyuan.evidence.warc._cdxj import IndexEntry, index_entry, index_lines, read_index, surt
from qingyuan.evidence.warc._check import check
from qingyuan.evidence.warc._read import Limits, Reading, read_records, scan_records
from qingyuan.evidence.warc._wacz import (
    ARCHIVE,
    INDEX,
    PAGES,
    WACZ_VERSION,
    WaczChecked,
    WaczPage,
    check_wacz,
    open_archive,
    write_wacz,
)
from qingyuan.evidence.warc._write import (
    HTTP_REQUEST,
    HTTP_RESPONSE,
    WARC_FIELDS,
    WarcWriter,
    fields_block,
    warc_date,
)
from qingyuan.evidence.warc.errors import WarcError
from qingyuan.evidence.warc.model import TRUNCATED, Checked, Record, RecordType, Written

__all__ = [
    "ARCHIVE",
    "HTTP_REQUEST",
    "HTTP_RESPONSE",
    "INDEX",
    "PAGES",
    "TRUNCATED",
    "WACZ_VERSION",
    "WARC_FIELDS",
    "Checked",
    "IndexEntry",
    "Limits",
    "Reading",
    "Record",
    "RecordType",
    "WaczChecked",
    "WaczPage",
    "WarcError",
    "WarcWriter",
    "Written",
    "check",
    "check_wacz",
    "fields_block",
    "index_entry",
    "index_lines",
    "open_archive",
    "read_index",
    "read_records",
    "scan_records",
    "surt",
    "warc_date",
    "write_wacz",
]
