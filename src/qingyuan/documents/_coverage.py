"""Which characters the fonts of a page can show: the character map of an OpenType file.

Source: OpenType 1.9, ``cmap`` table, subtable formats 4 and 12.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from qingyuan.documents.fonts import FontSet

#: Stands for a character that the fonts do not have; printers of Chinese use the same mark.
MISSING = "〓"

_FILES = (".otf", ".ttf")
#: The two planes of ideographs.
_SUPPLEMENTARY = range(0x20000, 0x3FFFE)
_UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}


@functools.cache
def covered(fonts: FontSet) -> frozenset[int]:
    """Return the code points that a text of these fonts can have: what all its faces have, or one of those for rare ones."""
    common = [_map(file) for folder in fonts.folders for file in _files(folder)]
    known = frozenset.intersection(*common) if common else frozenset()
    rare = () if fonts.rare_folder is None else _files(fonts.rare_folder)
    return known.union(code for file in rare for code in _map(file) if _ideograph(code))


def _ideograph(code: int) -> bool:
    """Say whether a character is Chinese: the other ones of faces for rare characters are not asked for."""
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code in _SUPPLEMENTARY  # noqa: PLR2004 - CJK blocks of Unicode 17


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(file for file in folder.iterdir() if file.suffix.lower() in _FILES))


@functools.cache
def _map(file: Path) -> frozenset[int]:
    return frozenset(_code_points(file.read_bytes()))


def shown(text: str, fonts: FontSet) -> str:
    """Return ``text`` with every character that the fonts lack as :data:`MISSING`; line ends stay."""
    known = covered(fonts)
    return "".join(c if ord(c) in known or c == "\n" else MISSING for c in text)


def _code_points(font: bytes) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", font, 4)
    for entry in range(count):
        tag, _, offset, _ = struct.unpack_from(">4s3I", font, 12 + 16 * entry)
        if tag == b"cmap":
            yield from _of_map(font, offset)


def _of_map(font: bytes, start: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", font, start + 2)
    for entry in range(count):
        platform, encoding, offset = struct.unpack_from(">2HI", font, start + 4 + 8 * entry)
        if (platform, encoding) in _UNICODE:
            yield from _of_subtable(font, start + offset)


def _of_subtable(font: bytes, at: int) -> Iterable[int]:
    (kind,) = struct.unpack_from(">H", font, at)
    if kind == 12:  # noqa: PLR2004 - the format's number
        (groups,) = struct.unpack_from(">I", font, at + 12)
        for group in range(groups):
            first, last, _ = struct.unpack_from(">3I", font, at + 16 + 12 * group)
            yield from range(first, last + 1)
    elif kind == 4:  # noqa: PLR2004
        (double,) = struct.unpack_from(">H", font, at + 6)
        ends = struct.unpack_from(f">{double // 2}H", font, at + 14)
        starts = struct.unpack_from(f">{double // 2}H", font, at + 16 + double)
        for first, last in zip(starts, ends, strict=True):
            yield from range(first, min(last, 0xFFFE) + 1)
