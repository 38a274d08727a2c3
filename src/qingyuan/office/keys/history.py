"""What the log says about keys: which follows which, and for which entries each counts.

A key counts from the entry that announced it (``office.key_added``, ``office.key_rotated``; a key the home began
with, from the first) up to the entry that replaced it or the tree size that its revocation names. A
signature is judged at an index (``docs/evidence-format.md`` section 9): a checkpoint at its size − 1. The head
that takes in a rotation of the log's key is signed by the new key, so the new one counts from that very
entry, and the old one up to it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import PublicKey
from qingyuan.shapes import from_json
from qingyuan.store.schema import EVENT
from qingyuan.store.typed import bare

ADDED = "office.key_added"
ROTATED = "office.key_rotated"
REVOKED = "office.key_revoked"
TWIN_BEGUN = "office.twin_begun"


class Validity(msgspec.Struct, frozen=True):
    """For which entries the signatures of a key count.

    Attributes:
        valid_from: First index.
        revoked_at: First index for which they count no more, or ``None``.
    """

    valid_from: int = 0
    revoked_at: int | None = None


class History(msgspec.Struct):
    """What became of the keys of a home, by identifier.

    Attributes:
        announced: Index of the event that announced a key.
        followed: The key that replaced it.
        ended: First index for which its signatures count no more.
        revoked: Keys that were revoked, with the tree size that is still trusted.
        revoked_in: Index of the event that said so.
        size: One more than the index of the newest event about keys.
    """

    announced: dict[str, int] = msgspec.field(default_factory=dict)
    followed: dict[str, str] = msgspec.field(default_factory=dict)
    ended: dict[str, int] = msgspec.field(default_factory=dict)
    revoked: dict[str, int] = msgspec.field(default_factory=dict)
    revoked_in: dict[str, int] = msgspec.field(default_factory=dict)
    size: int = 0

    def validity(self, key: str) -> Validity:
        """Return for which entries a key counts."""
        return Validity(self.announced.get(key, 0), self.ended.get(key))

    def chain(self, first: str) -> Iterator[str]:
        """Yield a key and those that followed it, the current one last."""
        seen: set[str] = set()
        at: str | None = first
        while at is not None and at not in seen:  # rows that were altered could go round in a circle
            yield at
            seen.add(at)
            at = self.followed.get(at)

    def _end(self, key: str, at: int) -> None:
        self.ended[key] = min(at, self.ended.get(key, at))


class _Payload(msgspec.Struct):
    key: str = ""
    old: str = ""
    new: str = ""
    last_trusted_size: int = 0


def read_history(connection: sa.Connection) -> History:
    """Fold the events about keys that are in the journal."""
    history = History()
    rows = connection.execute(
        sa.select(*bare((EVENT.c.idx, EVENT.c.type, EVENT.c.payload)))
        .where(EVENT.c.type.in_((ADDED, ROTATED, REVOKED, TWIN_BEGUN)))
        .order_by(EVENT.c.idx)
    )
    for index, kind, data in map(tuple, rows):
        # A row that was altered must not keep the home from opening: fsck names it.
        if not isinstance(index, int) or not isinstance(data, bytes):
            continue
        history.size = index + 1
        try:
            payload = from_json(data, _Payload)
        except msgspec.MsgspecError:
            continue
        if kind == ADDED:
            history.announced.setdefault(payload.key, index)
        elif kind == ROTATED:
            history.announced[payload.new] = index
            history.followed[payload.old] = payload.new
            history._end(payload.old, index)  # noqa: SLF001 - its own module
        elif kind == REVOKED:
            if payload.last_trusted_size < history.revoked.get(payload.key, index + 2):
                history.revoked[payload.key] = payload.last_trusted_size
                history.revoked_in[payload.key] = index
            history._end(payload.key, payload.last_trusted_size)  # noqa: SLF001 - its own module
    return history


def first_key(
    keys: tuple[PublicKey, ...], made_later: set[str], *, role: str, actor: str = "", name: str = ""
) -> PublicKey | None:
    """Return the first key that a holder had in a role.

    Args:
        keys: Public keys of the keyring.
        made_later: Identifiers of those made to follow another one.
        role: Role of the key.
        actor: Whose it is.
        name: Name it signs under.
    """
    for key in keys:
        if (key.role, key.actor, key.name) == (role, actor, name) and key.id not in made_later:
            return key
    return None
