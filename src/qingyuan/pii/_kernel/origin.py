"""From a position in decoded UTF-8 back to the byte of the file it was decoded from.

No table of offsets is kept per character: the length a code point has in the source encoding follows
from the code point, so a walk over the decoded bytes gives the offset. Checkpoints every
``STEP`` bytes keep the walk short.

Encodings (WHATWG names): GB18030 and Big5 lengths come from the codecs of the standard library;
UTF-16 takes two bytes per unit.
"""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

#: Distance between checkpoints, in decoded bytes.
STEP = 512


@functools.cache
def encoded_lengths(encoding: str) -> Bytes | None:
    """Return the bytes each code point takes in ``encoding``; the last entry is for all above U+FFFF.

    Args:
        encoding: ``"utf-8"``, ``"gb18030"``, ``"cp950"``, ``"utf-16-le"`` or ``"utf-16-be"``.

    Returns:
        ``uint8[65537]``, or ``None`` for UTF-8, whose decoded form is itself.
    """
    if encoding == "utf-8":
        return None
    lengths = np.full(65537, 4, dtype=np.uint8)
    if encoding.startswith("utf-16"):
        lengths[:65536] = 2
        return lengths
    lengths[:128] = 1
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(encoding, errors="ignore")
            if len(text) == 1 and ord(text) > 0x7F:
                lengths[min(ord(text), 65536)] = 2
    return lengths


_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"({_RO}, {_RO}, int64, int64, int64)", cache=True, nogil=True)
def _advance(source: Bytes, lengths: Bytes, start: int, stop: int, offset: np.int64) -> np.int64:
    """Return ``offset`` moved by the encoded length of the code points in ``source[start:stop]``."""
    i = start
    while i < stop:
        b = np.int64(source[i])
        if b < 0x80:
            offset += np.int64(lengths[b])
            i += 1
        elif b < 0xE0:
            offset += np.int64(lengths[((b & 0x1F) << 6) | (np.int64(source[i + 1]) & 0x3F)])
            i += 2
        elif b < 0xF0:
            second = np.int64(source[i + 1]) & 0x3F
            offset += np.int64(lengths[((b & 0x0F) << 12) | (second << 6) | (np.int64(source[i + 2]) & 0x3F)])
            i += 3
        else:
            offset += np.int64(lengths[65536])
            i += 4
    return offset


@njit(f"({_RO}, {_RO})", cache=True, nogil=True)
def checkpoints(source: Bytes, lengths: Bytes) -> tuple[Longs, Longs]:
    """Return decoded positions (on character starts, about ``STEP`` apart) and their encoded offsets."""
    n = len(source)
    count = n // STEP + 1
    at = np.empty(count, np.int64)
    offsets = np.empty(count, np.int64)
    position, offset = 0, np.int64(0)
    for k in range(count):
        target = k * STEP
        while target < n and (source[target] & 0xC0) == 0x80:
            target += 1
        offset = _advance(source, lengths, position, target, offset)
        position = target
        at[k] = position
        offsets[k] = offset
    return at, offsets


@njit(f"({_RO}, {_RO}, {_RO64}, {_RO64}, {_RO64})", cache=True, nogil=True)
def encoded_offsets(source: Bytes, lengths: Bytes, at: Longs, offsets: Longs, positions: Longs) -> Longs:
    """Return the encoded offset, from the start of ``source``, of each position (a character start)."""
    out = np.empty(len(positions), np.int64)
    last, reached = np.int64(0), np.int64(0)
    for k in range(len(positions)):
        position = positions[k]
        mark = min(position // STEP, len(at) - 1)
        if at[mark] > position:
            mark -= 1
        # Positions mostly ascend: going on from the one before is shorter than from the checkpoint.
        begin, offset = at[mark], offsets[mark]
        if begin < last <= position:
            begin, offset = last, reached
        out[k] = _advance(source, lengths, begin, position, offset)
        last, reached = position, out[k]
    return out


class TextOrigin:
    """Byte offsets of a window of decoded text; satisfies :class:`qingyuan.pii.batch.Origin`.

    Args:
        base: File offset of the first byte of the window.
        source: The window as decoded; needed only when ``lengths`` is given.
        lengths: See :func:`encoded_lengths`; ``None`` when decoded and file bytes are the same.
        at: ``int64[m]`` ascending positions in the batch's buffer from which ``shift`` holds, where
            escapes were resolved into a buffer of their own; ``None`` if the buffer is the window.
        shift: ``int64[m]``, position in ``source`` minus position in the buffer.
    """

    __slots__ = ("_at", "_base", "_lengths", "_marks", "_shift", "_source")

    def __init__(
        self,
        base: int,
        source: Bytes | None = None,
        lengths: Bytes | None = None,
        at: Longs | None = None,
        shift: Longs | None = None,
    ) -> None:
        """Keep the parts; nothing is computed before the first question."""
        self._base = base
        self._source = source
        self._lengths = lengths
        self._at = at
        self._shift = shift
        self._marks: tuple[Longs, Longs] | None = None

    @property
    def needs_text(self) -> bool:
        """Tell whether the window must stay as it was decoded."""
        return self._source is not None

    def shifted(self, at: Longs, shift: Longs) -> TextOrigin:
        """Return the origin of a buffer that was copied out of this window with ``shift``."""
        return TextOrigin(self._base, self._source, self._lengths, at, shift)

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position of the batch's buffer."""
        where = positions.astype(np.int64)
        if self._at is not None and self._shift is not None and len(self._at):
            where = where + self._shift[np.searchsorted(self._at, where, side="right") - 1]
        if self._lengths is None or self._source is None:
            return where + self._base
        if self._marks is None:
            self._marks = checkpoints(self._source, self._lengths)
        return encoded_offsets(self._source, self._lengths, *self._marks, where) + self._base


class _Outer(Protocol):
    """What a buffer was copied out of."""

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position."""
        ...


class ChainedOrigin:
    """Offsets of a buffer copied out of another buffer, e.g. JSON inside a JSON string."""

    __slots__ = ("_at", "_outer", "_shift")

    def __init__(self, outer: _Outer, at: Longs, shift: Longs) -> None:
        """Keep the outer origin and the shifts from this buffer into the outer one."""
        self._outer = outer
        self._at = at
        self._shift = shift

    def offsets(self, positions: Longs) -> Longs:
        """Return the file offset of each position of the batch's buffer."""
        where = positions.astype(np.int64)
        if len(self._at):
            where = where + self._shift[np.searchsorted(self._at, where, side="right") - 1]
        return self._outer.offsets(where)
