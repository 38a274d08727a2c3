"""A database server that restarts, or cannot be reached, while this process goes on: what is told, and how connections are made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from qingyuan.store.errors import StoreError

#: Codes of errors of a server that went away.
AWAY = frozenset({"store.away", "store.unsure"})
#: Seconds to wait for a server that is asked for a connection, and after which one that fell silent is given up (in milliseconds last).
_PATIENCE: dict[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def server_settings(url: sa.URL) -> dict[str, Any]:
    """Return how an engine reaches a database server that may restart, or be cut off, while this process goes on.

    A connection is tried before it is handed out. One to a machine that does not answer any more ends after half a minute
    instead of never; what the URL itself says of these goes before.
    """
    given = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    return {"pool_pre_ping": True, "connect_args": given}


def is_away(error: BaseException) -> bool:
    """Say whether a database server could not be reached, or the connection to it broke; never of SQLite.

    Args:
        error: Of SQLAlchemy, or of the driver as it came.
    """
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_away(error.orig))
    known = type(error)
    if not known.__module__.startswith("psycopg") or not any(
        one.__name__ == "OperationalError" for one in known.__mro__
    ):
        return False
    # Refused while it starts, ends or recovers (class 57P), or without a word: no connection was made.
    state = getattr(error, "sqlstate", None)
    return state is None or str(state).startswith(("57P", "08"))


def lost(url: str, *, sure: bool = True) -> StoreError:
    """Return the error of a database server that went away.

    Args:
        url: Which.
        sure: Whether nothing was written for certain; it is not when the connection broke as the transaction ended.
    """
    if sure:
        return StoreError(
            "store.away",
            zh="数据库服务器暂时无法连接，本次操作未生效",
            en="the database server cannot be reached; nothing of this was done",
            where=url,
            remedy_zh="请稍后重试；持续出现时检查数据库服务器，程序无需重新启动",
            remedy_en="try again in a while; if it stays so look after the database server; the program need not be restarted",
        )
    return StoreError(
        "store.unsure",
        zh="提交时数据库连接中断，不能确定本次操作是否已写入",
        en="the connection broke while this was committed; whether it was written cannot be told",
        where=url,
        remedy_zh="待数据库恢复后先核对记录，没有写入再重做",
        remedy_en="when the database is back look at the record first, and do it again only if it is not there",
    )


@contextlib.contextmanager
def telling(engine: sa.Engine) -> Iterator[None]:
    """Do what only reads; that the server went away meanwhile is told as such.

    Raises:
        StoreError: ``store.away``.
    """
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise lost(engine.url.render_as_string(hide_password=True)) from error
        raise
