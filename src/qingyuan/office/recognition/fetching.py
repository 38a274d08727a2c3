"""Asking another office over HTTP: bounded in time and size, redirects not followed, nothing believed.

A :class:`Place` is one URL prefix; a :class:`PublishedLog` reads the tiles of a log below one.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, urlsplit

from qingyuan.ledger import (
    HASH_SIZE,
    SHA256,
    TILE_HEIGHT,
    TILE_WIDTH,
    HashSuite,
    TileFolder,
    TileName,
    decode_bundle,
)
from qingyuan.ledger.note import MAX_NOTE_SIZE
from qingyuan.office.errors import OfficeError
from qingyuan.office.reaching import connection_to

#: Seconds for one request.
REQUEST_SECONDS = 10.0

_BUNDLE_SIZE = TILE_WIDTH * ((1 << 16) + 1)
_WORDS = {"witness": ("见证方", "the witness"), "log": ("对方日志", "the log")}


def shown_url(url: str) -> str:
    """Return an address as errors may show it: without a user's name and password, query and fragment."""
    scheme, sign, rest = url.partition("://")
    if not sign:
        return url
    place, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


class LogSource(Protocol):
    """A published log: its checkpoint, hashes and entries, none of them verified.

    Attributes:
        size: Size of the tree whose tiles are read; to be set once a checkpoint was verified.
    """

    size: int

    def checkpoint(self) -> bytes | None:
        """Return the checkpoint note, or ``None`` when there is none."""

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level, as far as they are there."""

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries, as far as they are there."""


class Place:
    """One URL prefix, reached over a connection that is kept for the next request.

    Args:
        url: The prefix, ``http`` or ``https``.
        kind: ``"witness"`` or ``"log"``; names the errors.
        seconds: Time for each request.

    Raises:
        OfficeError: ``office.KIND-url`` when it is not such a URL.
    """

    def __init__(self, url: str, kind: str = "log", *, seconds: float = REQUEST_SECONDS) -> None:
        """Check the address; nothing is sent."""
        self._kind, self._seconds = kind, seconds
        self._parts = self._split(url)
        self._connection = connection_to(self._parts, seconds)
        #: The socket of the request under way: the connection forgets it when the answer says that it is the last.
        self._held: socket.socket | None = None

    def __enter__(self) -> Self:
        """Return the place."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return self._parts.netloc

    def get(self, path: str, limit: int) -> tuple[int, str, bytes]:
        """Return status, content type and body of a GET below the prefix.

        Raises:
            OfficeError: ``office.KIND-unreachable`` when there is no complete answer of at most ``limit`` bytes.
        """
        return self._ask("GET", path, None, limit, self._seconds)

    def post(
        self, path: str, body: bytes, limit: int, *, seconds: float | None = None
    ) -> tuple[int, str, bytes]:
        """Return status, content type and body of a POST below the prefix, with ``seconds`` for it.

        Raises:
            OfficeError: As :meth:`get`.
        """
        return self._ask("POST", path, body, limit, self._seconds if seconds is None else seconds)

    def _ask(
        self, method: str, path: str, body: bytes | None, limit: int, seconds: float
    ) -> tuple[int, str, bytes]:
        target = f"{self._parts.path.rstrip('/')}/{path}"
        kept = self._connection.sock is not None
        try:
            with self._within(seconds) as late:
                try:
                    return self._exchange(method, target, body, limit, late)
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    if not kept or late.is_set():
                        raise
                # A kept connection may have been closed while it was idle; then nothing was answered.
                self._connection.close()
                return self._exchange(method, target, body, limit, late)
        except (
            OSError,
            http.client.HTTPException,
            UnicodeError,
        ) as error:  # of a name that is none in the DNS
            self._connection.close()
            raise self.unreachable(type(error).__name__) from error

    def _exchange(
        self, method: str, target: str, body: bytes | None, limit: int, late: threading.Event
    ) -> tuple[int, str, bytes]:
        if self._connection.sock is None:
            self._connection.connect()
        self._held = self._connection.sock
        self._connection.request(method, target, body)
        with contextlib.closing(self._connection.getresponse()) as response:
            data = response.read(limit + 1)
        if len(data) > limit:
            raise http.client.HTTPException("the reply is too long")
        if response.length:  # read(n) does not say by itself that there was less than promised
            raise http.client.IncompleteRead(data, response.length)
        if late.is_set():  # a reply without a length seems whole when it is cut
            raise TimeoutError
        return response.status, response.getheader("Content-Type", ""), data

    @contextlib.contextmanager
    def _within(self, seconds: float) -> Iterator[threading.Event]:
        # The timeout of a socket only sees silence; this also ends a reply that drips.
        late = threading.Event()
        alarm = threading.Timer(seconds, self._cut, (late,))
        alarm.daemon = True
        alarm.start()
        try:
            yield late
        finally:
            alarm.cancel()
            self._held = None

    def _cut(self, late: threading.Event) -> None:
        late.set()
        for sock in filter(None, (self._connection.sock, self._held)):
            with contextlib.suppress(OSError):  # closed in between
                sock.shutdown(socket.SHUT_RDWR)

    def _split(self, url: str) -> SplitResult:
        zh, en = _WORDS[self._kind]
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.query or parts.fragment or parts.username is not None:
            raise OfficeError(
                f"office.{self._kind}-url",
                zh=f"{zh}的地址不是 http 或 https 网址",
                en=f"the address of {en} is not an http or https URL",
                where=shown_url(url),
                remedy_zh=f"例如 https://{self._kind}.example/",
                remedy_en=f"for example https://{self._kind}.example/",
            )
        return parts

    def unreachable(self, why: str) -> OfficeError:
        """Return the error that there was no complete answer."""
        zh, en = _WORDS[self._kind]
        return OfficeError(
            f"office.{self._kind}-unreachable",
            zh=f"{zh}没有完整答复（{why}）",
            en=f"{en} gave no complete answer ({why})",
            where=self.name,
            remedy_zh="稍后重试；其他各方不受影响",
            remedy_en="try again later; the others are not affected",
        )


class PublishedLog:
    """A log read over HTTP by the paths of c2sp.org/tlog-tiles.

    Args:
        place: The log's prefix.
        size: Size of the tree whose tiles are read; says how wide its last tiles are.
    """

    def __init__(self, place: Place, size: int = 0) -> None:
        """Name the log; nothing is sent."""
        self._place = place
        self.size = size

    def checkpoint(self) -> bytes | None:
        """Return the checkpoint note, or ``None`` when the log has none.

        Raises:
            OfficeError: ``office.log-unreachable``.
        """
        status, _, body = self._place.get("checkpoint", MAX_NOTE_SIZE)
        if status not in (200, 404):
            raise self._place.unreachable(f"HTTP {status}")
        return body if status == 200 else None  # noqa: PLR2004 - HTTP

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level in order of index, as far as the tree has them.

        Raises:
            OfficeError: ``office.log-unreachable``, or ``office.log-tile`` when a tile is not of its size.
        """
        count = self.size >> (TILE_HEIGHT * level)
        hashes: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-min(stop, count) // TILE_WIDTH)):
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            data = self._tile(TileName(level, index, width), TILE_WIDTH * HASH_SIZE)
            if len(data) % HASH_SIZE or len(data) < width * HASH_SIZE:
                raise self._wrong(TileName(level, index, width))
            hashes += [data[at : at + HASH_SIZE] for at in range(0, width * HASH_SIZE, HASH_SIZE)]
        skip = start % TILE_WIDTH
        return hashes[skip : skip + stop - start]

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries in order of index, as far as the tree has them.

        Raises:
            OfficeError: As :meth:`read_hashes`.
            FormatError: ``ledger.bundle`` when a bundle is malformed.
        """
        entries: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-min(stop, self.size) // TILE_WIDTH)):
            width = min(TILE_WIDTH, self.size - index * TILE_WIDTH)
            bundle = decode_bundle(self._tile(TileName(-1, index, width), _BUNDLE_SIZE))
            if len(bundle) < width:
                raise self._wrong(TileName(-1, index, width))
            entries += bundle[:width]
        skip = start % TILE_WIDTH
        return entries[skip : skip + stop - start]

    def _tile(self, name: TileName, limit: int) -> bytes:
        status, _, body = self._place.get(name.path, limit)
        if status == 404 and name.width < TILE_WIDTH:  # noqa: PLR2004 - HTTP
            # A log may drop a partial tile once the full one is there.
            status, _, body = self._place.get(TileName(name.level, name.index).path, limit)
        if status != 200:  # noqa: PLR2004 - HTTP
            raise self._place.unreachable(f"HTTP {status}, {name.path}")
        return body

    def _wrong(self, name: TileName) -> OfficeError:
        return OfficeError(
            "office.log-tile",
            zh="对方日志的瓦片残缺",
            en="a tile of the log is cut short",
            where=f"{self._place.name} {name.path}",
            remedy_zh="稍后重试；若持续，请联系日志方",
            remedy_en="try again later; if it stays so, contact the log",
        )


class FolderLog:
    """A log read from its folder of tiles.

    Args:
        folder: The folder.
        suite: Hash suite of the log.
    """

    def __init__(self, folder: Path, suite: HashSuite = SHA256) -> None:
        """Name the folder; nothing is read."""
        self._tiles = TileFolder(folder, suite)
        self.size = 0

    def checkpoint(self) -> bytes | None:
        """Return the checkpoint note, or ``None`` when there is none."""
        return self._tiles.checkpoint()

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Return hashes of a tile level, as far as the folder has them."""
        return self._tiles.read_hashes(level, start, stop)

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries, as far as the folder has them."""
        return self._tiles.read_entries(start, stop)


@contextlib.contextmanager
def open_log(
    where: str, suite: HashSuite = SHA256, *, seconds: float = REQUEST_SECONDS
) -> Iterator[LogSource]:
    """Yield the published log at a URL or in a folder.

    Args:
        where: An ``http`` or ``https`` prefix, or the path of a folder.
        suite: Hash suite of the log.
        seconds: Time for each request.

    Raises:
        OfficeError: ``office.log-url``.
    """
    if "://" not in where:
        yield FolderLog(Path(where), suite)
        return
    with Place(where, seconds=seconds) as place:
        yield PublishedLog(place)
