"""What stands around a number or an at sign: extensions, e-mail addresses, the bounds of a cell."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii._kernel.flags import WHOLE
from qingyuan.pii._kernel.symbols import is_letter
from qingyuan.pii.batch import Bytes

_RO = "Array(uint8, 1, 'C', readonly=True)"
_MAIL_ENDINGS = np.array(
    [sum(b << (8 * i) for i, b in enumerate(w)) for w in (b"png", b"jpg", b"gif", b"css", b"svg")]
)

_LOCAL = 1
_HIDDEN = 2
_DOMAIN = 4


def _mail_bytes() -> Bytes:
    """Return which bytes stand before the at sign, hide part of it, and stand in a domain besides dots."""
    table = np.zeros(256, dtype=np.uint8)
    for low, high in ((48, 58), (65, 91), (97, 123)):
        table[low:high] = _LOCAL | _DOMAIN
    table[list(b"._-+")] = _LOCAL
    table[45] |= _DOMAIN
    table[42] = _HIDDEN
    return table


_MAIL = _mail_bytes()


@njit(f"int64({_RO}, int64, int64, boolean)", cache=True, nogil=True)
def extension(data: Bytes, q: int, e: int, dash: bool) -> int:
    """Return the end of an extension (转 1234, ext. 12, [1234], -1234) at ``q``, or ``q`` if none."""
    p = q
    while p < e and data[p] == 32:
        p += 1
    bare = False
    close = 0
    if p + 2 < e and data[p] == 0xE8 and data[p + 1] == 0xBD and data[p + 2] == 0xAC:
        p += 3
        if p + 2 < e and data[p] == 0xE6 and data[p + 1] == 0x8E and data[p + 2] == 0xA5:
            p += 3
        elif p + 5 < e and data[p] == 0xE5 and data[p + 1] == 0x88 and data[p + 2] == 0x86:
            p += 6
    elif p + 2 < e and (data[p] | 32) == 101 and (data[p + 1] | 32) == 120 and (data[p + 2] | 32) == 116:
        p += 3
        if p < e and data[p] == 46:
            p += 1
    elif p == q and p < e and data[p] == 91:
        p += 1
        close = 93
    elif dash and p == q and p < e and (data[p] == 45 or data[p] == 35):
        p += 1
        bare = True
    else:
        return q
    while p < e and (data[p] == 32 or data[p] == 58) and not bare:
        p += 1
    first = p
    while p < e and 48 <= data[p] <= 57:
        p += 1
    digits = p - first
    if digits < 1 or digits > 8 or (p < e and is_letter(data[p])):
        return q
    if bare and (digits < 3 or digits > 6 or (p < e and data[p] == 45)):
        return q
    if close:
        return p + 1 if digits >= 2 and p < e and data[p] == close else q
    return p


@njit(f"UniTuple(int64, 2)({_RO}, int64, int64, int64)", cache=True, nogil=True)
def email(data: Bytes, at: int, s: int, e: int) -> tuple[int, int]:
    """Return ``(start, end)`` of the address around the at sign, or ``(at, at)``; negative start if masked."""
    a = at
    masked = False
    while a > s and at - a <= 64:
        use = _MAIL[data[np.uint64(a - 1)]]
        if use & (_LOCAL | _HIDDEN) == 0:
            break
        masked |= use == _HIDDEN
        a -= 1
    while a < at and data[a] in (46, 45, 43):
        a += 1
    if a == at or at - a > 64 or data[at - 1] == 46:
        return at, at
    z = at + 1
    label = z
    dots = 0
    while z < e and z - at <= 255:
        b = data[z]
        if b == 46:
            if z == label:
                break
            if z + 1 >= e or not (is_letter(data[z + 1]) or 48 <= data[z + 1] <= 57):
                break
            dots += 1
            label = z + 1
        elif _MAIL[b] & _DOMAIN == 0:
            break
        z += 1
    size = z - label
    if dots == 0 or size < 2 or size > 24:
        return at, at
    ending = np.int64(0)
    for k in range(label, z):
        if not is_letter(data[k]):
            return at, at
        if k - label < 3:
            ending |= np.int64(data[k] | 32) << (8 * (k - label))
    if size == 3:
        for k in range(_MAIL_ENDINGS.size):
            if ending == _MAIL_ENDINGS[k]:
                return at, at
    return (-a - 1 if masked else a), z


@njit(f"int64({_RO}, int64, int64, int64, int64)", cache=True, nogil=True)
def whole(data: Bytes, a: int, b: int, s: int, e: int) -> int:
    """Return WHOLE if only spaces and quotes stand around ``a..b`` in the cell ``s..e``."""
    while a > s and data[a - 1] in (32, 9, 34, 39, 96):
        a -= 1
    while b < e and data[b] in (32, 9, 34, 39, 96):
        b += 1
    return WHOLE if a == s and b == e else 0
