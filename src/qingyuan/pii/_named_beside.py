"""What changes a name found in free text: initials before it, other places of a list beside it, being a label itself."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from qingyuan.pii import _counties, places
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog

#: The joiners · and • behind an initial: ``D·安德森``.
_JOINERS = ("·".encode(), "•".encode())
#: Lengths in bytes of words that could be names: two to four 汉字; how many bytes of them are compared first.
_SIZES = (6, 9, 12)
_TAIL = 8
_COMMA = "、".encode()
#: Characters a name of a place ends with.
_ENDS = "省市县区州旗镇乡"
#: Bytes looked at on either side.
_ASIDE = 24


def with_initials(data: Bytes, start: Longs) -> Longs:
    """Return where names begin, with the single letters joined before them (posts write a·约翰逊 too)."""
    out = start.copy()
    for joiner in _JOINERS:
        size = len(joiner)
        while True:
            at = np.maximum(out - size - 1, 0)
            there = out > size
            for n, byte in enumerate(joiner):
                there &= data[at + 1 + n] == byte
            letter = data[at] | 0x20
            there &= (letter >= ord("a")) & (letter <= ord("z"))
            before = data[np.maximum(at - 1, 0)] | 0x20
            there &= (at == 0) | (before < ord("a")) | (before > ord("z"))
            if not there.any():
                break
            out[there] = at[there]
    return out


@functools.cache
def _places() -> frozenset[str]:
    """Return the names of cities and counties without their last character."""
    return frozenset(places.written_names()) | frozenset(_counties.by_name())


@functools.cache
def _labels() -> frozenset[str]:
    """Return the Chinese words of columns and labels of all kinds."""
    kinds = catalog().kinds.values()
    return frozenset(word for kind in kinds for words in (kind.header, kind.context) for word in words.zh)


@functools.cache
def _titles() -> npt.NDArray[np.uint64]:
    """Return titles of two characters as sorted numbers."""
    two = [word.encode() for word in catalog().names.titles if len(word.encode()) == _SIZES[0]]
    return np.array(sorted(map(_number, two)), dtype=np.uint64)


def _titled(data: Bytes, start: Longs, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which names are a surname of one character and a title: 侯女士 names nobody by itself."""
    out = np.zeros(len(start), dtype=np.bool_)
    three = np.flatnonzero(end - start == _SIZES[1])
    if not len(three):
        return out
    code = np.zeros(len(three), dtype=np.uint64)
    for n in range(6, 0, -1):
        code = (code << np.uint64(8)) | data[end[three] - n].astype(np.uint64)
    out[three] = np.isin(code, _titles())
    return out


@functools.cache
def _packed() -> npt.NDArray[np.uint64]:
    """Return the last eight bytes of such words, of the lengths names have, as sorted numbers."""
    words = (word.encode() for word in _places() | _labels())
    return np.array(sorted({_number(w[-_TAIL:]) for w in words if len(w) in _SIZES}), dtype=np.uint64)


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def no_names(data: Bytes, start: Longs, end: Longs) -> npt.NDArray[np.bool_]:
    """Tell which names are none: labels (永居证), surnames with titles, places between other places of a list (许昌、安康)."""
    out = _titled(data, start, end)
    if not len(start):
        return out
    likely = np.flatnonzero(np.isin(end - start, _SIZES))
    if not len(likely):
        return out
    code = np.zeros(len(likely), dtype=np.uint64)
    for n in range(_TAIL):
        at = end[likely] - _TAIL + n
        within = at >= start[likely]
        code = (code << np.uint64(8)) | np.where(within, data[np.maximum(at, 0)], 0).astype(np.uint64)
    for n in likely[np.isin(code, _packed())].tolist():
        a, b = int(start[n]), int(end[n])
        word = data[a:b].tobytes().decode("utf-8", "ignore")
        if word in _labels():
            out[n] = True
        elif word in _places():
            before = data[max(0, a - _ASIDE) : a].tobytes()
            behind = data[b : b + _ASIDE].tobytes()
            out[n] = _is_place(before, -1) or _is_place(behind, 0)
    return out


def _is_place(aside: bytes, side: int) -> bool:
    """Tell whether the item next to a comma at the edge of ``aside`` is a place; ``side`` is 0 behind, -1 before."""
    joined = aside.startswith(_COMMA) if side == 0 else aside.endswith(_COMMA)
    if not joined:
        return False
    item = aside.strip(_COMMA).split(_COMMA)[side].decode("utf-8", "ignore")
    words = [item[:n] if side == 0 else item[-n:] for n in (2, 3, 4)]
    return any(word in _places() for word in words) or (len(item) > 2 and item[-1] in _ENDS)  # noqa: PLR2004
