"""Where every word of a filled form comes from: the form itself, an event, or an entry of the law data or of the office's records."""

from __future__ import annotations

import contextlib
import difflib
import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from jinja2 import nodes
from msgspec.structs import replace

from qingyuan.cases import choice_lists
from qingyuan.documents import Document, Form, Run
from qingyuan.documents._template import _environment
from qingyuan.documents.form import FormBlock, laid_out
from qingyuan.errors import QingyuanError
from qingyuan.store import StoredEvent
from tests.office.paperwork.told import document_from

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@functools.cache
def own_words(form: Form) -> re.Pattern[str]:
    """Return what a run without a source may say: the literal pieces of the form's templates."""
    pieces: set[str] = set()
    for block in laid_out(form)[0]:
        for text in _templates(block):
            tree = _environment().parse(text)
            pieces.update(one.data for one in tree.find_all(nodes.TemplateData))
            pieces.update(str(one.value) for one in tree.find_all(nodes.Const))
    pieces.update(line.strip() for piece in [*pieces] for line in piece.split("\n"))
    known = "|".join(re.escape(one) for one in sorted(filter(None, pieces), key=len, reverse=True))
    return re.compile(f"(?:{known}|[—。、])*", re.DOTALL)


def _templates(block: FormBlock) -> Iterator[str]:
    yield block.text or ""
    if block.table:
        yield from (*block.table.columns, *block.table.cells)


def untraced(form: Form, document: Document) -> list[str]:
    """Return the words of a document that come neither from its form nor from anything that is named."""
    own = own_words(form)
    return [
        run.text
        for run in document.runs()
        if run.event is None
        and not (run.blank or run.given or run.origin)
        and not own.fullmatch(run.text.strip())
    ]


def unmoved(form: Form, events: Sequence[StoredEvent], target: str) -> list[tuple[str, int]]:
    """Return the words that stay the same however the event that they name is changed."""
    base = document_from(form, events, target).runs()
    stuck: list[tuple[str, int]] = []
    for at, event in enumerate(events):
        # The place in the log of an event is no word of it.
        waiting = {
            place
            for place, run in enumerate(base)
            if event.index in run.events and run.text != f"#{event.index}"
        }
        for others, named in _worlds(events, at, target):
            if not waiting:
                break
            with contextlib.suppress(QingyuanError, ValueError, KeyError):  # such an event would not be taken
                waiting &= _kept(base, document_from(form, others, named).runs())
        # Of another kind, the fact is no longer there that the form demands.
        waiting = {place for place in waiting if base[place].text not in _demanded(form)}
        stuck += [(base[place].text, event.index) for place in sorted(waiting)]
    return stuck


@functools.cache
def _demanded(form: Form) -> frozenset[str]:
    kinds = [need.fact.removeprefix("proof.") for need in form.requires if need.fact.startswith("proof.")]
    return frozenset(
        choices[kind].zh for choices in choice_lists().values() for kind in kinds if kind in choices
    )


def _kept(base: Sequence[Run], made: Sequence[Run]) -> set[int]:
    """Return the places of ``base`` whose run stands in the other document too."""
    if len(base) == len(made):
        return {place for place, (one, other) in enumerate(zip(base, made, strict=True)) if one == other}
    same = difflib.SequenceMatcher(None, base, made, autojunk=False).get_matching_blocks()
    return {place for block in same for place in range(block.a, block.a + block.size)}


def _worlds(
    events: Sequence[StoredEvent], at: int, target: str
) -> Iterator[tuple[Sequence[StoredEvent], str]]:
    """Yield the journal with one event changed, of another type, under another name, or left out; and the target."""
    for other in _changed(events[at]):
        yield (*events[:at], other, *events[at + 1 :]), target
    yield _without(events, at), target
    kind = {"evidence.extracted": "evidence.generated"}.get(events[at].type, "evidence.stored")
    yield (*events[:at], replace(events[at], type=kind), *events[at + 1 :]), target
    new = f"{target}9"
    yield [replace(one, stream=new) if one.stream == target else one for one in events], new


def _without(events: Sequence[StoredEvent], at: int) -> list[StoredEvent]:
    """Return the journal without an event; without what else is said of a measure that was not entered."""
    measure = events[at].payload.get("measure") if events[at].type == "measure.entered" else None
    kept = [
        one
        for place, one in enumerate(events)
        if place != at and (measure is None or one.payload.get("measure") != measure)
    ]
    numbers: dict[str, itertools.count[int]] = {}
    return [replace(one, n=next(numbers.setdefault(one.stream, itertools.count()))) for one in kept]


def _changed(event: StoredEvent) -> Iterator[StoredEvent]:
    """Yield the event with other words: all that may change at once, then each for itself."""
    earlier = (datetime.fromisoformat(event.at) - timedelta(days=1)).isoformat()
    everything = event.payload
    for path, value in _leaves(event.payload):
        everything = _with(everything, path, next(_others(value)))
    yield replace(event, payload=everything, at=earlier, actor=f"{event.actor}9")
    yield replace(event, at=earlier, actor=f"{event.actor}9")
    for path, value in _leaves(event.payload):
        for other in _others(value):
            yield replace(event, payload=_with(event.payload, path, other))


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not isinstance(value, dict | list):
        yield path, value
        return
    for name, one in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _leaves(one, (*path, name))
    if isinstance(value, dict) and path:
        for name in value:  # a count of one kind is that of another
            yield path, {("email" if one == name else one): each for one, each in value.items()}


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {name: _with(one, path[1:], new) if name == path[0] else one for name, one in value.items()}
    return [_with(one, path[1:], new) if at == path[0] else one for at, one in enumerate(value)]


def _others(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case str() if DAY.match(value):
            yield (date.fromisoformat(value) - timedelta(days=1)).isoformat()
        case str() if MOMENT.match(value):
            yield (datetime.fromisoformat(value) - timedelta(days=1)).isoformat()
        case str():
            yield f"{value}9" if value.isascii() else f"{value}改"
            lists = [choices for choices in choice_lists().values() if value in choices]
            yield from dict.fromkeys(key for choices in lists for key in choices if key != value)
            if value == "agency-reply":
                yield "agency-reply-urgent"
        case _:
            yield value
