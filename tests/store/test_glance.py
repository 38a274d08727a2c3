"""Looking something up without a transaction: what is committed now, and errors without the values."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.store import Database, glance
from qingyuan.store.registry import link


def test_a_glance_sees_what_is_committed_and_nothing_else(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "qingyuan.db")
    asked = "SELECT parent FROM link WHERE child = ?"
    with database.write() as connection:
        link(connection, "L1", "M1")
        assert glance(database.engine, asked, "L1") == []
    assert glance(database.engine, asked, "L1") == [("M1",)]
    with database.write() as connection:
        link(connection, "L1", "M2")
    assert glance(database.engine, asked, "L1") == [("M2",)]
    database.close()


def test_an_error_is_that_of_the_database_and_holds_no_value(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "qingyuan.db")
    with pytest.raises(sa.exc.DBAPIError) as caught:
        glance(database.engine, "SELECT nothing FROM nowhere WHERE a = ?", "secret")
    assert "secret" not in str(caught.value)
    assert glance(database.engine, "SELECT 1") == [(1,)]
    database.close()


def test_readers_that_look_something_up_beside_what_they_read_never_wait_for_each_other(
    tmp_path: Path,
) -> None:
    database = Database.at(tmp_path / "qingyuan.db")
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(database.read())
        assert glance(database.engine, "SELECT count(*) FROM link") == [(0,)]
    database.close()
