"""What a whole cell is: its one form among those of its column, and whether it is a short name."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._blocks import PLAIN, lowest
from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.beside import folded
from qingyuan.pii._kernel.cells import FILLED, name_shape
from qingyuan.pii._kernel.checks import passes
from qingyuan.pii._kernel.forms import COLUMN, GUARD, GUARDS, NEEDS, PREFIX, START, Masks, Steps
from qingyuan.pii._kernel.recall import traced
from qingyuan.pii.batch import Bytes, Longs

#: What :func:`form_of` returns besides the number of a form.
NO_FORM_FITS, MAY_FIT = -1, -2

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"boolean({_RO}, int64, int64)", cache=True, nogil=True)
def begins_numeral(data: Bytes, s: int, e: int) -> bool:
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
def tight(data: Bytes, s: int, e: int) -> bool:
    """Tell whether no blank or quote stands at either end (never wrongly yes)."""
    if data[s] in (32, 9, 10, 13, 34, 39, 0xC2, 0xE3, 0xEF) or data[e - 1] in (32, 9, 10, 13, 34, 39):
        return False
    q = e - 1
    while q > s and data[q] & 0xC0 == 0x80:
        q -= 1
    return data[q] not in (0xC2, 0xE3, 0xEF)


@njit(f"int64({_RO}, int64, int64, int64[::1], {_RO}, {_RO64})", cache=True, nogil=True)
def short_name(data: Bytes, s: int, n: int, chars: Longs, letters: Bytes, surnames: Longs) -> int:
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
    f"UniTuple(int64, 2)({_RO}, int64, int64, int64, int64, boolean, {_RO}, uint16[:, ::1], {_RO}, {_RO}, int64[:, ::1],"
    " int64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint8[::1])",
    cache=True,
    nogil=True,
)
def form_of(
    data: Bytes, s: int, e: int, size: int, scope: int, single: bool, classes: Bytes, steps: Steps, ending: Bytes,
    blind: Bytes, forms: Longs, checks: Longs, firsts: Masks, lengths: Masks, owned: Masks, scratch: Bytes,
) -> tuple[int, int]:  # fmt: skip
    """Return the form of a column of the class ``scope`` that the cell ``s..e`` has, or -1 for none, -2 for unknown.

    With it 1 if every other digit behind the first :data:`PLAIN` bytes would have given the same, else 0.

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
        blind: See :func:`qingyuan.pii._kernel.recall.traced`.
        forms: See :func:`qingyuan.pii._kernel.forms.scan_forms`, as for all that follow.
        checks: See there.
        firsts: See there.
        lengths: See there.
        owned: See there.
        scratch: Room for the characters of a value.
    """
    first = classes[data[s]]
    alike = 1
    for w in range(firsts.shape[1]):
        mask = firsts[first, w] & lengths[size, w] & owned[scope, w]
        while mask:
            f = 64 * w + int(lowest(mask))
            mask &= mask - np.uint64(1)
            z, same = traced(data, s, e, s + PLAIN, forms[f, START], classes, steps, ending, blind)
            alike &= same
            if z == 0 or (single and z < e) or not forms[f, NEEDS] & COLUMN:
                continue
            if z < e or forms[f, PREFIX] or forms[f, GUARDS] > forms[f, GUARD]:
                return MAY_FIT, alike
            if checks[f, 0]:
                alike = 0
                n = folded(data, s, z, scratch)
                good = True
                for j in range(4):
                    if checks[f, j] and not passes(checks[f, j], scratch, n):
                        good = False
                        break
                if not good:
                    continue
            return f, alike
    return (NO_FORM_FITS if single else MAY_FIT), alike
