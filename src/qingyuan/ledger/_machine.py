"""Compiled code of the ledger, called by its address: signing, trees, and the file it is kept in between processes.

Loading Numba and what it compiled takes half a second. The machine code itself needs nothing of it, so it is kept in one file
beside Numba's cache and put into memory from there in two milliseconds. The file is taken only if the sources of the kernels, the
processor and its own digest are those it was made with. It is trusted as Numba's cache beside it is: who can write there
can run code here.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import mmap
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

#: The sources, and what is kept beside them.
SOURCES = Path(__file__).parent / "_compiled"
IMAGE = SOURCES / "__pycache__" / "ledger.nbm"

#: To be raised when what is kept, or how it is put together, changes.
_VERSION = 1
_DIGEST = 32
_LENGTH = struct.Struct("<Q")
_READ_WRITE, _READ_EXECUTE = 3, 5
_HASH = 32
#: What an entry takes: an address or a number. Short ones keep the interpreter's lock: to give it away costs more than they do.
_FORMS = {
    "sign": "ppppp",
    "sign_first": "ppppp",
    "add": "npnnpnp",
    "leaves": "nppnnp",
    "parents": "npnp",
    "leads": "npnnpnpp",
}
_SHORT = frozenset(("add", "leads"))
#: Functions of the C library that compiled code calls.
_OUTSIDE = frozenset(("memcpy", "memmove", "memset"))

Call = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Image:
    """Machine code with every address still to be filled in.

    Attributes:
        body: The code and its constants.
        inner: Places of eight bytes that hold an offset in ``body``.
        outer: Places that shall hold the address of a function of the C library, by its name.
        entries: Where each entry begins, and the table of the base point of SM2, ``points``.
        suites: Number of each hash suite that is quicker in this code than in OpenSSL.
    """

    body: bytes
    inner: Sequence[int]
    outer: Mapping[str, Sequence[int]]
    entries: Mapping[str, int]
    suites: Mapping[str, int]


class Machine:
    """The entries, ready to be called.

    Args:
        addresses: Of each entry, and of the table of the base point of SM2, ``points``.
        suites: As of :class:`Image`.
        keep: What must live as long as the code.
    """

    def __init__(self, addresses: Mapping[str, int], suites: Mapping[str, int], keep: object = None) -> None:
        """Make functions of the addresses."""
        self.suites = dict(suites)
        self.points = addresses["points"]
        self._keep = keep
        #: Numba's code says by its first two arguments what it returns and raises; these do neither.
        self._unused = ctypes.create_string_buffer(64)
        unused = ctypes.addressof(self._unused)
        self.calls: dict[str, Call] = {}
        for name, form in _FORMS.items():
            kinds = [ctypes.c_void_p if each == "p" else ctypes.c_int64 for each in form]
            kind = ctypes.PYFUNCTYPE if name in _SHORT else ctypes.CFUNCTYPE
            made = kind(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *kinds)(addresses[name])
            self.calls[name] = partial(made, unused, unused + 32)

    @classmethod
    def of(cls, image: Image) -> Machine:
        """Put an image into memory, fill in addresses, make the code executable.

        Raises:
            OSError: The system does not allow it.
            ValueError: The image asks for a function that it should not need.
        """
        if not image.outer.keys() <= _OUTSIDE:
            raise ValueError(sorted(image.outer))
        size = len(image.body) + -len(image.body) % mmap.PAGESIZE
        memory = mmap.mmap(-1, size, prot=_READ_WRITE)
        memory[: len(image.body)] = image.body
        base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for at in image.inner:
            _LENGTH.pack_into(memory, at, _LENGTH.unpack_from(memory, at)[0] + base)
        library = ctypes.CDLL(None, use_errno=True)
        for name, places in image.outer.items():
            address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
            for at in places:
                _LENGTH.pack_into(memory, at, address)
        library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        if library.mprotect(base, size, _READ_EXECUTE):
            raise OSError(ctypes.get_errno(), "mprotect")
        return cls({name: base + at for name, at in image.entries.items()}, image.suites, memory)


class Tree:
    """What a hash suite asks of compiled code; see :class:`qingyuan.ledger.hashes.QuickTree`.

    Args:
        machine: The code.
        kind: Number of the suite.
    """

    def __init__(self, machine: Machine, kind: int) -> None:
        """Take the number."""
        self._machine = machine  # the code must not go before its last caller
        self._kind = kind
        self._leaves, self._parents = machine.calls["leaves"], machine.calls["parents"]
        self._add, self._leads = machine.calls["add"], machine.calls["leads"]

    def leaf_row(self, entries: Sequence[bytes]) -> bytes:
        """Return the leaf hash of each entry, one after the other; there is at least one."""
        count = len(entries)
        lengths = list(map(len, entries))
        ends = struct.pack(f"<{count}q", *accumulate(lengths))
        longest = max(lengths)
        out = ctypes.create_string_buffer(_HASH * count + 8 * (longest + 128))
        self._leaves(self._kind, b"".join(entries), ends, count, longest, out)
        return out.raw[: _HASH * count]

    def parent_row(self, row: bytes) -> bytes:
        """Return the hash above each pair of a row; an odd last node has none."""
        count = len(row) // (2 * _HASH)
        out = ctypes.create_string_buffer((_HASH + 8) * count + 8 * 192)
        self._parents(self._kind, row, count, out)
        return out.raw[: _HASH * count]

    def add(self, entry: bytes, size: int, edge: bytes) -> tuple[bytes, bytes, bytes]:
        """Return leaf hash, new edge and root of a tree with one entry more.

        Args:
            entry: The entry.
            size: Entries before it.
            edge: The right edge of the tree before it.
        """
        out = ctypes.create_string_buffer(len(edge) + len(entry) + 224)
        self._add(self._kind, entry, len(entry), size, edge, len(edge) // _HASH, out)
        made = out.raw[: 64 + _HASH * (size + 1).bit_count()]
        return made[:32], made[64:], made[32:64]

    def leads(self, leaf: bytes, index: int, size: int, path: bytes, root: bytes) -> bool:
        """Say whether a path, its hashes one after the other, leads from entry ``index`` of ``size`` to the root."""
        if len(leaf) != _HASH or len(root) != _HASH or len(path) % _HASH:
            return False
        out = ctypes.create_string_buffer(1)
        self._leads(self._kind, leaf, index, size, path, len(path) // _HASH, root, out)
        return out.raw != b"\0"


class Signing:
    """SM2 signing by the table of the base point; may be used from several threads.

    Args:
        machine: The code.
    """

    def __init__(self, machine: Machine) -> None:
        """Take the code."""
        self._machine = machine  # see Tree
        self._points = machine.points
        self._sign, self._first = machine.calls["sign"], machine.calls["sign_first"]

    def sign(self, nonce: bytes, digest: bytes, inverse: bytes) -> bytes | None:
        """Return ``r ‖ s``, 64 bytes, by a nonce; ``None`` when the standard asks for another (GB/T 32918.2, 6.1, A5 and A6)."""
        return self._by(self._sign, nonce, digest, inverse)

    def first(self, private: bytes, digest: bytes, inverse: bytes) -> bytes | None:
        """Return the signature by the first nonce that RFC 6979 draws, or ``None`` when another is asked for."""
        return self._by(self._first, private, digest, inverse)

    def _by(self, call: Call, secret: bytes, digest: bytes, inverse: bytes) -> bytes | None:
        if not len(secret) == len(digest) == len(inverse) == _HASH:
            raise ValueError("32 bytes each")
        out = ctypes.create_string_buffer(65)
        call(secret, digest, inverse, self._points, out)
        return out.raw[:64] if out[64] != b"\0" else None


def state() -> str:
    """Return what compiled code depends on: the sources of the kernels, the system, the processor."""
    total = hashlib.sha256()
    for path in (*sorted(SOURCES.glob("*.py")), SOURCES.parent / "_sm2_curve.py"):
        if path.name == "image.py":  # has no kernels
            continue
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode() + content)
    with contextlib.suppress(OSError):
        first = Path("/proc/cpuinfo").read_bytes().split(b"\n\n", 1)[0]
        kept = (b"vendor_id", b"cpu family", b"model", b"stepping", b"flags")
        total.update(b"\n".join(line for line in first.splitlines() if line.startswith(kept)))
    return f"{_VERSION} {sys.platform} {platform.machine()} {total.hexdigest()}"


def supported() -> bool:
    """Tell whether code can be put into memory here: Linux on x86-64, CPython."""
    return (sys.platform, platform.machine(), sys.implementation.name) == ("linux", "x86_64", "cpython")


def load(path: Path = IMAGE) -> Machine | None:
    """Return the code of a file, or ``None`` where there is none that was made of these sources for this processor."""
    if not supported():
        return None
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        begin = _DIGEST + _LENGTH.size
        end = begin + _LENGTH.unpack_from(content, _DIGEST)[0]
        told: dict[str, Any] = json.loads(content[begin:end])
        return Machine.of(Image(content[end:], **told)) if told.pop("state") == state() else None
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def save(image: Image, path: Path = IMAGE) -> None:
    """Write the file in one step; where that cannot be, other processes load Numba as before."""
    told = {
        "state": state(),
        "inner": list(image.inner),
        "outer": dict(image.outer),
        "entries": dict(image.entries),
        "suites": dict(image.suites),
    }
    header = json.dumps(told).encode()
    content = _LENGTH.pack(len(header)) + header + image.body
    partial_file = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        partial_file.write_bytes(hashlib.sha256(content).digest() + content)
        partial_file.replace(path)


def drop_stale(folder: Path, names: Iterable[str]) -> None:
    """Drop from Numba's cache the code of our modules that was compiled from other sources: Numba looks at a kernel's own file only."""
    stamp, known = folder / "ledger.nbs", state()
    with contextlib.suppress(OSError):
        if stamp.is_file() and stamp.read_text("utf-8") == known:
            return
        for name in names:
            for path in sorted(folder.glob(f"{name}.*.nb[ci]"), reverse=True):  # indices first
                path.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        partial_file = folder / f"{stamp.name}.{os.getpid()}"
        partial_file.write_text(known, "utf-8")
        partial_file.replace(stamp)
