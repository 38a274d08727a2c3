"""Webhooks against a real receiver on loopback: signatures, retries, kills, addresses that may not be reached."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from qingyuan.errors import QingyuanError
from qingyuan.office.capture.guard import Guard
from qingyuan.office.home import Home
from qingyuan.store import EventDraft
from qingyuan.web.hooks import BACK_OFF, Hooks
from qingyuan.web.state import DELIVERY, State


class Receiver:
    """A server that keeps what it was sent and answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                self.send_header("location", "http://127.0.0.1:1/")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State.at(tmp_path / "web.db")
    yield opened
    opened.close()


def log(home: Home, *types: str) -> None:
    home.append(
        [EventDraft("office", one, {"name": "张三", "tel": "13900139000"}) for one in types], actor="P001"
    )


def due_now(state: State) -> None:
    with state.write() as connection:
        connection.execute(sa.update(DELIVERY).values(due=0))


def test_what_is_logged_is_told_signed_and_without_what_it_says(
    home: Home, state: State, receiver: Receiver
) -> None:
    hooks = Hooks(state, home, allow_private=True)
    _, secret = hooks.add(receiver.url, ["access.*"])
    assert hooks.round() == 0  # nothing from before
    log(home, "access.read", "lead.amended", "access.sent")
    assert hooks.round() == 2
    head = home.head()
    assert head is not None
    for (headers, body), type_ in zip(receiver.got, ("access.read", "access.sent"), strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        told = json.loads(body)
        assert set(told) == {"type", "timestamp", "data"}
        assert told["type"] == type_
        assert set(told["data"]) == {"index", "stream", "n"}
        assert "139" not in body.decode()
        assert "P001" not in body.decode()
    assert hooks.round() == 0
    (hook,) = hooks.all()
    assert {one.state for one in hooks.deliveries(hook.id)} == {"done"}
    assert secret.encode() not in (home.path / "keyring.json").read_bytes()


def test_a_message_waits_longer_each_time_and_is_given_up_at_last(
    home: Home, state: State, receiver: Receiver
) -> None:
    hooks = Hooks(state, home, allow_private=True)
    hook, _ = hooks.add(receiver.url, ["*"])
    log(home, "access.read")
    receiver.status = 302  # a redirect is a failure
    waited = []
    for _ in range(len(BACK_OFF) + 1):
        assert hooks.round() == 1
        assert hooks.round() == 0
        (one,) = hooks.deliveries(hook)
        waited.append(one.due - one.at)
        due_now(state)
    assert tuple(waited[:-1]) == BACK_OFF
    assert hooks.deliveries(hook)[0].state == "given-up"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    receiver.status = 200
    hooks.again(hook)
    assert hooks.round() == 1
    assert hooks.deliveries(hook)[0].state == "done"


def test_a_kill_between_outbox_and_answer_loses_nothing(home: Home, state: State, receiver: Receiver) -> None:
    hooks = Hooks(state, home, allow_private=True)
    hook, _ = hooks.add(receiver.url, ["*"])
    log(home, "access.read", "access.read")
    hooks._collect()
    assert hooks._take() is not None  # and its process dies here
    later = Hooks(state, home, allow_private=True)
    assert later.round() == 1  # the other one
    due_now(state)
    assert later.round() == 1
    assert {one.state for one in later.deliveries(hook)} == {"done"}


def test_a_receiver_that_drips_its_answer_is_not_waited_for(
    home: Home, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.web.hooks._WHOLE", 0.3)
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        one, _ = listening.accept()
        with one, contextlib.suppress(OSError):
            one.sendall(b"HTTP")
            while not ended.wait(0.02):
                one.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        hooks = Hooks(state, home, allow_private=True)
        hook, _ = hooks.add(f"http://127.0.0.1:{listening.getsockname()[1]}/", ["*"])
        log(home, "lead.registered")
        assert hooks.round() == 1
        ended.set()
        thread.join(60)
    (told,) = hooks.deliveries(hook)
    assert (told.state, told.tries) == ("waiting", 1)
    assert not told.status.isdecimal()


def test_a_receiver_that_is_gone_for_good_ends_its_subscription(
    home: Home, state: State, receiver: Receiver
) -> None:
    hooks = Hooks(state, home, allow_private=True)
    hooks.add(receiver.url, ["*"])
    receiver.status = 410
    log(home, "access.read")
    hooks.round()
    assert [one.active for one in hooks.all()] == [False]
    log(home, "access.read")
    due_now(state)
    assert hooks.round() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://name:word@example.org/",
        "ftp://example.org/",
        "https:///x",
        "https://127.0.0.1:99999/",
        "",
    ],
)
def test_addresses_that_may_not_be_reached_are_refused(home: Home, state: State, url: str) -> None:
    hooks = Hooks(state, home)
    with pytest.raises(QingyuanError):
        hooks.add(url, ["*"])
    assert hooks.all() == []


def test_an_address_that_became_private_is_not_reached_either(
    home: Home, state: State, receiver: Receiver
) -> None:
    Hooks(state, home, allow_private=True).add(receiver.url, ["*"])
    strict = Hooks(state, home)
    log(home, "access.read")
    assert strict.round() == 1
    assert receiver.got == []
    (hook,) = strict.all()
    assert strict.deliveries(hook.id)[0].status == "capture.refused-address"


@pytest.mark.parametrize("path", ["/钩子?q=é", "/\u2028", "/a b", "/x\x7f"])
def test_an_odd_address_is_told_like_any_other(
    home: Home, state: State, receiver: Receiver, path: str
) -> None:
    hooks = Hooks(state, home, allow_private=True)
    odd, _ = hooks.add(receiver.url.partition("/hook")[0] + path, ["*"])
    log(home, "access.read")
    assert hooks.round() == 1
    assert hooks.deliveries(odd)[0].status == "204"


def test_who_is_away_or_slow_costs_a_round_one_message_and_keeps_nobody_else_waiting(
    home: Home, state: State, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = listening.getsockname()[1]
    hooks = Hooks(state, home, allow_private=True)
    away, _ = hooks.add(f"http://127.0.0.1:{closed}/", ["*"])
    hooks.add(receiver.url, ["*"])
    log(home, *["access.read"] * 9)
    assert hooks.round() == 10
    assert len(receiver.got) == 9
    assert [one.tries for one in hooks.deliveries(away)].count(0) == 8


def test_what_took_all_its_time_to_connect_is_not_listened_to(
    home: Home, state: State, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.web.hooks._WHOLE", 0.2)
    reach = Guard.connect

    def slowly(*args: Any, **more: Any) -> socket.socket:
        time.sleep(0.4)  # a name server that takes its time
        return reach(*args, **more)

    monkeypatch.setattr(Guard, "connect", slowly)
    hooks = Hooks(state, home, allow_private=True)
    hook, _ = hooks.add(receiver.url, ["*"])
    log(home, "access.read")
    assert hooks.round() == 1
    assert hooks.deliveries(hook)[0].status == "TimeoutError"
    assert receiver.got == []
