"""A witness that runs alone: c2sp.org/tlog-witness over HTTP, on the standard library and one SQLite file.

Two routes, both under an optional prefix: ``POST /add-checkpoint`` and ``GET /<SHA-256 of the origin>/checkpoint``.
TLS is the work of a proxy in front; nothing here trusts the client, so none is needed for safety.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from qingyuan.errors import QingyuanError
from qingyuan.ledger import LedgerError, VerifierKey, Witness, WitnessedLog
from qingyuan.ledger.keys import CheckpointCosigner
from qingyuan.office.clock import Clock, SystemClock
from qingyuan.office.recognition.witness_state import WitnessFile
from qingyuan.office.serving import Reply, Request, Server

_LOG = logging.getLogger(__name__)
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")
_RELOAD_SECONDS = 1.0

#: Returns the logs to serve when they have changed since it was last asked, else ``None``.
Reload = Callable[[], Sequence[WitnessedLog] | None]


class WitnessSite:
    """A witness as something to serve.

    Args:
        state_path: The state file of the witness.
        cosigners: The keys of the witness, used for nothing else; the state belongs to the first.
        logs: The logs it serves.
        create: Make the state file; it must not exist yet.
        prefix: Path before both routes, such as ``"/witness"``; empty for none.
        clock: Where the time of a cosignature comes from.
        reload: Asked about once a second for changed logs.

    Raises:
        OfficeError: ``office.witness-state``.
        WitnessError: ``ledger.witness-log``.
    """

    def __init__(
        self,
        state_path: Path,
        cosigners: Sequence[CheckpointCosigner],
        logs: Iterable[WitnessedLog],
        *,
        create: bool = False,
        prefix: str = "",
        clock: Clock | None = None,
        reload: Reload | None = None,
    ) -> None:
        """Open the state."""
        first, *also = cosigners
        self._state = WitnessFile(state_path, first.key, create=create)
        try:
            self._witness = Witness(first, logs, self._state, also=also)
        except BaseException:
            self._state.close()
            raise
        self._clock = clock or SystemClock()
        self._prefix = prefix
        self._reload = reload
        self._next_reload = 0.0

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The public keys of the witness."""
        return self._witness.keys

    def close(self) -> None:
        """Close the state; no request may be under way."""
        self._state.close()

    def tick(self) -> None:
        """Take up logs that were added to the configuration, about once a second."""
        now = time.monotonic()
        if self._reload is None or now < self._next_reload:
            return
        self._next_reload = now + _RELOAD_SECONDS
        try:
            logs = self._reload()
            if logs is not None:
                self._witness.serve(logs)
                _LOG.warning("now serving %d logs", len(logs))
        except QingyuanError as error:
            _LOG.error("the changed configuration is not used: %s", error)

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods a path takes."""
        if path == f"{self._prefix}/add-checkpoint":
            return ("POST",)
        return () if self._origin_hash(path) is None else ("GET",)

    def answer(self, request: Request) -> Reply:
        """Answer one of the two routes."""
        if request.method == "POST":
            return self._add(request.body)
        found = self._witness.latest_checkpoint(self._origin_hash(request.path) or "")
        return Reply(found.status, found.body, found.content_type, (("Cache-Control", "no-store"),))

    def _add(self, body: bytes) -> Reply:
        now = int(self._clock.now().timestamp())
        try:
            reply = self._witness.add_checkpoint(body, now)
            if reply.fork is not None and self._state.keep(reply.fork, now):
                _LOG.warning("evidence against a log: %s", reply.fork.kind)
        except LedgerError as error:
            _LOG.error("cannot cosign: %s", error)
            return Reply(503, f"{error.en}\n".encode())
        except sqlite3.Error:
            _LOG.exception("the state of the witness cannot be used")
            return Reply(500, b"the state of the witness cannot be used\n")
        return Reply(reply.status, reply.body, reply.content_type)

    def _origin_hash(self, path: str) -> str | None:
        if not path.startswith(self._prefix):
            return None
        match = _CHECKPOINT.fullmatch(path.removeprefix(self._prefix))
        return None if match is None else match[1]


class WitnessServer:
    """A witness listening on a port.

    Args:
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        state_path: The state file of the witness.
        cosigners: The key of the witness, or its keys of several algorithms; used for nothing else.
        logs: The logs it serves.
        create: Make the state file; it must not exist yet.
        prefix: Path before both routes, such as ``"/witness"``; empty for none.
        clock: Where the time of a cosignature comes from.
        reload: Asked about once a second for changed logs.

    Raises:
        OfficeError: ``office.witness-state``.
        WitnessError: ``ledger.witness-log``.
        OfficeError: ``office.port`` when it cannot be taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        state_path: Path,
        cosigners: CheckpointCosigner | Sequence[CheckpointCosigner],
        logs: Iterable[WitnessedLog],
        *,
        create: bool = False,
        prefix: str = "",
        clock: Clock | None = None,
        reload: Reload | None = None,
    ) -> None:
        """Open the state and take the port; requests are answered by :meth:`run`."""
        keys = cosigners if isinstance(cosigners, Sequence) else (cosigners,)
        self._site = WitnessSite(
            state_path, keys, logs, create=create, prefix=prefix, clock=clock, reload=reload
        )
        try:
            self._server = Server(host, port, self._site, tick=self._site.tick)
        except BaseException:
            self._site.close()
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
        return self._server.port

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The public keys of the witness."""
        return self._site.keys

    def run(self) -> None:
        """Answer requests until :meth:`stop` is called from another thread."""
        self._server.run()

    def run_until_signal(self, seconds: float | None = None) -> None:
        """Answer requests until the process gets SIGTERM or SIGINT, or ``seconds`` are over; for the main thread."""
        self._server.run_until_signal(seconds)

    def stop(self) -> None:
        """Make :meth:`run` return, and wait until it has."""
        self._server.stop()

    def close(self) -> None:
        """Release the port, finish the requests under way and close the state. :meth:`run` must have returned."""
        self._server.close()
        self._site.close()
