"""Pictures of harm: of an affair from its signed records, of a lead's material by kind, day, site and carrier; drawn on the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

from qingyuan.office.casework import load
from qingyuan.office.holdings import queries_of
from qingyuan.office.pictures import Group, Harm, affair_figures, harm_of
from qingyuan.pii.catalog import catalog
from qingyuan.shapes import convert
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import not_found
from qingyuan.web.jobs import Job, Report
from qingyuan.web.routing import page
from qingyuan.web.workbench._gathered import gathered
from qingyuan.web.workbench._working import begun
from qingyuan.web.workbench.figures import drawn
from qingyuan.web.workbench.scans import held_of, unscanned
from qingyuan.web.works import work

KIND = "harm"
_JOBS, _BARS = 200, 15
#: The box of the picture by day.
_WIDE, _HIGH = 600.0, 150.0


class Column(msgspec.Struct, frozen=True):
    """One day in the picture: place and width in the box, height of what is in clear and of what is hidden.

    Attributes:
        left: From the left.
        width: Width.
        clear: Height of the part in clear, on top of the other.
        hidden: Height of the part that is hidden.
        label: The day.
    """

    left: float
    width: float
    clear: float
    hidden: float
    label: str


@page("GET", "/matters/{identifier}/pictures", "case.read", slow=True)
def affair(ask: Ask, identifier: str) -> Response:
    """Show an affair in pictures: harm by place and month, measures that are open, and where its leads show more."""
    home = ask.desk.home
    queries = queries_of(home)
    figures = affair_figures(home, identifier)
    docket = load(home, identifier).docket
    return ask.page(
        "pictures.html",
        id=identifier,
        title=docket.matter.title if docket.matter else "",
        leads=[*docket.leads.values()],
        shown=[drawn(one, queries.by_id[one.query]) for one in figures],
    )


@page("GET", "/leads/{identifier}/harm", "material.take", slow=True)
def lead(ask: Ask, identifier: str) -> Response:
    """Show the material of a lead in pictures: kinds at once, days, sites and carriers when they were counted."""
    held = held_of(ask, identifier, empty=True)
    found = held.found
    if not found.exhibits:
        return unscanned(ask, identifier)
    job = _newest(ask, identifier)
    harm = convert(job.result, Harm, strict=False) if job and job.state == "done" else None
    counted = sorted(found.summary.kinds.items(), key=lambda pair: -pair[1].confirmed - pair[1].masked)
    return ask.page(
        "harm.html",
        lead=held,
        kinds=catalog().kinds,
        counted=counted,
        most=max((c.confirmed + c.suspected + c.masked for _, c in counted), default=1),
        job=job,
        harm=harm,
        columns=_columns(harm.days) if harm else (),
        top=max((g.clear + g.hidden for g in harm.days), default=0) if harm else 0,
        bars=_BARS,
        size=sum(found.rows[name].size for name in found.exhibits if name in found.rows),
    )


@page("POST", "/leads/{identifier}/harm", "material.take")
def start(ask: Ask, identifier: str) -> Response:
    """Begin to count."""
    held_of(ask, identifier)
    ask.desk.jobs.add(KIND, ask.person, {"lead": identifier, "title": identifier})
    return ask.redirect(f"/leads/{identifier}/harm")


@page("GET", "/harms/{job}", "material.take")
def show(ask: Ask, job: str) -> Response:
    """Go to the page of the lead that a job is about."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND or found.person != ask.person:
        raise not_found(job)
    return ask.redirect(f"/leads/{found.args['lead']}/harm")


@work(KIND, "/harms")
def harm_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Read the exhibits of the lead again and count."""
    del person
    begun(report)
    home = desk.home
    found = harm_of(home, gathered(home, str(args["lead"])), home.clock.now().date())
    told: dict[str, object] = msgspec.to_builtins(found)
    return told


def _newest(ask: Ask, identifier: str) -> Job | None:
    """Return the newest job of who asks about a lead."""
    return next(
        (
            one
            for one in ask.desk.jobs.newest(_JOBS, person=ask.person)
            if one.kind == KIND and one.args["lead"] == identifier
        ),
        None,
    )


def _columns(days: Sequence[Group]) -> tuple[Column, ...]:
    """Return the picture by day; days that the material does not name are left out."""
    named = [one for one in days if one.label]
    most = max((one.clear + one.hidden for one in named), default=0) or 1
    step = _WIDE / max(1, len(named))
    return tuple(
        Column(
            round(at * step, 1),
            round(step * 0.8, 1),
            round(_HIGH * one.clear / most, 1),
            round(_HIGH * one.hidden / most, 1),
            one.label,
        )
        for at, one in enumerate(named)
    )
