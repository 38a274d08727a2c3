"""The sites we know, as events of the office: whoever was introduced, by whom and when."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.bounded import read_whole
from qingyuan.errors import QingyuanError
from qingyuan.exchange import ExchangeError, Peer
from qingyuan.office.home import Home
from qingyuan.shapes import convert, from_json
from qingyuan.store import EventDraft, StoredEvent, iter_events

_ADDED = "exchange.peer_added"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}\Z")
STREAM = "exchange"


def add_peer(home: Home, name: str, *, title: str, log: str, package: str, actor: str) -> Peer:
    """Register a site whose keys were checked out of band; registering it again replaces its keys.

    Raises:
        ExchangeError: ``exchange.bad-name``.
        FormatError: A key is malformed, or of another site.
    """
    if not _NAME.match(name):
        raise ExchangeError(
            "exchange.bad-name",
            zh="对端名称只能用小写字母、数字和连字符",
            en="a peer's name has lower-case letters, digits and hyphens only",
            where=name[:60],
            remedy_zh="例如 hangzhou-court",
            remedy_en="for example hangzhou-court",
        )
    peer = Peer(name, title, log, package)
    peer.check()
    home.append([EventDraft(STREAM, _ADDED, msgspec.to_builtins(peer))], actor=actor)
    return peer


def peers(home: Home) -> dict[str, Peer]:
    """Return the sites that were registered, by name, with their newest keys."""
    with home.database.read() as connection:
        return peers_within(connection)


def peers_within(connection: sa.Connection) -> dict[str, Peer]:
    """Return the sites in the caller's transaction."""
    return {peer.name: peer for peer in map(_read, iter_events(connection, [STREAM])) if peer is not None}


def find_peer(connection: sa.Connection, name: str) -> Peer:
    """Return a site.

    Raises:
        ExchangeError: ``exchange.no-such-peer``.
    """
    known = peers_within(connection)
    if name not in known:
        raise ExchangeError(
            "exchange.no-such-peer",
            zh=f"没有登记名为 {name} 的对端",
            en=f"no peer called {name} was registered",
            where=name,
            remedy_zh="已登记：" + ("、".join(sorted(known)) or "无"),
            remedy_en="registered: " + (", ".join(sorted(known)) or "none"),
        )
    return known[name]


def own_keys(home: Home) -> tuple[str, str]:
    """Return our own keys, to be handed to a peer out of band: of the log and of bundles."""
    return home.log.key.encode(), home.current_key("package", name=f"{home.settings.origin}/package").vkey()


def read_introduction(path: Path) -> dict[str, str]:
    """Return ``title``, ``log`` and ``package`` of the file that ``exchange introduce`` wrote.

    Raises:
        ExchangeError: ``exchange.bad-introduction``.
    """
    try:
        return from_json(read_whole(path), dict[str, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise ExchangeError(
            "exchange.bad-introduction",
            zh=f"介绍文件不可读：{error}",
            en=f"the introduction cannot be read: {error}",
            where=str(path),
            remedy_zh="请对方用 qingyuan exchange introduce 重新制作",
            remedy_en="ask the peer to make it again with qingyuan exchange introduce",
        ) from error


def _read(event: StoredEvent) -> Peer | None:
    if event.type != _ADDED:
        return None
    try:
        return convert(event.payload, Peer)
    except (msgspec.ValidationError, QingyuanError):
        return None
