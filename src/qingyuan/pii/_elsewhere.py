"""Names found within a foreign town, club, firm or work: 孟菲斯, 格拉德巴赫 in 门兴格拉德巴赫, 季沃尔夫斯堡 in 本赛季沃尔夫斯堡."""

from __future__ import annotations

import functools
from importlib import resources

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import load_file

_HAN = 3
_PAIR = 2 * _HAN
#: What joins the parts of a foreign person's name.
_JOINERS = tuple(sign.encode() for sign in "·•・")


class Foreign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See ``data/foreign.yaml``."""

    places: tuple[str, ...]
    firms: tuple[str, ...]
    works: tuple[str, ...]
    people: tuple[str, ...]


@functools.cache
def foreign() -> Foreign:
    """Return the shipped lists."""
    return load_file(resources.files("qingyuan.pii") / "data" / "foreign.yaml", Foreign)


@functools.cache
def _words() -> tuple[dict[bytes, list[bytes]], npt.NDArray[np.uint64], int]:
    """Return the words by each two neighbouring characters in them, these as sorted numbers, and the longest word's size."""
    data = foreign()
    words = sorted({word.encode() for word in (*data.places, *data.firms, *data.works)})
    by: dict[bytes, list[bytes]] = {}
    for word in words:
        for at in range(0, len(word) - _HAN, _HAN):
            by.setdefault(word[at : at + _PAIR], []).append(word)
    numbers = np.array(sorted(int.from_bytes(pair, "big") for pair in by), dtype=np.uint64)
    return by, numbers, max(map(len, words))


def elsewhere(data: Bytes, start: Longs, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which names stand within such a word, one character before it aside if it is longer than a given name, with no joined name beside it.

    Args:
        data: UTF-8 bytes.
        start: First byte of each name.
        end: One past its last byte.
    """
    out = np.zeros(len(start), dtype=np.bool_)
    if not len(start):
        return out
    by, numbers, longest = _words()
    code = np.zeros(len(start), dtype=np.uint64)
    for n in range(_PAIR, 0, -1):
        code = (code << np.uint64(8)) | data[np.maximum(end - n, 0)].astype(np.uint64)
    for n in np.flatnonzero(np.isin(code, numbers)).tolist():
        a, b = int(start[n]), int(end[n])
        low = max(0, a - longest)
        window = data[low : b + longest].tobytes()
        out[n] = any(_within(window, word, a - low, b - low) for word in by[data[b - _PAIR : b].tobytes()])
    return out


def _within(window: bytes, word: bytes, a: int, b: int) -> bool:
    """Tell whether the name ``a..b`` lies in an occurrence of the word."""
    at = window.find(word, max(0, b - len(word)))
    while 0 <= at < b:
        behind = at + len(word)
        if b <= behind and a >= at - (_HAN if len(word) > _PAIR else 0):
            return not (window[:at].endswith(_JOINERS) or window[behind:].startswith(_JOINERS))
        at = window.find(word, at + 1)
    return False
