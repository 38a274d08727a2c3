"""Making one file of the machine code of all kernels from Numba's cache, for :mod:`qingyuan.pii._kernel._native`.

Numba's cache has an object file for each kernel, in the Executable and Linkable Format (System V ABI, AMD64
supplement), with the code of everything it calls inside. They are put one after the other; what they say of places
within themselves becomes an offset, what they call outside is kept by name.
"""

from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import types
from numba.core.registry import cpu_target
from numba.np import numpy_support

from qingyuan.pii._kernel import _native

#: The release of which the cache's inner workings were read.
_KNOWN = (0, 68)
_PAGE = 4096
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_SYMBOLS, _RELOCATIONS, _NOTHING = 2, 4, 8
_ALLOCATED, _EXECUTABLE, _WRITABLE = 2, 4, 1
_ABSOLUTE, _COMMON = 0xFFF1, 0xFFF2
#: The only relocation of code that may stand anywhere: a whole address.
_R_X86_64_64 = 1
#: Tables for debuggers and exceptions of C++, which kernels have none of.
_FRAMES = ".eh_frame"
_CODE, _CONSTANTS, _VARIABLES = range(3)


class Unsuited(Exception):  # noqa: N818 - not an error: Numba does everything then
    """Something in the cache is not what this module knows."""


class _Section(NamedTuple):
    name: str
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int


class _Pool:
    """One of the three parts of the image while it grows."""

    def __init__(self) -> None:
        self.body = bytearray()

    def add(self, content: bytes, align: int) -> int:
        """Append the content; return where it stands."""
        self.body += bytes(-len(self.body) % max(align, 16))
        at = len(self.body)
        self.body += content
        return at


class _Maker:
    """Puts object files together."""

    def __init__(self) -> None:
        self.pools = (_Pool(), _Pool(), _Pool())
        self.inner: list[tuple[int, int, int, int]] = []  # pool and place, pool and offset it shall point to
        self.outer: list[tuple[int, int, int, int]] = []  # pool and place, name, added
        self.names: dict[str, int] = {}

    def add(self, content: bytes) -> dict[str, tuple[int, int]]:
        """Add an object file; return the pool and offset of each of its names."""
        sections = list(_sections(content))
        placed: dict[int, tuple[int, int]] = {}
        for number, one in enumerate(sections):
            if one.flags & _ALLOCATED and one.name != _FRAMES and one.size:
                code, written = one.flags & _EXECUTABLE, one.flags & _WRITABLE
                pool = _CODE if code else _VARIABLES if written else _CONSTANTS
                body = (
                    bytes(one.size) if one.kind == _NOTHING else content[one.offset : one.offset + one.size]
                )
                placed[number] = pool, self.pools[pool].add(body, one.align)
        symbols = [self._symbol(*entry, placed) for entry in _symbols(content, sections)]
        for one in sections:
            if one.kind == _RELOCATIONS and one.info in placed:
                self._relocate(content[one.offset : one.offset + one.size], placed[one.info], symbols)
        return {name: place for name, place in symbols if name and place is not None}

    def _symbol(
        self, name: str, section: int, value: int, size: int, placed: dict[int, tuple[int, int]]
    ) -> tuple[str, tuple[int, int] | None]:
        if section == _COMMON:
            return name, (_VARIABLES, self.pools[_VARIABLES].add(bytes(size), value))
        if section == _ABSOLUTE:
            return name, None
        if section in placed:
            pool, at = placed[section]
            return name, (pool, at + value)
        return name, None

    def _relocate(
        self, entries: bytes, target: tuple[int, int], symbols: list[tuple[str, tuple[int, int] | None]]
    ) -> None:
        pool, at = target
        for offset, info, added in _RELOCATION.iter_unpack(entries):
            if info & 0xFFFFFFFF != _R_X86_64_64:
                raise Unsuited(f"relocation {info & 0xFFFFFFFF}")
            name, place = symbols[info >> 32]
            if place is not None:
                self.inner.append((pool, at + offset, place[0], place[1] + added))
            elif name:
                self.outer.append((pool, at + offset, self.names.setdefault(name, len(self.names)), added))
            else:
                raise Unsuited("relocation without a name")

    def finish(self) -> tuple[bytes, tuple[int, int, int], list[int]]:
        """Return the three parts as one, where each ends, and where each begins."""
        body = bytearray()
        begins, ends = [], []
        for pool in self.pools:
            begins.append(len(body))
            body += pool.body + bytes(-len(pool.body) % _PAGE)
            ends.append(len(body))
        for pool_number, at, to, offset in self.inner:
            struct.pack_into("<q", body, begins[pool_number] + at, begins[to] + offset)
        return bytes(body), (ends[0], ends[1], max(ends[2], _PAGE)), begins


def make(cache: Path, source: Path, functions: Mapping[str, int]) -> _native.Image:
    """Return the image of kernels compiled before into the folder ``cache``.

    Args:
        cache: Where Numba keeps compiled code.
        source: The folder of the kernels' sources.
        functions: Each kernel ``module.function`` and the line its definition begins in.

    Raises:
        Unsuited: Numba or its cache is not what is known, or a kernel is missing.
    """
    if numba.version_info.short != _KNOWN or not _native.supported():
        raise Unsuited(numba.__version__)
    maker = _Maker()
    kernels = {}
    environments: dict[tuple[str, tuple[Any, ...]], list[int]] = {}
    for name, line in sorted(functions.items()):
        library, descriptor, referenced = _cached(
            cache, f"{name}-{line}", source / f"{name.split('.')[0]}.py"
        )
        _, kind, code = library
        if kind != "object":
            raise Unsuited(kind)
        wrapper = descriptor.llvm_cpython_wrapper_name
        if wrapper.encode() + b"\0" not in code[0]:
            continue
        places = maker.add(code[0])
        if places[wrapper][0] != _CODE:
            raise Unsuited(wrapper)
        kernels[name] = places[wrapper][1], len(descriptor.argtypes), tuple(_arrays(descriptor.argtypes))
        for one in referenced:
            if places.get(one.env_name, (_CODE, 0))[0] == _VARIABLES:
                found = environments.setdefault((str(one.globals.get("__name__")), tuple(one.consts)), [])
                found.append(places[one.env_name][1])
    body, ends, begins = maker.finish()
    return _native.Image(
        state=_native.state(source),
        body=body,
        ends=ends,
        inner=np.array([begins[pool] + at for pool, at, _, _ in maker.inner], dtype=np.int64),
        outer=np.array(
            [(begins[pool] + at, name, added) for pool, at, name, added in maker.outer], dtype=np.int64
        ).reshape(-1, 3),
        names=tuple(maker.names),
        environments={key: np.array(at) + begins[_VARIABLES] for key, at in environments.items()},
        kernels=kernels,
    )


def _cached(cache: Path, name: str, source: Path) -> tuple[Any, Any, Any]:
    """Return library, descriptor and environments of a cached kernel, for this processor.

    A process that began before its source changed may have written it since; Numba would not take such code either.
    """
    indices = list(cache.glob(f"{name}.*.nbi"))
    if len(indices) != 1:
        raise Unsuited(f"{name}: {len(indices)}")
    try:
        with indices[0].open("rb") as file:
            pickle.load(file)  # noqa: S301 - what Numba itself loads
            stamp, overloads = pickle.loads(file.read())  # noqa: S301 - see above
        if stamp != hashlib.sha256(source.read_bytes()).digest():
            raise Unsuited(f"{name}: of another source")
        magic = cpu_target.target_context.codegen().magic_tuple()
        (data,) = (data for (_, made_with, _), data in overloads.items() if made_with == magic)
        parts = pickle.loads((cache / data).read_bytes())  # noqa: S301 - see above
        return parts[0], parts[1], parts[-1]
    except (OSError, ValueError, EOFError, AttributeError, ImportError, TypeError, IndexError) as error:
        raise Unsuited(name) from error


def _arrays(argtypes: Iterable[Any]) -> Iterator[_native.ArrayKind]:
    """Yield what the arguments that are arrays must be."""
    for position, one in enumerate(argtypes):
        if isinstance(one, types.Array):
            if one.layout != "C":
                raise Unsuited(str(one))
            yield position, np.dtype(numpy_support.as_dtype(one.dtype)), one.ndim, one.mutable
        elif not isinstance(one, types.Integer | types.Boolean | types.Float):
            raise Unsuited(str(one))


def _sections(content: bytes) -> Iterator[_Section]:
    """Yield the sections of an object file."""
    (table,) = struct.unpack_from("<Q", content, 0x28)
    count, strings = struct.unpack_from("<HH", content, 0x3C)
    rows = [_SECTION.unpack_from(content, table + _SECTION.size * n) for n in range(count)]
    for name, kind, flags, _, offset, size, link, info, align, _ in rows:
        yield _Section(_text(content, rows[strings][4] + name), kind, flags, offset, size, link, info, align)


def _symbols(content: bytes, sections: list[_Section]) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, section, value and size of every symbol."""
    for one in sections:
        if one.kind == _SYMBOLS:
            names = sections[one.link].offset
            for name, _, _, section, value, size in _SYMBOL.iter_unpack(
                content[one.offset : one.offset + one.size]
            ):
                yield _text(content, names + name), section, value, size


def _text(content: bytes, at: int) -> str:
    """Return the text that begins at ``at`` and ends before a zero."""
    return content[at : content.index(b"\0", at)].decode()
