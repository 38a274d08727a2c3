"""FF1: format-preserving encryption (NIST SP 800-38G, algorithms 7 and 8).

A numeral string is encrypted to another one of the same length and radix under an AES key and a tweak.
:func:`encrypt` and :func:`decrypt` follow the standard step by step for any radix and length;
:class:`Decimals` does the same for many short decimal strings at once, one AES call a round for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.uint64]

#: Least number of different strings a domain must have (SP 800-38G Rev. 1, section 5.2).
LEAST_DOMAIN = 1_000_000
#: Longest decimal string :class:`Decimals` takes: its halves and its round values fit 64 bits.
MOST_DIGITS = 18
#: Longest tweak :class:`Decimals` takes: one block holds it with the round number and a half.
MOST_TWEAK = 11
_ROUNDS = 10
_BLOCK = 16
_RADICES = range(2, 1 << 16)


def encrypt(key: bytes, tweak: bytes, numerals: Sequence[int], radix: int = 10) -> list[int]:
    """Return the encrypted numerals, most significant first.

    Args:
        key: AES key of 16, 24 or 32 bytes.
        tweak: Not secret; another tweak gives another permutation.
        numerals: Each from 0 to ``radix - 1``.
        radix: 2 to 65,535.

    Raises:
        ValueError: The radix, a numeral or the length is out of range.
    """
    return _feistel(key, tweak, numerals, radix, range(_ROUNDS))


def decrypt(key: bytes, tweak: bytes, numerals: Sequence[int], radix: int = 10) -> list[int]:
    """Return the numerals that :func:`encrypt` made ``numerals`` of.

    Raises:
        ValueError: The radix, a numeral or the length is out of range.
    """
    return _feistel(key, tweak, numerals, radix, range(_ROUNDS - 1, -1, -1))


def _feistel(key: bytes, tweak: bytes, numerals: Sequence[int], radix: int, rounds: range) -> list[int]:
    n = len(numerals)
    if radix not in _RADICES or any(not 0 <= x < radix for x in numerals):
        raise ValueError("radix or numeral out of range")
    if n < 2 or radix**n < LEAST_DOMAIN or n >= 1 << 32:  # noqa: PLR2004 - section 5.1: minlen is at least 2
        raise ValueError("too few or too many numerals")
    aes = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - the block cipher itself, as the standard builds on it
    u = n // 2
    v = n - u
    b = ((radix**v - 1).bit_length() + 7) // 8
    d = 4 * ((b + 3) // 4) + 4
    fixed = _fixed_block(radix, u, n, len(tweak))
    left, right = _number(numerals[:u], radix), _number(numerals[u:], radix)
    backwards = rounds.step < 0
    for i in rounds:
        source = left if backwards else right
        q = tweak + bytes(-(len(tweak) + b + 1) % _BLOCK) + bytes([i]) + source.to_bytes(b, "big")
        mac = bytes(_BLOCK)
        for at in range(0, len(fixed + q), _BLOCK):
            mac = aes.update(_xor(mac, (fixed + q)[at : at + _BLOCK]))
        stream = mac + b"".join(
            aes.update(_xor(mac, j.to_bytes(_BLOCK, "big"))) for j in range(1, -(-d // _BLOCK))
        )
        y = int.from_bytes(stream[:d], "big")
        modulus = radix ** (u if i % 2 == 0 else v)
        if backwards:
            left, right = (right - y) % modulus, left
        else:
            left, right = right, (left + y) % modulus
    return _numerals(left, radix, u) + _numerals(right, radix, v)


def _fixed_block(radix: int, u: int, n: int, t: int) -> bytes:
    """Return the block P of step 5."""
    return (
        bytes([1, 2, 1])
        + radix.to_bytes(3, "big")
        + bytes([_ROUNDS, u % 256])
        + n.to_bytes(4, "big")
        + t.to_bytes(4, "big")
    )


def _number(numerals: Sequence[int], radix: int) -> int:
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def _numerals(value: int, radix: int, count: int) -> list[int]:
    out = []
    for _ in range(count):
        value, rest = divmod(value, radix)
        out.append(rest)
    return out[::-1]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


class Decimals:
    """FF1 with radix 10 over many strings of one length at once.

    Args:
        key: AES key of 16, 24 or 32 bytes.
        digits: Length of the strings, 6 to :data:`MOST_DIGITS`.
    """

    def __init__(self, key: bytes, digits: int) -> None:
        """Prepare.

        Raises:
            ValueError: The length is out of range.
        """
        if not 10**digits >= LEAST_DOMAIN or digits > MOST_DIGITS:
            raise ValueError("strings of 6 to 18 digits only")
        self._aes = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - as above
        self.digits = digits
        self._u = digits // 2
        self._v = digits - self._u
        self._b = ((10**self._v - 1).bit_length() + 7) // 8

    def encrypt(self, values: Whole, tweaks: Bytes) -> Whole:
        """Return the encrypted numbers.

        Args:
            values: ``uint64[n]``, each below ``10**digits``.
            tweaks: ``uint8[n, t]`` with ``t`` at most :data:`MOST_TWEAK`.
        """
        return self._run(values, tweaks, range(_ROUNDS))

    def decrypt(self, values: Whole, tweaks: Bytes) -> Whole:
        """Return the numbers that :meth:`encrypt` made ``values`` of."""
        return self._run(values, tweaks, range(_ROUNDS - 1, -1, -1))

    def _run(self, values: Whole, tweaks: Bytes, rounds: range) -> Whole:
        n, t = tweaks.shape
        first = self._aes.update(_fixed_block(10, self._u, self.digits, t))
        constant = np.frombuffer(first, np.uint8)
        split = np.uint64(10**self._v)
        left, right = values // split, values % split
        blocks = np.empty((n, _BLOCK), np.uint8)
        backwards = rounds.step < 0
        shifts = np.arange(self._b - 1, -1, -1, dtype=np.uint64) * np.uint64(8)
        for i in rounds:
            source = left if backwards else right
            blocks[:] = 0
            blocks[:, :t] = tweaks
            blocks[:, _BLOCK - 1 - self._b] = i
            blocks[:, _BLOCK - self._b :] = (source[:, None] >> shifts) & np.uint64(0xFF)
            mixed = self._aes.update((blocks ^ constant).tobytes())
            modulus = np.uint64(10 ** (self._u if i % 2 == 0 else self._v))
            # At most 9 digits a half: b is at most 4, so the round value is the first 8 bytes.
            y = np.frombuffer(mixed, ">u8").reshape(n, 2)[:, 0].astype(np.uint64) % modulus
            if backwards:
                left, right = (right + modulus - y) % modulus, left
            else:
                left, right = right, (left + y) % modulus
        return left * split + right
