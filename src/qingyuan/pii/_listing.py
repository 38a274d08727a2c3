"""Marks of lists and of tables drawn in free text, written as signs all passes know: ``1.138…``, ``手机|138…``, ``生日→1990…``.

A number of a list joined to a value by a dot looks like a decimal, a bar or an arrow behind a label like any other sign. Each
is replaced by a sign of as many bytes, so no place moves.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from qingyuan.pii._gaps import narrowed
from qingyuan.pii.batch import Batch, Bytes, Longs

#: The number of a list, its dot, and a value of so many digits that no amount is written so.
_NUMBERED = re.compile(
    rb"[ \t]*(\d{1,2})(\.)(?:"
    rb"(?P<whole>\d{17}[\dXx])(?![\dA-Za-z.])"
    rb"|(?P<grouped>\d{6}[ -]\d{8}[ -]\d{3}[\dXx]|1[3-9]\d[ -]\d{4}[ -]\d{4}|0\d{2,3}-[2-9]\d{6,7})(?![\dA-Za-z.])"
    rb"|(?P<masked>1[3-9]\d(?:\*|\xe2\x88\x97|\xc3\x97|\xe2\x97\x8f|\xe2\x80\xa2){4})"
    rb"|(?P<wide>(?:\xef\xbc[\x90-\x99]){11,18})"
    rb"|(?P<mobile>1[3-9]\d{9})(?![\dA-Za-z.]))"
)
#: Bytes read at the begin of a cell.
_HEAD = 72
#: A card number in groups of four between signs other than a blank or a dash, a mobile number between tabs, and what each sign is read as.
_CARD = re.compile(
    rb"(?<![\d.])1[3-9]\d\t\d{4}\t\d{4}(?![\dA-Za-z])"
    rb"|(?<![\d.])[456]\d{3}(?P<sign>[._/~\t]|  |\xc2\xb7)\d{4}(?P=sign)\d{4}(?P=sign)\d{4}(?:(?P=sign)\d{1,3})?(?![\dA-Za-z])"
)
#: The dot behind an abbreviation before a number: ``Tel.138…``.
_SHORT = re.compile(rb"(?<![A-Za-z])(?:tel|mob|mobile|phone|ph|cell|fax)(\.)[ ]?(?=[\d(+])", re.IGNORECASE)
_CARD_SIGNS = (
    (b"\xc2\xb7", b"\xc2\xa0"),
    (b"  ", b"\xc2\xa0"),
    *((bytes([sign]), b"-") for sign in b"._/~\t"),
)
#: The bytes such signs begin with, digits, the size of a group, and bytes read of a card and behind its first sign at least.
_BETWEEN = np.zeros(256, dtype=np.bool_)
_BETWEEN[list(b"._/~\t \xc2")] = True
_DIGIT = np.zeros(256, dtype=np.bool_)
_DIGIT[list(b"0123456789")] = True
_GROUP, _CARD_READ, _BEHIND_SIGN, _TAB = 4, 40, 8, 0x09
#: Last letters of such abbreviations, what stands behind their dot, and the bytes before it that are read.
_SHORT_ENDS, _BEHIND_SHORT = np.zeros(256, dtype=np.bool_), np.zeros(256, dtype=np.bool_)
_SHORT_ENDS[list(b"lbehxLBEHX")] = True
_BEHIND_SHORT[list(b" 0123456789(+")] = True
_SHORT_READ = 8
#: What joins digits before the number of a list to it; the first byte of a full-width digit.
_JOINS = frozenset(
    bytes([b]) for b in b"0123456789.-_/\\abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_WIDE_LEAD = 0xEF
_DOT, _BAR, _ARROW = 0x2E, 0x7C, b"\xe2\x86\x92"
_BLANK, _ZERO, _NINE = 0x20, 0x30, 0x39


def separated(batch: Batch) -> Batch:
    """Return a batch of free text with such marks replaced, in a buffer as long; the same batch if there are none."""
    if not batch.prose or not len(batch.data):
        return batch
    data = batch.data
    cards, dots, bars, arrows = _cards(data), _dots(batch), _bars(data), _arrows(data)
    dots += _short(data)
    gaps = narrowed(data)
    if not dots and not len(bars) and not len(arrows) and not cards and not gaps:
        return batch
    data = data.copy()
    for at, written in gaps:
        data[at : at + len(written)] = np.frombuffer(written, dtype=np.uint8)
    for first, last in cards:
        group = data[first:last].tobytes()
        for sign, other in _CARD_SIGNS:
            group = group.replace(sign, other)
        data[first:last] = np.frombuffer(group, dtype=np.uint8)
    data[np.array(dots, dtype=np.int64)] = 0x29  # )
    data[bars] = 0x3D  # =
    for n, byte in enumerate("：".encode()):
        data[arrows + n] = byte
    data.flags.writeable = False
    return replace(batch, data=data)


def _cards(data: Bytes) -> list[tuple[int, int]]:
    """Return begin and end of the cards and mobiles in groups between such signs."""
    if len(data) <= _CARD_READ:
        return [found.span() for found in _CARD.finditer(data.tobytes())]
    # The first sign of each: a group before it and one behind it, then a sign like it.
    first = _GROUP - 1
    begins = _BETWEEN[data[first:-_BEHIND_SIGN]]
    begins &= _DIGIT[data[first - 1 : -_BEHIND_SIGN - 1]]
    at = np.flatnonzero(begins) + first
    single = at[data[at + _GROUP + 1] == data[at]]
    double = at[data[at + _GROUP + 2] == data[at]]
    at = np.unique(np.concatenate((single, double)))
    out: list[tuple[int, int]] = []
    reached = 0
    for sign in at.tolist():
        tabbed = data[sign] == _TAB
        for back in (_GROUP - 1, _GROUP) if tabbed else (_GROUP,):
            begin = sign - back
            if begin < reached:  # before the text as well
                continue
            low = max(begin - 1, 0)
            found = _CARD.match(data[low : begin + _CARD_READ].tobytes(), begin - low)
            if found:
                out.append((low + found.start(), low + found.end()))
                reached = out[-1][1]
                break
    return out


def _short(data: Bytes) -> list[int]:
    """Return the dots behind abbreviations before a number."""
    at = np.flatnonzero(data[:-1] == _DOT)
    out: list[int] = []
    for dot in at[_BEHIND_SHORT[data[at + 1]] & _SHORT_ENDS[data[at - 1]]].tolist():
        low = max(0, dot - _SHORT_READ)
        out += [dot for one in _SHORT.finditer(data[low : dot + 3].tobytes()) if low + one.start(1) == dot]
    return out


def _dots(batch: Batch) -> list[int]:
    """Return the dots behind the numbers of a list.

    ``1.13812345678`` alone on its line may be a decimal: it is one unless a line beside it has the number before or after.
    """
    data, last = batch.data, len(batch.data) - 1
    first = np.minimum(batch.starts, last)
    for _ in range(4):  # blanks before
        blank = (data[first] == _BLANK) & (first < np.minimum(batch.ends, last))
        if not blank.any():
            break
        first = first + blank
    one, two, three = data[first], data[np.minimum(first + 1, last)], data[np.minimum(first + 2, last)]
    digit = (two >= _ZERO) & (two <= _NINE)
    likely = (one > _ZERO) & (one <= _NINE) & ((two == _DOT) | (digit & (three == _DOT)))
    out: list[tuple[int, int]] = []
    doubtful: list[tuple[int, int]] = []
    numbers: dict[int, int] = {}
    for cell in np.flatnonzero(likely).tolist():
        begin, end = int(batch.starts[cell]), int(batch.ends[cell])
        found = _NUMBERED.match(data[begin : min(end, begin + _HEAD)].tobytes())
        if not found:
            continue
        numbers[cell] = int(found[1])
        alone = found["mobile"] and begin + found.end() >= end
        (doubtful if alone else out).append((cell, begin + found.start(2)))
    out += _middle(batch, numbers)
    for cell, at in doubtful:
        number = numbers[cell]
        if numbers.get(cell - 1) == number - 1 or numbers.get(cell + 1) == number + 1:
            out.append((cell, at))
    return [at for _, at in sorted(out)]


def _middle(batch: Batch, first: dict[int, int]) -> list[tuple[int, int]]:
    """Return cell and place of the dots behind numbers of a list within a line.

    A mobile number behind one may be a decimal: it is one unless the line has the number before or after as well.
    """
    data = batch.data
    at = np.flatnonzero(data == _DOT)
    at = at[(at > 1) & (at < len(data) - 11)]
    one, behind = data[at - 1], data[at + 1]
    likely = (
        (one >= _ZERO) & (one <= _NINE) & (((behind > _ZERO) & (behind <= _NINE)) | (behind == _WIDE_LEAD))
    )
    out: list[tuple[int, int]] = []
    doubtful: list[tuple[int, int, int]] = []
    for dot in at[likely].tolist():
        begin = dot - 1 if not _ZERO <= data[dot - 2] <= _NINE else dot - 2
        cell = int(np.searchsorted(batch.starts, dot, side="right")) - 1
        low, high = int(batch.starts[cell]), int(batch.ends[cell])
        if begin <= low or dot >= high or bytes(data[begin - 1 : begin]) in _JOINS:
            continue
        found = _NUMBERED.match(data[begin : min(high, begin + _HEAD)].tobytes())
        if found and found.start(2) == dot - begin:
            number = int(found[1])
            if found["mobile"]:
                doubtful.append((cell, dot, number))
            else:
                out.append((cell, dot))
    seen = {(cell, number) for cell, _, number in doubtful} | set(first.items())
    out += [
        (cell, dot)
        for cell, dot, number in doubtful
        if (cell, number - 1) in seen or (cell, number + 1) in seen
    ]
    return out


def _bars(data: Bytes) -> Longs:
    """Return the bars between a word and what begins directly behind it."""
    at = np.flatnonzero(data == _BAR)
    at = at[(at > 0) & (at < len(data) - 1)]
    before, behind = data[at - 1], data[at + 1]
    letter = ((before | 0x20) >= ord("a")) & ((before | 0x20) <= ord("z"))
    found: Longs = at[(letter | (before >= 0x80)) & (behind > _BLANK) & (behind != _BAR)]  # noqa: PLR2004 - bytes of other scripts
    return found


def _arrows(data: Bytes) -> Longs:
    """Return the first bytes of the arrows →."""
    at = np.flatnonzero(data == _ARROW[1]) - 1
    at = at[(at > 0) & (at < len(data) - 2)]
    found: Longs = at[(data[at] == _ARROW[0]) & (data[at + 2] == _ARROW[2]) & (data[at - 1] > _BLANK)]
    return found
