"""The hearing: its officers one by one, what each holds and why, the majority, and whether the decision departs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import msgspec

from qingyuan.cases._data import label
from qingyuan.cases.errors import no_case
from qingyuan.cases.events import Approval
from qingyuan.cases.events.act import CaseActed
from qingyuan.cases.events.review import HearingHeld
from qingyuan.cases.state import Case, Docket

#: What the officers held together where it was not recorded one by one; ``divided`` has no majority.
_STATED = {"unanimous-for": "agree", "majority-for": "agree", "against": "against"}


class OfficerOpinion(msgspec.Struct, frozen=True):
    """One hearing officer.

    Attributes:
        officer: Seat or number, never a name.
        standing: As what the officer was asked, e.g. people's supervisor.
        position: Choice ``hearing-view``; ``""`` while nothing is recorded.
        zh: Its Chinese name, or ``""``.
        en: Its English name, or ``""``.
        reason: Why, in the officer's substance.
    """

    officer: str
    standing: str
    position: str = ""
    zh: str = ""
    en: str = ""
    reason: str = ""


class Hearing(msgspec.Struct, frozen=True):
    """One hearing of a case, announced or held.

    Attributes:
        on: Its day.
        held: Whether it was held.
        officers: The officers as named, in order; then whoever else spoke as one.
        number: How many officers the record of the meeting counts; 0 before it.
        positions: How many hold what.
        majority: The position that more than half of those who spoke hold; of the stated opinion where nobody is recorded
            one by one; ``""`` for none.
        stated: Opinion as the record of the meeting states it (choice ``hearing-opinion``), or ``""``.
        agrees: Whether the officers one by one bear the stated opinion out; ``None`` while that cannot be told.
        adopted: What became of the opinion (choice ``adoption``); ``""`` while it is not said.
        reason: Why.
        departs: Whether the decision departs from a majority.
        consent: The chief procurator's consent to that.
    """

    on: date
    held: bool
    officers: tuple[OfficerOpinion, ...]
    number: int
    positions: Mapping[str, int]
    majority: str
    stated: str
    agrees: bool | None
    adopted: str = ""
    reason: str = ""
    departs: bool = False
    consent: Approval | None = None


def next_hearing(case: Case) -> date | None:
    """Return the day of the hearing that the newest notice is about, or ``None`` before any notice."""
    return max(_days(case), default=(-1, None))[1]


def _days(case: Case) -> list[tuple[int, date]]:
    """Return for each notice its place among the acts and the day of its hearing.

    That is the first hearing held since the notice, or while there is none the day that the newest notice names: a hearing that
    was put off keeps its officers.
    """
    noticed = [(place, one) for place, one in enumerate(case.acts) if one.act == "hearing-notice"]
    newest = date.fromisoformat(str(noticed[-1][1].fields["held_on"])) if noticed else date.max
    held = sorted(one.on for one in case.hearings)
    return [(place, next((day for day in held if day >= one.on), newest)) for place, one in noticed]


def officers_of(case: Case, held: date | None) -> dict[str, CaseActed]:
    """Return the naming of each officer of the hearing of a day, by officer."""
    return _by_officer(case, "hearing-officer", held)


def positions_of(case: Case, held: date | None) -> dict[str, CaseActed]:
    """Return the opinion of each officer of the hearing of a day who spoke, by officer."""
    return _by_officer(case, "hearing-officer-opinion", held)


def _by_officer(case: Case, act: str, held: date | None) -> dict[str, CaseActed]:
    days = _days(case)
    return {
        str(one.fields["speaker"]): one
        for place, one in enumerate(case.acts)
        if one.act == act and max((day for day in days if day[0] < place), default=(-1, None))[1] == held
    }


def majority_of(case: Case, hearing: HearingHeld) -> str:
    """Return the position that more than half of the officers who spoke hold, or ``""``."""
    spoken = Counter(str(one.fields["view"]) for one in positions_of(case, hearing.on).values())
    if not spoken:
        return _STATED.get(hearing.opinion, "")
    position, most = spoken.most_common(1)[0]
    return position if most * 2 > spoken.total() and position != "abstain" else ""


def hearings(docket: Docket, case: str) -> tuple[Hearing, ...]:
    """Return every hearing of a case, announced or held, by day.

    Raises:
        CasesError: There is no such case in the docket.
    """
    found = docket.cases.get(case)
    if found is None:
        raise no_case(docket.cases, case)
    held = {one.on: one for one in found.hearings}
    days = {day for _, day in _days(found)} | held.keys()
    return tuple(_hearing(found, day, held.get(day)) for day in sorted(days))


def _hearing(case: Case, day: date, meeting: HearingHeld | None) -> Hearing:
    spoken = positions_of(case, day)
    named = officers_of(case, day)
    officers = []
    for officer in dict.fromkeys((*named, *spoken)):
        one, said = named.get(officer), spoken.get(officer)
        position = str(said.fields["view"]) if said else ""
        name = label("hearing-view", position)
        officers.append(
            OfficerOpinion(
                officer,
                str(one.fields.get("standing", "")) if one else "",
                position,
                name.zh,
                name.en,
                str(said.fields.get("text", "")) if said else "",
            )
        )
    counted = Counter(one.position for one in officers if one.position)
    majority = majority_of(case, meeting) if meeting else ""
    shown = Hearing(
        on=day,
        held=meeting is not None,
        officers=tuple(officers),
        number=meeting.officers if meeting else 0,
        positions=dict(counted),
        majority=majority,
        stated=meeting.opinion if meeting else "",
        agrees=_agrees(meeting, counted) if meeting else None,
    )
    return _answered(case, shown) if meeting and meeting is case.hearings[-1] else shown


def _agrees(meeting: HearingHeld, counted: Counter[str]) -> bool | None:
    """Tell whether the stated opinion is what the officers said one by one, once all of them are recorded."""
    if counted.total() < meeting.officers:
        return None
    favour, against, total = counted["agree"], counted["against"], counted.total()
    return {
        "unanimous-for": favour == total,
        "majority-for": favour * 2 > total,
        "against": against * 2 > total,
        "divided": favour * 2 <= total and against * 2 <= total,
    }[meeting.opinion]


def _answered(case: Case, shown: Hearing) -> Hearing:
    """Add what became of the newest hearing, where it is said."""
    answers = [one for one in case.acted("hearing-answer") if one.on >= shown.on]
    if not answers:
        return shown
    adopted = str(answers[-1].fields["adopted"])
    return msgspec.structs.replace(
        shown,
        adopted=adopted,
        reason=str(answers[-1].fields.get("reason", "")),
        departs=bool(shown.majority) and adopted != "adopted",
        consent=answers[-1].approval,
    )
