"""What happens to an exhibit later: handed over to another, what a party said of it, a time stamp of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.evidence.custody import Position
from qingyuan.office.handover import examine as record_examination
from qingyuan.office.handover import hand_over as record_hand_over
from qingyuan.office.timestamps.stamping import stamp_exhibit
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.workbench.exhibits import shown
from qingyuan.web.works import work

KIND = "exhibit-stamp"
PLACE = "/exhibit-stamps"
POSITIONS: tuple[Position, ...] = get_args(Position)


@page("POST", "/exhibits/{identifier}/hand-over", "case.act")
def hand_over(ask: Ask, identifier: str) -> Response:
    """Record that an exhibit, and others with it, pass into the custody of another."""
    given = {name: ask.field(name) for name in ("to", "received_by", "reason", "medium", "also")}
    if not given["to"].strip():
        error = bad_request(
            "请填写接收的单位或者人员", "say which organ or person takes it", code="web.nobody"
        )
        return shown(ask, identifier, error, given, "hand-over")
    together = list(dict.fromkeys([identifier, *given["also"].split()]))
    for one in together[1:]:
        docket = ask.desk.guard.docket(one)
        if not docket:
            error = bad_request(
                f"没有编号为 {one[:40]} 的证据材料", f"there is no exhibit {one[:40]}", code="web.no-exhibit"
            )
            return shown(ask, identifier, error, given, "hand-over")  # fmt: skip
        ask.require("case.act", docket, one)
    try:
        with ask.desk.turn:
            record_hand_over(
                ask.desk.home,
                together,
                to=given["to"],
                received_by=given["received_by"],
                reason=given["reason"],
                medium=given["medium"],
                actor=ask.person,
            )
            ask.desk.home.publish()
    except QingyuanError as error:
        return shown(ask, identifier, error, given, "hand-over")
    return ask.redirect(f"/exhibits/{identifier}#main", "done.handed-over")


@page("POST", "/exhibits/{identifier}/examine", "case.act")
def examine(ask: Ask, identifier: str) -> Response:
    """Record what a party said of an exhibit."""
    given = {name: ask.field(name) for name in ("party", "position", "grounds", "occasion")}
    try:
        if not given["party"].strip():
            raise bad_request("请填写是哪一方的意见", "say which party said it", code="web.no-party")
        if given["position"] not in POSITIONS:
            raise bad_request("请选择质证意见", "choose what the party said", code="web.no-position")
        with ask.desk.turn:
            record_examination(
                ask.desk.home,
                identifier,
                party=given["party"],
                position=given["position"],
                grounds=given["grounds"],
                occasion=given["occasion"],
                actor=ask.person,
            )
            ask.desk.home.publish()
    except QingyuanError as error:
        return shown(ask, identifier, error, given, "examine")
    return ask.redirect(f"/exhibits/{identifier}#main", "done.examined")


@page("POST", "/exhibits/{identifier}/stamp", "case.act")
def stamp(ask: Ask, identifier: str) -> Response:
    """Begin to ask the time-stamping authorities of the office about one exhibit."""
    args = {"exhibit": identifier, "record": ask.desk.guard.docket(identifier), "title": identifier}
    return ask.redirect(f"{PLACE}/{ask.desk.jobs.add(KIND, ask.person, args)}")


@page("GET", "/exhibit-stamps/{job}", "case.act")
def stamping(ask: Ask, job: str) -> Response:
    """Show that the authorities are being asked; then what they gave."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND or found.person != ask.person:
        raise not_found(job)
    ask.require("case.act", str(found.args["record"]))
    return ask.page("stamping.html", job=found, exhibit=str(found.args["exhibit"]))


@work(KIND, PLACE, "case.act", quick=True)
def stamp_work(desk: Desk, args: Mapping[str, object], _person: str, report: Report) -> dict[str, object]:
    """Have the manifest of an exhibit stamped by every authority that has not yet."""
    report({})
    done = stamp_exhibit(desk.home, str(args["exhibit"]))
    return {
        "stamped": [[one.row.tsa, one.row.gen_time] for one in done.stamped],
        "present": [[one.tsa, one.gen_time] for one in done.present],
        "failed": [{"tsa": one.tsa, "zh": one.error.zh, "en": one.error.en} for one in done.failed],
        "refused": [one.row.tsa for one in done.disagreements],
        "operators": sorted(done.operators),
    }
