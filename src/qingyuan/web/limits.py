"""How often somebody may try something: counted by windows, in the state that every server process shares."""

from __future__ import annotations

import hashlib
import time

import sqlalchemy as sa

from qingyuan.web.state import ATTEMPT, State


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
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        now = int(time.time())
        with self._state.write() as connection:
            connection.execute(sa.delete(ATTEMPT).where(ATTEMPT.c.until <= now))
            row = connection.execute(
                sa.select(ATTEMPT.c.until, ATTEMPT.c.count.label("tried")).where(ATTEMPT.c.name == key)
            ).first()
            if row is None:
                connection.execute(sa.insert(ATTEMPT).values(name=key, until=now + seconds, count=1))
                return 0 if most > 0 else seconds
            connection.execute(sa.update(ATTEMPT).where(ATTEMPT.c.name == key).values(count=row.tried + 1))
        return 0 if row.tried < most else int(row.until - now)
