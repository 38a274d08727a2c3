"""One block of SHA-256 or SM3, as instructions of LLVM: nothing else reaches the SHA instructions of a processor.

Sources: FIPS 180-4, 6.2 (SHA-256); GB/T 32905-2016, 5.3 (SM3); the SHA extensions in Intel's and AMD's manuals. Without
them SHA-256 in compiled code is slower than OpenSSL, and is not asked for (:data:`HAS_SHA`).
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils as numba_cgutils
from numba.core import config as numba_config
from numba.extending import intrinsic as numba_intrinsic

from qingyuan.ledger._compiled.local import kernel
from qingyuan.ledger._compiled.sm3 import INITIAL as SM3_INITIAL
from qingyuan.ledger._compiled.sm3 import Bytes, Rounds, Words

#: Without Numba's types, which know nothing of what such a function is given.
intrinsic: Any = numba_intrinsic
cgutils: Any = numba_cgutils
config: Any = numba_config

#: Numbers of the hash functions here.
SHA256, SM3 = 0, 1

#: Whether code is compiled for a processor with instructions for SHA-256.
HAS_SHA = bool(
    config.CPU_NAME is None and config.CPU_FEATURES is None and llvm.get_host_cpu_features().get("sha", False)
)
#: Whether it may use the registers of AVX.
HAS_AVX = bool(llvm.get_host_cpu_features().get("avx", False))


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % each for each in found):
            found.append(number)
        number += 1
    return found


def _root(number: int, power: int) -> int:
    """Return the first 32 bits of the fraction of a square or cube root (FIPS 180-4, 4.2.2 and 5.3.3)."""
    low, high = 0, number << 32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**power <= number << 32 * power else (low, middle - 1)
    return low & 0xFFFFFFFF


_CONSTANTS = [_root(prime, 3) for prime in _primes(64)]
_SHA_INITIAL = np.array([_root(prime, 2) for prime in _primes(8)], dtype=np.uint32)
_WORD = ir.IntType(32)
_FOUR = ir.VectorType(_WORD, 4)


def _sha256_block(builder: Any, state: Any, data: Any) -> None:
    """Write the compression of 64 bytes at ``data`` into the eight words at ``state``."""

    def called(name: str, *given: Any) -> Any:
        of = ir.FunctionType(_FOUR, [_FOUR] * len(given))
        return builder.call(builder.module.declare_intrinsic(f"llvm.{name}", fnty=of), given)

    def lanes(a: Any, b: Any, *order: int) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_WORD, 4), list(order)))

    def load(pointer: Any, at: int) -> Any:
        found = builder.load(builder.gep(pointer, [ir.Constant(ir.IntType(64), at)]))
        found.align = 1
        return found

    # These instructions have no form of AVX's own. Where the upper halves of its registers are in use, as code around may leave them,
    # some processors take a hundred times as long for each.
    if HAS_AVX:
        of = ir.FunctionType(ir.VoidType(), ())
        builder.call(builder.module.declare_intrinsic("llvm.x86.avx.vzeroupper", fnty=of), ())
    where = builder.bitcast(state, _FOUR.as_pointer())
    early, late = load(where, 0), load(where, 1)  # a b c d, e f g h
    first, second = lanes(late, early, 1, 0, 5, 4), lanes(late, early, 3, 2, 7, 6)  # f e b a, h g d c
    before = first, second
    block = builder.bitcast(data, _FOUR.as_pointer())
    w = [called("bswap.v4i32", load(block, at)) for at in range(4)]
    for at in range(4, 16):
        crossing = lanes(w[at - 2], w[at - 1], 1, 2, 3, 4)
        partial = builder.add(called("x86.sha256msg1", w[at - 4], w[at - 3]), crossing)
        w.append(called("x86.sha256msg2", partial, w[at - 1]))
    for at in range(16):
        words = builder.add(w[at], ir.Constant(_FOUR, _CONSTANTS[4 * at : 4 * at + 4]))
        second = called("x86.sha256rnds2", second, first, words)
        first = called("x86.sha256rnds2", first, second, lanes(words, words, 2, 3, 2, 3))
    first, second = builder.add(first, before[0]), builder.add(second, before[1])
    for at, value in enumerate((lanes(first, second, 3, 2, 7, 6), lanes(first, second, 1, 0, 5, 4))):
        builder.store(value, builder.gep(where, [ir.Constant(ir.IntType(64), at)])).align = 1


def _sm3_block(builder: Any, state: Any, data: Any) -> None:
    """Write the same for SM3."""
    rounds = Rounds(builder)

    def at(pointer: Any, place: int) -> Any:
        return builder.gep(pointer, [ir.Constant(ir.IntType(64), place)])

    words = builder.bitcast(data, _WORD.as_pointer())
    loaded = []
    for place in range(16):
        word = builder.load(at(words, place))
        word.align = 1
        loaded.append(builder.bswap(word))
    old = [builder.load(at(state, place)) for place in range(8)]
    for place, value in enumerate(rounds.compressed(old, rounds.expanded(loaded))):
        builder.store(value, at(state, place))


def _writer(write: Any) -> Any:
    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        words = context.make_array(of.args[0])(context, builder, given[0]).data
        write(builder, words, _place(context, builder, of.args[1], given[1], given[2]))
        return context.get_dummy_value()

    return build


@intrinsic
def _sha256(typing: Any, state: Any, data: Any, start: Any) -> Any:
    """Compress the 64 bytes of ``data`` from ``start`` into ``state``; nothing where there are no such instructions."""
    write = _sha256_block if HAS_SHA else lambda *_: None
    return types.void(state, data, types.int64), _writer(write)


@intrinsic
def _sm3(typing: Any, state: Any, data: Any, start: Any) -> Any:
    """Compress the same for SM3."""
    return types.void(state, data, types.int64), _writer(_sm3_block)


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


@intrinsic
def copy(typing: Any, into: Any, at: Any, source: Any, start: Any, count: Any) -> Any:
    """Copy ``count`` bytes of ``source`` from ``start`` to ``into`` from ``at``; they do not overlap."""

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        target = _place(context, builder, of.args[0], given[0], given[1])
        origin = _place(context, builder, of.args[2], given[2], given[3])
        cgutils.raw_memcpy(builder, target, origin, given[4], 1)
        return context.get_dummy_value()

    return types.void(into, types.int64, source, types.int64, types.int64), build


@intrinsic
def _say(typing: Any, state: Any, out: Any, at: Any) -> Any:
    """Write eight words, greatest byte first."""

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        words = builder.bitcast(
            context.make_array(of.args[0])(context, builder, given[0]).data, _FOUR.as_pointer()
        )
        target = builder.bitcast(_place(context, builder, of.args[1], given[1], given[2]), _FOUR.as_pointer())
        turn = builder.module.declare_intrinsic("llvm.bswap.v4i32", fnty=ir.FunctionType(_FOUR, [_FOUR]))
        for half in range(2):
            place = [ir.Constant(ir.IntType(64), half)]
            four = builder.load(builder.gep(words, place))
            four.align = 4
            builder.store(builder.call(turn, [four]), builder.gep(target, place)).align = 1
        return context.get_dummy_value()

    return types.void(state, out, types.int64), build


@kernel
def hash_blocks(kind: int, padded: Bytes, blocks: int, state: Words, out: Bytes, at: int) -> None:
    """Write the hash of a padded message: 32 bytes of ``out`` from ``at``; ``state`` takes eight words."""
    if kind:
        for i in range(8):
            state[i] = SM3_INITIAL[i]
        for block in range(blocks):
            _sm3(state, padded, 64 * block)
    else:
        for i in range(8):
            state[i] = _SHA_INITIAL[i]
        for block in range(blocks):
            _sha256(state, padded, 64 * block)
    _say(state, out, at)
