"""Packages that wait in the home to be fetched: sealed under a key of the home, so that no copy of them lies in clear."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import SealedReader
from qingyuan.evidence.custody import COMPLETED
from qingyuan.office.home import Home
from qingyuan.office.packages.encryption import MAGIC
from qingyuan.office.packages.packaging import Packed, make_package
from qingyuan.office.progress import Report
from qingyuan.store.schema import EVENT

#: The folder in a home, and the scope of the key.
WAITING = "packages"
_ENDING = ".evp.sealed"


def make_waiting(
    home: Home,
    record: str,
    *,
    to: str,
    actor: str,
    encrypt_to: Sequence[str] = (),
    report: Report | None = None,
    request: str = "",
) -> Packed:
    """Make the package of a docket and let it wait; see :func:`~qingyuan.office.packages.packaging.make_package`.

    Args:
        home: The office.
        record: A lead, matter or case.
        to: Whom it is handed to, in words.
        actor: Who makes it.
        encrypt_to: age recipients, or names of ``recipients.yaml``; when there are any, only they can open what is fetched.
        report: Told how far it is.
        request: Names what wants it, by letters and digits: :func:`made_for` finds the package of a run that was killed after it was made.

    Raises:
        OfficeError: As for ``make_package``.
    """
    folder = home.path / WAITING
    folder.mkdir(exist_ok=True, mode=0o700)
    new = _named(home, request or f"{os.getpid()}-{secrets.token_hex(4)}")
    new.unlink(missing_ok=True)  # of a run that was killed before the log said that it is there
    made = make_package(
        home, record, new, to=to, actor=actor, encrypt_to=encrypt_to, sealed_as=WAITING, report=report
    )
    return msgspec.structs.replace(made, path=_let_wait(home, new, made.id, keep=bool(request)))


def made_for(home: Home, request: str) -> tuple[str, int] | None:
    """Return identifier and size of the package that a request made, ``None`` when the log knows of none.

    It lies under the name of its request until it is swept away, so that whoever was killed before noting its number finds it.

    Args:
        home: The office.
        request: As it was given to :func:`make_waiting`.
    """
    path = _named(home, request)
    if not path.is_file():
        return None
    with SealedReader.open(path, home.scope_key(WAITING).key) as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    with home.database.read() as connection:
        rows = connection.execute(sa.select(EVENT.c.payload).where(EVENT.c.type == COMPLETED))
        told = [msgspec.json.decode(row.payload) for row in rows]
    for one in told:
        if one["sha256"] == found:
            if not is_waiting(home, one["package"]):
                _let_wait(home, path, one["package"], keep=True)
            return str(one["package"]), int(one["size"])
    return None


def _let_wait(home: Home, new: Path, package: str, *, keep: bool) -> Path:
    """Give a package its own name; its first one stays beside it where a request may ask for it."""
    path = _path(home, package)
    if not keep:
        return new.replace(path)
    os.link(new, path)
    return path


def is_waiting(home: Home, package: str) -> bool:
    """Return whether a package can be fetched.

    Args:
        home: The office.
        package: Its identifier, one that the journal knows.
    """
    return _path(home, package).is_file()


def open_waiting(home: Home, package: str) -> SealedReader:
    """Return the package, opened for reading.

    Args:
        home: The office.
        package: Its identifier, one that the journal knows.

    Raises:
        SealError: What lies there was altered.
        SourceError: It is not there any more.
    """
    return SealedReader.open(_path(home, package), home.scope_key(WAITING).key)


def is_for_recipients(content: SealedReader) -> bool:
    """Return whether a package that waits is encrypted to recipients; ``content`` stands at its beginning again."""
    start = content.read(len(MAGIC))
    content.seek(0)
    return start == MAGIC


def sweep_waiting(home: Home, seconds: float) -> int:
    """Remove packages, and leavings of killed runs, that have waited for so many seconds; return how many.

    What an earlier version left there in clear goes at once: it can be made again.
    """
    folder, before, removed = home.path / WAITING, time.time() - seconds, 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.suffix != ".evp" and path.stat().st_mtime >= before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed += 1
    return removed


def _path(home: Home, package: str) -> Path:
    return home.path / WAITING / f"{package}{_ENDING}"


def _named(home: Home, request: str) -> Path:
    return home.path / WAITING / f"{request}{_ENDING}"
