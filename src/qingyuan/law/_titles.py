"""Titles of instruments as running Chinese text prints them."""

from __future__ import annotations

_SINGLE = str.maketrans("《》", "〈〉")


def titled(title: str) -> str:
    """Return ``title`` in title marks; those inside it become single ones (GB/T 15834-2011, 4.15.3.3)."""
    return f"《{title.translate(_SINGLE)}》"
