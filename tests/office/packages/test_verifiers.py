"""The two verifiers are handed over as files with their digests, and run where nothing of ours is installed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from qingyuan.cli.evidence import verifier
from qingyuan.office.errors import OfficeError
from qingyuan.office.packages.verifiers import NAMES, SUMS, export_verifiers
from tests.warm import run

PACKAGES = Path(__file__).resolve().parents[3] / "vectors" / "package"


def test_both_verifiers_come_with_their_digests(tmp_path: Path) -> None:
    exported = export_verifiers(tmp_path / "out")
    assert [each.name for each in exported] == list(NAMES)
    lines = (tmp_path / "out" / SUMS).read_text().splitlines()
    for each in exported:
        data = (tmp_path / "out" / each.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (each.size, each.sha256)
        assert hashlib.new("sm3", data).hexdigest() == each.sm3
        assert f"{each.sha256}  {each.name}" in lines
    assert len(lines) == len(exported)
    checked = subprocess.run(
        ["sha256sum", "-c", SUMS], cwd=tmp_path / "out", capture_output=True, check=False
    )
    assert checked.returncode == 0
    assert export_verifiers(tmp_path / "out") == exported


def test_the_exported_program_judges_a_package_alone(tmp_path: Path) -> None:
    export_verifiers(tmp_path)
    command: list[str | Path] = [
        sys.executable,
        "-I",
        "-S",
        tmp_path / "verify_evp.py",
        PACKAGES / "pass.evp",
        "--trust",
        PACKAGES / "pass.trust.json",
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_command_prints_the_digests(tmp_path: Path) -> None:
    done = CliRunner().invoke(verifier, [str(tmp_path / "v"), "--json"], catch_exceptions=False)
    said = json.loads(done.stdout)
    assert [each["name"] for each in said["verifiers"]] == list(NAMES)
    words = CliRunner().invoke(verifier, [str(tmp_path / "v"), "--lang", "en"], catch_exceptions=False).stdout
    assert said["verifiers"][1]["sm3"] in words


def test_an_installation_without_a_verifier_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingyuan.office.packages.verifiers.NAMES", ("verify_evp.py", "absent.html"))
    with pytest.raises(OfficeError) as caught:
        export_verifiers(tmp_path / "out")
    assert caught.value.code == "office.no-verifier"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "code"), [("fail-fork", 1), ("undetermined-fork-claimed", 3)])
def test_the_command_line_judges_fork_proofs_too(name: str, code: int) -> None:
    done = run("verify", PACKAGES / f"{name}.fork.json", "--trust", PACKAGES / f"{name}.trust.json", "--json")
    assert (done.returncode, done.stderr) == (code, "")
    assert name.partition("-")[2] in {reason["code"] for reason in json.loads(done.stdout)["reasons"]}
