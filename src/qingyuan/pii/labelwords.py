"""Cells that are nothing but the label of another cell: 姓名, 联系电话：, phone."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from qingyuan.pii.catalog import catalog

#: Bytes of the longest cell that may be a label.
LONGEST = 30
#: Characters of the shortest word, and of the longest label that only ends with one.
_WORD, _LABEL = 2, 8
_COLONS = ":："


@functools.cache
def _words() -> frozenset[str]:
    """Return the words columns are named with, of all kinds and of what is no kind."""
    data = catalog()
    groups = [kind.header for kind in data.kinds.values()] + list(data.labels.labels.values())
    return frozenset(
        word for words in groups for word in (*words.zh, *words.en) if len(word) >= _WORD
    ) | frozenset(data.labels.form_labels)


@functools.cache
def _lengths() -> tuple[int, ...]:
    return tuple(sorted({len(word) for word in _words()}))


def _plain(text: str) -> str:
    """Return a label without blanks (姓 名) if it is of 汉字, without the colon behind it, in small letters."""
    text = text.strip().rstrip(_COLONS).strip().lower()
    return text if text.isascii() else "".join(text.split())


def exact(text: str) -> bool:
    """Tell whether a cell is one of the words columns are named with."""
    return _plain(text) in _words()


@functools.lru_cache(maxsize=4096)
def like(text: str) -> bool:
    """Tell whether a cell is such a word, or ends with one and is short and all 汉字: 开户账号."""
    plain = _plain(text)
    if plain in _words():
        return True
    han = _WORD < len(plain) <= _LABEL and all("\u4e00" <= c <= "\u9fff" for c in plain)
    return han and any(plain[-size:] in _words() for size in _lengths())


def form(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first two filled rows of a table are labels and values in turn, as in a form."""
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    filled = [row for row in filled if row][:2]
    return len(filled) > 1 and all(
        len(row) > 1 and all(like(cell) is not bool(n % 2) for n, cell in enumerate(row)) for row in filled
    )
