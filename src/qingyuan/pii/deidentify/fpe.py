"""What format-preserving encryption keeps of a value, and what it encrypts.

A mobile number keeps its three-digit prefix and stays a number of the plan. A resident identity number keeps its
region code and is given another date and sequence, a bank card keeps its issuer; **their check digits are wrong on
purpose** (five steps after the right one), so that no checker, and no later scan, takes a pseudonym for a person's number.
Separators, country codes and full-width digits stay as they stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qingyuan.pii._identity import LENGTH, MARKS, remainder
from qingyuan.pii.deidentify.ff1 import MOST_DIGITS, MOST_TWEAK, Decimals

_FULL = {ord("０") + d: ord("0") + d for d in range(10)}
#: Steps from the right check digit to the one a pseudonym has.
_WRONG = 5
_FIRST_DAY = dt.date(1900, 1, 1)
_LAST_DAY = dt.date(2099, 12, 31)
_DAYS = (_LAST_DAY - _FIRST_DAY).days + 1
_ID_DIGITS = 8
_LEAST = 6
_MOBILE = 11
_LEAST_CARD = 13
_DIRECT = ("010", *(f"02{d}" for d in range(10)))


@dataclass(frozen=True, slots=True)
class Split:
    """A value taken apart.

    Attributes:
        tweak: Characters kept that steer the permutation; ASCII.
        body: What is encrypted, as a number.
        digits: Its length as a decimal string.
        domain: Bodies that mean something; the permutation walks on until it meets one.
        join: Makes the value of another body.
    """

    tweak: str
    body: int
    digits: int
    domain: Callable[[int], bool]
    join: Callable[[int], str]


def split(kind: str, value: str, *, pseudonym: bool = False) -> Split | None:
    """Return the parts of a value of a kind, ``None`` when it has no form that can be kept.

    Args:
        kind: Its kind; kinds without a rule of their own have every digit encrypted.
        value: The value, or what was made of one.
        pseudonym: Whether it is a pseudonym: its check digit is the wrong one then.
    """
    if not value.translate(_FULL).isascii():
        return None
    return _RULES.get(kind, _plain)(value, pseudonym)


def run(key: bytes, parts: Sequence[Split], *, back: bool = False) -> list[str]:
    """Return the values that the encryption (or, with ``back``, the decryption) of each part gives."""
    out = [""] * len(parts)
    groups: dict[tuple[int, int], list[int]] = {}
    for at, part in enumerate(parts):
        groups.setdefault((part.digits, len(part.tweak)), []).append(at)
    for (digits, width), members in groups.items():
        cipher = Decimals(key, digits)
        step = cipher.decrypt if back else cipher.encrypt
        tweaks = np.frombuffer("".join(parts[m].tweak for m in members).encode(), np.uint8).reshape(
            len(members), width
        )
        values = step(np.array([parts[m].body for m in members], np.uint64), tweaks)
        left = np.arange(len(members))
        while True:  # cycle walking: a permutation of the whole set is one of the domain, too
            outside = [i for i in left.tolist() if not parts[members[i]].domain(int(values[i]))]
            if not outside:
                break
            left = np.array(outside)
            values[left] = step(values[left], tweaks[left])
        for i, m in enumerate(members):
            out[m] = parts[m].join(int(values[i]))
    return out


def _everything(_: int) -> bool:
    return True


def _places(value: str) -> list[int]:
    """Return where the digits of a value stand."""
    return [i for i, c in enumerate(value) if c.translate(_FULL).isdecimal()]


def _digits(value: str) -> str:
    return "".join(c for c in value.translate(_FULL) if c.isdecimal())


def _written(value: str, places: Sequence[int], digits: str) -> str:
    """Return the value with other digits, as wide as those they replace."""
    out = list(value)
    for at, digit in zip(places, digits, strict=True):
        out[at] = digit if out[at].isascii() else chr(ord("０") + int(digit))
    return "".join(out)


def _part(
    value: str, places: Sequence[int], first: int, domain: Callable[[int], bool] = _everything
) -> Split | None:
    """Return the split that keeps the first digits and encrypts the rest."""
    digits = "".join(value[i] for i in places).translate(_FULL)
    count = len(digits) - first
    if not _LEAST <= count <= MOST_DIGITS or first > MOST_TWEAK:
        return None

    def join(body: int) -> str:
        return _written(value, places[first:], f"{body:0{count}d}")

    return Split(digits[:first], int(digits[first:]), count, domain, join)


def _mobile(value: str, _: bool) -> Split | None:
    places = _places(value)
    return _part(value, places[-_MOBILE:], 3) if len(places) >= _MOBILE else None


def _landline(value: str, _: bool) -> Split | None:
    places = _places(value)
    digits = _digits(value)
    area = 0
    if digits.startswith("0"):
        area = 3 if digits.startswith(_DIRECT) else 4
    count = len(digits) - area
    if count not in {7, 8}:
        return None
    low, high = 2 * 10 ** (count - 1), 9 * 10 ** (count - 1)
    part = _part(value, places, area, lambda body: low <= body < high)
    return part if part is not None and part.domain(part.body) else None


def _plain(value: str, _: bool) -> Split | None:
    return _part(value, _places(value), 0)


def _resident_id(value: str, pseudonym: bool) -> Split | None:
    plain = value.translate(_FULL).upper()
    places = [i for i, c in enumerate(plain) if c.isdecimal() or c == "X"]
    text = "".join(plain[i] for i in places)
    if len(text) != LENGTH or not text[:17].isdecimal():
        return None
    shift = _WRONG if pseudonym else 0
    if text[17] != MARKS[(remainder(text[:17]) + shift) % 11]:
        return None
    try:
        day = dt.datetime.strptime(text[6:14], "%Y%m%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        return None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        return None
    new = 0 if pseudonym else _WRONG

    def join(body: int) -> str:
        days, order = divmod(body, 1000)
        other = text[:6] + f"{_FIRST_DAY + dt.timedelta(days):%Y%m%d}" + f"{order:03d}"
        check = MARKS[(remainder(other) + new) % 11]
        return _written(value, places[:17], other)[: places[17]] + check + value[places[17] + 1 :]

    body = (day - _FIRST_DAY).days * 1000 + int(text[14:17])
    return Split(text[:6], body, _ID_DIGITS, lambda b: b < _DAYS * 1000, join)


def _luhn(body: str) -> int:
    """Return the right check digit of a card number (ISO/IEC 7812-1)."""
    doubled = [int(c) * (2 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))]
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10  # noqa: PLR2004 - digits of a doubled digit


def _bank_card(value: str, pseudonym: bool) -> Split | None:
    places = _places(value)
    digits = _digits(value)
    shift = _WRONG if pseudonym else 0
    if len(digits) < _LEAST_CARD or int(digits[-1]) != (_luhn(digits[:-1]) + shift) % 10:
        return None
    part = _part(value, places[:-1], 6)
    if part is None:
        return None
    new = 0 if pseudonym else _WRONG

    def join(body: int) -> str:
        other = digits[:6] + f"{body:0{part.digits}d}"
        return _written(value, places, other + str((_luhn(other) + new) % 10))

    return Split(part.tweak, part.body, part.digits, _everything, join)


_RULES: dict[str, Callable[[str, bool], Split | None]] = {
    "mobile": _mobile,
    "landline": _landline,
    "resident-id": _resident_id,
    "bank-card": _bank_card,
}
