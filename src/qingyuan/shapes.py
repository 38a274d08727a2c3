"""Reading values as typed records, safe when several threads meet a type for the first time.

It stands on the ground below all rooms. msgspec works out how to read a type at its first use and keeps that with the
class; a second thread that uses the class meanwhile reads what is half made and the process ends with a segmentation
fault (seen with msgspec 0.22 in a server whose first requests came together). So the first use of each type happens
here, one at a time; afterwards a call costs one look into a set more.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_LOCK = threading.Lock()
_READY: set[Any] = set()


def ready(shape: type[T]) -> type[T]:
    """Return ``shape`` after msgspec has worked out how to read it and all types in it.

    Args:
        shape: A type that msgspec can read.

    Raises:
        TypeError: msgspec cannot read such a type.
    """
    if shape not in _READY:
        with _LOCK:
            msgspec.json.Decoder(shape)
            _READY.add(shape)
    return shape


def convert(value: object, shape: type[T], *, strict: bool = True) -> T:
    """Return ``value``, made of mappings, lists and scalars, as a ``shape``.

    Args:
        value: What a reader of YAML or JSON gives.
        shape: The type to make.
        strict: Whether ``"1"`` is no number.

    Raises:
        msgspec.ValidationError: The value is not of that shape; the message names the place.
    """
    return msgspec.convert(value, ready(shape), strict=strict)


def from_json(data: bytes | bytearray | memoryview | str, shape: type[T]) -> T:
    """Return JSON as a ``shape``.

    Args:
        data: One JSON text, UTF-8 when bytes.
        shape: The type to make.

    Raises:
        msgspec.ValidationError: It is JSON, but not of that shape.
        msgspec.DecodeError: It is not JSON.
    """
    return msgspec.json.decode(data, type=ready(shape))
