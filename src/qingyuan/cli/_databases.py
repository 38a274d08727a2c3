"""URLs of databases among the paths of ``qingyuan scan``."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan

_DATABASE = re.compile(r"(?:postgres(?:ql)?|mysql|mariadb)(?:\+\w+)?://", re.IGNORECASE)


class Url(str):
    """The URL of a database, given in place of a path."""

    __slots__ = ()


class PathOrUrl(click.Path):
    """A path, or the URL of a database whose tables are read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leave the URL of a database as it is."""
        if isinstance(value, str) and _DATABASE.match(value):
            return Url(value)
        return super().convert(value, param, ctx)


def scan_database(url: str, sample: int | None, seed: int, key: bytes) -> FileScan:
    """Scan live tables; the password may be in ``QINGYUAN_DB_PASSWORD``, and is never shown."""
    from qingyuan.pii import engine, readers  # noqa: PLC0415 - heavy

    target = readers.parse_url(url)
    password = os.environ.get("QINGYUAN_DB_PASSWORD", "")
    rows = None if sample is None else readers.Sample(sample, seed)
    return engine.scan(readers.read_database(target, password=password, sample=rows), key, str(target))
