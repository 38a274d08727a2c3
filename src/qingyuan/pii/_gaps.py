"""Gaps inside numbers of free text wider than all passes know, written as the gaps they do: ``138  1234  5678``, ``0571/88123456``.

Machines that read pictures put two blanks between digits; people put a dash between blanks, a slash or a dot behind an
area code, and two stars around what they want to stress. Each is replaced by as many bytes, so no place moves.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii._spaced import spaced
from qingyuan.pii.batch import Bytes, Longs

_BLANK, _DASH, _DOT, _SLASH, _STAR, _ZERO, _NINE = 0x20, 0x2D, 0x2E, 0x2F, 0x2A, 0x30, 0x39
#: An area code, what stands behind it, and a number; around it nothing it could belong to.
_AREA = re.compile(
    rb"(?<![\dA-Za-z./_-])(?:0\d{2,3}|\(0\d{2,3}\))(?P<gap> - |[/.])[2-9]\d{2,3}[ -]?\d{4}(?![\dA-Za-z]|[/.-]\d)"
)
#: Bytes an area code may take before the gap, and the rest behind it.
_BEFORE, _BEHIND = 7, 16
#: A whole number between two stars and two stars.
_STRESSED = re.compile(rb"(?<!\*)\*\*(?P<inner>\+?[\d()][\d() -]{8,28}[\dXx])\*\*(?!\*)")
_FEWEST = 10
#: Digits of the shortest number behind an area code.
_SHORTEST = 7
_NO_BREAK, _EN_DASH = b"\xc2\xa0", b"\xe2\x80\x93"


def narrowed(data: Bytes) -> list[tuple[int, bytes]]:
    """Return the places of such gaps and what is to be written there.

    Args:
        data: UTF-8 bytes of free text.
    """
    return [*_double(data), *_behind_area(data), *_stressed(data), *spaced(data)]


def _digit(data: Bytes) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (data >= _ZERO) & (data <= _NINE)
    return found


def _double(data: Bytes) -> list[tuple[int, bytes]]:
    """Return the two blanks between digits."""
    blank = data == _BLANK
    begins = blank[1:-2] & blank[2:-1]
    # Not before there is one are the digits looked for: most texts have few pairs of blanks.
    if not begins.any():
        return []
    begins &= _digit(data[:-3])
    begins &= _digit(data[3:])
    return [(p, _NO_BREAK) for p in (np.flatnonzero(begins) + 1).tolist()]


def _behind_area(data: Bytes) -> list[tuple[int, bytes]]:
    """Return what stands between an area code and its number."""
    at: Longs = np.flatnonzero((data == _SLASH) | (data == _DOT) | (data == _DASH))
    at = at[(at > 2) & (at < len(data) - _SHORTEST)]  # noqa: PLR2004 - an area code has three digits
    wide = (data[at] == _DASH) & (data[at - 1] == _BLANK) & (data[at + 1] == _BLANK)
    at = at[wide | (data[at] != _DASH)] - wide[wide | (data[at] != _DASH)]
    begins = (data[at - 3] == _ZERO) | (data[np.maximum(at - 4, 0)] == _ZERO)
    out = []
    for p in at[begins & (_digit(data[at - 1]) | (data[at - 1] == ord(")")))].tolist():
        low = max(0, p - _BEFORE)
        found = [
            one for one in _AREA.finditer(data[low : p + _BEHIND].tobytes()) if low + one.start("gap") == p
        ]
        out += [(p, _EN_DASH if len(one["gap"]) > 1 else b"-") for one in found]
    return out


def _stressed(data: Bytes) -> list[tuple[int, bytes]]:
    """Return the pairs of stars around whole numbers."""
    star = data == _STAR
    if not (star[:-1] & star[1:]).any():
        return []
    out = []
    for found in _STRESSED.finditer(data.tobytes()):
        if sum(48 <= byte <= 57 for byte in found["inner"]) >= _FEWEST:  # noqa: PLR2004 - ASCII digits
            out += [(found.start(), b"''"), (found.end() - 2, b"''")]
    return out
