"""Rows of reports are in the register from the act on, and every figure is the one that folding everything gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.office.casework import act, list_records
from qingyuan.office.clock import FixedClock
from qingyuan.office.fsck import check_home
from qingyuan.office.holdings import holdings
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import ready, rebuild
from qingyuan.office.reporting import home_figure
from qingyuan.reports import ALWAYS, Event, Row, Span, figure, rows_of
from tests.office.register.playing import Player
from tests.office.test_merging import FILING

NOW = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8)))
OFFICE = OfficeInfo("site", "某县人民检察院", "330782", "county")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", create=True, office=OFFICE, clock=FixedClock(NOW)) as made:
        for number in range(3):
            lead(made, f"线索{number}", "2026-06-30" if number else "2025-06-30")
        yield made


def lead(home: Home, title: str, received: str = "2026-06-30") -> str:
    args = {"title": title, "source": "media", "field": "personal-information", "received_on": received}
    return act(home, "lead-register", None, args, actor="P001")[0].stream


def folded(home: Home) -> list[Row]:
    """Return the rows that the events of every docket give, read without the register."""
    dockets = {found.streams: found for found in list_records(home, "L")}
    told = [
        (
            found.docket,
            [
                Event(
                    e.index,
                    e.stream,
                    e.type,
                    str(e.payload.get("measure") or ""),
                    datetime.fromisoformat(e.at).date(),
                )
                for e in found.events
            ],
        )
        for found in dockets.values()
    ]
    return list(rows_of(told, office=home.settings.office.name))


def check_figures(home: Home) -> None:
    """Compare every figure, its groups, rows and entries of the log, with that of a full fold; and the register with it."""
    held, rows = holdings(home), folded(home)
    assert [row for kind in sorted(held.lines) for row in held.rows(kind)] == rows
    for query in held.queries.by_id:
        assert home_figure(home, held, query, ALWAYS) == figure(held.queries, query, rows, law=home.law)
    assert [trouble.en for trouble in check_home(home) if trouble.where.startswith("register")] == []


def test_rows_are_there_with_the_act(home: Home) -> None:
    first = holdings(home)
    assert [row.id for row in first.rows("lead")] == ["L2026-0001", "L2026-0002", "L2026-0003"]
    assert lead(home, "又一条") == "L2026-0004"
    args = {"authenticity": "属实", "investigability": "可查", "conclusion": "open"}
    act(home, "lead-assess", "L2026-0002", args, actor="P001")
    act(home, "matter-open", "L2026-0002", {"leads": ["L2026-0002"], "title": "某总案"}, actor="P001")
    second = holdings(home)
    assert [row.values["opened"] for row in second.rows("lead")] == ["no", "yes", "no", "no"]
    assert second.events > first.events
    check_figures(home)


@pytest.mark.parametrize("story", ["accepted", "closed", "settled", "referred-back", "crime-approved"])
def test_figures_of_a_story_are_those_of_a_full_fold(story: str, tmp_path: Path) -> None:
    player = Player(tmp_path / "home")
    with player.home:
        player.play(story)
        check_figures(player.home)


_FIELDS = ("express-waybill", "personal-information", "minors")
_DAYS = st.dates(date(2026, 3, 2), date(2027, 1, 20))


@settings(max_examples=5, deadline=None)
@given(
    affairs=st.lists(st.tuples(st.sampled_from(_FIELDS), _DAYS, st.integers(0, 3)), min_size=2, max_size=4),
    merged=st.sampled_from(["", "merge", "split"]),
    rebuilt=st.booleans(),
)
def test_figures_of_any_affairs_are_those_of_a_full_fold(
    tmp_path_factory: pytest.TempPathFactory, affairs: list[tuple[str, date, int]], merged: str, rebuilt: bool
) -> None:
    player = Player(tmp_path_factory.mktemp("any") / "home")
    with player.home as home:
        ready(home)
        matters = []
        for number, (field, day, depth) in enumerate(sorted(affairs, key=lambda one: one[1])):
            player.on(day)
            given_ = {"title": f"某事{number}", "source": "media", "field": field}
            found = act(home, "lead-register", None, given_, actor="P001")[0].stream
            if depth > 0:
                args = {"authenticity": "真实", "investigability": "可查", "conclusion": "open"}
                act(home, "lead-assess", found, args, actor="P001")
            if depth > 1:
                matters.append(act(home, "matter-open", found, {}, actor="P001")[0].stream)
            if depth > 2:
                act(home, "case-file", matters[-1], {**FILING, "approved_on": day.isoformat()}, actor="P001")
        if merged and len(matters) > 1:
            player.on(date(2027, 1, 21))
            act(home, "matter-merge", matters[0], {"other": matters[1], "reason": "同一平台"}, actor="P001")
            if merged == "split":
                act(home, "matter-split", matters[0], {"other": matters[1], "reason": "误并"}, actor="P001")
        if rebuilt:
            rebuild(home)
        check_figures(home)


def test_a_damaged_row_is_found_and_a_rebuild_mends_it(home: Home) -> None:
    ready(home)
    with home.database.write() as connection:
        connection.execute(sa.text("UPDATE register_report SET title = 'x' WHERE id = 'L2026-0002'"))
    assert [one.where for one in check_home(home)] == ["register L2026-0002"]
    told: list[tuple[int, int]] = []
    rebuild(home, lambda done, dockets: told.append((done, dockets)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    check_figures(home)


def test_rows_of_some_days_and_one_field(home: Home) -> None:
    def ids(span: Span, field: str = "") -> list[str]:
        return [row.id for row in holdings(home, ("lead",), span, field).rows("lead")]

    assert ids(Span(date(2026, 1, 1), None)) == ["L2026-0002", "L2026-0003"]
    assert ids(Span(None, date(2025, 12, 31))) == ["L2026-0001"]
    assert ids(Span(), "express-waybill") == []
    assert len(ids(Span(), "personal-information")) == 3
