"""From one batch of cells to arrays of candidates, with their context."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.pii import (
    _beside_signs,
    _hidden_mail,
    _labelled_names,
    _parcels,
    _units,
    _wide_mail,
    addresses,
    freetext,
    names,
    prose,
)
from qingyuan.pii import _hidden as _hidden_signs
from qingyuan.pii._formed import find_forms, find_mentions
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.cells import Shapes, trim
from qingyuan.pii._kernel.context import Flags, labelled_values, read_bins, read_context
from qingyuan.pii._kernel.forms import TEXT, Scopes
from qingyuan.pii._kernel.hidden import hidden_values
from qingyuan.pii._kernel.refine import refine, shared_prefix
from qingyuan.pii._kernel.scan import scan_cells
from qingyuan.pii._kernel.sieve import sift
from qingyuan.pii._kernel.table import BINS, cells_again, merge_lists, table_shapes, whole_cells
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Bytes, Longs
from qingyuan.pii.grammar import grammar


@dataclass(slots=True)
class Candidates:
    """Parallel arrays, one element a candidate, in the order of the bytes.

    Attributes:
        cell: Cell number in the batch.
        start: First byte in the batch's buffer.
        end: One past the last byte.
        kind: Kind code.
        flags: Evidence bits.
    """

    cell: Longs
    start: Longs
    end: Longs
    kind: Bytes
    flags: Flags

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.cell)


def _empty(room: int) -> Candidates:
    """Return uninitialised arrays for ``room`` candidates."""
    return Candidates(
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.uint8),
        np.empty(room, dtype=np.uint32),
    )


#: Arrays of each thread for the candidates of one batch, kept: fresh memory costs more than the copy.
_kept = threading.local()


#: Arrays for candidates, and for three numbers of each part of a cell.
Room: TypeAlias = tuple[Candidates, tuple[Longs, Longs, Longs]]


def kept_room(size: int, use: str = "numbers") -> Room:
    """Return arrays for at least ``size`` candidates and parts of cells, valid until the thread asks again for the use."""
    kept: Room | None = getattr(_kept, use, None)
    if kept is None or len(kept[0]) < size:
        kept = _empty(size), (np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64))
        setattr(_kept, use, kept)
    return kept


def take(c: Candidates, index: npt.NDArray[np.integer] | slice) -> Candidates:
    """Return a copy of the chosen candidates."""
    return Candidates(
        np.array(c.cell[index]),
        np.array(c.start[index]),
        np.array(c.end[index]),
        np.array(c.kind[index]),
        np.array(c.flags[index]),
    )


def scan_numbers(data: Bytes, starts: Longs, ends: Longs, t: Tables) -> Candidates:
    """Run the compiled pass over cells and return its candidates."""
    room = len(data) // 5 + len(starts) + 8
    out, parts = kept_room(room)
    some = sift(data, starts, ends, *parts)
    cells, first, last = (part[:some] for part in parts)
    n = scan_cells(
        data, first, last, t.plan, t.provinces, t.glued, out.cell, out.start, out.end, out.kind, out.flags
    )
    found = take(out, slice(0, n))
    part = found.cell
    found.cell = cells[part]
    # What fills a part of a cell cut at a comma does not fill the cell.
    partial = last[part] - first[part] < ends[found.cell] - starts[found.cell]
    found.flags[partial] &= np.uint32(~f.WHOLE & 0xFFFFFFFF)
    refine(data, starts, ends, found.cell, found.start, found.end, found.kind, found.flags)
    read_bins(data, found.start, found.end, found.kind, found.flags, t.issuers)
    shared_prefix(data, found.start, found.end, found.kind, found.flags, t.issuers)
    return found


def _hidden(batch: Batch, found: Candidates, numbered: npt.NDArray[np.bool_], t: Tables) -> Candidates:
    """Return masked numbers that only a column or a label explains, outside the candidates found.

    Looked at are cells with a star or number sign, and cells of ``numbered`` columns nothing was found in.
    """
    again = np.empty(len(batch), dtype=np.int64)
    count = cells_again(
        batch.data,
        batch.starts,
        batch.ends,
        batch.column,
        numbered.view(np.uint8),
        found.cell,
        found.flags,
        again,
    )
    cells = again[:count].copy()
    starts, ends = batch.starts[cells], batch.ends[cells]
    out = _empty(int((ends - starts).sum()) // 3 + 8)
    n = hidden_values(
        batch.data, starts, ends, t.plan, t.provinces, out.cell, out.start, out.end, out.kind, out.flags
    )
    new = take(out, slice(0, n))
    new.cell = cells[new.cell]
    after = np.searchsorted(found.end, new.start, side="right")
    free = np.ones(n, dtype=np.bool_)
    inside = after < len(found)
    free[inside] = found.start[after[inside]] >= new.end[inside]
    return take(new, np.flatnonzero(free))


#: Kinds of bare digits: what is counted is none of them, and no name of a file.
_DIGITS = np.isin(f.KINDS, ("mobile", "landline", "bank-card"))


def _of_people(batch: Batch, found: Candidates) -> Candidates:
    """Return the candidates without names of files, counts marked as amounts (in place)."""
    bare = np.flatnonzero(_DIGITS[found.kind] & ((found.flags & f.MASKED) == 0))
    counted = _units.counted(batch.data, found.end[bare])
    found.flags[bare[counted]] |= np.uint32(f.AMOUNT)
    named = _units.in_path(batch.data, found.start[bare], found.end[bare])
    return take(found, np.delete(np.arange(len(found)), bare[named])) if named.any() else found


def _hidden_addresses(batch: Batch, found: Candidates, *, prose: bool) -> Candidates:
    """Return the candidates with e-mail addresses begun before the signs that hide their first characters (in place).

    Those in full-width signs are added, in free text also those whose last characters before the at sign are hidden.
    """
    mail = np.flatnonzero(found.kind == f.EMAIL)
    begin = _hidden_mail.begins(batch, found.cell[mail], found.start[mail])
    hidden = mail[begin >= 0]
    found.start[hidden] = begin[begin >= 0]
    found.flags[hidden] |= _hidden_mail.FLAGS
    found.flags[mail[_units.bracketed(batch.data, found.start[mail], found.end[mail])]] |= np.uint32(f.CODED)
    if not prose:
        return _wide(batch, found)
    mail = np.flatnonzero((found.kind == f.EMAIL) & ((found.flags & f.CODED) != 0))
    of_messages = _units.message_numbers(batch.data, batch.starts[found.cell[mail]], found.start[mail])
    found = take(found, np.delete(np.arange(len(found)), mail[of_messages])) if of_messages.any() else found
    cell, start, end = _hidden_mail.find(batch)
    kind = np.full(len(cell), f.EMAIL, dtype=np.uint8)
    more = Candidates(cell, start, end, kind, np.full(len(cell), _hidden_mail.FLAGS, dtype=np.uint32))
    found = both(found, take(more, np.flatnonzero(freetext.apart(start, end, found.start, found.end))))
    return _wide(batch, found)


def _wide(batch: Batch, found: Candidates) -> Candidates:
    """Return the candidates and the e-mail addresses in full-width signs."""
    cell, start, end = _wide_mail.find(batch)
    if not len(cell):
        return found
    # What stands before an at sign is part of the address, also a telephone number.
    found = take(found, np.flatnonzero(freetext.apart(found.start, found.end, start, end)))
    kind = np.full(len(cell), f.EMAIL, dtype=np.uint8)
    return both(found, Candidates(cell, start, end, kind, np.zeros(len(cell), dtype=np.uint32)))


def _mark_hidden(batch: Batch, found: Candidates) -> None:
    """Note what hides parts of names and addresses (in place); see :func:`qingyuan.pii._hidden.mark`."""
    first, last = batch.starts[found.cell], batch.ends[found.cell]
    _hidden_signs.mark(batch.data, first, last, found.start, found.end, found.kind, found.flags)


def _labelled(batch: Batch, cells: Longs, t: Tables) -> Candidates:
    """Return names and addresses that follow a label in the given cells."""
    starts = np.ascontiguousarray(batch.starts[cells])
    ends = np.ascontiguousarray(batch.ends[cells])
    out = _empty(int((ends - starts).sum()) // 6 + 8)
    n = labelled_values(
        batch.data, starts, ends, t.text, t.words, t.buckets, t.letters, t.surnames, t.marks, t.regions,
        out.cell, out.start, out.end, out.kind, out.flags,
    )  # fmt: skip
    found = take(out, slice(0, n))
    found.cell = cells[found.cell]
    _mark_hidden(batch, found)
    return _told_apart(batch, found)


def _hidden_names(batch: Batch, cells: Longs, labelled: Candidates) -> Candidates:
    """Return names hidden in part behind words for people, outside what followed a label and a colon."""
    cell, start, end = _labelled_names.find(batch.data, batch.starts, batch.ends, cells)
    kind = np.full(len(cell), f.NAME, dtype=np.uint8)
    found = Candidates(cell, start, end, kind, np.full(len(cell), _labelled_names.FLAGS, dtype=np.uint32))
    keep = freetext.apart(start, end, labelled.start, np.maximum.accumulate(labelled.end))
    return _told_apart(batch, take(found, np.flatnonzero(keep)))


def _told_apart(batch: Batch, found: Candidates) -> Candidates:
    """Leave out masked names that words beside the signs make none, and end them before titles."""
    masked = np.flatnonzero((found.kind == f.NAME) & ((found.flags & f.MASKED) != 0))
    if not len(masked):
        return found
    keep, end = _beside_signs.bounds(batch, found.cell[masked], found.start[masked], found.end[masked])
    found.end[masked] = end
    return found if keep.all() else take(found, np.delete(np.arange(len(found)), masked[~keep]))


def _free(batch: Batch, cells: Longs, others: list[Candidates]) -> Candidates:
    """Return names and addresses of free text that touch none of the candidates found otherwise."""
    free = freetext.find(batch.data, batch.starts, batch.ends, cells)
    found = Candidates(free.cell, free.start, free.end, free.kind, free.flags)
    _mark_hidden(batch, found)
    found = _told_apart(batch, found)
    for other in others:
        keep = freetext.apart(found.start, found.end, other.start, np.maximum.accumulate(other.end))
        found = take(found, np.flatnonzero(keep))
    return found


@functools.cache
def evidence_of_shapes() -> Flags:
    """Return the evidence of each shape of a name and of an address, 0 where it is none."""
    bits = np.zeros((2, BINS), dtype=np.uint32)
    for shape in range(BINS):
        for number, module in enumerate((names, addresses)):
            if shape & module.SHAPES:
                bits[number, shape] = module.candidate_flags(shape)
    return bits


def _shaped(
    batch: Batch, shapes: Shapes, named: npt.NDArray[np.bool_], placed: npt.NDArray[np.bool_]
) -> Candidates:
    """Return whole cells of name or address shape in the columns that may hold them."""
    columns = np.stack((named, placed)).view(np.uint8)
    out = _empty(2 * len(batch))
    n = whole_cells(
        shapes, batch.column, batch.starts, batch.ends, columns, np.array([f.NAME, f.ADDRESS]),
        evidence_of_shapes(), out.cell, out.start, out.end, out.kind, out.flags,
    )  # fmt: skip
    found = first_of(out, n)
    trim(batch.data, found.start, found.end)
    loose = np.flatnonzero((found.kind == f.NAME) & ((found.flags & (f.SURNAME | f.MASKED)) == 0))
    if len(loose):
        reads = prose.reads_like_name(batch.data, found.start[loose], found.end[loose])
        found.flags[loose[reads]] |= np.uint32(f.CHECKED)
    return found


def first_of(c: Candidates, n: int) -> Candidates:
    """Return the first candidates, not copied."""
    return Candidates(c.cell[:n], c.start[:n], c.end[:n], c.kind[:n], c.flags[:n])


def both(one: Candidates, two: Candidates) -> Candidates:
    """Return two lists as one in byte order."""
    if not len(one) or not len(two):
        return one if len(one) else two
    out = _empty(len(one) + len(two))
    lists = [getattr(c, name) for c in (one, two, out) for name in ("cell", "start", "end", "kind", "flags")]
    if merge_lists(*lists):
        return out
    order = np.lexsort([np.concatenate((getattr(one, n), getattr(two, n))) for n in ("kind", "start")])
    joined = (np.concatenate(pair)[order] for pair in zip(lists[:5], lists[5:10], strict=True))
    return Candidates(*joined)


def _merged(numbers: Candidates, others: list[Candidates]) -> Candidates:
    """Return all candidates in byte order; a labelled address ends where a number begins."""
    others = [o for o in others if len(o)]
    if not others:
        return numbers
    for o in others if len(numbers) else ():
        labelled = np.flatnonzero((o.flags & f.LABELLED) != 0)
        at = np.searchsorted(numbers.start, o.start[labelled])
        cut = numbers.start[np.minimum(at, len(numbers) - 1)]
        within = (at < len(numbers)) & (cut < o.end[labelled]) & (cut > o.start[labelled])
        o.end[labelled[within]] = cut[within]
    # The few go together first; the order is the same.
    merged = others[0]
    for o in others[1:]:
        merged = both(merged, o)
    return both(numbers, merged)


#: By kind, whether a value names a person in a line of text.
_NAMING = np.isin(f.KINDS, ("resident-id", "name", "passport", "driving-licence"))


def _mentions(batch: Batch, found: Candidates, scopes: Scopes) -> Candidates:
    """Return words about somebody in the cells of text that name a person, outside the candidates found."""
    named = found.cell[_NAMING[found.kind]]
    cells = np.unique(named[scopes[batch.column[named]] == TEXT])
    words = Candidates(*find_mentions(batch, cells, grammar()))
    if not len(words):
        return words
    return take(words, np.flatnonzero(freetext.apart(words.start, words.end, found.start, found.end)))


def _apart(numbers: Candidates, formed: Candidates) -> tuple[Candidates, Candidates]:
    """Return both without overlaps: a value known by its label, column or check displaces a number, else it goes."""
    if not len(numbers) or not len(formed):
        return numbers, formed
    sure = (formed.flags & f.LABELLED) != 0
    named = (formed.flags & f.CONTEXT) != 0
    # 460079398845567（IMSI）: a card by its digits alone, or an ID whose check digit is wrong, gives way to what words near say.
    weak = (numbers.kind == f.BANK_CARD) & (numbers.flags & (f.BIN_LISTED | f.CONTEXT | f.MASKED) == 0)
    weak |= (numbers.kind == f.RESIDENT_ID) & (numbers.flags & (f.CHECKED | f.CONTEXT | f.MASKED) == 0)
    over = np.searchsorted(formed.start, numbers.end) - 1
    hit = (over >= 0) & (formed.end[over] > numbers.start) & (sure[over] | (named[over] & weak))
    if hit.any():
        numbers = take(numbers, np.flatnonzero(~hit))
    under = np.searchsorted(numbers.start, formed.end) - 1
    if len(numbers):
        lost = (under >= 0) & (numbers.end[under] > formed.start)
        formed = take(formed, np.flatnonzero(~lost)) if lost.any() else formed
    return numbers, formed


def _beside(formed: Candidates, others: list[Candidates]) -> Candidates:
    """Leave out masked names of the forms that were found as whole cells, after their label or in free text."""
    for other in others:
        keep = freetext.apart(formed.start, formed.end, other.start, np.maximum.accumulate(other.end))
        formed = take(formed, np.flatnonzero(keep | (formed.kind != f.NAME)))
    return formed


def _parcel_numbers(batch: Batch, cells: Longs, found: Candidates, formed: Candidates) -> Candidates:
    """Return the values of the forms and the numbers of parcels behind a mere 单号, which stand before doubtful ones."""
    cell, start, end = _parcels.find(batch, cells)
    if not len(cell):
        return formed
    kind = np.full(len(cell), _WAYBILL, dtype=np.uint8)
    more = Candidates(cell, start, end, kind, np.full(len(cell), _parcels.FLAGS, dtype=np.uint32))
    more = take(more, np.flatnonzero(freetext.apart(start, end, found.start, found.end)))
    keep = freetext.apart(formed.start, formed.end, more.start, more.end)
    return both(take(formed, np.flatnonzero(keep)), more)


#: Codes of the kinds.
_WAYBILL = f.KINDS.index("waybill")
_PLATE = f.KINDS.index("plate")


def _off(others: Candidates, plates: Candidates) -> Candidates:
    """Leave out clear names that share a character with a plate."""
    keep = freetext.apart(others.start, others.end, plates.start, np.maximum.accumulate(plates.end))
    keep |= (others.kind != f.NAME) | ((others.flags & f.MASKED) != 0)
    return others if keep.all() else take(others, np.flatnonzero(keep))


def shapes_of(batch: Batch, t: Tables, wanted: npt.NDArray[np.bool_], bins: Longs) -> Shapes:
    """Return the shape bits of every cell and count them; header cells (record 0) have none.

    Args:
        batch: The cells.
        t: The catalogue's arrays.
        wanted: ``bool[columns + 1]``: columns of which more is asked than whether cells are filled, or digits.
        bins: ``int64[columns + 1, BINS]``, a row a column, the first for "no column"; grows.
    """
    shapes = np.empty(len(batch), dtype=np.uint16)
    table_shapes(
        batch.data, batch.starts, batch.ends, batch.column, batch.record, wanted.view(np.uint8), t.letters,
        t.surnames, t.marks, t.regions, shapes, bins,
    )  # fmt: skip
    return shapes


def find(
    batch: Batch, t: Tables, shapes: Shapes | None, named: npt.NDArray[np.bool_], placed: npt.NDArray[np.bool_],
    texts: npt.NDArray[np.bool_], numbered: npt.NDArray[np.bool_], scopes: Scopes,
) -> Candidates:  # fmt: skip
    """Return all candidates of a batch.

    Args:
        batch: The cells.
        t: The catalogue's arrays.
        shapes: Shape bits of the cells of a table, ``None`` for prose.
        named: ``bool[columns + 1]``: columns that may hold names (the last is "no column").
        placed: The same for addresses.
        texts: The same for free text.
        numbered: The same for resident IDs, telephone numbers and bank cards.
        scopes: ``int16[columns + 1]``, see :func:`find_forms`.
    """
    found = scan_numbers(batch.data, batch.starts, batch.ends, t)
    found = _hidden_addresses(batch, _of_people(batch, found), prose=shapes is None)
    found = _merged(found, [_hidden(batch, found, numbered, t)])
    if shapes is None:
        cells = np.arange(len(batch), dtype=np.int64)
        others = [_labelled(batch, cells, t)]
        others.append(_hidden_names(batch, cells, others[0]))
        others.append(_free(batch, cells, [found, *others]))
        loose = np.arange(len(found))
    else:
        others = [_shaped(batch, shapes, named, placed)]
        cells = np.flatnonzero(texts[batch.column])
        if len(cells):
            others.append(_labelled(batch, cells, t))
            others.append(_hidden_names(batch, cells, others[-1]))
            others.append(_free(batch, cells, [found, *others[-2:]]))
        loose = np.flatnonzero((found.flags & f.WHOLE) == 0)
    if len(loose):
        part = take(found, loose)
        read_context(
            batch.data, batch.starts, batch.ends, part.cell, part.start, part.end, part.kind, part.flags,
            shapes is None, t.text, t.words, t.buckets, t.own,
        )  # fmt: skip
        found.flags[loose] = part.flags
    found, formed = _apart(found, Candidates(*find_forms(batch, scopes, grammar())))
    if shapes is None:
        formed = _parcel_numbers(batch, cells, found, formed)
    if len(formed) and (formed.kind == f.NAME).any():
        _mark_hidden(batch, formed)
        formed = _beside(_told_apart(batch, formed), others)
    plates = take(formed, np.flatnonzero(formed.kind == _PLATE))
    if len(plates):
        # 车鲁C12345: the character of a plate is no given name.
        others = [_off(other, plates) for other in others]
    found = _merged(found, [*others, formed])
    return _merged(found, [_mentions(batch, found, scopes)])
