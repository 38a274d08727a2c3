"""The register of an office: its lists, open dates, timelines and search, kept with the events and built anew from them."""

from qingyuan.office.register._build import Rebuilt, check, mark, read_docket, rebuild, write_entry
from qingyuan.office.register._entry import shown_name
from qingyuan.office.register._kit import places_of
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
from qingyuan.office.register.todo import Todo, Todos, todo

__all__ = [
    "Deadline",
    "Deadlines",
    "Rebuilt",
    "TimelinePage",
    "Todo",
    "Todos",
    "cases",
    "check",
    "counts",
    "deadlines",
    "leads",
    "mark",
    "matters",
    "office_path",
    "places_of",
    "read_docket",
    "rebuild",
    "search",
    "shown_name",
    "timeline",
    "todo",
    "visible",
    "write_entry",
]
