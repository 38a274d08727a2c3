"""What a guard or an act sees: the docket, the record acted on, the particulars, the law and the day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime

from qingyuan.cases._arguments import Arguments
from qingyuan.cases._data import TrackName, Verb, label
from qingyuan.cases._procedure import Procedure, procedure_of
from qingyuan.cases.state import Case, Docket, Lead, Measure
from qingyuan.law import Law


@dataclasses.dataclass(frozen=True)
class Context:
    """One act under consideration.

    Attributes:
        verb: The verb.
        docket: The docket before the act.
        law: The law room.
        today: Day of recording.
        now: Moment of recording.
        actor: Who acts.
        args: The particulars; empty when only availability is asked.
        lead: The lead acted on, for scope ``lead``.
        case: The case acted on, for scopes ``case`` and ``measure``.
        measure: The measure acted on, for scope ``measure``.
    """

    verb: Verb
    docket: Docket
    law: Law
    today: date
    actor: str
    args: Arguments
    now: datetime
    lead: Lead | None = None
    case: Case | None = None
    measure: Measure | None = None

    @property
    def procedure(self) -> Procedure:
        """Return the procedure of the site."""
        return procedure_of(self.law)

    @property
    def track(self) -> TrackName | None:
        """Return the track of the case, or the one asked for when a case is being filed."""
        if self.case is not None:
            return self.case.track
        named = self.args.text("track")
        return "administrative" if named == "administrative" else "civil" if named == "civil" else None

    @property
    def record(self) -> Case | Lead:
        """Return the case or the lead acted on; scopes other than ``new`` and ``matter`` guarantee one."""
        return self.the_case if self.case is not None else self.the_lead

    @property
    def the_case(self) -> Case:
        """Return the case; scope ``case`` and ``measure`` guarantee it."""
        assert self.case is not None
        return self.case

    @property
    def the_measure(self) -> Measure:
        """Return the measure; scope ``measure`` guarantees it."""
        assert self.measure is not None
        return self.measure

    @property
    def the_lead(self) -> Lead:
        """Return the lead; scope ``lead`` guarantees it."""
        assert self.lead is not None
        return self.lead


@dataclasses.dataclass(frozen=True)
class Lack:
    """Something missing.

    Attributes:
        name: Name of the sentence in ``facts.yaml``.
        words: What fills its braces.
        rule: Rule to cite instead of the sentence's own; may be empty.
        about: Name of the particular concerned; may be empty.
    """

    name: str
    words: dict[str, str] = dataclasses.field(default_factory=dict)
    rule: str = ""
    about: str = ""


Lacks = Iterator[Lack]


def named(prefix: str, list_: str, value: str) -> dict[str, str]:
    """Return the words ``{prefix}_zh`` and ``{prefix}_en`` for ``value`` of the closed list ``list_``."""
    one = label(list_, value)
    return {f"{prefix}_zh": one.zh, f"{prefix}_en": one.en}
