"""Offices, organs, courts, firms and the people who act for them; what they may ask for, and the answer.

People are identifiers: no name of a person is in this room. How they log in is no concern of it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from qingyuan.law import Citation, Level


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of a closed list: ``roles.yaml``, ``kinds.yaml``.

    Attributes:
        id: Identifier.
        zh: Name, Chinese.
        en: Name, English.
        kinds: Kinds of body a holder of a role belongs to; empty for what is no role.
    """

    id: str
    zh: str
    en: str
    kinds: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that may be asked for (``actions.yaml``).

    Attributes:
        id: Identifier, e.g. ``"read"``.
        resource: Type of what it is asked of: ``Matter``, ``Record``, ``Item`` or ``Body``.
        zh: What it is, Chinese.
        en: The same in English.
        needs: Particulars that have to be given, e.g. ``("reason",)``.
    """

    id: str
    resource: str
    zh: str
    en: str
    needs: tuple[str, ...] = ()


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """An office, organ, court, firm, association, evaluator or panel.

    Attributes:
        id: Identifier.
        kind: Identifier in ``kinds.yaml``.
        name: Official name.
        name_en: English name; may be empty.
        level: Its level, or ``None`` for what has none.
        division: Six-digit code of its division, or ``""``.
        parent: Identifier of the body it belongs under, or ``""``; a procuratorate under the next one up.
        since: First day, or ``None``.
        until: Last day, or ``None`` while it exists.
        verified: Whether someone checked it against an official list.
    """

    id: str
    kind: str
    name: str
    name_en: str = ""
    level: Level | None = None
    division: str = ""
    parent: str = ""
    since: date | None = None
    until: date | None = None
    verified: bool = False


class Post(msgspec.Struct, frozen=True):
    """A role that a person holds in a body, for a time.

    Attributes:
        person: Identifier of the person, e.g. ``"P001"``; never a name.
        body: Identifier of the body.
        role: Identifier in ``roles.yaml``.
        since: First day.
        until: Last day, or ``None`` while it is held.
    """

    person: str
    body: str
    role: str
    since: date
    until: date | None = None

    def held(self, on: date) -> bool:
        """Tell whether the post is held on the day ``on``."""
        return self.since <= on and (self.until is None or on <= self.until)


class Capacity(NamedTuple):
    """A person acting for one body.

    Attributes:
        person: Identifier of the person.
        body: Identifier of the body.
        roles: Roles held there on the day, sorted.
    """

    person: str
    body: str
    roles: tuple[str, ...]


class Item(msgspec.Struct, frozen=True):
    """Something that was sent to outsiders.

    Attributes:
        id: Identifier, unique in its docket: of a document, notice or invitation.
        matter: Identifier of the docket.
        bodies: Identifiers of the bodies it was sent to.
        people: Identifiers of the persons it was sent to.
    """

    id: str
    matter: str
    bodies: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


class Matter(msgspec.Struct, frozen=True):
    """Who stands how to a docket; the fold of its events, see :mod:`qingyuan.parties.events`.

    Attributes:
        id: Identifier of the matter, or of a lead before there is a matter.
        office: Identifier of the procuratorate that has it.
        handlers: Persons assigned.
        approvers: Persons named approvers.
        recused: Persons recused.
        entrusted: Procuratorates designated, handed the case or entrusted.
        items: What was sent out, by identifier.
        unread: Types of events about access that this version does not know; with any, nothing is permitted.
    """

    id: str
    office: str
    handlers: frozenset[str] = frozenset()
    approvers: frozenset[str] = frozenset()
    recused: frozenset[str] = frozenset()
    entrusted: frozenset[str] = frozenset()
    items: Mapping[str, Item] = {}
    unread: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """Personal information in the material of a docket, as far as access is concerned.

    Attributes:
        id: Identifier; of an exhibit, or of an exhibit and a place in it. Never a value.
        matter: Whose docket it is in.
        minor: Whether it is, or may be, of a person under 18.
    """

    id: str
    matter: Matter
    minor: bool = False


class Sent(NamedTuple):
    """An item of a docket.

    Attributes:
        item: What was sent.
        matter: The docket that sent it.
    """

    item: Item
    matter: Matter


#: What may be asked about; a :class:`Body` for the system, appointments and statistics.
Resource = Matter | Record | Sent | Body


class Ruling(msgspec.Struct, frozen=True):
    """A policy that took part in a decision.

    Attributes:
        policy: Its ``@id``, or one of :data:`SYNTHETIC`.
        effect: ``permit`` or ``forbid``.
        zh: What it says, Chinese.
        en: The same in English.
        place: File and line, e.g. ``"shields.cedar, line 3"``; empty for a synthetic policy.
        articles: The provisions it rests on.
    """

    policy: str
    effect: str
    zh: str
    en: str
    place: str = ""
    articles: tuple[Citation, ...] = ()


#: Policies that are in no file: nothing permits it; the person holds no post; a policy could not be evaluated.
SYNTHETIC = ("default-deny", "no-capacity", "not-evaluated")


class Owed(msgspec.Struct, frozen=True):
    """An event that has to be written before what was permitted is done.

    Attributes:
        stream: Stream of the docket.
        type: Event type, e.g. ``"access.unmasked"``.
        payload: JSON builtins.
    """

    stream: str
    type: str
    payload: dict[str, object]


class Decision(msgspec.Struct, frozen=True):
    """Whether somebody may do something, and by which policy.

    Attributes:
        allowed: The answer.
        person: Who asked.
        body: For which body; ``""`` when there is none.
        action: What was asked for.
        resource: Identifier of what it was asked about.
        rulings: The policies that decided; at least one.
        would: The policies that could have permitted it, when nothing did.
        zh: The reason in one line, Chinese.
        en: The same in English.
        owed: The event to be written first, when the permit demands one.
    """

    allowed: bool
    person: str
    body: str
    action: str
    resource: str
    rulings: tuple[Ruling, ...]
    would: tuple[Ruling, ...]
    zh: str
    en: str
    owed: Owed | None = None
