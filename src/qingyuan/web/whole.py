"""Whole numbers as requests bring them."""

from __future__ import annotations

#: Digits of the largest that every database takes.
_DIGITS = 18


def whole(text: str) -> int | None:
    """Return a whole number that is not negative, ``None`` for anything else: other digits than 0 to 9, or too many of them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
