"""Names: a column's name or its profile decides; in free text the label before the value, or :mod:`.prose`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qingyuan.pii import prose
from qingyuan.pii._kernel import cells, flags

#: Shares of a column's filled cells that must look like names, with and without a telling header.
HEADED = 0.3
HEADLESS = 0.85
#: Share of listed surnames in a named column from which on a value that reads like a name is one without.
MOSTLY = 0.5
#: Without a header: fewest cells, and smallest share of different values (goods repeat, people less).
FEWEST = 8
VARIETY = 0.3

#: Cells that may be names at all.
SHAPES = cells.NAME | cells.NAME_MASKED | cells.NAME_LOOSE


def candidate_flags(shape: int) -> int:
    """Return the evidence bits of a cell's shape."""
    bits = flags.WHOLE
    if shape & cells.NAME:
        bits |= flags.SURNAME
    if shape & cells.NAME_MASKED:
        bits |= flags.MASKED
    return bits


def is_column(label: int, filled: int, shapes: Mapping[str, int], variety: float) -> bool:
    """Tell whether the column holds names."""
    if filled == 0:
        return False
    listed = (shapes.get("name", 0) + shapes.get("name-masked", 0)) / filled
    if label == flags.LABEL_NAME:
        return listed >= HEADED or (
            shapes.get("name-loose", 0) / filled + listed >= HEADLESS and filled < FEWEST
        )
    return label == 0 and filled >= FEWEST and listed >= HEADLESS and variety >= VARIETY


def decide(
    bits: int, label: int, filled: int, shapes: Mapping[str, int], variety: float
) -> tuple[Literal["confirmed", "suspected", "rejected"], str] | None:
    """Return ``(state, reason)`` of a name candidate, or ``None`` if its column holds no names."""
    if bits & flags.PROSE:
        return prose.decide(bits)
    if bits & flags.LABELLED:
        return "confirmed", "label+surname" if not bits & flags.MASKED else "label+masked-shape"
    if not is_column(label, filled, shapes, variety):
        return None
    where = "column" if label == flags.LABEL_NAME else "profile"
    if bits & flags.MASKED:
        return "confirmed", f"masked-shape+{where}"
    if bits & flags.SURNAME:
        return "confirmed", f"surname+{where}"
    return _unlisted(bits, filled, shapes) if label == flags.LABEL_NAME else None


def _unlisted(
    bits: int, filled: int, shapes: Mapping[str, int]
) -> tuple[Literal["confirmed", "suspected", "rejected"], str]:
    """Decide a value without a listed surname in a column of that name."""
    listed = (shapes.get("name", 0) + shapes.get("name-masked", 0)) / filled
    sure = bits & flags.CHECKED and listed >= MOSTLY
    return ("confirmed", "given+column") if sure else ("suspected", "column-only")
