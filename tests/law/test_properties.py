"""What must hold for every period and every day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.law import Deadline, Period, load
from qingyuan.law._store import Store

PERIODS = load().periods()
IN_DAYS = [
    period
    for period in PERIODS
    if period.unit == "day" and not period.id.startswith(("hearing", "court-summons"))
]
FORWARD = [
    period
    for period in PERIODS
    if period.unit != "hour" and period.id not in {"hearing-notice", "court-summons"}
]
_ROLLS = {
    name
    for name, entry in Store().periods.items()
    if all(version.rollover for version in entry.record.versions)
}
#: Periods of years are left out, as they reach beyond the last notice.
ROLLING = [period for period in FORWARD if period.id in _ROLLS and period.unit != "year"]
#: All statutory periods of the data are in force from here on, and a notice covers every day reached.
STARTS = st.dates(date(2025, 6, 1), date(2026, 6, 20))
COUNTS = st.integers(0, 20_000)


def start_of(period: Period, day: date) -> date:
    return datetime(day.year, day.month, day.day, 9, 30) if period.unit == "hour" else day  # noqa: DTZ001


@given(st.sampled_from(ROLLING), STARTS)
def test_a_firm_deadline_is_a_workday(period: Period, start: date) -> None:
    answer = load().deadline(period.id, start)
    assert answer.firm
    assert load().day(answer.due).workday


@given(st.sampled_from(FORWARD), STARTS, st.integers(0, 40))
def test_a_later_start_never_ends_earlier(period: Period, start: date, later: int) -> None:
    law = load()
    assert law.deadline(period.id, start).due <= law.deadline(period.id, start + timedelta(days=later)).due


@given(st.sampled_from(IN_DAYS), STARTS)
def test_the_first_day_is_not_counted(period: Period, start: date) -> None:
    answer = load().deadline(period.id, start)
    length = next(
        int("".join(char for char in step.en.split(" is ")[0] if char.isdigit()))
        for step in answer.steps
        if step.en.startswith("day ")
    )
    unrolled = start + timedelta(days=length)
    assert answer.due >= unrolled
    assert all(
        not load().day(unrolled + timedelta(days=n)).workday for n in range((answer.due - unrolled).days)
    )


@given(STARTS, st.integers(0, 3))
def test_an_extension_never_shortens(start: date, extend: int) -> None:
    law = load()
    one = law.deadline("civil-suit-review", start, extend=extend)
    more = law.deadline("civil-suit-review", start, extend=extend + 1)
    assert one.due < more.due
    assert more.extended == extend + 1


@given(STARTS, st.integers(0, 60), st.integers(0, 60))
def test_a_suspension_never_shortens_and_counts_no_more_than_its_days(
    start: date, offset: int, length: int
) -> None:
    law = load()
    first = start + timedelta(days=offset)
    span = (first, first + timedelta(days=length))
    plain = law.deadline("agency-reply", start)
    longer = law.deadline("agency-reply", start, suspend=[span])
    assert longer.due >= plain.due
    assert longer.suspended_days <= length + 1


@given(st.sampled_from(PERIODS), st.dates(date(2026, 3, 1), date(2030, 1, 1)))
@settings(max_examples=200)
def test_a_deadline_in_a_year_without_a_notice_is_never_firm(period: Period, start: date) -> None:
    answer = load().deadline(period.id, start_of(period, start))
    if answer.due.year > 2026 and period in ROLLING:
        assert not answer.firm
        assert any("暂定" in step.zh for step in answer.steps)
        assert any("provisional" in step.en for step in answer.steps)


@given(st.sampled_from(PERIODS), STARTS)
def test_every_answer_goes_to_json_and_back(period: Period, start: date) -> None:
    answer = load().deadline(period.id, start_of(period, start))
    plain = msgspec.to_builtins(answer)
    assert plain["due"] == answer.due.isoformat()
    assert msgspec.convert(plain, Deadline) == answer
    assert answer.articles
    assert all(step.zh and step.en for step in answer.steps)


@given(COUNTS, COUNTS, COUNTS, st.booleans())
def test_the_threshold_is_the_exact_sum_of_the_shares(a: int, b: int, c: int, insider: bool) -> None:
    answer = load().threshold(a, b, c, insider=insider)
    total = (Fraction(a, 50) + Fraction(b, 500) + Fraction(c, 5000)) * (2 if insider else 1)
    assert Fraction(answer.ratio) == total
    assert answer.serious == (total >= 1)
    assert answer.especially_serious == (total >= 10)


@given(COUNTS, COUNTS, COUNTS, st.integers(0, 60_000), st.booleans())
def test_one_record_more_never_makes_it_less_serious(
    a: int, b: int, c: int, gain: int, insider: bool
) -> None:
    law = load()
    before = law.threshold(a, b, c, gain=gain, insider=insider)
    after = law.threshold(a + 1, b, c, gain=gain, insider=insider)
    assert before.serious <= after.serious
    assert before.especially_serious <= after.especially_serious
    assert before.especially_serious <= before.serious


@given(st.dates(date(2018, 1, 1), date(2026, 12, 28)))
def test_every_known_day_is_firm_and_explained(day: date) -> None:
    answer = load().day(day)
    assert answer.firm
    assert answer.notice
    assert answer.reason_zh
    assert answer.reason_en


@given(STARTS, st.integers(1, 200), st.integers(1, 90))
def test_a_suspension_within_the_period_adds_exactly_its_days(start: date, begins: int, days: int) -> None:
    law = load()
    first = start + timedelta(days=begins)
    span = (first, first + timedelta(days=days - 1))
    plain = law.deadline("transaction-retention", start)
    longer = law.deadline("transaction-retention", start, suspend=[span])
    assert longer.due == plain.due + timedelta(days=days)
    assert longer.suspended_days == days


@given(STARTS, st.integers(1, 100), st.integers(1, 40), st.integers(1, 100), st.integers(1, 40))
def test_two_suspensions_apart_count_as_much_as_both_together(
    start: date, gap: int, days: int, later: int, more: int
) -> None:
    law = load()
    first = start + timedelta(days=gap)
    second = first + timedelta(days=days + later)
    spans = [(first, first + timedelta(days=days - 1)), (second, second + timedelta(days=more - 1))]
    both = law.deadline("transaction-retention", start, suspend=spans)
    assert both.due == law.deadline("transaction-retention", start).due + timedelta(days=days + more)


@given(st.dates(date(2024, 11, 26), date(2026, 9, 1)), st.integers(0, 30), st.integers(0, 20))
def test_a_period_in_workdays_holds_exactly_so_many_that_are_not_suspended(
    start: date, begins: int, days: int
) -> None:
    law = load()
    free = {start + timedelta(days=begins + offset) for offset in range(days)}
    spans = [(min(free), max(free))] if free else []
    due = law.deadline("reverse-transfer-review", start, suspend=spans).due
    counted = [start + timedelta(days=offset) for offset in range(1, (due - start).days + 1)]
    assert sum(law.day(day).workday and day not in free for day in counted) == 10
    assert law.day(due).workday
    assert due not in free


@given(st.datetimes(datetime(2020, 8, 7), datetime(2026, 11, 1)))  # noqa: DTZ001 - local time, as offices write it
def test_hours_end_on_the_full_hour_more_than_24_and_at_most_25_hours_later(start: datetime) -> None:
    at = load().deadline("crime-transfer-handover", start).at
    assert at is not None
    assert timedelta(hours=24) < at - start <= timedelta(hours=25)
    assert (at.minute, at.second, at.microsecond) == (0, 0, 0)
