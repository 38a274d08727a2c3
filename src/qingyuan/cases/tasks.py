"""What each person and each office has to do next: with its date, its article and why; computed, never scheduled."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from qingyuan.cases._arguments import Arguments
from qingyuan.cases._clock import local_day
from qingyuan.cases._context import Context
from qingyuan.cases._data import Reminders, TaskRule
from qingyuan.cases._facts import predicate
from qingyuan.cases._procedure import procedure_of
from qingyuan.cases.deadlines import DueDate, due_dates
from qingyuan.cases.errors import Missing
from qingyuan.cases.state import Case, Docket, Lead
from qingyuan.cases.verbs import cite, impossible, refusal, stage_of, targets
from qingyuan.law import Citation, Law

#: How near a date is; the value of the closed list ``remind``.
Remind = Literal["overdue", "today", "soon", "later", "undated"]

#: Who does or prepares it in the office, so that the handler is reminded.
_OURS = frozenset({"handler", "approver", "verifier"})
_Dues = dict[tuple[str, str], DueDate]


class Task(msgspec.Struct, frozen=True):
    """One thing to do next.

    Attributes:
        target: Lead, matter or case, or ``"C2026-0001 m01"`` for a measure.
        verb: The verb that does it; ``""`` for a date that no verb of the data ends.
        zh: What to do, Chinese.
        en: The same in English.
        why_zh: Why now, Chinese.
        why_en: The same in English.
        who: Who has to: value of the closed list ``task-who``.
        person: Who was assigned, where it is for the office to do or to prepare; ``""`` when nobody was, or others have to.
        due: Last day, or ``None`` when no rule and nobody fixes one.
        due_at: End of a period in hours.
        days_left: Days to ``due``; negative when overdue.
        firm: Whether the date is not provisional (暂定).
        stopped: Whether the clock stands still.
        remind: How near it is.
        missing: What is missing before the verb is possible; empty when it is possible now.
        articles: Provisions.
        key: Period or date it goes by; ``""`` without one.
    """

    target: str
    verb: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    who: str
    person: str
    due: date | None
    due_at: datetime | None
    days_left: int | None
    firm: bool
    stopped: bool
    remind: Remind
    missing: tuple[Missing, ...]
    articles: tuple[Citation, ...]
    key: str


def tasks(docket: Docket, *, law: Law, now: datetime) -> tuple[Task, ...]:
    """Return what has to be done next in a docket, the most pressing first, what has no date last.

    Every open date is among them: one that no rule of ``tasks.yaml`` names stands for itself.

    Args:
        docket: The folded docket.
        law: The law room, with the overlay of the site.
        now: Aware time; its day at +08:00 decides days left.

    Raises:
        CasesError: ``now`` has no offset.
        LawError: A rule is not in force on the day.
    """
    today, procedure = local_day(now), procedure_of(law)
    dues: _Dues = {(one.target, one.key): one for one in due_dates(docket, law=law, now=now)}
    found: dict[tuple[str, str], Task] = {}
    used: set[tuple[str, str]] = set()
    for rule in procedure.tasks:
        verb = procedure.verbs[rule.verb]
        bare = Context(verb, docket, law, today, "", Arguments({}), now)
        for target, context in targets(bare, rule.scope or verb.scope):
            if (target, rule.verb) in found or not _to_do(rule, context):
                continue
            due = _due(rule, context, dues)
            if due is not None:
                used.add((due.target, due.key))
            found[target, rule.verb] = _task(rule, context, target, due, procedure.reminders)
    found |= {
        (one.target, f" {one.key}"): _alone(one, docket, procedure.reminders)
        for key, one in dues.items()
        if key not in used and not (one.lapses and one.done_on is None and one.days_left < 0)
    }
    return tuple(sorted(found.values(), key=lambda t: (t.due or date.max, t.target, t.verb)))


def handler_of(docket: Docket, target: str) -> str:
    """Return whom the newest assignment of a record names: of the case or lead, else of the docket; ``""`` when nobody was."""
    own = target.split(" ", maxsplit=1)[0]
    record: Case | Lead | None = docket.cases.get(own) or docket.leads.get(own)
    records = [*([record] if record else []), *docket.cases.values(), *docket.leads.values()]
    named = (str(done[-1].fields["handler"]) for one in records if (done := one.acted("assignment")))
    return next(named, "")


def _to_do(rule: TaskRule, context: Context) -> bool:
    if impossible(context) is not None or rule.track not in {None, context.track}:
        return False
    stage = stage_of(context)
    if rule.stages and (stage is None or stage[1] not in rule.stages):
        return False
    held = all(not [*predicate(fact)(context)] for fact in rule.when)
    return held and not any(not [*predicate(fact)(context)] for fact in rule.unless)


def _due(rule: TaskRule, context: Context, dues: _Dues) -> DueDate | None:
    if context.case is None and context.lead is None:
        return None
    for period in rule.period:
        key = f"measure {context.the_measure.id}" if period == "measure" else period
        if (found := dues.get((context.record.id, key))) is not None:
            return found
    return None


def _carried(rule: TaskRule, context: Context) -> date | None:
    """Return the date that the newest act named by ``rule.date`` carries."""
    act, _, field = rule.date.partition("/")
    done = context.record.acted(act) if act else ()
    value = done[-1].fields.get(field) if done else None
    return date.fromisoformat(value) if isinstance(value, str) else None


def _task(rule: TaskRule, context: Context, target: str, due: DueDate | None, reminders: Reminders) -> Task:
    verb, docket = context.verb, context.docket
    carried = _carried(rule, context)
    last = due.due if due else carried
    left = (last - context.today).days if last else None
    lacks = refusal(context)
    rules = (rule.rule,) if rule.rule else verb.rules
    return Task(
        target=target,
        verb=verb.name,
        zh=verb.zh,
        en=verb.en,
        why_zh=rule.zh,
        why_en=rule.en,
        who=rule.who,
        person=handler_of(docket, target) if rule.who in _OURS else "",
        due=last,
        due_at=due.due_at if due else None,
        days_left=left,
        firm=due.firm if due else True,
        stopped=due.stopped if due else False,
        remind=_near(left, due, reminders),
        missing=lacks.missing if lacks else (),
        articles=due.articles if due and due.articles else tuple(cite(context, rules)),
        key=due.key if due else "",
    )


def _alone(due: DueDate, docket: Docket, reminders: Reminders) -> Task:
    return Task(
        target=due.target,
        verb="",
        zh=due.zh,
        en=due.en,
        why_zh="期限未届满" if due.days_left >= 0 else "期限已届满",
        why_en="a date is open" if due.days_left >= 0 else "a date has passed",
        who="handler",
        person=handler_of(docket, due.target),
        due=due.due,
        due_at=due.due_at,
        days_left=due.days_left,
        firm=due.firm,
        stopped=due.stopped,
        remind=_near(due.days_left, due, reminders),
        missing=(),
        articles=due.articles,
        key=due.key,
    )


def _near(left: int | None, due: DueDate | None, reminders: Reminders) -> Remind:
    if left is None:
        return "undated"
    if due is not None and due.hours_left is not None and due.due_at is not None:
        if due.late_hours:
            return "overdue"
        return "soon" if timedelta(hours=due.hours_left) < timedelta(hours=reminders.hours) else "later"
    if left < 0:
        return "overdue"
    return "today" if left == 0 else "soon" if left <= reminders.days else "later"
