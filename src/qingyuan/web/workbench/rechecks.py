"""Checking again, for a measure, whether what was found before is still there: by the engine, as a job; the result is sealed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from qingyuan.cases import Case
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import load
from qingyuan.office.rechecking import Material, cite, recheck
from qingyuan.shapes import convert
from qingyuan.store.registry import exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.works import work

KIND = "recheck"
_PLACES = 60


@page("GET", "/cases/{identifier}/recheck", "case.act")
def form(ask: Ask, identifier: str) -> Response:
    """Show what can be compared for a measure: the exhibits before and after, those of the measure chosen already."""
    return _form(ask, identifier, ask.query("measure"))


def _form(ask: Ask, identifier: str, chosen: str, error: QingyuanError | None = None) -> Response:
    case = _case(ask, identifier)
    if chosen not in case.measures:
        raise not_found(f"{identifier} {chosen}")
    with ask.desk.home.database.read() as connection:
        rows = exhibits(connection, load(ask.desk.home, identifier).streams)
    measure = case.measures[chosen]
    return ask.page(
        "recheck.html",
        400 if error else 200,
        error=error,
        case=case,
        measure=measure,
        number=chosen,
        rows=[row for row in rows if row.origin == "collected"],
        before=ask.fields("before") if error else measure.entered.before,
        after=ask.fields("after") if error else measure.after,
    )


@page("POST", "/cases/{identifier}/recheck", "case.act")
def begin(ask: Ask, identifier: str) -> Response:
    """Begin the comparison."""
    case, chosen = _case(ask, identifier), ask.field("measure")
    before, after = ask.fields("before"), ask.fields("after")
    if chosen not in case.measures:
        raise not_found(f"{identifier} {chosen}")
    if not before or not after or set(before) & set(after):
        error = bad_request(
            "请分别选择整改前、整改后的材料", "choose material of before and of after, not the same", code="web.no-material"
        )  # fmt: skip
        return _form(ask, identifier, chosen, error)
    with ask.desk.home.database.read() as connection:
        known = {row.id for row in exhibits(connection, load(ask.desk.home, identifier).streams)}
    if not {*before, *after} <= known:
        raise bad_request("所选材料不属于本案", "that material is not of this case", code="web.no-material")
    args = {
        "case": identifier,
        "measure": chosen,
        "before": before,
        "after": after,
        "title": f"{identifier} {chosen}",
    }
    return ask.redirect(f"/rechecks/{ask.desk.jobs.add(KIND, ask.person, args)}")


@page("GET", "/rechecks/{job}", "case.act")
def show(ask: Ask, job: str) -> Response:
    """Show the result of a comparison: verdict, kinds, places to look into, what could not be seen."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy
    from qingyuan.pii.recheck import BLIND  # noqa: PLC0415 - heavy

    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND or found.person != ask.person:
        raise not_found(job)
    ask.require("case.read", str(found.args["case"]))
    return ask.page("rechecked.html", job=found, result=found.result, kinds=catalog().kinds, blind=BLIND)


@work(KIND, "/rechecks", "case.act")
def recheck_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Scan both sides, compare, seal the result and record it for the measure."""
    before, after = (tuple(convert(args[name], list[str])) for name in ("before", "after"))
    total = len(before) + len(after)
    report(
        {
            "stage": "scan",
            "done": 0,
            "total": total,
            "bytes_done": 0,
            "bytes_total": 0,
            "left": None,
            "speed": 0,
        }
    )
    home = desk.home
    key = home.scope_key("tokens").key
    result = recheck(Material(exhibits=before), Material(exhibits=after), key=key, home=home)
    with desk.turn:
        cited = cite(
            home, result, case=str(args["case"]), measure=str(args["measure"]), before=before, after=after, by=person
        )  # fmt: skip
        home.publish()
    shown = msgspec.structs.replace(result, places=result.places[:_PLACES])
    told: dict[str, object] = msgspec.to_builtins(shown)
    return {**told, "cited": msgspec.to_builtins(cited)}


def _case(ask: Ask, identifier: str) -> Case:
    found = load(ask.desk.home, identifier).docket.cases.get(identifier)
    if found is None:
        raise not_found(identifier)
    return found
