"""Duplicates and matters are merged and given back: the register, the links and a rebuild all follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingyuan.cases import Refused
from qingyuan.office.casework import act, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.register import cases, check_links, leads, matters, rebuild, search, timeline, todo
from qingyuan.store.register import Filters, Scope
from tests.office.register.playing import Player

FILING: dict[str, Any] = {
    "track": "administrative",
    "office": "义乌市人民检察院",
    "jurisdiction": "same-level",
    "basis": "anti-fraud",
    "harm": "面单明文",
    "violation": "监督检查不到位",
    "facts_only": True,
    "approved_by": "P009",
}


def _begin(player: Player, title: str, day: date) -> tuple[str, str, str]:
    """Register, assess, open and file one affair; return its lead, matter and case."""
    player.on(day)
    home = player.home
    args = {"title": title, "source": "media", "field": "express-waybill"}
    lead = act(home, "lead-register", None, args, actor="P001")[0].stream
    act(
        home,
        "lead-assess",
        lead,
        {"authenticity": "真实", "investigability": "可查", "conclusion": "open"},
        actor="P001",
    )
    matter = act(home, "matter-open", lead, {}, actor="P001")[0].stream
    case = act(home, "case-file", matter, {**FILING, "approved_on": day.isoformat()}, actor="P001")[0].stream
    return lead, matter, case


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Player, tuple[str, str, str], tuple[str, str, str]]]:
    player = Player(tmp_path / "home")
    with player.home:
        first = _begin(player, "云仓甲明文面单", date(2026, 3, 6))
        second = _begin(player, "云仓乙明文面单", date(2026, 3, 9))
        yield player, first, second


def _rows(player: Player) -> dict[str, tuple[str, str, bool]]:
    listed = (*leads(player.home).rows, *matters(player.home).rows, *cases(player.home).rows)
    return {row.id: (row.docket, row.stage, row.active) for row in listed}


def _merge(player: Player, into: str, other: str) -> None:
    player.on(date(2026, 3, 12))
    act(player.home, "matter-merge", into, {"other": other, "reason": "同一平台"}, actor="P001")


def test_a_merged_matter_is_handled_in_the_other_and_found_there(two: Any) -> None:
    player, (lead, matter, case), (other_lead, other, other_case) = two
    _merge(player, matter, other)
    docket = load(player.home, other_case).docket
    assert docket.matter is not None
    assert (docket.matter.id, docket.matter.leads, docket.matter.cases) == (
        matter,
        (lead, other_lead),
        (case, other_case),
    )
    assert {row[0] for row in _rows(player).values()} == {matter}
    assert _rows(player)[other] == (matter, "merged", False)
    assert [row.id for row in search(player.home, "云仓乙").rows] == [matter]
    assert any("并入总案" in line.zh for line in timeline(player.home, other_lead).lines)
    # Acts on what came with it go on under the same roof.
    player.on(date(2026, 3, 13))
    act(player.home, "assign", other_case, {"handler": "P007"}, actor="P001")
    assert [one.task.target for one in todo(player.home, person="P007").rows if one.docket == matter]


def test_a_merger_undone_gives_back_both_as_they_were_and_keeps_the_history(two: Any) -> None:
    player, (lead, matter, case), (other_lead, other, other_case) = two
    before = _rows(player)
    _merge(player, matter, other)
    player.on(date(2026, 3, 16))
    act(player.home, "matter-split", matter, {"other": other, "reason": "不是同一平台"}, actor="P001")
    assert _rows(player) == before
    for mine, theirs in ((matter, {lead, case}), (other, {other_lead, other_case})):
        docket = load(player.home, mine).docket
        assert {*docket.leads, *docket.cases} == theirs
        assert [line.type for line in timeline(player.home, mine).lines if line.stream == mine][:2] == (
            ["matter.split", "matter.merged"] if mine == matter else ["matter.returned", "matter.taken"]
        )
    # Each goes on alone.
    act(player.home, "assign", other_case, {"handler": "P007"}, actor="P001")
    act(player.home, "assign", case, {"handler": "P008"}, actor="P001")


@pytest.mark.parametrize("split", [False, True])
def test_a_rebuild_gives_the_same_register(two: Any, split: bool) -> None:
    player, (_, matter, _), (_, other, _) = two
    _merge(player, matter, other)
    if split:
        act(player.home, "matter-split", matter, {"other": other, "reason": "误并"}, actor="P001")
    with player.home.database.read() as connection:
        assert list(check_links(connection)) == []
    before = _rows(player), [line.zh for line in timeline(player.home, matter).lines]
    done = rebuild(player.home)
    assert done.unread == ()
    assert (_rows(player), [line.zh for line in timeline(player.home, matter).lines]) == before


def test_a_lead_parted_from_a_matter_is_a_docket_of_its_own_and_can_open_another(two: Any) -> None:
    player, (_, matter, _), _ = two
    home = player.home
    args = {"title": "云仓丙明文面单", "source": "media", "field": "express-waybill"}
    third = act(home, "lead-register", None, args, actor="P001")[0].stream
    act(
        home,
        "lead-assess",
        third,
        {"authenticity": "真实", "investigability": "可查", "conclusion": "open"},
        actor="P001",
    )
    act(home, "matter-join", matter, {"lead": third}, actor="P001")
    assert _rows(player)[third] == (matter, "opened", False)
    act(home, "matter-part", matter, {"lead": third, "reason": "误并"}, actor="P001")
    assert _rows(player)[third] == (third, "assessed", True)
    assert load(home, third).docket.matter is None
    assert rebuild(home).unread == ()
    assert _rows(player)[third] == (third, "assessed", True)
    opened = act(home, "matter-open", third, {}, actor="P001")[0].stream
    assert load(home, third).docket.matter.id == opened  # type: ignore[union-attr]


def test_what_cannot_be_merged_is_refused(two: Any) -> None:
    player, (lead, matter, _), (other_lead, other, _) = two
    home = player.home
    with pytest.raises(Refused, match="cannot be merged with itself"):
        act(home, "matter-merge", matter, {"other": matter, "reason": "x"}, actor="P001")
    with pytest.raises(OfficeError) as caught:
        act(home, "matter-merge", matter, {"other": "M2026-0099", "reason": "x"}, actor="P001")
    assert caught.value.code == "office.no-such-record"
    third = _begin(player, "云仓丁明文面单", date(2026, 3, 10))
    _merge(player, other, third[1])
    with pytest.raises(Refused, match="has taken in others itself"):
        _merge(player, matter, other)
    with pytest.raises(Refused, match="has taken in others itself"):
        _merge(player, matter, third[1])
    with pytest.raises(Refused, match="came with a merged matter"):
        act(home, "matter-part", other, {"lead": third[0], "reason": "x"}, actor="P001")
    assert {lead, other_lead} <= _rows(player).keys()


def test_a_duplicate_lead_is_merged_into_one_that_stands_and_comes_back(two: Any) -> None:
    player, (lead, _, _), _ = two
    home = player.home
    args = {"title": "又是云仓甲", "source": "tip-off", "field": "express-waybill"}
    twin, third = (act(home, "lead-register", None, args, actor="P001")[0].stream for _ in range(2))
    act(home, "merge-lead", twin, {"into": lead, "reason": "重复"}, actor="P001")
    assert _rows(player)[twin][1:] == ("merged", False)
    with pytest.raises(Refused, match="merged into another one itself"):
        act(home, "merge-lead", third, {"into": twin, "reason": "重复"}, actor="P001")
    with pytest.raises(OfficeError):
        act(home, "merge-lead", third, {"into": "L2026-0099", "reason": "重复"}, actor="P001")
    act(home, "unmerge-lead", twin, {"reason": "另一云仓"}, actor="P001")
    assert _rows(player)[twin][1:] == ("registered", True)


def test_lists_and_scopes_follow_a_designation(two: Any) -> None:
    player, (lead, matter, case), (_, _, other_case) = two
    home = player.home
    there, here = Scope(offices=("/330000/330100/330110/",)), Scope(offices=("/330000/330700/330782/",))
    assert [row.id for row in cases(home, here).rows] == [other_case, case]
    act(home, "request-designation", case, {"to": "浙江省人民检察院", "reason": "争议"}, actor="P001")
    given = {"by": "浙江省人民检察院", "to": "330110"}
    act(home, "designate", case, given, actor="P001")
    assert [row.id for row in cases(home, there).rows] == [case]
    assert [row.id for row in matters(home, there).rows] == [matter]
    assert [row.id for row in leads(home, there).rows] == [lead]
    assert case not in [row.id for row in cases(home, here).rows]
    assert [row.id for row in search(home, "云仓甲", there).rows] == [matter]
    rebuild(home)
    assert [row.id for row in matters(home, there).rows] == [matter]


def test_a_lead_accepted_by_another_office_is_that_offices(two: Any) -> None:
    player, _, _ = two
    home = player.home
    args = {"title": "余杭的云仓", "source": "media", "field": "express-waybill"}
    lead = act(home, "lead-register", None, args, actor="P001")[0].stream
    there = Scope(offices=("/330000/330100/330110/",))
    act(home, "lead-transfer", lead, {"to": "330110", "reason": "行为地在余杭"}, actor="P001")
    assert leads(home, there).rows == ()
    act(home, "accept-lead", lead, {"office": "330110"}, actor="P001")
    (row,) = leads(home, there, Filters(active=True)).rows
    assert (row.id, row.stage) == (lead, "registered")
