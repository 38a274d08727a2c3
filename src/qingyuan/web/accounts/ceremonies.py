"""Things of two halves: what the second half needs, kept until it comes, once, and only for who began.

A challenge of a passkey is bound to the browser or the session that asked for it, a sign-in at a provider to its ``state``,
a new password to the code that the administrator hands over. Of what it is bound to only the hash is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa

from qingyuan.shapes import from_json
from qingyuan.web.state import CEREMONY, State

Purpose = Literal["passkey-add", "passkey-use", "provider", "password"]


class Ceremonies:
    """What was begun and not finished.

    Args:
        state: Where it is kept.
        now: Seconds since the epoch.
    """

    def __init__(self, state: State, now: Callable[[], int]) -> None:
        """Use ``state``."""
        self._state = state
        self._now = now

    def begin(self, purpose: Purpose, bound: str, data: Mapping[str, str], seconds: int) -> None:
        """Keep ``data`` for the second half; an earlier beginning of the same is void."""
        now = self._now()
        values = {"bound": _hash(bound), "purpose": purpose}
        with self._state.write() as connection:
            connection.execute(
                sa.delete(CEREMONY).where(
                    sa.or_(
                        CEREMONY.c.expires <= now,
                        sa.and_(CEREMONY.c.bound == values["bound"], CEREMONY.c.purpose == purpose),
                    )
                )
            )
            connection.execute(
                sa.insert(CEREMONY).values(**values, data=msgspec.json.encode(data), expires=now + seconds)
            )

    def take(self, purpose: Purpose, bound: str) -> dict[str, str] | None:
        """Return what was kept, once; ``None`` when there is none, it was taken, or too much time went by."""
        chosen = sa.and_(CEREMONY.c.bound == _hash(bound), CEREMONY.c.purpose == purpose)
        with self._state.write() as connection:
            row = connection.execute(sa.select(CEREMONY).where(chosen)).first()
            connection.execute(sa.delete(CEREMONY).where(chosen))
        if row is None or row.expires <= self._now():
            return None
        return from_json(row.data, dict[str, str])


def _hash(bound: str) -> bytes:
    return hashlib.sha256(bound.encode("utf-8", "surrogatepass")).digest()
