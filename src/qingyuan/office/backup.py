"""Backups of a home, consistent while servers write to it, and homes restored from one.

The state is that of one read transaction. The keyring is copied under its lock, held since before that transaction, so that it holds
every key the state needs; it stays sealed, and what opens it is no part of a backup. Blobs are written before the events that
name them, so each one that the state names is there. A backup is a folder: ``manifest.json``, ``home/``, ``database/``, ``blobs/``.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
import sqlalchemy as sa

from qingyuan.bounded import read_whole
from qingyuan.ledger import LogError
from qingyuan.office._founding import DATABASE, KEYRING, SETTINGS, kek_of, open_database
from qingyuan.office.clock import Clock, environment_clock
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import Trouble, check_home
from qingyuan.office.home import Home
from qingyuan.office.keys.stored import locked, write_small
from qingyuan.office.recognition.asking import stop_if_published_ahead
from qingyuan.office.recognition.stopped import STOPPED, STOPPED_FORK, Stop
from qingyuan.office.settings import Settings, blobs_of, read_settings
from qingyuan.shapes import from_json
from qingyuan.store import SqlLogStorage
from qingyuan.store.dump import copy_sqlite, dump, load, revision_of
from qingyuan.store.schema import EXHIBIT, ITEM

MANIFEST = "manifest.json"
_WEB = "web.db"
#: Folders of a home that are derived, or hold material in clear until it is sealed or fetched.
_LEFT_OUT = frozenset({"blobs", "log", "log-sm3", "uploads", "packages"})
#: What stays of a home that is restored over: what outsiders saw of its log, and that it was stopped.
_KEPT = ("log", "log-sm3", STOPPED, STOPPED_FORK)
_PART = 1 << 20
#: Parts of the name of a sealed blob: ``blobs/SCOPE/AA/DIGEST``.
_BLOB_PARTS = 4
#: A room of the backup and a name in it.
_LEAST_PARTS = 2


class Copied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup.

    Attributes:
        path: Inside the backup.
        size: Bytes.
        sha256: Of its bytes, hexadecimal.
    """

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup is of and holds.

    Attributes:
        v: Version of the form, 1.
        home: Identifier of the home.
        origin: Origin of its log.
        at: When it was made, RFC 3339.
        size: Entries of the log.
        checkpoint: The signed head of the log, or ``""`` of an empty one.
        revision: Revision of the database's schema.
        missing: Blobs that were named and not there, as ``scope/sha256``.
        files: Every file but this one.
    """

    v: int
    home: str
    origin: str
    at: str
    size: int
    checkpoint: str
    revision: str
    missing: tuple[str, ...]
    files: tuple[Copied, ...]


class Restored(msgspec.Struct, frozen=True):
    """What a restore came to.

    Attributes:
        manifest: Of the backup.
        troubles: What the check of the restored home found.
        stop: Why its log is stopped, or ``None``.
        replaced: Where the home that stood there was put, or ``None``.
    """

    manifest: Manifest
    troubles: tuple[Trouble, ...]
    stop: Stop | None
    replaced: Path | None


def backup(
    home: Path, target: Path, *, volatile: Collection[str] = (), clock: Clock | None = None
) -> Manifest:
    """Back a home up into a new folder; needs no secret.

    Args:
        home: The home; servers may run on it.
        target: A folder that is not there yet; it appears when it is whole.
        volatile: Tables of ``web.db`` (or of the web in PostgreSQL) whose rows are left out.
        clock: Where the time comes from.

    Raises:
        OfficeError: ``office.backup-exists``, or there is no home.
    """
    settings = read_settings(home / SETTINGS)
    if target.exists():
        raise OfficeError(
            "office.backup-exists",
            zh="目标已存在，没有覆盖",
            en="the target exists; nothing was written over",
            where=str(target),
            remedy_zh="请给出一个新的目录",
            remedy_en="name a new folder",
        )
    at = (clock or environment_clock()).now().isoformat(timespec="seconds")
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        manifest = _written(home, settings, part, volatile, at)
        part.rename(target)
    except BaseException:  # half a backup is none, and would keep a full disk full
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def _written(home: Path, settings: Settings, part: Path, volatile: Collection[str], at: str) -> Manifest:
    """Write all of a backup into a folder that is made for it."""
    for name in ("home", "database", "blobs"):
        (part / name).mkdir(parents=True, mode=0o700)
    files: list[Copied] = []
    database = open_database(home, settings)
    try:
        with locked(home / ".keyring.lock"), database.read() as connection:
            head = SqlLogStorage(connection, settings.origin).read_head()
            revision = revision_of(connection)
            written = dump(connection, part / "database", volatile)
            files += [_copied(part, path) for path in written]
            files += _copy_home(home, part, volatile)
            named = sorted(_named(connection))
    finally:
        database.close()
    missing = []
    blobs = blobs_of(home, settings)
    for scope, digest in named:
        target_path = part / "blobs" / blobs.path(scope, digest).relative_to(blobs.root)
        try:
            with blobs.anew(), blobs.open(scope, digest) as blob:
                files.append(_copy_stream(blob, target_path, part))
        except FileNotFoundError:  # destroyed with its key
            missing.append(f"{scope}/{digest}")
    manifest = Manifest(
        v=1,
        home=settings.home,
        origin=settings.origin,
        at=at,
        size=head.size if head else 0,
        checkpoint=head.note.decode() if head else "",
        revision=revision,
        missing=tuple(missing),
        files=tuple(files),
    )
    write_small(part / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def _is_left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.startswith((".", DATABASE, f"{_WEB}-"))


def _copy_home(home: Path, part: Path, volatile: Collection[str]) -> Iterator[Copied]:
    for path in sorted(home.iterdir()):
        name = path.name
        if _is_left_out(name) or path.is_symlink():
            continue
        if name == _WEB:
            copy_sqlite(path, part / "home" / _WEB, volatile)
            yield _copied(part, part / "home" / _WEB)
        elif path.is_file():
            yield _copy(path, part / "home" / name, part)
        elif path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file() and not below.is_symlink():
                    yield _copy(below, part / "home" / below.relative_to(home), part)


def _named(connection: sa.Connection) -> Iterator[tuple[str, str]]:
    """Yield scope and digest of every blob that the state names, once each."""
    exhibits = sa.select(EXHIBIT.c.scope, EXHIBIT.c.sha256)
    yield from {(row.scope, row.sha256) for row in connection.execute(exhibits)}
    scans = sa.select(ITEM.c.lead, ITEM.c.detail).where(ITEM.c.detail.is_not(None))
    known: set[tuple[str, str]] = set()
    for lead, detail in connection.execute(scans):
        digest = bytes(detail).decode(errors="replace")
        if len(digest) == hashlib.sha256().digest_size * 2 and digest.isalnum():
            known.add((lead, digest))
    yield from known


def check_backup(folder: Path) -> Manifest:
    """Read the manifest of a backup and every file it names.

    Raises:
        OfficeError: ``office.bad-backup`` when a file is missing, other or unreadable.
    """
    try:
        manifest = from_json(read_whole(folder / MANIFEST, 1 << 30), Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise _bad(MANIFEST, str(error)) from error
    names: set[str] = set()
    for file in manifest.files:
        if file.path in names:
            raise _bad(file.path, "it is named twice")
        names.add(file.path)
        if not _within(folder, file.path):
            raise _bad(file.path, "it is not there")
        path = folder / file.path
        if _copied(folder, path) != file:
            raise _bad(file.path, "its content is another")
    for needed in (f"home/{SETTINGS}", f"home/{KEYRING}"):
        if needed not in names:
            raise _bad(needed, "it is not named")
    return manifest


def _within(folder: Path, name: str) -> bool:
    """Return whether a backup itself has a plain file of this name: no way out of it, no link on the way, no device."""
    parts = PurePosixPath(name).parts
    if len(parts) < _LEAST_PARTS or ".." in parts:
        return False
    if parts[0] == "blobs":
        fits = len(parts) == _BLOB_PARTS
    elif parts[0] == "database":
        fits = len(parts) == _LEAST_PARTS
    else:  # nothing that a home derives from the rest, nor the place of what comes from elsewhere in the backup
        fits = parts[0] == "home" and not _is_left_out(parts[1])
    if not fits:
        return False
    path = folder.joinpath(*parts)
    links = (path, *(path.parents[up] for up in range(len(parts) - 1)))
    return path.is_file() and not any(one.is_symlink() for one in links)


def restore(
    folder: Path,
    home: Path,
    *,
    database: str = "",
    blobs: str = "",
    over: bool = False,
    more: Sequence[sa.MetaData] = (),
    clock: Clock | None = None,
) -> Restored:
    """Make a home from a backup, publish its log and check all of it.

    A home that stood there is put aside. What it had published stays, and stops the log when that is more than the backup holds.

    Args:
        folder: The backup.
        home: Where the home shall be.
        database: URL of an empty PostgreSQL database, when the backup is of one; by default that of the backup.
        blobs: Bucket of its sealed blobs, when the backup is of a home with one; by default that of the backup.
        over: Put aside the home that stands there.
        more: Tables of the web, for PostgreSQL.
        clock: Where the time comes from.

    Raises:
        OfficeError: ``office.bad-backup``, ``office.home-exists``, or the keyring cannot be opened.
        StoreError: ``store.not-empty``.
    """
    manifest = check_backup(folder)
    settings = read_settings(folder / "home" / SETTINGS)
    kek_of(settings, folder / "home" / KEYRING)  # without the key nothing is begun that could not be ended
    if settings.blobs:
        settings = msgspec.structs.replace(settings, blobs=blobs or settings.blobs)
    if settings.database:
        settings = msgspec.structs.replace(settings, database=database or settings.database)
    aside = _put_aside(home, manifest, over=over)
    try:
        _lay_out(folder, manifest, home, settings, aside, more)
    except BaseException:  # a full disk, say: what stood there stands there again
        shutil.rmtree(home, ignore_errors=True)
        if aside is not None:
            aside.rename(home)
        raise
    with Home.open(home, clock=clock, mend=False) as opened:
        stop = _publish(opened)
        troubles = tuple(check_home(opened))
    return Restored(manifest, troubles, stop, aside)


def _lay_out(
    folder: Path,
    manifest: Manifest,
    home: Path,
    settings: Settings,
    aside: Path | None,
    more: Sequence[sa.MetaData],
) -> None:
    """Write everything that a backup holds to where its home shall be."""
    home.mkdir(parents=True, mode=0o700, exist_ok=True)
    kept = blobs_of(home, settings)
    tables = []
    for file in manifest.files:
        room, _, rest = file.path.partition("/")
        if room == "database" and rest != DATABASE:
            tables.append(folder / file.path)
            continue
        if room == "blobs":
            scope, _, digest = rest.split("/")
            sealed = kept.temporary(scope)
            _copy(folder / file.path, sealed, home)
            kept.put(sealed, scope, digest)
            continue
        target = home / rest
        if rest != SETTINGS:
            _copy(folder / file.path, target, home)
    if settings.database:
        load(settings.database, tables, manifest.revision, more)
    if aside is not None:
        _keep(aside, home)
    # The settings come last: without them the folder is no home.
    write_small(home / SETTINGS, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def _publish(home: Home) -> Stop | None:
    """Publish, unless more was published before: then the log is stopped, and why is returned."""
    try:
        home.publish()
    except LogError as error:
        if error.code != "ledger.rolled-back":
            raise
        return stop_if_published_ahead(home)
    return None


def _keep(aside: Path, home: Path) -> None:
    """Take over what outsiders saw of the log of the home that was put aside."""
    for name in _KEPT:
        if (aside / name).is_dir():
            shutil.copytree(aside / name, home / name)
        elif (aside / name).is_file():
            shutil.copy2(aside / name, home / name)


def _put_aside(home: Path, manifest: Manifest, *, over: bool) -> Path | None:
    if not home.exists() or not any(home.iterdir()):
        return None
    standing = read_settings(home / SETTINGS).home if (home / SETTINGS).exists() else ""
    if not over or standing != manifest.home:
        raise OfficeError(
            "office.home-exists",
            zh="这里已有工作目录" if standing else "目录不为空",
            en="there is a home here already" if standing else "the folder is not empty",
            where=str(home),
            remedy_zh="请另选目录；要替换同一工作目录，停止其服务后加 --over，原目录会移到旁边",
            remedy_en="choose another folder; to replace the same home stop its servers and add --over: it is put aside",
        )
    number = 1
    while (aside := home.with_name(f"{home.name}.replaced-{number}")).exists():
        number += 1
    home.rename(aside)
    return aside


def _copy(source: Path, target: Path, root: Path) -> Copied:
    with source.open("rb") as file:
        return _copy_stream(file, target, root)


def _copy_stream(file: BinaryIO, target: Path, root: Path) -> Copied:
    """Copy in constant memory into a file that its owner only reads, and say what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as copy:
        target.chmod(0o600)
        while part := file.read(_PART):
            digest.update(part)
            size += len(part)
            copy.write(part)
    return Copied(target.relative_to(root).as_posix(), size, digest.hexdigest())


def _copied(root: Path, path: Path) -> Copied:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            digest.update(part)
            size += len(part)
    return Copied(path.relative_to(root).as_posix(), size, digest.hexdigest())


def _bad(where: str, why: str) -> OfficeError:
    return OfficeError(
        "office.bad-backup",
        zh="备份不完整或已被改动，没有恢复",
        en=f"the backup is incomplete or was altered ({why}); nothing was restored",
        where=where,
        remedy_zh="请使用另一份备份",
        remedy_en="use another backup",
    )


__all__ = ["Manifest", "Restored", "backup", "check_backup", "restore"]
