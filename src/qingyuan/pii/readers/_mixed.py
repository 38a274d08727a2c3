"""Lines in GB 18030 inside a text in UTF-8: read as what they are, with their bytes in the file."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.origin import TextOrigin
from qingyuan.pii._kernel.utf8 import well_formed

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

_LF = 0x0A
#: Longest line that is looked at.
LONGEST = 1 << 20
#: Share of a line's other characters that must be everyday 汉字 and signs.
_EVERYDAY = 0.9
_HAN, _LAST_HAN = 0x4E00, 0x9FFF
_SIGNS = (
    frozenset(range(0x3000, 0x3040)) | frozenset(range(0xFF00, 0xFFF0)) | frozenset(map(ord, "·×—‘’“”…●○★"))
)


class MovedOrigin(TextOrigin):
    """Offsets in the file of a window some of whose lines take more bytes than there.

    Args:
        base: File offset of the first byte of the window.
        moved_at: Positions of the window from which ``moved`` holds, ascending.
        moved: What is to be added to a position.
        at: See :class:`TextOrigin`.
        shift: See there.
    """

    __slots__ = ("_moved", "_moved_at")

    def __init__(
        self, base: int, moved_at: Longs, moved: Longs, at: Longs | None = None, shift: Longs | None = None
    ) -> None:
        """Keep the parts."""
        super().__init__(base, None, None, at, shift)
        self._moved_at, self._moved = moved_at, moved

    def shifted(self, at: Longs, shift: Longs) -> TextOrigin:
        """Return the origin of a buffer that was copied out of this window with ``shift``."""
        return MovedOrigin(self._base, self._moved_at, self._moved, at, shift)

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position of the batch's buffer."""
        plain = super().offsets(positions)
        before = np.searchsorted(self._moved_at, plain - self._base, side="right") - 1
        moved: Longs = np.where(before >= 0, self._moved[np.maximum(before, 0)], 0)
        return plain + moved


def mend(data: Bytes) -> tuple[Bytes, list[int], Longs, Longs]:
    """Return text with its lines in GB 18030 made UTF-8.

    Args:
        data: Whole lines (the last may end the text), not all of them in UTF-8.

    Returns:
        The text; the numbers of the lines read so, from 0; and positions in it with the number of bytes by which
        what stands from there on lies further on (negative: before) in ``data``.
    """
    ends = np.flatnonzero(data == _LF) + 1
    bounds = np.unique(np.concatenate(([0], ends, [len(data)]))).tolist()
    pieces: list[Bytes] = []
    lines: list[int] = []
    at: list[Longs] = []
    moved: list[Longs] = []
    shift, position, plain = 0, 0, 0
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        line = data[start:end]
        if end - start > LONGEST or bool(well_formed(np.ascontiguousarray(line))):
            continue
        text = _gb18030(line.tobytes())
        if text is None:
            continue
        pieces.append(data[plain:start])
        position += start - plain
        sizes = np.array([len(c.encode()) for c in text], np.int64)
        taken = np.array([len(c.encode("gb18030")) for c in text], np.int64)
        at.append(position + np.cumsum(sizes))
        moved.append(shift + np.cumsum(taken - sizes))
        encoded = np.frombuffer(text.encode(), np.uint8)
        pieces.append(encoded)
        position += len(encoded)
        shift += int((taken - sizes).sum())
        lines.append(number)
        plain = end
    if not lines:
        return data, [], np.empty(0, np.int64), np.empty(0, np.int64)
    pieces.append(data[plain:])
    return np.concatenate(pieces), lines, np.concatenate(at), np.concatenate(moved)


def _gb18030(raw: bytes) -> str | None:
    """Return a line as text if it reads as everyday Chinese in GB 18030."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return None
    other = [ord(c) for c in text if not c.isascii()]
    everyday = sum(_HAN <= c <= _LAST_HAN or c in _SIGNS for c in other)
    return text if other and everyday >= _EVERYDAY * len(other) else None
