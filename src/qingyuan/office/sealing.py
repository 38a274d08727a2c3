"""Sealing files as exhibits: blob, signed manifest, events, all durable before anything is acknowledged."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import sqlalchemy as sa
import yaml

from qingyuan.bounded import read_whole
from qingyuan.evidence import (
    Collected,
    Digests,
    SealAlgorithm,
    Sealed,
    SealedReader,
    SignedManifest,
    Source,
    SourceError,
    extracted,
    format_time,
    generated,
    media_type,
    new_manifest,
    read_header,
    seal,
    sign_manifest,
    stored,
)
from qingyuan.evidence.sources import open_source, unreadable
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.collect import shown
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert
from qingyuan.store import EventDraft
from qingyuan.store.blobs import write_failed
from qingyuan.store.registry import ExhibitRow, add_exhibits, exhibits_named

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Name of the file in a home that chooses the algorithm.
SEALING = "sealing.yaml"

_READ = 1 << 20

#: Yields the content of a file; what waits sealed is opened otherwise than what lies in clear.
Opened = Callable[[Path], AbstractContextManager[Source]]


class _SealingFile(msgspec.Struct, forbid_unknown_fields=True):
    algorithm: SealAlgorithm = "aes-256-gcm"


class Collector(msgspec.Struct, frozen=True):
    """Who collects, how and from where.

    Attributes:
        by: Actor identifier.
        second: Second collector's, or ``None``.
        method: How, e.g. ``"file-copy"``.
        source: From where, in words.
        device: Identifier of the device.

    Raises:
        OfficeError: ``office.bad-actor``, ``office.bad-second`` or ``office.bad-device`` when one is no identifier.
    """

    by: str = "P001"
    second: str | None = None
    method: str = "file-copy"
    source: str = ""
    device: str = "D001"

    def __post_init__(self) -> None:
        """Check the identifiers, which are in everything that is signed and logged later."""
        check_identifier("actor", self.by)
        if self.second is not None:
            check_identifier("second", self.second)
        check_identifier("device", self.device)


class Prepared(msgspec.Struct, frozen=True):
    """An exhibit whose blob is written but not yet durable.

    Attributes:
        signed: Signed manifest.
        sealed: Facts of the sealed file.
        temporary: Where its blob is.
        engine: What derived it; ``""`` for a collected exhibit.
    """

    signed: SignedManifest
    sealed: Sealed
    temporary: Path
    engine: str = ""


class Internal(msgspec.Struct, frozen=True):
    """Sealed data that is no exhibit.

    Attributes:
        sealed: Facts of the sealed file.
        temporary: Where its blob is.
    """

    sealed: Sealed
    temporary: Path


class _Part(io.RawIOBase):
    """A part of memory as a stream."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer)
        part = self._data[self._at : self._at + len(into)]
        into[: len(part)] = part
        self._at += len(part)
        return len(part)


class Sealer:
    """Seals content of one lead or matter.

    Args:
        home: The office.
        scope: Lead or matter.
        collector: Who collects.
    """

    def __init__(self, home: Home, scope: str, collector: Collector) -> None:
        """Fetch the keys."""
        self._home = home
        self._scope = scope
        self._collector = collector
        self._key = home.scope_key(scope)
        self._algorithm = seal_algorithm(home)
        self._officer = home.officer(collector.by)

    def file(
        self,
        path: Path,
        name: str,
        opened: Opened = open_source,
        /,
        *,
        size: int | None = None,
        mtime_ns: int | None = None,
    ) -> Prepared:
        """Read a file once: digest it and write its sealed form.

        Args:
            path: Where it is.
            name: Its path as the manifest will say it.
            opened: How its content is read.
            size: Bytes that it is known to have, if any.
            mtime_ns: Modification time that it is known to have, if any.

        Raises:
            SourceError: It cannot be read, is not the one known or changed meanwhile; nothing is left behind.
            StoreError: The disk refused.
        """
        with opened(path) as source:
            kind = media_type(source.stream)
            prepared = self._content(source.stream, name, kind, mtime=source.mtime)
            try:
                source.check_unchanged()
                _check_known(path, size, mtime_ns)
            except SourceError:
                prepared.temporary.unlink(missing_ok=True)
                raise
            return prepared

    def derived(
        self, data: bytes | memoryview, name: str, *, kind: str, parents: Sequence[str], engine: str
    ) -> Prepared:
        """Seal what the program derived from other exhibits.

        Args:
            data: The content; a part of something larger is not copied.
            name: File name.
            kind: Media type.
            parents: Exhibits it was derived from.
            engine: Name and version of what derived it.
        """
        stream = io.BytesIO(data) if isinstance(data, bytes) else io.BufferedReader(_Part(data))
        return self._content(stream, name, kind, parents=tuple(parents), engine=engine)

    def internal(self, data: bytes) -> Internal:
        """Seal data of our own that is no exhibit, such as the state of a job.

        Args:
            data: The content.
        """
        sealed, temporary = self._write(io.BytesIO(data))
        return Internal(sealed, temporary)

    def _write(self, stream: BinaryIO) -> tuple[Sealed, Path]:
        """Seal a stream under a temporary name; nothing is left behind when it fails."""
        temporary = self._home.blobs.temporary(self._scope)
        try:
            with temporary.open("wb") as target:
                sealed = seal(
                    stream,
                    target,
                    self._key.key,
                    self._key.id,
                    self._home.entropy,
                    algorithm=self._algorithm,
                )
                return sealed, temporary
        except BaseException as error:
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError):  # a source that cannot be read raises SourceError
                raise write_failed(temporary, error) from error
            raise

    def _content(
        self,
        stream: BinaryIO,
        name: str,
        kind: str,
        *,
        mtime: str | None = None,
        parents: tuple[str, ...] = (),
        engine: str = "",
    ) -> Prepared:
        from qingyuan import __version__  # noqa: PLC0415 - read at call time

        clock = self._home.clock
        started, ticks = clock.now(), clock.monotonic_ns()
        sealed, temporary = self._write(stream)
        who = self._collector
        manifest = new_manifest(
            scope=self._scope,
            name=name.rpartition("/")[2],
            path=name,
            media_type=kind,
            content=Digests(sealed.size, sealed.sha256, sealed.sm3),
            collected=Collected(
                by=who.by,
                second=who.second,
                method="derived" if engine else who.method,
                source=engine or who.source,
                device=who.device,
                tool=f"qingyuan/{__version__}",
                started=format_time(started),
                ended=format_time(clock.now()),
                mono_ns=clock.monotonic_ns() - ticks,
                file_mtime=mtime,
            ),
            parents=parents,
            derived=bool(engine),
        )
        return Prepared(sign_manifest(manifest, self._officer), sealed, temporary, engine)

    def keep(self, prepared: Sequence[Prepared]) -> list[Prepared]:
        """Make blobs durable under their names; return the list with the facts of what is kept.

        A blob that is there already (the same content twice, or a run that was killed) is kept, and
        the event will state its facts.
        """
        blobs = self._home.blobs
        named = blobs.keep([(p.temporary, self._scope, p.sealed.sha256) for p in prepared])
        kept: list[Prepared] = []
        for one, ours in zip(prepared, named, strict=True):
            if ours:
                kept.append(one)
            else:
                facts = _facts(blobs.file(self._scope, one.sealed.sha256), one.sealed)
                kept.append(msgspec.structs.replace(one, sealed=facts))
        return kept

    def record(self, connection: sa.Connection, kept: Sequence[Prepared]) -> list[ExhibitRow]:
        """Write the events and the register in the caller's transaction; return a row for each of ``kept``.

        An exhibit that is registered already, its signed manifest the same to the last byte, is the same exhibit: nothing is
        written of it. Under a clock that stands still, the same file sealed again is one.
        """
        known = exhibits_named(connection, [one.signed.manifest.id for one in kept])
        fresh = {one.signed.manifest.id: one for one in kept if one.signed.manifest.id not in known}
        drafts: list[EventDraft] = []
        for one in fresh.values():
            manifest = one.signed.manifest
            origin = (
                EventDraft(self._scope, "evidence.generated", dict(generated(one.signed, engine=one.engine)))
                if one.engine
                else EventDraft(self._scope, "evidence.extracted", dict(extracted(one.signed)))
            )
            drafts += [
                origin,
                EventDraft(self._scope, "evidence.stored", dict(stored(manifest.id, one.sealed))),
            ]
        events = self._home.record(connection, drafts, actor=self._collector.by) if drafts else []
        rows = [
            ExhibitRow(
                id=one.signed.manifest.id,
                scope=self._scope,
                path=one.signed.manifest.path,
                size=one.signed.manifest.size,
                sha256=one.signed.manifest.sha256,
                origin=one.signed.manifest.origin,
                manifest=one.signed.manifest.canonical(),
                key=one.signed.key,
                sig=one.signed.sig,
                idx=events[2 * at].index,
            )
            for at, one in enumerate(fresh.values())
        ]
        add_exhibits(connection, rows)
        known |= {row.id: row for row in rows}
        return [known[one.signed.manifest.id] for one in kept]


def seal_algorithm(home: Home) -> SealAlgorithm:
    """Return how a home seals: AES-256-GCM, unless its file ``sealing.yaml`` says ``algorithm: sm4-gcm``.

    What is sealed already stays as it is; every sealed file names its algorithm.

    Raises:
        OfficeError: The file cannot be used.
    """
    path = home.path / SEALING
    if not path.is_file():
        return "aes-256-gcm"
    try:
        return convert(load_yaml(read_whole(path)), _SealingFile).algorithm
    except (msgspec.MsgspecError, yaml.YAMLError) as error:
        raise OfficeError(
            "office.bad-sealing-file",
            zh=f"{SEALING} 不能使用：{error}",
            en=f"{SEALING} cannot be used: {error}",
            where=str(path),
            remedy_zh="写成 algorithm: aes-256-gcm 或 algorithm: sm4-gcm，或删除该文件",
            remedy_en="write algorithm: aes-256-gcm or algorithm: sm4-gcm, or remove the file",
        ) from error


def open_exhibit(home: Home, row: ExhibitRow) -> SealedReader:
    """Open the content of an exhibit.

    Raises:
        SealError: The blob was altered, or its key is another one.
        KeyringError: Its key was destroyed.
        SourceError: The blob is missing.
    """
    return _opened(home, row.scope, row.sha256)


def open_digested(home: Home, row: ExhibitRow) -> tuple[str, SealedReader]:
    """Return the SHA-256 of the sealed file of an exhibit, and its content; for checks. Errors are those of :func:`open_exhibit`."""
    opened = _opened(home, row.scope, row.sha256)
    return opened.sealed_sha256(), opened


def read_internal(home: Home, scope: str, sha256: str) -> bytes:
    """Return data that :meth:`Sealer.internal` sealed.

    Raises:
        SealError: The blob was altered.
        SourceError: The blob is missing.
    """
    with _opened(home, scope, sha256) as content:
        return content.read()


def _opened(home: Home, scope: str, sha256: str) -> SealedReader:
    key, path = home.scope_key(scope).key, home.blobs.path(scope, sha256)
    try:
        stream = home.blobs.open(scope, sha256)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        return SealedReader(stream, key, where=str(path))
    except BaseException:
        stream.close()
        raise


def _check_known(path: Path, size: int | None, mtime_ns: int | None) -> None:
    """Check that a file that was just read is the one that was planned."""
    status = path.lstat()
    if (size is None or status.st_size == size) and (mtime_ns is None or status.st_mtime_ns == mtime_ns):
        return
    raise SourceError(
        "evidence.changed-while-reading",
        zh="文件在列入收取清单之后发生了变化，未封存",
        en="the file changed after it was listed; it was not sealed",
        where=shown(path),
        remedy_zh="请停止写入该文件的程序，然后以相同路径重新运行",
        remedy_en="stop the program that writes it, then run the same again",
    )


def _facts(path: Path, sealed: Sealed) -> Sealed:
    """Return the facts of a sealed file that was there before."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        header = read_header(file, where=str(path))
        file.seek(0, os.SEEK_SET)
        while block := file.read(_READ):
            digest.update(block)
        size = file.tell()
    return msgspec.structs.replace(
        sealed, sealed_size=size, sealed_sha256=digest.hexdigest(), chunk=header.chunk, alg=header.title
    )
