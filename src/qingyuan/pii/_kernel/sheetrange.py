"""How far the cells of a worksheet reach, without parsing it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]

_RO = "Array(uint8, 1, 'C', readonly=True)"


@njit(f"({_RO}, int64, int64, int64, int64)", cache=True, nogil=True)
def scan_range(data: Bytes, top: int, left: int, bottom: int, right: int) -> tuple[int, int, int, int]:
    n = len(data)
    for i in range(n - 5):
        if (
            data[i] != 0x20
            or data[i + 1] != 0x72
            or data[i + 2] != 0x3D
            or (data[i + 3] != 0x22 and data[i + 3] != 0x27)
        ):
            continue
        j, column, row = i + 4, 0, 0
        while j < n and 65 <= data[j] <= 90 and j < i + 8:
            column = column * 26 + (data[j] - 64)
            j += 1
        while j < n and 48 <= data[j] <= 57 and j < i + 16:
            row = row * 10 + (data[j] - 48)
            j += 1
        if row == 0:
            continue
        if column > 0:
            left = column if left < 0 else min(left, column)
            right = max(right, column)
            top = row if top < 0 else min(top, row)
        bottom = max(bottom, row)
    return top, left, bottom, right


def used_range(data: bytes, corners: Sequence[int]) -> list[int]:
    """Return top, left, bottom and right (1-based; -1 unknown) of ``corners`` widened by the cells in ``data``."""
    top, left, bottom, right = scan_range(np.frombuffer(bytearray(data), np.uint8), *corners)
    return [int(top), int(left), int(bottom), int(right)]
