"""What was written where, for formats whose values are known by their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qingyuan.pii.deidentify._cells import Cell

Row = Mapping[str, object]
_SHORTEST = 4


class Placed:
    """What is known of places, for formats without offsets."""

    def __init__(self) -> None:
        self.written: dict[str, set[str]] = {}
        self.kept: dict[str, set[str]] = {}
        self.values: dict[str, str] = {}

    def take(self, found: Sequence[Cell]) -> None:
        """Note the values of the cells and where they stand."""
        for cell in found:
            for span in cell.spans:
                side = self.kept if span.new is None else self.written
                side.setdefault(cell.place.removesuffix(" formula"), set()).update(span.tokens)
                if span.new is not None and (span.kind or len(span.value) >= _SHORTEST):
                    self.values.setdefault(span.value, span.new)

    def is_ours(self, row: Row) -> bool | None:
        """See :meth:`Form.is_ours`."""
        place, token = str(row["place"]).removesuffix(" formula"), str(row["token"])
        if token in self.kept.get(place, ()):
            return None
        return place in self.written and token not in self.written[place]
