"""Events about parties and access, and what follows from them: the register, and who stands how to a docket.

Register events are in the stream ``office``, the others in the stream of the docket they concern. The recusal decisions of a
case (``case.acted`` with the act ``recusal-decision`` or ``recusal-review``) are read as they are: nobody enters them twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar, Protocol, TypeVar, cast

import msgspec
from msgspec.structs import replace

from qingyuan.parties.errors import PartiesError
from qingyuan.parties.model import Body, Item, Matter, Post
from qingyuan.parties.registry import Registry
from qingyuan.shapes import convert

#: The stream that holds the register.
OFFICE = "office"


class Happened(Protocol):
    """An event as the journal holds it."""

    @property
    def type(self) -> str:
        """Event type."""

    @property
    def payload(self) -> Mapping[str, object]:
        """JSON builtins."""


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the payloads; a subclass is one type of event."""

    TYPE: ClassVar[str]


class Registered(Payload, frozen=True):
    """A body was entered, or its entry corrected: the newest entry counts."""

    TYPE: ClassVar[str] = "party.registered"
    body: Body


class Ended(Payload, frozen=True):
    """A body ceased to exist; ``on`` is its last day."""

    TYPE: ClassVar[str] = "party.ended"
    body: str
    on: date


class Appointed(Payload, frozen=True):
    """A person took up a role in a body."""

    TYPE: ClassVar[str] = "party.appointed"
    person: str
    body: str
    role: str
    since: date


class Dismissed(Payload, frozen=True):
    """A person laid a role down; ``on`` is the last day."""

    TYPE: ClassVar[str] = "party.dismissed"
    person: str
    body: str
    role: str
    on: date


class Assigned(Payload, frozen=True):
    """A person was assigned to a docket, or named its approver."""

    TYPE: ClassVar[str] = "access.assigned"
    person: str
    duty: str = "handler"


class Unassigned(Payload, frozen=True):
    """An assignment ended."""

    TYPE: ClassVar[str] = "access.unassigned"
    person: str
    duty: str = "handler"


class Recused(Payload, frozen=True):
    """回避（办案规则第十九至二十二条）: a person withdrew or was ordered to withdraw, without a request by a party.

    Attributes:
        person: Who.
        on: Day of the decision.
        by: Who decided.
        ground: Why, in words that name nobody.
    """

    TYPE: ClassVar[str] = "access.recused"
    person: str
    on: date
    by: str
    ground: str


class RecusalLifted(Payload, frozen=True):
    """A recusal was taken back."""

    TYPE: ClassVar[str] = "access.recusal_lifted"
    person: str
    on: date
    by: str
    ground: str


class Entrusted(Payload, frozen=True):
    """Another office was designated (指定), handed the case (交办), took it up (提办) or was entrusted with an inquiry."""

    TYPE: ClassVar[str] = "access.entrusted"
    body: str
    how: str
    on: date


class EntrustmentEnded(Payload, frozen=True):
    """The other office has no more part in the docket."""

    TYPE: ClassVar[str] = "access.entrustment_ended"
    body: str
    on: date


class ItemSent(Payload, frozen=True):
    """Something was sent to outsiders; a second sending of the same item adds its addressees."""

    TYPE: ClassVar[str] = "access.sent"
    item: str
    bodies: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class ItemWithdrawn(Payload, frozen=True):
    """Something that was sent opens nothing any more, an invitation say; its addressees stay: they may have seen it."""

    TYPE: ClassVar[str] = "access.withdrawn"
    item: str


class Unmasked(Payload, frozen=True):
    """Values of a record were seen in clear; written before they are shown.

    Attributes:
        record: Identifier of the record, never a value.
        by: Who saw them.
        body: For which body.
        reason: Why.
        minor: Whether the record is of a minor.
    """

    TYPE: ClassVar[str] = "access.unmasked"
    record: str
    by: str
    body: str
    reason: str
    minor: bool = False


#: Every event type of this room.
TYPES: Mapping[str, type[Payload]] = {
    cls.TYPE: cls
    for cls in (
        Registered,
        Ended,
        Appointed,
        Dismissed,
        Assigned,
        Unassigned,
        Recused,
        RecusalLifted,
        Entrusted,
        EntrustmentEnded,
        ItemSent,
        ItemWithdrawn,
        Unmasked,
    )
}

P = TypeVar("P", bound=Payload)


def encode(payload: Payload) -> dict[str, object]:
    """Return the JSON builtins of a payload."""
    return cast("dict[str, object]", msgspec.json.decode(msgspec.json.encode(payload)))


def decode(event: Happened) -> Payload | None:
    """Return the payload of an event of this room; ``None`` for a type that this version does not know.

    Raises:
        PartiesError: ``parties.bad-event``: the payload does not fit its type.
    """
    shape = TYPES.get(event.type)
    if shape is None:
        return None
    try:
        return convert(event.payload, shape)
    except msgspec.ValidationError as error:
        raise PartiesError(
            "parties.bad-event",
            zh=f"事件内容与类型不符：{error}",
            en=f"the payload does not fit the type: {error}",
            where=event.type,
            remedy_zh="请核对写入该事件的程序版本",
            remedy_en="check the version of the program that wrote it",
        ) from error


def fold_registry(bodies: Iterable[Body], events: Iterable[Happened]) -> Registry:
    """Return the register: what the data brings, and what was recorded since.

    Args:
        bodies: The offices and courts of the law data, see :func:`qingyuan.parties.seed`.
        events: The events of the stream :data:`OFFICE`, in order; those of other rooms are passed over.
    """
    known = {body.id: body for body in bodies}
    posts: list[Post] = []
    unread: list[str] = []
    for event in events:
        if not event.type.startswith("party."):
            continue
        payload = decode(event)
        if isinstance(payload, Registered):
            known[payload.body.id] = payload.body
        elif isinstance(payload, Ended) and payload.body in known:
            known[payload.body] = replace(known[payload.body], until=payload.on)
        elif isinstance(payload, Appointed):
            posts.append(Post(payload.person, payload.body, payload.role, payload.since))
        elif isinstance(payload, Dismissed):
            wanted = (payload.person, payload.body, payload.role)
            posts = [
                replace(post, until=payload.on)
                if post.until is None and (post.person, post.body, post.role) == wanted
                else post
                for post in posts
            ]
        elif payload is None:
            unread.append(event.type)
    return Registry(known, tuple(posts), tuple(unread))


def fold_matter(identifier: str, office: str, events: Iterable[Happened]) -> Matter:
    """Return who stands how to a docket.

    Args:
        identifier: The matter, or the lead before there is a matter.
        office: The procuratorate that has it.
        events: All events of the docket's streams, in order; those of other rooms are passed over but recusal decisions.
    """
    state = _State(Matter(identifier, office))
    for event in events:
        if event.type == "case.acted":
            state.decided(event.payload)
        elif event.type.startswith("access."):
            state.take(event)
    return state.matter


class _State:
    """A docket while its events are read."""

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self._asked = ""

    def take(self, event: Happened) -> None:
        matter, payload = self.matter, decode(event)
        if isinstance(payload, Assigned | Unassigned):
            self._assign(payload)
        elif isinstance(payload, Recused):
            self.matter = replace(matter, recused=matter.recused | {payload.person})
        elif isinstance(payload, RecusalLifted):
            self.matter = replace(matter, recused=matter.recused - {payload.person})
        elif isinstance(payload, Entrusted):
            self.matter = replace(matter, entrusted=matter.entrusted | {payload.body})
        elif isinstance(payload, EntrustmentEnded):
            self.matter = replace(matter, entrusted=matter.entrusted - {payload.body})
        elif isinstance(payload, ItemSent):
            before = matter.items.get(payload.item, Item(payload.item, matter.id))
            sent = replace(
                before,
                bodies=before.bodies | set(payload.bodies),
                people=before.people | set(payload.people),
            )
            self.matter = replace(matter, items={**matter.items, sent.id: sent})
        elif payload is None:
            self.matter = replace(matter, unread=(*matter.unread, event.type))

    def _assign(self, payload: Assigned | Unassigned) -> None:
        name = "approvers" if payload.duty == "approver" else "handlers"
        before: frozenset[str] = getattr(self.matter, name)
        after = before | {payload.person} if isinstance(payload, Assigned) else before - {payload.person}
        self.matter = replace(self.matter, **{name: after})

    def decided(self, payload: Mapping[str, object]) -> None:
        """Take a decision on a request for recusal, or the decision of its review, from the acts of a case."""
        fields = payload.get("fields")
        if payload.get("act") not in {"recusal-decision", "recusal-review"} or not isinstance(fields, dict):
            return
        if isinstance(person := fields.get("of"), str):
            self._asked = person
        if not self._asked:
            return
        granted = fields.get("outcome") == "granted"
        recused = self.matter.recused
        self.matter = replace(
            self.matter, recused=recused | {self._asked} if granted else recused - {self._asked}
        )
