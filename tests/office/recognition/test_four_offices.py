"""A procuratorate, a court, a notary and a forensic centre: four processes that witness and anchor each other.

Everything is done with the commands a user types; only their output is read.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import warm
from tests.office.recognition.recognising import vkeys

OFFICES = {"jcy": "检察院", "court": "法院", "notary": "公证处", "forensic": "司法鉴定中心"}

# One process for each step that makes something, since starting Python costs more than the step.
FOUND = """
import sys
from pathlib import Path
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.recognition.witness_folder import WitnessFolder
for name in sys.argv[2:]:
    with Home.open(Path(sys.argv[1]) / name, create=True, office=OfficeInfo(name, name)) as home:
        home.publish()
    WitnessFolder.create(Path(sys.argv[1]) / f"w-{name}", f"witness.{name}.example")
"""


def run(*args: object, code: int = 0) -> Any:
    done = warm.run(*args, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """Run the four offices, each a process with its logs and its witness, and give their URLs."""
    with contextlib.ExitStack() as stack:
        processes = {}
        for name in OFFICES:
            process = warm.start(
                "ledger",
                "serve",
                "--home",
                folder / name,
                "--witness",
                folder / f"w-{name}",
                "--port",
                0,
                "--json",
                stdout=subprocess.PIPE,
            )
            processes[name] = stack.enter_context(process)
        try:
            yield {name: json.loads(_value(process))["url"] for name, process in processes.items()}
        finally:
            for process in processes.values():
                process.send_signal(signal.SIGTERM)
            codes = [process.wait(300) for process in processes.values()]
    assert codes == [0, 0, 0, 0]  # each ended by itself when asked to


def _value(process: warm.Process) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    return text


def introduce(folder: Path, urls: dict[str, str]) -> None:
    """Write what each office knows of the others: their witnesses, the quorum, and their logs."""
    keys = {
        name: yaml.safe_load((folder / f"w-{name}" / "witness.yaml").read_bytes())["vkeys"]
        for name in OFFICES
    }
    for name in OFFICES:
        witnesses = [
            f"witness {other}{'-pq' if at else ''} {vkey} {urls[other]}/witness"
            for other in OFFICES
            for at, vkey in enumerate(keys[other])
        ]
        neutral = "notary forensic jcy" if name == "court" else "notary forensic jcy-pq"
        rule = [f"group 中立 2 {neutral}", "group 法院和中立 all court 中立", "quorum 法院和中立"]
        (folder / name / "policy.txt").write_text("\n".join([*witnesses, *rule, ""]), encoding="utf-8")
        peers = [
            {
                "name": f"{OFFICES[other]}{'（国密）' if at else ''}",
                "url": f"{urls[other]}/{place}",
                "vkey": vkey,
                "policy": "policy.txt",
            }
            for other in OFFICES
            if other != name
            for at, (vkey, place) in enumerate(zip(vkeys(folder / other), ("log", "log-sm3"), strict=True))
        ]
        text = yaml.safe_dump({"peers": peers}, allow_unicode=True, width=10_000)
        (folder / name / "peers.yaml").write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_four_processes_witness_and_anchor_each_other_and_name_the_quorum(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FOUND, str(tmp_path), *OFFICES], check=True, timeout=600)
    for name in OFFICES:
        config = tmp_path / f"w-{name}" / "witness.yaml"
        found = yaml.safe_load(config.read_bytes())
        found["logs"] = [
            {"vkey": vkey, "suite": suite}
            for other in OFFICES
            for vkey, suite in zip(vkeys(tmp_path / other), ("sha256", "sm3"), strict=True)
        ]
        config.write_text(yaml.safe_dump(found, width=10_000), encoding="utf-8")
    with serving(tmp_path) as urls, ThreadPoolExecutor(2) as pool:
        introduce(tmp_path, urls)
        homes = {name: tmp_path / name for name in OFFICES}
        for body in pool.map(lambda home: run("ledger", "cosign", "--home", home), homes.values()):
            assert [(log["quorum"], log["met"]) for log in body["logs"]] == [("法院和中立", True)] * 2
            assert all(len(log["cosigned"]) == 8 and not log["failures"] for log in body["logs"])
        for body in pool.map(lambda home: run("ledger", "anchor", "--home", home), homes.values()):
            assert [row["quorum"] for row in body["anchored"]] == ["法院和中立"] * 6
            assert all(row["index"] is not None for row in body["anchored"])
        # What was anchored changed every log: cosign again, and look at the court from outside.
        run("ledger", "cosign", "--home", homes["court"])
        key = vkeys(homes["court"])[0]
        seen = run(
            "ledger", "monitor", f"{urls['court']}/log", "--vkey", key,
            "--policy", homes["jcy"] / "policy.txt", "--state", tmp_path / "seen.json",
        )["logs"][0]  # fmt: skip
        assert (seen["ok"], seen["quorum"], seen["met"]) == (True, "法院和中立", True)
        assert seen["size"] == 7
