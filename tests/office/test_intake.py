"""The intake as a whole: what it takes, what it names, and what a second run does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from qingyuan.demo import TRAP_MOBILE, hostile, small
from qingyuan.findings import to_jsonl
from qingyuan.office.clock import FixedClock, parse_time
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from tests.office.running import check_consistent, collected, material
from tests.warm import run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


def test_the_same_intake_again_writes_nothing_and_gives_the_same(tmp_path: Path, home: Home) -> None:
    source = material(tmp_path / "material")
    first = intake(home, [source], workers=0)
    again = intake(home, [source], workers=0)
    assert again.ledger == first.ledger
    assert (again.lead, again.findings, again.exhibits) == (first.lead, first.findings, first.exhibits)
    assert again.resumed
    assert again.complete_before == len(first.exhibits) == 12
    assert not first.resumed
    check_consistent(tmp_path / "home", first.lead, 12)


def test_new_and_changed_files_join_the_same_lead_and_the_old_exhibit_stays(
    tmp_path: Path, home: Home
) -> None:
    source = material(tmp_path / "material")
    first = intake(home, [source], workers=0)
    (source / "000.txt").write_text("联系电话 13900000001\n", encoding="utf-8")
    (source / "new.txt").write_text("联系电话 13900000002\n", encoding="utf-8")
    second = intake(home, [source], workers=0)
    assert second.lead == first.lead
    assert second.complete_before == 12
    assert {e.id for e in first.exhibits} < {e.id for e in second.exhibits}
    assert sorted(row.path for row in collected(home, first.lead)).count("material/000.txt") == 2
    assert len(second.exhibits) == 14
    assert sum(f.count for f in second.findings) == 14
    check_consistent(tmp_path / "home", first.lead, 14)


def test_a_file_of_which_only_the_time_stamp_changed_is_not_sealed_again(tmp_path: Path, home: Home) -> None:
    source = material(tmp_path / "material")
    first = intake(home, [source], workers=0)
    os.utime(source / "000.txt", (1_800_000_000, 1_800_000_000))
    again = intake(home, [source], workers=0)
    assert again.exhibits == first.exhibits
    assert again.ledger == first.ledger


def test_paths_given_twice_or_within_each_other_are_taken_once(tmp_path: Path, home: Home) -> None:
    source = material(tmp_path / "material")
    done = intake(home, [source / "sub", source, source, source / "000.txt"], workers=0)
    assert len(done.exhibits) == 12
    assert len({e.sha256 for e in done.exhibits}) == 12


def test_folders_of_the_same_name_keep_their_own_results(tmp_path: Path, home: Home) -> None:
    one, two = tmp_path / "a" / "data", tmp_path / "b" / "data"
    for folder, phone in ((one, "13800000001"), (two, "13800000002")):
        folder.mkdir(parents=True)
        (folder / "x.txt").write_text(f"电话 {phone}\n" * (1 if folder is one else 3), encoding="utf-8")
    done = intake(home, [one, two], workers=0)
    assert sorted(f.count for f in done.findings) == [1, 3]
    assert {e.path for e in done.exhibits} == {str(one / "x.txt"), str(two / "x.txt")}


def test_what_could_not_be_taken_is_tried_again_when_its_cause_is_gone(tmp_path: Path, home: Home) -> None:
    source = material(tmp_path / "material")
    (source / "later.txt").symlink_to("nowhere")
    first = intake(home, [source], workers=0)
    assert [u.code for u in first.unread] == ["symlink"]
    (source / "later.txt").unlink()
    (source / "later.txt").write_text("电话 13900000003\n", encoding="utf-8")
    second = intake(home, [source], workers=0)
    assert second.unread == ()
    assert len(second.exhibits) == 13


def test_a_second_intake_at_the_same_time_is_refused_clearly(tmp_path: Path) -> None:
    source = material(tmp_path / "material")
    with Home.open(tmp_path / "home", create=True) as home, home.lock("intake"):
        done = run("intake", source, "--home", tmp_path / "home", "--json")
        assert done.returncode == 2
        assert json.loads(done.stdout)["error"]["code"] == "office.busy"
        assert "Traceback" not in done.stderr


def test_nothing_to_take_and_the_home_itself_are_refused(tmp_path: Path, home: Home) -> None:
    for paths, code in (
        ([], "office.nothing-to-take"),
        ([tmp_path / "none"], "office.nothing-to-take"),
        ([tmp_path / "home"], "office.home-in-material"),
        ([tmp_path / "home" / "blobs" / ".."], "office.home-in-material"),
        ([tmp_path], "office.home-in-material"),
    ):
        with pytest.raises(OfficeError) as caught:
            intake(home, paths, workers=0)
        assert caught.value.code == code


@pytest.mark.slow
def test_every_trap_is_named_with_a_remedy_and_the_rest_is_processed(tmp_path: Path) -> None:
    source, home = tmp_path / "material", tmp_path / "home"
    traps = hostile(
        source,
        sparse_size=10 << 30,
        line_size=1_000_000,
        tiny_files=20,
        bomb_copies=4,
        bomb_inner=4 << 20,
        columns=500,
    )
    before = {path.name for path in tmp_path.iterdir()} | {"home"}
    done = run("intake", source, "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    body = json.loads(done.stdout)
    named = {one["path"].removeprefix(f"{source}/") for one in body["unread"]}
    readable = {"header-only", "odd-name", "wide-csv", "long-line", "tiny-files", "deep-html", "zip-bomb"}
    for trap in traps:
        if trap.code not in readable:
            assert trap.path.name in named, trap.code
    for one in body["unread"]:
        assert all(one[key] for key in ("reason", "reason_en", "remedy", "remedy_en")), one
    found = {Path(finding["file"]).name for finding in body["findings"]}
    assert {"超长单行.txt", "超宽表.csv", "越界路径.zip", "损坏.jsonl"} <= found
    assert any(name.endswith("\\xff.txt") for name in found)
    assert TRAP_MOBILE not in done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == before


def test_the_same_material_in_two_folders_gives_the_same_findings(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        source = material(tmp_path / name / "material")
        clock = FixedClock(parse_time("2026-03-02T09:00", where=""))
        with Home.open(tmp_path / f"home-{name}", create=True, seed="same", clock=clock) as home:
            done = intake(home, [source], workers=0)
            found.append((to_jsonl(done.findings), done.ledger))
    assert found[0] == found[1]
    assert found[0][0]


@pytest.mark.slow
def test_nothing_personal_stands_in_clear_anywhere_in_the_home(tmp_path: Path) -> None:
    source, home = tmp_path / "material", tmp_path / "home"
    truth = small(source, rows=600)
    planted = set()
    for row in pq.read_table(truth.path).to_pylist():
        clear = (
            row["kind"] in {"mobile", "resident-id", "bank-card"} and not row["masked"] and not row["decoy"]
        )
        if clear and row["byte_start"] is not None and row["member"] is None:
            planted.add((source / row["file"]).read_bytes()[row["byte_start"] : row["byte_end"]])
    assert len(planted) > 100
    done = run("intake", source, "--home", home)
    assert done.returncode == 0
    texts = [done.stdout.encode(), done.stderr.encode()]
    texts += [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert len(texts) > 20
    for text in texts:
        assert not [value for value in planted if value in text]
