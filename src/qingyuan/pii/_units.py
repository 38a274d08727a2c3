"""What directly beside a value makes it a count, part of a path or the number of a message: 播放13812345678次, ``/p/13812345678.html``."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Bytes, Longs

#: Units of counts, and what may follow each so that it is another word (次日, 条件, 个人).
_UNITS = {"次": "日年", "件": "", "条": "件", "股": "东", "吨": "", "亿": "", "个": "人"}
_HAN = 3
#: Lowest lead byte of a 汉字.
_LEAD = 0xE4
_SLASH, _DOT, _BLANK, _UNDERSCORE = 0x2F, 0x2E, 0x20, 0x5F
#: What cameras and telephones begin the names of pictures with, and how many bytes that takes.
_PICTURE = re.compile(
    rb"(?:img|vid|dsc|dscn|pic|photo|scan|mmexport|screenshot|wx_camera|pano|mov)_$", re.IGNORECASE
)
_TELLING = 12
_OPEN, _CLOSE = 0x3C, 0x3E
#: What names numbers of messages (RFC 5322, section 3.6.4), those of the messages answered before one, and how far that may stand.
_MESSAGE = re.compile(
    rb"(?:message[-_ ]?id|msg[-_]?id|in-reply-to|references|content-id)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
    rb"(?:<[^<>\s]{1,200}>[\s,]{1,3}){0,8}<$",
    re.IGNORECASE,
)
_FAR = 600


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


_COUNTED = np.array(sorted(_number(unit.encode()) for unit in _UNITS), dtype=np.uint32)
_OTHER_WORDS = np.array(
    sorted(_number((unit + char).encode()) for unit, chars in _UNITS.items() for char in chars),
    dtype=np.uint64,
)


def _codes(data: Bytes, at: Longs, size: int) -> npt.NDArray[np.uint64]:
    """Return the ``size`` bytes at each place as a number, 0 beyond the end of the data."""
    out = np.zeros(len(at), dtype=np.uint64)
    last = len(data) - 1
    for n in range(size):
        byte = np.where(at + n <= last, data[np.minimum(at + n, last)], 0)
        out = (out << np.uint64(8)) | byte.astype(np.uint64)
    return out


def counted(data: Bytes, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which values that end at ``end`` are followed by a unit of counts."""
    if not len(end):
        return np.zeros(0, dtype=np.bool_)
    last = len(data) - 1
    end = end + (data[np.minimum(end, last)] == _BLANK)  # 共计 13812345678 条
    unit = data[np.minimum(end, last)] >= _LEAD
    if unit.any():
        unit[unit] = np.isin(_codes(data, end[unit], _HAN), _COUNTED)
        unit[unit] = ~np.isin(_codes(data, end[unit], 2 * _HAN), _OTHER_WORDS)
    return unit


def bracketed(data: Bytes, start: Longs, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which values stand in angle brackets."""
    if not len(data):
        return np.zeros(len(start), dtype=np.bool_)
    last = len(data) - 1
    inside: npt.NDArray[np.bool_] = (
        (start > 0) & (data[np.maximum(start - 1, 0)] == _OPEN) & (data[np.minimum(end, last)] == _CLOSE)
    )
    return inside & (end <= last)


def message_numbers(data: Bytes, first: Longs, start: Longs) -> npt.NDArray[np.bool_]:
    """Tell which of the addresses in angle brackets are numbers of messages: ``Message-ID: <…@…>``.

    Args:
        data: UTF-8 bytes.
        first: First byte of the line of each.
        start: First byte of each.
    """
    found = np.zeros(len(start), dtype=np.bool_)
    for n, (low, at) in enumerate(zip(first.tolist(), start.tolist(), strict=True)):
        found[n] = _MESSAGE.search(data[max(low, at - _FAR) : at].tobytes()) is not None
    return found


def in_path(data: Bytes, start: Longs, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which values are the name of a file: a slash or ``IMG_`` and the like before them, a dot and a letter behind."""
    last = len(data) - 1
    if last < 0:
        return np.zeros(len(start), dtype=np.bool_)
    before = data[np.maximum(start - 1, 0)]
    pictured = before == _UNDERSCORE
    pictured[pictured] = [
        _PICTURE.search(data[max(0, p - _TELLING) : p].tobytes()) is not None
        for p in start[pictured].tolist()
    ]
    named: npt.NDArray[np.bool_] = (before == _SLASH) | pictured
    if not named.any():
        return named
    dot, letter = data[np.minimum(end, last)], data[np.minimum(end + 1, last)] | 0x20
    found: npt.NDArray[np.bool_] = (
        (start > 0) & named & (dot == _DOT) & (letter >= ord("a")) & (letter <= ord("z"))
    )
    return found
