"""What a case has of hearings (听证) and of courts, gathered for the pages of the portal and of the workbench."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from qingyuan.cases import Case
from qingyuan.cases.events.act import CaseActed
from qingyuan.cases.events.review import HearingHeld
from qingyuan.office.casework import Loaded
from qingyuan.store import StoredEvent

#: The acts of those who take part.
VOICES = ("hearing-statement", "hearing-officer-opinion")
#: What a court says to a package, and what is said back.
ANSWERS = ("package-received", "package-corrections", "corrections-answered", "package-accepted")


class Said(msgspec.Struct, frozen=True):
    """One act as a page shows it.

    Attributes:
        act: Its name.
        on: Its day.
        actor: Who recorded it.
        index: Its entry of the log.
        fields: Its particulars.
    """

    act: str
    on: date
    actor: str
    index: int
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a particular, or ``""``."""
        return str(self.fields.get(name, ""))

    def papers(self) -> list[str]:
        """Return the exhibits."""
        found = self.fields.get("exhibits", ())
        return [str(one) for one in found] if isinstance(found, list | tuple) else []


class Hearing(msgspec.Struct, frozen=True):
    """The hearings of a case.

    Attributes:
        notice: The newest notice, or ``None``.
        awaited: Whether one was announced that was not held yet.
        question: What is to be heard, as it was last put.
        materials: Exhibits that those invited may read, in the order of their release.
        said: Statements and opinions, in their order.
        held: Hearings held.
        answer: What became of the opinion, or ``None``.
    """

    notice: CaseActed | None
    awaited: bool
    question: str
    materials: tuple[str, ...]
    said: tuple[Said, ...]
    held: tuple[HearingHeld, ...]
    answer: CaseActed | None

    @property
    def any(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.notice or self.held)


class Filing(msgspec.Struct, frozen=True):
    """A package that was handed over, and what the court said.

    Attributes:
        package: Its number.
        to: For whom it was made.
        at: When.
        manifest: SHA-256 of its manifest.
        answers: What was said about it, in order.
        case: The case on which the last answer was recorded, or ``""``.
    """

    package: str
    to: str
    at: str
    manifest: str
    answers: tuple[Said, ...]
    case: str = ""

    @property
    def state(self) -> str:
        """Name of the newest answer, ``""`` before there is one."""
        return self.answers[-1].act if self.answers else ""


def hearing_of(case: Case, loaded: Loaded) -> Hearing:
    """Return the hearings of a case."""
    notices, released = case.acted("hearing-notice"), case.acted("hearing-materials")
    papers = (_strings(one.fields.get("exhibits")) for one in released)
    answers = case.acted("hearing-answer")
    return Hearing(
        notices[-1] if notices else None,
        len(notices) > len(case.hearings),
        str(released[-1].fields.get("question", "")) if released else "",
        tuple(dict.fromkeys(one for paper in papers for one in paper)),
        tuple(_said(one) for one in loaded.events if one.stream == case.id and _act(one) in VOICES),
        case.hearings,
        answers[-1] if answers else None,
    )


def filings_of(loaded: Loaded) -> list[Filing]:
    """Return the packages of a docket with what courts said to each, the newest first."""
    said: dict[str, list[tuple[str, Said]]] = {}
    for event in loaded.events:
        if _act(event) in ANSWERS:
            one = _said(event)
            said.setdefault(one.text("package"), []).append((event.stream, one))
    made = [one for one in loaded.events if one.type == "evidence.transferred"]
    found = []
    for event in reversed(made):
        package = str(event.payload["package"])
        known = said.get(package, [])
        found.append(
            Filing(
                package,
                str(event.payload["to"]),
                event.at,
                str(event.payload["manifest_sha256"]),
                tuple(one for _, one in known),
                known[-1][0] if known else "",
            )
        )
    return found


def _act(event: StoredEvent) -> str:
    return str(event.payload.get("act", "")) if event.type == "case.acted" else ""


def _said(event: StoredEvent) -> Said:
    fields = event.payload.get("fields")
    return Said(
        _act(event),
        date.fromisoformat(str(event.payload["on"])),
        event.actor,
        event.index,
        fields if isinstance(fields, Mapping) else {},
    )


def _strings(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, Iterable) and not isinstance(value, str) else []
