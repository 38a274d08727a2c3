"""One look at every cell of a table: what is settled by it, and which cells the other passes have to read.

A cell is settled when all that the other passes would find in it is known: it is empty, holds nothing, or is filled by
one number, one value of the forms of its column, a name or an address. Everything else is left to them.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._blocks import BLOCK, features_of, lowest
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.beside import ROOM
from qingyuan.pii._kernel.cells import DIGITS, FILLED, NAME_LOOSE, shape_of
from qingyuan.pii._kernel.context import issuer_bits
from qingyuan.pii._kernel.flags import (
    ADDRESS,
    AMBIGUOUS,
    ASSIGNED,
    BANK_CARD,
    LABELLED,
    MASKED,
    MOBILE,
    NAME,
    RESIDENT_ID,
    STANDARD,
    SURNAME,
    WHOLE,
)
from qingyuan.pii._kernel.forms import BITS, KIND, START, Flags, Masks, Scopes, Steps, longest
from qingyuan.pii._kernel.glance import LONGEST, glance
from qingyuan.pii._kernel.oneform import MAY_FIT, NO_FORM_FITS, begins_numeral, form_of, short_name, tight
from qingyuan.pii._kernel.outright import (
    BEGINNINGS,
    eleven_digits,
    is_date,
    mobiles_among,
    name_at,
    note_beginnings,
    place_at,
)
from qingyuan.pii._kernel.recall import (
    FORMLESS,
    LEFT,
    NAMED_TOO,
    PATIENCE,
    PLACED_TOO,
    PLACES,
    REMEMBERED,
    SETTLED,
    SHAPE_AT,
    WORDS,
    key_at,
    known_at,
    note,
    place_of,
    recalled_among,
)
from qingyuan.pii._kernel.said import told, width_of, write_said
from qingyuan.pii._kernel.sieve import promising
from qingyuan.pii._kernel.symbols import MAX_SYMBOLS, Hashes
from qingyuan.pii._kernel.table import BINS, ascii_shape, marked, plain_shape
from qingyuan.pii.batch import Bytes, Ints, Longs

Tries = npt.NDArray[np.uint8]

#: What is done with a column: whether its cells may be settled; whether names, addresses and masked numbers are looked
#: for; whether forms are, and whether those are of names only.
SETTLES, NAMED, PLACED, NUMBERED, FORMED, NAMES_ONLY = (1 << i for i in range(6))
#: What a run of digits of some length and first digit is to the forms of a column: none fits; only forms fit that a
#: number displaces; see :data:`qingyuan.pii._kernel.forms.STANDS`.
NO_FORM, WEAK_FORM = 0, 1

#: Every third bit: lead bytes of 汉字 and nothing else.
_THIRDS = np.uint64(0x9249249249249249)
_LONG = 8
_MOBILE, _ONE = 11, 49
#: From one mobile in so many cells of a column on are mobiles looked for before all else.
_SELDOM = 8
#: Cells looked at together, column by column.
_STRETCH = 4096
#: Sizes of a date and of a date with the time of day.
_DATE, _MOMENT = 10, 19

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_WORDS = "Array(uint64, 1, 'C', readonly=True)"


@njit(
    f"UniTuple(int64, 2)({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, int64[::1], int16[::1], uint8[:, :, ::1], uint32[:, ::1],"
    f" {_RO}, {_RO}, {_WORDS}, {_RO}, {_RO}, {_RO64}, {_RO}, {_RO64}, {_RO}, uint16[:, ::1], {_RO}, {_RO}, int64[:, ::1],"
    " int64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64[:, ::1], int64[::1],"
    " int64[::1], int64[::1], uint8[::1], uint32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def settle(
    data: Bytes, starts: Longs, ends: Longs, column: Ints, record: Longs, uses: Longs, scopes: Scopes, digital: Tries,
    evidence: Flags, plan: Bytes, provinces: Bytes, words: Hashes, issuers: Bytes, letters: Bytes, surnames: Longs,
    marks: Bytes, regions: Longs, classes: Bytes, steps: Steps, ending: Bytes, blind: Bytes, forms: Longs, checks: Longs,
    firsts: Masks, lengths: Masks, owned: Masks, modes: Masks, bins: Longs, out_cell: Longs, out_start: Longs,
    out_end: Longs, out_kind: Bytes, out_flags: Flags, rest: Longs,
) -> tuple[int, int]:  # fmt: skip
    """Settle what cells can be settled; return the number of candidates and of cells left.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte.
        column: Column of each cell, -1 for none.
        record: Record of each cell; the header (record 0) is never settled.
        uses: ``int64[columns + 1]``, what is done with each column, as bits; the last is "no column".
        scopes: ``int16[columns + 1]``, see :func:`qingyuan.pii._kernel.forms.scan_forms`.
        digital: ``uint8[classes of columns, 10, 65]``: :data:`NO_FORM`, :data:`WEAK_FORM` or more by first digit and
            length of a run of digits; row 0 is for columns without a telling name.
        evidence: ``uint32[2, BINS]``: evidence by shape of names and of addresses, see
            :func:`qingyuan.pii._kernel.table.whole_cells`.
        plan: See :func:`qingyuan.pii._kernel.scan.scan_cells`.
        provinces: See there.
        words: See there.
        issuers: See :func:`qingyuan.pii._kernel.context.read_bins`.
        letters: See :func:`qingyuan.pii._kernel.cells.cell_shapes`.
        surnames: See there.
        marks: See there.
        regions: See there.
        classes: See :func:`qingyuan.pii._kernel.forms.scan_forms`.
        steps: See there.
        ending: See there.
        blind: See :func:`qingyuan.pii._kernel.recall.traced`.
        forms: See :func:`qingyuan.pii._kernel.forms.scan_forms`, as for all up to ``modes``.
        checks: See there.
        firsts: See there.
        lengths: See there.
        owned: See there.
        modes: See there.
        bins: See :func:`qingyuan.pii._kernel.table.table_shapes`; grows by the settled cells.
        out_cell: Receives the cell of each candidate; the outputs hold two for every cell.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives the kind.
        out_flags: Receives the evidence bits.
        rest: ``int64[n]`` receives the cells that are left.
    """
    symbols = np.empty(MAX_SYMBOLS, dtype=np.int8)
    chars = np.empty(16, dtype=np.int64)
    scratch = np.empty(ROOM, dtype=np.uint8)
    beginnings = np.zeros(BEGINNINGS, dtype=np.int64)
    note_beginnings(regions, beginnings)
    # Only in columns in which nothing but forms decides are cells remembered.
    memory = np.zeros((PLACES, WORDS), dtype=np.uint64)
    worth = np.zeros(uses.size, dtype=np.int64)
    for k in range(uses.size):
        if uses[k] & (SETTLES | FORMED | NAMED | PLACED) == SETTLES | FORMED and scopes[k] > 0:
            worth[k] = PATIENCE
    # Columns in which eleven digits are nothing but a mobile, and whether it is worth looking for those before all else.
    alone = np.zeros(uses.size, dtype=np.uint8)
    likely = np.ones(uses.size, dtype=np.uint8)
    for k in range(uses.size):
        fits = digital[max(scopes[k], 0), 1, _MOBILE] if uses[k] & FORMED else NO_FORM
        alone[k] = uses[k] & SETTLES != 0 and (fits == NO_FORM or (fits == WEAK_FORM and scopes[k] <= 0))
    said = np.empty(_STRETCH, dtype=np.uint64)
    others = np.empty(_STRETCH + 1, dtype=np.int64)
    n = 0
    left = 0
    for begin in range(0, starts.size, _STRETCH):
        last = min(begin + _STRETCH, starts.size)
        width = width_of(column, begin, last)
        for turn in range(width):
            head = begin + turn
            count = (last - head + width - 1) // width
            c = column[head]
            sought = likely[c] != 0 and data.size >= BLOCK + 2
            # In the head stretch there is little to remember.
            remembered = worth[c] > 0 and begin > 0 and data.size >= BLOCK + 2
            if sought:
                left_over = mobiles_among(
                    data, starts, ends, column, record, plan, alone, begin, head, last, width, bins, said, others
                )  # fmt: skip
                if (count - left_over) * _SELDOM < count:
                    likely[c] = 0
                count = left_over
            elif remembered:
                for k in range(count):
                    others[np.uint64(k)] = head + k * width
            if remembered:
                left_over = recalled_among(
                    data, starts, ends, column, record, memory, worth, begin, count, bins, said, others
                )
                worth[c] = min(worth[c] + count - left_over, PATIENCE)
                count = left_over
            for nth in range(count):
                i = others[nth] if sought or remembered else head + nth * width
                c = column[i]
                s = starts[i]
                e = ends[i]
                size = e - s
                said[i - begin] = LEFT
                if record[i] == 0:
                    continue
                if size == 0:
                    said[i - begin] = SETTLED
                    bins[c + 1, 0] += 1
                    continue
                use = uses[c]
                if not use & SETTLES or s + BLOCK + 2 > data.size or (size > LONGEST and use & FORMED):
                    continue
                # The commonest cells of all.
                if use == SETTLES and (size == _DATE or size == _MOMENT) and is_date(data, s, size):
                    said[i - begin] = SETTLED
                    bins[c + 1, FILLED] += 1
                    continue
                bits = np.uint32(0)
                kind = 0
                shape = -1
                if not sought and alone[c] and size == _MOBILE and data[s] == _ONE and eleven_digits(data, s):
                    known = plan[100 + (data[s + 1] - 48) * 10 + data[s + 2] - 48]
                    if known:
                        kind = MOBILE
                        shape = FILLED | DIGITS
                        bits = np.uint32(STANDARD | WHOLE | (ASSIGNED if known == 2 else 0))
                elif use & NAMED:
                    if not use & PLACED and (use & NAMES_ONLY or not use & FORMED):
                        shape = name_at(data, s, e, letters)
                        if shape >= 0:
                            kind = NAME
                            bits = evidence[0, shape & (BINS - 1)]
                elif use & (PLACED | NUMBERED | FORMED) == PLACED:
                    shape = place_at(data, s, e, marks, beginnings)
                    if shape >= 0:
                        bits = evidence[1, shape & (BINS - 1)]
                        kind = ADDRESS if bits else 0
                if shape >= 0:
                    bins[c + 1, shape & (BINS - 1)] += 1
                    said[i - begin] = told(kind, shape, bits)
                    continue
                # A cell like one before.
                looked_up = size <= REMEMBERED and worth[c] > 0
                recalled = np.uint64(0)
                if looked_up:
                    tag = np.uint64(c + 1) << np.uint64(8) | np.uint64(size)
                    one, two, three, four = key_at(data, s, size)
                    place = place_of(one, two, three, four, tag)
                    recalled = known_at(memory, place, one, two, three, four, tag)
                    worth[c] = worth[c] - 1 if recalled == 0 else min(worth[c] + 1, PATIENCE)
                    if recalled & SETTLED:
                        bins[c + 1, recalled >> np.uint64(SHAPE_AT) & np.uint64(BINS - 1)] += 1
                    if recalled & (SETTLED | LEFT):
                        said[i - begin] = recalled
                        continue
                alike = 1
                kind = -1
                found = 0
                single = False
                pure = False
                kept = np.uint64(0)
                letter = np.uint64(0)
                shown = True
                veiled = False
                form = NO_FORM_FITS
                hanzi = False
                digit = np.uint64(0)
                if size > LONGEST:
                    kind = -1 if promising(data, s, e) else 0
                    veiled = marked(data, s, e)
                else:
                    kept = ~np.uint64(0) >> np.uint64(LONGEST - size)
                    digit, letter, cross, star, hashes, lead, at, han = features_of(data, s)
                    digit &= kept
                    letter &= kept
                    cross &= kept
                    star &= kept
                    lead &= kept
                    han &= kept
                    run = digit | letter
                    single = run == kept
                    pure = digit == kept
                    shown = (digit | cross | lead) != 0
                    veiled = ((star | hashes) & kept) != 0
                    hanzi = han == _THIRDS & kept and size % 3 == 0
                    if use & FORMED and not recalled:
                        scope = scopes[c]
                        if hanzi or (use & NAMES_ONLY and not run):
                            if not use & NAMES_ONLY and begins_numeral(data, s, e):
                                form = MAY_FIT
                        elif pure:
                            fits = digital[max(scope, 0), data[s] - 48, size]
                            if fits == WEAK_FORM:
                                form = MAY_FIT
                            elif fits:
                                form, alike = form_of(
                                    data, s, e, size, scope, True, classes, steps, ending, blind, forms, checks, firsts,
                                    lengths, owned, scratch,
                                ) if scope > 0 else (MAY_FIT, 0)  # fmt: skip
                        elif scope > 0:
                            if run & np.uint64(1):
                                length = lowest(~run) if ~run else 64
                                form, alike = form_of(
                                    data, s, e, length, scope, single, classes, steps, ending, blind, forms, checks, firsts,
                                    lengths, owned, scratch,
                                )  # fmt: skip
                            else:
                                form = MAY_FIT
                        elif single:
                            first = classes[data[s]]
                            for w in range(firsts.shape[1]):
                                mask = (
                                    firsts[first, w]
                                    & lengths[size, w]
                                    & (owned[0, w] | modes[0, w] | modes[1, w])
                                )
                                while mask and form == NO_FORM_FITS:
                                    f = 64 * w + int(lowest(mask))
                                    mask &= mask - np.uint64(1)
                                    if longest(data, s, e, forms[f, START], classes, steps, ending):
                                        form = MAY_FIT
                        else:
                            form = MAY_FIT
                    if hanzi and form == NO_FORM_FITS:
                        kind = 0
                    elif form == NO_FORM_FITS or (pure and scopes[c] <= 0):
                        kind, found = glance(
                            data,
                            s,
                            e,
                            plan,
                            provinces,
                            words,
                            symbols,
                            digit,
                            letter,
                            cross,
                            star,
                            lead,
                            at & kept,
                            han,
                        )
                        if (
                            form == MAY_FIT
                            and pure
                            and kind > 0
                            and digital[0, data[s] - 48, size] == WEAK_FORM
                        ):
                            # The number displaces what the forms would say.
                            form = NO_FORM_FITS
                settled = form >= 0 or (form == NO_FORM_FITS and kind >= 0)
                bits = np.uint32(found)
                if form >= 0:
                    settled = not use & (NAMED | PLACED)
                    kind = forms[form, KIND]
                    bits = np.uint32(forms[form, BITS] | LABELLED | WHOLE)
                elif settled and kind > 0:
                    if kind == BANK_CARD:
                        bits |= np.uint32(issuer_bits(data, s, e, issuers))
                    settled = not (kind == RESIDENT_ID and found & AMBIGUOUS)
                elif settled:
                    settled = not (shown and (veiled or use & NUMBERED))
                shape = -1
                named = np.uint32(0)
                placed = np.uint32(0)
                if settled and use & (NAMED | PLACED):
                    if pure:
                        shape = FILLED | DIGITS if size >= _LONG else FILLED
                    elif single:
                        shape = FILLED | NAME_LOOSE if letter == kept and 4 <= size <= 15 else FILLED
                    elif hanzi:
                        shape = short_name(data, s, size // 3, chars, letters, surnames)
                    elif data[s] < 0x80:
                        shape = ascii_shape(data, s, e)
                    if shape < 0:
                        shape = shape_of(data, s, e, chars, letters, surnames, marks, regions)
                    if use & NAMED:
                        named = evidence[0, shape & (BINS - 1)]
                    if use & PLACED:
                        placed = evidence[1, shape & (BINS - 1)]
                    if named:
                        settled = (named & (SURNAME | MASKED)) != 0 and (hanzi or tight(data, s, e))
                    elif use & NAMES_ONLY and not (pure or single or kind > 0):
                        settled = False
                    if placed:
                        settled = settled and (hanzi or tight(data, s, e))
                elif settled:
                    if pure:
                        shape = FILLED | DIGITS if size >= _LONG else FILLED
                    else:
                        shape = plain_shape(data, s, e)
                        if shape < 0 and data[s] < 0x80:
                            shape = ascii_shape(data, s, e)
                        if shape < 0:
                            shape = shape_of(data, s, e, chars, letters, surnames, marks, regions)
                            alike = 0
                says = np.uint64(LEFT)
                if settled:
                    bins[c + 1, shape & (BINS - 1)] += 1
                    says = told(max(kind, 0), shape, bits)
                    if named:
                        says = says | np.uint64(NAMED_TOO) if kind > 0 else told(NAME, shape, named)
                    if placed:
                        says = (
                            says | np.uint64(PLACED_TOO)
                            if kind > 0 or named
                            else told(ADDRESS, shape, placed)
                        )
                said[i - begin] = says
                if looked_up and alike and not recalled:
                    if form == NO_FORM_FITS:
                        says = np.uint64(FORMLESS)
                    note(memory, place, one, two, three, four, tag, says)
        n, left = write_said(
            begin,
            last,
            said,
            starts,
            ends,
            evidence,
            out_cell,
            out_start,
            out_end,
            out_kind,
            out_flags,
            rest,
            n,
            left,
        )
    return n, left
