"""The calendar against two independent libraries, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from qingyuan.law import load

YEARS = range(2004, 2027)
#: chinesecalendar has this Saturday as a day off; it was worked for the New Year of 2006, as `holidays` has it.
DISPUTED = date(2005, 12, 31)
NOTICES = {
    2018: "国办发明电〔2017〕12号",
    2019: "国办发明电〔2018〕15号、国办发明电〔2019〕3号",
    2020: "国办发明电〔2019〕16号、国办发明电〔2020〕1号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}


def days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_chinesecalendar(year: int) -> None:
    ours = {day: load().day(day).workday for day in days(year)}
    theirs = {day: bool(chinese_calendar.is_workday(day)) or day == DISPUTED for day in days(year)}
    assert ours == theirs


@pytest.mark.parametrize("year", YEARS)
def test_every_day_agrees_with_holidays(year: int) -> None:
    china = holidays.country_holidays("CN", years=[year - 1, year, year + 1])
    ours = {day: load().day(day).workday for day in days(year)}
    theirs = {day: bool(china.is_working_day(day)) for day in days(year)}
    assert ours == theirs


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_names_its_notice(year: int) -> None:
    answer = load().day(date(year, 5, 1))
    assert (answer.workday, answer.firm, answer.notice) == (False, True, NOTICES[year])
    assert NOTICES[year] in answer.reason_zh
    assert NOTICES[year] in answer.reason_en


@pytest.mark.parametrize("year", range(2004, 2018))
def test_a_notice_that_was_not_read_says_so_in_the_reason(year: int) -> None:
    answer = load().day(date(year, 5, 1))
    assert not answer.workday
    assert f"国务院办公厅关于{year}年部分节假日安排的通知（文号、原文未核对）" in answer.reason_zh
    assert f"Notice on the holidays of {year} (number and text not checked)" in answer.reason_en


def test_a_make_up_workday_is_worked_and_says_why() -> None:
    answer = load().day(date(2026, 2, 14))
    assert answer.workday
    assert answer.reason_zh == "调休上班，国办发明电〔2025〕7号"


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        (date(2027, 3, 1), True),
        (date(2027, 3, 6), False),
        (date(2027, 1, 1), False),
        (date(2028, 5, 2), False),
        (date(2029, 10, 3), False),
        (date(2003, 5, 2), True),
    ],
)
def test_a_year_without_a_notice_counts_weekends_and_fixed_holidays_and_is_not_firm(
    day: date, workday: bool
) -> None:
    answer = load().day(day)
    assert (answer.workday, answer.firm, answer.notice) == (workday, False, "")
    assert str(day.year) in answer.reason_zh
    assert str(day.year) in answer.reason_en


def test_the_last_days_of_the_last_known_year_wait_for_the_next_notice() -> None:
    assert load().day(date(2026, 12, 28)).firm
    assert not load().day(date(2026, 12, 29)).firm
    assert not load().day(date(2026, 12, 31)).firm
    assert load().day(date(2025, 12, 31)).firm
