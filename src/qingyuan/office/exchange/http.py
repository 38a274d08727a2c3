"""Bundles over HTTP: one POST gives a bundle and gets the receipts back. The bundle carries its own proof; the wire needs none.

Confidentiality is for TLS in front of it, as for every service of the house.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.exchange import ExchangeError
from qingyuan.office.exchange.receiving import receive_bytes
from qingyuan.office.home import Home
from qingyuan.shapes import from_json

PATH = "/exchange/v1"
#: Largest bundle taken over a network.
_MOST = 512 << 20
_TIMEOUT = 60.0
#: Most bytes of a refusal that are read.
_SAID = 1 << 16


def exchange_server(home: Home, host: str, port: int, *, actor: str) -> ThreadingHTTPServer:
    """Return a server that takes bundles in, one at a time; the caller runs and closes it."""
    turn = threading.Lock()

    class _Handler(BaseHTTPRequestHandler):
        """Takes one bundle a request."""

        timeout = _TIMEOUT

        def do_POST(self) -> None:
            """Take a bundle in and answer with what became of it and the receipts."""
            length = self.headers.get("Content-Length", "")
            if self.path != PATH or not (length.isascii() and length.isdigit()):
                self._answer(404, b"")
                return
            if int(length) > _MOST:
                self._answer(413, b"")
                return
            data = self.rfile.read(int(length))
            try:
                with turn:
                    taken = receive_bytes(home, data, actor=actor)
            except QingyuanError as error:
                body = {"code": error.code, "zh": error.zh, "en": error.en, "where": error.where}
                self._answer(422, msgspec.json.encode(body))
                return
            replies = [reply.data for reply in taken.replies]
            self._answer(200, msgspec.json.encode({"outcome": taken.outcome, "replies": replies}))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Say nothing: what came is in the log of the office."""
            del format, args

    return ThreadingHTTPServer((host, port), _Handler)


class _Answer(msgspec.Struct):
    outcome: str = ""
    replies: tuple[bytes, ...] = ()


class _Refusal(msgspec.Struct):
    code: str = ""
    zh: str = ""
    en: str = ""
    where: str | None = None


def deliver(url: str, data: bytes) -> tuple[str, tuple[bytes, ...]]:
    """Give a bundle to a peer and return what became of it, and the receipts, not yet verified.

    Raises:
        ExchangeError: ``exchange.refused`` with the peer's words, or ``exchange.unreachable``.
    """
    if not url.startswith(("http://", "https://")):
        raise _unreachable(url, "only http and https")
    request = urllib.request.Request(url.rstrip("/") + PATH, data=data, method="POST")  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310 - checked above
            answer = from_json(response.read(_MOST), _Answer)
    except urllib.error.HTTPError as error:
        raise _refused(url, error) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise _unreachable(url, str(error)) from error
    return answer.outcome, answer.replies


def _refused(url: str, error: urllib.error.HTTPError) -> ExchangeError:
    try:
        told = from_json(error.read(_SAID), _Refusal)
    except msgspec.MsgspecError:
        told = _Refusal(zh=f"HTTP {error.code}", en=f"HTTP {error.code}")
    return ExchangeError(
        "exchange.refused",
        zh=f"对方未接收：{told.zh}",
        en=f"the peer did not take it in: {told.en}",
        where=told.where or url,
        remedy_zh="请与对方核对；交换包已登记，可再次发送",
        remedy_en="ask the peer; the bundle is on record and can be sent again",
    )


def _unreachable(url: str, why: str) -> ExchangeError:
    return ExchangeError(
        "exchange.unreachable",
        zh=f"无法送达：{why}",
        en=f"it cannot be delivered: {why}",
        where=url,
        remedy_zh="检查地址与网络；也可改为用文件交换",
        remedy_en="check address and network, or hand it over as a file",
    )
