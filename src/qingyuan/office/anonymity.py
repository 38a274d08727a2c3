"""How well the people of a file or an exhibit are hidden among each other, and whether that is enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from qingyuan.office.handover import find_exhibit
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit

if TYPE_CHECKING:
    from qingyuan.pii.batch import Unread
    from qingyuan.pii.kanonymity import Anonymity

#: Batches looked at for the names of columns.
_BATCHES = 64


class Standing(msgspec.Struct, frozen=True):
    """How a file stands.

    Attributes:
        met: Whether the k that was asked for is reached and nobody is named; ``None`` when it cannot be told.
        tables: Each of its tables.
        unread: What was not read.
    """

    met: bool | None
    tables: tuple[Anonymity, ...]
    unread: tuple[Unread, ...]


_Opened = Callable[[], AbstractContextManager[BinaryIO]]


def anonymity_of_file(
    path: Path, key: bytes, *, quasi: Sequence[str] = (), sensitive: str = "", wanted: int = 5
) -> Standing:
    """Return how a file stands.

    Args:
        path: The file.
        key: Token key.
        quasi: Names of the quasi-identifiers; proposed when empty.
        sensitive: Name of the sensitive column.
        wanted: The k asked for.

    Raises:
        PiiError: There are no such columns.
    """
    return _standing(lambda: path.open("rb"), str(path), key, quasi, sensitive, wanted)


def anonymity_of_exhibit(
    home: Home, identifier: str, *, quasi: Sequence[str] = (), sensitive: str = "", wanted: int = 5
) -> Standing:
    """Return how a sealed exhibit stands; as :func:`anonymity_of_file`.

    Raises:
        OfficeError: There is no such exhibit.
        PiiError: There are no such columns.
    """
    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    key = home.scope_key("tokens").key
    return _standing(lambda: open_exhibit(home, row), row.path, key, quasi, sensitive, wanted)


def _standing(
    opened: _Opened, name: str, key: bytes, quasi: Sequence[str], sensitive: str, wanted: int
) -> Standing:
    from qingyuan.pii import engine, kanonymity, readers  # noqa: PLC0415 - heavy

    with opened() as stream:
        scan = engine.scan(readers.read(stream, name), key, name, hits=False)
    with opened() as stream:
        tables = kanonymity.anonymity(
            readers.read(stream, name),
            scan.columns,
            quasi=quasi,
            sensitive=sensitive,
            wanted=wanted,
            where=name,
        )
    # What was not read may hold single people: then only a failure is certain.
    failed = any(table.k < wanted or table.direct for table in tables)
    met = False if failed else None if scan.unread or not tables else True
    return Standing(met, tuple(tables), tuple(scan.unread))


def columns_of(home: Home, identifier: str) -> tuple[str, ...]:
    """Return the names of the columns of an exhibit, as far as its beginning shows them; of nested ones the innermost.

    Raises:
        OfficeError: There is no such exhibit.
    """
    from qingyuan.pii import readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.batch import Unread  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    found: dict[str, None] = {}
    with open_exhibit(home, row) as stream:
        for number, batch in enumerate(readers.read(stream, row.path)):
            if number >= _BATCHES:
                break
            if not isinstance(batch, Unread) and not batch.prose:
                found |= dict.fromkeys(name for name in batch.columns if name)
    around = {
        name[:at] for name in found for at, mark in enumerate(name) if mark in ".[" and name.startswith("$")
    }
    return tuple(name for name in found if name not in around)
