"""The lists of an office follow every act, in the same transaction, and are what the events give."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.register import (
    cases,
    counts,
    deadlines,
    leads,
    matters,
    office_path,
    rebuild,
    search,
    shown_name,
    timeline,
    visible,
)
from qingyuan.office.register._entry import titled_with
from qingyuan.store.register import Filters, Scope
from tests.office.register.playing import Player
from tests.office.register.playing import steps as told

_JINHUA = Scope(offices=("/330000/330700/",))
_HANGZHOU = Scope(offices=("/330000/330100/",))


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    made = Player(tmp_path / "home")
    yield made
    made.home.close()


def _wrong(home: Home) -> list[str]:
    return [trouble.en for trouble in check_home(home) if trouble.where.startswith("register")]


def test_every_act_is_in_the_lists_at_once(player: Player) -> None:
    home = player.home
    player.play("assessed")
    (lead,) = leads(home, _JINHUA, Filters(active=True)).rows
    assert (lead.stage, lead.office, lead.due) == ("assessed", "/330000/330700/330782/", "9999-12-31")
    assert lead.score > 0
    player.play("filed", after="assessed")
    (matter,) = matters(home, _JINHUA).rows
    assert (matter.stage, matter.begun, matter.title) == ("filed", "2026-03-02", "电商云仓快递面单明文打印")
    (case,) = cases(home, _JINHUA).rows
    assert case.title == "电商云仓快递面单明文打印（县邮政管理局）"
    assert case.due == matter.due == "2026-03-12"
    assert leads(home, _JINHUA, Filters(active=True)).rows == ()
    player.do("assign", {"case": "C2026-0001", "handler": "P007"})
    assert [row.id for row in cases(home, _JINHUA, Filters(handler="P007")).rows] == ["C2026-0001"]
    assert cases(home, _JINHUA, Filters(handler="P008")).rows == ()
    assert counts(home, "case", _JINHUA) == {"filed": 1}
    assert matters(home, _HANGZHOU).rows == cases(home, _HANGZHOU).rows == ()
    assert _wrong(home) == []


def test_open_dates_carry_their_articles_and_go_when_they_are_met(player: Player) -> None:
    home = player.home
    player.play("filed")
    (due,) = deadlines(home, _JINHUA).rows
    assert (due.key, due.due, due.days_left, due.firm) == (
        "filing-decision-service",
        date(2026, 3, 12),
        7,
        True,
    )
    assert due.articles[0].article == "第七十条第一款"
    player.on(date(2026, 3, 13))
    assert [(row.days_left, row.title) for row in deadlines(home, overdue=True).rows] == [
        (-1, "电商云仓快递面单明文打印（县邮政管理局）")
    ]
    player.do("serve-filing", {"case": "C2026-0001", "mode": "direct"})
    assert deadlines(home).rows == ()


def test_a_timeline_is_read_from_its_newest_line(player: Player) -> None:
    home = player.home
    player.play("filed")
    first = timeline(home, "C2026-0001", limit=2)
    assert [line.type for line in first.lines] == ["case.filed", "matter.opened"]
    rest = timeline(home, "L2026-0001", after=first.after)
    assert [line.type for line in rest.lines] == ["lead.assessed", "lead.registered"]
    assert rest.after == ""
    for identifier, scope in (("M2026-0001", _HANGZHOU), ("M2026-0099", Scope())):
        assert not visible(home, identifier, scope)
        with pytest.raises(OfficeError, match=identifier):
            timeline(home, identifier, scope)


def test_a_docket_is_found_by_any_part_of_its_title_its_number_and_its_organ(player: Player) -> None:
    home = player.home
    player.play("filed")
    for query in ("面单", "快递 明文", "邮政管理局", "M2026-0001", "m2026", "快"):
        assert [row.id for row in search(home, query).rows] == ["M2026-0001"], query
    assert [row.id for row in search(home, "c2026-0001").rows] == ["C2026-0001"]
    assert search(home, "面递").rows == search(home, "面单", _HANGZHOU).rows == ()
    assert search(home, "C2026-0001", _HANGZHOU).rows == ()


def test_a_person_is_neither_listed_nor_found_by_name(player: Player) -> None:
    assert shown_name("县邮政管理局") == "县邮政管理局"
    home = player.home
    player.play("opened")
    filing = {**[*told("filed-civil")][-1]["with"], "respondents": ["欧阳青原", "某网络有限公司"]}
    player.on(date(2026, 3, 5))
    player.do("case-file", filing)
    (case,) = cases(home).rows
    assert case.title.endswith("（欧某、某网络有限公司）")
    assert [row.id for row in search(home, "网络有限公司").rows] == ["M2026-0001"]
    assert search(home, "欧阳").rows == search(home, "青原").rows == ()


def test_a_rebuild_gives_what_the_acts_gave(player: Player) -> None:
    home = player.home
    player.play("replied")
    before = (
        matters(home),
        leads(home),
        cases(home),
        deadlines(home),
        timeline(home, "M2026-0001"),
        search(home, "面单"),
    )
    rebuilt = rebuild(home)
    assert (rebuilt.dockets, rebuilt.records, rebuilt.unread) == (1, 3, ())
    assert before == (
        matters(home), leads(home), cases(home), deadlines(home), timeline(home, "M2026-0001"), search(home, "面单")
    )  # fmt: skip
    assert _wrong(home) == []


def test_a_register_that_was_tampered_with_is_named_and_built_anew(player: Player, tmp_path: Path) -> None:
    player.play("filed")
    rebuild(player.home)
    with sqlite3.connect(tmp_path / "home" / "qingyuan.db") as connection:
        connection.execute("UPDATE register SET stage = 'closed' WHERE id = 'C2026-0001'")
    connection.close()
    assert _wrong(player.home) == ["the register is not what the events give; run qingyuan office rebuild"]
    rebuild(player.home)
    assert _wrong(player.home) == []


def test_a_home_of_an_earlier_version_gets_its_register_when_it_is_first_asked(
    player: Player, tmp_path: Path
) -> None:
    player.play("filed")
    with sqlite3.connect(tmp_path / "home" / "qingyuan.db") as connection:
        for table in ("register", "register_due", "register_line", "register_words", "register_state"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    assert [row.id for row in matters(player.home).rows] == ["M2026-0001"]
    assert len(timeline(player.home, "M2026-0001").lines) == 4


def test_a_register_of_another_law_or_version_is_built_anew(player: Player, tmp_path: Path) -> None:
    player.play("filed")
    assert deadlines(player.home).rows[0].due == date(2026, 3, 12)
    with sqlite3.connect(tmp_path / "home" / "qingyuan.db") as connection:
        connection.execute("UPDATE register_state SET value = 'of another law'")
        connection.execute("UPDATE register_due SET due = '2026-03-11'")
    connection.close()
    with Home.open(tmp_path / "home", clock=player.clock) as home:
        assert deadlines(home).rows[0].due == date(2026, 3, 12)


def test_a_stopped_clock_moves_with_the_day(player: Player) -> None:
    home = player.home
    player.play("suspended")
    rows = {row.key: row for row in deadlines(home).rows if row.stopped}
    assert rows
    now = {key: row.due for key, row in rows.items()}
    player.on(date(2026, 12, 1))
    later = {row.key: row.due for row in deadlines(home).rows if row.stopped}
    assert all(later[key] > now[key] for key in now)  # type: ignore[operator]
    assert _wrong(home) == []


def test_paths_follow_the_tree_of_divisions() -> None:
    assert office_path("330782") == "/330000/330700/330782/"
    assert office_path("330700") == "/330000/330700/"
    assert office_path("330000") == "/330000/"
    assert office_path("000000") == office_path("") == "/"


@pytest.mark.parametrize(
    ("title", "who", "said"),
    [
        ("面单外泄", "县邮政管理局", "面单外泄（县邮政管理局）"),
        ("面单外泄（演示）", "县邮政管理局", "面单外泄（演示） · 县邮政管理局"),
        ("面单外泄", "县邮政管理局（演示）", "面单外泄 · 县邮政管理局（演示）"),
        ("面单外泄", "", "面单外泄"),
    ],
)
def test_brackets_are_never_put_into_or_behind_brackets(title: str, who: str, said: str) -> None:
    assert titled_with(title, who) == said
