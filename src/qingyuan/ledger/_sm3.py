"""SM3 in pure Python, used only where OpenSSL does not offer it.

Source: GB/T 32905-2016 (the same text as GM/T 0004-2012): sections 4 (constants and functions) and
5 (padding, message expansion, compression).
"""

from __future__ import annotations

import struct

_IV = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
_MASK = 0xFFFFFFFF
_BLOCK = 64
_EARLY_ROUNDS = 16


def _rotl(word: int, count: int) -> int:
    count &= 31
    return ((word << count) | (word >> (32 - count))) & _MASK


#: The round constants, already rotated by their round number.
_ROUND = tuple(_rotl(0x79CC4519 if j < _EARLY_ROUNDS else 0x7A879D8A, j) for j in range(64))


def _expand(block: bytes) -> list[int]:
    words = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = words[j - 16] ^ words[j - 9] ^ _rotl(words[j - 3], 15)
        x ^= _rotl(x, 15) ^ _rotl(x, 23)
        words.append(x ^ _rotl(words[j - 13], 7) ^ words[j - 6])
    return words


def _compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = _expand(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = _rotl(a, 12)
        ss1 = _rotl((a12 + e + _ROUND[j]) & _MASK, 7)
        if j < _EARLY_ROUNDS:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ a12) + (words[j] ^ words[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + words[j]) & _MASK
        d, c, b, a = c, _rotl(b, 9), a, tt1
        h, g, f = g, _rotl(f, 19), e
        e = tt2 ^ _rotl(tt2, 9) ^ _rotl(tt2, 17)
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True))


class PureSm3:
    """An SM3 computation with the methods of a ``hashlib`` object."""

    name = "sm3"
    digest_size = 32
    block_size = _BLOCK

    def __init__(self, data: bytes = b"") -> None:
        """Start a computation over ``data``."""
        self._state: tuple[int, ...] = _IV
        self._pending = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes, /) -> None:
        """Add ``data`` to what is hashed."""
        self._length += len(data)
        pending = self._pending + bytes(data)
        whole = len(pending) - len(pending) % _BLOCK
        for start in range(0, whole, _BLOCK):
            self._state = _compress(self._state, pending[start : start + _BLOCK])
        self._pending = pending[whole:]

    def digest(self) -> bytes:
        """Return the 32 bytes of the hash of everything added so far."""
        zeros = (55 - len(self._pending)) % _BLOCK
        tail = self._pending + b"\x80" + bytes(zeros) + struct.pack(">Q", self._length * 8)
        state = self._state
        for start in range(0, len(tail), _BLOCK):
            state = _compress(state, tail[start : start + _BLOCK])
        return struct.pack(">8I", *state)

    def hexdigest(self) -> str:
        """Return :meth:`digest` in lower-case hex."""
        return self.digest().hex()

    def copy(self) -> PureSm3:
        """Return an independent computation with the same state."""
        twin = PureSm3()
        twin._state, twin._pending, twin._length = self._state, self._pending, self._length
        return twin
