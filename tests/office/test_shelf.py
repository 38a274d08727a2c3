"""Dockets kept folded: the same as long as nobody wrote to them, and never older than the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from qingyuan.office.casework import Argument, act, load
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.shelf import Shelf

NOW = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8)))
LEAD, OTHER = "L2026-0001", "L2026-0002"
ASSESSED: dict[str, Argument] = {"authenticity": "可靠", "investigability": "可查", "conclusion": "open"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    office = OfficeInfo("330782", "义乌市人民检察院", "330782", "county")
    with Home.open(tmp_path / "home", create=True, office=office, clock=FixedClock(NOW)) as made:
        for _ in range(2):
            args: dict[str, Argument] = {
                "title": "线索",
                "source": "media",
                "field": "personal-information",
                "received_on": "2026-07-01",
            }
            act(made, "lead-register", None, args, actor="P1")
        yield made


def test_a_docket_is_folded_once_until_somebody_writes_to_it(home: Home) -> None:
    shelf = Shelf(home)
    held = shelf.docket(LEAD)
    assert shelf.docket(LEAD) is held
    act(home, "lead-assess", OTHER, ASSESSED, actor="P1")
    assert shelf.docket(LEAD) is held  # another docket's events are none of its own
    act(home, "lead-assess", LEAD, ASSESSED, actor="P1")
    assert shelf.docket(LEAD).loaded == load(home, LEAD) != held.loaded


def test_what_another_process_wrote_is_seen_at_once(home: Home) -> None:
    shelf = Shelf(home)
    before = shelf.docket(LEAD).loaded
    with Home.open(home.path, clock=FixedClock(NOW)) as other:
        act(other, "lead-assess", LEAD, ASSESSED, actor="P2")
    after = shelf.docket(LEAD).loaded
    assert after == load(home, LEAD)
    assert len(after.events) > len(before.events)


def test_records_that_join_a_docket_are_found_under_each_of_its_names(home: Home) -> None:
    shelf = Shelf(home)
    for lead in (LEAD, OTHER):
        act(home, "lead-assess", lead, ASSESSED, actor="P1")
        shelf.docket(lead)
    matter = act(home, "matter-open", LEAD, {}, actor="P1")[0].stream
    assert shelf.docket(LEAD) is shelf.docket(matter)
    assert set(shelf.docket(OTHER).loaded.docket.leads) == {OTHER}
    act(home, "matter-join", matter, {"lead": OTHER}, actor="P1")
    assert shelf.docket(OTHER) is shelf.docket(matter)
    assert set(shelf.docket(matter).loaded.docket.leads) == {LEAD, OTHER}


def test_what_was_made_of_a_docket_ends_with_its_state(home: Home) -> None:
    shelf = Shelf(home)
    counts = iter(range(10))
    assert [shelf.docket(LEAD).view("n", lambda: next(counts)) for _ in range(3)] == [0, 0, 0]
    assert shelf.docket(LEAD).view("another", lambda: next(counts)) == 1
    assert shelf.docket(OTHER).view("n", lambda: next(counts)) == 2
    act(home, "lead-assess", LEAD, ASSESSED, actor="P1")
    assert shelf.docket(LEAD).view("n", lambda: next(counts)) == 3


def test_a_record_that_is_not_there_is_refused(home: Home) -> None:
    with pytest.raises(OfficeError) as caught:
        Shelf(home).docket("L2026-0009")
    assert caught.value.code == "office.no-such-record"
