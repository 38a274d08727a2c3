"""A small office made through the command line, and a place of its own for keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.running import CLOCK, run


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that stands for the home folder of the user."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture(autouse=True)
def own_places(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test out of the developer's own folders, and the clock still."""
    _set(monkeypatch, user)


def _set(monkeypatch: pytest.MonkeyPatch, user: Path) -> None:
    for name in (
        "QINGYUAN_HOME",
        "QINGYUAN_LANG",
        "QINGYUAN_PASSPHRASE",
        "QINGYUAN_PASSPHRASE_FILE",
        "COLUMNS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.setenv("XDG_DATA_HOME", str(user / "data"))
    monkeypatch.setenv("QINGYUAN_CLOCK", CLOCK)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest leak that fills all its files."""
    from qingyuan.demo import generate

    folder = tmp_path_factory.mktemp("leak") / "material"
    generate(folder, seed=7, rows=500)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, user: Path, material: Path) -> Path:
    """An office with a lead, a matter and a case; read only, see :func:`home`."""
    folder = tmp_path_factory.mktemp("office") / "home"
    with pytest.MonkeyPatch.context() as monkeypatch:
        _set(monkeypatch, user)
        for words in (
            ["office", "init", "--id", "test", "--name", "清州市人民检察院", "--division", "330782"],
            ["intake", str(material), "--title", "面单线索", "--field", "express-waybill", "--workers", "1"],
            ["lead", "assess", "L2026-0001", "authenticity=甲", "investigability=乙", "conclusion=open"],
            ["matter", "open", "L2026-0001"],
            ["case", "file", "M2026-0001", *FILING],
        ):
            done = run(*words, "--home", folder)
            assert done.code == 0, done.err
    return folder


#: Particulars of the case of :func:`made`.
FILING = (
    "track=administrative",
    "office=清州市人民检察院",
    "jurisdiction=same-level",
    "basis=personal-information",
    "harm=面单数据外泄",
    "violation=未履行监管职责",
    "respondents=清州市邮政管理局",
    "regulator=postal",
    "duties=postal-waybill",
    "duties=postal-penalise",
    "approved_by=P009",
    "approved_on=2026-07-01",
)


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A copy of the office that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "home"))
