"""Particulars that are known already: from the lead, the case, the law, the office and the documents made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.office.casework import Argument, Loaded
from qingyuan.office.home import Home
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

if TYPE_CHECKING:
    from qingyuan.cases import Case, Hearing, Lead, Verb

_ANY = "*"
_DOCUMENT = "document:"
_VALUE = "value:"
_ACT = "act:"
_DIGEST = re.compile(r"^SHA-256 [0-9a-f]{64}\b", re.MULTILINE)


class _Asked(msgspec.Struct, frozen=True):
    """What a place is asked about."""

    home: Home
    loaded: Loaded
    identifier: str
    actor: str
    approvers: Sequence[str]

    @property
    def lead(self) -> Lead | None:
        """The lead, or the first of the matter."""
        leads = self.loaded.docket.leads
        return leads.get(self.identifier) or next(iter(leads.values()), None)

    @property
    def case(self) -> Case | None:
        """The case, when the record is one."""
        return self.loaded.docket.cases.get(self.identifier)


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``given.yaml``."""

    acts: dict[str, dict[str, list[str]]]
    bases: dict[str, str]


@cache
def _given() -> _Given:
    read = load_yaml(Path(__file__).with_name("given.yaml").read_bytes())
    given = convert({"bases": read.pop("bases"), "acts": read}, _Given)
    for act, particulars in given.acts.items():
        for name, places in particulars.items():
            for place in places:
                if place not in PLACES and not place.startswith((_ACT, _DOCUMENT, _VALUE)):
                    message = f"given.yaml: {act}.{name}: unknown place {place!r}; known: {sorted(PLACES)}"
                    raise ValueError(message)
    return given


def suggested(
    home: Home, loaded: Loaded, identifier: str, verb: Verb, *, actor: str, approvers: Sequence[str] = ()
) -> dict[str, Argument]:
    """Return the particulars of ``verb`` on ``identifier`` that are known already; a person confirms each.

    Args:
        home: The office.
        loaded: The docket of the record.
        identifier: A lead, matter or case of it.
        verb: The act.
        actor: Who asks.
        approvers: Who approves in this office; filled in when there is one alone.
    """
    asked = _Asked(home, loaded, identifier, actor, approvers)
    acts = _given().acts
    wanted = {**acts.get(_ANY, {}), **acts.get(verb.name, {})}
    found: dict[str, Argument] = {}
    for param in verb.params:
        for place in wanted.get(param.name, ()):
            value = _look(asked, place)
            if value:
                found[param.name] = value
                break
    return found


def implied(home: Home, verb: Verb, given: Mapping[str, Argument]) -> dict[str, Argument]:
    """Return ``given`` with what follows from it: the regulator whose duties alone were chosen."""
    filled = dict(given)
    names = given.get("duties")
    if any(param.name == "regulator" for param in verb.params) and not given.get("regulator") and names:
        chosen = set(names) if isinstance(names, list | tuple) else {names}
        regulators = {duty.regulator for duty in home.law.duties() if duty.id in chosen}
        if len(regulators) == 1:
            filled["regulator"] = regulators.pop()
    return filled


def _look(asked: _Asked, place: str) -> Argument:
    if place.startswith(_DOCUMENT):
        return _document(asked, place.removeprefix(_DOCUMENT))
    if place.startswith(_VALUE):
        return place.removeprefix(_VALUE)
    if place.startswith(_ACT):
        return _acted(asked, *place.removeprefix(_ACT).split("/"))
    return PLACES[place](asked)


def _document(asked: _Asked, form: str) -> str:
    for event in reversed(asked.loaded.events):
        if (
            event.type == "document.made"
            and event.stream == asked.identifier
            and event.payload.get("form") == form
        ):
            return str(event.payload["pdf"])
    return ""


def _acted(asked: _Asked, act: str, field: str) -> Argument:
    """Return a particular of the newest act of that name on the case, ``on`` for its day."""
    done = asked.case.acted(act) if asked.case else ()
    if not done:
        return ""
    value = done[-1].on.isoformat() if field == "on" else done[-1].fields.get(field, "")
    return list(value) if isinstance(value, tuple) else value


def _told(asked: _Asked) -> str:
    """Return what the lead says; a clue of the public says it in sealed files and gives only their digests."""
    text = asked.lead.registered.summary if asked.lead else ""
    return "" if _DIGEST.search(text) else text


def _duties(asked: _Asked) -> str:
    matter, case = asked.loaded.docket.matter, asked.case
    if matter is None or case is None:
        return ""
    known = {duty.id: duty for duty in asked.home.law.duties(matter.field)}
    return "；".join(known[name].act_zh for name in case.duties if name in known)


def _basis(asked: _Asked) -> str:
    matter = asked.loaded.docket.matter
    field = matter.field if matter else asked.lead.registered.field if asked.lead else ""
    return _given().bases.get(field, "")


def _meeting(asked: _Asked) -> Hearing | None:
    """Return the hearing that was announced and is not held yet."""
    from qingyuan.cases import hearings  # noqa: PLC0415 - heavy

    found = hearings(asked.loaded.docket, asked.identifier) if asked.case else ()
    return next((one for one in reversed(found) if not one.held), None)


def _officers(asked: _Asked) -> str:
    meeting = _meeting(asked)
    return str(len(meeting.officers)) if meeting and meeting.officers else ""


def _silent(asked: _Asked) -> str:
    """Return the first officer named who has not spoken."""
    meeting = _meeting(asked)
    return next((one.officer for one in meeting.officers if not one.position), "") if meeting else ""


def _opinion(asked: _Asked) -> str:
    """Return what the officers hold together, once each of them has spoken."""
    meeting = _meeting(asked)
    if meeting is None or not meeting.officers or any(not one.position for one in meeting.officers):
        return ""
    total, favour = len(meeting.officers), meeting.positions.get("agree", 0)
    against = meeting.positions.get("against", 0)
    if favour == total:
        return "unanimous-for"
    return "majority-for" if favour * 2 > total else "against" if against * 2 > total else "divided"


def _counts(asked: _Asked) -> str:
    """Return what was counted in the material of the leads, in words; ``""`` when nothing was."""
    counts = [lead.registered.counts for lead in asked.loaded.docket.leads.values()]
    said = [f"涉及 {persons:,} 人"] if (persons := sum(one.persons or 0 for one in counts)) else []
    for name, what in (("sensitive", "敏感"), ("important", "重要"), ("general", "一般")):
        if number := sum(getattr(one, name) for one in counts):
            said.append(f"{what}个人信息 {number:,} 条")
    return "，".join(said)


#: Where a particular can be looked for.
PLACES: Mapping[str, Callable[[_Asked], Argument]] = {
    "actor": lambda asked: [asked.actor],
    "approver": lambda asked: asked.approvers[0] if len(asked.approvers) == 1 else "",
    "case.harm": lambda asked: asked.case.filed.harm if asked.case else "",
    "leads.counts": _counts,
    "case.respondents": lambda asked: "、".join(asked.case.respondents) if asked.case else "",
    "case.violation": lambda asked: asked.case.filed.violation if asked.case else "",
    "duties.acts": _duties,
    "exhibits.only": lambda asked: (
        list(asked.loaded.docket.exhibits) if len(asked.loaded.docket.exhibits) == 1 else []
    ),
    "field.basis": _basis,
    "hearing.officers": _officers,
    "hearing.opinion": _opinion,
    "hearing.silent": _silent,
    "lead.field": lambda asked: asked.lead.registered.field if asked.lead else "",
    "lead.summary": _told,
    "lead.title": lambda asked: asked.lead.registered.title if asked.lead else "",
    "office": lambda asked: asked.home.settings.office.name,
}
