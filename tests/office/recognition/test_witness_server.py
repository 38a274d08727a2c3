"""A witness over real HTTP: exact answers, limits, its state file and its clock."""

from __future__ import annotations

import contextlib
import http.client
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.ledger import (
    AddCheckpoint,
    WitnessState,
    open_checkpoint,
    verify_fork,
)
from qingyuan.office import serving as _serving
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.witness_server import WitnessServer
from qingyuan.office.recognition.witness_state import MAX_EVIDENCE, WitnessFile
from qingyuan.office.recognition.witnessing import ask_witness, fetch_checkpoint
from qingyuan.office.serving import MAX_BODY_SIZE
from tests.ledger.support import ORIGIN, signer
from tests.ledger.witnessing import Grown, cosigner
from tests.office.recognition.witnesses import LOG, PLACE, SERVED, START, add, call, running, submission


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WitnessServer]:
    with running(tmp_path / "w1.db", cosigner()) as found:
        yield found


def test_the_statuses_are_those_of_the_specification(server: WitnessServer) -> None:
    forked = Grown([8], fork_at=2)
    stranger = Grown([3], key=signer("other.example/log"))
    unsigned = Grown([3], key=signer(number=9))
    assert add(server.port, 0, 3, stranger) == 404
    assert add(server.port, 0, 3, unsigned) == 403
    assert call(server.port, "POST", "/add-checkpoint", b"junk")[0] == 400
    status, headers, body = call(server.port, "POST", "/add-checkpoint", LOG.request(3, 8))
    assert (status, headers["Content-Type"], body) == (409, "text/x.tlog.size", b"0\n")
    assert add(server.port, 0, 8) == 200
    assert (
        call(server.port, "POST", "/add-checkpoint", AddCheckpoint(8, (), forked.notes[8]).encode())[0] == 409
    )
    assert (
        call(server.port, "POST", "/add-checkpoint", AddCheckpoint(8, (), LOG.notes[20]).encode())[0] == 422
    )
    assert add(server.port, 8, 20) == 200


def test_paths_and_methods_are_exact(server: WitnessServer) -> None:
    good = LOG.request(0, 3)
    for path in ("/", "/add-checkpoint/", "/add-checkpoint?x", "//add-checkpoint", "/ADD-CHECKPOINT"):
        assert call(server.port, "POST", path, good)[0] == 404
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        status, headers, _ = call(server.port, method, "/add-checkpoint")
        assert (status, headers["Allow"]) == (405, "POST")
    assert call(server.port, "POST", PLACE, b"")[0] == 405
    assert call(server.port, "BREW", "/add-checkpoint")[0] == 501
    assert call(server.port, "GET", PLACE.upper())[0] == 404
    assert call(server.port, "GET", PLACE)[0] == 404
    assert add(server.port, 0, 3) == 200
    status, _, note = call(server.port, "GET", PLACE)
    assert status == 200
    assert len(open_checkpoint(note, (LOG.key,), (cosigner().key,)).note.verified) == 2


def test_a_prefix_stands_before_both_routes(tmp_path: Path) -> None:
    with running(tmp_path / "w.db", cosigner(), prefix="/a/b") as server:
        assert add(server.port, 0, 3) == 404
        url = f"http://127.0.0.1:{server.port}/a/b/"
        ask_witness(url, submission(3))
        note = fetch_checkpoint(url, ORIGIN)
        assert note is not None
        assert open_checkpoint(note, (LOG.key,)).checkpoint.size == 3
        assert fetch_checkpoint(url, "other.example") is None


def test_bodies_are_limited_and_their_length_is_demanded(server: WitnessServer) -> None:
    assert call(server.port, "POST", "/add-checkpoint", bytes(MAX_BODY_SIZE + 1))[0] == 413
    assert call(server.port, "POST", "/add-checkpoint", bytes(MAX_BODY_SIZE))[0] == 400
    for head in (
        b"",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
            raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 411 ")


def test_a_connection_is_kept_for_the_next_request(server: WitnessServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    at = 0
    for size in (3, 8, 20):
        connection.request("POST", "/add-checkpoint", LOG.request(at, size))
        response = connection.getresponse()
        assert (response.status, response.will_close) == (200, False)
        response.read()
        at = size
    connection.close()


def test_a_client_that_drips_bytes_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "REQUEST_SECONDS", 0.6)
    with (
        running(tmp_path / "w.db", cosigner()) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw,
    ):
        raw.settimeout(0.1)
        begun = time.monotonic()
        ended = False
        while not ended and time.monotonic() - begun < 60:
            try:
                raw.sendall(b"X")
                ended = raw.recv(100) != b"X"
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended
        assert add(server.port, 0, 3) == 200


def test_connections_beyond_the_limit_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "MAX_CONNECTIONS", 2)
    with running(tmp_path / "w.db", cosigner()) as server, contextlib.ExitStack() as open_ones:
        for _ in range(2):
            raw = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        time.sleep(0.3)
        with pytest.raises((OSError, http.client.HTTPException)):
            add(server.port, 0, 3)
        open_ones.close()
        deadline = time.monotonic() + 60
        while True:  # the server sees a moment later that they are gone
            try:
                answered = add(server.port, 0, 3)
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                break
        assert answered == 200


def test_evidence_of_a_fork_is_kept_once_and_survives(tmp_path: Path) -> None:
    path, forked = tmp_path / "w.db", Grown([8], fork_at=2)
    with running(path, cosigner()) as server:
        add(server.port, 0, 8)
        for _ in range(3):
            assert add(server.port, 0, 8, forked) == 409
    with WitnessFile(path, cosigner().key) as state:
        (proof,) = state.evidence()
        assert verify_fork(proof, (LOG.key,)).proven
        for at in range(MAX_EVIDENCE + 5):
            changed = proof.newer.replace(b"\n8\n", b"\n%d\n" % (at + 9))
            state.keep(type(proof)("refused-proof", "sha256", proof.older, changed), at)
        assert len(state.evidence()) == MAX_EVIDENCE + 1


def test_a_clock_that_ran_back_is_503_and_cosigns_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with running(path, cosigner(), clock=FixedClock(START)) as server:
        assert add(server.port, 0, 3) == 200
    with running(path, cosigner(), clock=FixedClock(START.replace(hour=15))) as server:
        assert add(server.port, 3, 8) == 503
    with running(path, cosigner(), clock=FixedClock(START)) as server:
        assert add(server.port, 3, 8) == 200


@pytest.mark.parametrize("content", [None, b"", b"not a database" * 100, "other key"])
def test_a_witness_does_not_start_without_its_own_state(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "w.db"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        WitnessFile(path, cosigner(2).key, create=True).close()
    with pytest.raises(OfficeError) as caught:
        WitnessServer("127.0.0.1", 0, path, cosigner(), SERVED)
    assert caught.value.code == "office.witness-state"


def test_a_state_is_never_made_over_another(tmp_path: Path) -> None:
    WitnessFile(tmp_path / "w.db", cosigner().key, create=True).close()
    with pytest.raises(OfficeError) as caught:
        WitnessFile(tmp_path / "w.db", cosigner().key, create=True)
    assert caught.value.code == "office.witness-state"


def test_the_state_only_changes_from_what_was_expected(tmp_path: Path) -> None:
    one, two = WitnessState(1, b"1" * 32, 5, b"n"), WitnessState(2, b"2" * 32, 5, b"n")
    with WitnessFile(tmp_path / "w.db", cosigner().key, create=True) as state:
        assert not state.replace("o", one, two)
        assert state.replace("o", None, one)
        assert not state.replace("o", None, two)
        assert not state.replace("o", WitnessState(1, b"x" * 32, 5, b"n"), two)
        assert state.latest("o") == one
        assert state.replace("o", one, two)
        assert (state.latest("o"), state.latest("p")) == (two, None)


def test_a_failed_commit_leaves_the_state_usable(tmp_path: Path) -> None:
    with WitnessFile(tmp_path / "w.db", cosigner().key, create=True) as state:
        with pytest.raises(sqlite3.Error), state._writing():
            state._sql.execute("INSERT INTO nowhere VALUES (1)")
        with running(tmp_path / "w.db", cosigner()) as server:
            assert add(server.port, 0, 3) == 200
        found = state.latest(ORIGIN)
        assert found is not None
        assert found.size == 3
