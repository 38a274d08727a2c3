"""Re-reading everything: both logs, events, published tiles, what outsiders signed, exhibits and blobs, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.evidence import Manifest, SignedManifest, digest_stream, verify_manifest
from qingyuan.ledger import SHA256, SM3, HashSuite, TileFolder, VerifierKey, fsck
from qingyuan.office._outside_check import check_outside
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.logs import TWIN_SUFFIX, log_keys
from qingyuan.office.sealing import open_exhibit, read_internal
from qingyuan.store import SqlLogStorage, check_events
from qingyuan.store.intakes import ItemState, items
from qingyuan.store.registry import ExhibitRow, exhibits, scopes
from qingyuan.store.schema import EVENT, LEDGER_HASH, LEDGER_HEAD

_MADE = frozenset({"evidence.extracted", "evidence.generated"})
_DESTROYED = "evidence.destroyed"


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


class _Made(msgspec.Struct, frozen=True):
    """What the check needs of the events that make an exhibit."""

    manifest_sha256: str


class _CheckedLog(msgspec.Struct, frozen=True):
    """One of the two logs of a home."""

    origin: str
    suite: HashSuite
    keys: tuple[VerifierKey, ...]
    folder: str
    prefix: str


def check_home(home: Home) -> Iterator[Trouble]:
    """Yield everything that is wrong with a home; nothing is repaired.

    Every entry and event, every hash and tile of both logs, every cosignature and token and every blob is read again;
    memory does not grow with size. Places in the twin log begin with ``log-sm3``.
    """
    logs = _logs(home)
    with home.database.read() as connection:
        for log in logs:
            yield from _check_log(home, connection, log)
        yield from _check_heads(connection, logs)
        for index, zh, en in check_events(connection):
            yield Trouble(f"log index {index}", zh, en)
        for where, zh, en in check_outside(connection, {log.origin: log.suite for log in logs}):
            yield Trouble(where, zh, en)
        wanted = _scopes(connection)
    for scope in wanted:
        yield from _check_exhibits(home, scope)


def _logs(home: Home) -> tuple[_CheckedLog, ...]:
    origin, history = home.settings.origin, home.history()
    return tuple(
        _CheckedLog(
            name,
            suite,
            tuple(key.verifier_key() for key in log_keys(name, home.keyring, history)),
            folder,
            prefix,
        )
        for name, suite, folder, prefix in (
            (origin, SHA256, "log", ""),
            (origin + TWIN_SUFFIX, SM3, "log-sm3", "log-sm3 "),
        )
    )


def _check_log(home: Home, connection: sa.Connection, log: _CheckedLog) -> Iterator[Trouble]:
    storage = SqlLogStorage(connection, log.origin, owns_entries=not log.prefix)
    if log.prefix and storage.read_head() is None and not storage.read_hashes(0, 0, 1):
        return  # whether there should be a twin is said with the heads
    folder = home.path / log.folder
    tiles = TileFolder(folder, log.suite) if folder.is_dir() else None
    for problem in fsck(storage, log.origin, log.keys, log.suite, tiles):
        yield Trouble(log.prefix + problem.where, problem.zh, problem.en)
    for problem in storage.check_rows():
        yield Trouble(log.prefix + problem.where, problem.zh, problem.en)


def _check_heads(connection: sa.Connection, logs: tuple[_CheckedLog, ...]) -> Iterator[Trouble]:
    """Compare the sizes of the two logs, and look for rows of logs that are not ours."""
    main, twin = (SqlLogStorage(connection, log.origin).read_head() for log in logs)
    size, other = main.size if main else 0, twin.size if twin else 0
    # A home that never had a key for its twin has no twin; any other has one as long as the log.
    if size != other and (twin is not None or logs[1].keys):
        yield Trouble(
            "log-sm3 head",
            f"孪生日志有 {other} 条，日志有 {size} 条；若较短，下一次写入会补齐",
            f"the twin log has {other} entries and the log {size}; if it is shorter, the next append brings it up",
        )
    known = {log.origin for log in logs}
    for table in (LEDGER_HEAD, LEDGER_HASH):
        for origin in connection.scalars(sa.select(table.c.origin).distinct().order_by(table.c.origin)):
            if origin not in known:
                yield Trouble(
                    f"{table.name} {origin}",
                    "不属于本机构任何日志的记录",
                    "rows of a log that is none of ours",
                )


def _scopes(connection: sa.Connection) -> list[str]:
    """Return the leads and matters that have exhibits, or events that say so."""
    made = connection.scalars(sa.select(EVENT.c.stream).where(EVENT.c.type.in_(_MADE)).distinct())
    return sorted({*scopes(connection), *made})


def _check_exhibits(home: Home, scope: str) -> Iterator[Trouble]:
    with home.database.read() as connection:
        rows = exhibits(connection, [scope])
        states = {
            item.detail.decode(errors="replace")
            for item in items(connection, scope, ItemState.SCANNED)
            if item.detail
        }
        stated, said = _stated(connection, scope)
    for index in sorted(stated.keys() - {row.idx for row in rows}):
        yield Trouble(
            f"log index {index}", "所记的证据材料不在登记中", "the exhibit it records is not registered"
        )
    destroyed = scope in home.keyring.destroyed_scopes()
    if destroyed and not said:
        yield Trouble(
            f"scope {scope}",
            "封存密钥已销毁而账本没有记载",
            "its key was destroyed and the log does not say so",
        )
    for row in rows:
        try:
            manifest = _check_row(home, row, stated.get(row.idx))
            if not destroyed:  # else nobody can read it any more, as the log says
                _check_content(home, row, manifest)
        except QingyuanError as error:
            yield Trouble(f"exhibit {row.id}", error.zh, error.en)
    for digest in sorted(states) if not destroyed else ():
        try:
            read_internal(home, scope, digest)
        except QingyuanError as error:
            yield Trouble(f"scan state {scope}/{digest[:16]}", error.zh, error.en)


def _stated(connection: sa.Connection, scope: str) -> tuple[dict[int, object], bool]:
    """Return the manifest hash that each event of making an exhibit names, and whether the scope was destroyed."""
    query = sa.select(EVENT.c.idx, EVENT.c.type, EVENT.c.payload).where(
        EVENT.c.stream == scope, EVENT.c.type.in_({*_MADE, _DESTROYED})
    )
    stated: dict[int, object] = {}
    said = False
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        if row.type == _DESTROYED:
            said = True
            continue
        try:
            stated[row.idx] = msgspec.json.decode(row.payload, type=_Made).manifest_sha256
        except msgspec.MsgspecError:  # the event is named where events are checked
            stated[row.idx] = None
    return stated, said


def _check_content(home: Home, row: ExhibitRow, manifest: Manifest) -> None:
    with open_exhibit(home, row) as content:
        if digest_stream(content) != manifest.digests():
            raise _wrong_row(
                row, "内容与清单的摘要不一致", "the content differs from the digests of its manifest"
            )


def _check_row(home: Home, row: ExhibitRow, logged: object) -> Manifest:
    """Return the manifest of an exhibit that is the logged one, signed, and agrees with its row.

    Raises:
        OfficeError: ``office.exhibit-row``.
        QingyuanError: The signature is not good.
    """
    try:
        manifest = msgspec.json.decode(row.manifest, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _wrong_row(row, "清单不可读", "its manifest cannot be read") from error
    if logged != manifest.sha256_of_manifest():
        raise _wrong_row(row, "清单与账本所记不一致", "its manifest is not the one that was logged")
    stated = (manifest.id, manifest.path, manifest.size, manifest.sha256, manifest.origin)
    if stated != (row.id, row.path, row.size, row.sha256, row.origin):
        raise _wrong_row(row, "登记与清单不一致", "its row differs from its manifest")
    verify_manifest(SignedManifest(row.key, manifest, row.sig), home.keyring.public_key(row.key).raw())
    return manifest


def _wrong_row(row: ExhibitRow, zh: str, en: str) -> OfficeError:
    return OfficeError("office.exhibit-row", zh=zh, en=en, where=row.id)
