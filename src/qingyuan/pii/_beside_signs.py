"""Words at hiding signs that are no part of a name: 必填* is none, X先生 names nobody, 李*先生 ends before the title."""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Batch, Bytes, Longs
from qingyuan.pii.catalog import catalog

_SIGN = "[*∗×•●○＊xX#＃]"
#: Bytes that a character of these words may stand behind the begin of a value: after up to three signs, or two characters.
_OFFSETS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
#: Bytes read behind a value: the rest of a word.
_BEHIND = 6


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], npt.NDArray[np.uint32]]:
    """Return the pattern of a value that is no name, that of one with a title, and how characters of words begin."""
    names = catalog().names
    after, before, titles = (
        "|".join(map(re.escape, words))
        for words in ((*names.titles, *names.no_given), names.no_surname, names.titles)
    )
    first = {word[0].encode() for word in (*names.titles, *names.no_given, *names.no_surname)}
    codes = np.array([int.from_bytes(one, "big") for one in first if len(one) == 3], dtype=np.uint32)  # noqa: PLR2004 - bytes of 汉字
    return (
        re.compile(rf"{_SIGN}+(?:{after})|(?:{before}){_SIGN}"),
        re.compile(rf"([一-龥]{{1,2}}{_SIGN}+[一-龥]?)(?:{titles})"),
        codes,
    )


def bounds(batch: Batch, cell: Longs, start: Longs, end: Longs) -> tuple[npt.NDArray[np.bool_], Longs]:
    """Return whether each masked name is one for all such a word says, and where it ends, before a title.

    Args:
        batch: The cells.
        cell: Cell of each masked name.
        start: First byte of each.
        end: One past its last byte.
    """
    none, titled, codes = _patterns()
    keep, ends = np.ones(len(start), dtype=np.bool_), end.copy()
    for n in np.flatnonzero(_worth(batch.data, start, codes)).tolist():
        first = int(start[n])
        last = min(int(end[n]) + _BEHIND, int(batch.ends[cell[n]]))
        text = batch.data[first:last].tobytes().decode("utf-8", "ignore")
        if none.match(text):
            keep[n] = False
        elif name := titled.match(text):
            ends[n] = min(int(end[n]), first + len(name[1].encode()))
    return keep, ends


def _worth(data: Bytes, start: Longs, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Tell at which values a character stands that such a word begins with."""
    out = np.zeros(len(start), dtype=np.bool_)
    if len(data) < 3:  # noqa: PLR2004 - bytes of a character
        return out
    last = len(data) - 3
    for offset in _OFFSETS:
        at = np.minimum(start + offset, last)
        code = (
            (data[at].astype(np.uint32) << 16)
            | (data[at + 1].astype(np.uint32) << 8)
            | data[at + 2].astype(np.uint32)
        )
        out |= np.isin(code, codes)
    return out
