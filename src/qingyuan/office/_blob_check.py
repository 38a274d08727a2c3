"""Looking for sealed files that nothing in the database names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import sqlalchemy as sa

from qingyuan.store import Blobs
from qingyuan.store.schema import EXHIBIT, ITEM


def stray_blobs(
    connection: sa.Connection, blobs: Blobs, missing: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield every sealed file that belongs to no exhibit and no scan: where, and what is wrong in both languages.

    A run that was killed may leave some; the next run of the same files takes them up.

    Args:
        connection: A read transaction.
        blobs: The folder or bucket.
        missing: Tables that the database does not have.
    """
    if missing & {EXHIBIT.name, ITEM.name}:
        return  # then every file would look like a stray
    for scope, names in itertools.groupby(blobs.names(), key=lambda name: name.partition("/")[0]):
        known = {f"{scope}/{digest[:2]}/{digest}" for digest in _known(connection, scope)}
        for name in names:
            if name not in known:
                yield _said(name)


def _known(connection: sa.Connection, scope: str) -> set[str]:
    exhibits = connection.scalars(sa.select(EXHIBIT.c.sha256).where(EXHIBIT.c.scope == scope))
    known = {digest for digest in exhibits if isinstance(digest, str)}
    for detail in connection.scalars(sa.select(ITEM.c.detail).where(ITEM.c.lead == scope)):
        if isinstance(detail, bytes):
            known.add(detail.decode(errors="replace"))
    return known


def _said(name: str) -> tuple[str, str, str]:
    return (
        f"blobs/{name}",
        "封存目录中的文件没有任何登记：中断的运行所留，或为他人放入",
        "a sealed file that nothing records: left by a run that was killed, or put there by somebody",
    )
