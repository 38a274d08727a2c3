"""Compiling with Numba when first needed: what is cached whole is loaded whole, and nothing else at import.

A kernel given a signature is compiled for that signature and no other, when it is first called from Python
or from another kernel that is being compiled. So importing the package compiles and loads nothing, and a kernel
whose caller is in the cache is not loaded at all.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numba
from numba.core import types
from numba.core.caching import Cache
from numba.core.types.functions import BaseFunction

F = TypeVar("F", bound=Callable[..., Any])

#: What makes arrays. A kernel without them is given arrays and keeps none, so that it need not count references to
#: them: counting is an atomic operation an array and call, more than many a kernel does.
_MAKES_ARRAYS = frozenset(
    ("arange", "concatenate", "copy", "empty", "full", "ones", "searchsorted", "sort", "zeros")
)
#: Types that operators are typed for again and again, alike whatever the values.
_PLAIN = (types.Integer, types.Boolean, types.Float, types.Array)


def njit(signature: str, *, cache: bool, nogil: bool, inline: str) -> Callable[[F], F]:
    """Return the decorator of a kernel; see :func:`qingyuan.pii._kernel._compile.njit`."""

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
            "no_cpython_wrapper": private, "_nrt": not _MAKES_ARRAYS.isdisjoint(function.__code__.co_names),
        }  # fmt: skip
        kernel: Any = numba.njit(**options)(function)
        _settle(kernel, signature)
        made: F = kernel
        return made

    return decorate


def _settle(kernel: Any, signature: str) -> None:
    """Make the kernel compile for its signature, once, when it is first needed."""
    template = kernel.get_call_template
    first_call = kernel._compile_for_args  # noqa: SLF001 - Numba asks here for what it has not compiled

    def ready() -> None:
        if not kernel.overloads:
            with _quickly():
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

    kernel.prepare = ready
    kernel.get_call_template = get_call_template
    kernel._compile_for_args = compile_for_args  # noqa: SLF001 - see above


@contextlib.contextmanager
def _quickly() -> Iterator[None]:
    """Load and compile with less overhead: no garbage collection, and each operator typed once for the same types.

    Numba tries some dozens of templates for each ``+`` and ``==`` of a kernel, and formats an error for each that
    does not fit; with its own intermediate objects, most of which live on, that was a fifth of the time.
    """
    base: Any = BaseFunction
    cache: Any = Cache
    resolve = base.get_call_type
    load = cache.load_overload
    if resolve is _typed_once:
        yield
        return
    collecting = gc.isenabled()
    gc.disable()
    _typed_once.__dict__["resolve"] = resolve
    base.get_call_type = _typed_once
    cache.load_overload = _loaded
    try:
        yield
    finally:
        base.get_call_type = resolve
        cache.load_overload = load
        if collecting:
            gc.enable()


def _loaded(cache: Any, signature: Any, context: Any) -> Any:
    """Load cached code as Numba does, but look for new registries of types once, not for each kernel."""
    if not _LOOKED:
        context.refresh()
        _LOOKED.append(True)
    with cache._guard_against_spurious_io_errors():  # noqa: SLF001 - what Numba itself does here
        return cache._load_overload(signature, context)  # noqa: SLF001


def _typed_once(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """Return the signature of a call of an operator or built-in function, remembered for plain types."""
    resolve = _typed_once.__dict__["resolve"]
    unliteral: Any = types.unliteral
    plain = tuple(unliteral(one) for one in args)
    if kws or not all(isinstance(one, _PLAIN) for one in plain):
        return resolve(function, context, args, kws)
    key = function.typing_key, function.templates, plain
    known = _TYPED.get(key)
    if known is None:
        signature = resolve(function, context, args, kws)
        if not any(template.prefer_literal for template in function.templates):
            _TYPED[key] = signature, function._impl_keys[signature.args]  # noqa: SLF001 - what Numba itself keeps
        return signature
    signature, implementation = known
    function._impl_keys[signature.args] = implementation  # noqa: SLF001
    return signature


#: Holds something once the registries were looked through.
_LOOKED: list[bool] = []
#: Signature and implementation of each operator by its name, templates and the types of its arguments.
_TYPED: dict[Any, tuple[Any, Any]] = {}
