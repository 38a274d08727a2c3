"""Bundles over HTTP: one POST gives a bundle and gets the receipts back. The bundle carries its own proof; the wire needs none.

Confidentiality is for TLS in front of it, as for every service of the house.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.client import HTTPException

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.exchange import HEAD, ExchangeError
from qingyuan.office.exchange.receiving import receive, see_head
from qingyuan.office.home import Home
from qingyuan.office.requesting import answered
from qingyuan.office.serving import Inlet, Reply, Request, Server
from qingyuan.shapes import from_json

PATH = "/exchange/v1"
#: Largest bundle taken over a network.
_MOST = 512 << 20
_TIMEOUT = 60.0
#: Bytes a second of a line that a bundle is given time for.
_SLOWEST = 10_000
#: Most bytes of an answer with receipts, and of a refusal, that are read.
_RECEIPTS, _SAID = 64 << 20, 1 << 16
_JSON = "application/json"


class ExchangeSite:
    """The door for bundles as something to serve; they are taken in one at a time.

    Args:
        home: The office.
        actor: Who receives.
    """

    def __init__(self, home: Home, actor: str) -> None:
        """Serve a home."""
        self._home, self._actor = home, actor
        self._turn = threading.Lock()

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes."""
        return ("POST",) if path == PATH else ()

    def admit(self, head: bytes, size: int) -> Reply | None:
        """Return why the rest of a bundle is not wanted; nobody who is unknown fills our disk."""
        try:
            see_head(self._home, head, size)
        except QingyuanError as error:
            return _told(error)
        return None

    def answer(self, request: Request) -> Reply:
        """Take a bundle in and answer with what became of it and the receipts."""
        assert request.file is not None
        try:
            with self._turn:
                taken = receive(self._home, request.file, actor=self._actor)
        except QingyuanError as error:
            return _told(error)
        replies = [reply.data for reply in taken.replies]
        return Reply(200, msgspec.json.encode({"outcome": taken.outcome, "replies": replies}), _JSON)


def _told(error: QingyuanError) -> Reply:
    body = {"code": error.code, "zh": error.zh, "en": error.en, "where": error.where}
    return Reply(422, msgspec.json.encode(body), _JSON)


def exchange_server(home: Home, host: str, port: int, *, actor: str) -> Server:
    """Return a server that takes bundles in; the caller runs and closes it.

    Args:
        home: The office.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        actor: Who receives.

    Raises:
        OfficeError: ``office.port`` when it cannot be taken.
    """
    site = ExchangeSite(home, actor)
    return Server(host, port, site, inlets={PATH: Inlet(_MOST, HEAD, site.admit)})


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
        with answered(request, silence=_TIMEOUT, whole=_TIMEOUT + len(data) / _SLOWEST) as response:
            answer = from_json(response.read(_RECEIPTS), _Answer)
    except urllib.error.HTTPError as error:
        raise _refused(url, error) from error
    except (OSError, HTTPException, ValueError, msgspec.MsgspecError) as error:
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
