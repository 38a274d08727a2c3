"""The next step of each record of a docket, along the usual way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from qingyuan.cases import VERBS, Docket, Offer, Param, Verb
from qingyuan.office.offers import asked
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

_UNFILED = "unfiled"


class Step(msgspec.Struct, frozen=True):
    """An act that usually comes next.

    Attributes:
        verb: The act.
        target: The record that it is done on.
        ready: Whether nothing has to be said, so that it can be done at once.
    """

    verb: Verb
    target: str
    ready: bool = False


@cache
def _ways() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = Path(__file__).with_name("way.yaml").read_bytes()
    ways = convert(load_yaml(text), dict[str, dict[str, list[str]]])
    for way, stages in ways.items():
        for stage, names in stages.items():
            for name in names:
                if name not in VERBS:
                    message = f"way.yaml: {way}.{stage}: no act is called {name!r}; see cases/data"
                    raise ValueError(message)
    return ways


def next_steps(docket: Docket, offers: Sequence[Offer]) -> list[Step]:
    """Return the step that usually comes next for each record of ``docket``, as far as ``offers`` allow it.

    Args:
        docket: The leads, or the matter with its cases.
        offers: What the engine says of every act now (:func:`qingyuan.office.offers.offers` with ``everything``).
    """
    possible = {(one.verb.name, one.target): one.verb for one in offers if one.refused is None}
    found = []
    for identifier, names in _records(docket):
        for name in names:
            target = "" if VERBS[name].scope == "new" else identifier
            if verb := possible.get((name, target)):
                found.append(Step(verb, identifier, not any(_must(param) for param in asked(verb))))
                break
    return found


def _must(param: Param) -> bool:
    return param.required or param.type == "date"


def _records(docket: Docket) -> Iterator[tuple[str, Sequence[str]]]:
    ways = _ways()
    if docket.matter is None:
        for lead in docket.leads.values():
            yield lead.id, ways["lead"].get(lead.stage, ())
        return
    if not docket.cases:
        yield docket.matter.id, ways["matter"][_UNFILED]
    for case in docket.cases.values():
        yield case.id, ways[case.track].get(case.stage, ())
