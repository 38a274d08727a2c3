"""What all tests share: nothing is written to the user's own folders, and no example is timed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from qingyuan.office.stopping import STOPPING
from tests.store.postgres import Cluster

# How long an example takes says nothing on a busy machine.
settings.register_profile("undated", deadline=None)
settings.load_profile("undated")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point everything that follows the user's environment at a folder of this test."""
    folder = tmp_path_factory.mktemp("user")
    for name in (
        "QINGYUAN_HOME",
        "QINGYUAN_CLOCK",
        "QINGYUAN_LANG",
        "QINGYUAN_PASSPHRASE",
        "QINGYUAN_PASSPHRASE_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A command run in this process gives back the signals it took: the next test may be about one of them."""
    before = [signal.getsignal(number) for number in STOPPING]
    yield
    after = [signal.getsignal(number) for number in STOPPING]
    for number, former in zip(STOPPING, before, strict=True):
        signal.signal(number, former)
    assert after == before, "what this test ran kept a signal"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for all tests of this process, started for the first that asks for it."""
    cluster = Cluster()
    yield cluster
    cluster.stop()
