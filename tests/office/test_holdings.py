"""Rows of reports: folded once, then only where the log grew; always what folding everything gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from qingyuan.office import holdings as room
from qingyuan.office.casework import act
from qingyuan.office.clock import FixedClock
from qingyuan.office.holdings import FILE, Holdings, holdings, refresh
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.reports import Span

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


def open_matter(home: Home, identifier: str) -> None:
    args = {"authenticity": "属实", "investigability": "可查", "conclusion": "open"}
    act(home, "lead-assess", identifier, args, actor="P001")
    act(home, "matter-open", identifier, {"leads": [identifier], "title": "某总案"}, actor="P001")


def anew(home: Home) -> Holdings:
    """Return the rows without what was kept."""
    (home.path / FILE).unlink(missing_ok=True)
    return holdings(home)


def test_rows_follow_the_log(home: Home) -> None:
    first = holdings(home)
    assert [row.id for row in first.rows("lead")] == ["L2026-0001", "L2026-0002", "L2026-0003"]
    lead(home, "又一条")
    open_matter(home, "L2026-0002")
    second = holdings(home)
    assert [row.values["opened"] for row in second.rows("lead")] == ["no", "yes", "no", "no"]
    assert second.events > first.events
    assert second == anew(home)


def test_the_first_reading_says_how_far_it_is_and_can_be_done_ahead(home: Home) -> None:
    told: list[tuple[int, int]] = []
    size = refresh(home, lambda done, dockets: told.append((done, dockets)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert holdings(home, progress=lambda *_: told.append((0, 0))).events == size
    assert told[-1] == (3, 3)


def test_only_what_changed_is_folded_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    holdings(home)
    folded: list[tuple[str, ...]] = []
    read = room._read

    def counted(connection: object, streams: tuple[str, ...]) -> object:
        folded.append(streams)
        return read(connection, streams)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "_read", counted)
    holdings(home)
    assert folded == []
    open_matter(home, "L2026-0002")
    holdings(home)
    assert folded == [("L2026-0002", "M2026-0001")]


def test_rows_of_some_days_and_one_field(home: Home) -> None:
    def ids(span: Span, field: str = "") -> list[str]:
        return [row.id for row in holdings(home, ("lead",), span, field).rows("lead")]

    assert ids(Span(date(2026, 1, 1), None)) == ["L2026-0002", "L2026-0003"]
    assert ids(Span(None, date(2025, 12, 31))) == ["L2026-0001"]
    assert ids(Span(), "express-waybill") == []
    assert len(ids(Span(), "personal-information")) == 3


@pytest.mark.parametrize("damage", ["rubbish", "empty", "other program"])
def test_what_is_kept_is_derived_and_made_anew(home: Home, damage: str) -> None:
    whole = holdings(home)
    path = home.path / FILE
    if damage == "other program":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE state SET value = 'older' WHERE name = 'stamp'")
            connection.execute("UPDATE line SET body = x'00'")
        connection.close()
    else:
        path.write_bytes(b"no database at all" * 100 if damage == "rubbish" else b"")
    assert holdings(home) == whole


def test_a_folder_that_cannot_be_written_is_no_obstacle(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = anew(home)
    (home.path / FILE).unlink()
    monkeypatch.setattr(room, "FILE", "no/such/folder/reports.db")
    assert holdings(home) == whole
