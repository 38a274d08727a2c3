"""Compiling when first needed: what is cached whole is loaded whole, and nothing else at import.

A kernel given a signature is compiled for that signature and no other, when it is first called from Python
or from another kernel that is being compiled. So importing the package compiles and loads nothing, and a kernel
whose caller is in the cache is not loaded at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

#: Every kernel with a signature, in the order of the modules.
KERNELS: list[Any] = []


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
        if inline != "never":
            inlined: dict[str, Any] = {
                "cache": cache,
                "nogil": nogil,
                "error_model": "numpy",
                "inline": inline,
            }
            known: F = numba.njit(**inlined)(function)
            return known
        private = function.__name__.startswith("_")
        options: dict[str, Any] = {
            "cache": cache, "nogil": nogil, "error_model": "numpy", "no_cfunc_wrapper": True,
            "no_cpython_wrapper": private,
        }  # fmt: skip
        kernel: Any = numba.njit(**options)(function)
        _settle(kernel, signature)
        KERNELS.append(kernel)
        made: F = kernel
        return made

    return decorate


def _settle(kernel: Any, signature: str) -> None:
    """Make the kernel compile for its signature, once, when it is first needed."""
    template = kernel.get_call_template
    first_call = kernel._compile_for_args  # noqa: SLF001 - Numba asks here for what it has not compiled

    def ready() -> None:
        if not kernel.overloads:
            kernel.compile(signature)
            kernel.disable_compile()

    def get_call_template(args: Any, kws: Any) -> Any:
        ready()
        return template(args, kws)

    def compile_for_args(*args: Any, **kws: Any) -> Any:
        if kernel.overloads:
            return first_call(*args, **kws)
        ready()
        return kernel  # the caller calls what is returned

    kernel.get_call_template = get_call_template
    kernel._compile_for_args = compile_for_args  # noqa: SLF001 - see above
