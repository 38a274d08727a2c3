"""A small HTTP server for the public faces of an office, on the standard library.

What is served is a :class:`Site`: it says which methods a path takes and answers requests. Limits on connections, time
and size are kept here, for all sites alike. TLS is the work of a proxy in front; nothing served trusts the client.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.errors import OfficeError
from qingyuan.office.stopping import handling

#: Longest request body, in bytes: 63 proof lines and a checkpoint with a dozen large signatures.
MAX_BODY_SIZE = 1 << 16
#: Seconds a connection may take for one request, and may idle between two.
REQUEST_SECONDS = 15
#: Most connections served at once. A further one takes the place of the one that has waited longest without asking for
#: anything, or of one whose body comes more slowly than it must; it is closed unanswered when there is none such.
MAX_CONNECTIONS = 64
#: Seconds until a connection that was ended must have left its place.
_LEAVING_SECONDS = 0.5
#: Most large bodies that come in at once, and the slowest that one may come or an answer be taken, in bytes a second.
MAX_LARGE, _SLOWEST = 4, 16 << 10
_BLOCK = 1 << 16
#: Seconds that a body of at most :data:`MAX_BODY_SIZE` may take before its rate counts, and the slowest that it may come
#: after them, in bytes a second, and keep its place when room is wanted.
_BODY_GRACE, _SLOWEST_BODY = 2.0, 4 << 10

TEXT_TYPE = "text/plain; charset=utf-8"

_LOG = logging.getLogger(__name__)
_LENGTH = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that a site is asked to answer.

    Attributes:
        method: HTTP method.
        path: The path exactly as it was sent, with a query if it had one.
        body: Its body; empty when it has none.
        gzip: Whether the client takes gzip.
        file: Where a body that came through an :class:`Inlet` lies, until the answer is given.
    """

    method: str
    path: str
    body: bytes = b""
    gzip: bool = False
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a site answers.

    Attributes:
        status: HTTP status.
        body: Response body.
        content_type: Its type.
        headers: Further headers.
    """

    status: int
    body: bytes
    content_type: str = TEXT_TYPE
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Inlet:
    """How a body that is larger than :data:`MAX_BODY_SIZE` comes in: its head is looked at first, and it never lies in memory.

    Attributes:
        most: Longest body, in bytes.
        head: Bytes that are read before the rest is.
        admit: Given the head and the length of the whole, it returns why the rest is not wanted, or ``None``.
    """

    most: int
    head: int
    admit: Callable[[bytes, int], Reply | None]


class Site(Protocol):
    """Something that answers requests; it is called from several threads at once."""

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes; none when there is no such path."""

    def answer(self, request: Request) -> Reply:
        """Answer a request by one of those methods."""


class Sites:
    """Several sites on one port; the first that knows a path answers.

    Args:
        sites: The sites, in order.
    """

    def __init__(self, *sites: Site) -> None:
        """Keep the sites."""
        self._sites = sites

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes."""
        return next((found for each in self._sites if (found := each.methods(path))), ())

    def answer(self, request: Request) -> Reply:
        """Answer by the first site that knows the path."""
        site = next(each for each in self._sites if each.methods(request.path))
        return site.answer(request)


class Server:
    """Sites listening on a port.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        site: What answers.
        tick: Called a few times a second between requests.
        inlets: How large bodies come in, by path.

    Raises:
        OfficeError: ``office.port`` when it cannot be taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        site: Site,
        *,
        tick: Callable[[], None] | None = None,
        inlets: Mapping[str, Inlet] | None = None,
    ) -> None:
        """Take the port; requests are answered by :meth:`run`."""
        try:
            self._http = _Http((host, port), site, tick, inlets or {})
        except OSError as error:
            raise _not_taken(host, port, error) from error

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the server."""
        self.close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    def run(self) -> None:
        """Answer requests until :meth:`stop` is called from another thread."""
        self._http.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Make :meth:`run` return, and wait until it has."""
        self._http.shutdown()

    def close(self) -> None:
        """Release the port and finish the requests under way. :meth:`run` must have returned."""
        self._http.server_close()

    def run_until_signal(self, seconds: float | None = None) -> None:
        """Answer requests until the process gets SIGTERM or SIGINT; for the main thread of a process.

        Args:
            seconds: End by itself after so many seconds; ``None`` for never.
        """

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            threading.Thread(
                target=self.stop
            ).start()  # run() is on this thread: stopping here would wait for ever

        alarm = None if seconds is None else threading.Timer(seconds, self.stop)
        with handling(on_signal):
            if alarm is not None:
                alarm.start()
            self.run()
        if alarm is not None:
            alarm.cancel()


def _not_taken(host: str, port: int, error: OSError) -> OfficeError:
    if error.errno == errno.EADDRINUSE:
        zh, en = "端口已被占用，可能已有一个在运行", "the port is in use; perhaps one is running already"
    else:
        zh, en = (f"无法在此监听：{error.strerror}", f"cannot listen here: {error.strerror}")
    return OfficeError(
        "office.port",
        zh=zh,
        en=en,
        where=f"{host}:{port}",
        remedy_zh="请用 --port 另选端口（0 为任选），或先结束占用它的程序",
        remedy_en="choose another with --port (0 takes a free one), or end what uses it",
    )


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for the requests under way
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        site: Site,
        tick: Callable[[], None] | None,
        inlets: Mapping[str, Inlet],
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.site = site
        self.inlets = inlets
        self.large = threading.BoundedSemaphore(MAX_LARGE)
        self._tick = tick
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._guard = threading.Lock()
        self._deadlines: dict[socket.socket, float] = {}
        #: Connections whose next request has not come whole, its body left aside, in the order in which they began to wait.
        self._waiting: dict[socket.socket, None] = {}
        #: Connections whose body is on its way: when it began, and how much of it has come.
        self._bodies: dict[socket.socket, tuple[float, int]] = {}
        #: Until when an answer must have been taken.
        self._sending: dict[socket.socket, float] = {}
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The parent class looks its own name up in the DNS here, which may hang.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def allow(self, connection: socket.socket, until: float | None = None) -> None:
        """Give a connection its time for the next request, or until a moment of the monotonic clock."""
        with self._guard:
            self._deadlines[connection] = until or time.monotonic() + REQUEST_SECONDS

    def waits(self, connection: socket.socket) -> None:
        """Note that a connection asks for nothing now, so that it may have to make room for another."""
        self.allow(connection)
        with self._guard:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None

    def asks(self, connection: socket.socket) -> None:
        """Note that the head of a request has come: the connection keeps its place until that is answered."""
        with self._guard:
            self._waiting.pop(connection, None)

    @contextlib.contextmanager
    def body(self, connection: socket.socket) -> Iterator[Callable[[int], None]]:
        """Note that a body is on its way; what is yielded is called with how much of it has come."""
        began = time.monotonic()

        def came(got: int) -> None:
            with self._guard:
                self._bodies[connection] = began, got

        came(0)
        try:
            yield came
        finally:
            with self._guard:
                self._bodies.pop(connection, None)

    @contextlib.contextmanager
    def sending(self, connection: socket.socket, size: int) -> Iterator[None]:
        """Give a client its time to take an answer of ``size`` bytes: who takes it more slowly is cut off."""
        with self._guard:
            self._sending[connection] = time.monotonic() + REQUEST_SECONDS + size / _SLOWEST
        try:
            yield
        finally:
            with self._guard:
                del self._sending[connection]

    def service_actions(self) -> None:
        # A timeout of the socket only sees silence; a client that drips bytes, or takes them drop by drop, is cut off here.
        now = time.monotonic()
        with self._guard:
            self._cut([each for each, deadline in self._deadlines.items() if deadline < now])
            late = [each for each, deadline in self._sending.items() if deadline < now]
            self._cut(late, socket.SHUT_RDWR)
        if self._tick is not None:
            self._tick()

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if not self._slots.acquire(blocking=False) and not self._make_room():
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def _make_room(self) -> bool:
        """End the connection that has waited longest, or whose body drips, and take its place; say whether there was one."""
        with self._guard:
            longest = next(iter(self._waiting), None) or self._dripping()
            if longest is None:
                return False
            self._waiting.pop(longest, None)
            self._bodies.pop(longest, None)
            self._cut([longest])
        return self._slots.acquire(timeout=_LEAVING_SECONDS)

    def _dripping(self) -> socket.socket | None:
        """Return the connection whose body comes the slowest of those that come too slowly."""
        now = time.monotonic()
        rates = {
            each: got / (now - began)
            for each, (began, got) in self._bodies.items()
            if now - began > _BODY_GRACE
        }
        slowest = min(rates, key=rates.__getitem__, default=None)
        return slowest if slowest is not None and rates[slowest] < _SLOWEST_BODY else None

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        assert isinstance(request, socket.socket)
        self.allow(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._deadlines.pop(request, None)
                self._waiting.pop(request, None)
            self._slots.release()

    def server_close(self) -> None:
        with self._guard:
            self._cut(list(self._deadlines))
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as the parent has it
        kind, error, trace = sys.exc_info()
        if error is None or isinstance(error, ConnectionError | TimeoutError):
            return
        at = traceback.extract_tb(trace)[-1]  # not its words: they may quote what was sent
        _LOG.error(
            "a connection ended in an error: %s at %s:%d", kind and kind.__name__, at.filename, at.lineno
        )

    @staticmethod
    def _cut(connections: list[socket.socket], how: int = socket.SHUT_RD) -> None:
        for each in connections:
            try:
                each.shutdown(how)  # by default what is being answered may still be sent
            except OSError:  # closed in between
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qingyuan"
    sys_version = ""
    timeout = REQUEST_SECONDS
    wbufsize = -1  # head and body of a reply leave in one packet

    def do_GET(self) -> None:
        site, path = self._http.site, self._target
        if self.headers.defects or self.headers.get_payload():
            self._close(400, "a line of the header is none")
            return
        allowed = site.methods(path)
        if self.command not in allowed:
            headers = (("Allow", ", ".join(allowed)),) if allowed else ()
            status = HTTPStatus.METHOD_NOT_ALLOWED if allowed else HTTPStatus.NOT_FOUND
            self._close(status, "method not allowed" if allowed else "no such path", headers)
            return
        if self.command == "POST" and path in self._http.inlets:
            self._take(path, self._http.inlets[path])
            return
        takes_body = self.command in ("POST", "PUT", "PATCH")
        if not takes_body and not self._has_no_body():
            return
        body = self._body() if takes_body else b""
        if body is None:
            return
        takes = {each.strip() for each in self.headers.get("Accept-Encoding", "").lower().split(",")}
        self._send(site.answer(Request(self.command, path, body, "gzip" in takes)))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 - names of the parent class

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - as the parent has it
        """Answer a request that the parent class refuses, in plain text."""
        self._close(int(code), message or "bad request")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - as the parent has it
        _LOG.info("%s %s", self.command, code)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the parent class
        _LOG.info(format, *args)

    def handle_one_request(self) -> None:
        self._http.waits(self.connection)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Read the head of a request; from here on the connection does not make room for others."""
        whole = super().parse_request()
        self._http.asks(self.connection)
        return whole

    @property
    def _http(self) -> _Http:
        assert isinstance(self.server, _Http)
        return self.server

    @property
    def _target(self) -> str:
        # As it was sent: the parent class takes several slashes at the start for one.
        return self.requestline.split()[1]

    def _body(self) -> bytes | None:
        length = self._length(MAX_BODY_SIZE)
        if length is None:
            return None
        body = b""
        with self._http.body(self.connection) as came:
            while len(body) < length and (block := self.rfile.read1(length - len(body))):
                body += block
                came(len(body))
        if len(body) < length:
            self._close(400, "the body was cut short")
            return None
        return body

    def _has_no_body(self) -> bool:
        """Refuse a body that nobody reads: left behind it would pass for the next request, and a proxy might give its answer to another."""
        if "Transfer-Encoding" in self.headers or set(self.headers.get_all("Content-Length", [])) - {"0"}:
            self._close(400, f"{self.command} has no body")
            return False
        return True

    def _length(self, most: int) -> int | None:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            self._close(411, "one Content-Length is required")
            return None
        if int(lengths[0]) > most:
            self._close(413, f"a request has at most {most} bytes")
            return None
        return int(lengths[0])

    def _take(self, path: str, inlet: Inlet) -> None:
        """Let a large body in: its head first, the rest into a file, at most a few at a time and never slower than a bound."""
        length = self._length(inlet.most)
        if length is None:
            return
        if not self._http.large.acquire(blocking=False):
            self._close(503, "too many at once", (("Retry-After", "30"),))
            return
        try:
            with TemporaryFolder("material") as folder:
                self._spool(path, inlet, length, folder.path / "body")
        finally:
            self._http.large.release()

    def _spool(self, path: str, inlet: Inlet, length: int, file: Path) -> None:
        started, got = time.monotonic(), 0

        def parts(count: int) -> Iterator[bytes]:
            nonlocal got
            while got < count and (block := self.rfile.read1(min(_BLOCK, count - got))):
                got += len(block)
                self._http.allow(self.connection, started + REQUEST_SECONDS + got / _SLOWEST)
                yield block

        with file.open("wb") as into:
            head = b"".join(parts(min(inlet.head, length)))
            refusal = inlet.admit(head, length) if got == min(inlet.head, length) else None
            if refusal is not None:
                self.close_connection = True
                self._send(refusal)
                return
            into.write(head)
            del head
            into.writelines(parts(length))
        if got < length:
            self._close(400, "the body was cut short")
            return
        self._send(self._http.site.answer(Request("POST", path, file=file)))

    def _close(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.close_connection = True  # a body that was not read must not pass for the next request
        self._send(Reply(status, f"{reason}\n".encode(), headers=headers))

    def _send(self, reply: Reply) -> None:
        with self._http.sending(self.connection, len(reply.body)):
            self._write(reply)
            self.wfile.flush()

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
