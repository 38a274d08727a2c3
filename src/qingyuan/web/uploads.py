"""Uploads by chunks: constant memory, and gone on with after the network, the browser or the server failed.

A batch is a folder below ``home/uploads/``, readable by the owner only. A file of it is announced with its path and size, and its
chunks are appended at the offset that it has, each sealed as it arrives (:mod:`qingyuan.evidence.growing`). It waits there until
its intake is complete, and is removed then.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool

from qingyuan.evidence import Growing, Source, begin_growing, grown, open_grown
from qingyuan.office.home import Home
from qingyuan.office.sealing import seal_algorithm
from qingyuan.web.errors import WebError, bad_request, no_room, not_found
from qingyuan.web.settings import ServeSettings
from qingyuan.web.state import JOB, UPLOAD, State

_HEX = re.compile(r"[0-9a-f]{16}\Z")
_LONGEST = 255
_DEEPEST = 32
#: The scope of the key that seals what waits.
_SCOPE = "uploads"
#: What came is sealed when it is so much, and at the end of a chunk.
_PIECE = 1 << 20
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: The name of a batch begins with so many digits that say whose it is.
_WHOSE = 6
#: A batch in which nothing was ever announced may go after so many seconds.
_EMPTY = 3600.0


class Upload(msgspec.Struct, frozen=True):
    """A file that is being sent.

    Attributes:
        id: Random identifier.
        batch: Its batch.
        person: Who sends it.
        path: Its path inside the batch.
        size: Bytes in all.
        offset: Bytes that are here.
    """

    id: str
    batch: str
    person: str
    path: str
    size: int
    offset: int


class Uploads:
    """The uploads of a home.

    Args:
        state: Where they are listed.
        home: Whose key seals them; the batches are in its folder ``uploads``, made when missing.
        bounds: Largest file, and how much of one person may wait.
    """

    def __init__(self, state: State, home: Home, bounds: ServeSettings) -> None:
        """Use the folder of ``home``."""
        self._state = state
        self._home = home
        self._root = home.path / "uploads"
        self._bounds = bounds
        self._root.mkdir(mode=0o700, exist_ok=True)

    def batch(self, person: str) -> str:
        """Begin a batch of a person.

        Raises:
            WebError: ``web.uploads-full`` when too many of that person wait.
        """
        whose = hashlib.sha256(person.encode()).hexdigest()[:_WHOSE]
        if len(own := list(self._root.glob(f"{whose}*"))) >= self._bounds.upload_batches:
            before = time.time() - _EMPTY
            for folder in own:
                if folder.stat().st_mtime < before:
                    with contextlib.suppress(OSError):  # something is in it
                        folder.rmdir()
            if sum(1 for _ in self._root.glob(f"{whose}*")) >= self._bounds.upload_batches:
                raise self._full()
        name = whose + secrets.token_hex(8)[_WHOSE:]
        (self._root / name).mkdir(mode=0o700)
        return name

    def folder(self, batch: str) -> Path:
        """Return the folder of a batch.

        Raises:
            WebError: There is no such batch.
        """
        path = self._root / batch
        if not _HEX.match(batch) or not path.is_dir():
            raise not_found(batch)
        return path

    def drop(self, batch: str) -> None:
        """Remove a batch and everything in it."""
        if _HEX.match(batch):
            shutil.rmtree(self._root / batch, ignore_errors=True)
            with self._state.write() as connection:
                connection.execute(sa.delete(UPLOAD).where(UPLOAD.c.batch == batch))

    def sweep(self, seconds: float) -> int:
        """Remove batches that nothing was added to for so many seconds, and return how many.

        A batch whose intake waits or runs stays; one whose intake was cancelled or failed goes with the others.
        """
        with self._state.read() as connection:
            rows = connection.execute(
                sa.select(JOB.c.args).where(JOB.c.state.in_(("queued", "running", "stopping")))
            )
            needed = {str(msgspec.json.decode(row.args).get("batch")) for row in rows}
        removed, before = 0, time.time() - seconds
        for folder in self._root.iterdir():
            if folder.name not in needed and _touched(folder) < before:
                self.drop(folder.name)
                removed += 1
        return removed

    def announce(self, batch: str, path: str, size: int, person: str) -> Upload:
        """Announce a file; one with the same path and size is gone on with.

        Raises:
            WebError: The path or size is not acceptable, or another file has the path; ``web.uploads-full`` when too much of
                that person waits, ``web.no-room`` when the disk has no room for it.
        """
        name = clean(path)
        if not 0 <= size <= self._bounds.max_upload_bytes:
            raise bad_request("文件过大", "the file is too large", code="web.too-large")
        target = self.folder(batch) / name
        with self._state.write() as connection:
            known = connection.execute(
                sa.select(UPLOAD).where(UPLOAD.c.batch == batch, UPLOAD.c.path == name)
            ).first()
            if known is not None:
                if known.size != size or known.person != person:
                    raise bad_request(
                        "同名文件已在上传", "another file of that name is being sent", code="web.same-name"
                    )
                return self._upload(known)
            self._bound(connection, person, size)
            identifier = secrets.token_hex(8)
            connection.execute(
                sa.insert(UPLOAD).values(
                    id=identifier, batch=batch, person=person, path=name, size=size, created=int(time.time())
                )
            )
        with _roomy():
            self._begin(target)
        return Upload(identifier, batch, person, name, size, 0)

    def _bound(self, connection: sa.Connection, person: str, size: int) -> None:
        """Refuse what would be too much of one person, or for the disk."""
        wanted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(UPLOAD.c.size), 0))
        files, waiting = connection.execute(wanted.where(UPLOAD.c.person == person)).one()
        if files >= self._bounds.upload_files or int(waiting) + size > self._bounds.upload_waiting_bytes:
            raise self._full()
        if size > shutil.disk_usage(self._root).free:
            raise no_room()

    def _full(self) -> WebError:
        most, days = self._bounds, self._bounds.upload_days
        size = most.upload_waiting_bytes >> 30
        return WebError(
            "web.uploads-full",
            409,
            zh=f"您上传后尚未封存的材料过多（每人最多 {most.upload_batches} 批、{most.upload_files} 个文件、{size} GiB）",
            en=f"too much that you sent waits to be sealed (each person {most.upload_batches} batches, {most.upload_files} files, {size} GiB)",
            remedy_zh=f"请先为已传完的批次办理封存；{days} 天无续传的自动清除。大量小文件可打包为 ZIP，或由管理员用 qingyuan intake 导入",
            remedy_en=f"take in first what is there; what nothing is added to for {days} days is removed. Many small files may go as one ZIP, or by qingyuan intake",
        )

    def get(self, identifier: str, person: str) -> Upload:
        """Return an upload of a person.

        Raises:
            WebError: There is none.
        """
        return self._upload(self._row(identifier, person))

    def _row(self, identifier: str, person: str) -> sa.Row[tuple[object, ...]]:
        with self._state.read() as connection:
            row = connection.execute(
                sa.select(UPLOAD).where(UPLOAD.c.id == identifier, UPLOAD.c.person == person)
            ).first()
        if row is None:
            raise not_found(identifier)
        return row

    def complete(self, batch: str, person: str = "") -> bool:
        """Return whether a batch has files, all of them whole, and all of them of one person when a person is named."""
        with self._state.read() as connection:
            rows = list(connection.execute(sa.select(UPLOAD).where(UPLOAD.c.batch == batch)))
        return bool(rows) and all(
            self._upload(row).offset == row.size and person in {"", row.person} for row in rows
        )

    async def append(self, identifier: str, person: str, offset: int, chunks: AsyncIterator[bytes]) -> int:
        """Append to an upload of a person and return the offset it then has.

        Raises:
            WebError: There is none; ``web.wrong-offset`` when the file is longer or shorter than that or is being written
                to, or more comes than was announced; ``web.no-room`` when the disk is full.
        """
        with _roomy():
            return await self._append(identifier, person, offset, chunks)

    async def _append(self, identifier: str, person: str, offset: int, chunks: AsyncIterator[bytes]) -> int:
        row = await run_in_threadpool(self._row, identifier, person)
        file = await run_in_threadpool(self._open, self._root / row.batch / row.path)
        waiting = bytearray()
        try:
            if file.size != offset:
                raise _misplaced(file.size)
            async for chunk in chunks:
                if file.size + len(waiting) + len(chunk) > row.size:
                    raise bad_request(
                        "内容超过声明的大小", "more came than was announced", code="web.too-much"
                    )
                waiting += chunk
                if len(waiting) >= _PIECE:
                    await run_in_threadpool(file.append, bytes(waiting))
                    waiting.clear()
        finally:
            with contextlib.closing(file):  # what came before the connection broke is kept
                file.append(bytes(waiting))
        return file.size

    def put(self, batch: str, path: str, stream: BinaryIO) -> None:
        """Put a whole file into a batch, for browsers that send a plain form.

        Raises:
            WebError: The name cannot be used, or ``web.no-room``.
        """
        target = self.folder(batch) / clean(path)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{number}-{target.name}")
        with _roomy(), contextlib.closing(self._open(target)) as file:
            while part := stream.read(_PIECE):
                file.append(part)

    def content(self, path: Path) -> AbstractContextManager[Source]:
        """Return the content of a file of a batch, to be taken in.

        Raises:
            SourceError: It was altered, or changes while it is read.
        """
        return open_grown(path, self._home.scope_key(_SCOPE).key)

    def _begin(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        home = self._home
        begin_growing(target, home.scope_key(_SCOPE), home.entropy, algorithm=seal_algorithm(home))

    def _open(self, path: Path) -> Growing:
        if not path.exists():  # it was announced, and the process killed
            self._begin(path)
        key = self._home.scope_key(_SCOPE).key
        try:
            return Growing(path, key, self._home.entropy)
        except BlockingIOError:
            raise _misplaced(grown(path, key)) from None

    def _upload(self, row: sa.Row[tuple[object, ...]]) -> Upload:
        path = self._root / row.batch / row.path
        offset = grown(path, self._home.scope_key(_SCOPE).key) if path.exists() else 0
        return Upload(row.id, row.batch, row.person, row.path, row.size, offset)


@contextlib.contextmanager
def _roomy() -> Iterator[None]:
    """Tell a full disk as such."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room() from error
        raise


def _misplaced(offset: int) -> WebError:
    return WebError("web.wrong-offset", 409, zh=f"应从第 {offset} 字节继续", en=f"go on from byte {offset}")


def _touched(folder: Path) -> float:
    """Return when something in a folder last changed."""
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))


def clean(path: str) -> str:
    """Return a path that stays inside its batch, whatever a browser sends.

    Raises:
        WebError: Nothing of it is left, or it is too long.
    """
    parts = [part.strip() for part in PurePosixPath(path.replace("\\", "/")).parts]
    kept = ["".join(c for c in part if c.isprintable()) for part in parts]
    kept = [part for part in kept if part not in {"", ".", "..", "/"}]
    if not kept or len(kept) > _DEEPEST or any(len(part.encode()) > _LONGEST for part in kept):
        raise bad_request("文件名不能使用", "that file name cannot be used", code="web.bad-name")
    return "/".join(kept)
