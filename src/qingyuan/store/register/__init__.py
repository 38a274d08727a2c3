"""The register: rows derived from the events and written with them, for lists, deadlines, timelines and searches."""

from qingyuan.store.register.listing import (
    DuePage,
    Filters,
    Page,
    Sort,
    counts,
    dues,
    lines,
    members,
    named,
    place,
    record,
    records,
    rows_of,
)
from qingyuan.store.register.report import ReportLine, report_lines, report_of
from qingyuan.store.register.rows import NEVER, Due, Entry, Record, clear, put, set_state, state
from qingyuan.store.register.scope import ALL, EVERYWHERE, Scope, prefixes
from qingyuan.store.register.words import find

__all__ = [
    "ALL",
    "EVERYWHERE",
    "NEVER",
    "Due",
    "DuePage",
    "Entry",
    "Filters",
    "Page",
    "Record",
    "ReportLine",
    "Scope",
    "Sort",
    "clear",
    "counts",
    "dues",
    "find",
    "lines",
    "members",
    "named",
    "place",
    "prefixes",
    "put",
    "record",
    "records",
    "report_lines",
    "report_of",
    "rows_of",
    "set_state",
    "state",
]
