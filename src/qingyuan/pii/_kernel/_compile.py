"""What makes a function of this folder a kernel: code compiled before, called without Numba, or else Numba.

See :mod:`qingyuan.pii._kernel._native` for the one and :mod:`qingyuan.pii._kernel._jit` for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from qingyuan.pii._kernel import NATIVE

F = TypeVar("F", bound=Callable[..., Any])

#: Every kernel with a signature, in the order of the modules; ``kernel.prepare()`` loads or compiles it.
KERNELS: list[Any] = []


class _Absent:
    """Stands for what describes code to the compiler where nothing is compiled."""

    def __getattr__(self, name: str) -> _Absent:
        """Return itself: any part of it is not there either."""
        return self

    def __call__(self, *_args: object, **_kws: object) -> _Absent:
        """Return itself."""
        return self


#: ``llvmlite.ir``, ``numba.types`` and ``numba.extending.intrinsic``.
ir: Any
types: Any
intrinsic: Any
if NATIVE is None:
    import llvmlite.ir
    import numba.extending

    from qingyuan.pii._kernel import _jit

    ir, types, intrinsic = llvmlite.ir, numba.types, numba.extending.intrinsic
else:
    ir = types = intrinsic = _Absent()


def njit(
    signature: str, *, cache: bool = True, nogil: bool = True, inline: str = "never"
) -> Callable[[F], F]:
    """Return the decorator of a kernel; see :func:`numba.njit`.

    Args:
        signature: The types it is compiled for.
        cache: Whether to keep the code on the disk.
        nogil: Whether to release the interpreter lock.
        inline: ``"always"`` to put its code into its callers before types are known; it is then compiled for
            whatever types they have.
    """

    def decorate(function: F) -> F:
        made: Any
        if NATIVE is None:
            made = _jit.njit(signature, cache=cache, nogil=nogil, inline=inline)(function)
        else:
            name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
            made = NATIVE.kernel(name) or function
            made.py_func = function
            made.prepare = _nothing
        if inline == "never":
            KERNELS.append(made)
        kernel: F = made
        return kernel

    return decorate


def _nothing() -> None:
    """Do nothing: the code is there."""
