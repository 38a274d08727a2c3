"""What meets the world outside: capturing a page, reading timestamps, cosigning as a witness."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from bench._floors import Appender
from bench._harness import Context, Row, in_turns, run_process
from bench.start import command
from qingyuan.evidence.timestamp import answer, judge_timestamp, new_request, read_certificate, second_opinion
from qingyuan.ledger import Cosigner, Log, MemoryStorage, NoteSigner, TileCache, Witness, WitnessedLog
from qingyuan.ledger.tree import consistency_path
from qingyuan.ledger.witness import AddCheckpoint
from qingyuan.office.browser import Browser, find_chromium
from qingyuan.office.capture import CaptureSettings, capture_all
from qingyuan.office.home import Home
from qingyuan.office.recognition.witness_state import WitnessFile
from qingyuan.office.sealing import Collector
from qingyuan.office.timestamps.test_authority import KeyKind, found_authority

_RESOURCES = 40
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="{}"/></svg>'
_LOG = "bench.invalid/watched"


def run(context: Context) -> Iterator[Row]:
    """Capture a page of forty resources, judge tokens, and cosign a growing log."""
    yield from _captures(context)
    yield from _tokens(context)
    yield from _witness(context)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the page or one of its pictures."""
        pictures = "".join(f"<img src=/{at}.svg>" for at in range(_RESOURCES))
        page = f"<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>页</title>{pictures}"
        picture = self.path.endswith(".svg")
        data = (_SVG.format(len(self.path)) if picture else page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "image/svg+xml" if picture else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _captures(context: Context) -> list[Row]:
    numbers = count()
    folder = context.folder / "home"
    with _site() as site, Home.open(folder, create=True, seed="bench") as home:
        run_process([*command(), "lead", "register", "title=t", "source=media", "field=personal-information", "--home", str(folder)])  # fmt: skip

        def capture(*, replay: bool) -> None:
            how = CaptureSettings(allow_private=True, replay=replay)
            result = capture_all(
                home, "L2026-0001", [f"{site}/?{next(numbers)}"], Collector(), settings=how, delay=0
            )
            assert not result.failed

        def process() -> None:
            run_process(
                [
                    *command(),
                    "capture",
                    f"{site}/?{next(numbers)}",
                    "--lead",
                    "L2026-0001",
                    "--allow-private",
                    "--home",
                    str(folder),
                ]
            )

        def alone() -> None:
            with Browser.launch(executable=find_chromium(lean=True)) as browser:
                page = browser.page()
                page.navigate(site)
                page.wait_idle(0.2, 10)
                page.screenshot()

        times = in_turns(
            {
                "whole": lambda: capture(replay=True),
                "taken": lambda: capture(replay=False),
                "process": process,
                "browser": alone,
            },
            context.pick(5, 1),
        )
    floor = "starting the browser, loading the page, one picture"
    what = f"capture: a loopback page with {_RESOURCES} resources"
    return [
        times.duration(f"{what}, sealed and replayed", "whole", against=floor, peer="browser"),
        times.duration(f"{what}, sealed, not replayed", "taken", against=floor, peer="browser"),
        times.duration(f"{what}, `qingyuan capture` as a process", "process", against=floor, peer="browser"),
    ]


def _tokens(context: Context) -> Iterator[Row]:
    """Judge one token again and again: an EC and an RSA one, which ``rfc3161-client`` can judge too, and an SM2 one."""
    amount = context.pick(200, 20)
    kinds: tuple[KeyKind, ...] = ("ec", "rsa", "sm2")
    for kind in kinds:
        now = datetime.now(UTC).astimezone()
        made = found_authority(kind, now=now)
        message = os.urandom(100)
        request = new_request(message, nonce=bytes(range(1, 9)))
        response = answer(request.encode(), made.authority, at=now, serial=1)
        anchors = (read_certificate(made.root),)
        judged = judge_timestamp(response, message, anchors=anchors)
        assert judged.standing == "trusted"
        actions: dict[str, Callable[[], object]] = {
            "ours": _again(amount, partial(judge_timestamp, response, message, anchors=anchors)),
            "second": _again(amount, partial(second_opinion, response, message, judged, anchors=anchors)),
        }
        times = in_turns(actions, context.pick(5, 1))
        peer = kind != "sm2"
        yield times.rate(
            f"timestamps: {kind.upper()} tokens judged, chain at genTime",
            "ours",
            amount,
            "/s",
            against="`rfc3161-client`" if peer else "",
            peer="second" if peer else "",
        )


def _again(amount: int, action: Callable[[], object]) -> Callable[[], None]:
    def every() -> None:
        for _ in range(amount):
            action()

    return every


def _witness(context: Context) -> list[Row]:
    """Cosign a log that grows by one entry at a time: signature, proof, durable state, cosignature; no HTTP."""
    amount, rounds = context.pick(200, 20), context.pick(5, 1)
    signer = NoteSigner(_LOG, bytes(range(32)))
    cosigner = Cosigner("witness.invalid", bytes(range(1, 33)))
    log, storage = Log(_LOG, signer), MemoryStorage()
    asked: list[bytes] = []
    for size in range(1, amount * (rounds + 1) + 1):
        note = log.append(storage, [size.to_bytes(256, "big")]).checkpoint_note
        path = consistency_path(TileCache(storage), size - 1, size) if size > 1 else ()
        asked.append(AddCheckpoint(size - 1, path, note).encode())
    disk = Appender(context.folder / "appended", 8_192)
    requests = iter(asked)
    with WitnessFile(context.folder / "state.db", cosigner.key, create=True) as state:
        witness = Witness(cosigner, [WitnessedLog((signer.key,))], state)

        def cosign() -> None:
            for _ in range(amount):
                assert witness.add_checkpoint(next(requests), 1_790_000_000).status == 200

        times = in_turns({"witness": cosign, "fsync": lambda: disk.append(amount)}, rounds)
    disk.close()
    return [
        times.rate(
            "witness: durable updates, no HTTP",
            "witness",
            amount,
            "/s",
            against="`fsync` of an 8 KiB append",
            peer="fsync",
        )
    ]
