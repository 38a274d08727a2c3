"""Arrays that are not Numba's own: of a known length on the stack, and over memory that the caller names by its address.

Kernels that make no others need nothing of Numba when they are called.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit
from numba import types as numba_types
from numba.extending import intrinsic as numba_intrinsic
from numba.np import arrayobj as numba_arrays

#: Without Numba's types, which know nothing of what such a function is given.
types: Any = numba_types
intrinsic: Any = numba_intrinsic
arrays: Any = numba_arrays

_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
#: The decorator of kernels: machine code that asks for nothing of Numba's or of Python's.
kernel: Any = njit(**_OPTIONS)


def entry(count: int, *, called_from_python: bool = False) -> Any:
    """Return the decorator of a kernel of ``count`` numbers of 64 bits that is called from outside, by its address or also by its name."""
    options = {**_OPTIONS, "no_cpython_wrapper": not called_from_python}
    return njit(types.void(*[types.int64] * count), **options)


#: As much as the widest vector instruction asks for.
_ALIGNED = 64


def _array(context: Any, builder: Any, kind: Any, data: Any, length: Any) -> Any:
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    made = context.make_array(kind)(context, builder)
    arrays.populate_array(made, data=data, shape=[length], strides=[size], itemsize=size, meminfo=None)
    return made._getvalue()  # noqa: SLF001 - Numba's own way


def _local(dtype: Any) -> Any:
    @intrinsic(prefer_literal=True)
    def local(typing: Any, count: Any) -> Any:
        """Return an array of ``count`` elements, a literal number, holding anything; it ends with the function."""
        if not isinstance(count, types.IntegerLiteral):
            return None
        kind = types.Array(dtype, 1, "C")

        def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
            length = context.get_constant(types.intp, count.literal_value)
            with builder.goto_entry_block():
                data = builder.alloca(context.get_data_type(dtype), size=length)
                data.align = _ALIGNED
            return _array(context, builder, kind, data, length)

        return kind(count), build

    return local


def _at(dtype: Any) -> Any:
    @intrinsic
    def at(typing: Any, address: Any, count: Any) -> Any:
        """Return an array of ``count`` elements over the memory at ``address``."""
        kind = types.Array(dtype, 1, "C")

        def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
            data = builder.inttoptr(given[0], ir.PointerType(context.get_data_type(dtype)))
            return _array(context, builder, kind, data, given[1])

        return kind(types.int64, types.int64), build

    return at


local_bytes, local_words, local_longs = _local(types.uint8), _local(types.uint32), _local(types.uint64)
bytes_at, signed_at, longs_at = _at(types.uint8), _at(types.int64), _at(types.uint64)
