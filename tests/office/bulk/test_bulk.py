"""A scan in parts and processes gives what a scan of whole files gives, and goes on when it was killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qingyuan.office.bulk import BulkProgress, bulk_scan
from qingyuan.office.errors import OfficeError
from qingyuan.pii import FileScan, engine
from qingyuan.pii.readers import read
from tests import warm
from tests.pii.generator import Maker

KEY = bytes(range(32))
PART = 60_000


def big_table(path: Path, rows: int, *, seed: int, odd_end: bool = False) -> None:
    """Write people with and without IDs, some of them often; the end may look unlike the rest."""
    maker, r = Maker(seed), random.Random(seed)
    known = [(maker.name(), maker.resident_id(), maker.mobile(), maker.card()) for _ in range(rows // 3)]
    lines = ["姓名,身份证号,手机号,卡号,x1"]
    for _ in range(rows):
        name, identity, mobile, card = r.choice(known)
        lines.append(
            f"{name},{identity if r.random() < 0.3 else ''},{mobile if r.random() < 0.8 else ''},"
            f"{card if r.random() < 0.3 else ''},{maker.digits(19)}"
        )
    if odd_end:
        lines += [f"{maker.name()},,,,{maker.card()}" for _ in range(rows // 4)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def material(folder: Path) -> list[Path]:
    folder.mkdir()
    big_table(folder / "a.csv", 3000, seed=1)
    big_table(folder / "b.csv", 3000, seed=1, odd_end=True)
    maker = Maker(2)
    for n in range(12):
        (folder / f"s{n:02}.txt").write_text(f"{maker.name()}电话{maker.mobile()}\n", "utf-8")
    (folder / "t.bin").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return [folder]


def whole(folder: Path) -> list[FileScan]:
    out = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            out.append(engine.scan(read(file, str(path)), KEY, str(path)))
    return out


def without_arrays(scan: FileScan) -> dict[str, Any]:
    names = ("file", "columns", "kinds", "records", "tallies", "unread", "bytes", "cells")
    return {name: getattr(scan, name) for name in names}


@pytest.mark.parametrize("jobs", [0, 2])
def test_the_result_is_that_of_whole_files(tmp_path: Path, jobs: int) -> None:
    paths = material(tmp_path / "in")
    told: list[BulkProgress] = []
    expected = whole(paths[0])
    with bulk_scan(
        paths, KEY, folder=tmp_path / "job", jobs=jobs, hits=True, report=told.append, part_bytes=PART
    ) as found:
        assert [without_arrays(s) for s in found.scans()] == [without_arrays(s) for s in expected]
        summary = engine.merge(expected)
        assert replace(found.summary, columns=()) == replace(summary, columns=())
        assert set(found.summary.columns) == set(summary.columns)
        rows = [row for table in found.hits() for row in table.to_pylist()]
        assert rows == [row for scan in expected for row in scan.hits.to_pylist()]
        assert found.resumed == 0
        lines = (tmp_path / "job" / "progress.jsonl").read_text().splitlines()
    assert [json.loads(line)["stage"] for line in lines] == [one.stage for one in told]
    assert {one.stage for one in told} >= {"plan", "scan", "count"}
    last = [one for one in told if one.stage == "scan"][-1]
    assert last.bytes_done == last.bytes_total == sum(p.stat().st_size for p in paths[0].iterdir())
    assert last.records == summary.records.total
    assert not (tmp_path / "job").exists()


def test_a_part_that_decides_otherwise_is_scanned_again(tmp_path: Path) -> None:
    """The odd end of b.csv alone is a column of cards; in the whole table it is not."""
    paths = material(tmp_path / "in")
    told: list[BulkProgress] = []
    with bulk_scan(
        paths, KEY, folder=tmp_path / "job", jobs=0, report=told.append, part_bytes=20_000
    ) as found:
        kinds = found.summary.kinds
    assert kinds == engine.merge(whole(paths[0])).kinds
    assert "settle" in {one.stage for one in told}


def test_a_damaged_segment_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qingyuan.pii.scale import Spill

    paths = material(tmp_path / "in")
    count = Spill.count

    def damaging(self: Spill, names: list[str], *, jobs: int) -> object:
        monkeypatch.setattr(Spill, "count", count)
        path = sorted(self.folder.glob("*.seg"))[2]
        data = bytearray(path.read_bytes())
        data[-20] ^= 4
        path.write_bytes(data)
        return self.count(names, jobs=jobs)

    monkeypatch.setattr(Spill, "count", damaging)
    with bulk_scan(paths, KEY, folder=tmp_path / "job", jobs=0, part_bytes=PART) as found:
        assert found.summary.persons == engine.merge(whole(paths[0])).persons


def test_another_scan_another_key_and_changed_files_are_refused(tmp_path: Path) -> None:
    paths = material(tmp_path / "in")
    folder = tmp_path / "job"

    def interrupted() -> None:
        with pytest.raises(KeyboardInterrupt), bulk_scan(paths, KEY, folder=folder, jobs=0, part_bytes=PART):
            raise KeyboardInterrupt

    interrupted()
    with (
        pytest.raises(OfficeError, match="another token key"),
        bulk_scan(paths, bytes(32), folder=folder, jobs=0),
    ):
        pass
    with (
        pytest.raises(OfficeError, match="another scan"),
        bulk_scan(paths, KEY, folder=folder, jobs=0, hits=True),
    ):
        pass
    with (tmp_path / "in" / "s01.txt").open("a") as file:
        file.write("x")
    with pytest.raises(OfficeError, match="changed"), bulk_scan(paths, KEY, folder=folder, jobs=0):
        pass


RUN = """
import sys
from pathlib import Path
from qingyuan.office.bulk import bulk_scan
def report(p):
    print(p.stage, p.done, flush=True)
if __name__ == "__main__":
    with bulk_scan([Path(sys.argv[1])], bytes(range(32)), folder=Path(sys.argv[2]), jobs=2,
                   report=report, part_bytes=30_000) as found:
        print("RESULT", found.resumed, found.summary.persons.distinct, found.summary.readings[0].raw)
"""


@pytest.mark.slow
def test_a_scan_killed_at_any_moment_goes_on_to_the_same_counts(tmp_path: Path) -> None:
    paths = material(tmp_path / "in")
    summary = engine.merge(whole(paths[0]))
    script = tmp_path / "run.py"
    script.write_text(RUN)

    def start() -> warm.Process:
        return warm.start(paths[0], tmp_path / "job", script=script, stdout=subprocess.PIPE)

    deadline = time.monotonic() + 300
    for stage, least in (("plan", 0), ("scan", 2), ("scan", 9)):
        while True:  # a start is refused while the workers of a killed run still end
            process = start()
            assert process.stdout is not None
            for line in process.stdout:
                assert not line.startswith("RESULT"), "it ended before it could be killed"
                said, done = line.split()[:2]
                if said == stage and int(done) >= least:
                    break
            else:
                process.communicate()
                assert time.monotonic() < deadline
                continue
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
    while True:  # the killed run's workers end by themselves
        process = start()
        out = process.communicate()[0]
        if process.returncode == 0:
            break
        assert time.monotonic() < deadline, out
    resumed, distinct, raw = map(int, out.split("RESULT")[1].split())
    assert (distinct, raw) == (summary.persons.distinct, summary.readings[0].raw)
    assert resumed >= 8
    assert not (tmp_path / "job").exists()
