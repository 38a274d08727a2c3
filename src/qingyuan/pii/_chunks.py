"""The candidates of a batch with their places, offsets and tokens, for the table of hits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from qingyuan.pii._candidates import Candidates
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.cells import count_characters
from qingyuan.pii.batch import Addresses, Batch, Bytes, Ints, Longs
from qingyuan.pii.tokens import TOKEN_BYTES, Tokenizer


@dataclass(frozen=True, slots=True)
class _Said:
    """Places already made into words."""

    texts: pa.StringArray

    def text(self, cells: Longs) -> pa.StringArray:
        """Return one place per number."""
        return self.texts.take(cells)


@dataclass(slots=True)
class Chunk:
    """Parallel arrays, one element a candidate; no value is in them.

    Attributes:
        addresses: The places of the cells.
        cell: Cell of each.
        start: First code point inside the value at its place.
        end: One past the last code point.
        byte_start: First byte in the file or member, or ``None``.
        byte_end: One past the last byte, or ``None``.
        token: ``uint8[n, 16]``; zeros where masked.
    """

    addresses: Addresses
    cell: Longs
    start: Ints
    end: Ints
    byte_start: Longs | None
    byte_end: Longs | None
    token: Bytes

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.cell)

    def __reduce__(self) -> tuple[Callable[..., Chunk], tuple[object, ...]]:
        """Travel with the places of the candidates only."""
        said = _Said(self.addresses.text(self.cell))
        return Chunk, (
            said, np.arange(len(self), dtype=np.int64), self.start, self.end, self.byte_start, self.byte_end,
            self.token,
        )  # fmt: skip


def locate(
    batch: Batch,
    shown: Batch,
    found: Candidates,
    placed: Candidates,
    tokenizer: Tokenizer,
    *,
    earlier: bool = False,
) -> Chunk:
    """Return the candidates with places and offsets in ``batch``, where they are ``placed``, and the tokens of what they are in ``shown``; ``earlier``: of their earlier forms."""
    start = np.empty(len(found), dtype=np.int32)
    length = np.empty(len(found), dtype=np.int32)
    count_characters(batch.data, np.ascontiguousarray(batch.starts[found.cell]), placed.start, start)
    count_characters(batch.data, placed.start, placed.end, length)
    return Chunk(
        batch.addresses, found.cell, start, start + length, batch.byte_offsets(placed.start),
        batch.byte_offsets(placed.end), _tokens(shown, found, tokenizer.earlier_tokens if earlier else tokenizer.tokens),
    )  # fmt: skip


def _tokens(batch: Batch, found: Candidates, tokens: Callable[[Bytes, Longs, Longs, Bytes], Bytes]) -> Bytes:
    """Return the tokens of clear candidates; masked ones have none (zeros)."""
    out = np.zeros((len(found), TOKEN_BYTES), dtype=np.uint8)
    clear = np.flatnonzero((found.flags & f.MASKED) == 0)
    out[clear] = tokens(batch.data, found.start[clear], found.end[clear], found.kind[clear])
    return out
