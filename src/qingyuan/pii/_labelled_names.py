"""Names hidden in part right behind a word for a person, in free text: 户名鲁**, 患者尉迟某某, 联系人 *国."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog

#: What hides: stars in the forms that are left after :mod:`qingyuan.pii._signs`, single X and #, and 某.
_STARS = "*∗×•●○＊"
_LOOSE = "xX#＃"
#: Bytes that signs begin with.
_FIRST = np.zeros(256, dtype=np.bool_)
_FIRST[[sign.encode()[0] for sign in (*_STARS, *_LOOSE, "某")]] = True
#: Signs beyond ASCII as numbers of two and three bytes.
_WIDE = np.array([int.from_bytes(s.encode(), "big") for s in (*_STARS, "＃", "某") if len(s.encode()) > 1])
#: Bytes of cells that are looked at together.
_TOGETHER = 1 << 20
#: Cells are read with what is between them unless that is so many times as much.
_SPREAD = 8
#: Bytes within which a 汉字 stands that is not hidden: three signs of three bytes, or two and a character of four.
_BESIDE = 10
#: The bits of a byte that tell that it goes on with a character, and what they are then.
_GOES_ON, _ON = 0xC0, 0x80
_STAR = ord("*")
#: First bytes of most 汉字.
_HAN = (0xE4, 0xE9)
_HANS = np.zeros(256, dtype=np.bool_)
_HANS[0xE3:0xEA] = _HANS[0xF0:0xF5] = True
_LOOSE_BYTES = np.frombuffer(b"xX#", dtype=np.uint8)
#: Bytes read before the first and behind the last sign of a cell.
_ASIDE = 48

Found = tuple[Longs, Longs, Longs]


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of a word for a person, what joins, and a name hidden in part."""
    kind, names = catalog().kinds["name"], catalog().names
    words = {word for word in (*kind.context.zh, *kind.header.zh) if len(word) > 1} | {"name"}
    labels = "|".join(sorted(map(re.escape, words), key=lambda w: (-len(w), w)))
    single = names.single.replace(" ", "")
    surname = f"(?:{'|'.join(names.double)}|[{single}])"
    sign = f"[{re.escape(_STARS + _LOOSE)}]"
    titles = "|".join(map(re.escape, names.titles))
    free = rf"(?:(?={titles})|(?![一-龥*\w]))"
    forms = (
        rf"{surname}{sign}{{1,3}}[一-龥]?{free}", rf"{surname}[{re.escape(_STARS)}]{{1,3}}", rf"{surname}某{{1,2}}[甲乙丙丁]?",
        rf"{sign}{{1,3}}[一-龥]{{1,2}}{free}",
    )  # fmt: skip
    return re.compile(rf"(?:{labels})(?:为|是|系)?[\s:：=（(【\[\"“']{{0,3}}({'|'.join(forms)})")


def find(data: Bytes, starts: Longs, ends: Longs, cells: Longs) -> Found:
    """Return ``(cell, start, end)`` of the names in the given cells, ascending.

    Args:
        data: UTF-8 bytes.
        starts: First byte of every cell.
        ends: One past the last byte.
        cells: The cells to look at, ascending.
    """
    out: list[tuple[int, int, int]] = []
    low, high = starts[cells], ends[cells]
    reached = -1
    for p, number in _signs(data, low, high):
        if p < reached:
            continue
        begin, end = max(int(low[number]), p - _ASIDE), min(int(high[number]), p + _ASIDE)
        while begin < p and data[begin] & _GOES_ON == _ON:
            begin += 1
        text = data[begin:end].tobytes().decode("utf-8", "ignore")
        for found in _pattern().finditer(text):
            first = begin + len(text[: found.start(1)].encode())
            last = first + len(found[1].encode())
            if first >= reached and first <= p < last:
                out.append((int(cells[number]), first, last))
                reached = last
                break
    made: npt.NDArray[np.int64] = np.array(out, dtype=np.int64).reshape(-1, 3)
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


def _signs(data: Bytes, low: Longs, high: Longs) -> Iterator[tuple[int, int]]:
    """Yield the place of every sign that may hide something in ``low..high``, and the number of its range."""
    for shown in _shown(data, low, high):
        place = _beside_han(data, shown)
        number = np.searchsorted(low, place, side="right") - 1
        within = place < high[number]
        place, number = place[within], number[within]
        hides = _hides(data, place, low[number], high[number])
        yield from zip(place[hides].tolist(), number[hides].tolist(), strict=True)


def _shown(data: Bytes, low: Longs, high: Longs) -> Iterator[Longs]:
    """Yield the places of bytes that signs begin with, of all in ``low..high`` and perhaps of some between those."""
    total = np.concatenate(([0], np.cumsum(high - low)))
    begin = 0
    while begin < len(low):
        end = max(begin + 1, int(np.searchsorted(total, total[begin] + _TOGETHER, side="right")) - 1)
        first, last = int(low[begin]), int(high[end - 1])
        if last - first <= _SPREAD * int(total[end] - total[begin]):
            # A cell may be as long as a file: of a long one a piece at a time.
            for piece in range(first, last, _TOGETHER):
                yield np.flatnonzero(_FIRST[data[piece : min(piece + _TOGETHER, last)]]) + piece
        else:
            sizes = high[begin:end] - low[begin:end]
            place = np.arange(int(sizes.sum())) + np.repeat(
                low[begin:end] - total[begin:end] + total[begin], sizes
            )
            yield place[_FIRST[data[place]]]
        begin = end


def _hides(data: Bytes, at: Longs, low: Longs, high: Longs) -> npt.NDArray[np.bool_]:
    """Tell which bytes begin a star, a 某, or an X or # behind or before a longer character of the same cell."""
    one, last = data[at], len(data) - 1
    after = np.where(at + 1 < high, data[np.minimum(at + 1, last)], 0)
    third = np.where(at + 2 < high, data[np.minimum(at + 2, last)], 0)
    before = np.where(at > low, data[np.maximum(at - 1, 0)], 0)
    two = one.astype(np.int64) << 8 | after
    wide = np.isin(two << 8 | third, _WIDE) | np.isin(two, _WIDE)
    beside = (before & _GOES_ON == _ON) | ((after >= _HAN[0]) & (after <= _HAN[1]))
    hides: npt.NDArray[np.bool_] = wide | (one == _STAR) | (np.isin(one, _LOOSE_BYTES) & beside)
    return hides


def _beside_han(data: Bytes, at: Longs) -> Longs:
    """Return the places that have a 汉字 near; a name of nothing but signs is none."""
    if not len(at):
        return at
    low = max(0, int(at[0]) - _BESIDE)
    if 2 * _BESIDE * len(at) < int(at[-1]) - low:
        # The few cells of text of a table lie far apart: the rest of it is not looked at.
        around = np.clip(at[:, None] + np.arange(-_BESIDE, _BESIDE + 1), 0, len(data) - 1)
        few: Longs = at[_HANS[data[around]].any(axis=1)]
        return few
    han = np.flatnonzero(_HANS[data[low : int(at[-1]) + _BESIDE + 1]]) + low
    near = np.searchsorted(han, at + _BESIDE, side="right") > np.searchsorted(han, at - _BESIDE)
    found: Longs = at[near]
    return found


#: Evidence of such a name.
FLAGS = np.uint32(f.LABELLED | f.MASKED)
