"""Content that takes no room."""

from __future__ import annotations

import io


class Zeros(io.BytesIO):
    """Zeros, made on demand.

    Args:
        size: How many bytes.
    """

    def __init__(self, size: int) -> None:
        """Begin."""
        super().__init__()
        self._rest = size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next zeros."""
        count = self._rest if size is None or size < 0 else min(self._rest, size)
        self._rest -= count
        return bytes(count)
