"""The people of the demonstration's office: their posts, their names for documents, and the dockets they are assigned to."""

from __future__ import annotations

import functools
from importlib.resources import files

import msgspec
import yaml

from qingyuan.office.access import change_docket, own_body, register_of
from qingyuan.office.home import Home
from qingyuan.parties import Matter, Owed, Registry, appoint, assign
from qingyuan.shapes import convert
from qingyuan.store import EventDraft

#: Name of the list of names in a home folder, see ``office.paperwork.staff``.
_LIST = "staff.yaml"


class _Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    title: str
    role: str


class _Staff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    people: tuple[_Member, ...]
    handlers: tuple[str, ...]


@functools.cache
def _staff() -> _Staff:
    data = (files("qingyuan.demo") / _LIST).read_bytes()
    return convert(yaml.load(data, Loader=yaml.CSafeLoader), _Staff)


def _appoint(home: Home) -> None:
    """Record the posts of the people of the demonstration and write their names for documents."""
    staff = _staff()
    names = {one.id: {"name": one.name, "title": one.title} for one in staff.people}
    text = yaml.safe_dump(names, allow_unicode=True, sort_keys=True)
    (home.path / _LIST).write_text(text, encoding="utf-8")
    body, since = own_body(home).id, home.clock.now().date()
    with home.database.write() as connection:
        registry = register_of(home, connection)
        owed = [appoint(registry, one.id, body, one.role, since) for one in staff.people]
        home.record(connection, [EventDraft(o.stream, o.type, o.payload) for o in owed], actor="P009")


def assign_staff(home: Home, lead: str) -> None:
    """Assign those who handle the demonstration's dockets to the docket of ``lead``; record all posts before the first one."""
    if not (home.path / _LIST).exists():
        _appoint(home)
    on = home.clock.now().date()
    for person in _staff().handlers:

        def made(registry: Registry, matter: Matter, person: str = person) -> Owed:
            return assign(registry, matter, person, duty="handler", on=on)

        change_docket(home, lead, made, actor="P009")
