"""What the scan found in single exhibits, to be read beside them: kinds with their counts, never a value."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home
from qingyuan.office.scanning import unpack
from qingyuan.office.sealing import read_internal
from qingyuan.store.intakes import ItemState, scanned
from qingyuan.store.registry import ExhibitRow

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan

#: Exhibits of a lead asked about, and sealed results read, for one page: a result may hold the scans of some hundred files.
_MOST, _MOST_RESULTS = 300, 8


class Found(msgspec.Struct, frozen=True):
    """What the scan of one exhibit found.

    Attributes:
        lead: The lead it was taken in for, whose page of results has the places.
        kinds: Kinds with their hits, the most frequent first.
        clear: Records that hold something in clear.
        whole: Whether everything of it could be read.
    """

    lead: str
    kinds: tuple[tuple[str, int], ...]
    clear: int
    whole: bool


def found_in(home: Home, rows: Sequence[ExhibitRow]) -> dict[str, Found]:
    """Return what was found in exhibits, by exhibit; those that were not scanned, or stand beyond what one page reads, are left out.

    Args:
        home: The office.
        rows: The exhibits, the most important first.
    """
    scopes: dict[str, list[str]] = {}
    for row in rows:
        if row.origin == "collected":
            scopes.setdefault(row.scope, []).append(row.id)
    found: dict[str, Found] = {}
    left = _MOST_RESULTS
    for lead, names in scopes.items():
        wanted: dict[str, set[str]] = {}
        with home.database.read() as connection:
            for item in scanned(connection, lead, names[:_MOST]):
                if item.state == ItemState.SCANNED and item.exhibit and item.detail:
                    wanted.setdefault(item.detail.decode(), set()).add(item.exhibit)
        for digest, exhibits in list(wanted.items())[:left]:
            left -= 1
            with contextlib.suppress(QingyuanError):  # its key was destroyed: what it found is gone with it
                scans = unpack(read_internal(home, lead, digest))
                found |= {name: _found(lead, scans[name]) for name in exhibits}
    return found


def _found(lead: str, scan: FileScan) -> Found:
    counted = {name: count.confirmed + count.suspected + count.masked for name, count in scan.kinds.items()}
    ordered = sorted(((name, n) for name, n in counted.items() if n), key=lambda one: (-one[1], one[0]))
    return Found(lead, tuple(ordered), scan.records.clear, not scan.unread)
