"""Looking for sealed files that nothing in the database names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
        blobs: The folder.
        missing: Tables that the database does not have.
    """
    if missing & {EXHIBIT.name, ITEM.name}:
        return  # then every file would look like a stray
    for folder in sorted(blobs.root.iterdir()):
        if not folder.is_dir():
            yield _said(blobs.root, folder)
            continue
        known = {folder / digest[:2] / digest for digest in _known(connection, folder.name)}
        for path in sorted(folder.rglob("*")):
            # What is being written has another name until it is whole, and is swept away before the next job.
            if not path.is_dir() and path.suffix != ".part" and path not in known:
                yield _said(blobs.root, path)


def _known(connection: sa.Connection, scope: str) -> set[str]:
    exhibits = connection.scalars(sa.select(EXHIBIT.c.sha256).where(EXHIBIT.c.scope == scope))
    known = {digest for digest in exhibits if isinstance(digest, str)}
    for detail in connection.scalars(sa.select(ITEM.c.detail).where(ITEM.c.lead == scope)):
        if isinstance(detail, bytes):
            known.add(detail.decode(errors="replace"))
    return known


def _said(root: Path, path: Path) -> tuple[str, str, str]:
    return (
        f"blobs/{path.relative_to(root).as_posix()}",
        "封存目录中的文件没有任何登记：中断的运行所留，或为他人放入",
        "a sealed file that nothing records: left by a run that was killed, or put there by somebody",
    )
