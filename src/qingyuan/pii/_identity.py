"""Numbers of identity cards: their check character, and the number of today for one of fifteen digits."""

from __future__ import annotations

#: Weights of the places and characters for the remainders (GB 11643-1999, ISO 7064 mod 11-2).
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
MARKS = "10X98765432"
#: Characters of a number, and of those issued before October 1999.
LENGTH, OLD = 18, 15
#: Sequence numbers of old numbers that were kept for people born in the century before.
CENTENARIANS = 996


def remainder(body: str) -> int:
    """Return the index in :data:`MARKS` of the right check character of seventeen digits."""
    return sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11


def current(number: str) -> str:
    """Return the number of today for an old one (GB 11643-1999): the century and the check character added.

    Args:
        number: Digits and X, nothing between them; whatever is not fifteen digits is returned as it stands.
    """
    if len(number) != OLD or not (number.isascii() and number.isdigit()):
        return number
    body = f"{number[:6]}{18 if int(number[12:]) >= CENTENARIANS else 19}{number[6:]}"
    return body + MARKS[remainder(body)]


def earlier(number: str) -> str | None:
    """Return the number of fifteen digits that one of today had before October 1999, ``None`` where it cannot have had one.

    Args:
        number: Digits and X, nothing between them; an old number is returned as it stands.
    """
    if len(number) == OLD and number.isascii() and number.isdigit():
        return number
    old = f"{number[:6]}{number[8:17]}"
    return old if len(number) == LENGTH and current(old) == number.upper() else None
