"""Playing a capture back with the network dead, and comparing what is then seen with what was seen.

The player's proxy has nothing that connects: what the archive does not hold is answered with 404. A fresh
browser that knows no other way out goes to the same address and is taken through the same plan.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import zipfile
from collections import defaultdict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal
from urllib.parse import urlsplit

import msgspec

from qingyuan.evidence.warc import INDEX, Limits, open_archive, read_index, read_records
from qingyuan.office.browser import Browser, BrowserError
from qingyuan.office.browser.authority import Authority
from qingyuan.office.capture._wire import Stream, body, delimits_itself, parse_head
from qingyuan.office.capture.bounds import Bounds, Meter
from qingyuan.office.capture.plan import Shown, look, walk
from qingyuan.office.capture.server import Server

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_MISSING = b"HTTP/1.1 404 Not in the archive\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_MOST_NAMED = 50
#: Answers come from the disk at once, so a short pause is enough.
_QUIET = 0.1
_TLS_HANDSHAKE = b"\x16"


class Replay(msgspec.Struct, frozen=True):
    """The result of playing a capture back.

    Attributes:
        result: ``"same"``, ``"differs"`` or ``"unknown"``.
        zh: Why, in Chinese.
        en: Why, in English.
        served: Answers that came from the archive.
        missing: Addresses that were asked for but are not in the archive; at most fifty.
        text_same: Whether the visible text is the same; ``None`` when unknown.
    """

    result: Literal["same", "differs", "unknown"]
    zh: str
    en: str
    served: int = 0
    missing: tuple[str, ...] = ()
    text_same: bool | None = None


class Player(Server):
    """Answers from a WACZ file, and from nothing else; before one is loaded, nothing is there.

    Args:
        authority: Makes certificates for the browser.
        idle: Seconds that the browser may stay silent for.
    """

    def __init__(self, authority: Authority, *, idle: float) -> None:
        """Take a port."""
        self._authority = authority
        self._reading = threading.Lock()
        self._open = contextlib.ExitStack()
        self._warc: BinaryIO | None = None
        self._places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self._asked: dict[tuple[str, str], int] = defaultdict(int)
        self.served = 0
        self.missing: list[str] = []
        super().__init__(name="replay", idle=idle)

    def load(self, wacz: Path) -> None:
        """Read the index of a WACZ file, and answer from it."""
        archive = self._open.enter_context(zipfile.ZipFile(wacz))
        for _, entry in read_index(archive.read(INDEX), where=wacz.name):
            if entry.status:
                self._places[entry.method or "GET", entry.url].append((int(entry.offset), int(entry.length)))
        for places in self._places.values():
            places.sort()
        self._warc = self._open.enter_context(open_archive(archive, where=wacz.name))

    def close(self) -> None:
        """End it."""
        super().close()
        self._open.close()

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection of the browser."""
        client = Stream(connection)
        base = ""
        while raw := client.head():
            request = parse_head(raw)
            if request.method == "CONNECT":
                client, base = self._tunnel(client, request.target)
                continue
            for _ in body(client, request):
                pass
            answer = self._answer(request.method, base + request.target)
            client.connection.sendall(answer)
            head = parse_head(answer[: answer.index(b"\n\r\n") + 3] if b"\n\r\n" in answer else answer)
            if not delimits_itself(head, request.method) or "close" in head.values("connection"):
                return

    def _tunnel(self, client: Stream, target: str) -> tuple[Stream, str]:
        """Begin a tunnel; return what is inside, and how addresses in it begin."""
        host, _, port = target.rpartition(":")
        client.connection.sendall(_ESTABLISHED)
        secure = client.first_byte() == _TLS_HANDSHAKE
        scheme, usual = ("https", "443") if secure else ("http", "80")
        if secure:
            secured = self._authority.context(host.strip("[]")).wrap_socket(
                client.connection, server_side=True, do_handshake_on_connect=False
            )
            self.hold(secured)
            secured.do_handshake()
            client = Stream(secured)
        return client, f"{scheme}://{host}" + ("" if port == usual else f":{port}")

    def _answer(self, method: str, url: str) -> bytes:
        with self._reading:
            places = self._places.get((method, url))
            if not places or self._warc is None:
                self.missing.append(url)
                return _MISSING
            turn = self._asked[method, url]
            self._asked[method, url] += 1
            offset, length = places[min(turn, len(places) - 1)]
            self._warc.seek(offset)
            member = self._warc.read(length)
            self.served += 1
        return next(read_records(BytesIO(member), Limits(), where=url)).block


class Replaying:
    """A fresh browser in front of a player, made ready while the page is still being kept.

    Args:
        launch: Starts a browser that accepts certificates of ``authority``.
        authority: Makes certificates for the browser.
        bounds: Limits.

    Raises:
        BrowserError: The browser cannot be started.
    """

    def __init__(self, launch: Callable[[], Browser], authority: Authority, bounds: Bounds) -> None:
        """Start both."""
        self._bounds = msgspec.structs.replace(bounds, quiet_seconds=min(bounds.quiet_seconds, _QUIET))
        with contextlib.ExitStack() as opened:
            self._player = opened.enter_context(Player(authority, idle=bounds.seconds))
            browser = opened.enter_context(launch())
            self._page = browser.page(proxy=self._player.address, console=False)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """End both."""
        self._opened.close()

    def play(self, wacz: Path, url: str, seen: Shown | None) -> Replay:
        """Play a capture back, once, and compare with what was seen.

        Args:
            wacz: The capture.
            url: Address to go to.
            seen: What the page showed when it was captured; ``None`` when that is unknown.
        """
        if seen is None:
            return Replay(
                "unknown", "取证时未能读取页面内容", "what the page showed was not read when it was captured"
            )
        meter = Meter(self._bounds)
        try:
            self._player.load(wacz)
            self._page.start(url, timeout=meter.left(self._bounds.load_seconds))
            walk(self._page, meter, url)
            shown = look(self._page, timeout=max(1.0, meter.left(30)))
        except BrowserError as error:
            return Replay("unknown", error.zh, error.en)
        return _compare(seen, shown, self._player)


def _compare(seen: Shown, shown: Shown, player: Player) -> Replay:
    missing = tuple(sorted({one for one in player.missing if not _is_optional(one)}))
    same = seen.text_sha256 == shown.text_sha256
    if same and not missing:
        return Replay(
            "same",
            "断网回放的可见文字与取证时一致，所需资源全部来自档案",
            "with the network dead the visible text is the same and everything asked for is in the archive",
            player.served,
            text_same=True,
        )
    zh, en = [], []
    if not same:
        zh.append("可见文字不同")
        en.append("the visible text differs")
    if missing:
        zh.append(f"{len(missing)} 个地址不在档案中")
        en.append(f"{len(missing)} addresses are not in the archive")
    return Replay("differs", "；".join(zh), "; ".join(en), player.served, missing[:_MOST_NAMED], same)


def _is_optional(url: str) -> bool:
    """Return whether a browser asks for it of its own accord, at times only once."""
    return urlsplit(url).path == "/favicon.ico"
