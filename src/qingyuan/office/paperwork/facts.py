"""The facts of a docket under the names that forms use; every fact knows the event that states it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from qingyuan.cases import Case, Docket, choice_label, choice_lists
from qingyuan.documents import Datum, Fact, Form, Unknown, find_form
from qingyuan.documents import sentence as _sentence
from qingyuan.law import Law, LawError
from qingyuan.office.clock import CHINA
from qingyuan.office.paperwork._tables import Row, counts, custody, exhibits, measures, proofs
from qingyuan.office.paperwork._wrapping import NUMBERED, Recorded, acts, by_type, label, matching, said
from qingyuan.office.paperwork.staff import Staff, naming


def docket_facts(
    docket: Docket,
    events: Sequence[Recorded],
    target: str,
    *,
    law: Law,
    office: str,
    today: date,
    form: str = "",
    about: Recorded | None = None,
    staff: Staff | None = None,
) -> dict[str, object]:
    """Return the facts of a lead or case.

    Args:
        docket: The docket.
        events: All its events, in the order of the log.
        target: The lead or case that the document is of.
        law: For citations, duties and the words of periods.
        office: Name of the procuratorate.
        today: Day of issue.
        form: Identifier of the form, for its number.
        about: The event that the document records; ``None`` when it is not on record yet.
        staff: Names of the people of the office.
    """
    own = [event for event in events if event.stream == target]
    told = by_type(own)
    listed = exhibits(events)
    places = {str(row["id"]): number for number, row in enumerate(listed, start=1)}
    facts: dict[str, object] = {
        "office": {"name": _office(docket, own, target, office)},
        "issued": Fact(today.isoformat(), about.index)
        if about is not None
        else Datum(today.isoformat(), "clock"),
        "number": _number(own, form),
        "label": label,
        "cite": lambda rule: _cite(law, str(rule), today),
        "period": lambda period: _period(law, str(period), today),
        "extension": lambda period: _period(law, str(period), today, extension=True),
        "this": said(about) if about is not None else {},
        "event": {room: {kind: many[-1] for kind, many in kinds.items()} for room, kinds in told.items()},
        "events": told,
        "acts": (did := acts(own)),
        "act": {name: many[-1] for name, many in did.items()},
        "exhibits": listed,
        "named": _named(listed, about),
        "served": _served(own, about),
        "custody": custody(events),
        "counts": counts(docket, events),
        "who": (who := naming(staff or {})),
        "handlers": who(_handlers(events, did)),
        **_affair(docket, events, target),
    }
    case = docket.cases.get(target)
    return {**facts, **(_case(case, own, places, law, today) if case is not None else {})}


def issued_on(form: Form, event: Recorded | None) -> date | None:
    """Return the day that an instrument bears: that of the act it records; ``None`` while the act is not on record.

    An act that names no day bears that of its approval, or that on which it was recorded.
    """
    if form.layout == "record" or event is None:
        return None
    approval = event.payload.get("approval")
    on = event.payload.get("on") or (approval.get("on") if isinstance(approval, dict) else None)
    if isinstance(on, str):
        return date.fromisoformat(on)
    return datetime.fromisoformat(event.at).astimezone(CHINA).date()


def subject(events: Sequence[Recorded], target: str, names: Sequence[str]) -> list[Recorded]:
    """Return the events of ``target`` that a form may be about, oldest first."""
    return matching([event for event in events if event.stream == target], names)


def _named(listed: Sequence[Row], about: Recorded | None) -> list[Row]:
    """Return the exhibits that the event ``about`` names."""
    wanted = about.payload.get("exhibits") if about is not None else None
    if about is not None and isinstance(fields := about.payload.get("fields"), Mapping):
        wanted = fields.get("exhibits", wanted)
    return [row for row in listed if isinstance(wanted, list) and str(row["id"]) in wanted]


#: Which form is served by which event.
_SERVED = {
    "case.filing_served": "filing-decision",
    "case.suggestion_served": "suggestion",
    "case.closing_served": "closing-decision",
}


def _served(own: Sequence[Recorded], about: Recorded | None) -> dict[str, object]:
    """Return name and number of the instrument that the event ``about`` says was served."""
    form = _SERVED.get(about.type) if about is not None else None
    if about is None or form is None:
        return {"name": "", "number": ""}
    number = _number(own, form)
    marked = Fact(f"（{number.value}）", number.event) if number is not None else ""
    return {"name": Fact(find_form(form).name, about.index), "number": marked}


def _number(own: Sequence[Recorded], form: str) -> Fact | None:
    found = [e for e in own if e.type == NUMBERED and e.payload.get("form") == form]
    return Fact(str(found[-1].payload.get("number", "")), found[-1].index) if found else None


def _cite(law: Law, rule: str, today: date) -> Datum | Unknown:
    """Return the citation of a rule, or a marked blank when it was not in force: what applied then is for a person to say."""
    try:
        citation = law.cite(rule, today)
    except LawError:
        return Unknown(f"law:{rule}", "【当时适用的规定】")
    return Datum(citation.zh, f"law:{rule}")


def _period(law: Law, period: str, today: date, *, extension: bool = False) -> Datum | Unknown:
    """Return how long a period, or its first extension, is in words, by the version in force that day or nearest to it."""
    origin = f"period:{period}"
    known = next((one for one in law.periods(today) if one.id == period), None)
    length = "" if known is None else known.extension_zh if extension else known.length_zh
    return Datum(length, origin) if length else Unknown(origin, "【期限】")


def _office(docket: Docket, own: Sequence[Recorded], target: str, office: str) -> Fact | Datum:
    """Return the name of the procuratorate: the filing of the case states it, a lead belongs to the site."""
    case = docket.cases.get(target)
    filed = [event.index for event in own if event.type == "case.filed"]
    if case is not None and filed and case.filed.office == office:
        return Fact(office, filed[-1])
    return Datum(office, "office")


def _handlers(events: Sequence[Recorded], did: Mapping[str, Sequence[Mapping[str, object]]]) -> list[object]:
    """Return who handles the docket: those assigned to it, else those the act of assignment names."""
    found: dict[str, object] = {}
    for event in events:
        person = str(event.payload.get("person", ""))
        if event.payload.get("duty", "handler") != "handler" or not person:
            continue
        if event.type == "access.assigned":
            found[person] = Fact(person, event.index)
        elif event.type == "access.unassigned":
            found.pop(person, None)
    named = [act["handler"] for act in did.get("assignment", ()) if "handler" in act]
    return list(found.values()) or named[-1:]


def _affair(docket: Docket, events: Sequence[Recorded], target: str) -> dict[str, object]:
    """Return the matter and its leads."""
    opened = [event for event in events if event.type == "matter.opened"]
    registered = {event.stream: event for event in events if event.type == "lead.registered"}
    leads = [{"id": Fact(stream, event.index), **said(event)} for stream, event in registered.items()]
    for lead in leads:
        lead["source"] = label("lead-source", lead["source"])
    matter: dict[str, object] = {}
    if opened and docket.matter is not None:
        index = opened[-1].index
        matter = {
            "id": Fact(docket.matter.id, index),
            "title": Fact(docket.matter.title, index),
            "field": Fact(docket.matter.field, index),
        }
    elif target in registered:
        lead_event = registered[target]
        matter = {
            "id": Fact(target, lead_event.index),
            "title": Fact(str(lead_event.payload.get("title", "")), lead_event.index),
        }
    own = next((lead for lead in leads if str(lead["id"]) == target), leads[0] if leads else {})
    return {"matter": matter, "lead": own, "leads": leads}


def _case(
    case: Case, own: Sequence[Recorded], places: Mapping[str, int], law: Law, today: date
) -> dict[str, object]:
    """Return the facts of a case beside its events."""
    at = {event.type: event.index for event in own}
    filed = at["case.filed"]
    named = at.get("case.respondent_identified", filed)
    organs = [Fact(name, named) for name in case.respondents]
    facts: dict[str, object] = {
        "track": Fact(choice_label("track", case.track).zh, filed),
        "track_name": case.track,
        "subject_word": Fact("监督对象" if case.track == "administrative" else "违法行为人", filed),
        "case": {
            "id": Fact(case.id, filed),
            "office": Fact(case.filed.office, filed),
            "filed_on": Fact(case.filed_on.isoformat(), filed),
            "harm": Fact(case.filed.harm, filed),
            "violation": Fact(case.filed.violation, filed),
            "basis": label("statutory-basis", Fact(case.filed.basis, filed)),
            "jurisdiction": _jurisdiction(case.filed.jurisdiction, law, today, filed),
            "approved_by": Fact(case.filed.approval.by, filed),
        },
        "organ": {"name": Fact("、".join(case.respondents), named) if case.respondents else ""},
        "organs": organs,
        "ground": Fact(_sentence(case.filed.harm) + _sentence(case.filed.violation), filed),
        "duties": _duties(case, law, today, named),
        "proofs": (proved := proofs(own, case.track, places)),
        "proof": {str(row["name"]): row for row in proved},
        "measures": measures(own, case),
        "look_back": _look_back(case, at),
    }
    if case.suggestion is not None:
        facts |= _suggestion(case, at["case.suggestion_issued"], law, today)
    return facts


def _look_back(case: Case, at: Mapping[str, int]) -> Fact | None:
    """Return by when the look-back is due."""
    scheduled = at.get("case.look_back_scheduled")
    if scheduled is None or case.look_back_due is None:
        return None
    return Fact(case.look_back_due.isoformat(), scheduled)


def _jurisdiction(rule: str, law: Law, today: date, filed: int) -> Fact:
    """Return the basis of jurisdiction in words with its article; the event holds the rule."""
    words = next((one.zh for one in choice_lists()["jurisdiction"].values() if one.rule == rule), "")
    return Fact(f"{words}（{_cite(law, rule, today)}）", filed, origin=f"law:{rule}")


def _suggestion(case: Case, at: int, law: Law, today: date) -> dict[str, object]:
    """Return the eight items of the suggestion (办案规则第七十五条)."""
    assert case.suggestion is not None
    items = case.suggestion.items
    length = _period(law, items.period, case.suggestion_on or today)
    within = (
        Fact(f"收到本检察建议书之日起{length}内", at, origin=f"period:{items.period}") if length else length
    )
    return {
        "organ": {"name": Fact(items.agency, at)},
        "origin": Fact(_sentence(items.source), at),
        "harms": [{"text": Fact(_sentence(items.harm), at)}],
        "failures": [{"text": Fact(_sentence(items.failure), at)}],
        "bases": [{"text": Fact(_sentence(basis), at)} for basis in _by_law(items.basis)],
        "proposals": [{"text": Fact(_sentence(demand), at)} for demand in items.demands],
        "rectify_within": within,
        "reply_within": within,
        "other": Fact(_sentence(items.other), at) if items.other else "",
    }


def _duties(case: Case, law: Law, today: date, index: int) -> list[Mapping[str, object]]:
    """Return the duties of the case in words, with their articles."""
    if not case.duties:
        return []
    try:
        known = {duty.id: duty for duty in law.duties(None, case.regulator or None, today)}
    except LawError:
        known = {}
    rows: list[Mapping[str, object]] = []
    for name in case.duties:
        duty = known.get(name)
        cited = [one.zh for one in duty.articles] if duty else []
        articles = "；".join(_by_law(cited))
        rows.append(
            {
                "name": name,
                "text": Fact(duty.act_zh if duty else name, index, origin=f"duty:{name}"),
                "articles": Fact(articles, index, origin=f"duty:{name}"),
            }
        )
    return rows


def _by_law(cited: Iterable[str]) -> list[str]:
    """Put articles of one law together, in the order in which the laws come."""
    found: dict[str, list[str]] = {}
    for one in dict.fromkeys(text.strip().rstrip("。") for text in cited):
        title, mark, articles = one.rpartition("》")
        found.setdefault(f"{title}{mark}", []).append(articles)
    return [f"{title}{'、'.join(articles)}" for title, articles in found.items()]
