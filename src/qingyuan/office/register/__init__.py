"""The register of an office: its lists, open dates, timelines and search, kept with the events and built anew from them."""

from qingyuan.office.register._build import Progress, Rebuilt, check, rebuild, write_entry
from qingyuan.office.register._entry import shown_name
from qingyuan.office.register._kit import forget_office, places_of
from qingyuan.office.register._links import check_links
from qingyuan.office.register._places import office_path
from qingyuan.office.register._reading import read_docket
from qingyuan.office.register._report import row_of
from qingyuan.office.register.lists import (
    Deadline,
    Deadlines,
    TimelinePage,
    cases,
    counts,
    deadlines,
    leads,
    matters,
    ready,
    search,
    timeline,
    visible,
)
from qingyuan.office.register.todo import Todo, Todos, todo

__all__ = [
    "Deadline",
    "Deadlines",
    "Progress",
    "Rebuilt",
    "TimelinePage",
    "Todo",
    "Todos",
    "cases",
    "check",
    "check_links",
    "counts",
    "deadlines",
    "forget_office",
    "leads",
    "matters",
    "office_path",
    "places_of",
    "read_docket",
    "ready",
    "rebuild",
    "row_of",
    "search",
    "shown_name",
    "timeline",
    "todo",
    "visible",
    "write_entry",
]
