"""JSON and JSON lines: a cell for every string and number, its path as the column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import csv as lines_kernel
from qingyuan.pii._kernel import escapes
from qingyuan.pii._kernel import jsontext as kernel
from qingyuan.pii._kernel.origin import ChainedOrigin
from qingyuan.pii.batch import Batch, Origin, Unread
from qingyuan.pii.readers._decode import TextStream
from qingyuan.pii.readers._paths import JsonPlaces, Paths
from qingyuan.pii.readers._prose import prose_batch, read_prose
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

#: A leaf of two bytes takes a hundred while it is being read.
_BLOCK = 2 << 20


def probe(data: Bytes, name: str, *, final: bool) -> str | None:
    """Return ``"json"``, ``"jsonl"`` or ``None`` for the beginning of a text."""
    head = bytes(data[:4096]).lstrip()
    if head[:1] not in {b"{", b"["}:
        return None
    starts, ends, _, _, _ = lines_kernel.split_lines(data, final, 1, lines_kernel.count_cells(data, 0x0A))
    if len(starts) > 1:
        paths = Paths(1000, 100)
        few = slice(0, 20)
        _, sound = _walk_lines(paths, data, starts[few], ends[few])[1:]
        # One broken line among many does not make it something else.
        if sound[0] and int(sound.sum()) * 2 > len(sound):
            return "jsonl"
    paths = Paths(1000, 100)
    room = kernel.leaf_room(data)
    read, _, error = kernel.walk(
        data, 0, len(data), final, *_tables(paths), paths.nodes(room), np.empty((room, 7), np.int64), 0
    )
    said = name.lower().endswith((".json", ".har", ".geojson")) and read > 1
    return "json" if error < 0 or said or read * 2 > len(data) else None


def _tables(paths: Paths) -> tuple[Longs, Longs, npt.NDArray[np.int32], Bytes, npt.NDArray[np.int32]]:
    return paths.state, paths.stack, paths.table, paths.keys, paths.slots


def read_json(source: Source, stream: TextStream) -> Iterator[Batch | Unread]:
    """Yield the leaves of one JSON value, or of several after another."""
    stream.read_at_most(_BLOCK)
    paths = Paths(source.limits.max_columns, source.limits.max_json_depth)
    while True:
        window = stream.window()
        data = window.data
        room = kernel.leaf_room(data)
        nodes = paths.nodes(room)
        leaves = np.empty((room, 7), np.int64)
        used, count, error = kernel.walk(data, 0, len(data), window.final, *_tables(paths), nodes, leaves, 0)
        paths.keep(nodes)
        nodes = nodes[: int(paths.state[kernel.NODES])].copy()
        yield from _emit(source, paths, data, nodes, leaves[:count], stream.origin(window), 0)
        line = int(paths.state[kernel.LINE])
        stream.use(used)
        if error >= 0 or (not used and len(data) > source.limits.max_record_bytes):
            yield unread("json-broken", source.member, line=line)
            yield from read_prose(source, stream, line=line, table="text")
            break
        if window.final:
            if paths.state[kernel.DEPTH] > 1:
                yield unread("json-truncated", source.member, line=line)
            break
    yield from _notes(source, paths)


def read_json_lines(source: Source, stream: TextStream) -> Iterator[Batch | Unread]:
    """Yield the leaves of every line; a line that is no JSON is read as free text and named."""
    stream.read_at_most(_BLOCK)
    paths = Paths(source.limits.max_columns, source.limits.max_json_depth)
    line = 1
    broken: list[int] = []
    count = 0
    while True:
        window = stream.window()
        data = window.data
        room = lines_kernel.count_cells(data, 0x0A)
        starts, ends, lines, used, after = lines_kernel.split_lines(data, window.final, line, room)
        if not used and len(data) > source.limits.max_record_bytes:
            yield unread("json-broken", source.member, line=line)
            yield from read_prose(source, stream, line=line, table="text")
            break
        leaves, nodes, sound = _walk_lines(paths, data, starts, ends, lines)
        origin = stream.origin(window)
        yield from _emit(source, paths, data, nodes, leaves, origin, 0)
        bad = np.array(
            [k for k in np.flatnonzero(~sound) if bytes(data[starts[k] : ends[k]]).strip()], np.int64
        )
        if len(bad):
            yield prose_batch(source, data, starts[bad], ends[bad], lines[bad], origin, table="text")
            broken += lines[bad][:5].tolist()
            count += len(bad)
        line = after
        stream.use(used)
        if window.final and used == len(data):
            break
    if broken:
        yield unread("json-lines-broken", source.member, count=count, lines=", ".join(map(str, broken[:5])))
    yield from _notes(source, paths)


def _walk_lines(
    paths: Paths, data: Bytes, starts: Longs, ends: Longs, lines: Longs | None = None
) -> tuple[Longs, Longs, npt.NDArray[np.bool_]]:
    """Return leaves, nodes and soundness of the lines."""
    count = len(starts)
    room = kernel.leaf_room(data) + 2 * count
    nodes = np.empty((room + count + 2, 3), np.int64)
    nodes[:count, 0], nodes[:count, 1] = -1, 0
    nodes[:count, 2] = np.arange(count) if lines is None else lines
    paths.state[kernel.NODES] = count
    leaves = np.empty((room, 7), np.int64)
    roots, patterns = np.arange(count, dtype=np.int64), np.zeros(count, np.int64)
    records = np.full(count, -1, np.int64)
    found, sound = kernel.walk_each(
        data, starts, ends, roots, patterns, records, *_tables(paths), nodes, leaves
    )
    return leaves[:found], nodes[: int(paths.state[kernel.NODES])].copy(), sound


def _emit(
    source: Source,
    paths: Paths,
    src: Bytes,
    nodes: Longs,
    leaves: Longs,
    origin: Origin,
    inside: int,
) -> Iterator[Batch]:
    """Yield the leaves as a batch; strings that hold JSON are followed and yielded as batches of their own."""
    if not len(leaves):
        return
    if np.any(np.diff(leaves[:, 5]) < 0):
        leaves = leaves[np.argsort(leaves[:, 5], kind="stable")]
    starts, ends = leaves[:, 0].copy(), leaves[:, 1].copy()
    forms = np.where((leaves[:, 6] & 3) == kernel.ESCAPED, escapes.JSON, escapes.PLAIN).astype(np.uint8)
    data, starts, ends, at, shift = escapes.copy_cells(src, starts, ends, forms, escapes.escape_room(src))
    here = ChainedOrigin(origin, at, shift)
    keep = np.ones(len(leaves), np.bool_)
    deeper: Iterator[Batch] = iter(())
    maybe = np.flatnonzero(leaves[:, 6] & kernel.FLAG_NESTED)
    if len(maybe) and inside < source.limits.max_json_strings:
        found, more, sound = _walk_inside(paths, data, starts[maybe], ends[maybe], nodes, leaves[maybe])
        keep[maybe[sound]] = False
        deeper = _emit(source, paths, data, more, found, here, inside + 1)
    columns = paths.columns()
    if keep.any():
        places = JsonPlaces(paths, nodes, leaves[keep, 2], leaves[keep, 3], leaves[keep, 4])
        yield Batch(
            source.member,
            "",
            columns,
            data,
            starts[keep],
            ends[keep],
            leaves[keep, 3].astype(np.int32),
            leaves[keep, 5].copy(),
            prose=False,
            addresses=places,
            origin=here,
            records=int(paths.state[kernel.RECORD]) - 1,
        )
    yield from deeper


def _walk_inside(
    paths: Paths, data: Bytes, starts: Longs, ends: Longs, nodes: Longs, outer: Longs
) -> tuple[Longs, Longs, npt.NDArray[np.bool_]]:
    """Read the strings ``data[starts:ends]`` as JSON values below the leaves ``outer``."""
    count = len(starts)
    room = int(sum(kernel.leaf_room(data[s:e]) for s, e in zip(starts.tolist(), ends.tolist(), strict=True)))
    table = np.empty((len(nodes) + count + room + 2, 3), np.int64)
    table[: len(nodes)] = nodes
    patterns = np.empty(count, np.int64)
    empty = np.empty(0, np.uint8)
    known: dict[int, int] = {}
    for k in range(count):
        pattern = int(outer[k, 3])
        if pattern not in known:
            _, _, patterns_table, keys, slots = _tables(paths)
            made = kernel.pattern_of(
                empty, 0, 0, kernel.INSIDE, pattern, paths.state, patterns_table, keys, slots
            )
            known[pattern] = max(made, 0)
        patterns[k] = known[pattern]
    roots = np.arange(len(nodes), len(nodes) + count, dtype=np.int64)
    table[roots, 0], table[roots, 1], table[roots, 2] = outer[:, 2], patterns, outer[:, 4]
    state = paths.state.copy()
    state[kernel.NODES] = len(nodes) + count
    leaves = np.empty((room + 2 * count, 7), np.int64)
    stack = np.zeros_like(paths.stack)
    found, sound = kernel.walk_each(
        data,
        starts,
        ends,
        roots,
        patterns,
        outer[:, 5].copy(),
        state,
        stack,
        paths.table,
        paths.keys,
        paths.slots,
        table,
        leaves,
    )
    shared = [kernel.RECORD, kernel.PATTERNS, kernel.KEY_BYTES, kernel.TOO_DEEP, kernel.FULL]
    paths.state[shared] = state[shared]
    return leaves[:found], table[: int(state[kernel.NODES])].copy(), sound


def _notes(source: Source, paths: Paths) -> Iterator[Unread]:
    if paths.state[kernel.TOO_DEEP]:
        yield unread(
            "json-too-deep",
            source.member,
            count=int(paths.state[kernel.TOO_DEEP]),
            depth=source.limits.max_json_depth,
        )
    if paths.state[kernel.FULL]:
        yield unread("too-many-paths", source.member, paths=source.limits.max_columns)
