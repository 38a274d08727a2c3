"""Asking an authority over HTTP: what is no answer is named, and what is slow is cut off."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.serving import Reply, Request
from qingyuan.office.timestamps.client import MAX_ANSWER_SIZE, UnreachableTsaError, ask_tsa
from qingyuan.office.timestamps.test_authority import TestingTsa, found_authority
from tests.office.timestamps.authorities import NOW, Altered, codes, configure, entry, opened, serving, stamp


class Fixed:
    """A site that always answers the same."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def methods(self, path: str) -> tuple[str, ...]:
        return ("POST",) if path == "/tsr" else ()

    def answer(self, request: Request) -> Reply:
        return self._reply


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    yield from opened(tmp_path)


def test_what_is_no_timestamp_answer_is_named(home: Home) -> None:
    made = found_authority(now=NOW)
    answers = {
        "redirect": Reply(302, b"", headers=(("Location", "http://elsewhere.example/"),)),
        "html": Reply(200, b"<html>"),
        "missing": Reply(404, b""),
        "huge": Reply(200, bytes(70_000), "application/timestamp-reply"),
        "junk": Reply(200, b"\x30\x80\x00\x00", "application/timestamp-reply"),
    }
    found = {}
    for name, reply in answers.items():
        with serving(Fixed(reply)) as url:
            configure(home.path, entry(name, url, made))
            found[name] = set(codes(stamp(home)))
    assert found.pop("junk") == {"timestamp.indefinite-length"}
    assert set().union(*found.values()) == {"office.tsa-answer"}


def test_a_silent_authority_costs_its_time_and_no_more(home: Home) -> None:
    def slow(number: int, request: Request, reply: Reply) -> Reply:
        time.sleep(0.6)
        return reply

    made = found_authority(now=NOW)
    with serving(Altered(TestingTsa(made.authority, FixedClock(NOW)), slow)) as url:
        configure(home.path, entry("slow", url, made))
        report = stamp(home, seconds=0.2)
    assert codes(report) == ["office.tsa-unreachable"] * 2


def test_an_answer_that_drips_is_cut_off(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/timestamp-reply\r\n\r\n"
                )
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"0")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        with pytest.raises(OfficeError):
            ask_tsa(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"x", seconds=0.3)
        took = time.monotonic() - started
        ended.set()
        thread.join()
    assert took < 60


def test_the_largest_answer_is_taken_whole_and_a_larger_one_refused() -> None:
    kind = "Application/Timestamp-Reply; charset=binary"
    with serving(Fixed(Reply(200, bytes(MAX_ANSWER_SIZE), kind))) as url:
        assert ask_tsa(url, b"x") == bytes(MAX_ANSWER_SIZE)
    with (
        serving(Fixed(Reply(200, bytes(MAX_ANSWER_SIZE + 1), kind))) as url,
        pytest.raises(OfficeError) as caught,
    ):
        ask_tsa(url, b"x")
    assert caught.value.code == "office.tsa-answer"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "tsa.example",
        "http://",
        "http://u:p@a.example/",
        "http://a.example:0/",
        "http://[/",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(OfficeError) as caught:
        ask_tsa(url, b"x")
    assert caught.value.code == "office.tsa-url"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://127.0.0.1:1/a b", f"http://{'a' * 70}.invalid/"]
)
def test_an_address_where_nobody_answers_is_worth_another_attempt(url: str) -> None:
    with pytest.raises(UnreachableTsaError):
        ask_tsa(url, b"x", seconds=2)


@pytest.mark.parametrize("sent", [b"", b"0123456789"])
def test_an_answer_that_ends_early_is_no_complete_answer(sent: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/timestamp-reply\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def short() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + sent)

        thread = threading.Thread(target=short)
        thread.start()
        with pytest.raises(UnreachableTsaError):
            ask_tsa(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"x", seconds=5)
        thread.join()
