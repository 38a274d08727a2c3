"""7-Zip and RAR archives (extra ``archives``)."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._archive import Names, check_depth
from qingyuan.pii.readers._rows import Reader
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._unread import Refused, unread

#: Members unpacked together take at most this many times the document limit.
_TOGETHER = 4


def _need(module: str, kind: str) -> None:
    """Stop when the extra is not installed.

    Raises:
        Refused: ``needs-archives``.
    """
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise Refused("needs-archives", format=kind)


def _member(source: Source, raw: bytes, name: str, member: str) -> Source:
    return Source(io.BytesIO(raw), name, member, source.depth + 1, source.budget, len(raw))


class _Room:
    """Bytes that members may still take."""

    def __init__(self, source: Source, stored: int) -> None:
        limits = source.limits
        self.limits = limits
        self.budget = source.budget
        self.left = max(
            limits.ratio_from_bytes, min(limits.max_ratio * stored, _TOGETHER * limits.max_document_bytes)
        )

    def take(self, count: int) -> None:
        """Take bytes of it.

        Raises:
            Refused: ``archive-ratio``, ``archive-expands-too-far`` or ``time-budget``.
        """
        self.budget.check_time()
        self.left -= count
        self.budget.expanded += count
        if self.left < 0:
            raise Refused("archive-ratio", ratio=self.limits.max_ratio)
        if self.budget.expanded > self.limits.max_expanded_bytes:
            raise Refused("archive-expands-too-far", mib=self.limits.max_expanded_bytes >> 20)


def read_sevenzip(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a 7-Zip archive's members.

    Raises:
        Refused: ``needs-archives``, ``encrypted``, ``corrupt`` or a limit.
    """
    _need("py7zr", "7-Zip")
    import py7zr  # noqa: PLC0415 -- optional
    from py7zr import exceptions  # noqa: PLC0415 -- optional

    check_depth(source)
    stream = source.random_access()
    stored = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    broken = (
        exceptions.ArchiveError,
        LookupError,
        TypeError,
        AssertionError,
        AttributeError,
        MemoryError,
        *DAMAGE,
    )
    try:
        with py7zr.SevenZipFile(stream) as archive:
            if archive.needs_password():
                raise Refused("encrypted", format="7-Zip")
            infos = archive.list()
            if len(infos) > source.limits.max_members:
                raise Refused("too-many-members", members=source.limits.max_members)
            for group in _groups(infos, _TOGETHER * source.limits.max_document_bytes // 2):
                factory = _factory(py7zr, _Room(source, stored))
                archive.reset()
                archive.extract(targets=group, factory=factory)
                yield from _members(source, factory.held, reader)
    except exceptions.PasswordRequired as error:
        raise Refused("encrypted", format="7-Zip") from error
    except exceptions.UnsupportedCompressionMethodError as error:
        raise Refused("unsupported-compression", method="7-Zip") from error
    except broken as error:
        yield unread("corrupt", source.member, format="7-Zip", where=type(error).__name__)


def _groups(infos: list[Any], most: int) -> Iterator[list[str]]:
    """Yield the names of members that fit into memory together."""
    group: list[str] = []
    size = 0
    for info in infos:
        if info.is_directory:
            continue
        if group and size + (info.uncompressed or 0) > most:
            yield group
            group, size = [], 0
        group.append(info.filename)
        size += info.uncompressed or 0
    if group:
        yield group


def _factory(py7zr: Any, room: _Room) -> Any:
    """Return a factory whose members are held in memory and count against ``room``."""

    class Held(py7zr.io.Py7zIO):  # type: ignore[misc]
        """One member."""

        def __init__(self) -> None:
            self.body = io.BytesIO()

        def write(self, s: bytes | bytearray) -> int:
            room.take(len(s))
            return self.body.write(s)

        def read(self, size: int | None = None) -> bytes:
            return self.body.read(size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.body.seek(offset, whence)

        def flush(self) -> None:
            """Nothing to flush."""

        def size(self) -> int:
            return len(self.body.getvalue())

    class Factory(py7zr.io.WriterFactory):  # type: ignore[misc]
        """All members."""

        def __init__(self) -> None:
            self.held: dict[str, Held] = {}

        def create(self, filename: str) -> Held:
            made = self.held[filename] = Held()
            return made

    return Factory()


def _members(source: Source, held: dict[str, Any], reader: Reader) -> Iterator[Batch | Unread]:
    names = Names(source.member)
    for name, one in held.items():
        member, wrong = names.path(name)
        for code in wrong:
            yield unread(code, member)
        yield from reader(_member(source, one.body.getvalue(), name, member))


def read_rar(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a RAR archive's members (versions 1.5 to 5).

    Raises:
        Refused: ``needs-archives``, ``encrypted``, ``corrupt`` or a limit.
    """
    _need("unrar.cffi", "RAR")
    from unrar.cffi import unrarlib  # noqa: PLC0415 -- optional

    check_depth(source)
    raw = source.whole()
    names = Names(source.member)
    count = -1
    with _path(raw) as path:
        try:
            with unrarlib.RarArchive.open_for_processing(path) as archive:
                for count, header in enumerate(archive.iterate_headers()):
                    if count >= source.limits.max_members:
                        raise Refused("too-many-members", members=source.limits.max_members)
                    yield from _rar_member(source, header, unrarlib, names, reader)
            if count < 0:
                yield unread("corrupt", source.member, format="RAR", where="no members")
        except (unrarlib.BadRarFile, *DAMAGE) as error:
            said = str(error).lower()
            if "password" in said or "encrypt" in said or getattr(error, "code", 0) in {22, 24}:
                yield unread("encrypted", source.member, format="RAR")
            else:
                yield unread("corrupt", source.member, format="RAR", where=type(error).__name__)


@contextlib.contextmanager
def _path(raw: bytes) -> Iterator[Path]:
    """Give bytes a path without writing them to a disk."""
    if not hasattr(os, "memfd_create"):
        raise Refused("needs-archives", format="RAR")
    descriptor = os.memfd_create("rar")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(raw)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _rar_member(
    source: Source, header: Any, library: Any, names: Names, reader: Reader
) -> Iterator[Batch | Unread]:
    name = str(header.FileNameW).replace("\\", "/")
    if header.Flags & library.FLAGS_RHDF_DIRECTORY:
        header.skip()
        return
    member, wrong = names.path(name)
    for code in wrong:
        yield unread(code, member)
    if header.Flags & 4:  # RHDF_ENCRYPTED of unrar's dll.hpp
        yield unread("encrypted", member, format="RAR")
        header.skip()
        return
    room = _Room(source, int(header.PackSize))
    parts: list[bytes] = []
    stop: list[Refused] = []

    def take(chunk: bytes) -> None:
        if not stop:
            try:
                room.take(len(chunk))
                parts.append(bytes(chunk))
            except Refused as refused:
                stop.append(refused)
                parts.clear()

    try:
        header.test(take)
    except library.BadRarFile as error:
        yield unread("corrupt", member, format="RAR", where=type(error).__name__)
    if stop:
        yield stop[0].unread(member)
    elif parts:
        yield from reader(_member(source, b"".join(parts), name, member))
