"""Sixty-four bytes at a time: vector comparisons as bit masks, written in LLVM's own vectors for any processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qingyuan.pii._kernel._compile import intrinsic, ir, types

#: Bytes of a block; positions up to two bytes behind it are read as well.
BLOCK = 64

_BYTE = ir.IntType(8)
_VECTOR = ir.VectorType(_BYTE, BLOCK)
_WORD = ir.IntType(64)
_INDEX = ir.IntType(32)


class _Lanes:
    """Comparisons of the 64 bytes at a position."""

    def __init__(self, builder: Any, pointer: Any) -> None:
        """Keep where code goes and where the bytes are."""
        self._b = builder
        self._pointer = pointer

    def load(self, offset: int) -> Any:
        """Return the bytes from ``offset`` on."""
        at = self._b.gep(self._pointer, [ir.Constant(_WORD, offset)])
        value = self._b.load(self._b.bitcast(at, _VECTOR.as_pointer()))
        value.align = 1
        return value

    def same(self, lanes: Any, byte: int) -> Any:
        """Return where ``lanes`` are ``byte``."""
        return self._b.icmp_unsigned("==", lanes, self._every(byte))

    def within(self, lanes: Any, low: int, high: int) -> Any:
        """Return where ``lanes`` are ``low`` to ``high``."""
        moved = self._b.sub(lanes, self._every(low))
        return self._b.icmp_unsigned("<=", moved, self._every(high - low))

    def lower(self, lanes: Any) -> Any:
        """Return the bytes with the bit of small letters set."""
        return self._b.or_(lanes, self._every(32))

    def either(self, *masks: Any) -> Any:
        """Return where any of the masks is set."""
        out = masks[0]
        for mask in masks[1:]:
            out = self._b.or_(out, mask)
        return out

    def both(self, one: Any, two: Any) -> Any:
        """Return where both masks are set."""
        return self._b.and_(one, two)

    def other(self, one: Any, two: Any) -> Any:
        """Return where exactly one of the masks is set."""
        return self._b.xor(one, two)

    def word(self, mask: Any) -> Any:
        """Return the mask as 64 bits, the first byte lowest."""
        return self._b.bitcast(mask, _WORD)

    @staticmethod
    def _every(byte: int) -> Any:
        return ir.Constant(_VECTOR, [byte] * BLOCK)


def _on_block(count: int, make: Callable[[_Lanes], list[Any]]) -> Any:
    """Return a compiled function ``(data, at) -> words`` of the 64 bytes of ``data`` from ``at`` on."""

    def of_block(_context: Any, data: Any, at: Any) -> Any:
        del at
        result = types.uint64 if count == 1 else types.UniTuple(types.uint64, count)

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, args[0])
            words = make(_Lanes(builder, builder.gep(array.data, [args[1]])))
            return words[0] if count == 1 else context.make_tuple(builder, signature.return_type, words)

        return result(data, types.int64), code

    return intrinsic(of_block)


def _symbols(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    plain = lanes.either(lanes.within(v, 48, 57), lanes.same(v, 42), lanes.same(lanes.lower(v), 120))
    leads = lanes.either(lanes.within(v, 0xC2, 0xC3), lanes.same(v, 0xE2), lanes.same(v, 0xEF))
    return [lanes.word(plain), lanes.word(leads), lanes.word(lanes.same(v, 64))]


def _wide_symbols(lanes: _Lanes) -> list[Any]:
    v, after, third = lanes.load(0), lanes.load(1), lanes.load(2)
    full = lanes.either(lanes.within(third, 0x90, 0x99), lanes.same(third, 0x8A), lanes.same(third, 0xB8))
    full = lanes.both(lanes.same(after, 0xBC), full)
    full = lanes.either(full, lanes.both(lanes.same(after, 0xBD), lanes.same(third, 0x98)))
    star = lanes.both(lanes.same(after, 0x80), lanes.same(third, 0xA2))
    round_ = lanes.either(lanes.same(third, 0x8F), lanes.same(third, 0x8B))
    star = lanes.either(star, lanes.both(lanes.same(after, 0x97), round_))
    star = lanes.either(star, lanes.both(lanes.same(after, 0x88), lanes.same(third, 0x97)))
    three = lanes.either(lanes.both(lanes.same(v, 0xEF), full), lanes.both(lanes.same(v, 0xE2), star))
    two = lanes.either(
        lanes.both(lanes.same(v, 0xC3), lanes.same(after, 0x97)),
        lanes.both(lanes.same(v, 0xC2), lanes.same(after, 0xB7)),
    )
    return [lanes.word(lanes.either(three, two))]


def _commas(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    return [
        lanes.word(lanes.either(lanes.same(v, 44), lanes.same(v, 9), lanes.same(v, 59), lanes.same(v, 124)))
    ]


def _features(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    letters = lanes.lower(v)
    leads = lanes.either(lanes.within(v, 0xC2, 0xC3), lanes.same(v, 0xE2), lanes.same(v, 0xEF))
    masks = (
        lanes.within(v, 48, 57), lanes.within(letters, 97, 122), lanes.same(letters, 120), lanes.same(v, 42),
        lanes.same(v, 35), leads, lanes.same(v, 64), lanes.within(v, 0xE4, 0xE9),
    )  # fmt: skip
    return [lanes.word(mask) for mask in masks]


def _kept(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    blanks = [lanes.same(v, byte) for byte in (9, 10, 13, 32, 34, 39, 0xE3)]
    return [
        lanes.word(lanes.either(*blanks)),
        lanes.word(lanes.either(lanes.within(v, 48, 57), lanes.within(v, 65, 90))),
    ]


def _marks(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    return [lanes.word(lanes.either(lanes.same(v, 42), lanes.same(v, 35)))]


def _plain(lanes: _Lanes) -> list[Any]:
    v = lanes.load(0)
    other = lanes.either(lanes.within(v, 0x80, 0xFF), lanes.same(v, 10), lanes.same(v, 13))
    return [lanes.word(other), lanes.word(lanes.either(lanes.same(v, 44), lanes.same(v, 32)))]


def _ill_formed(lanes: _Lanes) -> list[Any]:
    """Mark where a byte is not what the three before it call for (RFC 3629, section 4)."""
    v, one, two, three = (lanes.load(-back) for back in range(4))
    called = lanes.either(
        lanes.within(one, 0xC0, 0xFF), lanes.within(two, 0xE0, 0xFF), lanes.within(three, 0xF0, 0xFF)
    )
    wrong = lanes.other(called, lanes.within(v, 0x80, 0xBF))
    return [
        lanes.word(
            lanes.either(
                wrong,
                lanes.within(v, 0xC0, 0xC1),
                lanes.within(v, 0xF5, 0xFF),
                lanes.both(lanes.same(one, 0xE0), lanes.within(v, 0x80, 0x9F)),
                lanes.both(lanes.same(one, 0xED), lanes.within(v, 0xA0, 0xBF)),
                lanes.both(lanes.same(one, 0xF0), lanes.within(v, 0x80, 0x8F)),
                lanes.both(lanes.same(one, 0xF4), lanes.within(v, 0x90, 0xBF)),
            )
        )
    ]


#: ``(data, at)``: ASCII digits, stars and X; lead bytes of other symbols; at signs.
symbols_of: Any = _on_block(3, _symbols)
#: ``(data, at)``: digits, stars and X beyond ASCII, by their first byte. Reads two bytes more.
wide_symbols_of: Any = _on_block(1, _wide_symbols)
#: ``(data, at)``: commas, tabs, semicolons and bars, which no value of digits goes across.
commas_of: Any = _on_block(1, _commas)
#: ``(data, at)``: ASCII digits; ASCII letters; X; stars; number signs; lead bytes of other symbols; at signs; lead
#: bytes of 汉字.
features_of: Any = _on_block(8, _features)
#: ``(data, at)``: blanks, quotes and what an ideographic space begins with; digits and capital letters.
kept_of: Any = _on_block(2, _kept)
#: ``(data, at)``: stars and number signs.
marks_of: Any = _on_block(1, _marks)
#: ``(data, at)``: bytes beyond ASCII and line ends; commas and blanks.
plain_of: Any = _on_block(2, _plain)
#: ``(data, at)``: bytes at which the text is no UTF-8. Reads three bytes before.
ill_formed_of: Any = _on_block(1, _ill_formed)


def _spread(builder: Any, byte: Any) -> Any:
    """Return a vector of the same byte."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, byte, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(_INDEX, BLOCK), [0] * BLOCK))


def _same_of(_context: Any, data: Any, at: Any, byte: Any) -> Any:
    """Return where the 64 bytes of ``data`` from ``at`` on are ``byte``."""
    del at, byte

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        lanes = _Lanes(builder, builder.gep(array.data, [args[1]]))
        return lanes.word(builder.icmp_unsigned("==", lanes.load(0), _spread(builder, args[2])))

    return types.uint64(data, types.int64, types.uint8), code


def _delimiters_of(_context: Any, data: Any, at: Any, delimiter: Any) -> Any:
    """Return the delimiters and line ends among the 64 bytes of ``data`` from ``at`` on."""
    del at, delimiter

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        lanes = _Lanes(builder, builder.gep(array.data, [args[1]]))
        v = lanes.load(0)
        every = _spread(builder, args[2])
        found = lanes.either(builder.icmp_unsigned("==", v, every), lanes.same(v, 10), lanes.same(v, 13))
        return lanes.word(found)

    return types.uint64(data, types.int64, types.uint8), code


#: Bytes of a short cell, and those of them it begins with whose digits count.
SHORT, PLAIN = 32, 3
_SHORT = ir.VectorType(_BYTE, SHORT)


def _blurred_of(_context: Any, data: Any, at: Any, size: Any) -> Any:
    """Return the ``size`` bytes of ``data`` from ``at`` on as four words, digits behind the first three as 0, zero bytes behind."""
    del at, size

    def every(byte: int) -> Any:
        return ir.Constant(_SHORT, [byte] * SHORT)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        v = builder.load(builder.bitcast(builder.gep(array.data, [args[1]]), _SHORT.as_pointer()))
        v.align = 1
        digit = builder.icmp_unsigned("<=", builder.sub(v, every(48)), every(9))
        behind = ir.Constant(ir.VectorType(ir.IntType(1), SHORT), [0] * PLAIN + [1] * (SHORT - PLAIN))
        v = builder.select(builder.and_(digit, behind), every(48), v)
        nothing = ir.Constant(_SHORT, ir.Undefined)
        one = builder.insert_element(nothing, builder.trunc(args[2], _BYTE), ir.Constant(_INDEX, 0))
        length = builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(_INDEX, SHORT), [0] * SHORT))
        within = builder.icmp_unsigned("<", ir.Constant(_SHORT, list(range(SHORT))), length)
        v = builder.select(within, v, every(0))
        words = builder.bitcast(v, ir.VectorType(_WORD, SHORT // 8))
        parts = [builder.extract_element(words, ir.Constant(_INDEX, n)) for n in range(SHORT // 8)]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(types.uint64, SHORT // 8)(data, types.int64, types.int64), code


def _lowest(_context: Any, word: Any) -> Any:
    """Return the number of the lowest bit set in a word that is not 0."""
    del word

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


def _bits(_context: Any, word: Any) -> Any:
    """Return how many bits of a word are set."""
    del word

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), code


#: ``(data, at, delimiter)``: see :func:`_delimiters_of`.
delimiters_of: Any = intrinsic(_delimiters_of)
#: ``(data, at, byte)``: see :func:`_same_of`.
same_of: Any = intrinsic(_same_of)
#: ``(data, at, size)``: see :func:`_blurred_of`.
blurred_of: Any = intrinsic(_blurred_of)
#: ``(word)``: number of the lowest bit set, of a word that is not 0.
lowest: Any = intrinsic(_lowest)
#: ``(word)``: how many bits are set.
bits: Any = intrinsic(_bits)
