"""Addresses: levels of place in a column of addresses, and in free text after their label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qingyuan.pii._kernel import cells, flags

#: Shares of a column's filled cells that must look like addresses, with and without a telling header.
HEADED = 0.2
HEADLESS = 0.6
#: Without a header: fewest cells.
FEWEST = 5

#: Cells that may be addresses at all.
SHAPES = cells.ADDRESS | cells.ADDRESS_MASKED | cells.ADDRESS_LOOSE


def candidate_flags(shape: int) -> int:
    """Return the evidence bits of a cell's shape."""
    bits = flags.WHOLE
    if shape & cells.ADDRESS_MASKED:
        bits |= flags.MASKED
    elif shape & cells.ADDRESS:
        bits |= flags.STANDARD
    return bits


def is_column(label: int, filled: int, shapes: Mapping[str, int]) -> bool:
    """Tell whether the column holds addresses."""
    if filled == 0:
        return False
    good = (shapes.get("address", 0) + shapes.get("address-masked", 0)) / filled
    if label == flags.LABEL_ADDRESS:
        return good + shapes.get("address-loose", 0) / filled >= HEADED
    return label == 0 and filled >= FEWEST and good >= HEADLESS


def _free(bits: int) -> tuple[Literal["confirmed", "suspected", "rejected"], str]:
    """Return ``(state, reason)`` of an address found in free text without a label."""
    if bits & flags.MASKED:
        return "confirmed", "masked-shape"
    return ("confirmed", "levels+number") if bits & flags.STANDARD else ("suspected", "levels")


def decide(
    bits: int, label: int, filled: int, shapes: Mapping[str, int], variety: float
) -> tuple[Literal["confirmed", "suspected", "rejected"], str] | None:
    """Return ``(state, reason)`` of an address candidate, or ``None`` if its column holds no addresses.

    ``variety`` is not used: several people may share an address.
    """
    del variety
    if bits & flags.PROSE:
        return _free(bits)
    if bits & flags.LABELLED:
        return "confirmed", "label+levels" if not bits & flags.MASKED else "label+masked-shape"
    if not is_column(label, filled, shapes):
        return None
    where = "column" if label == flags.LABEL_ADDRESS else "profile"
    if bits & flags.MASKED:
        return "confirmed", f"masked-shape+{where}"
    if bits & flags.STANDARD:
        return "confirmed", f"levels+{where}"
    return ("suspected", "column-only") if label == flags.LABEL_ADDRESS else None
