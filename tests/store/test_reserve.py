"""The write-ahead log is made as long as it will get, once a process has written a lot."""

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.store import Database
from qingyuan.store import database as database_module
from qingyuan.store.schema import COUNTER


def _wal(path: Path) -> int:
    return path.with_name(f"{path.name}-wal").stat().st_size


def test_a_process_that_writes_a_lot_gives_the_log_its_length_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(Database.at(path)) as database:
        for number in range(70):
            with database.write() as connection:
                connection.execute(sa.insert(COUNTER).values(name=f"n{number}", value=number))
            if number == 60:
                before = _wal(path)
        assert before < 2_000_000
        assert _wal(path) >= 4_500_000
        with database.read() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(COUNTER)).scalar() == 70
            assert not sa.inspect(connection).has_table("reserve")
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert path.stat().st_size < 1_000_000


def test_a_log_that_cannot_be_lengthened_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_RESERVE", 2**31)  # more than one value may hold
    with contextlib.closing(Database.at(tmp_path / "a.db")) as database:
        for number in range(70):
            with database.write() as connection:
                connection.execute(sa.insert(COUNTER).values(name=f"n{number}", value=number))
        with database.read() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(COUNTER)).scalar() == 70
