"""Killed writers, full disks and large content."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qingyuan.evidence import (
    EvidenceError,
    Kek,
    Keyring,
    SealedReader,
    build_package,
    digest_bytes,
    remove_unfinished,
    seal,
    seal_to,
)
from tests.evidence.making import counter_entropy, pattern
from tests.evidence.packing import SmallOffice
from tests.evidence.zeros import Zeros

KEK = bytes(range(32))

SAVING = """
import os, sys
from pathlib import Path
from qingyuan.evidence import Kek, Keyring
ring = Keyring.create(os.urandom, Kek.raw(bytes(range(32))))
ring.scope_key("L0")
ring.save(Path(sys.argv[1]))
print("saved", flush=True)
for number in range(1, 100000):
    ring.scope_key(f"L{number}")
    ring.save(Path(sys.argv[1]))
"""


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to make any file larger than ``size`` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_keyring_whose_writer_is_killed_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    for delay in (0.0, 0.013, 0.037):
        writer = subprocess.Popen([sys.executable, "-c", SAVING, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"saved\n"
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        ring = Keyring.open(path, Kek.raw(KEK), os.urandom)
        assert ring.scopes()[0] == "L0"
    remove_unfinished(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["keys"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".writing-x1").write_bytes(b"half a package")
    (tmp_path / "p.evp").write_bytes(b"whole")
    assert remove_unfinished(tmp_path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["p.evp"]


def test_a_full_disk_stops_sealing_and_leaves_nothing(tmp_path: Path) -> None:
    with largest_file(100_000), pytest.raises(EvidenceError) as caught:
        seal_to(io.BytesIO(pattern(300_000)), tmp_path / "sealed", KEK, "k", counter_entropy())
    assert caught.value.code == "evidence.write-failed"
    assert caught.value.where == str(tmp_path / "sealed")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_stops_a_package_and_keeps_the_older_one(tmp_path: Path, keyring: Keyring) -> None:
    office = SmallOffice(keyring)
    office.take(pattern(300_000))
    office.transfer()
    (tmp_path / "p.evp").write_bytes(b"older")
    with largest_file(100_000), pytest.raises(EvidenceError) as caught:
        build_package(office.source(), tmp_path / "p.evp")
    assert caught.value.code == "evidence.write-failed"
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"older"]


class _Nowhere(io.BytesIO):
    def write(self, data: object, /) -> int:
        return len(data)  # type: ignore[arg-type]


def test_memory_does_not_grow_with_content() -> None:
    size = 40 << 20
    tracemalloc.start()
    found = seal(Zeros(size), _Nowhere(), KEK, "k", counter_entropy())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.size, found.sha256) == (size, hashlib.sha256(bytes(size)).hexdigest())
    assert peak < 20 << 20


def test_sealing_a_stream_to_a_file_gives_a_file_that_opens(tmp_path: Path) -> None:
    found = seal_to(io.BytesIO(b"result"), tmp_path / "sealed", KEK, "k", counter_entropy())
    with SealedReader.open(tmp_path / "sealed", KEK) as reader:
        assert reader.read() == b"result"
    assert found.sha256 == digest_bytes(b"result").sha256
    assert found.sealed_sha256 == hashlib.sha256((tmp_path / "sealed").read_bytes()).hexdigest()
