"""Labels and numbers of free text written character by character, and numerals among digits, as all passes know them.

``联 系 电 话：``, ``1-3-8-0-…``, ``一 三 八 …``, ``159九三八三4701``, ``[0571]88123456``: each is replaced by as many bytes. A value
keeps its place; of a label only the blanks move to its front.
"""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog

_BLANK, _DASH, _OPEN, _ZERO, _TEN = 0x20, 0x2D, 0x5B, 0x30, 10
#: First bytes of 汉字, of the mark 〇 and of a full-width blank, and the others of that.
_HAN, _HAN_END, _CIRCLE, _MIDDLE = 0xE4, 0xE9, 0xE3, 0x80
_NUMERALS = ("零〇", "一幺壹", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_VALUE = {sign.encode(): digit for digit, signs in enumerate(_NUMERALS) for sign in signs}
_SIGN = re.compile(b"|".join(map(re.escape, sorted(_VALUE))))
_NUMERAL = b"(?:" + b"|".join(map(re.escape, sorted(_VALUE))) + b")"
#: Digits one by one, joined by dashes: a mobile, an identity number or a card.
_DASHED = re.compile(rb"(?<![\w-])\d(?:-\d){9,17}-[\dXx](?![\w-])")
_BRACKETS = re.compile(rb"(?<![\w\]])\[0\d{2,3}\](?=[ -]?[2-9]\d{2,3}[ -]?\d{4}(?![\dA-Za-z]|[.-]\d))")
_APART = re.compile(_NUMERAL + rb"(?: " + _NUMERAL + rb"){10,18}(?! ?" + _NUMERAL + rb")")
_MIXED = re.compile(rb"(?<![\dA-Za-z.])\d(?:\d|" + _NUMERAL + rb"){10,18}(?![\dA-Za-z])")
#: A mobile, an identity number or a card that ends before the first numeral: 13800138000一直占线, 13800138000陆先生.
_WHOLE = re.compile(rb"(?:1[3-9]\d{9}|\d{16}|\d{18,19})" + _NUMERAL + rb"{1,3}$")
_LABEL = re.compile("([㐀-鿿](?:[ 　][㐀-鿿]){1,7})(?=[ 　\\t]?[:：=（(【\\[是为A-Z\\d＋+０-９—-]|\\t)")
#: Bytes at the begin (one 汉字) and at the end of a text that are looked at with others only, and those of the shortest text.
_FRONT, _EDGE, _SHORTEST = 3, 9, 20
#: Bytes looked at around a place.
_ASIDE = 80
_NOTHING = b"\xe2\x80\x8b"


def spaced(data: Bytes) -> list[tuple[int, bytes]]:
    """Return the places of what is written so and what is to be written there.

    Args:
        data: UTF-8 bytes of free text.
    """
    if len(data) < _SHORTEST:
        return []
    # Of the blanks of a text in Latin letters none stands before 汉字.
    blank = (
        np.flatnonzero((data[_FRONT:-_EDGE] == _BLANK) & (data[_FRONT + 1 : 1 - _EDGE] >= _CIRCLE)) + _FRONT
    )
    return [*_dashed(data), *_bracketed(data), *_apart(data, blank), *_mixed(data), *_labels(data, blank)]


def _around(data: Bytes, places: Longs) -> list[tuple[int, bytes]]:
    """Return the stretches around the places, none of which overlap, with where they begin."""
    out = []
    at = 0
    while at < len(places):
        low = max(0, int(places[at]) - _ASIDE)
        high = int(places[at]) + _ASIDE
        at += 1
        while at < len(places) and places[at] <= high:
            high = int(places[at]) + _ASIDE
            at += 1
        out.append((low, data[low:high].tobytes()))
    return out


def _dashed(data: Bytes) -> list[tuple[int, bytes]]:
    """Return digits joined one by one by dashes, with blanks instead."""
    at = np.flatnonzero(data[:-_EDGE] == _DASH)
    at = at[(data[at + 2] == _DASH) & (data[at + 4] == _DASH)]
    return [
        (low + one.start(), one[0].replace(b"-", b" "))
        for low, text in _around(data, at)
        for one in _DASHED.finditer(text)
    ]


def _bracketed(data: Bytes) -> list[tuple[int, bytes]]:
    """Return area codes in square brackets, in round ones."""
    at = np.flatnonzero(data[:-1] == _OPEN)
    return [
        (low + one.start(), b"(" + one[0][1:-1] + b")")
        for low, text in _around(data, at[data[at + 1] == _ZERO])
        for one in _BRACKETS.finditer(text)
    ]


def _apart(data: Bytes, blank: Longs) -> list[tuple[int, bytes]]:
    """Return Chinese numerals one by one as digits and nothing."""
    out = []
    for low, text in _around(data, blank[(data[blank + 4] == _BLANK) & (data[blank + 8] == _BLANK)]):
        for one in _APART.finditer(text):
            digits = [_VALUE[sign] for sign in _SIGN.findall(one[0])]
            new = b"".join(b"%d" % digit + _NOTHING for digit in digits[:-1])
            out.append((low + one.start(), new + chr(0xFF10 + digits[-1]).encode()))
    return out


def _mixed(data: Bytes) -> list[tuple[int, bytes]]:
    """Return Chinese numerals among digits as full-width digits."""
    at = np.flatnonzero((data[:-_EDGE] - _ZERO < _TEN) & (data[1 : 1 - _EDGE] >= _CIRCLE))
    at = at[_begins()[data[at + 1].astype(np.uint16) << 8 | data[at + 2]]]
    at = at[_ends()[data[at + 2].astype(np.uint16) << 8 | data[at + 3]]]
    out = []
    for low, text in _around(data, at):
        for one in _MIXED.finditer(text):
            if _WHOLE.match(one[0]):
                continue
            new = _SIGN.sub(lambda m: chr(0xFF10 + _VALUE[m[0]]).encode(), one[0])
            if new != one[0]:
                out.append((low + one.start(), new))
    return out


@functools.cache
def _begins() -> npt.NDArray[np.bool_]:
    """Return which two bytes begin a numeral."""
    out = np.zeros(1 << 16, dtype=np.bool_)
    out[[int.from_bytes(sign[:2], "big") for sign in _VALUE]] = True
    return out


@functools.cache
def _ends() -> npt.NDArray[np.bool_]:
    """Return which two bytes end a numeral."""
    out = np.zeros(1 << 16, dtype=np.bool_)
    out[[int.from_bytes(sign[1:], "big") for sign in _VALUE]] = True
    return out


@functools.cache
def _words() -> frozenset[str]:
    """Return the words of all labels."""
    kinds = catalog().kinds.values()
    return frozenset(word for kind in kinds for words in (kind.header, kind.context) for word in words.zh)


def _labels(data: Bytes, blank: Longs) -> list[tuple[int, bytes]]:
    """Return labels with a blank between all characters, their blanks before them."""
    at = np.flatnonzero(data[_FRONT:-_EDGE] == _CIRCLE) + _FRONT
    wide = at[(data[at + 1] == _MIDDLE) & (data[at + 2] == _MIDDLE)]
    at = np.sort(np.concatenate((blank, wide)))
    at = at[(data[at - 3] >= _HAN) & (data[at - 3] <= _HAN_END)]
    out = []
    for low, raw in _around(data, at):
        text = raw.decode("utf-8", "surrogateescape")
        for one in _LABEL.finditer(text):
            signs = re.split("[ 　]", one[1])
            for first in range(len(signs) - 1):
                word = "".join(signs[first:])
                if word in _words():
                    begin = one.start(1) + 2 * first
                    old = text[begin : one.end(1)].encode("utf-8", "surrogateescape")
                    gaps = "".join(c for c in text[begin : one.end(1)] if c in " 　")
                    before = len(text[:begin].encode("utf-8", "surrogateescape"))
                    new = (gaps + word).encode()
                    if len(new) == len(old):
                        out.append((low + before, new))
                    break
    return out
