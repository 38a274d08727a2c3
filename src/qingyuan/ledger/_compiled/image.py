"""Putting the machine code of all entries together, for :mod:`qingyuan.ledger._machine`.

Source: System V ABI, chapters 4 and 5 (object files), and its AMD64 supplement (relocations).
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.ledger._compiled.entry import ENTRIES, SUITES, TABLE, table
from qingyuan.ledger._machine import Image, Machine

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_PLACE = struct.Struct("<QQq")
_SYMBOL_TABLE, _ADDED, _EMPTY = 2, 4, 8
_LOADED, _WRITABLE = 2, 1
#: The one relocation of code that may stand anywhere: a whole address.
_WHOLE = 1
_ALIGNED = 64


class UnsuitedError(Exception):
    """The compiler made something that this module does not know."""


def in_process() -> Machine:
    """Return the code where Numba put it in this process."""
    found = {
        name: int(library.get_pointer_to_function(symbol)) for name, (library, symbol) in _compiled().items()
    }
    points = _points()
    found["points"] = points.ctypes.data
    return Machine(found, SUITES, (ENTRIES, points))


def _points() -> npt.NDArray[np.uint64]:
    """Return the table of the base point of SM2, 60 KiB."""
    points = np.zeros(TABLE, np.uint64)
    table(points.ctypes.data)
    return points


def make() -> Image:
    """Return the image of all entries.

    Raises:
        UnsuitedError: Numba or its code is not what is known.
    """
    body, inner, entries = bytearray(), list[int](), {}
    outer: dict[str, list[int]] = {}
    for name, (_, symbol) in _compiled().items():
        entries[name] = _put(_cached(ENTRIES[name]), symbol, body, inner, outer)
    body += bytes(-len(body) % _ALIGNED)
    entries["points"] = len(body)
    body += _points().tobytes()
    return Image(bytes(body), inner, outer, entries, SUITES)


def _cached(entry: Any) -> bytes:
    """Return the object file of an entry, from Numba's cache: a library loaded from there does not keep it."""
    cache, codegen = entry._cache, entry.targetctx.codegen()  # noqa: SLF001 - Numba tells it nowhere else
    (made,) = entry.overloads.values()
    try:
        found = cache._cache_file.load(cache._index_key(made.signature, codegen))  # noqa: SLF001
        _, kind, (code, _) = found[0]
    except (
        OSError,
        EOFError,
        AttributeError,
        TypeError,
        ValueError,
        ImportError,
        pickle.PickleError,
    ) as error:
        raise UnsuitedError(made.fndesc.llvm_func_name) from error
    if kind != "object":
        raise UnsuitedError(kind)
    return bytes(code)


def _compiled() -> dict[str, tuple[Any, str]]:
    """Return the library of each entry and its name there."""
    found = {}
    for name, entry in ENTRIES.items():
        (made,) = entry.overloads.values()
        found[name] = made.library, made.fndesc.llvm_func_name
    return found


def _put(code: bytes, entry: str, body: bytearray, inner: list[int], outer: dict[str, list[int]]) -> int:
    """Append what an object file has to be loaded; return where the entry begins."""
    (table,) = struct.unpack_from("<Q", code, 0x28)
    (count,) = struct.unpack_from("<H", code, 0x3C)
    sections = [_SECTION.unpack_from(code, table + _SECTION.size * each) for each in range(count)]
    placed: dict[int, int] = {}
    for number, (_, kind, flags, _, offset, size, _, _, align, _) in enumerate(sections):
        if not flags & _LOADED or not size:
            continue
        if flags & _WRITABLE or kind == _EMPTY or align > _ALIGNED:
            raise UnsuitedError(f"section {number}")
        body += bytes(-len(body) % _ALIGNED)
        placed[number] = len(body)
        body += code[offset : offset + size]
    symbols = _symbols(code, sections, placed)
    for _, kind, _, _, offset, size, _, target, _, _ in sections:
        if kind == _ADDED and target in placed:
            for at, info, added in _PLACE.iter_unpack(code[offset : offset + size]):
                where = placed[target] + at
                name, to = symbols[info >> 32]
                if info & 0xFFFFFFFF != _WHOLE or (to is None and (added or not name)):
                    raise UnsuitedError(f"relocation {info:x} of {name}")
                if to is None:
                    outer.setdefault(name, []).append(where)
                else:
                    inner.append(where)
                    struct.pack_into("<q", body, where, to + added)
    return _begins(entry, symbols)


def _begins(entry: str, symbols: list[tuple[str, int | None]]) -> int:
    for name, at in symbols:
        if name == entry and at is not None:
            return at
    raise UnsuitedError(entry)


def _symbols(
    code: bytes, sections: list[tuple[Any, ...]], placed: Mapping[int, int]
) -> list[tuple[str, int | None]]:
    """Return name and place of each symbol; what is not in the object file has none."""
    found: list[tuple[str, int | None]] = []
    for _, kind, _, _, offset, size, link, _, _, _ in sections:
        if kind == _SYMBOL_TABLE:
            strings = sections[link][4]
            for name, _, _, section, value, _ in _SYMBOL.iter_unpack(code[offset : offset + size]):
                text = code[strings + name : code.index(b"\0", strings + name)].decode()
                found.append((text, placed[section] + value if section in placed else None))
    return found
