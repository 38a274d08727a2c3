"""Numbers with check digits as matrices of ASCII digits.

A matrix has one row a number and one ``uint8`` column a character, so that check digits, masks and
other ways of writing a number are a few array operations for all rows at once.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Matrix: TypeAlias = npt.NDArray[np.uint8]

ZERO = np.uint8(ord("0"))
STAR = np.uint8(ord("*"))

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def digits(values: Ints, width: int) -> Matrix:
    """Return the decimal digits of non-negative ``values``, zero-padded to ``width`` columns."""
    rest = values.astype(np.int64, copy=True)
    out = np.empty((rest.size, width), dtype=np.uint8)
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        out[:, column] = digit
    out += ZERO
    return out


def constant(text: str, rows: int) -> Matrix:
    """Return ``text`` (ASCII) repeated in every one of ``rows`` rows."""
    return np.tile(np.frombuffer(text.encode("ascii"), dtype=np.uint8), (rows, 1))


def join(*parts: Matrix) -> Matrix:
    """Return the matrices side by side."""
    return np.concatenate(parts, axis=1)


def with_id_check(body: Matrix) -> Matrix:
    """Return 17-digit bodies with the check character of GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = (body - ZERO).astype(np.int64) @ _ID_WEIGHTS
    return join(body, _ID_CHECKS[total % 11][:, None])


def with_wrong_id_check(ids: Matrix) -> Matrix:
    """Return 18-character identity numbers whose last character is certainly not the right one."""
    out = ids.copy()
    right = (ids[:, :17] - ZERO).astype(np.int64) @ _ID_WEIGHTS % 11
    out[:, 17] = _ID_CHECKS[(right + 3) % 11]
    return out


def with_luhn(body: Matrix) -> Matrix:
    """Return the numbers with a Luhn check digit (ISO/IEC 7812-1 annex B) at the end."""
    values = (body - ZERO).astype(np.int64)
    doubled = values[:, ::-1][:, ::2] * 2
    total = (doubled // 10 + doubled % 10).sum(axis=1) + values[:, ::-1][:, 1::2].sum(axis=1)
    return join(body, ((-total) % 10).astype(np.uint8)[:, None] + ZERO)


def hexadecimal(raw: bytes, width: int) -> Matrix:
    """Return ``raw`` as rows of ``width`` lower-case hexadecimal characters."""
    data = np.frombuffer(raw, dtype=np.uint8)
    out = np.empty((data.size, 2), dtype=np.uint8)
    out[:, 0] = _HEX[data >> 4]
    out[:, 1] = _HEX[data & 15]
    return out.reshape(data.size * 2 // width, width)


def masked(matrix: Matrix, head: int, tail: int) -> Matrix:
    """Return the numbers with all but ``head`` leading and ``tail`` trailing characters starred."""
    out = matrix.copy()
    out[:, head : matrix.shape[1] - tail] = STAR
    return out


def full_width(matrix: Matrix) -> Matrix:
    """Return the UTF-8 bytes of the digits in their full-width forms (U+FF10 to U+FF19)."""
    out = np.empty((*matrix.shape, 3), dtype=np.uint8)
    out[:, :, 0] = 0xEF
    out[:, :, 1] = 0xBC
    out[:, :, 2] = matrix - ZERO + 0x90
    return out.reshape(matrix.shape[0], matrix.shape[1] * 3)
