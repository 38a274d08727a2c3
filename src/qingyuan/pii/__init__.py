"""Personal information: read, find, decide, link, count and mask; nothing in clear leaves the room."""

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.counting import Reading
from qingyuan.pii.engine import ENGINE, Summary, merge, scan, warm
from qingyuan.pii.errors import PiiError
from qingyuan.pii.hits import write_hits
from qingyuan.pii.mask import masked
from qingyuan.pii.model import ColumnKind, FileScan, KindCount, RecordCounts, Tally
from qingyuan.pii.persons import Persons
from qingyuan.pii.report import to_findings
from qingyuan.pii.tokens import Tokenizer

__all__ = [
    "ENGINE",
    "Batch",
    "ColumnKind",
    "FileScan",
    "KindCount",
    "Persons",
    "PiiError",
    "Reading",
    "RecordCounts",
    "Summary",
    "Tally",
    "Tokenizer",
    "Unread",
    "masked",
    "merge",
    "scan",
    "to_findings",
    "warm",
    "write_hits",
]
