"""What has to happen until when: every open date of a docket, computed from its events and the law of the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from qingyuan.cases._clock import CST, local_day
from qingyuan.cases._data import Limit
from qingyuan.cases._procedure import procedure_of
from qingyuan.cases.events import Timing
from qingyuan.cases.state import Case, Docket, Lead, LeadStage, MeasureStatus
from qingyuan.law import Citation, Deadline, Law, Step

_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)


class DueDate(msgspec.Struct, frozen=True):
    """One date by which something has to happen, or happened.

    Attributes:
        target: Case or lead it belongs to, e.g. ``"C2026-0001"``.
        key: Period of the law room, or ``"measure m01"``, or ``"look-back"``.
        kind: ``statutory`` (computed from an article), ``set`` (fixed by a person or a setting).
        zh: What has to happen, Chinese.
        en: The same in English.
        due: Last day.
        days_left: Days from ``now`` to ``due``; negative when overdue; 0 on the last day.
        firm: ``False`` while provisional: no calendar for that year, or the clock stands still.
        stopped: Whether the review is suspended, so that ``due`` still moves.
        done_on: Day it was done, or ``None`` while open.
        late_days: Days after ``due`` on which it was done, or by which it is overdue; 0 when in time.
        articles: Provisions; empty for dates that a person fixed.
        deadline: The computation with its steps, for periods of the law room.
        lapses: Whether the end of the period is itself the event, so that nothing is due once the day is over.
        due_at: End of a period in hours; ``None`` for every other.
        hours_left: Whole hours from ``now`` to ``due_at``; negative when overdue.
        late_hours: Begun hours after ``due_at`` at which it was done, or by which it is overdue.
    """

    target: str
    key: str
    kind: Literal["statutory", "set"]
    zh: str
    en: str
    due: date
    days_left: int
    firm: bool
    stopped: bool
    done_on: date | None
    late_days: int
    articles: tuple[Citation, ...]
    deadline: Deadline | None
    lapses: bool = False
    due_at: datetime | None = None
    hours_left: int | None = None
    late_hours: int = 0


def due_dates(docket: Docket, *, law: Law, now: datetime, include_done: bool = False) -> tuple[DueDate, ...]:
    """Return the dates of all cases and unassessed leads of ``docket``, earliest first; done ones only when asked for.

    Args:
        docket: The folded docket.
        law: The law room.
        now: Aware time; its day at +08:00 decides days left.
        include_done: Also return what was done, with its lateness.

    Raises:
        CasesError: ``now`` has no offset.
    """
    today = local_day(now)
    found = [row for case in docket.cases.values() for row in _of_case(case, law, today, now)]
    found += [row for lead in docket.leads.values() for row in _of_lead(lead, law, today)]
    return tuple(
        sorted((r for r in found if include_done or r.done_on is None), key=lambda r: (r.due, r.target))
    )


def deadline_of(case: Case, period: str, *, law: Law, today: date) -> Deadline | None:
    """Return when ``period`` ends for ``case``, or ``None`` while it has not begun or does not apply."""
    known = procedure_of(law).limits
    limit = next((one for one in known if one.id == period and _applies(one, case)), None)
    return _deadline(case, limit, law, today) if limit else None


def timing(case: Case, period: str, on: date, *, law: Law) -> Timing | None:
    """Return how an act of the day or moment ``on`` stands to ``period``, or ``None`` when the period has not begun."""
    moment = on if isinstance(on, datetime) else None
    day = local_day(moment) if moment else on
    found = deadline_of(case, period, law=law, today=day)
    if found is None:
        return None
    return Timing(
        period=period,
        due=found.due,
        firm=found.firm,
        late_days=max(0, (day - found.due).days),
        due_at=found.at,
        late_hours=_late_hours(found, moment),
    )


def _late_hours(found: Deadline, moment: datetime | None) -> int:
    if found.at is None or moment is None or moment <= found.at:
        return 0
    return -(-(moment - found.at) // _ONE_HOUR)


def _applies(limit: Limit, case: Case) -> bool:
    if limit.track is not None and limit.track != case.track:
        return False
    if limit.only:
        begun = max(case.acted(limit.start.removeprefix("acts.")), key=lambda one: one.on, default=None)
        if begun is None or any(begun.fields.get(name, False) != value for name, value in limit.only.items()):
            return False
    return limit.urgent is None or (case.suggestion is not None and case.suggestion.urgent is limit.urgent)


def _deadline(case: Case, limit: Limit, law: Law, today: date) -> Deadline | None:
    instead: date | None = None
    if limit.after:
        before = deadline_of(case, limit.after, law=law, today=today)
        if before is None and limit.instead:
            instead = case.day(f"acts.{limit.instead}")
        start = before.due if before else instead
    else:
        start = case.day(limit.start)
    if start is None:
        return None
    if limit.id in _hourly(law):
        return _in_hours(limit, start, case.moment(limit.start), law)
    spans = (
        *(_spans(case, today) if limit.suspends else ()),
        *(span for pair in limit.apart for span in _apart(case, pair, today)),
    )
    anew = max(
        (day for act in (limit.restarts, limit.reopens) if act and (day := case.day(f"acts.{act}"))),
        default=None,
    )
    reopened = anew is not None and bool(limit.reopens) and anew == case.day(f"acts.{limit.reopens}")
    if anew is not None and anew > start:
        start = anew
    # A case from before the rules that set the period: counted by analogy, provisional, and it says so.
    extend = sum(anew is None or day >= anew for day in case.extensions) if limit.extends else 0
    extend += len(case.acted(limit.extended_by)) if limit.extended_by else 0
    found = law.deadline(limit.id, start, extend=extend, suspend=spans, analogous=True)
    if reopened:
        return _unfounded(
            found,
            f"没有条文规定恢复办理后的审查期限，自恢复办理之日{found.start}重新起算（暂定）",
            f"no article sets the period after a case is reopened: counted anew from that day, {found.start} (provisional)",
        )
    if instead is not None and anew is None:
        act = procedure_of(law).choices["act"][limit.instead]
        return _unfounded(
            found,
            f"没有公告，也没有条文规定此时从何日起算，暂自{act.zh}之日{found.start}起算（暂定）",
            f"there was no notice and no article says from when it runs then: counted from the {act.en}, {found.start} (provisional)",
        )
    return found


def _unfounded(found: Deadline, zh: str, en: str) -> Deadline:
    """Return a period whose beginning no article sets, with the sentence that says so: it is provisional."""
    return msgspec.structs.replace(found, firm=False, steps=(*found.steps, Step(zh, en, found.start)))


def _hourly(law: Law) -> frozenset[str]:
    """Return the periods that are counted in hours."""
    found = law.kept.get("hourly")
    if not isinstance(found, frozenset):
        found = law.kept["hourly"] = frozenset(each.id for each in law.periods() if each.unit == "hour")
    return found


def _in_hours(limit: Limit, day: date, moment: datetime | None, law: Law) -> Deadline:
    """Return the end of a period in hours; without a time of day the earliest end it can have, provisional."""
    if moment is not None:
        return law.deadline(limit.id, moment.astimezone(CST), analogous=True)
    found = law.deadline(limit.id, datetime.combine(day, time(), CST), analogous=True)
    unknown = Step(
        f"没有记录{day}的具体时刻，按当日零时起算，为最早可能的届满时刻（暂定）",
        f"no time of day was recorded for {day}: counted from midnight, the earliest end possible (provisional)",
        day,
    )
    return msgspec.structs.replace(found, firm=False, steps=(*found.steps, unknown))


def _spans(case: Case, today: date) -> Iterator[tuple[date, date]]:
    """Yield the days not counted, both ends included; a suspension that lasts counts up to today."""
    for suspension in case.suspensions:
        end = suspension.end - _ONE_DAY if suspension.end else max(today, suspension.start)
        if end >= suspension.start:
            yield suspension.start, end


def _apart(case: Case, pair: str, today: date) -> Iterator[tuple[date, date]]:
    """Yield the days between the acts of a pair such as commissioned appraisals; what is not back counts up to today."""
    act, _, back = pair.partition("/")
    results = [one.on for one in case.acted(back)]
    for number, begun in enumerate(case.acted(act)):
        end = results[number] - _ONE_DAY if number < len(results) else max(today, begun.on)
        if end >= begun.on:
            yield begun.on, end


def _waiting(case: Case, pair: str) -> bool:
    act, _, back = pair.partition("/")
    return len(case.acted(act)) > len(case.acted(back))


def _of_case(case: Case, law: Law, today: date, now: datetime) -> Iterator[DueDate]:
    for limit in procedure_of(law).limits:
        if _applies(limit, case) and (found := _deadline(case, limit, law, today)) is not None:
            yield _statutory(case, limit, found, today, now)
    for measure in case.measures.values():
        if measure.status is MeasureStatus.WITHDRAWN:
            continue
        # Whoever had to do it was on time if the proof that was accepted came in time.
        done = measure.submitted_on if measure.status is MeasureStatus.ACCEPTED else case.transferred_on
        text = measure.entered.text
        yield _set(case, f"measure {measure.id}", f"整改措施 {measure.id}：{text}", f"measure {measure.id}: {text}",
                   measure.entered.due, done, today)  # fmt: skip
    if case.look_back_due is not None:
        yield _set(case, "look-back", "回头看", "look back", case.look_back_due, None, today)


def _of_lead(lead: Lead, law: Law, today: date) -> Iterator[DueDate]:
    """Yield the date by which a registered lead is to be assessed, a setting of the office."""
    if lead.stage is LeadStage.REGISTERED:
        found = law.deadline("lead-assessment-default", lead.registered.received_on, analogous=True)
        yield DueDate(
            target=lead.id,
            key=found.period,
            kind="set",
            zh=found.zh,
            en=found.en,
            due=found.due,
            days_left=(found.due - today).days,
            firm=found.firm,
            stopped=False,
            done_on=None,
            late_days=max(0, (today - found.due).days),
            articles=found.articles,
            deadline=found,
        )


def _statutory(case: Case, limit: Limit, found: Deadline, today: date, now: datetime) -> DueDate:
    moment: datetime | None = None
    if limit.until:
        # An act of an earlier round (the first of two appeals, say) does not end the period of a later one.
        ends = [
            (day, name) for name in limit.until.split("|") if (day := case.day(name)) and day >= found.start
        ]
        done, ender = min(ends, default=(case.ended_on, ""))
        moment = case.moment(ender)
    else:
        done = found.due if found.due < today else case.ended_on
    still = (limit.suspends and case.suspended) or any(_waiting(case, pair) for pair in limit.apart)
    stopped = still and done is None
    return DueDate(
        target=case.id,
        key=limit.id,
        kind="statutory",
        zh=found.zh,
        en=found.en,
        due=found.due,
        days_left=(found.due - today).days,
        firm=found.firm and not stopped,
        stopped=stopped,
        done_on=done,
        late_days=max(0, ((done or today) - found.due).days),
        articles=found.articles,
        deadline=found,
        lapses=not limit.until,
        due_at=found.at,
        hours_left=(found.at - now) // _ONE_HOUR if found.at else None,
        late_hours=_late_hours(found, moment if done else now),
    )


def _set(case: Case, key: str, zh: str, en: str, due: date, done: date | None, today: date) -> DueDate:
    return DueDate(
        target=case.id,
        key=key,
        kind="set",
        zh=zh,
        en=en,
        due=due,
        days_left=(due - today).days,
        firm=True,
        stopped=False,
        done_on=done,
        late_days=max(0, ((done or today) - due).days),
        articles=(),
        deadline=None,
    )
