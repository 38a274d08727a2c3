"""A log and its witnesses over real HTTP: quorum, liars, races, and a process killed between requests."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qingyuan.ledger import (
    LogError,
    Submission,
    parse_policy,
)
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.witness_server import WitnessServer
from qingyuan.office.recognition.witness_state import WitnessFile
from qingyuan.office.recognition.witnessing import ask_witness, ask_witnesses
from tests.ledger.support import ORIGIN
from tests.ledger.witnessing import Grown, cosigner
from tests.office.recognition.witnesses import LOG, add, running, submission


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WitnessServer]:
    with running(tmp_path / "w1.db", cosigner()) as found:
        yield found


class Liar:
    """A witness that answers every request with its cosignature over another root."""

    def __init__(self, number: int) -> None:
        self.key = cosigner(number)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def answer(self) -> None:
        text = Grown([20], fork_at=1).notes[20].decode().split("\n\n")[0] + "\n"
        data = self.key.key_id.to_bytes(4, "big") + self.key.cosign(text, 1_790_000_000)
        line = f"— {self.key.name} {base64.b64encode(data).decode()}\n".encode()
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(line) + line)
        self.socket.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_a_quorum_is_met_with_one_witness_down_and_not_with_one_more_lying(tmp_path: Path) -> None:
    lines = [f"log {LOG.key.encode()}"]
    lines += [f"witness w{n} {cosigner(n).key.encode()}" for n in (1, 2, 3)]
    policy = parse_policy("\n".join([*lines, "group g 2 w1 w2 w3", "quorum g", ""]).encode())
    note = LOG.notes[20]
    with (
        running(tmp_path / "1.db", cosigner(1)) as one,
        running(tmp_path / "2.db", cosigner(2)) as two,
        running(tmp_path / "3.db", cosigner(3)) as three,
    ):
        ports = {1: one.port, 2: two.port, 3: three.port}

        def ask(changed: dict[int, int], known: int = 0) -> tuple[bytes, list[str]]:
            places = {**ports, **changed}
            asked = [(f"http://127.0.0.1:{places[n]}", submission(20, n, known)) for n in (1, 2, 3)]
            found = ask_witnesses(note, asked, seconds=5)
            return found.note, [error.code for _, error in found.failures]

        cosigned, failures = ask({})
        verdict = policy.evaluate(cosigned)
        assert (verdict.met, verdict.missing, failures) == (True, (), [])

        cosigned, failures = ask({2: closed_port()})
        verdict = policy.evaluate(cosigned)
        assert (verdict.met, verdict.missing) == (True, ("w2",))
        assert failures == ["office.witness-unreachable"]

        liar = Liar(3)
        cosigned, failures = ask({2: closed_port(), 3: liar.port})
        liar.thread.join()
        verdict = policy.evaluate(cosigned)
        assert (verdict.met, verdict.missing) == (False, ("w2", "w3"))
        assert failures == ["office.witness-unreachable", "ledger.witness-signature"]


def test_a_restored_backup_stops_the_log_however_many_witnesses_cosign(tmp_path: Path) -> None:
    with (
        running(tmp_path / "1.db", cosigner(1)) as one,
        running(tmp_path / "2.db", cosigner(2)) as two,
    ):
        urls = [f"http://127.0.0.1:{each.port}" for each in (one, two)]
        ask_witness(urls[1], submission(300, 2))
        restored = Grown([3, 8])
        asked = [(urls[n - 1], submission(8, n, log=restored)) for n in (1, 2)]
        with pytest.raises(LogError) as caught:
            ask_witnesses(restored.notes[8], asked)
        assert caught.value.code == "ledger.rolled-back"


def test_of_two_writers_at_once_exactly_one_gets_200(server: WitnessServer) -> None:
    sizes = list(range(21, 37))
    log = Grown([20, *sizes])
    assert add(server.port, 0, 20, log) == 200
    barrier = threading.Barrier(8)

    def race(size: int) -> int:
        barrier.wait()
        return add(server.port, 20, size, log)

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(race, sizes[:8]))
    assert statuses == [200] + [409] * 7


def test_two_servers_over_one_state_file_still_give_one_200(tmp_path: Path) -> None:
    path, log = tmp_path / "w.db", Grown([3, *range(4, 20)])
    with running(path, cosigner()) as one, running(path, cosigner()) as two:
        assert add(one.port, 0, 3, log) == 200
        barrier = threading.Barrier(6)

        def race(at: int) -> int:
            barrier.wait()
            return add((one, two)[at % 2].port, 3, 4 + at, log)

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(race, range(6))) == [200] + [409] * 5


@pytest.mark.parametrize(
    "url",
    ["ftp://x/", "witness.example", "http://", "http://x:y/", "http://u@x/", "http://x/?q", "http://[x/"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(OfficeError) as caught:
        ask_witness(url, submission(3))
    assert caught.value.code == "office.witness-url"


def test_a_witness_that_drips_its_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                for _ in range(2_000):
                    connection.sendall(b"H")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(OfficeError) as caught:
            ask_witness(f"http://127.0.0.1:{listener.getsockname()[1]}", submission(3), seconds=0.5)
        assert caught.value.code == "office.witness-unreachable"
        assert time.monotonic() - begun < 60
        thread.join()


CHILD = """
import sys
from pathlib import Path
from qingyuan.ledger import Cosigner, VerifierKey, WitnessedLog
from qingyuan.office.recognition.witness_server import WitnessServer
path, secret, log = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
logs = [WitnessedLog((VerifierKey.parse(log),))]
with WitnessServer("127.0.0.1", 0, path, Cosigner.parse(secret), logs, create=not path.exists()) as server:
    print(server.port, flush=True)
    server.run()
"""


@contextlib.contextmanager
def child(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a witness in a process of its own, give it and its port, and kill it in the end."""
    command = [sys.executable, "-c", CHILD, str(path), cosigner().skey(), LOG.key.encode()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_a_witness_killed_at_any_moment_has_lost_nothing_it_acknowledged(tmp_path: Path) -> None:
    path, log = tmp_path / "w.db", Grown(range(1, 400))
    acknowledged = 0
    for delay in (0.05, 0.12, 0.2):
        with child(path) as (process, port):
            killer = threading.Timer(delay, process.kill)  # SIGKILL
            killer.start()
            known = acknowledged
            with contextlib.suppress(OSError, http.client.HTTPException, OfficeError):
                while known + 1 < 400:
                    note = log.notes[known + 1]
                    ask_witness(
                        f"http://127.0.0.1:{port}", Submission(log.storage, note, cosigner().key, known)
                    )
                    known += 1
            acknowledged = known
            killer.join()
        with WitnessFile(path, cosigner().key) as state:
            stored = state.latest(ORIGIN)
        # What was stored and not yet acknowledged may be there; what was acknowledged must be.
        assert stored is not None
        assert acknowledged <= stored.size <= acknowledged + 1
        acknowledged = stored.size
    assert 0 < acknowledged < 399
    with child(path) as (_, port):
        assert add(port, acknowledged, 399, log) == 200
