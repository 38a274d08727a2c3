"""An identifier beyond the bound is no contradiction by itself, and hides none: both verifiers, the same package."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from qingyuan.evidence.verify import verify_stream
from tests.evidence.verify_page.making import Matter, small_matter
from tests.evidence.verify_page.mutating import rechained
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.test_agreement import of_page, of_python
from tests.evidence.verify_page.trusting import trust_of

EVENTS = "evidence/events.jsonl"
LONG = "L" * 129
UNSUPPORTED, EVENT = ("unsupported", EVENTS), ("event", EVENTS)


def _moved(matter: Matter) -> None:
    """The first event says another stream, and what follows is left as it was."""
    matter.events[0]["leaf"]["stream"] = LONG


def _renamed(matter: Matter) -> None:
    for event in matter.events:
        event["leaf"]["stream"] += LONG
    rechained(matter)


def _actor(matter: Matter) -> None:
    matter.events[0]["leaf"]["actor"] = LONG
    rechained(matter)


def _actor_and_link(matter: Matter) -> None:
    _actor(matter)
    next(event["leaf"] for event in matter.events if event["leaf"]["prev"])["prev"] = "0" * 64


def _actor_and_commitment(matter: Matter) -> None:
    _actor(matter)
    matter.events[-1]["payload"] = {**matter.events[-1]["payload"], "to": "another"}


def _actor_without_commitment(matter: Matter) -> None:
    _actor(matter)
    matter.events[0]["payload"] = {**matter.events[0]["payload"], "more": "another"}


def _renamed_and_number(matter: Matter) -> None:
    _renamed(matter)
    matter.events[-1]["leaf"]["n"] += 1


@pytest.mark.parametrize(
    ("change", "faulty"),
    [
        (_moved, True),
        (_renamed, False),
        (_renamed_and_number, True),
        (_actor, False),
        (_actor_and_link, True),
        (_actor_and_commitment, True),
        (_actor_without_commitment, True),
    ],
)
def test_a_long_identifier_of_an_event_is_open_and_hides_no_contradiction(
    node: Node, change: Callable[[Matter], None], faulty: bool
) -> None:
    matter = small_matter()
    change(matter)
    package, trust = matter.package(), json.dumps(trust_of()).encode()
    python, page = verify_stream(io.BytesIO(package), trust), node.judge(package, trust)
    assert python.verdict == page["verdict"] == ("fail" if faulty else "undetermined")
    for found in (of_python(python), of_page(page)):
        told = {each for each in found if each[1] is not None}
        assert told == {UNSUPPORTED, *([EVENT] if faulty else [])}
