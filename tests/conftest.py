"""What all tests share: nothing is written to the user's own folders, and no example is timed."""

from __future__ import annotations

import functools
import gc
import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import argon2
import pytest
from hypothesis import HealthCheck, settings

from qingyuan.office.stopping import STOPPING
from tests.store.postgres import Cluster

# How long an example takes says nothing on a busy machine.
settings.register_profile(
    "undated",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("undated")

_NUMBERS = itertools.count()


def pytest_collection_finish() -> None:
    """Leave what importing made out of every later look for garbage: a tenth of the time of the tests went into it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the folders of :func:`own_folders`; a factory would look through all of them for the next name."""
    return tmp_path_factory.mktemp("users")


@pytest.fixture(scope="session", autouse=True)
def full_passwords() -> Iterator[Callable[..., None]]:
    """Passwords are hashed in this process at the least cost Argon2id has, for every page needs a sign-in; gives the full one."""
    full = argon2.PasswordHasher.__init__
    least = functools.partialmethod(full, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2.PasswordHasher, "__init__", least)
        yield full


@pytest.fixture(autouse=True)
def own_folders(users: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point everything that follows the user's environment at a folder of this test."""
    folder = users / str(next(_NUMBERS))
    folder.mkdir()
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
