"""The keys of a home for people: what each is for, for which entries it counts, and whether the log bears it out."""

from __future__ import annotations

from typing import Literal

import msgspec

from qingyuan.evidence.roles import check_rotation
from qingyuan.office.home import Home
from qingyuan.office.keys.history import REVOKED, ROTATED, History, read_history
from qingyuan.store import events

State = Literal["current", "waiting", "replaced", "revoked"]


class KeyRow(msgspec.Struct, frozen=True):
    """A signing key.

    Attributes:
        id: Its identifier.
        role: What it is for.
        actor: Whose it is; empty for a log or package key.
        algorithm: ``"ed25519"`` or ``"sm2"``.
        state: Whether it counts now, waits for a rotation that was cut off, was replaced, or was revoked.
        valid_from: First index its signatures count for.
        revoked_at: First index they count no more for, or ``None``.
        here: Whether its secret half is in the keyring.
    """

    id: str
    role: str
    actor: str
    algorithm: str
    state: State
    valid_from: int
    revoked_at: int | None
    here: bool


class KeyList(msgspec.Struct, frozen=True):
    """What a home holds of keys.

    Attributes:
        keys: Signing keys.
        scopes: Leads and matters that have a sealing key.
        destroyed: Those whose key was destroyed, with the identifier that it had.
        problems: Rotations in the log whose signatures or members do not hold, by index.
    """

    keys: tuple[KeyRow, ...]
    scopes: tuple[str, ...]
    destroyed: dict[str, str]
    problems: tuple[str, ...]


def list_keys(home: Home) -> KeyList:
    """Return the keys of a home, with every rotation in the log checked again."""
    ring = home.keyring
    history = home.history()
    waiting = set(ring.successors().values())
    rows: list[KeyRow] = []
    for key in ring.public_keys():
        validity = history.validity(key.id)
        rows.append(
            KeyRow(
                id=key.id,
                role=key.role,
                actor=key.actor,
                algorithm=key.algorithm,
                state=_state(key.id, history, waiting),
                valid_from=validity.valid_from,
                revoked_at=validity.revoked_at,
                here=ring.can_sign(key.id),
            )
        )
    return KeyList(tuple(rows), ring.scopes(), ring.destroyed_scopes(), tuple(_problems(home)))


def _state(key: str, history: History, waiting: set[str]) -> State:
    if key in history.revoked:
        return "revoked"
    if key in history.followed:
        return "replaced"
    return "waiting" if key in waiting and key not in history.announced else "current"


def _problems(home: Home) -> list[str]:
    ring = home.keyring
    known = {key.id: key for key in ring.public_keys()}
    found: list[str] = []
    revoked: set[str] = set()
    with home.database.read() as connection:
        if not read_history(connection).size:
            return found
        for event in events(connection, ["office"]):
            if event.type == REVOKED:
                revoked.add(str(event.payload.get("key")))
            elif event.type == ROTATED:
                old = known.get(str(event.payload.get("old")))
                wrong = (
                    ["old"] if old is None else check_rotation(event.payload, old, revoked=old.id in revoked)
                )
                found += [f"{event.index}: {name}" for name in wrong]
    return found
