"""Which instruments a docket can have now, which are due, and why the others are not possible yet."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from qingyuan.cases import Docket, Missing, Offer, Refused, available, procedure_of
from qingyuan.documents import Form
from qingyuan.law import Citation, Law, LawError
from qingyuan.office.paperwork._wrapping import MADE, Recorded
from qingyuan.office.paperwork.facts import subject

#: ``made``: made since the newest act it records. ``due``: the act is on record (or is possible, for what is made
#: before it) and the document is not made. ``possible``: can be made at any time. ``refused``: not yet, with the reason.
State = Literal["made", "due", "possible", "refused"]


class FormOffer(msgspec.Struct, frozen=True):
    """Whether one instrument can be made for one lead or case.

    Attributes:
        form: The form.
        target: The lead or case.
        state: See :data:`State`.
        about: Index of the newest event that it records, or ``None``.
        refused: Why it is not possible, or ``None``.
    """

    form: Form
    target: str
    state: State
    about: int | None = None
    refused: Refused | None = None


def form_offers(
    forms: Mapping[str, Form],
    docket: Docket,
    events: Sequence[Recorded],
    target: str,
    *,
    law: Law,
    now: datetime,
    actor: str,
    known: Sequence[Offer] | None = None,
) -> list[FormOffer]:
    """Return every form that belongs to the kind of ``target`` with its state.

    Args:
        forms: Forms by identifier.
        docket: The docket.
        events: All its events, in the order of the log.
        target: A lead or case of the docket.
        law: The law room.
        now: Aware time.
        actor: Who asks.
        known: Every act on the docket as the engine offers it now, when that was asked before.
    """
    scope = "case" if target in docket.cases else "lead"
    verbs = _refusals(docket, target, known, _prepared(forms), law=law, now=now, actor=actor)
    return [
        _offer(form, docket, events, target, verbs, law, now)
        for form in forms.values()
        if form.scope == scope
    ]


def _prepared(forms: Mapping[str, Form]) -> frozenset[str]:
    """Return the acts that the forms prepare or record; no other is asked about."""
    return frozenset(verb for form in forms.values() if form.act for verb in form.act.verbs)


def _refusals(
    docket: Docket,
    target: str,
    known: Sequence[Offer] | None,
    among: Container[str],
    *,
    law: Law,
    now: datetime,
    actor: str,
) -> dict[str, Refused | None]:
    """Return what is in the way of each verb for ``target``, or for the matter it belongs to.

    Nothing is known of a day on which the rules of the verbs were not in force; then only acts on record count.
    """
    places = {target, "", *([docket.matter.id] if docket.matter else [])}
    try:
        offers = available(docket, law=law, now=now, actor=actor, among=among) if known is None else known
    except LawError:
        return {}
    return {offer.verb.name: offer.refused for offer in offers if offer.target in places}


def _offer(
    form: Form,
    docket: Docket,
    events: Sequence[Recorded],
    target: str,
    verbs: Mapping[str, Refused | None],
    law: Law,
    now: datetime,
) -> FormOffer:
    case = docket.cases.get(target)
    if form.track is not None and case is not None and form.track != case.track:
        track = {"administrative": ("行政公益诉讼", "administrative"), "civil": ("民事公益诉讼", "civil")}[
            form.track
        ]
        return FormOffer(
            form, target, "refused", None, _refuse(form, law, now, f"该文书只适用于{track[0]}案件", f"it belongs to {track[1]} cases only")
        )  # fmt: skip
    about = subject(events, target, form.act.events) if form.act else []
    made = [
        e.index for e in events if e.stream == target and e.type == MADE and e.payload.get("form") == form.id
    ]
    newest = about[-1].index if about else None
    if made and (newest is None or made[-1] > newest):
        return FormOffer(form, target, "made", newest)
    if form.act is None:
        return FormOffer(form, target, "possible")
    if newest is not None:
        return FormOffer(form, target, "due", newest)
    refusals = [verbs[verb] for verb in form.act.verbs if verb in verbs]
    if form.act.before and any(refusal is None for refusal in refusals):
        return FormOffer(form, target, "due")
    refusal = next((one for one in refusals if one is not None), None)
    if refusal is None or None in refusals:
        known = procedure_of(law).verbs
        names = [known[verb] for verb in form.act.verbs if verb in known]
        zh, en = "、".join(v.zh for v in names), ", ".join(v.en for v in names)
        refusal = _refuse(form, law, now, f"尚无“{zh}”的记录", f"“{en}” is not on record")
    return FormOffer(form, target, "refused", None, refusal)


def _citations(form: Form, law: Law, now: datetime) -> list[Citation]:
    """Return the provisions of a form, those in force; their newest versions when none was yet."""
    found = []
    for rule in form.rules:
        with contextlib.suppress(LawError):
            found.append(law.cite(rule, now.date()))
    return found or [law.cite(rule, None) for rule in form.rules]


def _refuse(form: Form, law: Law, now: datetime, zh: str, en: str) -> Refused:
    return Refused(
        "documents.not-yet",
        verb=form.act.verbs[0] if form.act and form.act.verbs else form.id,
        label=Missing(f"制作{form.name}", f"make {form.name_en}"),
        missing=[Missing(zh, en)],
        citations=_citations(form, law, now),
        where=form.id,
    )
