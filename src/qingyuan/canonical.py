"""Canonical JSON (RFC 8785) for the values that records hold: everything but floating-point numbers.

It stands on the ground below all rooms. For strings, integers, booleans, ``None``, lists and mappings with ASCII
names the standard library's C encoder, with sorted names and no white space, writes exactly what RFC 8785
asks for; the tests hold it against an independent implementation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

#: Integers beyond ±(2^53 − 1) are rounded by JSON readers that use doubles (RFC 8785 section 3.2.2.3).
MAX_INTEGER = 2**53 - 1

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


class NotCanonicalError(ValueError):
    """A value that has no canonical form here.

    Attributes:
        place: Path to the value, such as ``"$.a[3]"``.
        why: What is wrong with it, in English.
    """

    def __init__(self, place: str, why: str) -> None:
        """Name the place and the reason."""
        self.place = place
        self.why = why
        super().__init__(f"{place}: {why}")


def canonical_json(value: object) -> bytes:
    """Return ``value`` as canonical JSON in UTF-8.

    Args:
        value: Strings, integers, booleans, ``None``, lists or tuples, and mappings with ASCII names.

    Raises:
        NotCanonicalError: ``value`` holds something else: a float, a name that is not ASCII, an unpaired
            surrogate, or an integer beyond :data:`MAX_INTEGER`.
    """
    _check(value, ())
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError("$", "an unpaired surrogate") from error


def _check(value: object, place: tuple[object, ...]) -> None:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise NotCanonicalError(_path(place), "an integer that JSON readers would round")
    elif isinstance(value, dict):
        for name, member in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise NotCanonicalError(_path(place), "a member name that is not ASCII text")
            _check(member, (*place, name))
    elif isinstance(value, list | tuple):
        for number, member in enumerate(value):
            _check(member, (*place, number))
    elif isinstance(value, str):
        return  # an enumeration of strings
    else:
        what = "a mapping that is no dict" if isinstance(value, Mapping) else f"the type {kind.__name__}"
        raise NotCanonicalError(_path(place), what)


def _path(place: tuple[object, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
