"""The register of an office: its lists, open dates, timelines and search, kept with the events and built anew from them."""

from qingyuan.office.register._build import Rebuilt, check, mark, read_docket, rebuild, write_entry
from qingyuan.office.register._entry import shown_name
from qingyuan.office.register._places import office_path
from qingyuan.office.register.lists import (
    Deadline,
    Deadlines,
    TimelinePage,
    cases,
    counts,
    deadlines,
    leads,
    matters,
    search,
    timeline,
    visible,
)

__all__ = [
    "Deadline",
    "Deadlines",
    "Rebuilt",
    "TimelinePage",
    "cases",
    "check",
    "counts",
    "deadlines",
    "leads",
    "mark",
    "matters",
    "office_path",
    "read_docket",
    "rebuild",
    "search",
    "shown_name",
    "timeline",
    "visible",
    "write_entry",
]
