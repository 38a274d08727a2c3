"""Two people destroy a sealing key: one asks, another one who decides confirms. Nothing is destroyed before.

Every step is an event of the lead or matter: ``evidence.destruction_asked``, then ``evidence.destruction_withdrawn`` or
``evidence.destroyed`` with ``asked_by`` and ``request``. A request ends by itself after :data:`DAYS` days.
Whether somebody may ask or confirm at all, the caller has asked the policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from qingyuan.evidence.custody import Payload, destroyed
from qingyuan.office.clock import parse_time
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.destruction import DESTROYED, Destroyed, carry_out
from qingyuan.shapes import convert
from qingyuan.store import EventDraft
from qingyuan.store.registry import exhibits
from qingyuan.store.schema import EVENT
from qingyuan.store.waiting import asked, forget_asked, keep_asked

#: How long a request stands.
DAYS = 7
_ASKED = "evidence.destruction_asked"
_WITHDRAWN = "evidence.destruction_withdrawn"


class Request(msgspec.Struct, frozen=True):
    """Somebody asks that a sealing key be destroyed.

    Attributes:
        index: Index of the event.
        by: Who asks.
        at: When, RFC 3339.
        until: When it ends by itself, RFC 3339.
        basis: The rule or decision that it rests on.
        reason: Why.
        exhibits: How many exhibits the key had sealed then.
        blobs: Whether the sealed files are to be deleted too.
    """

    index: int
    by: str
    at: str
    until: str
    basis: str
    reason: str
    exhibits: int
    blobs: bool


class Standing(msgspec.Struct, frozen=True):
    """How it stands with the key of a lead or matter.

    Attributes:
        request: The request that stands; ``None`` when there is none.
        lapsed: The newest request, when it ended by itself.
        logged: Index of the event that says that the key is destroyed.
        key_left: The log says so, and the keyring still has the key: a run was cut off.
        blobs_left: The log says so, the sealed files were to go as well, and some are there.
    """

    request: Request | None = None
    lapsed: Request | None = None
    logged: int | None = None
    key_left: bool = False
    blobs_left: bool = False

    @property
    def unfinished(self) -> bool:
        """Whether a destruction was confirmed and not completed."""
        return self.key_left or self.blobs_left


def standing(home: Home, scope: str) -> Standing:
    """Return how it stands with the key of a lead or matter."""
    with home.database.read() as connection:
        request, logged, confirmed = _read(connection, scope)
        rows = exhibits(connection, [scope]) if confirmed and confirmed.blobs else []
    if logged is not None:
        return Standing(
            logged=logged,
            key_left=scope in home.keyring.scopes(),
            blobs_left=any(home.blobs.has(scope, row.sha256) for row in rows),
        )
    if request is None or _is_over(request, home.clock.now()):
        return Standing(lapsed=request)
    return Standing(request=request)


def waiting(home: Home) -> dict[str, Request]:
    """Return the requests that stand, by lead or matter."""
    with home.database.read() as connection:
        scopes = asked(connection)
    return {scope: request for scope in scopes if (request := standing(home, scope).request) is not None}


def ask(home: Home, scope: str, *, basis: str, reason: str, by: str, delete_blobs: bool = False) -> Request:
    """Ask that the key of a scope be destroyed.

    Args:
        home: The office.
        scope: Lead or matter.
        basis: The rule or decision that it rests on.
        reason: Why, without names of persons.
        by: Who asks.
        delete_blobs: Delete the sealed files too.

    Raises:
        OfficeError: ``office.no-such-scope``, ``office.destruction-incomplete`` when basis or reason is blank, or
            ``office.destruction-asked`` while another request stands.
    """
    if not basis.strip() or not reason.strip():
        raise OfficeError(
            "office.destruction-incomplete",
            zh="请写明依据和理由",
            en="give the basis and the reason",
            where=scope,
            remedy_zh="依据是规定或决定，理由说明为什么现在销毁",
            remedy_en="the basis is a rule or decision, the reason says why now",
        )
    now = home.clock.now()
    until = (now + timedelta(days=DAYS)).isoformat(timespec="seconds")
    with home.database.write() as connection:
        request, logged, _ = _read(connection, scope)
        if logged is not None or scope not in home.keyring.scopes():
            raise _nothing(scope)
        if request is not None and not _is_over(request, now):
            raise OfficeError(
                "office.destruction-asked",
                zh=f"{request.by} 已提出销毁，尚待另一人决定",
                en=f"{request.by} asked for it already; another person has yet to decide",
                where=scope,
                remedy_zh="先撤回该申请，再另行提出",
                remedy_en="withdraw that request first",
            )
        payload: dict[str, object] = {
            "scope": scope,
            "key": home.keyring.scope_key(scope).id,
            "basis": basis,
            "reason": reason,
            "exhibits": len(exhibits(connection, [scope])),
            "blobs": delete_blobs,
            "until": until,
        }
        event = home.record(connection, [EventDraft(scope, _ASKED, payload)], actor=by)[0]
        keep_asked(connection, scope, event.index)
    return _request(event.index, event.at, by, payload)


def withdraw(home: Home, scope: str, *, request: int, by: str) -> None:
    """Take a request back; whoever confirms later is refused.

    Args:
        home: The office.
        scope: Lead or matter.
        request: Index of the request that was looked at.
        by: Who takes it back.

    Raises:
        OfficeError: ``office.no-destruction-asked`` when it does not stand any more.
    """
    with home.database.write() as connection:
        _demand(connection, scope, request, home.clock.now())
        home.record(
            connection, [EventDraft(scope, _WITHDRAWN, {"scope": scope, "request": request})], actor=by
        )
        forget_asked(connection, scope)


def confirm(home: Home, scope: str, *, request: int, seen: int, by: str) -> Destroyed:
    """Destroy the key that another person asked to be destroyed.

    Args:
        home: The office.
        scope: Lead or matter.
        request: Index of the request that was looked at.
        seen: How many exhibits whoever confirms was shown.
        by: Who confirms.

    Raises:
        OfficeError: ``office.no-destruction-asked``, ``office.same-person``, ``office.destruction-changed`` when material
            came since, ``office.no-such-scope`` or ``office.busy``; nothing was destroyed by this.
    """
    asked = False

    def judged(connection: sa.Connection, key: str, names: Sequence[str]) -> Payload:
        nonlocal asked
        asked = True
        found = _demand(connection, scope, request, home.clock.now())
        if found.by == by:
            raise OfficeError(
                "office.same-person",
                zh="两人规则：提出销毁的人不得自己批准，须由另一位有决定权的人批准",
                en="two-person rule: who asked for the destruction cannot confirm it; another person who decides must",
                where=scope,
                remedy_zh="请另一位有决定权的人登录后办理",
                remedy_en="let another person who decides sign in and do it",
            )
        if len(names) != seen:
            raise OfficeError(
                "office.destruction-changed",
                zh=f"您看到的是 {seen} 件封存材料，现在是 {len(names)} 件；没有销毁",
                en=f"you were shown {seen} sealed exhibits and there are {len(names)} now; nothing was destroyed",
                where=scope,
                remedy_zh="核对后再确认",
                remedy_en="look again, then confirm",
            )
        forget_asked(connection, scope)
        return destroyed(
            scope,
            key=key,
            exhibits=names,
            basis=found.basis,
            approved_by=by,
            asked_by=found.by,
            request=request,
        )

    with home.database.read() as connection:
        found, confirmed = _read(connection, scope)[::2]
    made = carry_out(
        home, scope, judged, by=by, delete_blobs=any(one.blobs for one in (found, confirmed) if one)
    )
    if not asked:  # somebody else confirmed it meanwhile; what they left undone is done now
        raise _stands_no_more(scope)
    return made


def complete(home: Home, scope: str, *, by: str) -> Destroyed:
    """Do what is left of a destruction that the log has and that was cut off.

    Args:
        home: The office.
        scope: Lead or matter.
        by: Who does it.

    Raises:
        OfficeError: ``office.no-destruction-asked`` when the log has none, ``office.no-such-scope`` or ``office.busy``.
    """

    def judged(_: sa.Connection, __: str, ___: Sequence[str]) -> Payload:
        raise _stands_no_more(scope)

    with home.database.read() as connection:
        confirmed = _read(connection, scope)[2]
    return carry_out(home, scope, judged, by=by, delete_blobs=confirmed is not None and confirmed.blobs)


def _read(connection: sa.Connection, scope: str) -> tuple[Request | None, int | None, Request | None]:
    """Return the newest request that nobody withdrew, the index of the destruction, and the request it followed."""
    rows = connection.execute(
        sa.select(EVENT.c.idx, EVENT.c.type, EVENT.c.at, EVENT.c.actor, EVENT.c.payload)
        .where(EVENT.c.stream == scope, EVENT.c.type.in_((_ASKED, _WITHDRAWN, DESTROYED)))
        .order_by(EVENT.c.idx)
    )
    made: dict[int, Request] = {}
    request: Request | None = None
    for row in rows:
        payload = convert(msgspec.json.decode(row.payload), dict[str, object])
        if row.type == DESTROYED:
            number = payload.get("request")
            return None, int(row.idx), made.get(number) if isinstance(number, int) else None
        if row.type == _ASKED:
            request = made[row.idx] = _request(row.idx, row.at, row.actor, payload)
        elif request is not None and payload.get("request") == request.index:
            request = None
    return request, None, None


def _request(index: int, at: str, by: str, payload: dict[str, object]) -> Request:
    return convert({**payload, "index": index, "at": at, "by": by}, Request)


def _is_over(request: Request, now: datetime) -> bool:
    return now >= parse_time(request.until, where=f"log index {request.index}")


def _demand(connection: sa.Connection, scope: str, index: int, now: datetime) -> Request:
    """Return the request of an index.

    Raises:
        OfficeError: It does not stand any more.
    """
    request = _read(connection, scope)[0]
    if request is None or request.index != index or _is_over(request, now):
        raise _stands_no_more(scope)
    return request


def _stands_no_more(scope: str) -> OfficeError:
    return OfficeError(
        "office.no-destruction-asked",
        zh="没有待决定的销毁申请：已撤回、已过期或已办理",
        en="no request to destroy it stands: it was withdrawn, has ended or was carried out",
        where=scope,
        remedy_zh="请重新打开该页查看",
        remedy_en="open the page again and look",
    )


def _nothing(scope: str) -> OfficeError:
    return OfficeError(
        "office.no-such-scope",
        zh="该线索或总案没有可销毁的封存密钥",
        en="this lead or matter has no sealing key to destroy",
        where=scope,
        remedy_zh="还没有封存过材料，或者已经销毁",
        remedy_en="nothing was sealed for it yet, or it was destroyed",
    )
