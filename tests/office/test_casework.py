"""Acting on dockets: two clerks at once, refusals, identifiers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qingyuan.cases import CasesError, Refused
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from tests.office.running import material


@pytest.fixture
def lead(tmp_path: Path) -> str:
    with Home.open(tmp_path / "home", create=True) as home:
        return intake(home, [material(tmp_path / "material", 2)], workers=0).lead


_ASSESSED: dict[str, Argument] = {
    "authenticity": "材料可靠",
    "investigability": "可查",
    "conclusion": "open",
    "ongoing": True,
    "respondent_known": True,
}


def test_two_clerks_who_act_at_once_both_count(tmp_path: Path, lead: str) -> None:
    def clerk(number: int) -> str:
        with Home.open(tmp_path / "home") as home:
            try:
                act(home, "matter-open", lead, {}, actor=f"P00{number}")
            except Refused:
                return "refused"
            return "done"

    with Home.open(tmp_path / "home") as home:
        act(home, "lead-assess", lead, _ASSESSED, actor="P001")
    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(clerk, (1, 2)))
    assert results == ["done", "refused"]
    with Home.open(tmp_path / "home") as home:
        assert load(home, lead).streams == (lead, "M2026-0001")
        assert list(check_home(home)) == []


def test_no_update_of_many_clerks_is_lost(tmp_path: Path, lead: str) -> None:
    from qingyuan.store import EventDraft

    def clerk(number: int) -> None:
        with Home.open(tmp_path / "home") as home:
            for _ in range(5):
                home.append([EventDraft("office", "office.note", {"by": number})], actor="P001")

    with Home.open(tmp_path / "home") as home:
        before = home.head()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clerk, range(4)))
    with Home.open(tmp_path / "home") as home:
        after = home.head()
        assert before is not None
        assert after is not None
        assert after.size == before.size + 20
        assert list(check_home(home)) == []


def test_a_refused_act_leaves_the_database_as_it_was(tmp_path: Path, lead: str) -> None:
    with Home.open(tmp_path / "home") as home:
        before = home.head()
        for verb, target, args, error in (
            ("matter-open", lead, {}, Refused),
            ("lead-assess", lead, {"conclusion": "no such"}, CasesError),
            ("no-such-verb", lead, {}, CasesError),
            ("lead-assess", "L2026-0099", {}, OfficeError),
        ):
            with pytest.raises(error):
                act(home, verb, target, args, actor="P001")
        assert home.head() == before
        act(home, "lead-assess", lead, _ASSESSED, actor="P001")
        act(home, "matter-open", lead, {}, actor="P001")
        assert load(home, lead).docket.matter is not None


def test_identifiers_are_given_one_after_the_other(tmp_path: Path, lead: str) -> None:
    year = lead[1:5]
    with Home.open(tmp_path / "home") as home:
        second = intake(home, [material(tmp_path / "more", 1)], workers=0).lead
    assert (lead, second) == (f"L{year}-0001", f"L{year}-0002")
