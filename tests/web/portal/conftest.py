"""One office with a suggestion served and measures entered, copied for whoever changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.office.home import Home
from tests.web.making import clock
from tests.web.portal.serving import serve_suggestion


@pytest.fixture(scope="session")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        shutil.copytree(made / "home", folder / "home")
        with Home.open(folder / "home", clock=clock()) as opened:
            serve_suggestion(opened)
    return folder


@pytest.fixture
def home(made: Path, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An opened copy of that office."""
    monkeypatch.setenv("XDG_DATA_HOME", str(made / "data"))
    folder = Path(shutil.copytree(served / "home", tmp_path / "home"))
    with Home.open(folder, clock=clock()) as opened:
        yield opened
