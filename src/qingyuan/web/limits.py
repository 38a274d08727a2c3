"""How often somebody may try something: counted by windows, in the state that every server process shares."""

from __future__ import annotations

import hashlib
import threading
import time

import sqlalchemy as sa

from qingyuan.web.state import ATTEMPT, State

#: Largest lot, and the part of a limit that one may be, so that several processes share it fairly.
_LOT, _PARTS = 500, 100
_NAMES = 10_000


class Tries:
    """Counts of attempts by name; names are hashed, and forgotten with their window.

    Args:
        state: Where they are kept.
    """

    def __init__(self, state: State) -> None:
        """Use ``state``."""
        self._state = state

    def take(self, name: str, most: int, seconds: int) -> int:
        """Count one attempt; return 0 when it is allowed, else the seconds to wait.

        Args:
            name: Who tries what.
            most: Attempts in a window.
            seconds: Length of the window.
        """
        granted, left = self.take_lot(name, 1, most, seconds)
        return 0 if granted else left

    def exhausted(self, name: str, most: int) -> int:
        """Return 0 when another attempt would be allowed, else the seconds to wait; nothing is counted.

        Args:
            name: Who tries what.
            most: Attempts in a window.
        """
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        now = int(time.time())
        with self._state.read() as connection:
            until = connection.scalar(
                sa.select(ATTEMPT.c.until).where(
                    ATTEMPT.c.name == key, ATTEMPT.c.until > now, ATTEMPT.c.count >= most
                )
            )
        return 0 if until is None else int(until - now)

    def take_lot(self, name: str, lot: int, most: int, seconds: int) -> tuple[int, int]:
        """Count several attempts at once; return how many of them are allowed, and the seconds to the end of the window.

        Args:
            name: Who tries what.
            lot: How many.
            most: Attempts in a window.
            seconds: Length of the window.
        """
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        now = int(time.time())
        with self._state.write() as connection:
            connection.execute(sa.delete(ATTEMPT).where(ATTEMPT.c.until <= now))
            row = connection.execute(
                sa.select(ATTEMPT.c.until, ATTEMPT.c.count.label("tried")).where(ATTEMPT.c.name == key)
            ).first()
            if row is None:
                connection.execute(sa.insert(ATTEMPT).values(name=key, until=now + seconds, count=lot))
                return min(lot, most), seconds
            connection.execute(sa.update(ATTEMPT).where(ATTEMPT.c.name == key).values(count=row.tried + lot))
        return max(0, min(lot, most - row.tried)), int(row.until - now)


class _Lot:
    """What is left to one name of the lot it took last, and until when."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.left = 0
        self.until = 0.0


class Allowance:
    """How often programs may ask, over every server process, with one write for many requests.

    A process takes requests from the shared count in lots and uses them up by itself, so that a limit costs a busy program next to nothing.
    Nobody waits for the lot of another.

    Args:
        tries: The shared count.
        most: Requests of one name in a window.
        seconds: Length of the window.
    """

    def __init__(self, tries: Tries, most: int, seconds: int = 60) -> None:
        """Use ``tries``."""
        self._tries = tries
        self._most = most
        self._seconds = seconds
        self._lot = max(1, min(_LOT, most // _PARTS))
        self._lots: dict[str, _Lot] = {}
        self._turn = threading.Lock()

    def take(self, name: str) -> int:
        """Count one request; return 0 when it is allowed, else the seconds to wait.

        Args:
            name: Who asks.
        """
        with self._turn:
            if len(self._lots) >= _NAMES:
                self._lots.clear()
            lot = self._lots.setdefault(name, _Lot())
        with lot.turn:
            now = time.monotonic()
            if lot.until <= now:
                lot.left = 0
            if not lot.left:
                lot.left, seconds = self._tries.take_lot(name, self._lot, self._most, self._seconds)
                lot.until = now + seconds
                if not lot.left:
                    return max(1, seconds)
            lot.left -= 1
        return 0
