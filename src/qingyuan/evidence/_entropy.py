"""Randomness as an argument: nothing in this room draws it by itself."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.evidence.errors import EvidenceError

#: Returns that many unpredictable bytes; ``os.urandom`` in production.
Entropy = Callable[[int], bytes]


def draw(entropy: Entropy, count: int) -> bytes:
    """Return ``count`` bytes of ``entropy``.

    Raises:
        EvidenceError: The source gave fewer or more bytes than asked for.
    """
    data = entropy(count)
    if len(data) != count:
        raise EvidenceError(
            "evidence.bad-entropy",
            zh="随机数来源返回的字节数不对",
            en="the source of randomness returned a wrong number of bytes",
            remedy_zh="请检查随机数来源",
            remedy_en="check the source of randomness",
        )
    return data
