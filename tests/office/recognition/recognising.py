"""Offices with witnesses on loopback: real homes, real HTTP, one thread a server."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from qingyuan.errors import QingyuanError
from qingyuan.ledger import SM3, Cosigner, VerifierKey, WitnessedLog
from qingyuan.ledger.keys import CheckpointCosigner
from qingyuan.office.clock import Clock, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.recognition.witness_server import WitnessServer
from qingyuan.office.serving import Server, Site
from qingyuan.store import EventDraft
from tests.ledger.support import seeded
from tests.ledger.witnessing import cosigner
from tests.office.recognition.witnesses import START


@contextlib.contextmanager
def office(path: Path, name: str = "jcy", clock: Clock | None = None) -> Iterator[Home]:
    """Open a home with a seed of its own, made when it is not there; its clock stands still."""
    clock = clock or FixedClock(START)
    with Home.open(path, create=True, office=OfficeInfo(name, name), seed=name, clock=clock) as home:
        home.publish()
        yield home


def grow(home: Home, count: int = 1) -> None:
    for number in range(count):
        home.append([EventDraft("office", "office.noted", {"n": number})], actor="D001")


def served(*homes: Home) -> list[WitnessedLog]:
    """Return both logs of homes as a witness is told of them."""
    logs = [WitnessedLog((home.log.key,)) for home in homes]
    return logs + [WitnessedLog((home.twin.key,), SM3) for home in homes if home.twin is not None]


@contextlib.contextmanager
def running(site: Site) -> Iterator[str]:
    """Serve a site and give its URL."""
    with Server("127.0.0.1", 0, site) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.stop()
            thread.join()


@contextlib.contextmanager
def witness(
    path: Path,
    logs: Sequence[WitnessedLog],
    keys: CheckpointCosigner | Sequence[CheckpointCosigner],
    clock: Clock | None = None,
) -> Iterator[str]:
    """Run a witness and give its URL; its state is kept at ``path``."""
    with WitnessServer(
        "127.0.0.1", 0, path, keys, logs, create=not path.exists(), clock=clock or FixedClock(START)
    ) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.stop()
            thread.join()


@dataclass(frozen=True)
class Seat:
    """A witness of a policy: its name there, its key, and where it is asked."""

    name: str
    key: VerifierKey
    url: str


def seat(number: int, url: str, key: Cosigner | None = None) -> Seat:
    return Seat(f"w{number}", (key or cosigner(number)).key, url)


def write_policy(home: Path, seats: Sequence[Seat], rule: Sequence[str]) -> None:
    lines = [f"witness {each.name} {each.key.encode()} {each.url}" for each in seats]
    (home / "policy.txt").write_text("\n".join([*lines, *rule, ""]), encoding="utf-8")


def vkeys(home: Path) -> list[str]:
    return [each["vkey"] for each in json.loads((home / "trust.json").read_bytes())["logs"]]


def refused(home: Home) -> str:
    try:
        grow(home)
    except QingyuanError as error:
        return error.code
    return ""


class Replying(http.server.BaseHTTPRequestHandler):
    """A witness that answers every request with what its server was given."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, kind, body = self.server.reply  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Liar(http.server.ThreadingHTTPServer):
    """A server that says one thing, whatever it is asked."""

    def __init__(self, status: int, kind: str, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Replying)
        self.reply = (status, kind, body)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


__all__ = [
    "Liar",
    "Seat",
    "cosigner",
    "grow",
    "office",
    "refused",
    "running",
    "seat",
    "seeded",
    "served",
    "vkeys",
    "witness",
    "write_policy",
]
