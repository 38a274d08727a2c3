"""Facts about declared acts, periods and numbers, named in the data: ``did:ACT``, ``least:PARAM/NUMBER`` and so on."""

from __future__ import annotations

import re
from collections.abc import Callable

from qingyuan.cases._context import Context, Lack, Lacks
from qingyuan.cases._facts._table import PREDICATES
from qingyuan.cases.deadlines import deadline_of
from qingyuan.cases.events.act import CaseActed, LeadActed


def _did(act: str, context: Context) -> Lacks:
    if not context.record.acted(act):
        yield Lack("did", context.procedure.named("act", "act", act))


def _not(act: str, context: Context) -> Lacks:
    if context.record.acted(act):
        yield Lack("not", context.procedure.named("act", "act", act))


def _owed(pair: str, context: Context) -> Lacks:
    acts, _, replies = pair.partition("/")
    if _times(context, acts) <= _times(context, replies):
        yield Lack("owed", context.procedure.named("act", "act", re.split(r"[+(]", acts)[0]))


def _times(context: Context, acts: str) -> int:
    """Return how often any of the acts joined by ``+`` happened; ``ACT(FIELD=VALUE)`` counts those that show it."""
    count = 0
    for one in acts.split("+"):
        act, _, shown = one.rstrip(")").partition("(")
        count += sum(not shown or _shown(done, shown) for done in context.record.acted(act))
    return count


def _shown(done: CaseActed | LeadActed, shown: str) -> bool:
    """Tell whether an act shows ``FIELD=VALUE``, or with ``FIELD!=VALUE`` does not."""
    field, unlike, value = re.split(r"(!?=)", shown, maxsplit=1)
    held = done.fields.get(field, "")
    same = (str(held).lower() if isinstance(held, bool) else str(held)) == value
    return same if unlike == "=" else not same


def _shows(what: str, context: Context) -> Lacks:
    """``shows:ACT/FIELD=VALUE``: the newest act of that name shows it."""
    act, _, shown = what.partition("/")
    done = context.record.acted(act)
    if not done or not _shown(done[-1], shown):
        yield Lack("did", context.procedure.named("act", "act", act))


def _least(what: str, context: Context) -> Lacks:
    """``least:PARAM/NUMBER``: as many items of a list, or so large a number, are given as ``numbers.yaml`` demands."""
    name, _, number = what.partition("/")
    asked = context.procedure.numbers[number]
    given = context.args.number(name)
    if not asked.holds(len(context.args.texts(name)) if given is None else given):
        param = context.verb.param(name)
        words = {"label_zh": param.zh if param else name, "label_en": param.en if param else name}
        yield Lack("least", {**words, "least": str(asked.least)}, asked.rule)


def _over(period: str, context: Context) -> Lacks:
    on = context.args.day("on") or context.today
    found = deadline_of(context.the_case, period, law=context.law, today=on)
    if found is None:
        begun = next(one for one in context.law.periods() if one.id == period)
        yield Lack("over.unbegun", {"zh": begun.zh, "en": begun.en})
    elif on <= found.due:
        yield Lack("over", {"zh": found.zh, "en": found.en, "due": found.due.isoformat()})


def mentioned(fact: str) -> tuple[str, tuple[str, ...]]:
    """Return what a general fact speaks of: ``acts``, ``period`` or ``number`` with the names; ``("", ())`` for a named one.

    Raises:
        KeyError: No such kind of fact, or no such predicate.
    """
    kind, colon, name = fact.partition(":")
    if not colon:
        PREDICATES[fact]
        return "", ()
    GENERAL[kind]
    if kind == "over":
        return "period", (name,)
    if kind == "least":
        return "number", (name.partition("/")[2],)
    if kind == "owed":
        return "acts", tuple(each.partition("(")[0] for each in re.split(r"[+/]", name))
    return "acts", (name.partition("/")[0],)


#: Kinds of facts about declared acts, periods and numbers.
GENERAL: dict[str, Callable[[str, Context], Lacks]] = {
    "did": _did,
    "not": _not,
    "owed": _owed,
    "over": _over,
    "shows": _shows,
    "least": _least,
}
