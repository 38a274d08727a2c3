"""Asking a time-stamping authority over HTTP (RFC 3161, section 3.4), bounded in time and size."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from qingyuan.office.errors import OfficeError
from qingyuan.office.reaching import connection_to

#: Seconds for one request.
TSA_SECONDS = 15.0
#: Longest answer, in bytes.
MAX_ANSWER_SIZE = 1 << 16

REQUEST_TYPE = "application/timestamp-query"
ANSWER_TYPE = "application/timestamp-reply"

_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_REDIRECTS = range(300, 400)


class UnreachableTsaError(OfficeError):
    """An authority that is down, busy or slow; asking again may help."""


def ask_tsa(url: str, request: bytes, *, seconds: float = TSA_SECONDS) -> bytes:
    """Post a request and return the answer, which is not looked into.

    Args:
        url: Where the authority answers, ``http`` or ``https``. Redirects are not followed, proxies not used.
        request: DER of a TimeStampReq.
        seconds: Time for the whole exchange.

    Raises:
        UnreachableTsaError: ``office.tsa-unreachable`` when there was no complete answer, or it says to come later.
        OfficeError: ``office.tsa-url``, or ``office.tsa-answer`` when what came is no timestamp answer.
    """
    parts = _split(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": REQUEST_TYPE, "Accept": ANSWER_TYPE}
    with _connection(parts, seconds) as connection:
        connection.request("POST", target, request, headers)
        with contextlib.closing(connection.getresponse()) as response:
            body = response.read(MAX_ANSWER_SIZE + 1)
        if response.length and len(body) <= MAX_ANSWER_SIZE:
            raise http.client.IncompleteRead(body, response.length)  # read(n) does not say so by itself
    status = response.status
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        raise _unreachable(parts, f"HTTP {status}")
    if status in _REDIRECTS:
        raise _no_answer(parts, f"HTTP {status}", redirected=True)
    if status != _OK:
        raise _no_answer(parts, f"HTTP {status}")
    kind = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
    if kind != ANSWER_TYPE:
        raise _no_answer(parts, f"Content-Type {kind[:60]!r}")
    if len(body) > MAX_ANSWER_SIZE:
        raise _no_answer(parts, f"> {MAX_ANSWER_SIZE} bytes")
    return body


@contextlib.contextmanager
def _connection(parts: SplitResult, seconds: float) -> Iterator[http.client.HTTPConnection]:
    connection = connection_to(parts, seconds)
    held: list[socket.socket] = []
    late = threading.Event()
    # The timeout of a socket only sees silence; this also ends an answer that drips.
    alarm = threading.Timer(seconds, _cut, (connection, held, late))
    alarm.daemon = True
    alarm.start()
    try:
        connection.connect()
        held.append(connection.sock)  # the connection forgets it when the answer says that it is the last
        yield connection
        if late.is_set():  # an answer without a length seems whole when it is cut
            raise TimeoutError
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise _unreachable(parts, type(error).__name__) from error
    finally:
        alarm.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection, held: list[socket.socket], late: threading.Event) -> None:
    late.set()
    for sock in filter(None, (connection.sock, *held)):
        with contextlib.suppress(OSError):  # closed in between
            sock.shutdown(socket.SHUT_RDWR)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.fragment or parts.username is not None:
        raise OfficeError(
            "office.tsa-url",
            zh="时间戳机构的地址不是 http 或 https 网址",
            en="the address of the time-stamping authority is not an http or https URL",
            remedy_zh="例如 https://tsa.example/tsr",
            remedy_en="for example https://tsa.example/tsr",
        )
    return parts


def _unreachable(parts: SplitResult, why: str) -> UnreachableTsaError:
    return UnreachableTsaError(
        "office.tsa-unreachable",
        zh=f"时间戳机构没有完整答复（{why}）",
        en=f"the time-stamping authority gave no complete answer ({why})",
        where=parts.hostname,
        remedy_zh="稍后重试；其他机构不受影响",
        remedy_en="try again later; the other authorities are not affected",
    )


def _no_answer(parts: SplitResult, why: str, *, redirected: bool = False) -> OfficeError:
    return OfficeError(
        "office.tsa-answer",
        zh=f"对方的答复不是时间戳应答（{why}）",
        en=f"what it answered is no timestamp answer ({why})",
        where=parts.hostname,
        remedy_zh="不跟随重定向；把地址改为最终地址" if redirected else "核对地址",
        remedy_en="redirects are not followed; give the final address" if redirected else "check the address",
    )
