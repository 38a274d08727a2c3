"""Acting on leads, matters and cases: load the docket, let the cases room decide, write what it decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from qingyuan.cases import (
    CaseEvent,
    Docket,
    LeadStage,
    Verb,
    decide,
    describe,
    fold,
    is_ours,
    procedure_of,
    read_event,
)
from qingyuan.office._findings import check_findings
from qingyuan.office._verification import VERIFY, check_verification
from qingyuan.office.errors import ConflictError
from qingyuan.office.home import Home
from qingyuan.office.register import read_docket, write_entry
from qingyuan.office.standing import refresh_dockets, refresh_standing
from qingyuan.office.streams import docket_streams as docket_streams  # noqa: PLC0414 - who knows it takes it from here
from qingyuan.store import EventDraft, StoredEvent, events
from qingyuan.store import case_events as case_rows
from qingyuan.store.registry import exhibits, link, next_id, streams, unlink

Argument = str | int | bool | list[str] | Mapping[str, int] | None

#: Prefix of the identifier of each kind of record, and the particular that carries a new one.
_NEW = {"new-lead": "L", "new-matter": "M", "new-case": "C"}


#: Acts after which streams belong together otherwise than before.
_REARRANGING = frozenset({"matter-merge", "matter-split", "matter-part"})


#: The act that may name findings of engines; elsewhere that particular is what a person found, in words.
_CONFIRMING = "confirm-facts"

#: The act whose lead is a docket of its own until it is done.
_JOINING = "matter-join"


class Loaded(msgspec.Struct, frozen=True):
    """A docket with the events it was folded from.

    Attributes:
        docket: The folded state.
        streams: Its streams: the matter, its leads and its cases, or a lead alone.
        events: All their events, in the order of the log.
    """

    docket: Docket
    streams: tuple[str, ...]
    events: tuple[StoredEvent, ...]


def load_docket(connection: sa.Connection, wanted: Sequence[str]) -> Loaded:
    """Fold the events of ``wanted`` streams."""
    stored = events(connection, wanted)
    return Loaded(fold(case_events(stored)), tuple(wanted), tuple(stored))


def case_events(stored: Iterable[StoredEvent]) -> list[CaseEvent]:
    """Return journal events in the form the cases room reads."""
    return [_read(event) for event in stored]


def _read(event: StoredEvent) -> CaseEvent:
    return read_event(event.stream, event.n, event.type, event.at, event.actor, event.payload)


def load(home: Home, identifier: str) -> Loaded:
    """Load the docket that a lead, matter or case belongs to.

    Raises:
        OfficeError: There is no such record.
    """
    with home.database.read() as connection:
        return load_docket(connection, docket_streams(connection, identifier))


def act(
    home: Home,
    verb: str,
    target: str | None,
    args: Mapping[str, Argument],
    *,
    actor: str,
    expected: int | None = None,
) -> list[StoredEvent]:
    """Do one act: decided and written in one transaction, so that two clerks never overwrite each other.

    Args:
        home: The office.
        verb: Name of a verb of the cases room.
        target: A lead, matter or case of the docket; ``None`` only for registering a lead.
        args: The particulars; identifiers of new records are filled in.
        actor: Who acts.
        expected: Index of the newest event of ``target`` that the person had seen (``Record.changed`` of the register,
            :func:`newest` of a docket); an event after it refuses the act. ``None`` acts on whatever is there.

    Raises:
        ConflictError: ``office.conflict``: somebody changed ``target`` meanwhile; says what and who.
        Refused: The act is not possible or something is missing; article and facts are named.
        CasesError: A particular cannot be read.
        OfficeError: There is no such record.
    """
    with home.database.write() as connection:
        return act_within(home, connection, verb, target, args, actor=actor, expected=expected)


def act_within(
    home: Home,
    connection: sa.Connection,
    verb: str,
    target: str | None,
    args: Mapping[str, Argument],
    *,
    actor: str,
    expected: int | None = None,
) -> list[StoredEvent]:
    """Do one act in the caller's write transaction; see :func:`act`."""
    wanted = docket_streams(connection, target) if target else ()
    if verb == _JOINING and isinstance(joined := args.get("lead"), str) and joined.strip():
        wanted = tuple(sorted({*wanted, *docket_streams(connection, joined.strip())}))
    # Folded as they come: a lead of a hundred thousand files has several hundred thousand events.
    docket, reading = read_docket(connection, wanted)
    if target and expected is not None and reading.marks[target][1] > expected:
        raise _conflict(connection, target, expected)
    chosen = procedure_of(home.law).verbs.get(verb)
    given = dict(args)
    if chosen is not None:
        given |= _identifiers(home, connection, chosen, docket, target, given)
        given |= _elsewhere(connection, verb, given)
    drafts = decide(verb, docket, given, law=home.law, now=home.clock.now(), actor=actor)
    if verb == VERIFY and target:
        check_verification(events(connection, (target,)), given)
    named = given.get("findings") if verb == _CONFIRMING else None
    if isinstance(named, str | list | tuple) and named:
        check_findings(home, connection, wanted, [named] if isinstance(named, str) else named)
    if chosen is not None:
        _link(connection, chosen, given)
    stored = home.record(
        connection, [EventDraft(d.stream, d.type, dict(d.payload)) for d in drafts], actor=actor
    )
    if verb in _REARRANGING:
        _rearrange(home, connection, verb, docket, given)
        return stored
    new = [(event.index, _read(event)) for event in stored]
    known = len(reading.behind)
    for index, event in new:
        reading.take(index, event)
    write_entry(home, connection, fold((event for _, event in new), docket), reading, known=known)
    refresh_standing(connection, stored)
    return stored


def newest(loaded: Loaded, stream: str) -> int:
    """Return the index of the newest event of a stream that an act would count as a change."""
    ours = [event.index for event in loaded.events if event.stream == stream and is_ours(event.type)]
    return ours[-1] if ours else next(event.index for event in loaded.events if event.stream == stream)


def _conflict(connection: sa.Connection, target: str, expected: int) -> ConflictError:
    changes = [
        describe(event)
        for index, event in case_rows(connection, [target])
        if index > expected and is_ours(event.type)
    ]
    return ConflictError(target, changes)


def _identifiers(
    home: Home,
    connection: sa.Connection,
    verb: Verb,
    docket: Docket,
    target: str | None,
    given: Mapping[str, Argument],
) -> dict[str, Argument]:
    """Return the identifiers that the person need not type: new ones, and those the target implies."""
    found: dict[str, Argument] = {}
    for param in verb.params:
        if param.name in given:
            continue
        if param.type in _NEW:
            found[param.name] = next_id(connection, _NEW[param.type], home.clock.now().year)
        elif param.type == "lead" and target in docket.leads:
            found[param.name] = target
        elif param.type == "matter" and docket.matter is not None:
            found[param.name] = docket.matter.id
        elif param.type == "case" and target in docket.cases:
            found[param.name] = target
        elif param.type == "leads" and target in docket.leads:
            found[param.name] = [str(target)]
    return found


def _elsewhere(connection: sa.Connection, verb: str, given: Mapping[str, Argument]) -> dict[str, Argument]:
    """Return what an act has to know of a lead or matter of another docket.

    Raises:
        OfficeError: There is no such record.
    """
    if verb == "merge-lead" and isinstance(into := given.get("into"), str) and into.strip():
        name = into.strip()
        lead = read_docket(connection, docket_streams(connection, name))[0].leads.get(name)
        return {"closed": lead is None or lead.stage is LeadStage.MERGED}
    if verb == "matter-merge" and isinstance(other := given.get("other"), str) and other.strip():
        name = other.strip()
        docket = read_docket(connection, docket_streams(connection, name))[0]
        if docket.matter is None or docket.matter.id != name:
            return {"holds_others": True}
        return {
            "leads": list(docket.matter.leads),
            "cases": list(docket.matter.cases),
            "holds_others": bool(docket.merged),
        }
    return {}


def _rearrange(
    home: Home, connection: sa.Connection, verb: str, before: Docket, given: Mapping[str, Argument]
) -> None:
    """Link streams as a merger, its undoing or a parting says, and write the register of the dockets concerned anew."""
    matter, other = str(given["matter"]), str(given.get("other") or given.get("lead"))
    if verb == "matter-merge":
        taken = docket_streams(connection, other)
        for stream in taken:
            link(connection, stream, matter)
        tops = [matter]
    else:
        unlink(connection, other)
        came = before.merged.get(other)
        for stream in (*came.leads, *came.cases) if came else ():
            link(connection, stream, other)
        tops = [matter, other]
    for top in tops:
        docket, reading = read_docket(connection, docket_streams(connection, top))
        write_entry(home, connection, docket, reading)
    refresh_dockets(connection, tops)


def _link(connection: sa.Connection, verb: Verb, given: Mapping[str, Argument]) -> None:
    """Remember which streams a new matter or case joins."""
    matter = given.get("matter")
    if not isinstance(matter, str):
        return
    for param in verb.params:
        value = given.get(param.name)
        if param.type in {"new-case", "lead"} and isinstance(value, str):
            link(connection, value, matter)
        elif param.type == "leads" and isinstance(value, list):
            for lead in value:
                link(connection, lead, matter)


def list_records(home: Home, prefix: str) -> list[Loaded]:
    """Load the docket of every record whose identifier begins with ``prefix``, one each."""
    with home.database.read() as connection:
        return [
            load_docket(connection, docket_streams(connection, identifier))
            for identifier in streams(connection, prefix)
        ]


def exhibit_ids(home: Home, loaded: Loaded) -> list[str]:
    """Return the exhibits of a docket, in the order they were sealed."""
    with home.database.read() as connection:
        return [row.id for row in exhibits(connection, loaded.streams)]
