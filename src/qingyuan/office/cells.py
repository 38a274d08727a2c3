"""Cells of tables that are opened in a spreadsheet: what strangers typed is text there, never a formula."""

from __future__ import annotations

#: What makes a spreadsheet take a cell for a formula, the wide signs of a Chinese keyboard among them.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe before it where it would."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
