"""For every form a docket in which it can be made, told as the case room's stories are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from qingyuan.cases import encode
from qingyuan.cases.events import Foreign
from qingyuan.documents import Document, fill, find_form
from qingyuan.office.paperwork import docket_facts
from qingyuan.office.paperwork.facts import subject
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
            payload=dict(event.payload.data) if isinstance(event.payload, Foreign) else encode(event.payload),
            salt=b"",
            leaf=b"",
        )
        for index, event in enumerate(world.events, start=100)
    )


def last_day(world: World) -> date:
    return world.events[-1].at.date()


def facts_of(form_id: str, world: World) -> dict[str, object]:
    form = find_form(form_id)
    events = logged(world)
    target = target_of(form_id)
    about = subject(events, target, form.act.events if form.act else ())
    return docket_facts(
        world.docket,
        events,
        target,
        law=law(),
        office=OFFICE,
        today=last_day(world),
        form=form_id,
        about=about[-1] if about else None,
    )


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
