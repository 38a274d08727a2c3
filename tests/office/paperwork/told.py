"""For every form a docket in which it can be made, told as the case room's stories are."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from qingyuan.cases import Docket, encode, fold, read_event
from qingyuan.cases.events import Foreign
from qingyuan.documents import Document, Form, fill, find_form
from qingyuan.office.paperwork import docket_facts
from qingyuan.office.paperwork.facts import issued_on, subject
from qingyuan.store import StoredEvent
from tests.cases._world import World, law, read_yaml, told

OFFICE = "清州市人民检察院"
HERE = Path(__file__).parent


@functools.cache
def stories() -> dict[str, Any]:
    return dict(read_yaml(HERE / "stories.yaml"))


def target_of(form: str) -> str:
    return str(stories()[form].get("target", "C2026-0001"))


@functools.cache
def _world(form: str) -> World:
    story = stories()[form]
    world = told(story["story"])
    for step in story.get("steps", []):
        world.step(step)
    return world


def world_of(form: str) -> World:
    return _world(form).copy()


def logged(world: World) -> tuple[StoredEvent, ...]:
    """Return the events of a world as the journal would hold them."""
    return tuple(
        StoredEvent(
            index=index,
            stream=event.stream,
            n=event.n,
            type=event.type,
            at=event.at.isoformat(),
            actor=event.actor,
            payload=_told_of(event.type, event.payload.data)
            if isinstance(event.payload, Foreign)
            else encode(event.payload),
            salt=b"",
            leaf=b"",
        )
        for index, event in enumerate(world.events, start=100)
    )


def _told_of(type_: str, data: Mapping[str, object]) -> dict[str, object]:
    """Return what an event says; an exhibit has a path, a size and digests, as those that are sealed have."""
    exhibit = str(data.get("exhibit", ""))
    if type_ != "evidence.extracted" or "path" in data:
        return dict(data)
    digest = hashlib.sha256(exhibit.encode()).hexdigest()
    return {
        **data,
        "path": f"material/{exhibit[-2:]}/面单样本及执法记录.csv",
        "size": 17_583_970 + int(digest[:4], 16),
        "sha256": digest,
        "sm3": digest[::-1],
    }


def last_day(world: World) -> date:
    return world.events[-1].at.date()


def facts_of(form_id: str, world: World) -> dict[str, object]:
    return facts_from(find_form(form_id), logged(world), target_of(form_id), last_day(world))


def facts_from(
    form: Form, events: Sequence[StoredEvent], target: str, today: date, office: str = OFFICE
) -> dict[str, object]:
    about = subject(events, target, form.act.events if form.act else ())
    return docket_facts(
        folded(events),
        events,
        target,
        law=law(),
        office=office,
        today=today,
        form=form.id,
        about=about[-1] if about else None,
    )


def folded(events: Sequence[StoredEvent]) -> Docket:
    """Return the docket that the events of a journal say."""
    return fold(
        read_event(one.stream, one.n, one.type, datetime.fromisoformat(one.at), one.actor, one.payload)
        for one in events
    )


def document_from(form: Form, events: Sequence[StoredEvent], target: str) -> Document:
    """Make a document from the events of a journal, as an office does."""
    about = subject(events, target, form.act.events if form.act else ())
    day = issued_on(form, about[-1] if about else None) or datetime.fromisoformat(events[-1].at).date()
    case = folded(events).cases.get(target)
    office = case.filed.office if case is not None else OFFICE
    facts = facts_from(form, events, target, day, office)
    return fill(form, facts, title=form.name, author=office, issued=day)


def document_of(form_id: str, given: Mapping[str, str] | None = None, world: World | None = None) -> Document:
    told_world = world or world_of(form_id)
    form = find_form(form_id)
    return fill(
        form,
        facts_of(form_id, told_world),
        title=form.name,
        author=OFFICE,
        issued=last_day(told_world),
        given=given,
    )
