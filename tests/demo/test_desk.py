"""Today's desk: whatever the day, it holds living work, and nothing old is overdue."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from qingyuan.cases.tasks import Task
from qingyuan.demo.desk import desk, lay
from qingyuan.demo.errors import DemoError
from qingyuan.demo.replay import Agenda
from qingyuan.law import load as load_law
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import todo
from qingyuan.store.register import ALL

DESKS = Path(__file__).parents[2] / "src" / "qingyuan" / "demo" / "desks"
SITE = OfficeInfo("site", "某省人民检察院（演示）", "330000", "province")


def laid(folder: Path, now: datetime) -> list[Task]:
    clock = FixedClock(now - timedelta(days=300))
    with Home.open(folder, create=True, office=SITE, seed="demo-7", clock=clock):
        pass
    with Home.open(folder, clock=clock) as home:
        lay(home, clock, folder / "desk", now=now, seed=7).rest()
        assert clock.now() <= now
        clock.set(now)
        return [row.task for row in todo(home, ALL, limit=200).rows]


# An ordinary Monday, a Sunday in the holidays of October, early on the morning after New Year, a leap day.
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 9, 30, tzinfo=CHINA),
        datetime(2026, 10, 4, 23, 59, tzinfo=CHINA),
        datetime(2027, 1, 2, 0, 1, tzinfo=CHINA),
        datetime(2028, 2, 29, 12, 0, tzinfo=CHINA),
    ],
)
def test_on_any_day_the_desk_shows_what_the_workbench_is_for(tmp_path: Path, now: datetime) -> None:
    rows = laid(tmp_path / "home", now)
    today = now.date()
    overdue = [row for row in rows if row.remind == "overdue"]
    assert [row.verb for row in overdue if row.verb == "receive-reply"] == ["receive-reply"]
    assert {row.verb for row in overdue} <= {"receive-reply", "serve-filing"}
    replies = sorted(row.due for row in rows if row.verb == "receive-reply" and row.due)
    assert replies[0] <= today - timedelta(days=2) < today + timedelta(days=5) <= replies[1]
    assert sum(row.verb == "lead-assess" for row in rows) == 6
    assert {"matter-open", "report-major-lead", "hold-hearing", "verify-measure", "follow-up", "serve-filing", "look-back"} <= {row.verb for row in rows}  # fmt: skip
    coming = {row.verb: row.due for row in rows if row.verb in {"hold-hearing", "look-back"}}
    assert all(due is not None and today < due <= today + timedelta(days=14) for due in coming.values())


def test_the_leads_of_the_desk_come_from_all_six_sources_and_no_act_lies_ahead() -> None:
    law, today = load_law(), date(2026, 11, 23)
    stories = desk(law, today)
    fresh = [story for story in stories if not any(step.do == "matter-open" for step in story.steps)]
    assert len({story.lead.source for story in fresh}) == 6
    assert all(step.day <= today for story in stories for step in story.steps)
    assert all(law.day(step.day).workday for story in stories for step in story.steps)


def test_an_affair_is_added_without_python(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "affairs:\n"
        "  - id: mine\n    zh: 甲\n    en: a\n    days: {seen: today-10}\n    words: {what: 乙}\n"
        "    lead: {day: seen+2, title: '{what}线索', source: media, field: app, summary: '{what}', origin: 丙}\n",
        "utf-8",
    )
    (story,) = desk(load_law(), date(2026, 11, 20), tmp_path)
    assert (story.lead.title, story.lead.day) == ("乙线索", date(2026, 11, 12))


@pytest.mark.parametrize("wrong", ["{nobody}", "{what"])
def test_a_word_that_is_not_there_is_named_with_its_file(tmp_path: Path, wrong: str) -> None:
    text = f"affairs:\n  - {{id: a, zh: a, en: a, lead: {{day: today, title: '{wrong}', source: media, field: app, summary: a, origin: a}}}}\n"
    (tmp_path / "wrong.yaml").write_text(text, "utf-8")
    with pytest.raises(DemoError, match=r"wrong\.yaml") as caught:
        desk(load_law(), date(2026, 11, 20), tmp_path)
    assert caught.value.code == "demo.bad-desk"


def test_an_agenda_does_what_lies_before_a_day_in_the_order_of_days() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=CHINA))
    done: list[int] = []
    day = date(2026, 1, 5)
    agenda = Agenda(
        clock,
        [(day + timedelta(days=number), partial(done.append, number)) for number in (3, 1, 2)],
        datetime.combine(day + timedelta(days=3), time(8), CHINA),
    )
    agenda.add((day + timedelta(days=9), lambda: done.append(9)))
    agenda.before(day + timedelta(days=2))
    assert done == [1]
    agenda.rest()
    assert done == [1, 2, 3]
    assert clock.now() == datetime.combine(day + timedelta(days=3), time(8), CHINA)
