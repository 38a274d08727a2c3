"""Personal information: read, find, decide, link, count and mask; nothing in clear leaves the room."""

from qingyuan.pii._decided import Decisions, judge
from qingyuan.pii._finish import Finished, finish
from qingyuan.pii.arrow import scan_batch
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.columns import ColumnType, type_columns
from qingyuan.pii.counting import Reading
from qingyuan.pii.engine import ENGINE, Summary, assemble, merge, scan, scan_part, warm
from qingyuan.pii.errors import PiiError
from qingyuan.pii.hits import write_hits
from qingyuan.pii.mask import masked
from qingyuan.pii.model import ColumnKind, FileScan, KindCount, RecordCounts, Tally
from qingyuan.pii.partial import Outline, Partial, merge_outlines
from qingyuan.pii.persons import Persons
from qingyuan.pii.places import Address, parse_address, parse_addresses
from qingyuan.pii.report import to_findings
from qingyuan.pii.tokens import Tokenizer

__all__ = [
    "ENGINE",
    "Address",
    "Batch",
    "ColumnKind",
    "ColumnType",
    "Decisions",
    "FileScan",
    "Finished",
    "KindCount",
    "Outline",
    "Partial",
    "Persons",
    "PiiError",
    "Reading",
    "RecordCounts",
    "Summary",
    "Tally",
    "Tokenizer",
    "Unread",
    "assemble",
    "finish",
    "judge",
    "masked",
    "merge",
    "merge_outlines",
    "parse_address",
    "parse_addresses",
    "scan",
    "scan_batch",
    "scan_part",
    "to_findings",
    "type_columns",
    "warm",
    "write_hits",
]
