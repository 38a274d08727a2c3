"""Guarded verbs: what can be done with a docket, why not, and which events it makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TypeVar, cast

from qingyuan.cases._acts import act_of
from qingyuan.cases._arguments import EXHIBIT, Argument, Arguments, parse
from qingyuan.cases._clock import local_day
from qingyuan.cases._context import Context, Lack, Lacks, named
from qingyuan.cases._data import Need, Param, Scope, TrackName, Verb, label, rules_of, verbs
from qingyuan.cases._facts import predicate
from qingyuan.cases._fold import advance
from qingyuan.cases._procedure import Procedure, procedure_of
from qingyuan.cases.errors import CasesError, Missing, Refused
from qingyuan.cases.events import EventDraft
from qingyuan.cases.state import Case, Docket
from qingyuan.law import Citation, Law


class _Verbs(Mapping[str, Verb]):
    """The verbs by name, read when first looked at, so that importing the room reads no files."""

    def __getitem__(self, name: str) -> Verb:
        return verbs()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(verbs())

    def __len__(self) -> int:
        return len(verbs())


#: Every packaged verb by name, in the order of the procedure; those of a site are in :func:`qingyuan.cases.procedure_of`.
VERBS: Mapping[str, Verb] = _Verbs()

R = TypeVar("R")

#: The day of a lead that acts on matters are bound by, too.
RECEIVED = "received_on"

_EXHIBIT_TYPES = {"exhibit", "exhibits", "reference"}


@dataclasses.dataclass(frozen=True)
class Offer:
    """Whether one verb is possible for one record of a docket now.

    Attributes:
        verb: The verb.
        target: The record it acts on: ``""`` for new records, a lead, matter or case, or
            ``"C2026-0001 m01"`` for a measure.
        refused: Why it is not possible before any particulars are given; ``None`` when it is.
    """

    verb: Verb
    target: str
    refused: Refused | None


def decide(
    verb: str | Verb,
    docket: Docket,
    args: Mapping[str, Argument],
    *,
    law: Law,
    now: datetime,
    actor: str,
) -> list[EventDraft]:
    """Return the events that an act makes, without writing them.

    Args:
        verb: A verb or its name.
        docket: The docket before the act; its streams must be folded whole.
        args: The particulars by name, as ``verb.params`` lists them. Dates are ISO 8601 or
            :class:`datetime.date`; yes and no ``true``/``false``; lists are lists of texts; closed
            lists take the value or its Chinese or English name; exhibits must be sealed in the docket.
        law: The law room.
        now: Time of recording, aware.
        actor: Who acts, e.g. ``"P001"``.

    Returns:
        At least one draft; folding them onto ``docket`` is known to work.

    Raises:
        Refused: The act is not possible (``cases.not-possible``), something is missing
            (``cases.missing``), or the docket holds events of a later version (``cases.newer-events``).
        CasesError: No such verb or record, or a particular cannot be read.
        LawError: A rule or period is not in force on the day.
    """
    procedure = procedure_of(law)
    chosen = _verb(verb, procedure)
    today = local_day(now)
    bare = Context(chosen, docket, law, today, actor, Arguments({}), now)
    context = _aim(bare, args)
    track = context.track or _track_asked(args)
    given = parse(chosen, args, today=today, track=track, choices=procedure.choices)
    context = dataclasses.replace(context, args=given)
    if (refused := impossible(context)) is not None:
        raise refused
    lacks = [*needed(context), *_particulars(context), *_run(context, chosen.asks)]
    if lacks:
        raise _refusal(context, "cases.missing", lacks)
    drafts = act_of(chosen)(context)
    advance(docket, drafts, now=now, actor=actor)
    return drafts


def available(
    docket: Docket,
    *,
    law: Law,
    now: datetime,
    actor: str,
    target: str | None = None,
    among: Container[str] | None = None,
) -> list[Offer]:
    """Return every verb for every record it could act on, with why not where it is not possible.

    Args:
        docket: The folded docket.
        law: The law room.
        now: Aware time.
        actor: Who asks.
        target: Only for this record (see :class:`Offer`); everything when ``None``.
        among: Only these verbs; all when ``None``.

    Raises:
        CasesError: ``now`` has no offset.
        LawError: A rule is not in force on the day.
    """
    today = local_day(now)
    offers = []
    for verb in procedure_of(law).verbs.values():
        if among is not None and verb.name not in among:
            continue
        bare = Context(verb, docket, law, today, actor, Arguments({}), now)
        for name, context in targets(bare, verb.scope):
            if target is not None and name != target:
                continue
            offers.append(Offer(verb, name, refusal(context)))
    return offers


def _verb(verb: str | Verb, procedure: Procedure) -> Verb:
    if isinstance(verb, Verb):
        return verb
    if verb not in procedure.verbs:
        raise CasesError(
            "cases.unknown-verb",
            zh=f"没有名为“{verb}”的办案事项",
            en=f"there is no verb {verb!r}",
            where=verb,
            remedy_zh="可用：" + "、".join(procedure.verbs),
            remedy_en="known: " + ", ".join(procedure.verbs),
        )
    return procedure.verbs[verb]


def _track_asked(args: Mapping[str, Argument]) -> TrackName | None:
    asked = args.get("track")
    return asked if asked in ("administrative", "civil") else None  # type: ignore[return-value]


def _aim(context: Context, args: Mapping[str, Argument]) -> Context:
    """Return ``context`` with the record that the particulars name."""
    docket, scope = context.docket, context.verb.scope
    if scope == "lead":
        return dataclasses.replace(context, lead=_find(context, docket.leads, args, "lead"))
    if scope == "matter":
        matters = {docket.matter.id: docket.matter} if docket.matter else {}
        _find(context, matters, args, "matter")
    if scope in {"case", "measure"}:
        case: Case = _find(context, docket.cases, args, "case")
        context = dataclasses.replace(context, case=case)
        if scope == "measure":
            return dataclasses.replace(context, measure=_find(context, case.measures, args, "measure"))
    return context


def _find(context: Context, records: Mapping[str, R], args: Mapping[str, Argument], name: str) -> R:
    asked = args.get(name)
    if isinstance(asked, str) and asked.strip() in records:
        return records[asked.strip()]
    param = context.verb.param(name)
    zh, en = (param.zh, param.en) if param else (name, name)
    shown = asked.strip() if isinstance(asked, str) and asked.strip() else "—"
    raise CasesError(
        "cases.no-such-record",
        zh=f"案卷中没有这个{zh}：{shown}",
        en=f"there is no such {en} in the docket: {shown}",
        where=f"{context.verb.name} {name}",
        remedy_zh="现有：" + ("、".join(records) or "无"),
        remedy_en="there are: " + (", ".join(records) or "none"),
    )


def targets(context: Context, scope: Scope) -> Iterator[tuple[str, Context]]:
    """Yield each record of the docket that a verb of ``scope`` could act on, and the context aimed at it."""
    docket = context.docket
    if scope == "new":
        yield "", context
    elif scope == "lead":
        for lead in docket.leads.values():
            yield lead.id, dataclasses.replace(context, lead=lead)
    elif scope == "matter":
        if docket.matter is not None:
            yield docket.matter.id, context
    else:
        for case in docket.cases.values():
            on_case = dataclasses.replace(context, case=case)
            if scope == "case":
                yield case.id, on_case
                continue
            for measure in case.measures.values():
                yield f"{case.id} {measure.id}", dataclasses.replace(on_case, measure=measure)


def refusal(context: Context) -> Refused | None:
    """Return why a verb is not possible before any particulars are given, or ``None`` when it is."""
    refused = impossible(context)
    if refused is None and (lacks := list(needed(context))):
        refused = _refusal(context, "cases.missing", lacks)
    return refused


def impossible(context: Context) -> Refused | None:
    """Return the refusal that no particulars could cure, or ``None``."""
    if unread := context.docket.unread:
        lacks = [Lack("newer-events", {"type": u.type, "stream": u.stream, "n": str(u.n)}) for u in unread]
        return _refusal(context, "cases.newer-events", lacks)
    lacks = _out_of_place(context) or list(_run(context, context.verb.when))
    return _refusal(context, "cases.not-possible", lacks) if lacks else None


def _out_of_place(context: Context) -> list[Lack]:
    """Return what keeps the verb from this track, this stage or this state of the case; the first is enough."""
    verb, case = context.verb, context.case
    if case is not None and verb.track not in {None, case.track}:
        return [Lack("track", named("track", "track", str(verb.track)))]
    if (stage := stage_of(context)) is not None and verb.stages and stage[1] not in verb.stages:
        names = [label(stage[0], value) for value in verb.stages]
        allowed = {"allowed_zh": "、".join(n.zh for n in names), "allowed_en": ", ".join(n.en for n in names)}
        return [Lack("stage", named("stage", *stage) | allowed)]
    if case is not None and case.ended_on and not verb.stages and not verb.after_end:
        allowed = {"allowed_zh": "案件办结以前", "allowed_en": "the case is open"}
        return [Lack("stage", named("stage", "case-stage", case.stage) | allowed)]
    if case is not None and case.suspended and not verb.while_suspended:
        return [Lack("not-suspended")]
    return []


def stage_of(context: Context) -> tuple[str, str] | None:
    """Return the closed list and the value of the stage that the verb's ``stages`` speak of."""
    if context.measure is not None:
        return "measure-status", context.measure.status
    if context.case is not None:
        return "case-stage", context.case.stage
    return ("lead-stage", context.lead.stage) if context.lead is not None else None


def needed(context: Context) -> Lacks:
    """Yield what the docket lacks for a verb, before any particulars are given."""
    yield from _run(context, context.verb.needs)


def _run(context: Context, needs: Iterable[Need]) -> Lacks:
    for need in needs:
        for lack in predicate(need.fact)(context):
            yield dataclasses.replace(lack, rule=need.rule or lack.rule)


def _particulars(context: Context) -> Lacks:
    for param in context.verb.params:
        for lack in _particular(context, param):
            yield dataclasses.replace(lack, about=param.name)


def _particular(context: Context, param: Param) -> Lacks:
    args, words = context.args, {"label_zh": param.zh, "label_en": param.en}
    if not args.has(param.name):
        if param.required and param.track in {None, context.track}:
            yield Lack(param.lacking or "parameter", words, param.rule)
        return
    yield from _date(context, param, words)
    yield from _time(context, param, words)
    if param.type in _EXHIBIT_TYPES:
        yield from _exhibits(context, param)
    elif param.name == "approved_on":
        yield from _approved(context, param)
    elif param.type.startswith("new-") and args.text(param.name) in _taken(context.docket):
        yield Lack("id-taken", {**words, "id": args.text(param.name)})


def _date(context: Context, param: Param, words: dict[str, str]) -> Lacks:
    value = context.args.day(param.name)
    if value is None:
        return
    words = {**words, "value": value.isoformat(), "today": context.today.isoformat()}
    if value > context.today and not param.future:
        yield Lack("future-date", words, param.rule)
    limit = _limit(context, param.after)
    if limit is not None and value < limit:
        yield Lack("too-early", {**words, "limit": limit.isoformat()}, param.rule)


def _approved(context: Context, param: Param) -> Lacks:
    """What needs approval is approved before it is done, or on the day."""
    approved, on = context.args.day(param.name), context.args.day("on")
    if approved is not None and on is not None and approved > on:
        yield Lack("approved-before", {"value": approved.isoformat(), "on": on.isoformat()}, param.rule)


def _time(context: Context, param: Param, words: dict[str, str]) -> Lacks:
    moment = context.args.moment(param.name)
    if moment is None:
        return
    words = {
        **words,
        "value": moment.isoformat(" ", "minutes"),
        "today": context.now.isoformat(" ", "minutes"),
    }
    if moment > context.now and not param.future:
        yield Lack("future-date", words, param.rule)
    on = context.args.day("on")
    if param.name == "at" and on is not None and on != local_day(moment):
        yield Lack("time-of-another-day", {**words, "on": on.isoformat()})
    before = context.case.moment(param.after) if param.after and context.case is not None else None
    if before is not None and moment < before:
        yield Lack("too-early", {**words, "limit": before.isoformat(" ", "minutes")}, param.rule)


def _limit(context: Context, after: str) -> date | None:
    """Return the day that ``after`` names, the latest of several joined by ``|``.

    It is one of the case, of the lead (of the first of the leads of a matter), or with ``measure.`` of the measure.
    """
    if not after:
        return None
    days = (_day_of(context, name) for name in after.split("|"))
    return max((day for day in days if day is not None), default=None)


def _day_of(context: Context, name: str) -> date | None:
    if name.startswith("measure.") and context.measure is not None:
        return cast("date | None", getattr(context.measure, name.removeprefix("measure.")))
    if context.case is not None or context.lead is not None:
        return context.record.day(name)
    leads, matter = context.docket.leads, context.docket.matter
    if matter is None or name != RECEIVED:
        return None
    return min((leads[lead].registered.received_on for lead in matter.leads if lead in leads), default=None)


def _exhibits(context: Context, param: Param) -> Lacks:
    args = context.args
    for exhibit in args.texts(param.name) or (args.text(param.name),):
        if EXHIBIT.match(exhibit) and exhibit not in context.docket.exhibits:
            yield Lack("unknown-exhibit", {"exhibit": exhibit})


def _taken(docket: Docket) -> set[str]:
    """Return the records of the docket, none of which may begin twice; a stream may hold exhibits before."""
    return {*docket.leads, *docket.cases, *([docket.matter.id] if docket.matter else [])}


def _refusal(context: Context, code: str, lacks: Iterable[Lack]) -> Refused:
    missing: dict[Missing, str] = {}
    rules = []
    for lack in lacks:
        sentence = context.procedure.sentences[lack.name]
        words = {**(named("track", "track", context.track) if context.track else {}), **lack.words}
        told = Missing(sentence.zh.format(**words), sentence.en.format(**words))
        missing[told] = missing.get(told) or lack.about
        rules.append(lack.rule or sentence.rule)
    verb = context.verb
    return Refused(
        code,
        verb=verb.name,
        label=Missing(verb.zh, verb.en),
        missing=tuple(missing),
        about=tuple(missing.values()),
        citations=cite(context, [*rules, *verb.rules]),
        where=_where(context),
    )


def cite(context: Context, rules: Iterable[str]) -> list[Citation]:
    """Return the citations of ``rules`` on the day, without repetition."""
    names = dict.fromkeys(rule for name in rules for rule in rules_of(name, context.track))
    cited = [context.law.cite(rule, context.today, analogous=True) for rule in names]
    return list({(citation.law, citation.article): citation for citation in reversed(cited)}.values())[::-1]


def _where(context: Context) -> str | None:
    if context.measure is not None:
        return f"{context.the_case.id} {context.measure.id}"
    if context.case is not None:
        return context.case.id
    return context.lead.id if context.lead is not None else None
