"""Witnesses listening on loopback, and requests to them."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from qingyuan.ledger import (
    Cosigner,
    Submission,
    WitnessedLog,
)
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.recognition.witness_server import WitnessServer
from tests.ledger.support import ORIGIN
from tests.ledger.witnessing import Grown, cosigner

LOG = Grown([3, 8, 20, 300])
SERVED = [WitnessedLog((LOG.key,))]
PLACE = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
START = datetime(2026, 11, 22, 16, 0, tzinfo=CHINA)


@contextlib.contextmanager
def running(
    path: Path, key: Cosigner, *, prefix: str = "", clock: FixedClock | None = None
) -> Iterator[WitnessServer]:
    with WitnessServer(
        "127.0.0.1", 0, path, key, SERVED, create=not path.exists(), prefix=prefix, clock=clock
    ) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


def call(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def add(port: int, old: int, new: int, log: Grown = LOG) -> int:
    return call(port, "POST", "/add-checkpoint", log.request(old, new))[0]


def submission(size: int, number: int = 1, known: int = 0, log: Grown = LOG) -> Submission:
    return Submission(log.storage, log.notes[size], cosigner(number).key, known)
