"""Numbers and tokens written as text into the buffers of Arrow arrays."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Ints, Longs

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
#: Most digits of a number of 64 bits.
MOST_DIGITS = 19


@njit(f"int64({_RO}, {_RO64}, int32[::1], uint8[::1])", cache=True, nogil=True)
def write_numbered(word: Bytes, numbers: Longs, offsets: Ints, out: Bytes) -> int:
    """Write ``word`` followed by each number in decimal; return the length of all.

    Args:
        word: The word, in UTF-8.
        numbers: The numbers, none negative.
        offsets: ``int32[n + 1]`` receives where each text begins, and where the last one ends.
        out: Receives the texts; :data:`MOST_DIGITS` and the word for each number.
    """
    digits = np.empty(MOST_DIGITS + 1, dtype=np.uint8)
    n = np.int64(0)
    for i in range(numbers.size):
        offsets[i] = n
        for k in range(word.size):
            out[n + k] = word[k]
        n += word.size
        rest = np.uint64(numbers[i])
        size = np.int64(0)
        while True:
            tenth = rest // np.uint64(10)
            digits[size] = np.uint8(48) + np.uint8(rest - tenth * np.uint64(10))
            size += 1
            rest = tenth
            if rest == 0:
                break
        for k in range(size):
            out[n + k] = digits[size - 1 - k]
        n += size
    offsets[numbers.size] = n
    return int(n)


@njit(f"void({_RO}, uint8[::1])", cache=True, nogil=True)
def write_hex(data: Bytes, out: Bytes) -> None:
    """Write bytes in hexadecimal, two digits each."""
    for k in range(data.size):
        high = np.uint8(data[k] >> np.uint8(4))
        low = np.uint8(data[k] & np.uint8(15))
        out[2 * k] = np.uint8(high + (np.uint8(87) if high > 9 else np.uint8(48)))
        out[2 * k + 1] = np.uint8(low + (np.uint8(87) if low > 9 else np.uint8(48)))
