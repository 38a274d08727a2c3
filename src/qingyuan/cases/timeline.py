"""One printable line an event, in both languages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from qingyuan.cases._clock import local_day
from qingyuan.cases._data import Sentence, choices, load_data
from qingyuan.cases.events import CaseEvent, Foreign, Payload, encode, is_ours
from qingyuan.cases.events.act import CaseActed, LeadActed

_FIELD = re.compile(r"\{([a-z_.]+)(?::([a-z-]+))?\}")
_Lang = Literal["zh", "en"]


class Line(msgspec.Struct, frozen=True):
    """One line of a timeline.

    Attributes:
        on: Day of the act; the day of recording where the event names no other.
        recorded: When it was recorded.
        stream: Its stream.
        n: Its number in the stream.
        type: Its type.
        actor: Who recorded it.
        zh: What happened, Chinese.
        en: What happened, English.
    """

    on: date
    recorded: datetime
    stream: str
    n: int
    type: str
    actor: str
    zh: str
    en: str


def timeline(events: Iterable[CaseEvent], *, others: bool = False) -> tuple[Line, ...]:
    """Return the lines of ``events`` in their order.

    Args:
        events: Events of one docket, in the order of the journal.
        others: Also return events of other rooms (sealing, documents); events of this room that this
            version does not know are always returned, by name.
    """
    return tuple(describe(event) for event in events if others or is_ours(event.type))


def describe(event: CaseEvent) -> Line:
    """Return the line of one event."""
    payload = event.payload
    if isinstance(payload, Foreign):
        zh, en = (
            (f"本版本不认识的事件“{event.type}”", f"event unknown to this version: {event.type}")
            if is_ours(event.type)
            else (event.type, event.type)
        )
        return _line(event, local_day(event.at), zh, en)
    body = encode(payload)
    template = _template(event.type, payload)
    on = getattr(payload, "on", None)
    if on is None:
        on = getattr(getattr(payload, "approval", None), "on", None) or local_day(event.at)
    return _line(event, on, _fill(template.zh, body, "zh"), _fill(template.en, body, "en"))


def _line(event: CaseEvent, on: date, zh: str, en: str) -> Line:
    return Line(on, event.at, event.stream, event.n, event.type, event.actor, zh, en)


@functools.cache
def _templates() -> Mapping[str, Sentence]:
    return load_data("timeline.yaml", dict[str, Sentence])


def _template(type_: str, payload: Payload) -> Sentence:
    """Return the sentence of an event; a declared act may have one of its own."""
    known = _templates()
    if not isinstance(payload, (CaseActed, LeadActed)):
        return known[type_]
    if payload.zh and payload.act not in choices()["act"]:
        return Sentence(f"{payload.zh}{{timing}}", f"{payload.en}{{timing}}")
    return known.get(f"{type_}.{payload.act}") or known[type_]


def _fill(template: str, body: Mapping[str, object], lang: _Lang) -> str:
    def word(match: re.Match[str]) -> str:
        name, style = match[1], match[2]
        value = _field(body, name)
        if name == "timing":
            return _timing(value, lang)
        if style == "count":
            return str(len(value) if isinstance(value, Sequence) else 0)
        items = [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value or "—")]
        if style and style != "join":
            items = [_named(style, item, lang) for item in items]
        return ("、" if lang == "zh" else ", ").join(items) or "—"

    return _FIELD.sub(word, template)


def _field(body: Mapping[str, object], name: str) -> object:
    value: object = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _named(list_: str, value: str, lang: _Lang) -> str:
    """Return the label of ``value``; a list that differs by track is looked up under both names."""
    for name in (list_, f"{list_}-administrative", f"{list_}-civil"):
        if (one := choices().get(name, {}).get(value)) is not None:
            return one.zh if lang == "zh" else one.en
    return value


def _timing(value: object, lang: _Lang) -> str:
    hours = value.get("late_hours") if isinstance(value, Mapping) else None
    if isinstance(hours, int) and hours:
        return f"（逾期{hours}小时）" if lang == "zh" else f" ({hours} hours late)"
    late = value.get("late_days") if isinstance(value, Mapping) else None
    if not isinstance(late, int) or late == 0:
        return ""
    return f"（逾期{late}日）" if lang == "zh" else f" ({late} days late)"
