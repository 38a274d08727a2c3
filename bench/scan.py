"""The compiled pass over bytes: every number, mask and e-mail address with its evidence, on one core."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from bench._harness import Context, Row, in_turns, one_core
from bench._material import prose, waybill_csv
from qingyuan.pii import warm
from qingyuan.pii._candidates import scan_numbers
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch
from qingyuan.pii.readers import read

_Longs = npt.NDArray[np.int64]

#: The same kinds as patterns on bytes: candidates only, no checksums, no full-width digits, no evidence.
#: Boundaries are those of digits (``\b`` would miss a number glued to 汉字 in text patterns), and each stands
#: behind the first character: in front it would keep ``re`` from skipping ahead, at half the speed.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"[1-9](?<!\d\d)\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dXx])",
        rb"[1-9](?<!\d\d)\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)",
        rb"\d(?<!\d\d)\d{2,5}\*{4,12}[\dXx]{2,4}(?![\dXx])",
        rb"1(?<!\d1)[3-9]\d(?:[- ]?\d{4}){2}(?!\d)",
        rb"1(?<!\d1)[3-9]\d\*{4,8}\d{2,4}(?!\d)",
        rb"[456](?<!\d\d)(?:(?<=6)2|(?<=4)\d|(?<=5)[1-5])\d{14,17}(?!\d)",
        rb"[456](?<!\d\d)(?:(?<=6)2|(?<=4)\d|(?<=5)[1-5])\d{2,4}[* ]{4,13}\d{4}(?!\d)",
        rb"[\w.+-](?<![\w.+-]{2})[\w.+-]{0,63}@[\w-]+(?:\.[\w-]+)+",
        rb"95013(?<!\d95013)\d{7}(?:\xe8\xbd\xac|,|-)\d{2,6}(?!\d)",
        rb"0(?<!\d0)\d{2,3}-?[2-8]\d{6,7}(?!\d)",
    )
)


def run(context: Context) -> Iterator[Row]:
    """Scan dense waybills by cells and by lines, and sparse prose by lines."""
    warm()
    waybills = waybill_csv(context.pick(200_000, 20_000))
    text = prose(context.pick(50, 10) * 1_000_000)
    rounds = context.pick(7, 3)
    with one_core():
        cells = [batch for batch in read(io.BytesIO(waybills), "waybills.csv") if isinstance(batch, Batch)]
        yield from _compare("waybills, cells of the CSV reader", waybills, _by_batch(cells), rounds)
        del cells
        yield from _compare("waybills, a cell is a line", waybills, _by_line(waybills), rounds)
        yield from _compare("prose, a cell is a line", text, _by_line(text), rounds)


def _compare(what: str, data: bytes, action: Callable[[], int], rounds: int) -> list[Row]:
    """Return the rows of one material; the regular expressions see a slice of it."""
    cut = data.rfind(b"\n", 0, min(2_000_000, len(data) // 8)) + 1
    part = data[:cut]
    times = in_turns(
        {
            "kernel": action,
            "walk": lambda: data.count(b"\n"),
            "re": lambda: sum(sum(1 for _ in pattern.finditer(part)) for pattern in _PATTERNS),
        },
        rounds,
    )
    size, part_size = len(data) / 1e6, len(part) / 1e6
    name = f"scan: {what} ({size:.0f} MB, {action():,} candidates)"
    expressions = f"Python `re`, {len(_PATTERNS)} byte patterns ({part_size:.0f} MB of it)"
    return [
        times.rate(
            name, "kernel", size, "MB/s", against="walking memory: `bytes.count(newline)`", peer="walk"
        ),
        times.rate(name, "kernel", size, "MB/s", against=expressions, peer="re", peer_amount=part_size),
    ]


def _by_batch(batches: list[Batch]) -> Callable[[], int]:
    made = tables()
    return lambda: sum(len(scan_numbers(b.data, b.starts, b.ends, made)) for b in batches)


def _by_line(data: bytes) -> Callable[[], int]:
    """Return the pass over ``data`` in blocks of 4 MB as the readers cut them, found beforehand."""
    made = tables()
    blocks: list[tuple[npt.NDArray[np.uint8], _Longs, _Longs]] = []
    at = 0
    while at < len(data):
        end = len(data) if len(data) - at <= 4_000_000 else data.rfind(b"\n", at, at + 4_000_000) + 1
        block = np.frombuffer(data[at:end], dtype=np.uint8)
        ends = np.flatnonzero(block == 10).astype(np.int64)
        starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
        ends.flags.writeable = starts.flags.writeable = False
        blocks.append((block, starts, ends))
        at = end
    return lambda: sum(len(scan_numbers(*block, made)) for block in blocks)
