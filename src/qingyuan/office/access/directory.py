"""Looking bodies and people up in the register: search, what is below, what was recorded about one, where it takes part."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec
import sqlalchemy as sa

from qingyuan.parties import OFFICE, Body, Post, Registry, kinds, roles
from qingyuan.store.schema import EVENT
from qingyuan.store.standing import dockets_of

State = Literal["", "there", "ended"]

#: The register begins with what the law data brings; these levels come first in a list.
_LEVELS = ("nation", "province", "prefecture", "county")


class Recorded(msgspec.Struct, frozen=True):
    """An event of the register.

    Attributes:
        index: Place in the log.
        at: When it was written, RFC 3339.
        actor: Who acted.
        type: Event type, ``party.…``.
        payload: JSON builtins.
    """

    index: int
    at: str
    actor: str
    type: str
    payload: dict[str, object]


def find(
    registry: Registry,
    *,
    words: str = "",
    kind: str = "",
    under: str = "",
    state: State = "",
    on: date,
) -> list[Body]:
    """Return the bodies that fit, in the order of level, division and identifier.

    Args:
        registry: The register.
        words: Every word has to stand in identifier, name or division.
        kind: Of this kind only; ``""`` for all.
        under: This body and all below it only; ``""`` for all.
        state: ``"there"`` for those that exist on the day, ``"ended"`` for those that do not any more, ``""`` for both.
        on: The day.
    """
    wanted = words.casefold().split()
    within = registry.subtree(under) if under else None
    found = [
        body
        for body in registry.bodies.values()
        if (not kind or body.kind == kind)
        and (within is None or body.id in within)
        and (not state or (state == "ended") == _ended(body, on))
        and all(word in f"{body.id} {body.name} {body.name_en} {body.division}".casefold() for word in wanted)
    ]
    return sorted(found, key=_order)


def below(registry: Registry, body: str) -> list[Body]:
    """Return what belongs directly under a body, in the order of :func:`find`."""
    return sorted((registry.bodies[each] for each in registry.below(body)), key=_order)


def held(
    registry: Registry, *, words: str = "", body: str = "", role: str = "", on: date | None = None
) -> list[Post]:
    """Return the posts that fit, the newest first.

    Args:
        registry: The register.
        words: Every word has to stand in the identifier of the person, or in identifier or name of the body.
        body: In this body only; ``""`` for all.
        role: In this role only; ``""`` for all.
        on: Held on this day only; ``None`` for every post there ever was.
    """
    wanted = words.casefold().split()

    def said(post: Post) -> str:
        known = registry.bodies.get(post.body)
        return f"{post.person} {post.body} {'' if known is None else known.name}".casefold()

    found = [
        post
        for post in registry.posts
        if (not body or post.body == body)
        and (not role or post.role == role)
        and (on is None or post.held(on))
        and all(word in said(post) for word in wanted)
    ]
    return sorted(found, key=lambda post: (post.since, post.person), reverse=True)


def recorded(connection: sa.Connection, *, body: str = "", person: str = "") -> list[Recorded]:
    """Return what was recorded about a body or a person, in the order of the log."""
    rows = connection.execute(
        sa.select(EVENT.c.idx, EVENT.c.at, EVENT.c.actor, EVENT.c.type, EVENT.c.payload)
        .where(EVENT.c.stream == OFFICE, EVENT.c.type.startswith("party."))
        .order_by(EVENT.c.idx)
    )
    found = (
        Recorded(idx, at, actor, type_, msgspec.json.decode(said)) for idx, at, actor, type_, said in rows
    )
    return [
        one
        for one in found
        if (body and _named(one) == body) or (person and one.payload.get("person") == person)
    ]


def takes_part(connection: sa.Connection, body: str) -> dict[str, tuple[str, ...]]:
    """Return the dockets that a body has a part in by what was recorded, and how.

    Args:
        connection: To read the journal.
        body: Its identifier.

    Returns:
        Identifiers of records to ``"entrusted"`` (designated, handed the case, took it up, inquires) and ``"sent"`` (something
        was sent to it).
    """
    found: dict[str, list[str]] = {
        docket: ["entrusted"] for docket in dockets_of(connection, "entrusted", body)
    }
    rows = connection.execute(
        sa.select(EVENT.c.stream, EVENT.c.payload).where(EVENT.c.type == "access.sent").order_by(EVENT.c.idx)
    )
    for stream, payload in rows:
        if body in msgspec.json.decode(payload).get("bodies", ()) and "sent" not in found.setdefault(
            stream, []
        ):
            found[stream].append("sent")
    return {docket: tuple(how) for docket, how in sorted(found.items())}


def new_identifier(registry: Registry, kind: str, division: str = "") -> str:
    """Return an identifier that is not taken: kind, division when there is one, and a number when that is taken."""
    stem = f"{kind}-{division}" if division else f"{kind}-1"
    if stem not in registry.bodies:
        return stem
    stem = stem if division else kind
    pattern = re.compile(rf"{re.escape(stem)}-(\d{{1,9}})\Z")
    numbers = [int(match[1]) for name in registry.bodies if (match := pattern.match(name))]
    return f"{stem}-{max(numbers, default=1) + 1}"


def roles_for(kind: str) -> list[str]:
    """Return the roles that somebody can hold in a body of a kind, in the order of the list."""
    return [one.id for one in roles().values() if kind in one.kinds]


def counted(registry: Registry) -> dict[str, int]:
    """Return how many bodies of each kind there are, in the order of the list of kinds."""
    found = dict.fromkeys(kinds(), 0)
    for body in registry.bodies.values():
        found[body.kind] += 1
    return found


def _ended(body: Body, on: date) -> bool:
    return body.until is not None and body.until < on


def _order(body: Body) -> tuple[int, str, str]:
    level = _LEVELS.index(body.level.value) if body.level else len(_LEVELS)
    return level, body.division or "~", body.id


def _named(one: Recorded) -> str:
    said = one.payload.get("body")
    return str(said.get("id")) if isinstance(said, dict) else str(said)
