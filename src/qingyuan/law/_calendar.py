"""Which days are worked: weekends, statutory holidays and make-up workdays, from one file a year."""

from __future__ import annotations

from datetime import date, timedelta

from qingyuan.law._files import Entry
from qingyuan.law._schema import CalendarFile, StatutoryDay
from qingyuan.law._store import Store
from qingyuan.law._versions import applies
from qingyuan.law.model import Day

_SATURDAY = 5
_DECEMBER = 12
#: The notice for a year may rearrange the last days of the year before it (New Year's Day 2019 and 2023).
_TURN_OF_YEAR = 29
_ONE_DAY = timedelta(days=1)


class WorkCalendar:
    """Answers for one day at a time, each with its reason."""

    def __init__(self, store: Store) -> None:
        """Read the arrangements from ``store``."""
        self._store = store
        self._days: dict[int, dict[date, Day]] = {}

    def day(self, day: date) -> Day:
        """Return whether ``day`` is worked; not firm when no notice covers it."""
        for year in (day.year, day.year + 1):
            if day in (named := self._named(year)):
                return named[day]
        weekend = day.weekday() >= _SATURDAY
        missing = self._uncovered(day)
        if missing is None:
            return Day(
                day,
                workday=not weekend,
                firm=True,
                reason_zh="周末" if weekend else "工作日",
                reason_en="weekend" if weekend else "workday",
                notice=self._number(day.year),
            )
        fixed = self._fixed(day)
        off = weekend or fixed is not None
        kind = (
            (fixed.zh, fixed.en)
            if fixed
            else (("周末", "weekend") if weekend else ("非周末", "not a weekend"))
        )
        return Day(
            day,
            workday=not off,
            firm=False,
            reason_zh=f"{kind[0]}；数据中没有国务院办公厅关于{missing}年节假日安排的通知，暂按周末和固定日期的法定节日推算",
            reason_en=(
                f"{kind[1]}; the data has no State Council notice on the holidays of {missing}, so weekends and "
                "statutory days of fixed date were counted"
            ),
        )

    def _fixed(self, day: date) -> StatutoryDay | None:
        return next(
            (
                entry.record
                for entry in self._store.statutory_days
                if entry.record.month_day == f"{day:%m-%d}" and applies(entry.record, day)
            ),
            None,
        )

    def next_workday(self, day: date) -> tuple[Day, tuple[Day, ...]]:
        """Return the first worked day on or after ``day`` and the days passed over."""
        passed: list[Day] = []
        current = self.day(day)
        while not current.workday:
            passed.append(current)
            current = self.day(current.date + _ONE_DAY)
        return current, tuple(passed)

    def previous_workday(self, day: date) -> Day:
        """Return the last worked day on or before ``day``."""
        current = self.day(day)
        while not current.workday:
            current = self.day(current.date - _ONE_DAY)
        return current

    def _uncovered(self, day: date) -> int | None:
        if self._store.calendar(day.year) is None:
            return day.year
        turning = day.month == _DECEMBER and day.day >= _TURN_OF_YEAR
        return day.year + 1 if turning and self._store.calendar(day.year + 1) is None else None

    def _number(self, year: int) -> str:
        entry = self._store.calendar(year)
        return "" if entry is None else _numbers(entry)

    def _named(self, year: int) -> dict[date, Day]:
        if year not in self._days:
            entry = self._store.calendar(year)
            self._days[year] = {} if entry is None else _expand(entry)
        return self._days[year]


def _numbers(entry: Entry[CalendarFile]) -> str:
    return "、".join(
        notice.number if notice.verified else f"{notice.zh}（文号、原文未核对）"
        for notice in entry.record.notices
    )


def _numbers_en(entry: Entry[CalendarFile]) -> str:
    return "、".join(
        notice.number if notice.verified else f"{notice.en} (number and text not checked)"
        for notice in entry.record.notices
    )


def _expand(entry: Entry[CalendarFile]) -> dict[date, Day]:
    number, number_en = _numbers(entry), _numbers_en(entry)
    days: dict[date, Day] = {}
    for holiday in entry.record.holidays:
        current = holiday.since
        while current <= holiday.until:
            days[current] = Day(
                current,
                workday=False,
                firm=True,
                reason_zh=f"{holiday.zh}放假，{number}",
                reason_en=f"{holiday.en}, {number_en}",
                notice=number,
            )
            current += _ONE_DAY
    for current in entry.record.workdays:
        days[current] = Day(
            current,
            workday=True,
            firm=True,
            reason_zh=f"调休上班，{number}",
            reason_en=f"make-up workday, {number_en}",
            notice=number,
        )
    return days
