"""Names and addresses parts of which are hidden by signs that mean something else elsewhere: X, ?, #, 〇."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Bytes, Longs

_SIGN = "xX×?？#＃〇◯○●*＊•█▇■□"
#: Bytes such signs begin with, and the first two of those beyond ASCII.
_SIGNS = np.zeros(256, dtype=np.bool_)
_SIGNS[[sign.encode()[0] for sign in _SIGN]] = True
_PAIRS = np.zeros(1 << 16, dtype=np.bool_)
_PAIRS[[int.from_bytes(sign.encode()[:2], "big") for sign in _SIGN if not sign.isascii()]] = True
_ASCII = 0x80
_NAME = re.compile(rf"[一-龥]{{1,2}}[{_SIGN}]{{1,3}}[一-龥]?|[{_SIGN}]{{1,2}}[一-龥]{{1,2}}")
_BEFORE = re.compile(rf"[{_SIGN}]{{1,2}}$")
_AFTER = re.compile(rf"([{_SIGN}]{{0,2}})(?:[一-龥](?![一-龥]))?")
_ADDRESS = re.compile(r"[xX×?？#＃〇◯]{2,}")
#: Bytes looked at on either side of a name.
_ASIDE = 6


def _places(data: Bytes, low: int, high: int) -> Longs:
    """Return where in ``low..high`` such signs begin, ascending; signs that begin with the same two bytes are among them."""
    at: Longs = np.flatnonzero(_SIGNS[data[low:high]]) + low
    first, second = data[at], data[np.minimum(at + 1, len(data) - 1)]
    found: Longs = at[(first < _ASCII) | _PAIRS[first.astype(np.uint16) << 8 | second]]
    return found


def mark(
    data: Bytes,
    first: Longs,
    last: Longs,
    start: Longs,
    end: Longs,
    kind: Bytes,
    flags: npt.NDArray[np.uint32],
) -> None:
    """Set the evidence of a hidden part where one is, and let names begin and end with it (in place).

    Args:
        data: UTF-8 bytes.
        first: First byte of the cell each candidate is in.
        last: One past its last byte.
        start: First byte of each candidate.
        end: One past the last byte.
        kind: Kinds; only names and addresses are looked at.
        flags: Evidence.
    """
    if not len(start):
        return
    # What stands in the same cell counts, nothing of its neighbours: a value is read alike wherever it stands.
    begin, until = np.maximum(start - _ASIDE, first), np.minimum(end + 2 * _ASIDE, last)
    asked = np.flatnonzero((kind == f.NAME) | ((kind == f.ADDRESS) & (flags & f.MASKED == 0)))
    if not len(asked):
        return
    signs = _places(data, int(begin[asked].min()), int(until[asked].max()))
    some = np.searchsorted(signs, until[asked]) > np.searchsorted(signs, begin[asked])
    for i in asked[some]:
        a, b = int(start[i]), int(end[i])
        text = bytes(data[a:b]).decode("utf-8", "ignore")
        if kind[i] == f.ADDRESS:
            flags[i] |= np.uint32(f.MASKED if _ADDRESS.search(text) else 0)
            continue
        before = _BEFORE.search(bytes(data[max(a - _ASIDE, int(first[i])) : a]).decode("utf-8", "ignore"))
        lead = before.group() if before else ""
        behind = _AFTER.match(bytes(data[b : min(b + 2 * _ASIDE, int(last[i]))]).decode("utf-8", "ignore"))
        for more in {behind.group(): None, behind.group(1): None, "": None} if behind else {"": None}:
            if _NAME.fullmatch(lead + text + more):
                start[i], end[i] = a - len(lead.encode()), b + len(more.encode())
                flags[i] |= np.uint32(f.MASKED)
                break
