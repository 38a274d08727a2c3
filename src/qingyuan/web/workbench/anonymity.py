"""k-anonymity of an exhibit: the quasi-identifiers are chosen from its columns, the classes are counted as a job."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.anonymity import anonymity_of_exhibit, columns_of
from qingyuan.pii.kanonymity import is_quasi
from qingyuan.shapes import convert
from qingyuan.store.registry import ExhibitRow
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench._working import begin, begun, exhibit_of, own_job
from qingyuan.web.works import work

KIND = "anonymity"
_LEAST, _MOST = 2, 1_000_000


@page("GET", "/exhibits/{identifier}/anonymity", "material.take", slow=True)
def form(ask: Ask, identifier: str) -> Response:
    """Show the columns to choose from; those that others may know of a person are chosen already."""
    chosen = ask.request.query_params.getlist("quasi")
    return _form(ask, exhibit_of(ask, identifier), chosen, ask.query("sensitive"), ask.query("k") or "5")


def _form(
    ask: Ask, row: ExhibitRow, chosen: list[str], sensitive: str, k: str, error: QingyuanError | None = None
) -> Response:
    columns = columns_of(ask.desk.home, row.id)
    return ask.page(
        "anonymity.html",
        400 if error else 200,
        row=row,
        columns=columns,
        chosen=chosen or ([] if error else [one for one in columns if is_quasi(one)]),
        sensitive=sensitive,
        k=k,
        error=error,
    )


@page("POST", "/exhibits/{identifier}/anonymity", "material.take", slow=True)
def start(ask: Ask, identifier: str) -> Response:
    """Begin the job."""
    row = exhibit_of(ask, identifier)
    quasi, sensitive, k = ask.fields("quasi"), ask.field("sensitive"), whole(ask.field("k")) or 0
    known = set(columns_of(ask.desk.home, row.id))
    if not _LEAST <= k <= _MOST or not {*quasi, *filter(None, [sensitive])} <= known:
        error = bad_request(
            "k 须为 2 以上的整数，列须为该材料中的列",
            "k is a whole number from 2, and the columns are those of the exhibit",
            code="web.bad-anonymity",
        )
        return _form(ask, row, quasi, sensitive, ask.field("k"), error)
    made = begin(ask, KIND, row, {"quasi": quasi, "sensitive": sensitive, "k": k})
    return ask.redirect(f"/anonymity/{made}")


@page("GET", "/anonymity/{job}", "material.take")
def show(ask: Ask, job: str) -> Response:
    """Show the classes, and whether the k that was asked for is reached."""
    found, row = own_job(ask, KIND, job)
    args = found.args
    again = urlencode(
        [
            *(("quasi", one) for one in convert(args["quasi"], list[str])),
            ("sensitive", str(args["sensitive"])),
            ("k", str(args["k"])),
        ]
    )
    return ask.page("anonymous.html", job=found, row=row, result=found.result, again=again)


@work(KIND, "/anonymity")
def anonymity_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """Count the classes; the person is named by the job alone."""
    del person
    begun(report)
    found = anonymity_of_exhibit(
        desk.home,
        str(args["exhibit"]),
        quasi=convert(args["quasi"], list[str]),
        sensitive=str(args["sensitive"]),
        wanted=convert(args["k"], int),
    )
    told: dict[str, object] = {
        "met": found.met,
        "tables": msgspec.to_builtins(found.tables),
        "unread": [{"zh": one.zh, "en": one.en, "member": one.member} for one in found.unread],
    }
    return told
