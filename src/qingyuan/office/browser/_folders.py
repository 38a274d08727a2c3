"""Temporary folders that are gone afterwards, even when their owner was killed.

A folder is locked while its owner lives. Whoever makes the next one removes those whose owners are gone.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from qingyuan.office.browser.errors import BrowserError

_PREFIX = "qingyuan-"
#: What folders are for. Only folders of such a name are ever removed: others that begin alike are somebody else's, in use.
_PURPOSES = ("browser", "capture", "material", "standby")
_YOUNG = ".qingyuan-"
_LOCK = "lock"
_POLL = 0.01
_END_SECONDS = 5.0
#: Characters of a path of temporary folders that leave room for a socket's name (108 in all).
_LONGEST = 36


class TemporaryFolder:
    """A folder that only we can read; :meth:`remove` it, or use it as a context manager.

    Args:
        purpose: ``"browser"``, ``"capture"``, ``"standby"``, or ``"material"`` for what lies in clear while it is worked on.

    Attributes:
        path: Where it is.
    """

    def __init__(self, purpose: str) -> None:
        """Make it, after removing what others left behind."""
        if purpose not in _PURPOSES:
            raise ValueError(purpose)
        remove_leftovers()
        young = Path(tempfile.mkdtemp(prefix=f"{_YOUNG}{purpose}-", dir=_base()))
        self._lock = (young / _LOCK).open("w", encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Only now, locked, does it get a name under which others look for what is left over.
        self.path = young.rename(young.with_name(young.name.removeprefix(".")))

    def __enter__(self) -> Self:
        """Return the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove it."""
        self.remove()

    def remove(self) -> None:
        """Remove it and all in it; may be called twice.

        Raises:
            BrowserError: ``browser.folder-stays``.
        """
        _remove(self.path)
        self._lock.close()


def _remove(folder: Path) -> None:
    """Remove a folder into which an ending process may still write."""
    deadline = time.monotonic() + _END_SECONDS
    while True:
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise _stuck(folder, error) from error
        else:
            return
        if time.monotonic() > deadline:
            raise _stuck(folder, None)
        time.sleep(_POLL)


def _stuck(folder: Path, error: OSError | None) -> BrowserError:
    reason = (error.strerror or type(error).__name__) if error else "ENOTEMPTY"
    return BrowserError(
        "browser.folder-stays",
        zh=f"临时目录无法删除：{reason}",
        en=f"a temporary folder cannot be removed: {reason}",
        where=str(folder),
        remedy_zh="请手工删除该目录",
        remedy_en="remove it by hand",
    )


def remove_leftovers() -> int:
    """Remove the folders whose owners are gone; return how many."""
    count = 0
    base = _base()
    for folder in sorted(one for purpose in _PURPOSES for one in base.glob(f"{_PREFIX}{purpose}-*")):
        try:
            with (folder / _LOCK).open("r+", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:  # it has its name only once locked: so another's removal was not finished
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, or of another user
            continue
        count += not folder.exists()
    return count


def _base() -> Path:
    """Return where temporary folders go; the browser makes a socket there, whose path must be short."""
    usual = Path(tempfile.gettempdir())
    short = Path("/tmp")  # noqa: S108 - only folders that are made for us alone go there
    return short if len(str(usual)) > _LONGEST and short.is_dir() else usual
