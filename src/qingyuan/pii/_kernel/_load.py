"""Loading cached kernels with less ado than Numba makes of it, for the Numba release whose inner workings are known.

Of a cached kernel only the machine code is needed to call it. Numba also parses its bitcode (wanted only when another
kernel that calls it is compiled), fills all its registries of types (wanted only to compile), and tries for every
kernel anew whether the cache's folder can be written. A process that scans one small file spends a third of a
second on that. With any other release everything stays as Numba does it.
"""

from __future__ import annotations

import functools
from typing import Any

import numba
from llvmlite import binding
from numba.core import caching, codegen
from numba.core.runtime import nrt

from qingyuan.pii._kernel import _jit

#: The release of which the code below was read.
_KNOWN = (0, 68)


def install() -> bool:
    """Make loading quick if this Numba is the one known; return whether it is."""
    if numba.version_info.short != _KNOWN:
        return False
    library: Any = codegen.JITCodeLibrary
    if library.__dict__.get("bitcode") is None:
        library.bitcode = b""
        library.code = b""
        library.plain_pointer = library.get_pointer_to_function
        library.plain_module = library._get_module_for_linking  # noqa: SLF001 - see above
        library.plain_unserialize = library._unserialize.__func__  # noqa: SLF001 - see above
        library._unserialize = classmethod(_unserialize)  # noqa: SLF001 - see above
        library._get_module_for_linking = _module_for_linking  # noqa: SLF001 - see above
        library.get_pointer_to_function = _pointer
        locator: Any = caching._CacheLocator  # noqa: SLF001 - see above
        ensure = locator.ensure_cache_path
        once = functools.cache(lambda path, kind: ensure(kind(path)))

        def ensure_cache_path(self: Any) -> None:
            once(self.get_cache_path(), _Folder)

        locator.ensure_cache_path = ensure_cache_path
        runtime: Any = nrt
        for name, address in runtime._nrt.c_helpers.items():  # noqa: SLF001 - see above
            binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
        _jit._LOOKED.append(True)  # noqa: SLF001 - the registries are filled when something is compiled
    return True


class _Folder:
    """A folder of the cache, by itself."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        self._path = path

    def get_cache_path(self) -> str:
        """Return the path, as Numba asks for it."""
        return self._path


def _unserialize(cls: Any, context: Any, state: Any) -> Any:
    """Return the library of a cached kernel, its bitcode not yet parsed."""
    name, kind, data = state
    if kind != "object":
        return cls.plain_unserialize(cls, context, state)
    made = context.create_library(name)
    made.code, made.bitcode = data
    made.enable_object_caching()
    made._set_compiled_object(made.code)  # noqa: SLF001 - see above
    made._finalize_final_module()  # noqa: SLF001 - see above
    return made


def _module_for_linking(self: Any) -> Any:
    """Return what other kernels are linked with."""
    if self.bitcode:
        self._shared_module = binding.parse_bitcode(self.bitcode)
        self._codegen._engine._load_defined_symbols(self._shared_module)  # noqa: SLF001 - see above
        self.bitcode = b""
    return self.plain_module()


def _pointer(self: Any, name: str) -> int:
    """Return where a function of the library is, 0 if it has none of the name."""
    if not self.code:
        found: int = self.plain_pointer(name)
        return found
    # The table of names of the object file ends each with a zero.
    if name.encode() + b"\0" not in self.code:
        return 0
    return int(self._codegen._engine.get_function_address(name))  # noqa: SLF001 - see above
