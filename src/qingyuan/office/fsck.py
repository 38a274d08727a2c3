"""Re-reading everything: both logs, events, published tiles, what outsiders signed, exhibits and blobs, byte by byte."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import msgspec
import sqlalchemy as sa

from qingyuan.canonical import canonical_json
from qingyuan.errors import QingyuanError
from qingyuan.evidence import Manifest, SignedManifest, digest_stream, verify_manifest
from qingyuan.ledger import SHA256, SM3, HashSuite, TileFolder, VerifierKey, fsck
from qingyuan.office._blob_check import stray_blobs
from qingyuan.office._outside_check import check_outside
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.history import History, read_history
from qingyuan.office.keys.logs import TWIN_SUFFIX, log_keys
from qingyuan.office.register import check as check_register
from qingyuan.office.register import check_links
from qingyuan.office.sealing import open_digested, read_internal
from qingyuan.shapes import from_json
from qingyuan.store import check_events
from qingyuan.store.intakes import ItemState
from qingyuan.store.ledger_storage import CheckedLogStorage
from qingyuan.store.registry import ExhibitRow, scopes
from qingyuan.store.schema import (
    EVENT,
    EXHIBIT,
    ITEM,
    LEDGER_ENTRY,
    LEDGER_HASH,
    LEDGER_HEAD,
    LINK,
    REGISTER,
    REGISTER_DUE,
    REGISTER_STATE,
)
from qingyuan.store.typed import any_text, bare, check_types, fits, misfits, missing_tables

_MADE = frozenset({"evidence.extracted", "evidence.generated"})
_DESTROYED, _STORED = "evidence.destroyed", "evidence.stored"
#: What is said of single rows, which is not said when their whole table is gone.
_CODES = {
    "ledger_entry": ("entry-missing",),
    "ledger_hash": ("leaf-missing", "tile-hash"),
    "ledger_head": ("no-head",),
}
#: What the register is made of and made from.
_REGISTERED = frozenset({EVENT.name, LINK.name, REGISTER.name, REGISTER_DUE.name, REGISTER_STATE.name})
_DIGEST = re.compile(rb"[0-9a-f]{64}")
#: Stands for the hash that an event named before it was made unreadable.
_UNREADABLE = object()


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


class _SealedAs(msgspec.Struct, frozen=True):
    sha256: str


class _Stored(msgspec.Struct, frozen=True):
    """What the check needs of the events that say how an exhibit was sealed."""

    exhibit: str
    sealed: _SealedAs


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
    memory does not grow with size. Places in the twin log begin with ``log-sm3``. A row may hold anything and a table may be
    gone: that is named, and everything else is checked all the same.
    """
    with home.database.read() as connection, any_text(connection), home.blobs.anew():
        missing = missing_tables(connection)
        for name in sorted(missing):
            yield Trouble(f"table {name}", "数据库缺少此表", "the database does not have this table")
        logs = _logs(home, connection)
        for log in logs:
            yield from _readable(log.prefix + "log", _check_log(home, connection, log, missing))
        yield from _readable("heads", _check_heads(connection, logs, missing))
        if not missing & {EVENT.name, LEDGER_ENTRY.name}:
            yield from _readable("events", _check_events(connection))
        if not missing & {EVENT.name, LINK.name}:
            yield from _readable("links", _named(check_links(connection)))
        if not missing & _REGISTERED:
            yield from _readable("register", _named(check_register(home, connection)))
        suites = {log.origin: log.suite for log in logs}
        yield from _readable(
            "cosignatures and timestamps", _named(check_outside(connection, suites, missing))
        )
        yield from _readable("trust.json", _check_trust(home, missing))
        yield from _readable("exhibits", _check_scopes(home, connection, missing))
        yield from _readable("blobs", _named(stray_blobs(connection, home.blobs, missing)))


def _readable(where: str, troubles: Iterator[Trouble]) -> Iterator[Trouble]:
    """Yield troubles, and as the last one that the database cannot be read any further here."""
    try:
        yield from troubles
    except sa.exc.DBAPIError as error:
        yield Trouble(
            where,
            f"数据库无法读取，此处其余未检查：{error.orig}",
            f"the database cannot be read; the rest of this was not checked: {error.orig}",
        )


def _check_events(connection: sa.Connection) -> Iterator[Trouble]:
    for index, zh, en in check_events(connection):
        yield Trouble(f"log index {index}", zh, en)


def _named(found: Iterator[tuple[str, str, str]]) -> Iterator[Trouble]:
    for where, zh, en in found:
        yield Trouble(where, zh, en)


def _check_trust(home: Home, missing: frozenset[str]) -> Iterator[Trouble]:
    """Compare the trust file with the one that this home would write now."""
    if EVENT.name in missing:
        return  # what the home would write depends on the events
    try:
        found = home.trust_path.read_bytes()
    except OSError:
        yield Trouble("trust.json", "信任文件缺失或不可读", "the trust file is missing or cannot be read")
        return
    try:
        expected = canonical_json(home.trust()) + b"\n"
    except QingyuanError as error:
        yield Trouble("trust.json", error.zh, error.en)
        return
    except (
        TypeError
    ):  # an event about keys holds a value of a wrong type: it is named where events are checked
        yield Trouble(
            "trust.json",
            "有关密钥的事件被改动，无法核对信任文件",
            "events about keys were changed; the trust file cannot be compared",
        )
        return
    if found != expected and not _is_later(found, expected):
        yield Trouble(
            "trust.json",
            "信任文件与账本和设置所应写出的不一致：被改动，或尚未更新",
            "the trust file is not what log and settings give: it was changed, or is not up to date",
        )


class _Trust(msgspec.Struct):
    office: dict[str, str]
    keys: list[dict[str, object]]
    as_of: int


def _is_later(found: bytes, expected: bytes) -> bool:
    """Say whether a trust file is of a newer log than this (a restored backup) and has all keys it should have."""
    due = from_json(expected, _Trust)
    try:
        later = from_json(found, _Trust)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    names = ("id", "role", "actor", "vkey", "public", "valid_from")
    there = [[key.get(name) for name in names] for key in later.keys]
    return (
        later.as_of > due.as_of
        and later.office == due.office
        and all([key.get(name) for name in names] in there for key in due.keys)
    )


def _history(connection: sa.Connection) -> History:
    try:
        return read_history(connection)
    except (TypeError, sa.exc.DBAPIError):  # such a row, or that there is no table, is named where events are
        return History()


def _logs(home: Home, connection: sa.Connection) -> tuple[_CheckedLog, ...]:
    origin, history = home.settings.origin, _history(connection)
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


def _check_log(
    home: Home, connection: sa.Connection, log: _CheckedLog, missing: frozenset[str]
) -> Iterator[Trouble]:
    storage = CheckedLogStorage(connection, log.origin, missing, owns_entries=not log.prefix)
    if log.prefix and storage.read_head() is None and not storage.read_hashes(0, 0, 1):
        return  # whether there should be a twin is said with the heads
    for problem in storage.check_head():
        yield Trouble(log.prefix + problem.where, problem.zh, problem.en)
    gone = {code for table, codes in _CODES.items() if table in missing for code in codes}
    folder = home.path / log.folder
    tiles = TileFolder(folder, log.suite) if folder.is_dir() else None
    for problem in fsck(storage, log.origin, log.keys, log.suite, tiles):
        if problem.code not in gone:  # one line for a table, not one for each of its rows
            yield Trouble(log.prefix + problem.where, problem.zh, problem.en)
    for problem in storage.check_rows():
        yield Trouble(log.prefix + problem.where, problem.zh, problem.en)


def _check_heads(
    connection: sa.Connection, logs: tuple[_CheckedLog, ...], missing: frozenset[str]
) -> Iterator[Trouble]:
    """Compare the sizes of the two logs, and look for rows of logs that are not ours."""
    main, twin = (CheckedLogStorage(connection, log.origin, missing).read_head() for log in logs)
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
        if table.name in missing:
            continue
        for origin in connection.scalars(sa.select(table.c.origin).distinct().order_by(table.c.origin)):
            if origin not in known:
                yield Trouble(
                    f"{table.name} {origin}",
                    "不属于本机构任何日志的记录",
                    "rows of a log that is none of ours",
                )


def _check_scopes(home: Home, connection: sa.Connection, missing: frozenset[str]) -> Iterator[Trouble]:
    """Check the exhibits of every lead and matter that has some, or events that say so."""
    wanted: set[object] = set()
    if EVENT.name not in missing:
        query = sa.select(EVENT.c.stream).where(EVENT.c.type.in_(_MADE)).distinct()
        wanted.update(connection.scalars(query))
    if EXHIBIT.name not in missing:
        wanted.update(scopes(connection))
        for row, wrong in check_types(connection, EXHIBIT):
            if wrong:
                yield Trouble(f"exhibit {row[0]}", *wrong)
    # A stream or scope that is no text was named just now, or with the events.
    for scope in sorted(each for each in wanted if isinstance(each, str)):
        yield from _check_exhibits(home, connection, scope, missing)


def _check_exhibits(
    home: Home, connection: sa.Connection, scope: str, missing: frozenset[str]
) -> Iterator[Trouble]:
    rows = [] if EXHIBIT.name in missing else list(_rows(connection, scope))
    as_sealed = {} if EVENT.name in missing else _as_sealed(connection, scope)
    stated, said = ({}, True) if EVENT.name in missing else _stated(connection, scope)
    if EXHIBIT.name not in missing:
        registered = set(connection.scalars(sa.select(EXHIBIT.c.idx).where(EXHIBIT.c.scope == scope)))
        for index in sorted(stated.keys() - registered):
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
    if said and not destroyed and scope in home.keyring.scopes():
        yield Trouble(
            f"scope {scope}",
            "账本记载封存密钥已销毁，而密钥环中仍有：销毁中断，或者恢复了旧备份；请再次销毁",
            "the log says that its key was destroyed and the keyring still has it: a destruction was cut off, or an old copy "
            "was restored; destroy it again",
        )
    for row in rows:
        where = f"exhibit {row.id}"
        # An event that cannot be read is named where events are checked.
        logged = _UNREADABLE if EVENT.name in missing else stated.get(row.idx)
        try:
            manifest = _check_row(home, row, logged)
            if not destroyed:  # else nobody can read it any more, as the log says
                found = _check_content(home, row, manifest)
                yield from _otherwise_logged(row, found, as_sealed.get(row.id, ()))
        except QingyuanError as error:
            yield Trouble(where, error.zh, error.en)
        except ValueError as error:  # text that is none of ours where base64 or a name of a file belongs
            yield Trouble(where, f"登记的值不可用：{error}", f"a value of its row cannot be used: {error}")
    if not destroyed and ITEM.name not in missing:
        yield from _check_states(home, connection, scope)


def _rows(connection: sa.Connection, scope: str) -> Iterator[ExhibitRow]:
    """Yield the exhibits of a scope whose rows hold what they should; the others are named before."""
    columns = list(EXHIBIT.columns)
    query = sa.select(*bare(columns)).where(EXHIBIT.c.scope == scope).order_by(EXHIBIT.c.idx, EXHIBIT.c.id)
    for row in connection.execute(query).all():
        if not misfits(columns, row):
            yield ExhibitRow(*tuple(row))


def _check_states(home: Home, connection: sa.Connection, scope: str) -> Iterator[Trouble]:
    """Read again what each scan of a file left for the next one."""
    query = sa.select(*bare((ITEM.c.id, ITEM.c.detail))).where(
        ITEM.c.lead == scope, ITEM.c.state == str(ItemState.SCANNED)
    )
    digests = set()
    rows = cast("Sequence[tuple[int, object]]", connection.execute(query.order_by(ITEM.c.id)).all())
    for number, detail in rows:
        if type(detail) is bytes and _DIGEST.fullmatch(detail):
            digests.add(detail.decode())
        elif detail or not fits(ITEM.c.detail, detail):
            yield Trouble(
                f"item {number}", "检测状态的摘要不可用", "the digest of its scan state cannot be used"
            )
    for digest in sorted(digests):
        try:
            read_internal(home, scope, digest)
        except QingyuanError as error:
            yield Trouble(f"scan state {scope}/{digest[:16]}", error.zh, error.en)


def _stated(connection: sa.Connection, scope: str) -> tuple[dict[int, object], bool]:
    """Return the manifest hash that each event of making an exhibit names, and whether the scope was destroyed."""
    query = sa.select(*bare((EVENT.c.idx, EVENT.c.type, EVENT.c.payload))).where(
        EVENT.c.stream == scope, EVENT.c.type.in_({*_MADE, _DESTROYED})
    )
    stated: dict[int, object] = {}
    said = False
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    for index, kind, payload in cast("Iterable[tuple[int, object, object]]", rows):
        if kind == _DESTROYED:
            said = True
            continue
        stated[index] = _UNREADABLE
        if type(payload) is bytes:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):  # named with the events
                stated[index] = from_json(payload, _Made).manifest_sha256
    return stated, said


def _otherwise_logged(row: ExhibitRow, found: str, logged: Iterable[tuple[int, str]]) -> Iterator[Trouble]:
    """Name the events that say of a sealed file whose content is right that it is another one."""
    for index, sha256 in logged:
        if sha256 != found:
            yield Trouble(
                f"log index {index}",
                f"所记的封存文件摘要与现有文件不同（exhibit {row.id}，内容无误）",
                f"the sealed file it records is not the one that is there (exhibit {row.id}; its content is right)",
            )


def _as_sealed(connection: sa.Connection, scope: str) -> dict[str, list[tuple[int, str]]]:
    """Return of each exhibit the events that say how it was sealed, with the digest of the sealed file."""
    query = sa.select(*bare((EVENT.c.idx, EVENT.c.payload))).where(
        EVENT.c.stream == scope, EVENT.c.type == _STORED
    )
    found: dict[str, list[tuple[int, str]]] = {}
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    for index, payload in cast("Iterable[tuple[int, object]]", rows):
        if type(payload) is bytes:
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):  # named with the events
                one = from_json(payload, _Stored)
                found.setdefault(one.exhibit, []).append((index, one.sealed.sha256))
    return found


def _check_content(home: Home, row: ExhibitRow, manifest: Manifest) -> str:
    """Return the SHA-256 of the sealed file of an exhibit whose content is the one of its manifest."""
    sealed, opened = open_digested(home, row)
    with opened as content:
        if digest_stream(content) != manifest.digests():
            raise _wrong_row(
                row, "内容与清单的摘要不一致", "the content differs from the digests of its manifest"
            )
    return sealed


def _check_row(home: Home, row: ExhibitRow, logged: object) -> Manifest:
    """Return the manifest of an exhibit that is the logged one, signed, and agrees with its row.

    Raises:
        OfficeError: ``office.exhibit-row``.
        QingyuanError: The signature is not good.
    """
    try:
        manifest = from_json(row.manifest, Manifest)
    except msgspec.MsgspecError as error:
        raise _wrong_row(row, "清单不可读", "its manifest cannot be read") from error
    if logged is not _UNREADABLE and logged != manifest.sha256_of_manifest():
        raise _wrong_row(row, "清单与账本所记不一致", "its manifest is not the one that was logged")
    stated = (manifest.id, manifest.path, manifest.size, manifest.sha256, manifest.origin)
    if stated != (row.id, row.path, row.size, row.sha256, row.origin):
        raise _wrong_row(row, "登记与清单不一致", "its row differs from its manifest")
    verify_manifest(SignedManifest(row.key, manifest, row.sig), home.keyring.public_key(row.key).raw())
    return manifest


def _wrong_row(row: ExhibitRow, zh: str, en: str) -> OfficeError:
    return OfficeError("office.exhibit-row", zh=zh, en=en, where=row.id)
