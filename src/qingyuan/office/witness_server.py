"""A witness that runs alone: c2sp.org/tlog-witness over HTTP, on the standard library and one SQLite file.

Two routes, both under an optional prefix: ``POST /add-checkpoint`` and ``GET /<SHA-256 of the origin>/checkpoint``.
TLS is the work of a proxy in front; nothing here trusts the client, so none is needed for safety.
"""

from __future__ import annotations

import logging
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from qingyuan.ledger import Cosigner, LedgerError, Witness, WitnessedLog, WitnessReply
from qingyuan.ledger.witness import TEXT_TYPE
from qingyuan.office.clock import Clock, SystemClock
from qingyuan.office.witness_state import WitnessFile

#: Longest request body, in bytes: 63 proof lines and a checkpoint with a dozen large signatures.
MAX_BODY_SIZE = 1 << 16
#: Seconds a connection may take for one request, and may idle between two.
REQUEST_SECONDS = 15
#: Most connections served at once; further ones are closed unanswered.
MAX_CONNECTIONS = 64

_LOG = logging.getLogger(__name__)
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")
_LENGTH = re.compile(r"[0-9]{1,12}")


class WitnessServer:
    """A witness listening on a port.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        state_path: The state file of the witness.
        key: The key of the witness, used for nothing else.
        logs: The logs it serves.
        create: Make the state file; it must not exist yet.
        prefix: Path before both routes, such as ``"/witness"``; empty for none.
        clock: Where the time of a cosignature comes from.

    Raises:
        OfficeError: ``office.witness-state``.
        WitnessError: ``ledger.witness-log``.
        OSError: When the port cannot be taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        state_path: Path,
        key: Cosigner,
        logs: Iterable[WitnessedLog],
        *,
        create: bool = False,
        prefix: str = "",
        clock: Clock | None = None,
    ) -> None:
        """Open the state and take the port; requests are answered by :meth:`run`."""
        self._state = WitnessFile(state_path, key.key, create=create)
        try:
            witness = Witness(key, logs, self._state)
            self._http = _Http((host, port), witness, self._state, clock or SystemClock(), prefix)
        except BaseException:
            self._state.close()
            raise

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
        """Release the port, finish the requests under way and close the state. :meth:`run` must have returned."""
        self._http.server_close()
        self._state.close()


def serve(
    host: str,
    port: int,
    state_path: Path,
    key: Cosigner,
    logs: Iterable[WitnessedLog],
    *,
    create: bool = False,
    prefix: str = "",
    clock: Clock | None = None,
) -> None:
    """Run a witness until the process is interrupted. Arguments and errors as :class:`WitnessServer`."""
    with WitnessServer(
        host, port, state_path, key, logs, create=create, prefix=prefix, clock=clock
    ) as server:
        server.run()


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for the requests under way
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], witness: Witness, state: WitnessFile, clock: Clock, prefix: str
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.witness, self.state, self.clock, self.prefix = witness, state, clock, prefix
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._guard = threading.Lock()
        self._deadlines: dict[socket.socket, float] = {}
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The parent class looks its own name up in the DNS here, which may hang.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def allow(self, connection: socket.socket) -> None:
        """Give a connection its time for the next request."""
        with self._guard:
            self._deadlines[connection] = time.monotonic() + REQUEST_SECONDS

    def service_actions(self) -> None:
        # A timeout of the socket only sees silence; a client that drips bytes is cut off here.
        now = time.monotonic()
        with self._guard:
            self._cut([each for each, deadline in self._deadlines.items() if deadline < now])

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

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
            self._slots.release()

    def server_close(self) -> None:
        with self._guard:
            self._cut(list(self._deadlines))
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as the parent has it
        _LOG.exception("a connection ended in an error")

    @staticmethod
    def _cut(connections: list[socket.socket]) -> None:
        for each in connections:
            try:
                each.shutdown(socket.SHUT_RD)  # what is being answered may still be sent
            except OSError:  # closed in between
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qingyuan-witness"
    sys_version = ""
    timeout = REQUEST_SECONDS
    wbufsize = -1  # head and body of a reply leave in one packet

    def do_POST(self) -> None:
        if self._target != f"{self._http.prefix}/add-checkpoint":
            self._close(404 if self._origin_hash() is None else 405, "no such path", allow="GET")
            return
        body = self._body()
        if body is None:
            return
        now = int(self._http.clock.now().timestamp())
        try:
            reply = self._http.witness.add_checkpoint(body, now)
            if reply.fork is not None and self._http.state.keep(reply.fork, now):
                _LOG.warning("evidence against a log: %s", reply.fork.kind)
        except LedgerError as error:
            _LOG.error("cannot cosign: %s", error)
            reply = WitnessReply(503, f"{error.en}\n".encode())
        except sqlite3.Error:
            _LOG.exception("the state of the witness cannot be used")
            reply = WitnessReply(500, b"the state of the witness cannot be used\n")
        self._send(reply)

    def do_GET(self) -> None:
        origin_hash = self._origin_hash()
        if origin_hash is None:
            known = self._target == f"{self._http.prefix}/add-checkpoint"
            self._close(405 if known else 404, "no such path", allow="POST")
            return
        self._send(self._http.witness.latest_checkpoint(origin_hash))

    def do_PUT(self) -> None:
        known = self._target == f"{self._http.prefix}/add-checkpoint"
        self._close(405, "method not allowed", allow="POST" if known else "GET")

    do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = do_PUT  # noqa: N815 - names of the parent class

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - as the parent has it
        """Answer a request that the parent class refuses, in plain text."""
        self._close(int(code), message or "bad request")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - as the parent has it
        _LOG.info("%s %s", self.command, code)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the parent class
        _LOG.info(format, *args)

    def handle_one_request(self) -> None:
        self._http.allow(self.connection)
        super().handle_one_request()

    @property
    def _http(self) -> _Http:
        assert isinstance(self.server, _Http)
        return self.server

    @property
    def _target(self) -> str:
        # As it was sent: the parent class takes several slashes at the start for one.
        return self.requestline.split()[1]

    def _origin_hash(self) -> str | None:
        if not self._target.startswith(self._http.prefix):
            return None
        match = _CHECKPOINT.fullmatch(self._target.removeprefix(self._http.prefix))
        return None if match is None else match[1]

    def _body(self) -> bytes | None:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            self._close(411, "one Content-Length is required")
            return None
        if int(lengths[0]) > MAX_BODY_SIZE:
            self._close(413, f"a request has at most {MAX_BODY_SIZE} bytes")
            return None
        body = self.rfile.read(int(lengths[0]))
        if len(body) < int(lengths[0]):
            self._close(400, "the body was cut short")
            return None
        return body

    def _close(self, status: int, reason: str, *, allow: str | None = None) -> None:
        self.close_connection = True  # a body that was not read must not pass for the next request
        self._send(
            WitnessReply(status, f"{reason}\n".encode(), TEXT_TYPE),
            allow=allow if status == HTTPStatus.METHOD_NOT_ALLOWED else None,
        )

    def _send(self, reply: WitnessReply, *, allow: str | None = None) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if allow is not None:
            self.send_header("Allow", allow)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
