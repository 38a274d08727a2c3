"""A CSV file from its bytes to hits, columns, persons and counts, as ``qingyuan scan`` does it."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from bench._harness import Context, Row, in_turns, one_core
from bench._material import waybill_csv
from qingyuan.pii import scan, warm
from qingyuan.pii.readers import read

_KEY = bytes(range(32))


def run(context: Context) -> list[Row]:
    """Compare reading, and reading with finding, with two parsers that only parse."""
    warm()
    rows = context.pick(200_000, 20_000)
    path = context.folder / "waybills.csv"
    path.write_bytes(waybill_csv(rows))
    size = path.stat().st_size / 1e6
    with one_core():
        times = in_turns(
            {
                "engine": lambda: _scan(path, hits=False),
                "hits": lambda: _scan(path, hits=True),
                "readers": lambda: _read(path),
                "pyarrow": lambda: _pyarrow(path),
                "csv": lambda: _csv(path),
            },
            context.pick(3, 1),
        )
    what = f"csv: read, find, decide, count persons ({size:.0f} MB, {rows:,} records)"
    arrow, python = "parsing alone: `pyarrow.csv`, one thread", "parsing alone: Python `csv`"
    reading = "csv: our readers alone, with places and offsets"
    every = "csv: the same, with the table of all hits"
    return [
        times.rate(what, "engine", size, "MB/s", against=arrow, peer="pyarrow"),
        times.rate(what, "engine", size, "MB/s", against=python, peer="csv"),
        times.rate(every, "hits", size, "MB/s", against=arrow, peer="pyarrow"),
        times.rate(reading, "readers", size, "MB/s", against=arrow, peer="pyarrow"),
        times.rate(reading, "readers", size, "MB/s", against=python, peer="csv"),
    ]


def _scan(path: Path, *, hits: bool) -> int:
    with path.open("rb") as file:
        found = scan(read(file, path.name), _KEY, path.name, hits=hits)
    return found.hits.num_rows if hits else found.cells


def _read(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in read(file, path.name))


def _pyarrow(path: Path) -> int:
    with path.open("rb") as file:
        head = file.readline().decode().rstrip("\n").split(",")
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(head, pa.string())),
    )
    return int(table.num_rows)


def _csv(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))
