"""One pass over the cells for the forms of the catalogue: every value a pattern, a check and a word make one.

A value begins where ASCII letters or digits begin (or one 汉字 before them, or with a Chinese numeral one). There,
the forms that can begin with this character and go on for so many letters and digits are tried, most often none;
a form that says nothing by itself is tried only after a word of its kind or in a column of its kind.
"""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.beside import (
    ROOM,
    RUN,
    folded,
    free,
    guarded,
    label_after,
    label_before,
    near,
    numeral,
    says_something,
    value,
    whole,
)
from qingyuan.pii._kernel.cells import character_at, is_star
from qingyuan.pii._kernel.checks import passes
from qingyuan.pii._kernel.context import word_ending
from qingyuan.pii._kernel.flags import ADJACENT, CONTEXT, LABEL_OWN, LABEL_SHIFT, LABELLED, WHOLE
from qingyuan.pii.batch import Bytes, Longs

Flags = npt.NDArray[np.uint32]
Masks = npt.NDArray[np.uint64]
Steps = npt.NDArray[np.uint16]
Scopes = npt.NDArray[np.int16]

#: What a cell is: passed over, of a column without a telling name, free text; more is its column's class.
SKIP, NAMELESS, TEXT = -2, -1, 0
#: Columns of the table of forms.
START, KIND, BITS, OWN, NEEDS, PREFIX, CHECK, GUARD, GUARDS, COLONS = range(10)
FORM_COLUMNS = 10
#: Bits of ``NEEDS``: in what evidence a form counts, and whether a word of another kind leaves it standing.
COLUMN, LABEL, NEAR, PROFILE, ALONE, STANDS = (1 << i for i in range(6))
#: Longest run of letters and digits told apart.
LONGEST = 64

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


#: Rank of a value known by its column or its label.
_BEST = 4

#: A de Bruijn sequence: times a power of two, its first six bits tell which.
_MAGIC = np.uint64(0x03F79D71B4CB0A89)


def _bit_numbers() -> Longs:
    """Return the number of the bit by the first six bits of its product with :data:`_MAGIC`."""
    table = np.zeros(64, dtype=np.int64)
    for bit in range(64):
        table[(int(_MAGIC) << bit & 0xFFFFFFFFFFFFFFFF) >> 58] = bit
    return table


_BITS = _bit_numbers()


@njit(f"int64({_RO}, int64, int64, int64, {_RO}, uint16[:, ::1], {_RO})", cache=True, nogil=True)
def longest(data: Bytes, p: int, e: int, state: int, classes: Bytes, steps: Steps, ending: Bytes) -> int:
    """Return the end of the longest value from ``p``, or 0."""
    end = 0
    while p < e:
        width = 1
        c = data[p] + 0
        if c >= 0x80:
            c, width = character_at(data, p, e)
        state = steps[state, classes[c]]
        if state == 0:
            break
        p += width
        if ending[state]:
            end = p
    return end


@njit(
    f"boolean({_RO}, int64, int64, int64, {_RO}, uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1])",
    cache=True,
    nogil=True,
)
def _hopeless(
    data: Bytes, s: int, e: int, scope: int, classes: Bytes, firsts: Masks, lengths: Masks, owned: Masks,
    modes: Masks,
) -> bool:  # fmt: skip
    """Tell whether a cell of a table is one run of letters and digits with which no form begins."""
    q = s
    while q < e and RUN[data[np.uint64(q)]]:
        q += 1
    if q < e or q == s:
        return False
    first = classes[data[s]]
    size = min(e - s, LONGEST)
    for w in range(firsts.shape[1]):
        own = owned[scope, w] if scope > 0 else owned[0, w] | modes[0, w] | modes[1, w]
        if firsts[first, w] & lengths[size, w] & own:
            return False
    return True


@njit(
    f"int64({_RO}, {_RO64}, {_RO64}, int64, int16[::1], {_RO}, uint16[:, ::1], {_RO}, int64[:, ::1], int64[:, ::1],"
    f" {_RO}, {_RO64}, uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint8[::1], {_RO64}, {_RO64},"
    f" {_RO}, {_RO64}, {_RO64}, int64[::1], int64[::1], int64[::1], uint8[::1], uint32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def scan_forms(
    data: Bytes,
    starts: Longs,
    ends: Longs,
    begin: int,
    scopes: Scopes,
    classes: Bytes,
    steps: Steps,
    ending: Bytes,
    forms: Longs,
    checks: Longs,
    guard_text: Bytes,
    guards: Longs,
    firsts: Masks,
    lengths: Masks,
    owned: Masks,
    modes: Masks,
    refusing: Bytes,
    cells_of: Longs,
    empty: Longs,
    text: Bytes,
    words: Longs,
    buckets: Longs,
    out_cell: Longs,
    out_start: Longs,
    out_end: Longs,
    out_kind: Bytes,
    out_flags: Flags,
    state: Longs,
) -> int:
    """Find the values in the cells from ``begin`` on, ascending; return their number.

    ``state[0]`` receives the first cell not read, because the outputs were full; ``state[1]`` is 1 when cells are
    lines of text and a value alone on its line may have its label on the line before.

    Args:
        data: UTF-8 bytes.
        starts: First byte of each cell.
        ends: One past the last byte of each cell.
        begin: First cell to read.
        scopes: ``int16[cells]``: :data:`SKIP`, :data:`NAMELESS`, :data:`TEXT` or the class of the column.
        classes: ``uint8[65536]``: class of each character.
        steps: ``uint16[states, classes]``: next state of the automata, 0 for none.
        ending: ``uint8[states]``: 1 where a value may end.
        forms: ``int64[forms, FORM_COLUMNS]``.
        checks: ``int64[forms, 4]``: validators, all of which a value passes.
        guard_text: Bytes of the guards.
        guards: ``(offset, length, side)`` triples.
        firsts: ``uint64[classes, words]``: forms that may begin with a character, as bits.
        lengths: ``uint64[LONGEST + 1, words]``: forms that may begin with so many letters and digits.
        owned: ``uint64[128, words]``: forms that a label of the class makes theirs.
        modes: ``uint64[3, words]``: forms for nameless columns, for text without a label, behind one 汉字.
        refusing: ``uint8[128]``: 1 for classes of labels whose value is something else.
        cells_of: ``int64[128]``: the form of whole cells under this class of column, -1 for none; negative
            numbers below -1 are ``-2 - form`` for forms that also take the clause after a label in text.
        empty: Sorted hashes (:func:`fingerprint`, as signed numbers) of words for nothing.
        text: Bytes of the labels, see :func:`context.word_ending`.
        words: See there.
        buckets: See there.
        out_cell: Receives the cell of each value; all outputs are of one size.
        out_start: Receives the first byte.
        out_end: Receives one past the last byte.
        out_kind: Receives the kind.
        out_flags: Receives the evidence bits.
        state: See above.
    """
    scratch = np.empty(ROOM, dtype=np.uint8)
    masks = firsts.shape[1]
    room = out_cell.size
    n = 0
    for cell in range(begin, starts.size):
        scope = scopes[cell]
        if scope == SKIP:
            continue
        s = starts[cell]
        e = ends[cell]
        if n + (e - s) + 1 > room:
            if n == 0 and e - s + 1 > room:
                continue
            state[0] = cell
            return n
        before = starts[cell - 1] if state[1] and cell > 0 else s
        floor = n
        reached = s
        glued = 0
        p = s
        if (
            scope != TEXT
            and not state[1]
            and _hopeless(data, s, e, scope, classes, firsts, lengths, owned, modes)
        ):
            p = e
        while p < e:
            b = data[p]
            if 0xE6 <= b <= 0xE9 or b == 0xE3:
                p += 3
                continue
            a = p
            q = p
            one = False
            if RUN[b]:
                q = p + 1
                while q < e and RUN[data[q]]:
                    q += 1
            elif b == 42 and (p == s or (data[p - 1] != 42 and not RUN[data[p - 1]])):
                # A value may be hidden from its first character on.
                while q < e and data[q] == 42:
                    q += 1
                one = True
            elif b in (0xC3, 0xE2) or (
                b == 0xEF and p + 2 < e and data[p + 1] == 0xBC and data[p + 2] == 0x8A
            ):
                # The same with signs that are not ASCII.
                while q < e:
                    c, width = character_at(data, q, e)
                    if not is_star(c):
                        break
                    q += width
                one = q > p
                if not one:
                    p += 1
                    continue
            elif b >= 0xE3:
                if b == 0xEF and p + 2 < e:
                    c, _ = character_at(data, p, e)
                    if 0xFF10 <= c <= 0xFF5A and c != 0xFF1A:
                        while q + 2 < e:
                            c, _ = character_at(data, q, e)
                            if not (0xFF10 <= c <= 0xFF19 or 0xFF21 <= c <= 0xFF3A or 0xFF41 <= c <= 0xFF5A):
                                break
                            q += 3
                    elif c == 0xFF1A and scope == TEXT:
                        b = 58
                elif (b == 0xE4 and p + 5 < e and data[p + 1] == 0xB8 and data[p + 2] == 0x80) or (
                    b == 0xE5
                    and p + 5 < e
                    and (
                        (data[p + 1] == 0xB9 and data[p + 2] == 0xBA)
                        or (data[p + 1] == 0xA3 and data[p + 2] == 0xB9)
                    )
                ):
                    c, _ = character_at(data, p + 3, e)
                    one = numeral(c) >= 0
                    if one:
                        q = p + 3
                if q == p and b != 58:
                    p += 3
                    continue
            if q == p:
                if b in (58, 61) and scope == TEXT:
                    width = 3 if data[p] == 0xEF else 1
                    a = p
                    while a > s and data[a - 1] in (32, 34, 39, 42):
                        a -= 1
                    k = word_ending(data, a, s, e, text, words, buckets) if a > s else -1
                    label = words[3 * k + 2] if k >= 0 else 0
                    if k >= 0 and cells_of[label] < -1:
                        f = -2 - cells_of[label]
                        a, z = value(data, p + width, e, True)
                        if z > a and says_something(data, a, z, empty):
                            out_cell[n] = cell
                            out_start[n] = a
                            out_end[n] = z
                            out_kind[n] = forms[f, KIND]
                            out_flags[n] = (
                                forms[f, BITS] | LABELLED | ADJACENT | CONTEXT | LABEL_OWN << LABEL_SHIFT
                            )
                            n += 1
                            p = z
                            reached = z
                            continue
                    p += width
                    continue
                p += 1
                continue
            size = min(q - p, LONGEST) if RUN[data[p]] else min((q - p) // 3, LONGEST)
            best = 0
            best_a = p
            best_z = p
            best_form = 0
            best_bits = 0
            label = -1
            c0, _ = character_at(data, p, e)
            first = classes[c0]
            turns = 1
            behind = 0
            if p - 3 >= reached and 0xE4 <= data[p - 3] <= 0xE9 and (not one or c0 < 0x3000) and not glued:
                h, width = character_at(data, p - 3, p)
                behind = classes[h]
                if width == 3 and behind > 0:
                    turns = 2
            for turn in range(turns):
                label = -1
                for w in range(masks):
                    if turn == 1:
                        mask = firsts[behind, w]
                        a = p - 3
                    else:
                        mask = firsts[first, w] & (lengths[size, w] if not one else ~np.uint64(0))
                        a = p
                    if scope > 0:
                        mask &= owned[scope, w]
                    if mask == 0:
                        continue
                    if scope <= 0:
                        if glued:
                            label = glued
                        elif label < 0:
                            # At the begin of a line the one behind is nearer than that of the line before.
                            label = 0
                            if scope == TEXT and a - s < 4:
                                label = label_after(data, q, e, text, words, buckets)
                            if label == 0:
                                label = label_before(
                                    data, a, before if a - s < 4 else s, text, words, buckets
                                )
                            if label == 0 and scope == TEXT:
                                label = label_after(data, q, e, text, words, buckets)
                        loose = modes[1, w] | (modes[0, w] if scope == NAMELESS else np.uint64(0))
                        mask &= loose | owned[label, w]
                    # Nothing is better than a whole cell known by its column.
                    while mask and not (best == _BEST and best_bits & WHOLE):
                        low = mask & (~mask + np.uint64(1))
                        mask ^= low
                        bit = _BITS[(low * _MAGIC) >> np.uint64(58)]
                        f = 64 * w + bit
                        z = longest(data, a, e, forms[f, START], classes, steps, ending)
                        if z == 0:
                            continue
                        v = a + forms[f, PREFIX]
                        if not free(data, a, z, a if glued else s, e, forms[f, COLONS] != 0):
                            continue
                        own = scope > 0 or forms[f, PREFIX] > 0
                        own = own or (owned[label, w] >> np.uint64(bit)) & np.uint64(1) != 0
                        if forms[f, GUARDS] > forms[f, GUARD] and guarded(
                            data, a, z, s, e, forms[f, GUARD], forms[f, GUARDS], not own, guard_text, guards
                        ):
                            continue
                        if checks[f, 0]:
                            size_v = folded(data, v, z, scratch)
                            good = True
                            for j in range(4):
                                if checks[f, j] and not passes(checks[f, j], scratch, size_v):
                                    good = False
                                    break
                            if not good:
                                continue
                        needs = forms[f, NEEDS]
                        found = 0
                        rank = 0
                        if scope > 0:
                            rank = _BEST if needs & COLUMN else 0
                            found = LABELLED
                        elif own:
                            if needs & LABEL:
                                rank = _BEST
                                found = (
                                    LABELLED
                                    | ADJACENT
                                    | CONTEXT
                                    | min(forms[f, OWN], LABEL_OWN) << LABEL_SHIFT
                                )
                        elif label > 0 and refusing[label] and not needs & STANDS:
                            rank = 0
                        elif needs & NEAR and near(
                            data, a, z, before if a - s < 4 else s, e, forms[f, OWN], text, words, buckets
                        ):
                            rank = 3
                            found = CONTEXT
                        elif needs & ALONE or (scope == NAMELESS and needs & PROFILE):
                            rank = 2 if needs & STANDS else 1
                            found = LABELLED if needs & STANDS else 0
                        if rank == 0:
                            continue
                        alone = whole(data, v, z, s, e)
                        if rank <= 2 and not needs & ALONE and not alone:
                            continue
                        if rank > best or (rank == best and (z > best_z or (z == best_z and v < best_a))):
                            best = rank
                            best_a = v
                            best_z = z
                            best_form = f
                            best_bits = found | alone
            if best == 0:
                # A label may be glued to a figure: imei35…, IP10.…
                g = p
                while scope == TEXT and not glued and g < q and data[g] >= 65:
                    g += 1
                k = word_ending(data, g, s, g, text, words, buckets) if p < g < q else -1
                glued = words[3 * k + 2] if k >= 0 else 0
                p = g if glued else q
                continue
            glued = 0
            while n > floor and out_end[n - 1] > best_a:
                n -= 1
            out_cell[n] = cell
            out_start[n] = best_a
            out_end[n] = best_z
            out_kind[n] = forms[best_form, KIND]
            out_flags[n] = forms[best_form, BITS] | best_bits
            n += 1
            p = max(best_z, q)
            reached = p
        if scope > 0 and n == floor and cells_of[scope] != -1:
            a, z = value(data, s, e, False)
            if z > a and says_something(data, a, z, empty):
                f = cells_of[scope] if cells_of[scope] >= 0 else -2 - cells_of[scope]
                out_cell[n] = cell
                out_start[n] = a
                out_end[n] = z
                out_kind[n] = forms[f, KIND]
                out_flags[n] = forms[f, BITS] | LABELLED | WHOLE
                n += 1
    state[0] = starts.size
    return n
