"""What the values of a column must be besides matching a pattern: check digits, dates, how they spread."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from qingyuan.pii._identity import LENGTH, MARKS, OLD, remainder
from qingyuan.pii._kernel.shapes import valid_date
from qingyuan.pii._tables import tables

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _birth(value: str) -> bool:
    """Tell whether a resident ID shows a date."""
    if len(value) == OLD:
        return valid_date(1900 + int(value[6:8]), int(value[8:10]), int(value[10:12]))
    return bool(valid_date(int(value[6:10]), int(value[10:12]), int(value[12:14])))


def _identity(value: str) -> bool:
    """Tell whether a resident ID shows a date and, when it has one, the right check character (GB 11643)."""
    if not _birth(value) or len(value) == OLD:
        return _birth(value)
    return len(value) == LENGTH and MARKS[remainder(value[:-1])] == value[-1].upper()


def _credit(value: str) -> bool:
    """Tell whether a unified social credit code has the right check character (GB 32100); older codes have none."""
    if len(value) != LENGTH or any(c not in _CREDIT for c in value):
        return False
    total = sum(_CREDIT.index(c) * pow(3, i, 31) for i, c in enumerate(value[:-1]))
    return _CREDIT[-total % 31] == value[-1]


def _registration(value: str) -> bool:
    """Tell whether a business registration number of 15 digits has the right check digit (GB 17710, mod 11,10)."""
    product = 10
    for digit in value[:-1]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (product + int(value[-1])) % 10 == 1


def _luhn(value: str) -> bool:
    """Tell whether the digits pass ISO/IEC 7812-1 annex B."""
    digits = [int(c) for c in reversed(value)]
    return sum(digits[::2] + [d * 2 - 9 * (d > 4) for d in digits[1::2]]) % 10 == 0  # noqa: PLR2004


def _issuer(value: str) -> bool:
    """Tell whether the number begins with a listed issuer's."""
    return bool(tables().issuers[int(value[:6])] & 1)


def _date(value: str) -> bool:
    """Tell whether the numbers are a date."""
    parts = [int(p) for p in re.findall(r"\d+", value)]
    if len(parts) == 1 and len(value) == 8:  # noqa: PLR2004 - 19900131
        parts = [int(value[:4]), int(value[4:6]), int(value[6:])]
    return len(parts) == 3 and bool(valid_date(parts[0], parts[1], parts[2]) or parts[0] > 2049)  # noqa: PLR2004


#: What a value must be, by the name of the check.
CHECKS: dict[str, Callable[[str], bool]] = {
    "birth": _birth,
    "identity": _identity,
    "credit": _credit,
    "id-length": lambda v: len(v) in (15, 18),
    "card-length": lambda v: len(v) != 18,  # noqa: PLR2004 - of masked forms 18 characters are an ID's
    "registration": _registration,
    "luhn": _luhn,
    "issuer": _issuer,
    "date": _date,
}


def births(found: Sequence[str], latest: int, within: float, span: int, before: int) -> bool:
    """Tell whether dates spread as those of birth do: up to the year ``latest``, over ``span`` years, from ``before``."""
    years = sorted(int(v[:4]) for v in found)
    low, high = years[len(years) // 20], years[-1 - len(years) // 20]
    return sum(y <= latest for y in years) >= within * len(years) and high - low >= span and low <= before


def accounts(found: Sequence[str]) -> bool:
    """Tell whether numbers are chosen account numbers, not counters or amounts."""
    numbers = [int(v) for v in found]
    rising = sum(b > a for a, b in itertools.pairwise(numbers))
    longest = sum(8 <= len(v) <= 10 for v in found)  # noqa: PLR2004 - most account numbers
    return rising < 0.9 * len(numbers) and longest >= len(numbers) / 3
