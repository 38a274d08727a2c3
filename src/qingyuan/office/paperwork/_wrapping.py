"""What an event says, as facts that remember the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from qingyuan.cases import choice_lists
from qingyuan.documents import Datum, Fact, Given

#: Rooms whose events a form may name, as ``event.case.filed`` for the newest and ``events.case.filed`` for all.
ROOMS = ("lead", "matter", "case", "measure", "evidence", "document")
#: Type of the event that records the number of a document.
NUMBERED = "document.numbered"
MADE = "document.made"
_ACTED = "case.acted"
_YES, _NO = "是", "否"


class Recorded(Protocol):
    """An event as the journal holds it; :class:`qingyuan.store.StoredEvent` is one."""

    @property
    def index(self) -> int:
        """Leaf index in the log."""

    @property
    def stream(self) -> str:
        """Lead, matter or case."""

    @property
    def type(self) -> str:
        """Event type."""

    @property
    def at(self) -> str:
        """Time of recording, RFC 3339."""

    @property
    def actor(self) -> str:
        """Who acted."""

    @property
    def payload(self) -> dict[str, object]:
        """What it says."""


def wrapped(value: object, index: int) -> object:
    """Return a value of a payload as facts of the event ``index``; lists and objects keep their shape."""
    match value:
        case bool():
            return Fact(_YES if value else _NO, index)
        case int() | str():
            return Fact(str(value), index)
        case Mapping():
            return {str(name).replace("-", "_"): wrapped(one, index) for name, one in value.items()}
        case list() | tuple():
            return [wrapped(one, index) for one in value]
        case _:
            return ""


def said(event: Recorded) -> dict[str, object]:
    """Return what an event says under the names of its payload; the fields of a declared act beside ``on``."""
    payload = dict(event.payload)
    fields = payload.pop("fields", {}) if event.type == _ACTED else {}
    body = wrapped({**payload, **(fields if isinstance(fields, Mapping) else {})}, event.index)
    assert isinstance(body, dict)
    return {
        **body,
        "recorded_at": Fact(event.at, event.index),
        "recorded_on": Fact(event.at[:10], event.index),
        "recorded_by": Fact(event.actor, event.index),
    }


def by_type(events: Iterable[Recorded]) -> dict[str, dict[str, list[dict[str, object]]]]:
    """Return what events say by room and type, in their order."""
    found: dict[str, dict[str, list[dict[str, object]]]] = {room: {} for room in ROOMS}
    for event in events:
        room, _, kind = event.type.partition(".")
        if room in found and event.type != _ACTED:
            found[room].setdefault(kind, []).append(said(event))
    return found


def acts(events: Iterable[Recorded]) -> dict[str, list[dict[str, object]]]:
    """Return what declared acts say by name (``-`` written ``_``), in their order."""
    found: dict[str, list[dict[str, object]]] = {}
    for event in events:
        if event.type == _ACTED:
            found.setdefault(str(event.payload.get("act", "")).replace("-", "_"), []).append(said(event))
    return found


def matching(events: Sequence[Recorded], names: Iterable[str]) -> list[Recorded]:
    """Return the events that a form belongs to: types, or ``act:`` and the name of a declared act."""
    wanted = set(names)
    return [
        event
        for event in events
        if event.type in wanted or (event.type == _ACTED and f"act:{event.payload.get('act', '')}" in wanted)
    ]


def label(list_: object, value: object) -> object:
    """Return the Chinese name of a value of a closed list; its source is kept, and so is a value of no list."""
    lists = choice_lists()
    for name in (str(list_), f"{list_}-administrative", f"{list_}-civil"):
        if (choice := lists.get(name, {}).get(str(value))) is not None:
            if isinstance(value, Fact | Given):
                return replace(value, value=choice.zh)
            return Datum(choice.zh, f"list:{name}")
    return value
