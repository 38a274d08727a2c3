"""Words of eight bytes wherever they stand, and a cipher on sixteen values at a time, in LLVM's own vectors."""

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


#: ``(data, at)``: see :func:`_word_at`.
word_at: Any = intrinsic(_word_at)
#: ``(high, low, at, rounds, first)``: see :func:`_enciphered`; the arrays are ``uint32``.
enciphered: Any = intrinsic(_enciphered)
