"""The other passes of a scan one by one, and encryption in the format of the input, one core."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np

from bench._harness import Context, Row, in_turns, one_core
from bench._material import prose, waybill_csv
from qingyuan.pii import freetext, warm
from qingyuan.pii._candidates import scan_numbers, shapes_of
from qingyuan.pii._columns import Stream
from qingyuan.pii._formed import find_forms
from qingyuan.pii._kernel.table import BINS
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch
from qingyuan.pii.deidentify.ff1 import Decimals
from qingyuan.pii.grammar import grammar
from qingyuan.pii.readers import read
from qingyuan.pii.tokens import Tokenizer

_KEY = bytes(range(32))


def run(context: Context) -> Iterator[Row]:
    """Time shapes, forms and keys of waybills, names and addresses of prose, and FF1."""
    warm()
    waybills, text = waybill_csv(context.pick(200_000, 20_000)), prose(context.pick(5, 1) * 1_000_000)
    rounds = context.pick(5, 2)
    with one_core():
        yield from _of_tables(waybills, rounds)
        yield from _of_prose(text, rounds)
        yield from _of_numbers(context.pick(1_000_000, 100_000), rounds)


def _batches(data: bytes, name: str) -> list[Batch]:
    return [batch for batch in read(io.BytesIO(data), name) if isinstance(batch, Batch)]


def _of_tables(data: bytes, rounds: int) -> Iterator[Row]:
    made, forms, tokenizer = tables(), grammar(), Tokenizer(_KEY)
    batches = _batches(data, "waybills.csv")
    stream = Stream(0, None, "", prose=False)
    stream.widen(batches[0].columns)
    scopes = stream.scopes()
    every = np.ones(len(scopes), dtype=np.bool_)
    numbers = [(b, scan_numbers(b.data, b.starts, b.ends, made)) for b in batches]

    def shapes() -> None:
        for batch in batches:
            shapes_of(batch, made, every, np.zeros((len(scopes), BINS), dtype=np.int64))

    def keys() -> None:
        for batch, values in numbers:
            tokenizer.keys(batch.data, values.start, values.end, values.kind, values.flags)

    times = in_turns(
        {
            "shapes": shapes,
            "forms": lambda: [find_forms(batch, scopes, forms) for batch in batches],
            "keys": keys,
            "walk": lambda: data.count(b"\n"),
        },
        rounds,
    )
    size = len(data) / 1e6
    walk = "walking memory: `bytes.count(newline)`"
    for name, what in (("shapes", "shapes of all cells"), ("forms", "the catalogue's forms")):
        yield times.rate(
            f"passes: waybills, {what} ({size:.0f} MB)", name, size, "MB/s", against=walk, peer="walk"
        )
    number = sum(len(values) for _, values in numbers)
    yield times.rate(f"passes: waybills, keys of {number:,} numbers", "keys", number, "/s")


def _of_prose(data: bytes, rounds: int) -> Iterator[Row]:
    batches = _batches(data, "prose.txt")
    times = in_turns(
        {
            "names": lambda: [
                freetext.find(b.data, b.starts, b.ends, np.arange(len(b), dtype=np.int64)) for b in batches
            ],
            "walk": lambda: data.count(b"\n"),
        },
        rounds,
    )
    size = len(data) / 1e6
    walk = "walking memory: `bytes.count(newline)`"
    yield times.rate(
        f"passes: prose, names and addresses ({size:.0f} MB)",
        "names",
        size,
        "MB/s",
        against=walk,
        peer="walk",
    )


def _of_numbers(count: int, rounds: int) -> Iterator[Row]:
    cipher = Decimals(_KEY, 11)
    values = np.arange(count, dtype=np.uint64) + np.uint64(13_800_000_000)
    tweaks = np.zeros((count, 8), dtype=np.uint8)
    times = in_turns({"ff1": lambda: cipher.encrypt(values, tweaks)}, rounds)
    yield times.rate("passes: FF1 of numbers of eleven digits, AES-256", "ff1", count, "/s")
