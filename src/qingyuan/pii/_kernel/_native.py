"""Calling compiled kernels without Numba: their machine code is put into memory from one file.

Numba is needed to compile. To call what it compiled before only the machine code is needed, three small extension
modules it calls back into, and a few numbers to be filled in: where the code stands, and where functions of Python
are. A process that scans one small file spent half its time on importing Numba and decorating two hundred kernels.

The file is made by :mod:`qingyuan.pii._kernel._image` from Numba's own cache, and carries a digest. It is taken only
if the sources, Python, NumPy, Numba and the processor are those it was made with; in every other case, and on any
other system than Linux on x86-64, Numba does everything. It is trusted as Numba's cache beside it is: who can write
there can run code here.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.machinery
import importlib.util
import mmap
import pickle
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

#: File beside the cached code that holds the machine code of all kernels.
FILE = "kernels.image"
_DIGEST = 32
_PAGE = 4096
_READ, _WRITE, _EXECUTE = 1, 2, 4
_POSITIONAL = 1  # METH_VARARGS
#: Extension modules of Numba that compiled code calls, with the prefix of their functions' names.
_HELPERS = (("_dynfunc", ""), ("_helperlib", "numba_"), ("core/runtime/_nrt_python", "NRT_"))

_MATHEMATICS = "libm.so.6"
#: Position among the arguments, type of the elements, dimensions, whether it is written to.
ArrayKind = tuple[int, "np.dtype[Any]", int, bool]


@dataclass(frozen=True, slots=True)
class Image:
    """Machine code of all kernels, with every address still to be filled in.

    Attributes:
        state: What it was made with; see :func:`state`.
        body: Code, then constants, then variables, each on pages of its own.
        ends: Where each of the three ends, in bytes.
        inner: Places of eight bytes that hold an offset in ``body``.
        outer: ``int64[n, 3]``: places that shall hold the address of a name, the name's number, what is added to it.
        names: The names.
        environments: Module and constants of each environment, and the places of pointers to it.
        kernels: Where the call of a kernel from Python begins, its number of arguments, and those that are arrays.
    """

    state: str
    body: bytes
    ends: tuple[int, int, int]
    inner: npt.NDArray[np.int64]
    outer: npt.NDArray[np.int64]
    names: tuple[str, ...]
    environments: dict[tuple[str, tuple[Any, ...]], npt.NDArray[np.int64]]
    kernels: dict[str, tuple[int, int, tuple[ArrayKind, ...]]]


class Native:
    """An image in memory.

    Attributes:
        folder: The folder it was read from.
    """

    def __init__(self, image: Image, folder: Path) -> None:
        """Put the image into memory, fill in addresses, make the code executable.

        Raises:
            OSError: The system does not allow it.
            ImportError: An extension module of Numba cannot be loaded.
            ValueError: Python, the system or Numba has no function of a name.
        """
        self.folder = folder
        self._kernels = image.kernels
        self._memory = mmap.mmap(-1, image.ends[2], prot=_READ | _WRITE)
        self._memory[: len(image.body)] = image.body
        self._keep: list[Any] = [ctypes.c_char.from_buffer(self._memory)]
        self._base = ctypes.addressof(self._keep[0])
        modules, known = _helpers()
        data = np.frombuffer(self._memory, dtype=np.uint8)
        _write(data, image.inner, _read(data, image.inner) + self._base)
        libraries = [ctypes.CDLL(name) for name in (None, _MATHEMATICS)]
        addresses = np.array([_address(name, known, libraries) for name in image.names], dtype=np.int64)
        _write(data, image.outer[:, 0], addresses[image.outer[:, 1]] + image.outer[:, 2])
        for (module, constants), places in image.environments.items():
            environment = modules[0].Environment({"__name__": module})
            environment.consts.extend(constants)
            self._keep.append(environment)
            _write(data, places, np.full(places.size, id(environment), dtype=np.int64))
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for begin, end, allowed in ((0, image.ends[0], _READ | _EXECUTE), (*image.ends[:2], _READ)):
            if end > begin and protect(self._base + begin, end - begin, allowed):
                raise OSError(ctypes.get_errno(), "mprotect")

    def kernel(self, name: str) -> Callable[..., Any] | None:
        """Return what calls the kernel ``module.function``, ``None`` if it is called by other kernels only."""
        if name not in self._kernels:
            return None
        entry, count, arrays = self._kernels[name]
        definition = _Definition(name.encode(), self._base + entry, _POSITIONAL, None)
        self._keep.append(definition)
        return _checked(_function(ctypes.byref(definition), None, None), name, count, arrays)


class _Definition(ctypes.Structure):
    """``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("call", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def _function(definition: Any, owner: Any, module: Any) -> Callable[..., Any]:
    """Return a built-in function of Python."""
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    made: Callable[..., Any] = make(definition, owner, module)
    return made


def _checked(
    raw: Callable[..., Any], name: str, count: int, arrays: Iterable[ArrayKind]
) -> Callable[..., Any]:
    """Return the kernel with a look at its arrays before: compiled code trusts that they are what it was made for."""
    wanted = tuple(arrays)

    def kernel(*args: Any) -> Any:
        if len(args) != count:
            raise TypeError(f"{name}: {count} arguments, not {len(args)}")
        for position, dtype, dimensions, written in wanted:
            one = args[position]
            if (
                not isinstance(one, np.ndarray)
                or (one.dtype is not dtype and one.dtype != dtype)
                or one.ndim != dimensions
                or not (one.flags.carray if written else one.flags.c_contiguous)
            ):
                raise TypeError(f"{name}: argument {position + 1} is no {dtype} array of its kind")
        return raw(*args)

    return kernel


def state(folder: Path) -> str:
    """Return what compiled code of ``folder`` depends on: sources, Python, NumPy, Numba, the processor."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        content = path.read_bytes()
        total.update(f"{path.name}\0{len(content)}\0".encode())
        total.update(content)
    numba = numba_folder()
    version = (numba / "_version.py").read_bytes()
    sizes = [_extension(numba, name).stat().st_size for name, _ in _HELPERS]
    return "\n".join(
        (
            f"{sys.implementation.cache_tag} {np.__version__} {platform.machine()} {sizes}",
            hashlib.sha256(version).hexdigest(),
            hashlib.sha256(_processor()).hexdigest(),
            total.hexdigest(),
        )
    )


def numba_folder() -> Path:
    """Return where Numba is installed, without importing it.

    Raises:
        ImportError: It is not.
    """
    spec = importlib.util.find_spec("numba")
    if spec is None or spec.origin is None:
        raise ImportError("numba")
    return Path(spec.origin).parent


def supported() -> bool:
    """Tell whether code can be put into memory here: Linux on x86-64, CPython."""
    here = sys.platform, platform.machine(), sys.implementation.name
    return here == ("linux", "x86_64", "cpython") and mmap.PAGESIZE == _PAGE


def load(source: Path, folders: Iterable[Path]) -> Native | None:
    """Return the kernels of ``source`` from the first folder that has an image of them, ``None`` if none has."""
    if not supported():
        return None
    try:
        wanted = state(source)
    except (OSError, ImportError):
        return None
    for folder in folders:
        try:
            content = (folder / FILE).read_bytes()
            if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
                continue
            image: Image = pickle.loads(content[_DIGEST:])  # noqa: S301 - trusted as Numba's cache beside it
            if image.state == wanted:
                return Native(image, folder)
        except (OSError, ValueError, EOFError, AttributeError, ImportError, TypeError, pickle.PickleError):
            continue
    return None


def save(image: Image, folder: Path, process: int) -> None:
    """Write the image into the folder in one step; ``process`` makes the name of the partial file."""
    body = pickle.dumps(image, protocol=5)
    partial = folder / f"{FILE}.{process}"
    partial.write_bytes(hashlib.sha256(body).digest() + body)
    partial.replace(folder / FILE)


def _processor() -> bytes:
    """Return what the system says of the first processor's model and abilities."""
    first = Path("/proc/cpuinfo").read_bytes().split(b"\n\n", 1)[0]
    kept = (b"vendor_id", b"cpu family", b"model", b"stepping", b"flags")
    return b"\n".join(line for line in first.splitlines() if line.startswith(kept))


def _extension(numba: Path, name: str) -> Path:
    """Return the file of an extension module of Numba."""
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = numba / f"{name}{suffix}"
        if path.is_file():
            return path
    raise ImportError(name)


def _helpers() -> tuple[list[Any], dict[str, int]]:
    """Load Numba's extension modules without Numba; return them and the addresses of their functions."""
    numba = numba_folder()
    modules = []
    known = {}
    for name, prefix in _HELPERS:
        spec = importlib.util.spec_from_file_location(
            f"numba.{name.replace('/', '.')}", _extension(numba, name)
        )
        if spec is None:
            raise ImportError(name)
        module: Any = importlib.util.module_from_spec(spec)
        modules.append(module)
        for function, address in module.c_helpers.items():
            known[function if function.startswith("_") else prefix + function] = address
    known["numba_unpickle"] = _location(_unpickle)
    return modules, known


class _Memory:
    """A pickle that lies in memory, as a file; it says itself where it ends."""

    def __init__(self, address: int) -> None:
        self._at = address

    def read(self, size: int) -> bytes:
        self._at += size
        return ctypes.string_at(self._at - size, size)

    def readline(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            line += self.read(1)
        return bytes(line)


class _Unpickled(dict[int, Any]):
    """What compiled code keeps pickled, by its address: the types of arrays it makes. Numba's own would import all of Numba."""

    def __missing__(self, address: int) -> Any:
        self[address] = pickle.load(_Memory(address))  # noqa: S301 - part of the compiled code
        return self[address]


_UNPICKLED = _Unpickled()
#: Compiled code asks with the address, the size and a digest; the first is enough. But for the first time of a type no code of Python
#: runs then: what a signal raises there, such as Ctrl-C, would be lost, and compiled code would go on with nothing.
_unpickle = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(_UNPICKLED.__getitem__)


def _location(function: Any) -> int:
    """Return the address of a function of C."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _address(name: str, known: dict[str, int], libraries: Iterable[ctypes.CDLL]) -> int:
    """Return where a function or variable of Numba, Python, the C library or its mathematics is."""
    if name in known:
        return known[name]
    for library in libraries:
        with contextlib.suppress(ValueError):
            return ctypes.addressof(ctypes.c_char.in_dll(library, name))
    raise ValueError(name)


def _read(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the numbers of eight bytes at places that need not be aligned."""
    numbers: npt.NDArray[np.int64] = data[places[:, None] + np.arange(8)].view(np.int64)[:, 0]
    return numbers


def _write(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> None:
    """Put numbers of eight bytes at places that need not be aligned."""
    data[places[:, None] + np.arange(8)] = values.astype(np.int64)[:, None].view(np.uint8)
