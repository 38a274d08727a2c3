"""Acts as forms: the fields come from what the act declares, and a refusal comes back with everything typed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from qingyuan.cases import Docket, Param, Refused, TrackName, Verb, choice_lists, rules_of, tasks
from qingyuan.errors import QingyuanError
from qingyuan.law import Law, LawError, Provision
from qingyuan.office import register
from qingyuan.office.casework import Argument, Loaded, exhibit_ids, load
from qingyuan.office.clock import CHINA
from qingyuan.office.offers import asked, options, verbs_of
from qingyuan.office.steps import implied, suggested
from qingyuan.store.register import Record
from qingyuan.store.registry import ExhibitRow, exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page
from qingyuan.web.words import said

#: In the place of a record, for acts that begin one.
_NEW = "new"
#: A list of texts that the law room can name.
_DUTIES = "duties"
_LISTS = frozenset({"choices", "exhibits", "leads"})
#: The role whose holder approves (办案规则第三十条等).
_APPROVER = "chief"
_LINES = frozenset({"texts", "persons"})
#: What a browser sends for a day and a time of day: no offset, and the forms mean the time of China.
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\Z")
#: Lists that another record is chosen from, and how many of them a form suggests.
_OTHERS = {"other-lead": register.leads, "other-matter": register.matters}
_SUGGESTED = 100


@page("GET", "/acts/{target}/{name}", "case.act")
def form(ask: Ask, target: str, name: str) -> Response:
    """Show the form of an act on a record."""
    verb = _verb(ask, name)
    given = _defaults(ask, target, verb)
    if named := ask.request.query_params.getlist("exhibits"):
        given["exhibits"] = named
    if ask.query("lead"):
        given["lead"] = ask.query("lead")
    return _show(ask, target, verb, ask.query("measure"), given, None)


@page("POST", "/acts/{target}/{name}", "case.act")
def do(ask: Ask, target: str, name: str) -> Response:
    """Do the act, or show the form again with what is missing."""
    verb = _verb(ask, name)
    measure = ask.field("measure")
    given = {param.name: value for param in asked(verb) if (value := _given(ask, param)) is not None}
    args = implied(ask.desk.home, verb, given)
    if verb.scope == "measure":
        args["measure"] = measure
    ask.desk.guard.require_joined(ask.person, verb, args)
    try:
        stored = ask.desk.act(verb.name, None if target == _NEW else target, args, actor=ask.person)
    except QingyuanError as error:
        status = 409 if isinstance(error, Refused) else 400
        return _show(ask, target, verb, measure, given, error, status)
    stream = stored[0].stream
    # The matter itself: a fragment in the address would take the focus from the next step.
    matter = load(ask.desk.home, stream).docket.matter
    where = f"/leads/{stream}" if matter is None or stream.startswith("L") else f"/matters/{matter.id}"
    return ask.redirect(where, "done.act")


def _verb(ask: Ask, name: str) -> Verb:
    known = verbs_of(ask.desk.home)
    if name not in known:
        raise not_found(name)
    return known[name]


def _given(ask: Ask, param: Param) -> Argument:
    """Return what was typed for one particular, in the form the cases room reads; ``None`` when nothing was."""
    if param.type in _LISTS or (param.name == _DUTIES and len(ask.fields(param.name)) > 1):
        return ask.fields(param.name) or None
    if param.type in _LINES:
        return [line.strip() for line in ask.field(param.name).splitlines() if line.strip()] or None
    if param.type == "bool":
        return ask.has(param.name) or None
    if param.type == "time" and _LOCAL.match(ask.field(param.name)):
        return f"{ask.field(param.name)}+08:00"
    if param.type == "person":
        return ask.someone(param.name) or None
    return ask.field(param.name) or None


def _defaults(ask: Ask, target: str, verb: Verb) -> dict[str, Argument]:
    """Return what the lead, the case, the law and the office say already, so that nobody types it again."""
    home = ask.desk.home
    loaded = Loaded(Docket(), (), ()) if target == _NEW else load(home, target)
    approvers = [one.person for one in ask.desk.people.all() if _APPROVER in one.roles and not one.disabled]
    return suggested(home, loaded, target, verb, actor=ask.person, approvers=approvers)


def _show(
    ask: Ask,
    target: str,
    verb: Verb,
    measure: str,
    given: Mapping[str, Argument],
    error: QingyuanError | None,
    status: int = 200,
) -> Response:
    home = ask.desk.home
    rows: list[ExhibitRow] = []
    docket = Docket()
    if target != _NEW:
        loaded = load(home, target)
        docket = loaded.docket
        known = set(exhibit_ids(home, loaded))
        with home.database.read() as connection:
            rows = [row for row in exhibits(connection, loaded.streams) if row.id in known]
    case = docket.cases.get(target)
    now = home.clock.now()
    track = case.track if case is not None else ""
    params = [param for param in asked(verb) if param.track in {None, track or param.track}]
    return ask.page(
        "act.html",
        status,
        verb=verb,
        target=target,
        measure=measure,
        params=params,
        options={param.name: options(param, track, home) for param in params if param.of},
        given=given,
        error=error,
        subject=_subject(ask, docket, target),
        pressing=[
            one
            for one in (tasks(docket, law=home.law, now=now) if target != _NEW else ())
            if one.verb == verb.name and one.due and one.target == f"{target} {measure}".strip()
        ],
        cited=_cited(home.law, verb, case.track if case is not None else None),
        today=now.date().isoformat(),
        minute=now.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M"),
        others={param.name: _others(ask, param, target) for param in params if param.type in _OTHERS},
        exhibits=rows,
        leads=docket.leads,
        people=ask.desk.people.all(),
        fields=home.law.fields(),
        regulators=home.law.regulators(),
        duties=home.law.duties(docket.matter.field) if docket.matter else (),
        back=(
            "/leads" if target == _NEW else f"/leads/{target}" if target[0] == "L" else f"/matters/{target}"
        ),
    )


def _cited(law: Law, verb: Verb, track: TrackName | None) -> list[Provision]:
    """Return what an act rests on, those of its provisions that the law data has."""
    found = []
    for rule in dict.fromkeys(rule for name in verb.rules for rule in rules_of(name, track)):
        with contextlib.suppress(LawError):  # a rule that a site writes and its overlay does not hold
            found.append(law.provision(rule))
    return found


def _subject(ask: Ask, docket: Docket, target: str) -> dict[str, str]:
    """Return what the act is done on: its title and stage."""
    labels = choice_lists()
    if (lead := docket.leads.get(target)) is not None:
        return {"title": lead.registered.title, "stage": said(ask.lang, labels["lead-stage"][lead.stage])}
    if docket.matter is None:
        return {}
    case = docket.cases.get(target)
    stage = "" if case is None else f"{said(ask.lang, labels['track'][case.track])} · {said(ask.lang, labels['case-stage'][case.stage])}"  # fmt: skip
    return {"title": docket.matter.title, "stage": stage}


def _others(ask: Ask, param: Param, target: str) -> Sequence[Record]:
    """Return records that may be meant by a particular that names another one: those one sees, the latest changed first."""
    found = _OTHERS[param.type](ask.desk.home, ask.scope, limit=_SUGGESTED)
    return [one for one in found.rows if one.id != target]
