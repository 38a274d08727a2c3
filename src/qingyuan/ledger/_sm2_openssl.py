"""The arithmetic of SM2 signatures by the libcrypto that Python itself uses, through ctypes.

Only the group and number functions are called (``EC_GROUP``, ``EC_POINT``, ``BIGNUM``), which have been the same
since OpenSSL 1.1.1: the interface for whole signatures takes no nonce, so it could not sign
deterministically. Multiplying the base point by a secret is libcrypto's constant-time ladder; secret numbers
are ``BIGNUM`` with the constant-time flag and are wiped, and never become Python integers.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import importlib
import sys
from collections.abc import Iterator

_NID_SM2 = 1172
_CONSTANT_TIME = 0x04  # BN_FLG_CONSTTIME
_UNCOMPRESSED = 4  # POINT_CONVERSION_UNCOMPRESSED
_SIZE = 32
_POINT_SIZE = 1 + 2 * _SIZE

_POINTER = ctypes.c_void_p
_INT = ctypes.c_int
_BYTES = ctypes.c_char_p
#: Result type and argument types of each function used.
_FUNCTIONS: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "BN_CTX_new": (_POINTER, ()),
    "BN_CTX_free": (None, (_POINTER,)),
    "BN_new": (_POINTER, ()),
    "BN_clear_free": (None, (_POINTER,)),
    "BN_bin2bn": (_POINTER, (_BYTES, _INT, _POINTER)),
    "BN_bn2binpad": (_INT, (_POINTER, _BYTES, _INT)),
    "BN_set_flags": (None, (_POINTER, _INT)),
    "BN_value_one": (_POINTER, ()),
    "BN_add": (_INT, (_POINTER, _POINTER, _POINTER)),
    "BN_mod_add": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER)),
    "BN_mod_sub": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER)),
    "BN_mod_mul": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER)),
    "BN_mod_inverse": (_POINTER, (_POINTER, _POINTER, _POINTER, _POINTER)),
    "EC_GROUP_new_by_curve_name": (_POINTER, (_INT,)),
    "EC_GROUP_get0_order": (_POINTER, (_POINTER,)),
    "EC_POINT_new": (_POINTER, (_POINTER,)),
    "EC_POINT_clear_free": (None, (_POINTER,)),
    "EC_POINT_mul": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER)),
    "EC_POINT_is_at_infinity": (_INT, (_POINTER, _POINTER)),
    "EC_POINT_oct2point": (_INT, (_POINTER, _POINTER, _BYTES, ctypes.c_size_t, _POINTER)),
    "EC_POINT_point2oct": (
        ctypes.c_size_t,
        (_POINTER, _POINTER, _INT, _BYTES, ctypes.c_size_t, _POINTER),
    ),
    "ERR_clear_error": (None, ()),
}


#: Functions that take tens of microseconds and more.
_LONG = {"EC_POINT_mul"}


class LibcryptoError(Exception):
    """A call of libcrypto failed that does not fail on good input."""


class Libcrypto:
    """SM2 over one loaded libcrypto. Safe to share between threads: the group is only read.

    Args:
        name: The library, as ``dlopen`` takes it.

    Raises:
        OSError: It cannot be loaded.
        LibcryptoError: A function or the curve is missing.
    """

    def __init__(self, name: str | None) -> None:
        """Bind the functions and the curve."""
        # Only the one long call lets go of the interpreter's lock: to take it back after each of the dozens of short ones
        # would cost a busy process more than the calls themselves.
        long, short = ctypes.CDLL(name), ctypes.PyDLL(name)
        self._call: dict[str, ctypes._NamedFuncPointer] = {}
        for called, (result, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(long if called in _LONG else short, called)
            except AttributeError as error:
                raise LibcryptoError(f"no {called}") from error
            function.restype, function.argtypes = result, list(arguments)
            self._call[called] = function
        self._group = self._call["EC_GROUP_new_by_curve_name"](_NID_SM2)
        if not self._group:
            self._call["ERR_clear_error"]()
            raise LibcryptoError("no SM2 curve")
        self._order = self._call["EC_GROUP_get0_order"](self._group)

    def public(self, private: bytes) -> bytes:
        """Return the uncompressed point ``[private]G``."""
        with self._scope() as scope:
            return scope.base_times(scope.secret(private))

    def scalar(self, private: bytes, nonce: bytes, r: bytes) -> bytes:
        """Return ``s = (1 + d)⁻¹ · (k + r) − r mod n`` of GB/T 32918.2, 6.1 step A6.

        That is ``(1 + d)⁻¹ · (k − r · d)`` with one multiplication by a secret less.
        """
        with self._scope() as scope:
            d, k, known = scope.secret(private), scope.secret(nonce), scope.number(r)
            scope.run("BN_add", d, d, self._call["BN_value_one"]())
            inverse = scope.secret()
            scope.run("BN_mod_inverse", inverse, d, self._order, scope.context)
            scope.run("BN_mod_add", k, k, known, self._order, scope.context)
            scope.run("BN_mod_mul", k, inverse, k, self._order, scope.context)
            scope.run("BN_mod_sub", k, k, known, self._order, scope.context)
            return scope.to_bytes(k)

    def combine(self, s: bytes, t: bytes, public: bytes) -> bytes | None:
        """Return the uncompressed point ``[s]G + [t]public``, or ``None`` when it is at infinity."""
        with self._scope() as scope:
            point = scope.point()
            scope.run("EC_POINT_oct2point", self._group, point, public, len(public), scope.context)
            scope.run(
                "EC_POINT_mul", self._group, point, scope.number(s), point, scope.number(t), scope.context
            )
            if self._call["EC_POINT_is_at_infinity"](self._group, point):
                return None
            return scope.encode(point)

    @contextlib.contextmanager
    def _scope(self) -> Iterator[_Scope]:
        scope = _Scope(self._call, self._group)
        try:
            yield scope
        finally:
            scope.close()


class _Scope:
    """What one computation allocates; wiped and freed at its end."""

    def __init__(self, call: dict[str, ctypes._NamedFuncPointer], group: int) -> None:
        self._call = call
        self._group = group
        self._numbers: list[int] = []
        self._points: list[int] = []
        self.context: int = call["BN_CTX_new"]()
        if not self.context:
            raise LibcryptoError("BN_CTX_new")

    def run(self, name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> None:
        if not self._call[name](*arguments):
            self._call["ERR_clear_error"]()
            raise LibcryptoError(name)

    def number(self, data: bytes = b"") -> int:
        made: int | None = self._call["BN_new"]()
        if not made:
            raise LibcryptoError("BN_new")
        self._numbers.append(made)
        self.run("BN_bin2bn", data, len(data), made)
        return made

    def secret(self, data: bytes = b"") -> int:
        made = self.number(data)
        self._call["BN_set_flags"](made, _CONSTANT_TIME)
        return made

    def point(self) -> int:
        made: int | None = self._call["EC_POINT_new"](self._group)
        if not made:
            raise LibcryptoError("EC_POINT_new")
        self._points.append(made)
        return made

    def base_times(self, secret: int) -> bytes:
        point = self.point()
        self.run("EC_POINT_mul", self._group, point, secret, None, None, self.context)
        return self.encode(point)

    def encode(self, point: int) -> bytes:
        out = ctypes.create_string_buffer(_POINT_SIZE)
        self.run("EC_POINT_point2oct", self._group, point, _UNCOMPRESSED, out, _POINT_SIZE, self.context)
        return out.raw

    def to_bytes(self, number: int) -> bytes:
        out = ctypes.create_string_buffer(_SIZE)
        if self._call["BN_bn2binpad"](number, out, _SIZE) != _SIZE:
            raise LibcryptoError("BN_bn2binpad")
        return out.raw

    def close(self) -> None:
        for number in self._numbers:
            self._call["BN_clear_free"](number)
        for point in self._points:
            self._call["EC_POINT_clear_free"](point)
        self._call["BN_CTX_free"](self.context)


def load() -> Libcrypto | None:
    """Return SM2 by the first libcrypto that has it, or ``None``.

    Looking symbols up through the ``_hashlib`` extension finds the very library Python is linked with. The system
    library is only asked after that, and not on macOS, which ends a process that loads its own.
    """
    for name in _candidates():
        try:
            return Libcrypto(name)
        except (OSError, LibcryptoError):  # not loadable, or built without SM2: ask the next one
            continue
    return None


def _candidates() -> Iterator[str | None]:
    with contextlib.suppress(ImportError):
        yield getattr(importlib.import_module("_hashlib"), "__file__", None)
    if sys.platform != "darwin":
        found = ctypes.util.find_library("crypto")
        if found is not None:
            yield found
