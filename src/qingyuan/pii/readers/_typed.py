"""What the columns of a table without a header hold, by the values of its first rows."""

from __future__ import annotations

from collections.abc import Sequence

#: Fewer filled cells than these tell nothing.
_FEWEST = 8


def typed_columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the kind of each column, ``""`` where the values do not tell; empty if none of them does.

    Args:
        rows: The first rows of the table, ragged as they are.
    """
    if len(rows) < _FEWEST or max(map(len, rows)) < 2:  # noqa: PLR2004 - a table has two columns
        return ()
    from qingyuan.pii.columns import NONE, type_values, with_partners  # noqa: PLC0415 - heavy, and only here

    types = []
    for column in range(max(map(len, rows))):
        values = [text for row in rows if column < len(row) and (text := row[column]).strip()]
        types.append(type_values(values if len(values) >= _FEWEST else ()))
    out = tuple("" if t.kind == NONE else t.kind for t in with_partners(types))
    return out if any(out) else ()
