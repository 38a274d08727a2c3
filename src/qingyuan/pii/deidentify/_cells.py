"""What is to be rewritten in a file: the cells that hold a value or belong to a column with a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from qingyuan.pii import readers
from qingyuan.pii.batch import Batch, Longs
from qingyuan.pii.deidentify._escaped import in_json, is_number, plain, written
from qingyuan.pii.deidentify._input import Input
from qingyuan.pii.deidentify.policy import Policy, Rule
from qingyuan.pii.deidentify.treat import Treater
from qingyuan.pii.model import FileScan

Item = tuple[str, Rule, str]


@dataclass(frozen=True, slots=True)
class Span:
    """One value inside a cell, in code points, and what stands for it.

    Attributes:
        start: First code point.
        end: One past the last.
        new: The replacement; ``None`` where the policy keeps the value.
        tokens: Tokens of the original values it covers.
        byte_start: First byte in the file, -1 where the format has no offsets.
        byte_end: One past the last.
        kind: Kind, ``""`` for a column with a rule.
        method: What was done.
        value: The original; stays in this process.
    """

    start: int
    end: int
    new: str | None
    tokens: tuple[str, ...]
    byte_start: int
    byte_end: int
    kind: str
    method: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its values.

    Attributes:
        place: Where it is.
        text: Its text; stays in this process.
        byte_start: First byte in the file, -1 where the format has no offsets.
        byte_end: One past the last.
        spans: The values, in order, not overlapping.
    """

    place: str
    text: str = field(repr=False)
    byte_start: int
    byte_end: int
    spans: tuple[Span, ...]

    @property
    def new(self) -> str:
        """The text with every value replaced."""
        out, at = [], 0
        for span in self.spans:
            if span.new is not None:
                out += [self.text[at : span.start], span.new]
                at = span.end
        return "".join([*out, self.text[at:]])


@dataclass(slots=True)
class _Hits:
    """The hits to be treated, as columns, in the order of their cells."""

    key: dict[tuple[str | None, str], list[int]]
    first: Longs
    order: Longs
    rows: list[dict[str, object]]


def chosen(scan: FileScan, policy: Policy) -> list[dict[str, object]]:
    """Return the hits that the policy treats, as rows."""
    names = ["member", "place", "start", "end", "byte_start", "byte_end", "kind", "masked", "state", "token"]
    states = {"confirmed", "suspected"} if policy.suspected == "treat" else {"confirmed"}
    table: pa.Table = scan.hits.select(names)
    return [
        row
        for batch in table.to_batches(max_chunksize=1 << 16)
        for row in batch.to_pylist()
        if row["state"] in states and (policy.masked == "treat" or not row["masked"])
    ]


def cells(source: Input, scan: FileScan, treater: Treater) -> Iterator[Cell]:
    """Yield the cells to be rewritten, in the order of the file.

    Args:
        source: The file.
        scan: Its scan.
        treater: Makes the replacements.
    """
    wanted = _indexed(chosen(scan, treater.policy))
    rules: dict[str, Rule | None] = {}
    for batch in readers.read(source.stream(), source.name):
        if isinstance(batch, Batch) and len(batch):
            yield from _of_batch(batch, wanted, rules, treater)


def _indexed(rows: list[dict[str, object]]) -> _Hits:
    key: dict[tuple[str | None, str], list[int]] = {}
    first = np.array([-1 if r["byte_start"] is None else r["byte_start"] for r in rows], np.int64)
    for number, row in enumerate(rows):
        if row["byte_start"] is None:
            key.setdefault((row["member"], str(row["place"])), []).append(number)  # type: ignore[arg-type]
    order = np.argsort(first, kind="stable")
    order = order[first[order] >= 0]
    return _Hits(key, first[order], order, rows)


def _of_batch(batch: Batch, wanted: _Hits, rules: dict[str, Rule | None], treater: Treater) -> Iterator[Cell]:
    offsets = _offsets(batch)
    ruled = _ruled(batch, rules, treater.policy)
    found = _found(batch, offsets, wanted)
    work = sorted(found.keys() | ruled.keys())
    if not work:
        return
    texts = {c: batch.data[batch.starts[c] : batch.ends[c]].tobytes().decode() for c in work}
    asked = {
        c: _asked(texts[c], ruled.get(c), [wanted.rows[n] for n in found.get(c, [])], treater.policy)
        for c in work
    }
    made = treater.replace(item for parts in asked.values() for _, _, _, item in parts)
    for cell, place in zip(work, batch.places(np.array(work)).to_pylist(), strict=True):
        bounds = (-1, -1) if offsets is None else (int(offsets[0][cell]), int(offsets[1][cell]))
        spans = []
        for start, end, rows, item in asked[cell]:
            treater.count(item)
            spans.append(_span(texts[cell], (start, end), rows, item, made[item], bounds))
        if spans:
            yield Cell(str(place), texts[cell], *bounds, tuple(spans))


def _offsets(batch: Batch) -> tuple[Longs, Longs] | None:
    """Return the bytes of each cell in the file, if the format has them."""
    starts, ends = batch.byte_offsets(batch.starts), batch.byte_offsets(batch.ends)
    return None if starts is None or ends is None else (starts, ends)


def _found(batch: Batch, offsets: tuple[Longs, Longs] | None, wanted: _Hits) -> dict[int, list[int]]:
    """Return the hits of each cell that has any."""
    found: dict[int, list[int]] = {}
    if offsets is not None:
        low = np.searchsorted(wanted.first, offsets[0], "left")
        high = np.searchsorted(wanted.first, offsets[1], "left")
        for cell in np.flatnonzero(high > low).tolist():
            found[cell] = wanted.order[low[cell] : high[cell]].tolist()
    elif wanted.key:
        for cell, place in enumerate(batch.places(np.arange(len(batch))).to_pylist()):
            if numbers := wanted.key.get((batch.member, str(place))):
                found[cell] = numbers
    return found


def _span(
    text: str,
    at: tuple[int, int],
    rows: list[dict[str, object]],
    item: Item,
    made: str,
    bounds: tuple[int, int],
) -> Span:
    kind, rule, value = item
    first, last = bounds
    if kind and first >= 0:
        first = min(int(r["byte_start"]) for r in rows)  # type: ignore[call-overload]
        last = max(int(r["byte_end"]) for r in rows)  # type: ignore[call-overload]
    tokens = tuple(str(r["token"]) for r in rows if r["token"] is not None)
    # A value that is as coarse as its rule demands already stays as it is.
    stays = rule.method == "keep" or (rule.method == "generalise" and made == value)
    start, end = at
    new = written(made, text[start:end]) if kind else made
    if kind and in_json(text, start, end) and not is_number(new):
        new = f'"{new}"'
    return Span(start, end, None if stays else new, tokens, first, last, kind, rule.method, text[start:end])


def _ruled(batch: Batch, rules: dict[str, Rule | None], policy: Policy) -> dict[int, Rule]:
    """Return the rule of each cell whose column has one."""
    if not policy.columns or batch.prose:
        return {}
    out: dict[int, Rule] = {}
    for number, name in enumerate(batch.columns):
        if name not in rules:
            rules[name] = policy.for_column(name)
        rule = rules[name]
        if rule is not None:
            mine = (batch.column == number) & (batch.record > 0) & (batch.ends > batch.starts)
            out |= dict.fromkeys(np.flatnonzero(mine).tolist(), rule)
    return out


def _asked(
    text: str, rule: Rule | None, rows: list[dict[str, object]], policy: Policy
) -> list[tuple[int, int, list[dict[str, object]], Item]]:
    """Return the parts of a cell to be replaced; values that overlap are replaced as one, by the rule of the longest."""
    if rule is not None:
        return [(0, len(text), rows, ("", rule, text))]
    ordered = sorted(rows, key=lambda r: (r["start"], r["end"]))
    groups: list[tuple[int, int, list[dict[str, object]]]] = []
    for row in ordered:
        start, end = int(row["start"]), int(row["end"])  # type: ignore[call-overload]
        if groups and start < groups[-1][1]:
            low, high, members = groups[-1]
            groups[-1] = low, max(high, end), [*members, row]
        else:
            groups.append((start, end, [row]))
    out = []
    for start, end, members in groups:
        longest = max(members, key=lambda r: int(r["end"]) - int(r["start"]))  # type: ignore[call-overload]
        kind = str(longest["kind"])
        out.append((start, end, members, (kind, policy.for_kind(kind), plain(text[start:end]))))
    return out
