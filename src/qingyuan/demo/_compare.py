"""Hits of a scanner held against the planted truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from qingyuan.demo._digits import Ints
from qingyuan.demo.errors import DemoError

Flags: TypeAlias = npt.NDArray[np.bool_]
_Column: TypeAlias = "pa.ChunkedArray[Any]"
_Values: TypeAlias = "pa.Array[Any]"

_KEY = ("file", "member", "place", "kind", "masked")
_EDGES = ("byte_start", "byte_end", "start", "end")


@dataclass(frozen=True)
class _Side:
    """Rows of one table as arrays: the codes of the keys, and the edges with -1 for unknown."""

    group: Ints
    class_: Ints
    column: Ints
    edges: dict[str, Ints]

    def take(self, rows: Ints | Flags) -> _Side:
        edges = {name: values[rows] for name, values in self.edges.items()}
        return _Side(self.group[rows], self.class_[rows], self.column[rows], edges)


def compare(hits: pa.Table, truth: pa.Table) -> pa.Table:
    """Return how well ``hits`` agree with ``truth``, one row per kind and masked form.

    A hit meets a planted value when file (its last path component), member, place, kind and masked are
    equal and the two overlap: by bytes when both sides know bytes, else by code points when both know
    them. In a delimited file, where a place is only a line, the column must agree too when both name it.
    Where the truth knows no offsets (a page of a PDF), values and hits are matched one to one by number.

    Only hits whose ``state`` is ``confirmed`` are found; a confirmed hit that meets nothing planted, or
    meets a decoy, is a false positive.

    Args:
        hits: Columns ``file member place start end kind masked state``, and where known ``column``,
            ``byte_start`` and ``byte_end``.
        truth: The table written by :func:`qingyuan.demo.generate`.

    Returns:
        Columns ``kind masked planted found true_positives false_positives on_decoys missed suspected
        precision recall f1``. ``suspected`` counts missed values met by a suspected hit. A ratio with
        nothing below the line is null.

    Raises:
        DemoError: A needed column is missing.
    """
    for name, table, needed in (("hits", hits, (*_KEY, "state")), ("truth", truth, (*_KEY, "decoy"))):
        _require(table, needed, name)
    found, planted, classes = _sides(hits, truth)
    state = pc.cast(hits["state"], pa.string())
    confirmed = _flags(pc.equal(state, pa.scalar("confirmed")))
    suspected = _flags(pc.equal(state, pa.scalar("suspected")))
    real = ~_flags(truth["decoy"])

    sure = found.take(confirmed)
    truth_met, hit_met = _meet(sure, planted.take(real))
    _, on_decoy = _meet(sure, planted.take(~real))
    maybe_met, _ = _meet(found.take(suspected), planted.take(real))

    size = classes.num_rows
    planted_n = np.bincount(planted.class_[real], minlength=size)
    found_n = np.bincount(sure.class_, minlength=size)
    tp = np.bincount(planted.class_[real][truth_met], minlength=size)
    fp = np.bincount(sure.class_[~hit_met], minlength=size)
    decoy_n = np.bincount(sure.class_[~hit_met & on_decoy], minlength=size)
    maybe = np.bincount(planted.class_[real][maybe_met & ~truth_met], minlength=size)
    result = pa.table(
        {
            "kind": classes["kind"],
            "masked": classes["masked"],
            "planted": planted_n,
            "found": found_n,
            "true_positives": tp,
            "false_positives": fp,
            "on_decoys": decoy_n,
            "missed": planted_n - tp,
            "suspected": maybe,
            "precision": _ratio(tp, tp + fp),
            "recall": _ratio(tp, planted_n),
            "f1": _ratio(2 * tp, tp + fp + planted_n),
        }
    )
    return result.filter(pa.array(planted_n + found_n > 0)).sort_by(
        [("kind", "ascending"), ("masked", "ascending")]
    )


def _require(table: pa.Table, needed: tuple[str, ...], name: str) -> None:
    missing = [column for column in needed if column not in table.column_names]
    if missing:
        raise DemoError(
            "demo.missing-column",
            zh=f"缺少列：{'、'.join(missing)}",
            en=f"missing columns: {', '.join(missing)}",
            where=name,
            remedy_zh="请传入扫描结果表和生成器写出的真值表",
            remedy_en="pass the table of hits and the truth table of the generator",
        )


def _flags(column: _Column | _Values) -> Flags:
    flags: Flags = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.bool_)
    return flags


def _ratio(part: Ints, whole: Ints) -> _Values:
    return pa.array(part / np.maximum(whole, 1), mask=whole == 0)


def _codes(left: _Column, right: _Column) -> tuple[Ints, _Values]:
    """Return one code a row over both columns together, and the values; null has a code of its own."""
    both = pa.chunked_array([*_chunks(left), *_chunks(right)], type=pa.string())
    encoded = cast("pa.DictionaryArray[Any, Any]", both.dictionary_encode("encode").combine_chunks())
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary


def _chunks(column: _Column) -> list[_Values]:
    return pc.cast(column, pa.string()).chunks


def _sides(hits: pa.Table, truth: pa.Table) -> tuple[_Side, _Side, pa.Table]:
    file, _ = _codes(_base(hits["file"]), _base(truth["file"]))
    member, _ = _codes(hits["member"], truth["member"])
    place, places = _codes(hits["place"], truth["place"])
    kind, kinds = _codes(hits["kind"], truth["kind"])
    masked = np.concatenate([_flags(hits["masked"]), _flags(truth["masked"])])
    class_ = kind * 2 + masked
    _, where = np.unique(file * (int(member.max(initial=0)) + 1) + member, return_inverse=True)
    group = (where * (int(place.max(initial=0)) + 1) + place) * (2 * len(kinds)) + class_
    line = _flags(pc.match_substring_regex(places, r"^line \d+$"))[place]
    column = np.where(line, _columns(hits, truth), -1)
    edges = {name: np.concatenate([_edge(hits, name), _edge(truth, name)]) for name in _EDGES}
    every = _Side(group, class_, column, edges)
    cut = hits.num_rows
    names = [k for k in kinds.to_pylist() for _ in range(2)]
    classes = pa.table({"kind": pa.array(names, pa.string()), "masked": [False, True] * len(kinds)})
    return every.take(np.arange(cut)), every.take(np.arange(cut, group.size)), classes


def _base(column: _Column) -> _Column:
    return pc.replace_substring_regex(pc.cast(column, pa.string()), r"^.*[/\\]", "")


def _columns(hits: pa.Table, truth: pa.Table) -> Ints:
    if "column" not in hits.column_names or "column" not in truth.column_names:
        return np.full(hits.num_rows + truth.num_rows, -1, dtype=np.int64)
    codes, values = _codes(hits["column"], truth["column"])
    known = np.array([v is not None for v in values.to_pylist()], dtype=np.bool_)
    return np.where(known[codes], codes, -1)


def _edge(table: pa.Table, name: str) -> Ints:
    if name not in table.column_names:
        return np.full(table.num_rows, -1, dtype=np.int64)
    column = pc.cast(table[name], pa.int64())
    known = _flags(column.is_valid())
    edge: Ints = np.where(known, column.to_numpy(), -1).astype(np.int64)
    return edge


def _meet(hits: _Side, truth: _Side) -> tuple[Flags, Flags]:
    """Return which truth rows and which hits have a partner."""
    truth_met = np.zeros(truth.group.size, dtype=np.bool_)
    hit_met = np.zeros(hits.group.size, dtype=np.bool_)
    exact = truth.edges["start"] >= 0
    rows = np.flatnonzero(exact)
    hit, other = _pairs(hits.group, truth.group[rows])
    other = rows[other]
    good = _overlap(hits, truth, hit, other)
    truth_met[other[good]] = True
    hit_met[hit[good]] = True

    rows, spare = np.flatnonzero(~exact), np.flatnonzero(~hit_met)
    left, right = _ranked(hits.group[spare]), _ranked(truth.group[rows])
    _, a, b = np.intersect1d(_joined(left), _joined(right), assume_unique=True, return_indices=True)
    hit_met[spare[a]] = True
    truth_met[rows[b]] = True
    return truth_met, hit_met


def _ranked(group: Ints) -> tuple[Ints, Ints]:
    """Return each row's group and its number within the group."""
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    first = np.searchsorted(sorted_, sorted_, side="left")
    rank = np.empty(group.size, dtype=np.int64)
    rank[order] = np.arange(group.size) - first
    return group, rank


def _joined(pair: tuple[Ints, Ints]) -> Ints:
    group, rank = pair
    return group * (1 << 22) + rank


def _pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return all index pairs with equal values."""
    order = np.argsort(right, kind="stable")
    sorted_ = right[order]
    first = np.searchsorted(sorted_, left, side="left")
    count = np.searchsorted(sorted_, left, side="right") - first
    a = np.repeat(np.arange(left.size), count)
    within = np.arange(a.size) - np.repeat(np.cumsum(count) - count, count)
    return a, order[np.repeat(first, count) + within]


def _overlap(hits: _Side, truth: _Side, hit: Ints, other: Ints) -> Flags:
    def cross(start: str, end: str) -> tuple[Flags, Flags]:
        a, b = hits.edges[start][hit], hits.edges[end][hit]
        c, d = truth.edges[start][other], truth.edges[end][other]
        known = (a >= 0) & (b >= 0) & (c >= 0) & (d >= 0)
        return known, (a < d) & (c < b)

    by_bytes, bytes_cross = cross("byte_start", "byte_end")
    by_points, points_cross = cross("start", "end")
    mine, theirs = hits.column[hit], truth.column[other]
    same_column = (mine < 0) | (theirs < 0) | (mine == theirs)
    return np.where(by_bytes, bytes_cross, same_column & (~by_points | points_cross))
