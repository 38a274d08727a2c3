"""A witness killed between durable state and answer, again and again: nothing rolled back, never two roots cosigned."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.ledger import Submission, parse_checkpoint, parse_note
from qingyuan.office.recognition.witness_state import WitnessFile
from qingyuan.office.recognition.witnessing import ask_witness
from tests.ledger.support import ORIGIN
from tests.ledger.witnessing import Grown, cosigner

# A process that loads everything once and forks a witness for each line it reads: "after" dies of SIGKILL right after
# the state is durable and before the answer is sent, "run" lives until it is killed.
NURSERY = """
import os, signal, sys, threading
from pathlib import Path
from qingyuan.ledger import Cosigner, VerifierKey, WitnessedLog
from qingyuan.office.recognition.witness_server import WitnessServer
from qingyuan.office.recognition.witness_state import WitnessFile
path, secret, log = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
replace = WitnessFile.replace

def die_after(self, *args):
    done = replace(self, *args)
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

for order in sys.stdin:
    child = os.fork()
    if not child:
        if order.strip() == "after":
            WitnessFile.replace = die_after
        logs = [WitnessedLog((VerifierKey.parse(log),))]
        with WitnessServer("127.0.0.1", 0, path, Cosigner.parse(secret), logs, create=not path.exists()) as server:
            print(os.getpid(), server.port, flush=True)
            server.run()
        os._exit(0)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


@contextlib.contextmanager
def nursery(path: Path, log: Grown) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", NURSERY, str(path), cosigner().skey(), log.key.encode()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(300)


def born(process: subprocess.Popen[str], how: str) -> tuple[int, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{how}\n")
    process.stdin.flush()
    pid, port = process.stdout.readline().split()
    return int(pid), int(port)


class Writer(threading.Thread):
    """One side of a log that asks for cosignatures of ever longer heads until the witness is gone."""

    def __init__(self, log: Grown, port: int, known: int) -> None:
        super().__init__()
        self.log, self.url, self.known = log, f"http://127.0.0.1:{port}", known
        self.got: list[tuple[int, bytes]] = []

    def run(self) -> None:
        with contextlib.suppress(QingyuanError, OSError, http.client.HTTPException):
            while self.known + 1 < len(self.log.notes):
                note = self.log.notes[self.known + 1]
                ask_witness(self.url, Submission(self.log.storage, note, cosigner().key), seconds=5)
                self.known += 1
                self.got.append((self.known, parse_checkpoint(parse_note(note).text).root))


@pytest.mark.slow
def test_sixty_kills_roll_nothing_back_and_cosign_one_history(tmp_path: Path) -> None:
    path, chance = tmp_path / "w.db", random.Random(7)
    honest, forked = Grown(range(1, 500)), Grown(range(1, 500), fork_at=3)
    acknowledged: dict[int, bytes] = {}
    newest = kills = 0
    with nursery(path, honest) as process:
        assert process.stdout is not None
        for turn in range(60):
            how = "after" if turn % 2 else "run"
            pid, port = born(process, how)
            writers = [Writer(honest, port, newest), Writer(forked, port, newest)]
            for each in writers:
                each.start()
            if how == "run":
                time.sleep(chance.uniform(0, 0.03))
                os.kill(pid, signal.SIGKILL)
            for each in writers:
                each.join()
            with contextlib.suppress(ProcessLookupError):  # no head was left to cosign, and it lives on
                os.kill(pid, signal.SIGKILL)
            assert process.stdout.readline() == "dead\n"
            kills += 1
            for each in writers:
                for size, root in each.got:
                    assert acknowledged.setdefault(size, root) == root
            with WitnessFile(path, cosigner().key) as state:
                stored = state.latest(ORIGIN)
            if stored is not None:
                assert stored.size >= max([newest, *acknowledged])
                assert acknowledged.get(stored.size, stored.root) == stored.root
                newest = stored.size
    assert kills == 60
    assert newest > 20
    # Every root that was ever acknowledged lies on one and the same history.
    histories = [
        {size: parse_checkpoint(parse_note(note).text).root for size, note in log.notes.items()}
        for log in (honest, forked)
    ]
    assert any(all(found[size] == root for size, root in acknowledged.items()) for found in histories)
