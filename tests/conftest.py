"""What all tests share: nothing is written to the user's own folders, and no example is timed."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from qingyuan.office.stopping import STOPPING
from qingyuan.store import database
from tests.store.postgres import Cluster

# How long an example takes says nothing on a busy machine. The examples follow from the test, so that the same tree has the
# same answer each time; QINGYUAN_RANDOM=1 takes others.
settings.register_profile(
    "undated",
    deadline=None,
    database=None,
    derandomize="QINGYUAN_RANDOM" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("undated")

_NUMBERS = itertools.count()

# A virtual machine that runs for a few seconds compiles what is compiled quickly, and no more.
os.environ["SPARK_SUBMIT_OPTS"] = os.environ["SPARK_DAEMON_JAVA_OPTS"] = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
)


#: A file is begun the earlier, the more tests it has; one that is marked slow counts as so many.
_SLOW = 100


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the files, begin with those that take long: nobody waits at the end for one of them."""
    if hasattr(config, "workerinput"):
        weights = Counter[Path]()
        for item in items:
            weights[item.path] += _SLOW if item.get_closest_marker("slow") else 1
        items.sort(key=lambda item: -weights[item.path])


def pytest_collection_finish() -> None:
    """Leave what importing made out of every later look for garbage: a tenth of the time of the tests went into it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """Let the interpreter take down everything at its end."""
    gc.unfreeze()


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


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[None]:
    """A new SQLite database gets, in one transaction, what the migrations gave the first one of this process."""
    full = database.upgrade_to
    known: list[str] = []

    def upgrade_to(engine: sa.Engine, revision: str) -> None:
        if engine.dialect.name != "sqlite" or revision != "head":
            full(engine, revision)
        elif not known:
            full(engine, revision)
            with engine.connect() as connection:
                known[:] = _statements(connection)
        else:
            with engine.connect().execution_options(writer=True) as connection, connection.begin():
                new = connection.execute(sa.text("SELECT 1 FROM sqlite_master LIMIT 1")).first() is None
                for statement in known if new else ():
                    connection.exec_driver_sql(statement)
            if not new:
                full(engine, revision)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "upgrade_to", upgrade_to)
        yield


def _statements(connection: sa.Connection) -> list[str]:
    """Return what makes the tables of a migrated SQLite database, without those that a virtual table makes by itself."""
    rows = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    )
    made = [(str(name), str(sql)) for name, sql in rows]
    within = tuple(f"{name}_" for name, sql in made if sql.startswith("CREATE VIRTUAL"))
    revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    found = [sql for name, sql in made if not (within and name.startswith(within))]
    return [*found, f"INSERT INTO alembic_version VALUES ('{revision}')"]


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
