"""Webhooks: other systems of the office are told what was logged, signed, until they answer.

The log itself is the source: each subscription has a place in it, and what came after is put into an outbox in one transaction with the new place.
So nothing is lost by a kill, and every message may come twice: receivers go by ``webhook-id``. A message holds index, stream, number,
type and time of an event, no payload and no actor: who may know more asks the API. Messages are signed as Standard Webhooks
(HMAC-SHA256 over identifier, time and body); the secret follows from a key in the keyring and is stored nowhere.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import hmac
import http.client
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from string import punctuation
from urllib.parse import quote, urlsplit

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.office.capture.guard import Guard
from qingyuan.office.home import Home
from qingyuan.store.schema import EVENT
from qingyuan.web.errors import bad_request
from qingyuan.web.state import DELIVERY, HOOK, State

#: Seconds before the second, third … attempt; after the last one a message is given up.
BACK_OFF = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
_SCOPE = "webhooks"
#: Seconds without a sign of life, and for one message in all.
_SECONDS, _WHOLE = 10.0, 30.0
_LEASE = 60
_PAGE = 200
#: Subscriptions that are told at the same time.
_AT_ONCE = 8
_KEEP_SECONDS = 30 * 86_400
_OK, _GONE = range(200, 300), 410
_MOST = 50


class Hook(msgspec.Struct, frozen=True):
    """A subscription.

    Attributes:
        id: Random identifier.
        url: Where messages are sent.
        types: Patterns of event types, ``"*"`` for all.
        created: Seconds since the epoch.
        active: Whether messages are sent.
        waiting: Messages in the outbox.
    """

    id: str
    url: str
    types: tuple[str, ...]
    created: int
    active: bool
    waiting: int = 0


class Delivery(msgspec.Struct, frozen=True):
    """A message and how it went.

    Attributes:
        id: Identifier of the message.
        index: Index of its event in the log.
        type: Type of the event.
        state: ``waiting``, ``done`` or ``given-up``.
        tries: Attempts so far.
        status: HTTP status of the last answer, or the kind of failure.
        at: Seconds since the epoch, of the last attempt; 0 for none.
        due: The same, of the next.
    """

    id: str
    index: int
    type: str
    state: str
    tries: int
    status: str
    at: int
    due: int


class Hooks:
    """The subscriptions of a home.

    Args:
        state: Where they are kept.
        home: Whose log it is.
        allow_private: Let messages go to this machine and private networks, without TLS too.
    """

    def __init__(self, state: State, home: Home, *, allow_private: bool = False) -> None:
        """Use ``state``."""
        self._state = state
        self._home = home
        self._private = allow_private

    def add(self, url: str, types: Sequence[str]) -> tuple[str, str]:
        """Subscribe from the next event on; return identifier and secret, which is shown this once.

        Raises:
            WebError: ``web.bad-hook``.
            CaptureError: The address is one that may not be reached.
        """
        try:
            parts = urlsplit(url)
        except ValueError:  # brackets that hold no address
            parts = urlsplit("")
        good = parts.hostname and (parts.scheme == "https" or (self._private and parts.scheme == "http"))
        if not good or parts.username or len(url) > 1000 or len(self.all()) >= _MOST:  # noqa: PLR2004 - a bound
            raise bad_request(
                "请填写不含用户名的 https 地址",
                "give an https address without a user name",
                code="web.bad-hook",
            )
        self._guard().look_up(parts.hostname or "", _port(url))
        identifier, head = secrets.token_hex(8), self._home.head()
        with self._state.write() as connection:
            connection.execute(
                sa.insert(HOOK).values(
                    id=identifier,
                    url=url,
                    types=json.dumps([one.strip() for one in types if one.strip()] or ["*"]),
                    created=int(time.time()),
                    next=head.size if head else 0,
                    active=1,
                )
            )
        return identifier, "whsec_" + base64.b64encode(self._secret(identifier)).decode()

    def all(self) -> list[Hook]:
        """Return every subscription, the oldest first."""
        waiting = (
            sa.select(sa.func.count())
            .where(DELIVERY.c.hook == HOOK.c.id, DELIVERY.c.state == "waiting")
            .scalar_subquery()
        )
        with self._state.read() as connection:
            rows = connection.execute(
                sa.select(HOOK, waiting.label("waiting")).order_by(HOOK.c.created, HOOK.c.id)
            )
            return [
                Hook(r.id, r.url, tuple(json.loads(r.types)), r.created, bool(r.active), r.waiting)
                for r in rows
            ]

    def drop(self, identifier: str) -> None:
        """End a subscription and what waits for it."""
        with self._state.write() as connection:
            connection.execute(sa.delete(DELIVERY).where(DELIVERY.c.hook == identifier))
            connection.execute(sa.delete(HOOK).where(HOOK.c.id == identifier))

    def deliveries(self, identifier: str, limit: int = 50) -> list[Delivery]:
        """Return the newest messages of a subscription."""
        wanted = sa.select(DELIVERY).where(DELIVERY.c.hook == identifier)
        with self._state.read() as connection:
            rows = connection.execute(wanted.order_by(DELIVERY.c.idx.desc()).limit(limit))
            return [Delivery(r.id, r.idx, r.type, r.state, r.tries, r.status, r.at, r.due) for r in rows]

    def again(self, identifier: str) -> None:
        """Try at once what waits or was given up, and go on with a subscription that had ended."""
        with self._state.write() as connection:
            connection.execute(sa.update(HOOK).where(HOOK.c.id == identifier).values(active=1))
            connection.execute(
                sa.update(DELIVERY)
                .where(DELIVERY.c.hook == identifier, DELIVERY.c.state != "done")
                .values(state="waiting", due=0, tries=0)
            )

    def round(self) -> int:
        """Put new events into the outbox, send what is due, and return how many messages were tried."""
        self._collect()
        hooks = [one.id for one in self.all() if one.active and one.waiting]
        if not hooks:
            return 0
        with ThreadPoolExecutor(min(_AT_ONCE, len(hooks)), thread_name_prefix="hook") as pool:
            return sum(pool.map(self._tell, hooks))

    def _tell(self, hook: str) -> int:
        """Send what is due of one subscription, until it fails or took long: whoever is slow or away keeps nobody else waiting."""
        tried, until = 0, time.monotonic() + _WHOLE
        while tried < _PAGE and time.monotonic() < until and (row := self._take(hook)) is not None:
            tried += 1
            if not self._settle(row, self._send(row)):
                break
        return tried

    def _collect(self) -> None:
        with self._state.read() as connection:
            hooks = connection.execute(sa.select(HOOK.c.next).where(HOOK.c.active == 1)).all()
        if not hooks:
            return
        start = min(row.next for row in hooks)
        wanted = sa.select(EVENT.c.idx, EVENT.c.stream, EVENT.c.n, EVENT.c.type, EVENT.c.at)
        with self._home.database.read() as connection:
            found = connection.execute(
                wanted.where(EVENT.c.idx >= start).order_by(EVENT.c.idx).limit(_PAGE)
            ).all()
        if not found:
            return
        with self._state.write() as connection:
            connection.execute(
                sa.delete(DELIVERY).where(
                    DELIVERY.c.state != "waiting", DELIVERY.c.at < time.time() - _KEEP_SECONDS
                )
            )
            wanted_by = sa.select(HOOK).where(HOOK.c.active == 1, HOOK.c.next >= start)
            for hook in connection.execute(
                wanted_by
            ).all():  # what begins earlier was woken just now: next time
                patterns = json.loads(hook.types)
                for event in found:
                    if event.idx < hook.next or not any(fnmatch.fnmatchcase(event.type, p) for p in patterns):
                        continue
                    data = {"index": event.idx, "stream": event.stream, "n": event.n}
                    body = {"type": event.type, "timestamp": event.at, "data": data}
                    connection.execute(
                        sa.insert(DELIVERY).values(
                            id=f"msg_{hook.id}_{event.idx}",
                            hook=hook.id,
                            idx=event.idx,
                            type=event.type,
                            body=json.dumps(body, ensure_ascii=False).encode(),
                            state="waiting",
                            tries=0,
                            due=0,
                            at=0,
                            status="",
                        )
                    )
                place = max(hook.next, found[-1].idx + 1)
                connection.execute(sa.update(HOOK).where(HOOK.c.id == hook.id).values(next=place))

    def _take(self, hook: str = "") -> sa.Row[tuple[object, ...]] | None:
        """Take one message that is due, of one subscription when one is named; nobody else takes it for a while."""
        now = int(time.time())
        with self._state.write() as connection:
            row = connection.execute(
                sa.select(DELIVERY, HOOK.c.url)
                .join(HOOK, HOOK.c.id == DELIVERY.c.hook)
                .where(DELIVERY.c.state == "waiting", DELIVERY.c.due <= now, HOOK.c.active == 1)
                .where(HOOK.c.id == hook if hook else sa.true())
                .order_by(DELIVERY.c.due, DELIVERY.c.idx)
                .limit(1)
            ).first()
            if row is not None:
                connection.execute(
                    sa.update(DELIVERY).where(DELIVERY.c.id == row.id).values(due=now + _LEASE)
                )
        return row

    def _settle(self, row: sa.Row[tuple[object, ...]], status: str) -> bool:
        """Write how a message went, and return whether it arrived."""
        now, tries = int(time.time()), int(row.tries) + 1
        done = status.isdecimal() and int(status) in _OK
        state = "done" if done else "waiting" if tries <= len(BACK_OFF) else "given-up"
        due = now + BACK_OFF[tries - 1] if state == "waiting" else 0
        with self._state.write() as connection:
            connection.execute(
                sa.update(DELIVERY)
                .where(DELIVERY.c.id == row.id)
                .values(state=state, tries=tries, due=due, at=now, status=status)
            )
            if status == str(_GONE):
                connection.execute(sa.update(HOOK).where(HOOK.c.id == row.hook).values(active=0))
        return done

    def _send(self, row: sa.Row[tuple[object, ...]]) -> str:
        """Send a message and return the status of the answer, or what failed; redirects are not followed."""
        at = str(int(time.time()))
        parts = urlsplit(row.url)
        signed = f"{row.id}.{at}.".encode() + row.body
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "qingyuan-webhook/1",
            "webhook-id": row.id,
            "webhook-timestamp": at,
            "webhook-signature": "v1," + _b64(hmac.digest(self._secret(row.hook), signed, "sha256")),
        }
        try:
            connection = _Guarded(
                parts.hostname or "", _port(row.url), self._guard(), tls=parts.scheme == "https"
            )
            ending = threading.Timer(_WHOLE, connection.cut)  # whoever drips bytes is not waited for
            ending.daemon = True
            ending.start()
            try:
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("POST", quote(target, safe=punctuation), row.body, headers)
                return str(connection.getresponse().status)
            finally:
                ending.cancel()
                connection.close()
        except QingyuanError as error:
            return error.code
        except (
            OSError,
            http.client.HTTPException,
            ValueError,
        ) as error:  # an address can be odd in many ways
            return type(error).__name__

    def _guard(self) -> Guard:
        return Guard(allow_private=self._private)

    def _secret(self, identifier: str) -> bytes:
        return hmac.digest(self._home.scope_key(_SCOPE).key, f"webhook {identifier}".encode(), "sha256")


class _Guarded(http.client.HTTPConnection):
    """A connection to an address that was checked, the very one that is connected to."""

    def __init__(self, host: str, port: int, guard: Guard, *, tls: bool) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self._guard = guard
        self._tls = tls
        self._over = False

    def cut(self) -> None:
        """End what is under way, from another thread, and what would begin."""
        self._over = True
        with contextlib.suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Connect through the guard, and speak TLS where that is asked for.

        Raises:
            TimeoutError: It took so long that it is not waited for any more.
        """
        reached: socket.socket = self._guard.connect(self.host, self.port, timeout=_SECONDS)
        reached.settimeout(_SECONDS)
        self.sock = (
            ssl.create_default_context().wrap_socket(reached, server_hostname=self.host)
            if self._tls
            else reached
        )
        if self._over:  # the name, the connection or TLS took all the time
            raise TimeoutError


def _port(url: str) -> int:
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise bad_request("端口不对", "the port is wrong", code="web.bad-hook") from error


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
