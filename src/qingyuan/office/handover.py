"""What happens to sealed exhibits later: verified again, handed over, examined by the parties; each is logged."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from qingyuan.evidence import (
    Digests,
    EvidenceError,
    Hasher,
    Manifest,
    Position,
    examined,
    handed_over,
    verified,
)
from qingyuan.evidence.digests import BLOCK
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.progress import Counter
from qingyuan.office.sealing import open_exhibit
from qingyuan.shapes import from_json
from qingyuan.store import EventDraft, StoredEvent
from qingyuan.store.registry import ExhibitRow, exhibit


def find_exhibit(connection: sa.Connection, identifier: str) -> ExhibitRow:
    """Return an exhibit.

    Raises:
        OfficeError: There is no such exhibit.
    """
    row = exhibit(connection, identifier)
    if row is None:
        raise OfficeError(
            "office.no-such-exhibit",
            zh=f"没有编号为 {identifier} 的证据材料",
            en=f"there is no exhibit {identifier}",
            where=identifier,
            remedy_zh="用 qingyuan exhibit list 查看",
            remedy_en="see qingyuan exhibit list",
        )
    return row


def verify_exhibits(
    home: Home, rows: Sequence[ExhibitRow], *, actor: str, counter: Counter | None = None
) -> list[str]:
    """Read exhibits again from their sealed files and log what was found (验证).

    Args:
        home: The office.
        rows: The exhibits.
        actor: Who verifies.
        counter: Told how far it is.

    Returns:
        Identifiers of those whose content is not what was sealed; that is logged too.
    """
    if counter is not None:
        counter.begin("check", [row.size for row in rows])
    drafts = [_check(home, row, counter) for row in rows]
    home.append(drafts, actor=actor)
    return [row.id for row, draft in zip(rows, drafts, strict=True) if draft.payload["ok"] is not True]


def verify_exhibit(home: Home, identifier: str, *, actor: str) -> StoredEvent:
    """Read one exhibit again and log the result; return the event, whose ``ok`` says it.

    Raises:
        OfficeError: There is no such exhibit, or its key was destroyed.
    """
    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    _refuse_destroyed(home, [row])
    return home.append([_check(home, row)], actor=actor)[0]


def hand_over(
    home: Home,
    identifiers: Sequence[str],
    *,
    to: str,
    received_by: str,
    reason: str,
    medium: str,
    actor: str,
) -> list[StoredEvent]:
    """Log that material passes into the custody of another organ or person (移送).

    The exhibits may be of one or more leads and matters; each of those gets its event.

    Args:
        home: The office.
        identifiers: The exhibits.
        to: The organ or person that takes them.
        received_by: Who signed for them; may be empty, which is then a gap.
        reason: Why.
        medium: On what, and how it is sealed.
        actor: Who hands them over.

    Raises:
        OfficeError: There is no such exhibit, or its key was destroyed.
        CustodyError: None is named, one twice, or not to whom.
    """
    handed_over(identifiers, to=to, received_by=received_by, reason=reason, medium=medium)
    with home.database.write() as connection:
        rows = [find_exhibit(connection, identifier) for identifier in identifiers]
        _refuse_destroyed(home, rows)
        drafts = []
        for scope in dict.fromkeys(row.scope for row in rows):
            own = [row.id for row in rows if row.scope == scope]
            payload = handed_over(own, to=to, received_by=received_by, reason=reason, medium=medium)
            drafts.append(EventDraft(scope, "evidence.handed_over", dict(payload)))
        return home.record(connection, drafts, actor=actor)


def examine(
    home: Home,
    identifier: str,
    *,
    party: str,
    position: Position,
    grounds: str,
    occasion: str,
    actor: str,
) -> StoredEvent:
    """Log what a party said of an exhibit (质证).

    Args:
        home: The office.
        identifier: The exhibit.
        party: Who said it.
        position: ``accepted``, ``disputed`` or ``accepted-in-part``.
        grounds: Why.
        occasion: When and where it was said.
        actor: Who records it.

    Raises:
        OfficeError: There is no such exhibit.
        CustodyError: The party is not named, or a dispute has no grounds.
    """
    payload = examined(identifier, party=party, position=position, grounds=grounds, occasion=occasion)
    with home.database.write() as connection:
        row = find_exhibit(connection, identifier)
        draft = EventDraft(row.scope, "evidence.examined", dict(payload))
        return home.record(connection, [draft], actor=actor)[0]


def _check(home: Home, row: ExhibitRow, counter: Counter | None = None) -> EventDraft:
    """Return the event that says whether an exhibit is still what was sealed."""
    manifest = from_json(row.manifest, Manifest)
    found, whole = _read_again(home, row, counter)
    payload = dict[str, object](verified(manifest, found))
    payload["ok"] = payload["ok"] is True and whole
    return EventDraft(row.scope, "evidence.verified", payload)


def _read_again(home: Home, row: ExhibitRow, counter: Counter | None) -> tuple[Digests, bool]:
    """Return the digests of as much of an exhibit as opens, and whether all of it did."""
    with Hasher() as hasher:
        if counter is not None:
            counter.next()
        try:
            with open_exhibit(home, row) as content:
                while block := content.read(BLOCK):
                    hasher.update(block)
                    if counter is not None:
                        counter.add(len(block))
        except EvidenceError:  # its details are for fsck; the event says that the check failed
            return hasher.digests(), False
        return hasher.digests(), True


def _refuse_destroyed(home: Home, rows: Sequence[ExhibitRow]) -> None:
    gone = home.keyring.destroyed_scopes()
    for row in rows:
        if row.scope in gone:
            raise OfficeError(
                "office.exhibit-destroyed",
                zh="该材料的封存密钥已销毁，内容不可恢复",
                en="the sealing key of this exhibit was destroyed; its content cannot be recovered",
                where=row.id,
                remedy_zh="销毁记录见 qingyuan exhibit custody",
                remedy_en="see qingyuan exhibit custody for the record of its destruction",
            )
