"""Tables laid out like forms: ``姓名,张三,电话,138…``, where the label of a value is the cell before it."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from qingyuan.pii import labelwords
from qingyuan.pii._candidates import Candidates, both, find, take
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.forms import TEXT
from qingyuan.pii._settled import Looked
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Longs

_COLON = "：".encode()
#: A table is probed in so many stretches of so many cells.
_STRETCHES, _STRETCH = 64, 64
#: Labels that a line of a form has at least, and a column of labels.
_OF_LINE, _OF_COLUMN = 2, 3


def _words(batch: Batch, cells: Longs) -> list[str]:
    """Return the text of the cells, "" of those too long for a label."""
    data, out = batch.data, []
    for a, z in zip(batch.starts[cells].tolist(), batch.ends[cells].tolist(), strict=True):
        short = z - a <= labelwords.LONGEST
        out.append(data[a:z].tobytes().decode("utf-8", "replace").strip() if short else "")
    return out


def _may_be_form(batch: Batch) -> bool:
    """Tell whether cells that are labels stand in one of the stretches that are probed."""
    size = len(batch)
    every = max(_STRETCH, size // _STRETCHES)
    at = (np.arange(0, size, every)[:, None] + np.arange(_STRETCH)).ravel()
    said = {word for word in _words(batch, at[at < size]) if labelwords.exact(word)}
    return len(said) >= _OF_LINE


def _pairs(batch: Batch) -> Longs:
    """Return the cells behind a label in lines with several, or behind a column of labels."""
    words = _words(batch, np.arange(len(batch)))
    label = np.array([labelwords.like(word) for word in words], dtype=np.bool_)
    filled = batch.ends > batch.starts
    at = np.flatnonzero(~label[1:] & filled[1:] & label[:-1] & (batch.record[1:] == batch.record[:-1])) + 1
    by_line: dict[int, set[str]] = {}
    by_column: dict[int, set[str]] = {}
    for cell in at.tolist():
        by_line.setdefault(int(batch.record[cell]), set()).add(words[cell - 1])
        by_column.setdefault(int(batch.column[cell - 1]), set()).add(words[cell - 1])
    columns = {
        column
        for column, said in by_column.items()
        if len(said) >= _OF_COLUMN and label[(batch.column == column) & filled].mean() >= 1 / 2
    }
    told = [
        len(by_line[int(batch.record[cell])]) >= _OF_LINE or int(batch.column[cell - 1]) in columns
        for cell in at.tolist()
    ]
    return at[np.array(told, dtype=np.bool_)]


@functools.cache
def as_text() -> Looked:
    """Return what is looked for in cells of no column."""
    return Looked.of(np.zeros(0, dtype=np.int64), np.array([TEXT], dtype=np.int16))


def read(batch: Batch, found: Candidates, t: Tables) -> Candidates:
    """Return the candidates of a table with what the labels before its cells tell, where it is laid out like a form.

    Args:
        batch: The cells of a table.
        found: What was found in them, in the order of the bytes.
        t: The catalogue's arrays.
    """
    if any(batch.columns) or not _may_be_form(batch):
        return found
    values = _pairs(batch)
    if not len(values):
        return found
    told = _told(batch, values, t)
    known = np.unique(told.cell)
    # A label is no value, and what a label explains is found once.
    gone = np.isin(found.cell, values - 1) | np.isin(found.cell, known)
    return both(take(found, np.flatnonzero(~gone)), told)


def _joined(batch: Batch, values: Longs) -> tuple[Batch, Longs]:
    """Return cells of label, colon and value, and where their values begin."""
    data, starts, ends, begins = bytearray(), [], [], []
    for cell in values.tolist():
        starts.append(len(data))
        label = batch.data[batch.starts[cell - 1] : batch.ends[cell - 1]].tobytes()
        data += label.strip().removesuffix(_COLON).removesuffix(b":") + _COLON
        begins.append(len(data))
        data += batch.data[batch.starts[cell] : batch.ends[cell]].tobytes()
        ends.append(len(data))
        data += b"\n"
    lines = replace(
        batch, columns=(), kinds=(), data=np.frombuffer(bytes(data), dtype=np.uint8),
        starts=np.array(starts, dtype=np.int64), ends=np.array(ends, dtype=np.int64),
        column=np.full(len(values), -1, dtype=np.int32), record=np.arange(1, len(values) + 1), origin=None,
    )  # fmt: skip
    return lines, np.array(begins, dtype=np.int64)


def _told(batch: Batch, values: Longs, t: Tables) -> Candidates:
    """Return what is found in the given cells when the label before each stands before it in a line of text."""
    lines, begins = _joined(batch, values)
    look, shapes = as_text(), np.zeros(len(lines), dtype=np.uint16)
    told = find(lines, t, shapes, look.named, look.placed, look.texts, look.numbered, look.scopes)
    told = take(told, np.flatnonzero(told.start >= begins[told.cell]))
    whole = (told.start == begins[told.cell]) & (told.end == lines.ends[told.cell])
    told.flags[whole] |= np.uint32(f.WHOLE)
    moved = batch.starts[values[told.cell]] - begins[told.cell]
    told.start += moved
    told.end += moved
    told.cell = values[told.cell]
    return told
