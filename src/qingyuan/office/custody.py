"""The chain of custody of one exhibit, from the journal."""

from __future__ import annotations

import msgspec

from qingyuan.evidence import Custody, LoggedEvent, Manifest, chain_of_custody
from qingyuan.office.casework import docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import exhibit


def custody_of(home: Home, identifier: str) -> Custody:
    """Fold the events of an exhibit's docket into its chain of custody.

    Raises:
        OfficeError: There is no such exhibit.
    """
    with home.database.read() as connection:
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
        stored = events(connection, docket_streams(connection, row.scope))
    manifest = msgspec.json.decode(row.manifest, type=Manifest)
    logged = [
        LoggedEvent(
            event.index, event.type, event.at, event.actor, msgspec.convert(event.payload, dict[str, object])
        )
        for event in stored
        if event.type.startswith("evidence.")
    ]
    return chain_of_custody(manifest, logged)
