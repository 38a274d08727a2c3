"""How much a capture may take, and what was noted when it came to a limit."""

from __future__ import annotations

import threading
import time

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """Limits of one capture.

    Attributes:
        seconds: For the page as a whole, from the first request until it is taken.
        load_seconds: Until the load event.
        script_seconds: The page may leave a question unanswered for.
        idle_seconds: A connection may stay silent for.
        height: CSS pixels that are scrolled through and pictured.
        resources: Answers.
        total_bytes: Bytes of all answers together, as transferred.
        resource_bytes: Bytes of one answer, as transferred.
        decoded_bytes: Bytes of one answer, unpacked.
        request_bytes: Bytes of the body of one request.
        settle_seconds: The network may take to become quiet.
        quiet_seconds: The network counts as idle after being quiet for.
    """

    seconds: float = 90
    load_seconds: float = 45
    script_seconds: float = 10
    idle_seconds: float = 20
    height: int = 16_000
    resources: int = 3_000
    total_bytes: int = 512 << 20
    resource_bytes: int = 128 << 20
    decoded_bytes: int = 256 << 20
    request_bytes: int = 16 << 20
    settle_seconds: float = 10
    quiet_seconds: float = 0.2


class Hit(msgspec.Struct, frozen=True):
    """A limit that was reached: what lies beyond it is not in the capture.

    Attributes:
        bound: Name of the limit, a member of :class:`Bounds`.
        limit: Its value.
        where: Address concerned, or ``""``.
    """

    bound: str
    limit: float
    where: str = ""


class Meter:
    """Counts what a capture has taken; safe to use from several threads.

    Args:
        bounds: The limits.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Start the clock."""
        self.bounds = bounds
        self._lock = threading.Lock()
        self._bytes = 0
        self._resources = 0
        self._hits: dict[tuple[str, str], Hit] = {}
        self._end = time.monotonic() + bounds.seconds

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Limits reached so far, sorted."""
        with self._lock:
            return tuple(self._hits[key] for key in sorted(self._hits))

    @property
    def bytes(self) -> int:
        """Bytes of answers so far, as transferred."""
        return self._bytes

    @property
    def resources(self) -> int:
        """Answers so far."""
        return self._resources

    def left(self, most: float | None = None) -> float:
        """Return the seconds left, at most ``most``; 0 when the time is over."""
        left = max(0.0, self._end - time.monotonic())
        return left if most is None else min(left, most)

    def hit(self, bound: str, where: str = "") -> None:
        """Note that a limit was reached."""
        with self._lock:
            if len(self._hits) < 1000:  # noqa: PLR2004 - a page can make any number
                self._hits[bound, where] = Hit(bound, getattr(self.bounds, bound), where)

    def begin(self, where: str) -> bool:
        """Count an answer; return whether it may be taken."""
        with self._lock:
            self._resources += 1
            allowed = self._resources <= self.bounds.resources
        if not allowed:
            self.hit("resources")
        elif not self.left():
            self.hit("seconds", where)
            allowed = False
        return allowed

    def add(self, count: int, so_far: int, where: str) -> bool:
        """Count ``count`` bytes of an answer that has ``so_far``; return whether more may come."""
        with self._lock:
            self._bytes += count
            total = self._bytes
        if so_far > self.bounds.resource_bytes:
            self.hit("resource_bytes", where)
        elif total > self.bounds.total_bytes:
            self.hit("total_bytes")
        elif not self.left():
            self.hit("seconds", where)
        else:
            return True
        return False
