"""One small office for the whole run, copied for whoever changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from tests.web.making import clock, make_office, open_app


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        make_office(folder)
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An opened copy of the office."""
    monkeypatch.setenv("XDG_DATA_HOME", str(made / "data"))
    folder = Path(shutil.copytree(made / "home", tmp_path / "home"))
    with Home.open(folder, clock=clock()) as opened:
        yield opened


@pytest.fixture
def app(home: Home) -> Iterator[FastAPI]:
    made = open_app(home)
    yield made
    made.state.desk.close()
