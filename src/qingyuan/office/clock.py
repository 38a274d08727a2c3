"""Time and randomness as things that are handed in.

The kernel never asks the machine for the time or for random bytes; the office does, once, here. A
seeded office (for demonstrations and tests) gets both from its seed, so that the same run gives the
same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Protocol

from qingyuan.office.errors import OfficeError

#: Legal time in all of China: UTC+8, no daylight saving since 1992.
CHINA = timezone(timedelta(hours=8), "UTC+08:00")

Entropy = Callable[[int], bytes]


class Clock(Protocol):
    """What the office asks for the time."""

    def now(self) -> datetime:
        """Return the wall-clock time with its offset."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds of a clock that never goes back; only differences mean anything."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the present time in UTC+8."""
        return datetime.now(CHINA)

    def monotonic_ns(self) -> int:
        """Return the machine's monotonic clock."""
        return time.monotonic_ns()


class FixedClock:
    """A clock that stands still until it is set.

    Args:
        at: The time it shows.
    """

    def __init__(self, at: datetime) -> None:
        """Set the clock to ``at``."""
        self._at = at

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._at

    def monotonic_ns(self) -> int:
        """Return 0: no time passes."""
        return 0

    def set(self, at: datetime) -> None:
        """Move the clock.

        Raises:
            OfficeError: ``at`` lies before the time shown; a record never runs backwards.
        """
        if at < self._at:
            raise OfficeError(
                "office.clock-backwards",
                zh=f"时钟不能倒退：{self._at.isoformat()} → {at.isoformat()}",
                en=f"the clock cannot go back: {self._at.isoformat()} to {at.isoformat()}",
            )
        self._at = at


def parse_time(text: str, *, where: str) -> datetime:
    """Read an ISO 8601 date or time; without an offset it is legal time in China.

    Raises:
        OfficeError: ``text`` is neither; ``where`` names the option or variable.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise OfficeError(
            "office.bad-time",
            zh=f"“{text}”不是有效的日期或时间",
            en=f"{text!r} is neither a date nor a time",
            where=where,
            remedy_zh="写作 2026-03-02 或 2026-03-02T09:00:00+08:00",
            remedy_en="write 2026-03-02 or 2026-03-02T09:00:00+08:00",
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def environment_clock() -> Clock:
    """Return ``QINGYUAN_CLOCK`` (a fixed time) if that is set, else the machine's clock.

    Raises:
        OfficeError: It is set and no time.
    """
    text = os.environ.get("QINGYUAN_CLOCK")
    return FixedClock(parse_time(text, where="QINGYUAN_CLOCK")) if text else SystemClock()


def system_entropy(count: int) -> bytes:
    """Return ``count`` random bytes from the operating system."""
    return os.urandom(count)


def seeded_entropy(seed: str, position: int) -> Entropy:
    """Return a source of bytes that follows from ``seed`` and ``position`` alone.

    For demonstrations and tests only: whoever knows the seed knows every key.

    Args:
        seed: Any text.
        position: Where in the record the source is opened (the size of the log), so that a later
            opening does not give the bytes of an earlier one again.
    """
    key = hashlib.sha256(b"qingyuan-seed/1\n" + seed.encode()).digest()
    counter = 0

    def draw(count: int) -> bytes:
        nonlocal counter
        out = b""
        while len(out) < count:
            out += hmac.digest(key, position.to_bytes(8, "big") + counter.to_bytes(8, "big"), "sha256")
            counter += 1
        return out[:count]

    return draw
