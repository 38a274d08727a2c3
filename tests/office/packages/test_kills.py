"""A package is made or not made, whenever the process that makes it is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake, seal_into
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector
from tests.office.running import material
from tests.warm import run, start

_KILLS = 3


@pytest.mark.slow
def test_at_whatever_moment_a_build_is_killed_the_folder_holds_whole_packages_only(tmp_path: Path) -> None:
    folder, large = tmp_path / "out", tmp_path / "large.bin"
    folder.mkdir()
    large.write_bytes(os.urandom(1 << 20) * 8)
    with Home.open(tmp_path / "home", create=True) as home:
        lead = intake(home, [material(tmp_path / "material", 1)], workers=0).lead
        seal_into(home, lead, large, Collector())
        make_package(home, lead, folder / "a.evp", to="x", actor="P001")
    build = ("package", lead, "-o", folder / "a.evp", "--home", tmp_path / "home", "--offline", "--force")
    began = time.monotonic()
    assert run(*build).returncode == 0
    whole, choose, killed = time.monotonic() - began, random.Random(11), 0
    for _ in range(_KILLS):
        process, began = (
            start(*build, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
            time.monotonic(),
        )
        try:
            process.wait(whole * choose.uniform(0.4, 1.05))
            whole = min(whole, time.monotonic() - began)  # the machine may have less to do than before
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        assert [path.name for path in folder.iterdir()] == ["a.evp"]
        assert verify(folder / "a.evp", trust=tmp_path / "home" / "trust.json").verdict == "pass"
    assert killed, "the test killed nothing"
    with Home.open(tmp_path / "home") as home:
        assert list(check_home(home)) == []
        make_package(home, lead, folder / "a.evp", to="x", actor="P001", overwrite=True)
        assert verify(folder / "a.evp", trust=home.trust_path).verdict == "pass"


def test_a_home_that_cannot_write_its_twin_still_makes_packages_and_the_reader_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        lead = intake(home, [material(tmp_path / "material", 1)], workers=0).lead
        monkeypatch.setattr(home, "twin", None)
        packed = make_package(home, lead, tmp_path / "a.evp", to="x", actor="P001")
        assert packed.twin is False
        report = verify(tmp_path / "a.evp", trust=home.trust_path)
        assert report.verdict == "undetermined"
        assert "no-twin" in {reason.code for reason in report.reasons}
