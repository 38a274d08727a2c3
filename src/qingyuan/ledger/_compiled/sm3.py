"""SM3 of many short messages at once: eight messages side by side in the lanes of vectors.

Source: GB/T 32905-2016, sections 4 (constants and functions) and 5 (padding, message expansion, compression). The compression
is written as vector instructions of LLVM, since nothing else makes sure of vectors; LLVM fits them to the processor.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic as numba_intrinsic

from qingyuan.ledger._compiled.local import kernel, local_longs, local_words

#: Without Numba's types, which know nothing of what such a function is given.
intrinsic: Any = numba_intrinsic

Words: TypeAlias = npt.NDArray[np.uint32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Longs: TypeAlias = npt.NDArray[np.int64]

_LANES = 8
INITIAL = np.array(
    [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E],
    dtype=np.uint32,
)
_EARLY = 16
_LATE = 64


class Rounds:
    """Writes the instructions of one block: on vectors, a lane a message, or on single words."""

    def __init__(self, builder: Any, lanes: int = 1) -> None:
        """Write into ``builder``."""
        self._builder = builder
        self._lanes = lanes
        self.type = ir.VectorType(ir.IntType(32), lanes) if lanes > 1 else ir.IntType(32)

    def constant(self, value: int) -> Any:
        """Return a constant word, or a vector of it."""
        word = value & 0xFFFFFFFF
        return ir.Constant(self.type, [word] * self._lanes if self._lanes > 1 else word)

    def left(self, word: Any, by: int) -> Any:
        """Return words turned to the left."""
        if not by % 32:
            return word
        high = self._builder.shl(word, self.constant(by % 32))
        return self._builder.or_(high, self._builder.lshr(word, self.constant(32 - by % 32)))

    def xor(self, *words: Any) -> Any:
        """Return the exclusive or of words."""
        return reduce(self._builder.xor, words)

    def plus(self, *words: Any) -> Any:
        """Return the sum of words."""
        return reduce(self._builder.add, words)

    def majority(self, a: Any, b: Any, c: Any) -> Any:
        """Return ``FF`` of the later rounds."""
        either = self._builder.and_(c, self._builder.or_(a, b))
        return self._builder.or_(self._builder.and_(a, b), either)

    def choice(self, e: Any, f: Any, g: Any) -> Any:
        """Return ``GG`` of the later rounds."""
        return self.xor(g, self._builder.and_(e, self.xor(f, g)))

    def expanded(self, w: list[Any]) -> list[Any]:
        """Return the 68 words of the message expansion from its first sixteen."""
        for j in range(_EARLY, _LATE + 4):
            x = self.xor(w[j - 16], w[j - 9], self.left(w[j - 3], 15))
            x = self.xor(x, self.left(x, 15), self.left(x, 23))
            w.append(self.xor(x, self.left(w[j - 13], 7), w[j - 6]))
        return w

    def compressed(self, state: list[Any], w: list[Any]) -> list[Any]:
        """Return the state after one block."""
        a, b, c, d, e, f, g, h = state
        for j in range(_LATE):
            early = j < _EARLY
            round_constant = 0x79CC4519 if early else 0x7A879D8A
            by = j % 32
            turned = round_constant << by | round_constant >> (32 - by)
            a12 = self.left(a, 12)
            ss1 = self.left(self.plus(a12, e, self.constant(turned)), 7)
            ff = self.xor(a, b, c) if early else self.majority(a, b, c)
            gg = self.xor(e, f, g) if early else self.choice(e, f, g)
            tt1 = self.plus(ff, d, self.xor(ss1, a12), self.xor(w[j], w[j + 4]))
            tt2 = self.plus(gg, h, ss1, w[j])
            a, b, c, d = tt1, a, self.left(b, 9), c
            e, f, g, h = self.xor(tt2, self.left(tt2, 9), self.left(tt2, 17)), e, self.left(f, 19), g
        return [self.xor(old, new) for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


@intrinsic
def _compress(typing: Any, state: Any, block: Any) -> Any:
    """Compress a block of each lane into the states: arrays of 8 × lanes and 16 × lanes words."""

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        vectors = Rounds(builder, _LANES)
        arrays = [
            builder.bitcast(context.make_array(kind)(context, builder, each).data, vectors.type.as_pointer())
            for kind, each in zip(of.args, given, strict=True)
        ]

        def at(array: Any, row: int) -> Any:
            return builder.gep(array, [ir.Constant(ir.IntType(64), row)])

        def load(array: Any, rows: int) -> list[Any]:
            found = [builder.load(at(array, row)) for row in range(rows)]
            for each in found:
                each.align = 4
            return found

        words = vectors.expanded(load(arrays[1], 16))
        for row, value in enumerate(vectors.compressed(load(arrays[0], 8), words)):
            builder.store(value, at(arrays[0], row)).align = 4
        return context.get_dummy_value()

    return types.void(state, block), build


@kernel
def pad(data: Bytes, start: int, length: int, prefix: int, into: Bytes, to: int) -> int:
    """Write a padded message (prefix, data, 0x80, zeros, length in bits) from ``to`` on and return its number of blocks."""
    blocks = (length + 1 + 8) // 64 + 1
    into[to] = prefix
    for i in range(length):
        into[to + 1 + i] = data[start + i]
    into[to + length + 1] = 0x80
    for i in range(length + 2, 64 * blocks - 4):
        into[to + i] = 0
    bits = (length + 1) * 8
    for i in range(4):
        into[to + 64 * blocks - 4 + i] = bits >> (24 - 8 * i) & 255
    return blocks


@kernel
def hash_each(
    data: Bytes, ends: Longs, count: int, longest: int, prefix: int, padded: Bytes, out: Bytes
) -> None:
    """Write the hash of each part of ``data`` with a byte before it.

    Args:
        data: The parts one after the other, each below 2^28 bytes.
        ends: Where each ends.
        count: How many there are.
        longest: Length of the longest.
        prefix: The byte that stands before each.
        padded: Room for eight times the longest and 128 bytes.
        out: Takes 32 bytes a part.
    """
    room = longest + 128
    state, before, words = local_words(64), local_words(64), local_words(128)
    blocks = local_longs(8)
    for i in range(128):
        words[i] = 0
    for group in range(0, count, 8):
        lanes = min(8, count - group)
        most = 0
        for lane in range(8):
            blocks[lane] = 0
            if lane < lanes:
                start = ends[group + lane - 1] if group + lane else 0
                blocks[lane] = pad(data, start, ends[group + lane] - start, prefix, padded, lane * room)
            most = max(most, int(blocks[lane]))
            for i in range(8):
                state[8 * i + lane] = INITIAL[i]
        for block in range(most):
            for lane in range(8):
                if block < int(blocks[lane]):
                    for i in range(16):
                        at = lane * room + 64 * block + 4 * i
                        words[8 * i + lane] = (
                            np.uint32(padded[at]) << np.uint32(24)
                            | np.uint32(padded[at + 1]) << np.uint32(16)
                            | np.uint32(padded[at + 2]) << np.uint32(8)
                            | np.uint32(padded[at + 3])
                        )
            for i in range(64):
                before[i] = state[i]
            _compress(state, words)
            for lane in range(8):
                if block >= int(blocks[lane]):
                    for i in range(8):
                        state[8 * i + lane] = before[8 * i + lane]
        for lane in range(lanes):
            for i in range(8):
                for j in range(4):
                    word = state[8 * i + lane] >> np.uint32(24 - 8 * j)
                    out[32 * (group + lane) + 4 * i + j] = np.uint8(word & np.uint32(255))
