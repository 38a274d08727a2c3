"""The package vectors come out again byte for byte, and get the verdicts written down for them."""

from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify, verify_evp
from tests.evidence.test_differential import agree_that_it_is_a_bag

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
PACKAGES = VECTORS / "package"
NAMES = ("pass", "fail-content", "undetermined-withheld", "undetermined-quorum")


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.name != ".gitattributes"}


def test_the_vectors_come_out_again_byte_for_byte(tmp_path: Path) -> None:
    runpy.run_path(str(VECTORS / "make.py"))["make"](tmp_path)
    made, kept = files(tmp_path), files(PACKAGES)
    assert set(made) == set(kept)
    assert [name for name in made if made[name] != kept[name]] == []
    assert {name.removesuffix(".evp") for name in kept if name.endswith(".evp")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_gets_the_verdict_codes_and_paths_written_down_for_it(name: str) -> None:
    policy = PACKAGES / f"{name}.policy"
    trust = PACKAGES / f"{name}.trust.json"
    report = verify(PACKAGES / f"{name}.evp", trust, policy if policy.exists() else None)
    expected = json.loads((PACKAGES / f"{name}.verdict.json").read_bytes())
    reasons = sorted({(r.code, r.path) for r in report.reasons}, key=lambda r: (r[0], r[1] or ""))
    assert report.verdict == expected["verdict"]
    assert [{"code": code, "path": path} for code, path in reasons] == expected["reasons"]
    assert {n: report.quorum[n] for n in ("demanded", "met")} == expected["quorum"]
    assert report.trust_sha256 == hashlib.sha256(trust.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["pass", "undetermined-quorum"])
def test_a_whole_vector_is_a_valid_bag_to_other_readers(name: str, tmp_path: Path) -> None:
    agree_that_it_is_a_bag((PACKAGES / f"{name}.evp").read_bytes(), tmp_path)


def test_the_verifier_alone_gives_the_same_verdict_on_the_command_line() -> None:
    source = Path(verify_evp.__file__)
    for name, code in (("pass", 0), ("fail-content", 1), ("undetermined-withheld", 3)):
        command = [sys.executable, "-I", "-S", str(source), str(PACKAGES / f"{name}.evp")]
        command += ["--trust", str(PACKAGES / f"{name}.trust.json")]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (code, b"")
