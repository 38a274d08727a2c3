"""What accumulates while the batches of one file or part go by."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from qingyuan.findings import Example
from qingyuan.pii import _lined, _scripts, _sheetforms
from qingyuan.pii._candidates import Candidates, find, take
from qingyuan.pii._chunks import Chunk, locate
from qingyuan.pii._columns import Stream
from qingyuan.pii._groups import Group, Groups
from qingyuan.pii._kernel import cells
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.keyed import Keys
from qingyuan.pii._kernel.table import BINS
from qingyuan.pii._listing import separated
from qingyuan.pii._nested import Nested, nested
from qingyuan.pii._settled import Looked, find_in_table, part
from qingyuan.pii._signs import starred
from qingyuan.pii._tables import Tables
from qingyuan.pii.batch import Batch, Ints, Longs, Unread
from qingyuan.pii.mask import masked
from qingyuan.pii.partial import Outline, Partial, Sample, sample
from qingyuan.pii.tokens import Tokenizer

_SHAPES = {
    "name": cells.NAME,
    "name-masked": cells.NAME_MASKED,
    "name-loose": cells.NAME_LOOSE,
    "address": cells.ADDRESS,
    "address-masked": cells.ADDRESS_MASKED,
    "address-loose": cells.ADDRESS_LOOSE,
}


def _shown(batch: Batch) -> Batch:
    """Return a batch as the passes see it, in a buffer as long."""
    return separated(starred(_scripts.plain(batch)))


class Accumulator:
    """Takes the batches of one file or part; :mod:`qingyuan.pii.engine` draws the result from it."""

    def __init__(
        self, tables: Tables, tokenizer: Tokenizer, *, hits: bool, before: int = 0, earlier: bool = False
    ) -> None:
        """Start empty.

        Args:
            tables: The catalogue as arrays.
            tokenizer: Makes keys and tokens.
            hits: Whether to keep what a table of hits needs.
            before: Records of the table that stand in earlier parts.
            earlier: Whether the tokens are those of earlier forms of values.
        """
        self.tables = tables
        self.tokenizer = tokenizer
        self.streams: dict[tuple[str | None, str], Stream] = {}
        self.groups: list[Groups] = []
        self.chunks: list[Chunk] | None = [] if hits else None
        self.rows: list[tuple[int, Ints, Longs, Keys]] = []
        self.bytes = 0
        self.cells = 0
        self._looked: dict[int, Looked] = {}
        self._before = before
        self._earlier = earlier
        self._hits = 0

    def add(self, batch: Batch) -> None:
        """Find the candidates of a batch and keep their keys, records and evidence."""
        key = (batch.member, batch.table)
        stream = self.streams.get(key)
        if stream is None:
            stream = Stream(len(self.streams), batch.member, batch.table, batch.prose)
            self.streams[key] = stream
            self.groups.append(Groups(stream.number))
        stream.widen(batch.columns, batch.kinds)
        self.bytes += int(batch.ends.sum() - batch.starts.sum())
        self.cells += len(batch)
        if len(batch) == 0:
            return
        stream.records = max(stream.records, int(batch.record[-1]) - self._before)
        looked = self._looked_for(stream)
        shown = _shown(batch)
        inner = nested(batch)
        if inner is not None:
            self._open(stream, batch, shown, looked, inner)
            return
        if batch.prose:
            found = find(
                shown,
                self.tables,
                None,
                looked.named,
                looked.placed,
                looked.texts,
                looked.numbered,
                looked.scopes,
            )
            found = _lined.read(shown, found, self.tables, _sheetforms.as_text())
        else:
            bins = np.zeros((len(stream.profiles) + 1, BINS), dtype=np.int64)
            found = find_in_table(shown, self.tables, looked, bins)
            found = _sheetforms.read(shown, found, self.tables)
            _profile(stream, bins[1:])
        if len(found):
            self._keep(stream, batch, shown, found, _scripts.widened(batch, shown, found))

    def _open(self, stream: Stream, batch: Batch, shown: Batch, looked: Looked, inner: Nested) -> None:
        """Keep what is found in a batch of a table some of whose cells hold values inside them."""
        bins = np.zeros((len(stream.profiles) + 1, BINS), dtype=np.int64)
        left = part(shown, inner.left)
        found = _sheetforms.read(left, find_in_table(left, self.tables, looked, bins), self.tables)
        _profile(stream, bins[1:])
        found = take(found, slice(None))
        found.cell = inner.left[found.cell]
        text = replace(inner, text=_shown(inner.text))
        inside = find_in_table(text.text, self.tables, _sheetforms.as_text(), np.zeros((1, BINS), np.int64))
        shown, every, placed = text.joined(shown, found, _scripts.widened(batch, shown, found), inside)
        if len(every):
            self._keep(stream, batch, shown, every, placed)

    def _looked_for(self, stream: Stream) -> Looked:
        """Return what is looked for in the columns of a stream, made anew when it got more of them."""
        known = self._looked.get(stream.number)
        if known is None or len(known.named) != len(stream.headers) + 1:
            labels = np.array([h.label for h in stream.headers], dtype=np.int64)
            known = self._looked[stream.number] = Looked.of(labels, stream.scopes())
        return known

    def _keep(
        self, stream: Stream, batch: Batch, shown: Batch, found: Candidates, placed: Candidates
    ) -> None:
        """Key the candidates, put each into its group, and locate those that are shown."""
        groups = self.groups[stream.number]
        group, record, examples = groups.add(shown, found)
        keys = self.tokenizer.keys(shown.data, found.start, found.end, found.kind, found.flags)
        self.rows.append((stream.number, group, record, keys))
        if self.chunks is not None:
            kept = take(found, slice(None))
            self.chunks.append(locate(batch, shown, kept, placed, self.tokenizer, earlier=self._earlier))
        if examples:
            said = (shown, found) if len(shown.data) > len(batch.data) else (batch, placed)
            _add_examples(batch, placed, said, groups, examples, self._hits)
        self._hits += len(found)

    def close(self, unread: tuple[Unread, ...]) -> Partial:
        """Return what was found, with the groups of all streams numbered together."""
        groups = [group for one in self.groups for group in one.groups]
        sizes = [len(one.groups) for one in self.groups]
        bases = np.cumsum([0, *sizes]).astype(np.int32)
        none = np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.uint64)
        if len(self.rows) == 1 and not bases[self.rows[0][0]]:
            _, group, record, key = self.rows[0]
        else:
            group = np.concatenate([none[0], *(g + bases[s] if bases[s] else g for s, g, _, _ in self.rows)])
            record = np.concatenate([none[1], *(r for _, _, r, _ in self.rows)])
            key = np.concatenate([none[2], *(k for _, _, _, k in self.rows)])
        streams = list(self.streams.values())
        samples = _samples(groups, streams, group, key)
        outline = Outline(streams, groups, samples, unread, self.bytes, self.cells)
        return Partial(outline, group, record, key, self.chunks)


def _samples(
    groups: list[Group], streams: list[Stream], group: Ints, key: Keys
) -> dict[tuple[int, int], Sample]:
    """Return the samples of the columns without a name that may hold names."""
    columns: dict[tuple[int, int], list[int]] = {}
    for number, one in enumerate(groups):
        if one.kind == f.NAME and one.column >= 0 and not streams[one.stream].headers[one.column].label:
            columns.setdefault((one.stream, one.column), []).append(number)
    out = {}
    for place, numbers in columns.items():
        chosen = np.zeros(len(groups), dtype=np.bool_)
        chosen[numbers] = True
        out[place] = sample(key[chosen[group]])
    return out


def _profile(stream: Stream, bins: Longs) -> None:
    """Add the shapes of a batch, counted by column, to the profiles."""
    counts = bins @ _counted()
    for c in np.flatnonzero(counts[:, 0]).tolist():
        profile = stream.profiles[c]
        filled, digits, *shaped = counts[c].tolist()
        profile.filled += filled
        profile.digits += digits
        for name, count in zip(_SHAPES, shaped, strict=True):
            profile.shapes[name] = profile.shapes.get(name, 0) + count


@functools.cache
def _counted() -> Longs:
    """Return ``int64[BINS, 8]``: 1 where a shape is of a filled cell, of digits, and of each of the shapes."""
    bits = np.array([cells.FILLED, cells.DIGITS, *_SHAPES.values()])
    counted: Longs = ((np.arange(BINS)[:, None] & bits) != 0).astype(np.int64)
    return counted


def _add_examples(
    batch: Batch,
    found: Candidates,
    said: tuple[Batch, Candidates],
    groups: Groups,
    shown: list[tuple[int, int]],
    before: int,
) -> None:
    """Add the places of the first candidates of each group, with the values as they are ``said``, masked."""
    words, inside = said
    at = np.array([i for _, i in shown], dtype=np.int64)
    places = batch.places(found.cell[at]).to_pylist()
    begins, ends = (batch.byte_offsets(bounds[at]) for bounds in (found.start, found.end))
    for n, (number, i) in enumerate(shown):
        value = words.data[int(inside.start[i]) : int(inside.end[i])].tobytes().decode("utf-8", "replace")
        example = Example(
            place=str(places[n]),
            excerpt=masked(f.KINDS[int(found.kind[i])], value),
            byte_start=None if begins is None else int(begins[n]),
            byte_end=None if ends is None else int(ends[n]),
        )
        groups.groups[number].examples.append((before + i, example))
