"""Bearer tokens of programs: shown once, stored hashed, with scopes and an end."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import msgspec
import sqlalchemy as sa

from qingyuan.web.access import Permission
from qingyuan.web.accounts.people import Account, People
from qingyuan.web.errors import bad_request
from qingyuan.web.state import TOKEN, State

#: Scope of a token → the permission its owner must have too.
SCOPES: Mapping[str, Permission] = MappingProxyType(
    {"read": "case.list", "act": "case.act", "take": "material.take", "hooks": "office.manage"}
)
#: A token with its account, in one statement: every request asks.
_OPEN = (
    "SELECT expires, scopes, account.person, name, display, disabled FROM token "
    "JOIN account ON account.person = token.person WHERE token.token = ?"
)
_DAY = 86_400
_MAX_DAYS = 366


class Token(msgspec.Struct, frozen=True):
    """A token as listed.

    Attributes:
        id: Names it in the list; opens nothing.
        label: What it is for.
        scopes: See :data:`SCOPES`.
        created: Seconds since the epoch.
        expires: Seconds since the epoch.
    """

    id: str
    label: str
    scopes: tuple[str, ...]
    created: int
    expires: int


class Tokens:
    """The tokens of a home.

    Args:
        state: Where they are kept.
        people: The accounts.
        now: Seconds since the epoch.
    """

    def __init__(self, state: State, people: People, now: Callable[[], int]) -> None:
        """Use ``state``."""
        self._state = state
        self._people = people
        self._now = now

    def make(self, person: str, label: str, scopes: Sequence[str], days: int) -> str:
        """Return a new token; it is never shown again.

        Raises:
            WebError: No scope, an unknown one, or a time that is too long.
        """
        if not scopes or set(scopes) - set(SCOPES) or not 1 <= days <= _MAX_DAYS:
            raise bad_request(
                f"请选择范围，有效期 1–{_MAX_DAYS} 天",
                f"choose scopes, and 1–{_MAX_DAYS} days",
                code="web.bad-token",
            )
        token = f"qy_{secrets.token_urlsafe(32)}"
        with self._state.write() as connection:
            connection.execute(
                sa.insert(TOKEN).values(
                    id=secrets.token_hex(8),
                    token=_hash(token),
                    person=person,
                    label=label.strip()[:80],
                    scopes=json.dumps(sorted(scopes)),
                    created=self._now(),
                    expires=self._now() + days * _DAY,
                )
            )
        return token

    def of(self, person: str) -> list[Token]:
        """Return the tokens of a person."""
        with self._state.read() as connection:
            rows = connection.execute(
                sa.select(TOKEN).where(TOKEN.c.person == person).order_by(TOKEN.c.created)
            )
            return [Token(r.id, r.label, tuple(json.loads(r.scopes)), r.created, r.expires) for r in rows]

    def drop(self, person: str, identifier: str) -> None:
        """Withdraw a token of a person; another's is left alone."""
        with self._state.write() as connection:
            connection.execute(sa.delete(TOKEN).where(TOKEN.c.person == person, TOKEN.c.id == identifier))

    def open(self, token: str) -> tuple[Account, frozenset[str]] | None:
        """Return whose token it is and its scopes, or ``None``."""
        rows = cast("list[tuple[int, str, str, str, str, int]]", self._state.glance(_OPEN, _hash(token)))
        if not rows:
            return None
        expires, scopes, *whose = rows[0]
        if expires < self._now() or (account := self._people.named(*whose)) is None:
            return None
        return account, frozenset(json.loads(scopes))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
