"""Candidates of a table: what one look at each cell settles, and what the other passes find in the cells left."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qingyuan.pii._candidates import (
    Candidates,
    Room,
    both,
    evidence_of_shapes,
    find,
    first_of,
    kept_room,
    shapes_of,
)
from qingyuan.pii._kept import kept
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel import settle as k
from qingyuan.pii._kernel._blocks import BLOCK
from qingyuan.pii._kernel.alike import number_alike
from qingyuan.pii._kernel.forms import KIND, LONGEST, NEEDS, SKIP, STANDS, START, TEXT, Scopes
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Longs
from qingyuan.pii.grammar import Grammar, grammar

_Mask = npt.NDArray[np.bool_]
_DIGITS = np.arange(48, 58)
#: Bytes read behind a cell.
_BEHIND = BLOCK + 2
#: Labels of columns whose masked numbers are read by their column.
_NUMBERED = np.array((f.LABEL_ID, f.LABEL_MOBILE, f.LABEL_CARD, f.LABEL_LANDLINE))


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for in the columns of a table: arrays of ``columns + 1`` elements, the last for "no column".

    Attributes:
        named: Columns that may hold names.
        placed: Columns that may hold addresses.
        texts: Columns of free text.
        numbered: Columns of numbers that may be masked.
        scopes: See :func:`qingyuan.pii._formed.find_forms`.
        uses: What the look does with each column; see :data:`qingyuan.pii._kernel.settle.SETTLES`.
    """

    named: _Mask
    placed: _Mask
    texts: _Mask
    numbered: _Mask
    scopes: Scopes
    uses: Longs

    @classmethod
    def of(cls, labels: Longs, scopes: Scopes) -> Looked:
        """Return what is looked for in columns whose names are of these classes; nobody may change it.

        Which columns without a name hold names or addresses is known when all parts are: they are looked through.
        """
        return _looked(labels.tobytes(), scopes.tobytes())

    @classmethod
    def _made(cls, labels: Longs, scopes: Scopes) -> Looked:
        """Return the same, made anew."""
        width = len(labels)
        named, placed, texts, numbered = (np.zeros(width + 1, dtype=np.bool_) for _ in range(4))
        named[:width] = (labels == f.LABEL_NAME) | (labels == 0)
        placed[:width] = (labels == f.LABEL_ADDRESS) | (labels == 0)
        texts[:width] = labels == f.LABEL_TEXT
        texts[width] = True
        numbered[:width] = (labels[:, None] == _NUMBERED).any(axis=1)
        made = grammar()
        wide = scopes.astype(np.int64)
        own = np.maximum(wide, 0)
        settles = ~texts & (wide != TEXT) & ((wide <= 0) | (made.cells_of[own] == -1))
        flags = (
            (k.SETTLES, settles), (k.NAMED, named), (k.PLACED, placed), (k.NUMBERED, numbered),
            (k.FORMED, wide != SKIP), (k.NAMES_ONLY, named & (wide > 0) & _names_only()[own]),
        )  # fmt: skip
        uses = np.array(sum(bit * mask.astype(np.int64) for bit, mask in flags), dtype=np.int64)
        return cls(named, placed, texts, numbered, scopes, uses)


@functools.lru_cache(maxsize=64)
def _looked(labels: bytes, scopes: bytes) -> Looked:
    """Return what is looked for; every part of a table asks for the same."""
    return Looked._made(  # noqa: SLF001 - of this module
        np.frombuffer(labels, dtype=np.int64), np.frombuffer(scopes, dtype=np.int16).copy()
    )


def _forms_of(mask: npt.NDArray[np.uint64]) -> list[int]:
    """Return the numbers of the forms in a mask."""
    return [64 * w + bit for w, word in enumerate(mask.tolist()) for bit in range(64) if word >> bit & 1]


@functools.cache
def _names_only() -> _Mask:
    """Return, by class of column, whether all its forms are of names."""
    made = grammar()
    kinds = [{int(made.forms[form, KIND]) for form in _forms_of(mask)} for mask in made.owned]
    return np.array([one == {f.NAME} for one in kinds], dtype=np.bool_)


@functools.cache
def digital() -> npt.NDArray[np.uint8]:
    """Return which runs of nothing but digits fit a form; see :func:`qingyuan.pii._kernel.settle.settle`."""
    return kept("digital", _digital)


def _digital() -> npt.NDArray[np.uint8]:
    """Find out which runs of nothing but digits fit a form."""
    made = grammar()
    out = np.full((len(made.owned), 10, LONGEST + 1), k.NO_FORM, dtype=np.uint8)
    nameless = made.owned[0] | made.modes[0] | made.modes[1]
    fitting = _fitting(made)
    for scope, mask in enumerate((nameless, *made.owned[1:])):
        for form in _forms_of(mask):
            weak = scope == 0 and not made.forms[form, NEEDS] & STANDS
            level = k.WEAK_FORM if weak else k.WEAK_FORM + 1
            np.maximum(out[scope], fitting[form] * np.uint8(level), out=out[scope])
    return out


@functools.cache
def blind() -> npt.NDArray[np.uint8]:
    """Return which states take all ASCII digits for the same; see :func:`qingyuan.pii._kernel.recall.traced`."""
    made = grammar()
    after = made.steps[:, made.classes[_DIGITS]]
    return np.ascontiguousarray((after == after[:, :1]).all(axis=1), dtype=np.uint8)


def _fitting(made: Grammar) -> npt.NDArray[np.bool_]:
    """Return ``bool[forms, 10, LONGEST + 1]``: whether a form takes some run of digits, by its first and its length."""
    out = np.zeros((len(made.forms), 10, LONGEST + 1), dtype=np.bool_)
    begins = made.forms[:, START]
    # States of a form stand together, its first one first; forms of whole cells have none.
    owner = (
        np.searchsorted(
            np.where(begins == 0, len(made.steps), begins), np.arange(len(made.steps)), side="right"
        )
        - 1
    )
    digits = made.classes[_DIGITS]
    reached = np.zeros((10, len(made.steps)), dtype=np.bool_)
    reached[np.arange(10)[:, None], made.steps[begins[begins > 0]][:, digits].T] = True
    for size in range(1, LONGEST + 1):
        reached[:, 0] = False
        firsts, states = np.nonzero(reached)
        if not len(states):
            break
        ends = made.ending[states] != 0
        out[owner[states[ends]], firsts[ends], size] = True
        reached = np.zeros_like(reached)
        for digit in np.unique(digits):
            reached[firsts, made.steps[states, digit]] = True
    return out


def find_in_table(batch: Batch, t: Tables, looked: Looked, bins: Longs) -> Candidates:
    """Return all candidates of a batch of a table, valid until the thread asks again, and count the shapes of its cells.

    Args:
        batch: The cells.
        t: The catalogue's arrays.
        looked: What is looked for in which column.
        bins: ``int64[columns + 1, BINS]``, a row a column, the first for "no column"; grows.
    """
    room = kept_room(2 * len(batch) + 2, "settled")
    # Whole blocks are read, which the last cells have only in a copy with room behind it.
    last = int(np.searchsorted(batch.ends, len(batch.data) - _BEHIND, side="right"))
    n, more = _settle(part(batch, slice(last)), t, looked, bins, room, 0, 0)
    if last < len(batch):
        first = max(0, int(batch.starts[last]) - _BEHIND)
        end = np.concatenate((batch.data[first:], np.zeros(_BEHIND, dtype=np.uint8)))
        end.flags.writeable = False
        moved = part(batch, slice(last, None))
        moved = replace(moved, data=end, starts=moved.starts - first, ends=moved.ends - first)
        before, left = n, more
        n, more = _settle(moved, t, looked, bins, room, before, left)
        for place in (room[0].start, room[0].end):
            place[before:n] += first
        room[0].cell[before:n] += last
        room[1][0][left:more] += last
    settled = first_of(room[0], n)
    others = _found_in(batch, room[1][0][:more].copy(), t, looked, bins) if more else settled
    return both(settled, others) if more and len(others) else settled


def _settle(
    batch: Batch, t: Tables, looked: Looked, bins: Longs, room: Room, n: int, more: int
) -> tuple[int, int]:
    """Settle the cells behind ``n`` candidates and ``more`` cells left; return how many of both there are then."""
    made = grammar()
    out = room[0]
    found, left = k.settle(
        batch.data, batch.starts, batch.ends, batch.column, batch.record, looked.uses, looked.scopes, digital(),
        evidence_of_shapes(), t.plan, t.provinces, t.glued, t.issuers, t.letters, t.surnames, t.marks, t.regions,
        made.classes, made.steps, made.ending, blind(), made.forms, made.checks, made.firsts, made.lengths,
        made.owned, made.modes, bins, out.cell[n:], out.start[n:], out.end[n:], out.kind[n:], out.flags[n:],
        room[1][0][more:],
    )  # fmt: skip
    return n + found, more + left


def find_plainly(batch: Batch, t: Tables, looked: Looked, bins: Longs) -> Candidates:
    """Return the same as :func:`find_in_table` without the first look."""
    shapes = shapes_of(batch, t, looked.named | looked.placed, bins)
    return find(batch, t, shapes, looked.named, looked.placed, looked.texts, looked.numbered, looked.scopes)


def _found_in(batch: Batch, cells: Longs, t: Tables, looked: Looked, bins: Longs) -> Candidates:
    """Return what the other passes find in the given cells."""
    few = batch
    if len(cells) < len(batch):
        few = part(batch, cells)
    shapes = shapes_of(few, t, looked.named | looked.placed, bins)
    number, first = _alike(few)
    one = few
    if len(first) < len(few):
        one, shapes = part(few, first), shapes[first]
    found = find(one, t, shapes, looked.named, looked.placed, looked.texts, looked.numbered, looked.scopes)
    if one is not few:
        found = _repeated(found, one, few, number)
    if few is not batch:
        found.cell = cells[found.cell]
    return found


def part(batch: Batch, cells: Longs | slice) -> Batch:
    """Return the given cells of a batch."""
    return replace(
        batch, starts=batch.starts[cells], ends=batch.ends[cells], column=batch.column[cells],
        record=batch.record[cells],
    )  # fmt: skip


def _alike(batch: Batch) -> tuple[Longs, Longs]:
    """Return a number for each cell, the same for those of one column that are alike, and the first cell of each."""
    size = len(batch)
    number, first = (np.empty(size, dtype=np.int64) for _ in range(2))
    slots = np.full(1 << (2 * size + 1).bit_length(), -1, dtype=np.int64)
    n = number_alike(batch.data, batch.starts, batch.ends, batch.column, batch.record, slots, number, first)
    return number, first[:n]


def _repeated(found: Candidates, one: Batch, few: Batch, number: Longs) -> Candidates:
    """Return what was found in the first of alike cells for all of them.

    Args:
        found: What was found, in the order of the bytes.
        one: The cells it was found in.
        few: All cells.
        number: The cell of ``one`` that each of them is like.
    """
    counts = np.bincount(found.cell, minlength=len(one))
    times = counts[number]
    cell = np.repeat(np.arange(len(few)), times)
    at = np.repeat((np.cumsum(counts) - counts)[number] - (np.cumsum(times) - times), times) + np.arange(
        len(cell)
    )
    moved = few.starts[cell] - one.starts[number[cell]]
    return Candidates(cell, found.start[at] + moved, found.end[at] + moved, found.kind[at], found.flags[at])
