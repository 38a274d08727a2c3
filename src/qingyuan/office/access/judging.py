"""Whether a person may do something with something, as it is asked by its names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from qingyuan.office.access.work import docket_of, own_body
from qingyuan.parties import Access, Decision, Item, Matter, Record, Resource, Sent, actions

if TYPE_CHECKING:
    import sqlalchemy as sa

    from qingyuan.office.home import Home


class Question(NamedTuple):
    """What is asked.

    Attributes:
        person: Who.
        action: Identifier in ``actions.yaml``.
        what: A lead, matter or case, of an action on dockets, records or items; a body of an action on bodies, this office when
            blank.
        record: A record of personal information in the docket; ``""`` for none, the docket then stands for one where the action
            is about records.
        item: Something that the docket sent; ``""`` for none.
        minor: Whether the record is, or may be, of a person under 18.
        reason: Why, for what needs a reason.
    """

    person: str
    action: str
    what: str = ""
    record: str = ""
    item: str = ""
    minor: bool = False
    reason: str = ""


def judge(home: Home, connection: sa.Connection, access: Access, asked: Question, *, on: date) -> Decision:
    """Ask the policies.

    Args:
        home: The office.
        connection: To read the journal.
        access: What decides.
        asked: The question.
        on: The day.

    Raises:
        OfficeError: There is no such lead, matter or case.
        PartiesError: There is no such action or body, or the action is not for such a resource.
    """
    known = actions().get(asked.action)
    resource: Resource
    if known is not None and known.resource == "Body":
        resource = access.registry.body(asked.what or own_body(home).id)
    else:
        resource = _resource(
            docket_of(home, connection, asked.what, access.registry), asked, known.resource if known else ""
        )
    return access.authorize(asked.person, asked.action, resource, on=on, context={"reason": asked.reason})


def _resource(matter: Matter, asked: Question, wanted: str) -> Resource:
    if asked.record or wanted == "Record":
        return Record(asked.record or matter.id, matter, asked.minor)
    if asked.item:
        return Sent(matter.items.get(asked.item, Item(asked.item, matter.id)), matter)
    return matter
