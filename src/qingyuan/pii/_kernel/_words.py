"""Words of eight bytes wherever they stand, and a cipher and a keyed hash on many values at a time, in LLVM's own vectors."""

from __future__ import annotations

from typing import Any

from qingyuan.pii._kernel._compile import intrinsic, ir, types

#: Values enciphered at a time.
LANES = 16
#: Rounds of Speck64/128.
ROUNDS = 27

_BYTE = ir.IntType(8)
_HALF = ir.IntType(32)
_WORD = ir.IntType(64)
_INDEX = ir.IntType(32)
_VECTOR = ir.VectorType(_HALF, LANES)
#: Texts hashed at a time.
TEXTS = 8
_WORDS = ir.VectorType(_WORD, TEXTS)
#: The constants of SipHash.
_SIP = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def _every(value: int) -> Any:
    """Return a vector of the same number."""
    return ir.Constant(_VECTOR, [value] * LANES)


def _word_at(_context: Any, data: Any, at: Any) -> Any:
    """Return the eight bytes of ``data`` from ``at`` on as a number, the first byte lowest."""
    del at

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), _WORD.as_pointer())
        value = builder.load(place)
        value.align = 1
        return value

    return types.uint64(data, types.int64), code


def _put_word(_context: Any, data: Any, at: Any, word: Any) -> Any:
    """Write a number as the eight bytes of ``data`` from ``at`` on, its lowest byte first."""
    del at, word

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), _WORD.as_pointer())
        builder.store(args[2], place).align = 1
        return context.get_dummy_value()

    return types.void(data, types.int64, types.uint64), code


def _enciphered(_context: Any, high: Any, low: Any, at: Any, rounds: Any, first: Any) -> Any:
    """Encipher sixteen blocks of ``high`` and ``low`` from ``at`` on in place with the round keys from ``first`` on."""
    del at, first

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [context.make_array(signature.args[i])(context, builder, args[i]) for i in (0, 1, 3)]
        places = [
            builder.bitcast(builder.gep(array.data, [args[2]]), _VECTOR.as_pointer()) for array in arrays[:2]
        ]
        x, y = (builder.load(place) for place in places)
        x.align = y.align = 4
        keys = builder.gep(arrays[2].data, [args[4]])
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        spread = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
        for number in range(ROUNDS):
            key = builder.load(builder.gep(keys, [ir.Constant(_WORD, number)]))
            one = builder.insert_element(nothing, key, ir.Constant(_INDEX, 0))
            turned = builder.or_(builder.lshr(x, _every(8)), builder.shl(x, _every(24)))
            x = builder.xor(builder.add(turned, y), builder.shuffle_vector(one, nothing, spread))
            y = builder.xor(builder.or_(builder.shl(y, _every(3)), builder.lshr(y, _every(29))), x)
        for value, place in zip((x, y), places, strict=True):
            builder.store(value, place).align = 4
        return context.get_dummy_value()

    return types.void(high, low, types.int64, rounds, types.int64), code


class _Sip:
    """The state of SipHash of eight texts at a time."""

    def __init__(self, builder: Any, k0: Any, k1: Any) -> None:
        """Begin with the keys."""
        self._b = builder
        self._v = [
            builder.xor(key, ir.Constant(_WORDS, [one] * TEXTS))
            for key, one in zip((k0, k1, k0, k1), _SIP, strict=True)
        ]

    def _turned(self, x: Any, by: int) -> Any:
        left, right = (ir.Constant(_WORDS, [n] * TEXTS) for n in (by, 64 - by))
        return self._b.or_(self._b.shl(x, left), self._b.lshr(x, right))

    def rounds(self, count: int) -> None:
        """Go so many rounds."""
        b = self._b
        v0, v1, v2, v3 = self._v
        for _ in range(count):
            v0 = b.add(v0, v1)
            v1 = b.xor(self._turned(v1, 13), v0)
            v0 = self._turned(v0, 32)
            v2 = b.add(v2, v3)
            v3 = b.xor(self._turned(v3, 16), v2)
            v0 = b.add(v0, v3)
            v3 = b.xor(self._turned(v3, 21), v0)
            v2 = b.add(v2, v1)
            v1 = b.xor(self._turned(v1, 17), v2)
            v2 = self._turned(v2, 32)
        self._v = [v0, v1, v2, v3]

    def take(self, word: Any) -> None:
        """Take in eight bytes of each text."""
        self._v[3] = self._b.xor(self._v[3], word)
        self.rounds(2)
        self._v[0] = self._b.xor(self._v[0], word)

    def take_some(self, word: Any) -> None:
        """Take in eight bytes of those texts of which they are not all zero."""
        before = self._v
        self._v = [*before]
        self.take(word)
        some = self._b.icmp_unsigned("!=", word, ir.Constant(_WORDS, [0] * TEXTS))
        self._v = [self._b.select(some, now, then) for now, then in zip(self._v, before, strict=True)]

    def end(self) -> Any:
        """Return the hashes."""
        self._v[2] = self._b.xor(self._v[2], ir.Constant(_WORDS, [0xFF] * TEXTS))
        self.rounds(4)
        v0, v1, v2, v3 = self._v
        return self._b.xor(self._b.xor(v0, v1), self._b.xor(v2, v3))


def _sipped(_context: Any, texts: Any, k0: Any, k1: Any, at: Any) -> Any:
    """Write SipHash-2-4 of eight texts of two or three words each over the first words.

    ``texts`` holds the first words of all, then the second, then the third, 0 for none; the last has the length in its
    highest byte.
    """
    del at

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [context.make_array(signature.args[i])(context, builder, args[i]) for i in range(3)]
        width = builder.extract_value(arrays[0].shape, 1)
        places = []
        for row in range(3):
            first = builder.add(args[3], builder.mul(ir.Constant(_WORD, row), width))
            places.append(builder.bitcast(builder.gep(arrays[0].data, [first]), _WORDS.as_pointer()))
        places += [
            builder.bitcast(builder.gep(array.data, [args[3]]), _WORDS.as_pointer()) for array in arrays[1:]
        ]
        words = [builder.load(place) for place in places]
        for word in words:
            word.align = 8
        state = _Sip(builder, words[3], words[4])
        state.take(words[0])
        state.take(words[1])
        state.take_some(words[2])
        builder.store(state.end(), places[0]).align = 8
        return context.get_dummy_value()

    return types.void(texts, k0, k1, types.int64), code


#: ``(data, at)``: see :func:`_word_at`.
word_at: Any = intrinsic(_word_at)
#: ``(data, at, word)``: see :func:`_put_word`.
put_word: Any = intrinsic(_put_word)
#: ``(high, low, at, rounds, first)``: see :func:`_enciphered`; the arrays are ``uint32``.
enciphered: Any = intrinsic(_enciphered)
#: ``(texts, k0, k1, at)``: see :func:`_sipped`; the arrays are ``uint64``, the first of three rows.
sipped: Any = intrinsic(_sipped)
