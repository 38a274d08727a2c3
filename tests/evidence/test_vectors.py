"""The package vectors come out again byte for byte, and get the verdicts written down for them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify, verify_evp
from tests.evidence.test_differential import agree_that_it_is_a_bag

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
PACKAGES = VECTORS / "package"
NAMES = tuple(sorted(path.name.removesuffix(".verdict.json") for path in PACKAGES.glob("*.verdict.json")))
#: The codes that at least one vector must give.
CODES = {
    "container", "digest", "exhibit", "fork", "fork-claimed", "no-fork", "no-timestamp", "no-trust", "no-twin", "old-roles",
    "proof", "revoked-key", "roles", "time", "timestamp", "unknown-key", "untrusted-time", "withheld",
}  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.name != ".gitattributes"}


def given(name: str) -> tuple[Path, Path | None, Path | None]:
    """The file, the trust file and the policy of a vector."""
    package, fork = PACKAGES / f"{name}.evp", PACKAGES / f"{name}.fork.json"
    trust, policy = PACKAGES / f"{name}.trust.json", PACKAGES / f"{name}.policy"
    return (
        package if package.exists() else fork,
        trust if trust.exists() else None,
        policy if policy.exists() else None,
    )


def test_the_vectors_come_out_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, VECTORS / "make.py", tmp_path], check=True, timeout=300)
    made, kept = files(tmp_path), files(PACKAGES)
    assert set(made) == set(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_there_is_a_vector_for_every_verdict_and_for_what_matters_most() -> None:
    verdicts = [json.loads((PACKAGES / f"{name}.verdict.json").read_bytes()) for name in NAMES]
    assert {each["verdict"] for each in verdicts} == {"pass", "fail", "undetermined"}
    assert {reason["code"] for each in verdicts for reason in each["reasons"]} >= CODES
    assert {each["quorum"]["met"] for each in verdicts} == {True, False, None}
    assert all(name.startswith(each["verdict"]) for name, each in zip(NAMES, verdicts, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_gets_the_verdict_codes_and_paths_written_down_for_it(name: str) -> None:
    package, trust, policy = given(name)
    report = verify(package, trust, policy)
    expected = json.loads((PACKAGES / f"{name}.verdict.json").read_bytes())
    reasons = sorted({(r.code, r.path) for r in report.reasons}, key=lambda r: (r[0], r[1] or ""))
    said = report.as_dict()
    assert report.verdict == expected["verdict"]
    assert [{"code": code, "path": path} for code, path in reasons] == expected["reasons"]
    assert {n: report.quorum[n] for n in ("demanded", "met")} == expected["quorum"]
    assert [{n: each[n] for n in ("n", "trusted")} for each in said["timestamps"]] == expected["timestamps"]
    assert said["roles_version"] == expected["roles_version"]
    if trust is not None:
        assert report.trust_sha256 == hashlib.sha256(trust.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["pass", "pass-roles", "undetermined-quorum"])
def test_a_whole_vector_is_a_valid_bag_to_other_readers(name: str, tmp_path: Path) -> None:
    agree_that_it_is_a_bag((PACKAGES / f"{name}.evp").read_bytes(), tmp_path)


def test_the_verifier_alone_gives_the_same_verdict_on_the_command_line() -> None:
    source = Path(verify_evp.__file__)
    for name, code in (("pass", 0), ("fail-content", 1), ("undetermined-withheld", 3), ("fail-fork", 1)):
        package, trust, _ = given(name)
        command = [sys.executable, "-I", "-S", str(source), str(package), "--trust", str(trust)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        assert (done.returncode, done.stderr) == (code, b"")
