"""Damaging a file at random, the same way every time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.pii.readers.reading import codes, read


def damaged(raw: bytes, times: int, seed: int) -> Iterator[bytes]:
    """Yield copies of ``raw`` cut off or with a few bytes changed."""
    chance = random.Random(seed)
    for number in range(times):
        data = bytearray(raw)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice((0, 1, 3, 20)) if number % 3 == 0 else chance.choice((1, 2, 8, 64))):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        yield bytes(data)


def survives(raw: bytes, name: str, times: int = 60, seed: int = 7) -> None:
    """Assert that every damaged copy ends in cells or in a sentence about what was not read, and soon."""
    for data in damaged(raw, times, seed):
        _, unread = read(data, name, seconds=10.0)
        assert not {"reader-failed", "time-budget"} & set(codes(unread))
