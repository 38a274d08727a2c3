"""Adding material to a record that exists: sealed once whatever happens, scanned, described, and refused where it does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.errors import QingyuanError
from qingyuan.office.adding import add_material
from qingyuan.office.casework import act
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import Progress, intake
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.recording import Facts
from qingyuan.office.sealing import Collector
from qingyuan.office.summary import gather
from tests.office.running import collected, material

LEAD, MATTER = "L2026-0001", "M2026-0001"
WHO = Collector("P001", "P002", "disclosure", "调取")


class Broken(Exception):  # noqa: N818 - the power goes
    pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = Home.open(tmp_path / "home", create=True)
    intake(opened, [material(tmp_path / "first", 2)], workers=0)
    return opened


def late(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.txt").write_text(f"联系电话 1390013900{number}\n", encoding="utf-8")
    return folder


def test_what_is_added_is_scanned_with_the_rest_and_a_run_that_was_killed_is_gone_on_with(
    tmp_path: Path, home: Home
) -> None:
    source = late(tmp_path / "late")
    facts = Facts(place="清州", witnesses=("P009",))

    def fail(progress: Progress) -> None:
        if progress.stage == "scan":
            raise Broken

    with pytest.raises(Broken):
        add_material(home, LEAD, [source], WHO, facts, workers=0, report=fail)
    done = add_material(home, LEAD, [source], WHO, facts, workers=0)
    again = add_material(home, LEAD, [source], WHO, facts, workers=0)
    assert (again.exhibits, again.acquisition) == (done.exhibits, done.acquisition)
    assert [path for _, path in done.exhibits] == ["late/0.txt", "late/1.txt", "late/2.txt"]
    assert done.persons == 5
    assert len(collected(home, LEAD)) == 5
    assert sum(one.count for one in gather(home, LEAD).findings) == 5
    assert "collected.second" not in {one.fact for one in done.missing}
    assert list(check_home(home)) == []


def test_the_first_material_taken_in_again_leaves_alone_what_was_added(tmp_path: Path, home: Home) -> None:
    source = late(tmp_path / "late", 1)
    (source / "link").symlink_to("/etc/hostname")
    done = add_material(home, LEAD, [source], WHO, workers=0, scan=False)
    assert [one.code for one in done.refused] == ["symlink"]
    assert done.persons is None
    result = intake(home, [tmp_path / "first"], workers=0)
    assert (result.lead, result.complete_before, len(result.exhibits)) == (LEAD, 2, 3)
    assert [one.code for one in gather(home, LEAD).unread] == ["symlink"]
    assert gather(home, LEAD).summary.persons.distinct == 2


def test_material_of_a_case_goes_to_its_matter_and_of_a_lead_that_was_transferred_nowhere(
    tmp_path: Path, home: Home
) -> None:
    assessed = {"authenticity": "可靠", "investigability": "可查", "conclusion": "open"}
    act(home, "lead-assess", LEAD, {**assessed, "ongoing": True, "respondent_known": True}, actor="P001")
    act(home, "matter-open", LEAD, {}, actor="P001")
    done = add_material(home, MATTER, [late(tmp_path / "late", 1)], WHO, workers=0)
    assert (done.scope, done.persons, len(collected(home, MATTER))) == (MATTER, 1, 1)
    intake(home, [material(tmp_path / "other", 1)], workers=0)
    act(home, "lead-transfer", "L2026-0002", {"to": "邻县人民检察院", "reason": "行为地在邻县"}, actor="P001")
    with pytest.raises(QingyuanError, match="transferred to 邻县人民检察院") as refused:
        add_material(home, "L2026-0002", [tmp_path / "late"], WHO, workers=0)
    assert refused.value.code == "office.moved-record"
    destroy(home, LEAD, basis="超过保存期限", approved_by="P009", by="P001")
    with pytest.raises(QingyuanError) as gone:
        add_material(home, LEAD, [tmp_path / "late"], WHO, workers=0)
    assert gone.value.code == "evidence.key-destroyed"
