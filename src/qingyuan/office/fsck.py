"""Re-reading everything: log, events, published tiles, exhibits and blobs, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.evidence import Manifest, digest_stream
from qingyuan.ledger.fsck import fsck
from qingyuan.ledger.tiles import TileFolder
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit, read_internal
from qingyuan.store import SqlLogStorage, check_events, events
from qingyuan.store.intakes import ItemState, items
from qingyuan.store.registry import exhibits, scopes


class Trouble(msgspec.Struct, frozen=True):
    """Something that is not as it was sealed.

    Attributes:
        where: Log index, tile path, exhibit or blob.
        zh: What is wrong, in Chinese.
        en: What is wrong, in English.
    """

    where: str
    zh: str
    en: str


def check_home(home: Home) -> Iterator[Trouble]:
    """Yield everything that is wrong with a home; nothing is repaired.

    Every entry and event, every tile and every blob is read again; memory does not grow with size.
    """
    with home.database.read() as connection:
        storage = SqlLogStorage(connection, home.settings.origin)
        folder = home.path / "log"
        for problem in fsck(
            storage,
            home.settings.origin,
            [home.log.key],
            tiles=TileFolder(folder) if folder.is_dir() else None,
        ):
            yield Trouble(problem.where, problem.zh, problem.en)
        for index, what in check_events(connection):
            yield Trouble(f"log index {index}", f"事件与账本不符：{what}", f"event and log disagree: {what}")
        wanted = scopes(connection)
    for scope in wanted:
        yield from _check_exhibits(home, scope)


def _check_exhibits(home: Home, scope: str) -> Iterator[Trouble]:
    with home.database.read() as connection:
        rows = exhibits(connection, [scope])
        states = {item.detail.decode() for item in items(connection, scope, ItemState.SCANNED) if item.detail}
        stated = {
            event.index: event.payload.get("manifest_sha256")
            for event in events(connection, [scope])
            if event.type in {"evidence.extracted", "evidence.generated"}
        }
    for row in rows:
        where = f"exhibit {row.id}"
        manifest = msgspec.json.decode(row.manifest, type=Manifest)
        if stated.get(row.idx) != manifest.sha256_of_manifest():
            yield Trouble(where, "清单与账本所记不一致", "its manifest is not the one that was logged")
        try:
            with open_exhibit(home, row) as content:
                found = digest_stream(content)
        except QingyuanError as error:
            yield Trouble(where, error.zh, error.en)
            continue
        if found != manifest.digests():
            yield Trouble(
                where,
                "内容与清单的摘要不一致",
                "the content differs from the digests of its manifest",
            )
    for digest in sorted(states):
        try:
            read_internal(home, scope, digest)
        except QingyuanError as error:
            yield Trouble(f"scan state {scope}/{digest[:16]}", error.zh, error.en)
