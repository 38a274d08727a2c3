"""Room for what everybody may send and is large: so much at a time, and never the last of the disk.

What a form brings lies in a file without a name (``TMPDIR``): it is gone with its request, and with its process however that ends.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator

from anyio import CapacityLimiter

from qingyuan.web.errors import WebError

#: What comes of a form stays in memory up to so much: it needs no place of its own.
_LIGHT = 1 << 20
#: So much of the disk is left free.
_FREE = 256 << 20
#: So many are worked on at a time, however small: they share one interpreter with the pages.
_WORKED_ON = 2
#: Seconds after which somebody who found no room may ask again.
_LATER = 60


class Room:
    """Places for large bodies; used by the loop of one server only.

    Args:
        places: How many there are.
        most: Bytes of a body that does not say how long it is.

    Attributes:
        working: Threads that work on them.
    """

    def __init__(self, places: int, most: int) -> None:
        """Begin with every place free."""
        self.working = CapacityLimiter(_WORKED_ON)
        self._places = places
        self._most = most
        self._taken = 0
        self._bytes = 0

    @contextlib.contextmanager
    def place(self, size: int | None) -> Iterator[None]:
        """Hold a place for a body of so many bytes (``None``: it does not say) until it was worked on; a small one needs none.

        Raises:
            WebError: ``web.busy`` or ``web.no-space``, with when to come back.
        """
        size = self._most if size is None else size
        if size <= _LIGHT:
            yield
            return
        if self._taken >= self._places:
            raise _later("web.busy", "正在核验其他文件", "other files are being verified")
        if shutil.disk_usage(tempfile.gettempdir()).free - self._bytes - size < _FREE:
            raise _later("web.no-space", "服务器暂时没有空间接收", "the server has no room for it now")
        self._taken += 1
        self._bytes += size
        try:
            yield
        finally:
            self._taken -= 1
            self._bytes -= size


def _later(code: str, zh: str, en: str) -> WebError:
    error = WebError(
        code,
        503,
        zh=f"{zh}，没有接收",
        en=f"{en}; not taken",
        remedy_zh="请过几分钟再试，或者离线核验",
        remedy_en="try again in some minutes, or verify offline",
    )
    error.retry = _LATER
    return error


def too_slow() -> WebError:
    """Return the error of a form that did not come in time."""
    return WebError(
        "web.too-slow",
        408,
        zh="传送时间过长，没有接收",
        en="it took too long to arrive; not taken",
        remedy_zh="请离线核验，或者换用更快的网络",
        remedy_en="verify offline, or use a faster connection",
    )
