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
from qingyuan.pii._kernel.beside import ROOM, folded
from qingyuan.pii._kernel.cells import DIGITS, FILLED, NAME_LOOSE, name_shape, shape_of
from qingyuan.pii._kernel.checks import passes
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
from qingyuan.pii._kernel.forms import (
    BITS,
    COLUMN,
    GUARD,
    GUARDS,
    KIND,
    NEEDS,
    PREFIX,
    START,
    Flags,
    Masks,
    Scopes,
    Steps,
    longest,
)
from qingyuan.pii._kernel.glance import LONGEST, glance
from qingyuan.pii._kernel.outright import BEGINNINGS, eleven_digits, name_at, note_beginnings, place_at
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
#: What :func:`_form_of` returns besides the number of a form.
_NONE, _UNKNOWN = -1, -2
_LONG = 8
_MOBILE, _ONE = 11, 49

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_WORDS = "Array(uint64, 1, 'C', readonly=True)"


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _begins_numeral(data: Bytes, s: int, e: int) -> bool:
    """Tell whether 一, 幺 or 壹 is among the 汉字 ``s..e``, with which a number in 汉字 may begin."""
    for p in range(s, e, 3):
        a = data[np.uint64(p)]
        if a == 0xE4 or a == 0xE5:
            b = data[np.uint64(p + 1)]
            c = data[np.uint64(p + 2)]
            if (
                (a == 0xE4 and b == 0xB8 and c == 0x80)
                or (b == 0xB9 and c == 0xBA)
                or (b == 0xA3 and c == 0xB9)
            ):
                return True
    return False


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def _tight(data: Bytes, s: int, e: int) -> bool:
    """Tell whether no blank or quote stands at either end (never wrongly yes)."""
    if data[s] in (32, 9, 10, 13, 34, 39, 0xC2, 0xE3, 0xEF) or data[e - 1] in (32, 9, 10, 13, 34, 39):
        return False
    q = e - 1
    while q > s and data[q] & 0xC0 == 0x80:
        q -= 1
    return data[q] not in (0xC2, 0xE3, 0xEF)


@njit(f"int64({_RO}, int64, int64, int64[::1], {_RO}, {_RO64})", cache=True, nogil=True)
def _short_name(data: Bytes, s: int, n: int, chars: Longs, letters: Bytes, surnames: Longs) -> int:
    """Return the shape of two or three 汉字 as :func:`shape_of` has it, or -1 if it must say; ``chars`` is scratch."""
    if n < 2 or n > 3:
        return -1
    for k in range(n):
        p = s + 3 * k
        c = (
            (np.int64(data[p]) & 0x0F) << 12
            | (np.int64(data[p + 1]) & 0x3F) << 6
            | (np.int64(data[p + 2]) & 0x3F)
        )
        if c < 0x4E00:
            return -1
        chars[k] = c
    shape: int = FILLED | name_shape(chars, n, n, 0, 0, letters, surnames)
    return shape


@njit(
    f"int64({_RO}, int64, int64, int64, int64, boolean, {_RO}, uint16[:, ::1], {_RO}, int64[:, ::1], int64[:, ::1],"
    " uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def _form_of(
    data: Bytes, s: int, e: int, size: int, scope: int, single: bool, classes: Bytes, steps: Steps, ending: Bytes,
    forms: Longs, checks: Longs, firsts: Masks, lengths: Masks, owned: Masks, scratch: Bytes,
) -> int:  # fmt: skip
    """Return the form of a column of the class ``scope`` that the cell ``s..e`` has, or -1 for none, -2 for unknown.

    Args:
        data: UTF-8 bytes.
        s: First byte of the cell: an ASCII letter or digit.
        e: One past its last byte.
        size: Length of the run of letters and digits it begins with.
        scope: Class of the column.
        single: Whether the cell is this run.
        classes: See :func:`qingyuan.pii._kernel.forms.scan_forms`, as for all that follow.
        steps: See there.
        ending: See there.
        forms: See there.
        checks: See there.
        firsts: See there.
        lengths: See there.
        owned: See there.
        scratch: Room for the characters of a value.
    """
    first = classes[data[s]]
    for w in range(firsts.shape[1]):
        mask = firsts[first, w] & lengths[size, w] & owned[scope, w]
        while mask:
            f = 64 * w + int(lowest(mask))
            mask &= mask - np.uint64(1)
            z = longest(data, s, e, forms[f, START], classes, steps, ending)
            if z == 0 or (single and z < e) or not forms[f, NEEDS] & COLUMN:
                continue
            if z < e or forms[f, PREFIX] or forms[f, GUARDS] > forms[f, GUARD]:
                return _UNKNOWN
            if checks[f, 0]:
                n = folded(data, s, z, scratch)
                good = True
                for j in range(4):
                    if checks[f, j] and not passes(checks[f, j], scratch, n):
                        good = False
                        break
                if not good:
                    continue
            return f
    return _NONE if single else _UNKNOWN


@njit(
    f"UniTuple(int64, 2)({_RO}, {_RO64}, {_RO64}, {_RO32}, {_RO64}, int64[::1], int16[::1], uint8[:, :, ::1], uint32[:, ::1],"
    f" {_RO}, {_RO}, {_WORDS}, {_RO}, {_RO}, {_RO64}, {_RO}, {_RO64}, {_RO}, uint16[:, ::1], {_RO}, int64[:, ::1],"
    " int64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64[:, ::1], int64[::1],"
    " int64[::1], int64[::1], uint8[::1], uint32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def settle(
    data: Bytes, starts: Longs, ends: Longs, column: Ints, record: Longs, uses: Longs, scopes: Scopes, digital: Tries,
    evidence: Flags, plan: Bytes, provinces: Bytes, words: Hashes, issuers: Bytes, letters: Bytes, surnames: Longs,
    marks: Bytes, regions: Longs, classes: Bytes, steps: Steps, ending: Bytes, forms: Longs, checks: Longs,
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
        forms: See there.
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
    n = 0
    left = 0
    for i in range(starts.size):
        c = column[i]
        s = starts[i]
        e = ends[i]
        size = e - s
        if record[i] == 0:
            rest[left] = i
            left += 1
            continue
        if size == 0:
            bins[c + 1, 0] += 1
            continue
        use = uses[c]
        if not use & SETTLES or s + BLOCK + 2 > data.size or (size > LONGEST and use & FORMED):
            rest[left] = i
            left += 1
            continue
        # The commonest cells of all.
        bits = np.uint32(0)
        kind = 0
        shape = -1
        if size == _MOBILE and data[s] == _ONE and eleven_digits(data, s):
            known = plan[100 + (data[s + 1] - 48) * 10 + data[s + 2] - 48]
            fits = digital[max(scopes[c], 0), 1, _MOBILE] if use & FORMED else NO_FORM
            if known and (fits == NO_FORM or (fits == WEAK_FORM and scopes[c] <= 0)):
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
            if kind:
                out_cell[n] = i
                out_start[n] = s
                out_end[n] = e
                out_kind[n] = kind
                out_flags[n] = bits
                n += 1
            continue
        kind = -1
        found = 0
        single = False
        pure = False
        kept = np.uint64(0)
        letter = np.uint64(0)
        shown = True
        veiled = False
        form = _NONE
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
            if use & FORMED:
                scope = scopes[c]
                if hanzi or (use & NAMES_ONLY and not run):
                    if not use & NAMES_ONLY and _begins_numeral(data, s, e):
                        form = _UNKNOWN
                elif pure:
                    fits = digital[max(scope, 0), data[s] - 48, size]
                    if fits == WEAK_FORM:
                        form = _UNKNOWN
                    elif fits:
                        form = _form_of(
                            data, s, e, size, scope, True, classes, steps, ending, forms, checks, firsts, lengths,
                            owned, scratch,
                        ) if scope > 0 else _UNKNOWN  # fmt: skip
                elif scope > 0:
                    if run & np.uint64(1):
                        length = lowest(~run) if ~run else 64
                        form = _form_of(
                            data, s, e, length, scope, single, classes, steps, ending, forms, checks, firsts, lengths,
                            owned, scratch,
                        )  # fmt: skip
                    else:
                        form = _UNKNOWN
                elif single:
                    first = classes[data[s]]
                    for w in range(firsts.shape[1]):
                        mask = firsts[first, w] & lengths[size, w] & (owned[0, w] | modes[0, w] | modes[1, w])
                        while mask and form == _NONE:
                            f = 64 * w + int(lowest(mask))
                            mask &= mask - np.uint64(1)
                            if longest(data, s, e, forms[f, START], classes, steps, ending):
                                form = _UNKNOWN
                else:
                    form = _UNKNOWN
            if hanzi and form == _NONE:
                kind = 0
            elif form == _NONE or (pure and scopes[c] <= 0):
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
                if form == _UNKNOWN and pure and kind > 0 and digital[0, data[s] - 48, size] == WEAK_FORM:
                    # The number displaces what the forms would say.
                    form = _NONE
        done = n
        settled = form >= 0 or (form == _NONE and kind >= 0)
        if form >= 0:
            settled = not use & (NAMED | PLACED)
            out_kind[n] = forms[form, KIND]
            out_flags[n] = forms[form, BITS] | LABELLED | WHOLE
            n += 1
        elif settled and kind > 0:
            if kind == BANK_CARD:
                found |= issuer_bits(data, s, e, issuers)
            settled = not (kind == RESIDENT_ID and found & AMBIGUOUS)
            out_kind[n] = kind
            out_flags[n] = found
            n += 1
        elif settled:
            settled = not (shown and (veiled or use & NUMBERED))
        shape = -1
        if settled and use & (NAMED | PLACED):
            if pure:
                shape = FILLED | DIGITS if size >= _LONG else FILLED
            elif single:
                shape = FILLED | NAME_LOOSE if letter == kept and 4 <= size <= 15 else FILLED
            elif hanzi:
                shape = _short_name(data, s, size // 3, chars, letters, surnames)
            elif data[s] < 0x80:
                shape = ascii_shape(data, s, e)
            if shape < 0:
                shape = shape_of(data, s, e, chars, letters, surnames, marks, regions)
            named = evidence[0, shape & (BINS - 1)] if use & NAMED else 0
            placed = evidence[1, shape & (BINS - 1)] if use & PLACED else 0
            if named:
                settled = (named & (SURNAME | MASKED)) != 0 and (hanzi or _tight(data, s, e))
                out_kind[n] = NAME
                out_flags[n] = named
                n += 1
            elif use & NAMES_ONLY and not (pure or single or kind > 0):
                settled = False
            if placed:
                settled = settled and (hanzi or _tight(data, s, e))
                out_kind[n] = ADDRESS
                out_flags[n] = placed
                n += 1
        elif settled:
            if pure:
                shape = FILLED | DIGITS if size >= _LONG else FILLED
            else:
                shape = plain_shape(data, s, e)
                if shape < 0 and data[s] < 0x80:
                    shape = ascii_shape(data, s, e)
                if shape < 0:
                    shape = shape_of(data, s, e, chars, letters, surnames, marks, regions)
        if not settled:
            n = done
            rest[left] = i
            left += 1
            continue
        bins[c + 1, shape & (BINS - 1)] += 1
        for k in range(done, n):
            out_cell[k] = i
            out_start[k] = s
            out_end[k] = e
    return n, left
