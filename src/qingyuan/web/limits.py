"""How often somebody may try something: counted in memory, by windows."""

from __future__ import annotations

import hashlib
import threading
import time

_MOST = 100_000


class Tries:
    """Counts of attempts by name; names are hashed, and forgotten with their window."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._lock = threading.Lock()
        self._counts: dict[bytes, tuple[float, int]] = {}

    def take(self, name: str, most: int, seconds: int) -> int:
        """Count one attempt; return 0 when it is allowed, else the seconds to wait.

        Args:
            name: Who tries what.
            most: Attempts in a window.
            seconds: Length of the window.
        """
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        now = time.monotonic()
        with self._lock:
            if len(self._counts) > _MOST:
                self._counts = {k: v for k, v in self._counts.items() if v[0] > now}
            until, count = self._counts.get(key, (now + seconds, 0))
            if until <= now:
                until, count = now + seconds, 0
            self._counts[key] = until, count + 1
            return 0 if count < most else int(until - now) + 1
