"""Files that outsiders send with a form: counted, measured and renamed before anything else sees them; then sealed."""

from __future__ import annotations

import contextlib
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Prepared, Sealer
from qingyuan.store import StoredEvent
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.limits import Tries

#: Who collects what comes through the portal; one signing key stands for it.
PORTAL = "portal"
MAX_FILES = 9
MAX_FILE_BYTES = 20 << 20
MAX_TEXT = 5000
_MAX_NAME = 80
_HOUR = 3600
_WINDOWS = frozenset('<>:"|?*')


class Sent(msgspec.Struct, frozen=True):
    """A file as it came.

    Attributes:
        name: A file name that stays where it is put.
        path: Where its bytes are, for as long as the form is worked on.
    """

    name: str
    path: Path


def allowed(ask: Ask, what: str) -> None:
    """Count one attempt of the network address at something.

    Raises:
        WebError: ``web.too-many``.
    """
    tries: Tries = ask.desk.tries
    if wait := tries.take(f"{what} {ask.address}", ask.desk.settings.portal_per_hour, _HOUR):
        raise _too_many(wait)


def not_exhausted(ask: Ask, what: str) -> None:
    """Refuse a network address that failed too often at something, without counting anything.

    Raises:
        WebError: ``web.too-many``.
    """
    tries: Tries = ask.desk.tries
    if wait := tries.exhausted(f"{what} {ask.address}", ask.desk.settings.portal_per_hour):
        raise _too_many(wait)


def _too_many(wait: int) -> WebError:
    return WebError(
        "web.too-many",
        429,
        zh="提交过于频繁",
        en="too many in a short time",
        remedy_zh=f"请在 {-(-wait // 60)} 分钟后再试；紧急情况请直接联系本院",
        remedy_en=f"try again in {-(-wait // 60)} minutes; if it is urgent, call the office",
    )


@contextlib.contextmanager
def received(ask: Ask, field: str) -> Iterator[list[Sent]]:
    """Yield the files of a form on disk, under names of ours; they are gone afterwards.

    Raises:
        WebError: Too many files, or one that is too large.
    """
    uploads = ask.uploads(field)
    if len(uploads) > MAX_FILES:
        raise bad_request(f"最多 {MAX_FILES} 个文件", f"up to {MAX_FILES} files", code="web.too-many-files")
    with TemporaryFolder("material") as folder:
        found: list[Sent] = []
        taken: set[str] = set()
        for number, upload in enumerate(uploads):
            name = safe_name(upload.filename or "")
            while name.casefold() in taken:
                name = f"{number + 1}-{name}"
            taken.add(name.casefold())
            if upload.size is None or upload.size > MAX_FILE_BYTES:
                most = MAX_FILE_BYTES >> 20
                raise bad_request(
                    f"“{name}”超过 {most} MB", f'"{name}" is larger than {most} MB', code="web.file-too-large"
                )
            path = folder.path / str(number)
            with path.open("xb") as file:
                shutil.copyfileobj(upload.file, file)
            found.append(Sent(name, path))
        yield found


def safe_name(name: str) -> str:
    """Return the last part of a file name with nothing in it that leaves a folder, ends a line or reverses the reading."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(
        "_" if c in _WINDOWS else c for c in unicodedata.normalize("NFC", last) if c.isprintable()
    )
    plain = plain.strip(" .")
    if len(plain) > _MAX_NAME:
        stem, dot, ending = plain.rpartition(".")
        plain = (
            f"{(stem or ending)[: _MAX_NAME - 10]}{dot}{ending[:9]}" if dot and stem else plain[:_MAX_NAME]
        )
    return plain or "file"


def seal_then(
    desk: Desk,
    scope: str,
    sent: Sequence[tuple[str, Path]],
    *,
    source: str,
    act: Callable[[sa.Connection, list[str]], list[StoredEvent]],
) -> list[StoredEvent]:
    """Seal files and act on them in one transaction; when the act is refused, nothing stays.

    Args:
        desk: The office.
        scope: Lead or matter.
        sent: Path in the scope and place on disk, of each file.
        source: From where, in words.
        act: Takes the transaction and the exhibits.
    """
    with desk.turn:
        while True:
            try:
                stored = _seal_then(desk.home, scope, sent, source, act)
            except _GoneError:
                continue
            desk.home.publish()
            return stored


class _GoneError(Exception):
    """Another process took back the very content that this one relied on: it has to be sealed again."""


def _seal_then(
    home: Home,
    scope: str,
    sent: Sequence[tuple[str, Path]],
    source: str,
    act: Callable[[sa.Connection, list[str]], list[StoredEvent]],
) -> list[StoredEvent]:
    """Seal files and act on them.

    Raises:
        _GoneError: What was there already, put there by another process, is gone again.
    """
    sealer = Sealer(home, scope, Collector(PORTAL, method="portal", source=source))
    prepared: list[Prepared] = []
    ours: list[str] = []
    try:
        prepared += [sealer.file(path, name) for name, path in sent]
        kept = sealer.keep(prepared)
        known = [one.sealed.sha256 for one, given in zip(kept, prepared, strict=True) if one is not given]
        ours += {one.sealed.sha256 for one in kept} - {*known}
        with home.database.write() as connection:
            _still(home, scope, known)
            rows = sealer.record(connection, kept) if kept else []
            return act(connection, [row.id for row in rows])
    except BaseException:
        _take_back(home, scope, ours)
        for one in prepared:
            one.temporary.unlink(missing_ok=True)
        raise


def _still(home: Home, scope: str, digests: Sequence[str]) -> None:
    if not all(home.blobs.has(scope, digest) for digest in digests):
        raise _GoneError


def _take_back(home: Home, scope: str, digests: Sequence[str]) -> None:
    """Remove blobs that no exhibit names; in the turn of whoever writes, as another process may be about to name one."""
    if not digests:
        return
    with contextlib.suppress(QingyuanError, sa.exc.SQLAlchemyError), home.database.write() as connection:
        named = {row.sha256 for row in exhibits(connection, [scope])}
        for digest in digests:
            if digest not in named:
                home.blobs.remove(scope, digest)
