"""Trusted timestamps of the office: who is asked, what there is, what is ageing; asking and checking as jobs."""

from __future__ import annotations

import io
from collections.abc import Mapping

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.evidence.timestamp import Agreement, Standing, StoredTimestamp
from qingyuan.office.timestamps.review import Due, ageing, message_of, review
from qingyuan.office.timestamps.settings import Tsa, read_tsas
from qingyuan.office.timestamps.stamping import restamp, row_dict, stamp_checkpoint
from qingyuan.store.timestamps import timestamp, timestamps
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.handing import attached
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.works import work

KIND = "stamp"
#: The newest heads of both logs; what is ageing; everything looked at again by both readers.
DOES = ("newest", "renew", "check")
_NEWEST, _SIZE = 200, 100


@page("GET", "/admin/timestamps", "office.manage", slow=True)
def index(ask: Ask) -> Response:
    """Show authorities and answers."""
    home = ask.desk.home
    tsas, due, error = _authorities(ask)
    with home.database.read() as connection:
        rows = timestamps(connection)
    start = (whole(ask.query("page")) or 1) - 1
    shown = list(reversed(rows))
    return ask.page(
        "stamps.html",
        tsas=tsas,
        error=error,
        rows=shown[start * _SIZE :][:_SIZE],
        total=len(rows),
        due=due,
        renewable=sum(1 for one in due.values() if one.renewable),
        first="/admin/timestamps" if start else "",
        more=f"/admin/timestamps?page={start + 2}" if (start + 1) * _SIZE < len(rows) else "",
        jobs=[one for one in ask.desk.jobs.newest(_NEWEST) if one.kind == KIND][:5],
        operators=len({one.operator for one in tsas}),
    )


@page("POST", "/admin/timestamps/ask", "office.manage")
def begin(ask: Ask) -> Response:
    """Begin to ask the authorities, to renew what is ageing, or to check everything."""
    does = ask.field("do")
    if does not in DOES:
        raise bad_request("请选择要办的事", "choose what to do", code="web.bad-choice")
    return ask.redirect(
        f"/admin/timestamps/asked/{ask.desk.jobs.add(KIND, ask.person, {'title': KIND, 'do': does})}"
    )


@page("GET", "/admin/timestamps/asked/{job}", "office.manage")
def asked(ask: Ask, job: str) -> Response:
    """Show what came of it."""
    found = ask.desk.jobs.get(job)
    if found is None or found.kind != KIND:
        raise not_found(job)
    return ask.page("stamped.html", job=found, result=found.result, does=found.args.get("do"))


@page("GET", "/admin/timestamps/{number}/answer", "office.manage")
def answer(ask: Ask, number: str) -> Response:
    """Hand out an answer as the authority gave it."""
    row = _row(ask, number)
    return ask.finish(attached(io.BytesIO(row.token), len(row.token), f'filename="{row.id}.tsr"'))


@page("GET", "/admin/timestamps/{number}/message", "office.manage")
def message(ask: Ask, number: str) -> Response:
    """Hand out what an answer is over, to check it with openssl; manifests of exhibits stay with those who read the docket."""
    row = _row(ask, number)
    with ask.desk.home.database.read() as connection:
        if row.over == "exhibit":
            raise not_found(number)
        data = message_of(connection, row)
    return ask.finish(attached(io.BytesIO(data), len(data), f'filename="{row.id}.message"'))


@work(KIND, "/admin/timestamps/asked")
def stamp_work(desk: Desk, args: Mapping[str, object], _person: str, report: Report) -> dict[str, object]:
    """Do what was asked for."""
    report(
        {"stage": "scan", "done": 0, "total": 1, "bytes_done": 0, "bytes_total": 0, "left": None, "speed": 0}
    )
    if args.get("do") == "check":
        return _checked(desk)
    return (restamp if args.get("do") == "renew" else stamp_checkpoint)(desk.home).as_dict()


def _checked(desk: Desk) -> dict[str, object]:
    found = []
    for each in review(desk.home):
        error = each.judged.error
        good = each.judged.standing is Standing.TRUSTED and each.opinion.agreement is not Agreement.DISAGREE
        found.append(
            {
                **row_dict(each.row),
                "good": good,
                "standing": each.judged.standing.value,
                "second": each.opinion.agreement.value,
                "error": None if error is None else error.as_dict(),
            }
        )
    return {"checked": found, "bad": sum(not one["good"] for one in found)}


def _row(ask: Ask, number: str) -> StoredTimestamp:
    found = whole(number)
    if not found:
        raise not_found(number)
    with ask.desk.home.database.read() as connection:
        try:
            return timestamp(connection, found)
        except QingyuanError:
            raise not_found(number) from None


def _authorities(ask: Ask) -> tuple[tuple[Tsa, ...], dict[int, Due], QingyuanError | None]:
    try:
        return read_tsas(ask.desk.home.path), {one.row.id: one for one in ageing(ask.desk.home)}, None
    except QingyuanError as error:
        return (), {}, error
