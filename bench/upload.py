"""A file of two gibibytes sent to the server by chunks: how fast, in how much memory, and what a killed server costs."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import BinaryIO
from urllib.parse import urlencode

import msgspec

from bench._harness import Context, Row
from bench._serving import started
from qingyuan.evidence import open_grown
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.web.asking import SESSION_COOKIE, TOKEN_HEADER
from qingyuan.web.desk import Desk
from qingyuan.web.settings import ServeSettings

_MIB = 1 << 20
_CHUNK = 8 * _MIB
_BROWSER = "0123456789abcdef0"
_META = re.compile(r'name="qy-token" content="([0-9a-f]+)"')


class _Sender:
    """A browser's part of an upload.

    Args:
        port: Where the server listens on this machine.
        session: Token of a session.
    """

    def __init__(self, port: int, session: str) -> None:
        """Fetch the token against forged requests."""
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies = {"Cookie": f"{SESSION_COOKIE}={session}; qy_browser={_BROWSER}"}
        found = _META.search(self.ask("GET", "/intake").decode())
        assert found is not None
        self._cookies[TOKEN_HEADER] = found[1]

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        """Ask for something and return the answer."""
        headers = {**self._cookies, **({"Content-Type": kind} if kind else {})}
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        read = answer.read()
        assert answer.status < 400, (method, path, answer.status, read[:300])
        return read

    def offset(self, upload: str) -> int:
        """Return where to go on."""
        return msgspec.json.decode(self.ask("GET", f"/uploads/{upload}"), type=dict[str, int])["offset"]

    def send(self, upload: str, content: bytes, start: int, end: int) -> None:
        """Send a part of a file that repeats ``content``."""
        for at in range(start, end, _CHUNK):
            size = min(_CHUNK, end - at)
            begin = at % len(content)
            part = (content[begin:] + content[:begin])[:size] if begin else content[:size]
            self.ask("PUT", f"/uploads/{upload}?offset={at}", part, "application/octet-stream")


def run(context: Context) -> Iterator[Row]:
    """Send half a file, kill the server, start it again, and send the rest."""
    size = context.pick(2048, 64) * _MIB
    path = context.folder / "home"
    with Home.open(path, create=True, office=OfficeInfo("bench", "演示检察院")) as home:
        desk = Desk(home, ServeSettings())
        person = desk.people.add("li", "", ["prosecutor"], "a sentence that is long enough").person
        session = desk.sessions.begin(person)
        desk.close()
    content = random.Random(5).randbytes(_CHUNK)
    seconds, peaks = 0.0, []
    with started(path) as (process, port):
        sender = _Sender(port, session)
        batch = _named(sender.ask("POST", "/intake/batches"), "batch")
        told = urlencode({"batch": batch, "path": "material.bin", "size": size}).encode()
        upload = _named(sender.ask("POST", "/intake/files", told, "application/x-www-form-urlencoded"), "id")
        sender.send(upload, content, 0, _CHUNK)
        before = _memory(process, "VmHWM")
        with _timed() as took:
            sender.send(upload, content, _CHUNK, size // 2)
        seconds += took[0]
        peaks.append(_memory(process, "VmHWM") - before)
        process.kill()  # as a power cut would: nothing is tidied up
        process.wait(timeout=30)
    with started(path) as (process, port):
        sender = _Sender(port, session)
        resumed = sender.offset(upload)
        sender.send(upload, content, resumed, min(resumed + _CHUNK, size))
        before = _memory(process, "VmHWM")
        with _timed() as took:
            sender.send(upload, content, min(resumed + _CHUNK, size), size)
        seconds += took[0]
        peaks.append(_memory(process, "VmHWM") - before)
        whole = sender.offset(upload) == size
    with _timed() as bare, (context.folder / "bare").open("wb") as file:
        for _ in range(0, size, _CHUNK):
            file.write(content)
    stored = next((path / "uploads").rglob("material.bin"))
    with Home.open(path) as home:
        key = home.scope_key("uploads").key
    with open_grown(stored, key) as source, (context.folder / "bare").open("rb") as plain:
        same = _digest(source.stream) == _digest(plain)
    yield Row(f"upload: {size // _MIB:,} MiB by chunks of 8 MiB, sent", (size - 2 * _CHUNK) / 1e6 / seconds, "MB/s", "writing the same bytes to a file", size / 1e6 / bare[0])  # fmt: skip
    yield Row("upload: what the memory of the server grew by at most, first half", peaks[0] / 1e6, "MB")
    yield Row("upload: the same after it was killed and started again", peaks[1] / 1e6, "MB")
    yield Row("upload: bytes to send again after the server was killed", size // 2 - resumed, "bytes")
    yield Row("upload: bytes that differ", 0 if whole and same else size, "bytes")


def _named(answer: bytes, name: str) -> str:
    return str(msgspec.json.decode(answer, type=dict[str, object])[name])


@contextlib.contextmanager
def _timed() -> Iterator[list[float]]:
    took = [0.0]
    began = time.perf_counter()
    yield took
    took[0] = time.perf_counter() - began


def _memory(process: Popen[bytes], name: str) -> int:
    """Return a figure of ``/proc``, in bytes."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while part := file.read(_MIB):
        digest.update(part)
    return digest.hexdigest()
