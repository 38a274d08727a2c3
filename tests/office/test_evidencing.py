"""Fact to prove, exhibits, findings: what engines found stands beside the fact it bears on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from qingyuan.findings import Example, Finding, Provision, State, finding_id, to_jsonl
from qingyuan.office.casework import Argument, act
from qingyuan.office.errors import OfficeError
from qingyuan.office.evidencing import evidence_of
from qingyuan.office.home import Home
from qingyuan.office.intake import intake, seal_into
from qingyuan.office.sealing import Collector
from qingyuan.store.registry import ExhibitRow, exhibits
from tests.office.running import material

FILING: dict[str, Argument] = {
    "track": "civil",
    "office": "县人民检察院",
    "jurisdiction": "place",
    "basis": "personal-information",
    "harm": "个人信息被明文暴露",
    "violation": "未采取去标识化措施",
    "respondents": ["某云仓有限公司"],
    "approved_by": "P009",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", create=True) as home:
        lead = intake(home, [material(tmp_path / "material", 3)], workers=0)
        assessed = {"authenticity": "属实", "investigability": "可查", "conclusion": "open"}
        act(home, "lead-assess", lead.lead, assessed, actor="P001")
        act(home, "matter-open", lead.lead, {}, actor="P001")
        day = home.clock.now().date().isoformat()
        act(home, "case-file", "M2026-0001", {**FILING, "approved_on": day}, actor="P001")
        yield home


def _collected(home: Home) -> list[ExhibitRow]:
    with home.database.read() as connection:
        return [row for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"]


def _confirm(home: Home, **more: Argument) -> None:
    args: dict[str, Argument] = {"investigators": ["P001", "P002"], "method": "collection", **more}
    act(home, "confirm-facts", "C2026-0001", args, actor="P001")


def _finding(exhibit: str) -> Finding:
    found = Finding(
        id="",
        engine="app/1",
        rule="no-deletion",
        title_zh="应用没有注销功能",
        title_en="the app cannot delete an account",
        state=State.LEAD,
        file="某应用.apk",
        count=1,
        examples=(Example("manifest", "—"),),
        provisions=(Provision("app-violations-rights", "认定方法", "第六条"),),
        refuted_by_zh="出示注销入口",
        refuted_by_en="show where an account is deleted",
        exhibit=exhibit,
    )
    return msgspec.structs.replace(found, id=finding_id(found))


def test_what_engines_found_stands_beside_the_fact_it_bears_on(home: Home, tmp_path: Path) -> None:
    empty = evidence_of(home, "C2026-0001")
    assert not any(empty.found.values())
    rows = _collected(home)
    file = tmp_path / "findings.jsonl"
    other = _finding(rows[1].id)
    file.write_bytes(to_jsonl([other]))
    sealed = seal_into(home, "M2026-0001", file, Collector(by="P001"))
    _confirm(home, damage="数百人的个人信息外泄", exhibits=[rows[0].id])
    _confirm(home, act="明文打印、不能注销", exhibits=[rows[2].id], findings=[other.id])
    known = evidence_of(home, "C2026-0001")
    damage, acts = known.found["damage"], known.found["act"]
    assert damage
    assert {each.finding.exhibit for each in damage} == {rows[0].id}
    assert {each.finding.engine.partition("/")[0] for each in damage} == {"pii"}
    assert not any(each.cited for each in damage)
    assert [(each.finding, each.sealed, each.cited) for each in acts if each.cited] == [(other, sealed, True)]
    assert {each.finding.exhibit for each in acts if not each.cited} == {rows[2].id}
    assert known.found["fault"] == ()
    row = next(row for group in known.groups for row in group.rows if row.kind == "act")
    assert row.findings == (other.id,)


def test_a_finding_that_no_finding_file_holds_is_refused_and_one_that_cannot_be_read_is_named(
    home: Home, tmp_path: Path
) -> None:
    with pytest.raises(OfficeError, match="no finding file of the docket holds"):
        _confirm(home, act="明文打印", exhibits=[_collected(home)[0].id], findings=["F-0123456789abcdef"])
    file = tmp_path / "findings.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    sealed = seal_into(home, "M2026-0001", file, Collector(by="P001"))
    assert evidence_of(home, "C2026-0001").unread == (sealed,)
