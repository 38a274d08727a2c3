"""Both kinds of database, for tests that must hold on either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.store import Database
from tests.store.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'q.db'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An opened database of either kind."""
    opened = Database(url)
    yield opened
    opened.close()
