"""Counting periods, one explained step at a time."""

from __future__ import annotations

import calendar
import dataclasses
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

from qingyuan.law._calendar import WorkCalendar
from qingyuan.law._files import Entry
from qingyuan.law._requests import Span, refusal, refuse_bad_request
from qingyuan.law._schema import Period, PeriodVersion, Unit
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, choose, nearest
from qingyuan.law._words import articles_en, articles_zh, length_en, length_zh, span_of
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Day, Deadline, Step

_MONTHS = 12
_LAST_YEAR = 9000
_ONE_DAY = timedelta(days=1)
_CST = timezone(timedelta(hours=8))


def add_months(start: date, months: int) -> tuple[date, bool]:
    """Return the corresponding day ``months`` later, and whether the month's last day stands in for it."""
    index = start.year * _MONTHS + start.month - 1 + months
    year, month = divmod(index, _MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last)), start.day > last


def count(
    store: Store,
    citer: Citer,
    work: WorkCalendar,
    period: str,
    start: date,
    extend: int,
    suspend: Sequence[Span],
    *,
    analogous: bool = False,
) -> Deadline:
    """Return the deadline of ``period`` counted from ``start``; see :meth:`qingyuan.law.Law.deadline`.

    Raises:
        LawError: Unknown period, not in force on ``start``, no such extension, a suspension that ends
            before it begins, or a period in hours without a time of day.
    """
    entry = store.periods.get(period)
    if entry is None:
        known = " ".join(sorted(store.periods))
        raise LawError(
            "law.unknown-period",
            zh=f"没有名为“{period}”的期限",
            en=f"there is no period named {period!r}",
            where=period,
            remedy_zh=f"可用的期限：{known}",
            remedy_en=f"known periods: {known}",
        )
    if isinstance(start, datetime) and start.tzinfo is not None:
        start = start.astimezone(_CST)  # days and hours are those of the place
    day = start.date() if isinstance(start, datetime) else start
    if day.year >= _LAST_YEAR:
        raise refusal("law.bad-date", f"日期{day}超出范围", f"the date {day} is out of range", period)
    return _Count(store, citer, work, entry, day, extend, tuple(suspend), analogous).run(start)


@dataclasses.dataclass
class _Count:
    store: Store
    citer: Citer
    work: WorkCalendar
    entry: Entry[Period]
    start: date
    extend: int
    suspend: tuple[Span, ...]
    analogous: bool = False
    steps: list[Step] = dataclasses.field(default_factory=list)
    counting: list[Citation] = dataclasses.field(default_factory=list)
    firm: bool = True
    suspended: int = 0
    unknown_years: set[int] = dataclasses.field(default_factory=set)

    def run(self, start: date) -> Deadline:
        version = self._version()
        basis = self.citer.cite_all(version.rules, self.start, analogous=self.analogous)
        self._announce(version, basis)
        refuse_bad_request(self.entry.record.id, version, self.extend, self.suspend)
        at: datetime | None = None
        if version.unit == "hour":
            at = self._hours(version, start)
            due = at.date()
        elif version.before:
            due = self._backwards(version)
        else:
            due = self._forwards(version)
        applied = _unique((*basis, *self.counting))
        self._caution(version, applied)
        editions = [self.citer.edition(rule, self.start, analogous=self.analogous) for rule in version.rules]
        record = self.entry.record
        return Deadline(
            due=due,
            firm=self.firm,
            steps=tuple(self.steps),
            articles=applied,
            period=record.id,
            zh=record.zh,
            en=record.en,
            version="；".join(dict.fromkeys(zh for zh, _ in editions)),
            version_en="; ".join(dict.fromkeys(en for _, en in editions)),
            statutory=record.kind == "statutory",
            verified=all(citation.verified for citation in applied),
            bound=version.bound,
            start=self.start,
            at=at,
            extended=self.extend,
            suspended_days=self.suspended,
        )

    def _version(self) -> PeriodVersion:
        record = self.entry.record
        version = choose(record.versions, self.start)
        if version is None and self.analogous:
            version = nearest(record.versions, self.start)
            self.firm = False
            self._step(
                f"{self.start}时该期限的规定尚未施行（数据中自{version.since}起），参照计算，结果为暂定；当时适用的规定须另行查明",
                f"the rule was not in force on {self.start} (in the data from {version.since}): counted by analogy, provisional; "
                "find the rule that applied then by other means",
            )
        if version is None:
            firsts = [version.since for version in record.versions if version.since]
            raise LawError(
                "law.not-in-force",
                zh=f"期限“{record.zh}”在{self.start}不适用：数据中的规定自{min(firsts)}起施行",
                en=f"the period {record.en!r} did not apply on {self.start}: the rule in the data is in force from {min(firsts)}",
                where=record.id,
                remedy_zh="请核对起算日；当时适用的规定须另行查明",
                remedy_en="check the starting day; find the rule that applied then by other means",
            )
        return version

    def _announce(self, version: PeriodVersion, basis: Sequence[Citation]) -> None:
        setting = self.entry.record.kind == "setting"
        source = "本院设置，不是法定期限" if setting else articles_zh(basis)
        source_en = "a setting of the office, not a statutory period" if setting else articles_en(basis)
        zh, en = span_of(version)
        self._step(f"{version.act.zh}：{zh}（{source}）", f"{version.act.en}: {en} ({source_en})")

    def _hours(self, version: PeriodVersion, start: date) -> datetime:
        if not isinstance(start, datetime):
            raise refusal(
                "law.needs-time",
                "该期限以小时计算，须给出起算时刻",
                "this period is counted in hours and needs a time of day",
                self.entry.record.id,
            )
        cited = self._counting(self.store.computation.record.hours)
        begin = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        how, how_en = self._how(cited, analogy=version.analogy)
        self._step(
            f"开始的时不计算在期间内，从次时{begin:%Y-%m-%d %H:%M}起算（{how}）",
            f"the starting hour is not counted; counting begins with the next hour, {begin:%Y-%m-%d %H:%M} ({how_en})",
            begin.date(),
        )
        due = begin + timedelta(hours=version.value)
        self._step(
            f"满{version.value}小时：{due:%Y-%m-%d %H:%M}；按小时计算，不因休假日顺延",
            f"{version.value} hours end at {due:%Y-%m-%d %H:%M}; a period in hours does not roll over holidays",
            due.date(),
        )
        return due

    def _backwards(self, version: PeriodVersion) -> date:
        cited = self._counting(self.store.computation.record.first_day)
        due = self.start - timedelta(days=version.value)
        how, how_en = self._how(cited, analogy=True)
        self._step(
            f"事件当日{self.start}不计入，向前倒推{length_zh(version.value, version.unit)}：最迟{due}（{how}）",
            f"the day of the event, {self.start}, is not counted; {length_en(version.value, version.unit)} back: "
            f"{due} at the latest ({how_en})",
            due,
        )
        day = self._see(due)
        if not day.workday:
            earlier = self.work.previous_workday(due)
            self._step(
                f"{due}为{day.reason_zh}；倒推的期限不顺延，宜在此前的工作日{earlier.date}办理",
                f"{due} is not worked ({day.reason_en}); a period counted back does not roll over: act on the workday before, {earlier.date}",
                earlier.date,
            )
        return due

    def _forwards(self, version: PeriodVersion) -> date:
        cited = self._counting(self.store.computation.record.first_day)
        gap = () if version.analogy else self._gap(version)
        how, how_en = self._how((*gap, *cited), analogy=version.analogy)
        self._step(
            f"开始的当日{self.start}不计入，自次日{self.start + _ONE_DAY}起算（{how}）",
            f"the starting day, {self.start}, is not counted; counting begins on {self.start + _ONE_DAY} ({how_en})",
            self.start + _ONE_DAY,
        )
        spans = [(version.value, version.unit)]
        due = self._span(spans, tell=True)
        for number in range(self.extend):
            due = self._extension(version, number, spans)
        if self.suspend:
            due = self._suspension(version, spans, due)
        return self._rollover(version, due)

    def _how(self, cited: Sequence[Citation], *, analogy: bool) -> tuple[str, str]:
        if not cited:
            self.firm = False
            return (
                "暂定：当日的期间计算规则未收入数据",
                "provisional: the data has no rule of computation for that day",
            )
        return (
            f"{'比照' if analogy else ''}{articles_zh(cited)}",
            f"{'by analogy with ' if analogy else ''}{articles_en(cited)}",
        )

    def _gap(self, version: PeriodVersion) -> tuple[Citation, ...]:
        fitting = [
            rule
            for rule in self.store.computation.record.gap
            if any(self.store.instrument_of(rule) == self.store.instrument_of(own) for own in version.rules)
        ]
        return self._counting(fitting)

    def _span(
        self, spans: Sequence[tuple[int, Unit]], *, tell: bool, free: frozenset[date] = frozenset()
    ) -> date:
        months = sum(
            value * (_MONTHS if unit == "year" else 1) for value, unit in spans if unit in ("month", "year")
        )
        days = sum(value for value, unit in spans if unit == "day")
        workdays = sum(value for value, unit in spans if unit == "workday")
        due = self.start
        if months:
            due, rounded = add_months(self.start, months)
            if tell or rounded:
                self._corresponding_day(due, rounded=rounded)
        due += timedelta(days=days)
        if days and tell:
            self._step(f"第{days}日为{due}", f"day {days} is {due}", due)
        if workdays:
            due = self._workdays(due, workdays, free)
            if tell:
                self._step(f"第{workdays}个工作日为{due}", f"workday {workdays} is {due}", due)
        return due

    def _corresponding_day(self, due: date, *, rounded: bool) -> None:
        cited = self._counting(self.store.computation.record.month_end)
        source = f"（比照{articles_zh(cited)}）" if cited else ""
        source_en = f" (by analogy with {articles_en(cited)})" if cited else ""
        if rounded:
            self._step(
                f"{due.year}年{due.month}月没有{self.start.day}日这一对应日，以月末日为最后一日：{due}{source}",
                f"month {due.year}-{due.month:02} has no day {self.start.day}; its last day stands in: {due}{source_en}",
                due,
            )
        else:
            self._step(
                f"到期月的对应日为最后一日：{due}{source}",
                f"the corresponding day of the last month ends the period: {due}{source_en}",
                due,
            )

    def _workdays(self, day: date, number: int, free: frozenset[date]) -> date:
        while number:
            day += _ONE_DAY
            if day not in free and self._see(day).workday:
                number -= 1
        return day

    def _extension(self, version: PeriodVersion, number: int, spans: list[tuple[int, Unit]]) -> date:
        extension = version.extensions[min(number, len(version.extensions) - 1)]
        spans.append((extension.value, extension.unit))
        due = self._span(spans, tell=False)
        length = length_zh(extension.value, extension.unit)
        length_in_english = length_en(extension.value, extension.unit)
        condition = extension.condition
        needs = f"{condition.zh}，" if condition else ""
        needs_en = f"{condition.en}, " if condition else ""
        cited = self._counting([extension.rule])
        if extension.fixed:
            self._step(
                f"第{number + 1}次延长{length}（{needs}{extension.approver.zh}批准，{articles_zh(cited)}），自起算日连续计算至{due}",
                f"extension {number + 1}: {length_in_english} ({needs_en}approved by {extension.approver.en}, "
                f"{articles_en(cited)}), counted through from the start to {due}",
                due,
            )
        else:
            self.firm = False
            self._step(
                f"第{number + 1}次延长须{extension.approver.zh}批准（{needs}{articles_zh(cited)}），规则没有规定长度，"
                f"暂按{length}计至{due}，以批准文书为准（暂定）",
                f"extension {number + 1} needs approval by {extension.approver.en} ({needs_en}{articles_en(cited)}) and the "
                f"rule sets no length; {length_in_english} assumed, to {due}, subject to the approval itself (provisional)",
                due,
            )
        return due

    def _suspension(self, version: PeriodVersion, spans: Sequence[tuple[int, Unit]], due: date) -> date:
        free = frozenset(
            first + timedelta(days=offset)
            for first, last in self.suspend
            for offset in range((last - first).days + 1)
        )
        if version.unit == "workday":
            before = due
            due = self._span(spans, tell=False, free=free)
            self.suspended = sum(1 for day in free if self.start < day <= due and self.work.day(day).workday)
            unit, unit_en = "个工作日", "workday"
        else:
            before = due
            while (days := sum(1 for day in free if self.start < day <= due)) != self.suspended:
                self.suspended = days
                due = before + timedelta(days=days)
            unit, unit_en = "日", "day"
        shown = "、".join(f"{first}至{last}" for first, last in self.suspend)
        shown_en = ", ".join(f"{first} to {last}" for first, last in self.suspend)
        grounds = self._counting([ground.rule for ground in version.suspensions])
        source = f"（{articles_zh(grounds)}）" if grounds else ""
        source_en = f" ({articles_en(grounds)})" if grounds else ""
        if self.suspended:
            self._step(
                f"{shown}不计入期限：期限内有{self.suspended}{unit}，由{before}延至{due}{source}",
                f"{shown_en} not counted: {self.suspended} {unit_en if self.suspended == 1 else unit_en + 's'} within the period; {before} becomes {due}{source_en}",
                due,
            )
        else:
            none, none_en = (
                ("没有工作日", "no workday") if version.unit == "workday" else ("没有一日", "no day")
            )
            self._step(
                f"{shown}不影响本期限：其中{none}在期限内，仍至{due}{source}",
                f"{shown_en}: {none_en} of it lies within the period, which still ends on {due}{source_en}",
                due,
            )
        if self.suspended and not version.suspensions:
            self.firm = False
            self._step(
                "本期限的规则没有规定中止或扣除的情形，扣除依据须另行确认（暂定）",
                "the rules of this period name no ground for suspension; the ground must be confirmed (provisional)",
            )
        return due

    def _rollover(self, version: PeriodVersion, due: date) -> date:
        if not version.rollover:
            self._step("该期限不因休假日顺延", "this period does not roll over holidays", due)
            return due
        reached, passed = self.work.next_workday(due)
        for day in (*passed, reached):
            self._see(day.date)
        if not passed:
            told = reached.firm and reached.reason_en != "workday"
            self._step(
                f"{due}为工作日{f'（{reached.reason_zh}）' if told else ''}，不顺延",
                f"{due} is a workday{f' ({reached.reason_en})' if told else ''}; no rollover",
                due,
            )
        else:
            how, how_en = self._how(
                self._counting(self.store.computation.record.rollover), analogy=version.analogy
            )
            self._step(
                f"最后一日{due}为法定休假日（{passed[0].reason_zh}），顺延至其后第一日{reached.date}（{how}）",
                f"the last day, {due}, is a holiday ({passed[0].reason_en}) and rolls over to the first day after, "
                f"{reached.date} ({how_en})",
                reached.date,
            )
        return reached.date

    def _see(self, day: date) -> Day:
        seen = self.work.day(day)
        if not seen.firm:
            self.firm = False
            if day.year not in self.unknown_years:
                self.unknown_years.add(day.year)
                self._step(
                    f"暂定：{seen.date}{seen.reason_zh}",
                    f"provisional: {seen.date}, {seen.reason_en}",
                    seen.date,
                )
        return seen

    def _caution(self, version: PeriodVersion, applied: Sequence[Citation]) -> None:
        for caution in version.cautions:
            self._step(f"注意：{caution.zh}", f"note: {caution.en}")
        for rule in version.rules:
            if self.analogous and not self.citer.in_force(rule, self.start):
                continue
            provision = self.citer.provision(rule, self.start)
            if provision.note_zh:
                self._step(f"注意：{provision.note_zh}", f"note: {provision.note_en}")
        unread = [citation for citation in applied if not citation.verified]
        if unread:
            self._step(
                f"未核对原文，使用前须核对：{articles_zh(unread)}",
                f"not read in the original, check before use: {articles_en(unread)}",
            )

    def _counting(self, rules: Sequence[str]) -> tuple[Citation, ...]:
        cited = self.citer.cite_those_in_force(rules, self.start)
        self.counting.extend(cited)
        return cited

    def _step(self, zh: str, en: str, day: date | None = None) -> None:
        self.steps.append(Step(zh, en, day))


def _unique(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    return tuple({citation.rule: citation for citation in citations}.values())
