"""Decisions on the whole of a table or file, by evidence, and what follows for every part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from qingyuan.pii._columns import REMARK, Stream
from qingyuan.pii._groups import EXAMPLES, Group
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._tables import OWN_LABEL
from qingyuan.pii.decide import Decision, Evidence, Profile, decide
from qingyuan.pii.model import ColumnKind, KindCount, Tally
from qingyuan.pii.partial import Outline, profiled

STATES = ("confirmed", "suspected", "rejected")
DROPPED = 3
#: A column is reported as holding a kind from this share of its filled cells.
_COLUMN_SHARE = 0.1

_Key = tuple[str | None, str, int, int, int]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided on the whole; small, can be pickled, and applies to every part.

    Attributes:
        outline: What was decided on; its profiles are complete.
        decided: One decision a group of the outline.
        slots: For each group, the number of its tally, -1 for none.
        orders: For each tally: number of a stream of its member, kind, whether masked, state.
    """

    outline: Outline
    decided: tuple[Decision | None, ...]
    slots: tuple[int, ...]
    orders: tuple[tuple[int, int, bool, int], ...]

    def lookup(self, part: Outline) -> list[int]:
        """Return the number in the whole of each group of a part."""
        numbers = {
            _key(group, self.outline.streams): number for number, group in enumerate(self.outline.groups)
        }
        return [numbers[_key(group, part.streams)] for group in part.groups]

    def stream(self, part: Stream) -> Stream:
        """Return the whole stream that a part's stream belongs to."""
        return next(s for s in self.outline.streams if (s.member, s.table) == (part.member, part.table))


def _key(group: Group, streams: Sequence[Stream]) -> _Key:
    """Return what tells a group from others, whatever the numbers of the streams."""
    stream = streams[group.stream]
    return stream.member, stream.table, group.column, group.kind, group.flags


def judge(outline: Outline) -> Decisions:
    """Decide on every group of candidates alike, by the evidence of the whole."""
    streams = profiled(outline)
    _add_whole_counts(outline.groups, streams)
    decided = tuple(_decide(group, streams[group.stream]) for group in outline.groups)
    orders, slots = _tally_slots(outline.groups, decided, streams)
    whole = Outline(streams, outline.groups, {}, outline.unread, outline.bytes, outline.cells)
    return Decisions(whole, decided, tuple(slots), tuple(orders))


def _profile(group: Group, stream: Stream) -> Profile:
    """Return the profile of the group's column, an empty one if it has none."""
    return stream.profiles[group.column] if group.column >= 0 and not stream.prose else Profile()


def _add_whole_counts(groups: Sequence[Group], streams: Sequence[Stream]) -> None:
    """Count, per column and kind, the cells wholly taken by candidates that pass their own checks."""
    for group in groups:
        checked = group.flags & f.CHECKED or group.kind not in (f.RESIDENT_ID, f.BANK_CARD)
        if group.flags & f.WHOLE and (group.flags & f.MASKED or checked) and not group.flags & f.FITS:
            whole = _profile(group, streams[group.stream]).whole
            whole[group.kind] = whole.get(group.kind, 0) + group.count


def _decide(group: Group, stream: Stream) -> Decision | None:
    """Decide one group."""
    return decide(Evidence(group.kind, group.flags, stream.prose, _profile(group, stream)))


def _tally_slots(
    groups: Sequence[Group], decided: Sequence[Decision | None], streams: Sequence[Stream]
) -> tuple[list[tuple[int, int, bool, int]], list[int]]:
    """Return the tallies in order, and for each group the number of its tally."""
    places: list[tuple[int, int, bool, int] | None] = []
    firsts: dict[str | None, int] = {}
    for group, decision in zip(groups, decided, strict=True):
        if decision is None or decision.state == "rejected":
            places.append(None)
            continue
        member = firsts.setdefault(streams[group.stream].member, group.stream)
        places.append((member, decision.kind, bool(group.flags & f.MASKED), STATES.index(decision.state)))
    orders = sorted({place for place in places if place is not None})
    numbers = {place: number for number, place in enumerate(orders)}
    return orders, [-1 if place is None else numbers[place] for place in places]


def kind_counts(decisions: Decisions) -> dict[str, KindCount]:
    """Return the counts by kind in the order of the codes."""
    out: dict[int, KindCount] = {}
    for group, decision in zip(decisions.outline.groups, decisions.decided, strict=True):
        if decision is None or decision.state == "rejected":
            continue
        if group.flags & f.MASKED:
            count = KindCount(masked=group.count)
        elif decision.state == "confirmed":
            count = KindCount(confirmed=group.count)
        else:
            count = KindCount(suspected=group.count)
        known = out.get(decision.kind)
        out[decision.kind] = count if known is None else known + count
    return {f.KINDS[code]: out[code] for code in sorted(out) if out[code] != KindCount()}


def column_kinds(name: str, decisions: Decisions) -> tuple[ColumnKind, ...]:
    """Return the columns that hold a kind, with the share of their filled cells."""
    counts: dict[tuple[int, int, int], int] = {}
    for group, decision in zip(decisions.outline.groups, decisions.decided, strict=True):
        if decision is not None and decision.state != "rejected" and group.column >= 0:
            place = (group.stream, group.column, decision.kind)
            counts[place] = counts.get(place, 0) + group.count
    out = []
    for (number, column, kind), count in sorted(counts.items()):
        stream = decisions.outline.streams[number]
        filled = stream.profiles[column].filled
        score = min(1.0, count / filled) if filled else 0.0
        if score >= _COLUMN_SHARE and not stream.prose:
            label = stream.columns[column] or f"#{column + 1}"
            held = f.KINDS[kind]
            named = stream.headers[column].label == OWN_LABEL[held]
            basis: Literal["name", "values", "hits"] = "hits"
            if named:
                basis = "values" if stream.typed(column) else "name"
            out.append(ColumnKind(name, stream.member, stream.table, label, held, round(score, 4), basis))
    return tuple(out)


def tallies(decisions: Decisions, distinct: Sequence[int]) -> tuple[Tally, ...]:
    """Return the groups of hits for findings, by member, kind, form and state.

    Args:
        decisions: The decisions.
        distinct: Number of different values of each tally.
    """
    grouped: list[list[Group]] = [[] for _ in decisions.orders]
    for group, slot in zip(decisions.outline.groups, decisions.slots, strict=True):
        if slot >= 0:
            grouped[slot].append(group)
    out = []
    for number, (stream, kind, hidden, state) in enumerate(decisions.orders):
        examples = sorted((e for g in grouped[number] for e in g.examples), key=lambda e: e[0])
        out.append(
            Tally(
                member=decisions.outline.streams[stream].member,
                kind=f.KINDS[kind],
                state="confirmed" if state == 0 else "suspected",
                masked=hidden,
                count=sum(g.count for g in grouped[number]),
                distinct=None if hidden else distinct[number],
                examples=tuple(e for _, e in examples[:EXAMPLES]),
            )
        )
    return tuple(out)


def owners_and_roles(groups: Sequence[Group], streams: Sequence[Stream]) -> tuple[list[int], list[int]]:
    """Return, for each group, the role whose person the values are about and that of its column, 0 for none.

    Remarks are a role of their own.
    """
    roles = [stream.roles() for stream in streams]
    people = [roles[g.stream][g.column] if g.column >= 0 else 0 for g in groups]
    owners = [
        REMARK if g.column >= 0 and streams[g.stream].headers[g.column].label == f.LABEL_TEXT else role
        for g, role in zip(groups, people, strict=True)
    ]
    return owners, people


def states_of(decided: Sequence[Decision | None]) -> npt.NDArray[np.uint8]:
    """Return the number of each decision's state, :data:`DROPPED` for none."""
    return np.array([DROPPED if d is None else STATES.index(d.state) for d in decided], dtype=np.uint8)
