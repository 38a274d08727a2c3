"""Reversing encrypted numbers of a de-identified copy: with reason and ground, an event before anything is shown, shown once."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.access import unmask
from qingyuan.office.deidentifying import reverse_values
from qingyuan.pii.catalog import catalog
from qingyuan.store.register import record
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.guard import denied
from qingyuan.web.routing import page
from qingyuan.web.workbench._grounds import MOST_REASON, grounds
from qingyuan.web.workbench._working import exhibit_of

#: Values that are reversed at a time.
_MOST = 20


@page("GET", "/exhibits/{identifier}/reidentify", "case.act")
def form(ask: Ask, identifier: str) -> Response:
    """Show where pseudonyms and the reason are given; nothing is in clear yet, and no reason can be asked for before."""
    return _form(ask, identifier)


def _form(
    ask: Ask,
    identifier: str,
    pairs: list[tuple[str, str | None]] | None = None,
    index: int = 0,
    error: QingyuanError | None = None,
) -> Response:
    return ask.page(
        "reidentify.html",
        400 if error else 200,
        row=exhibit_of(ask, identifier),
        pairs=pairs,
        index=index,
        error=error,
        kinds=catalog().kinds,
        grounds=grounds(ask),
        most=MOST_REASON,
        most_values=_MOST,
        given={name: ask.field(name) for name in ("kind", "values", "reason", "ground")} if error else {},
    )


@page("POST", "/exhibits/{identifier}/reidentify", "material.unmask")
def reverse(ask: Ask, identifier: str) -> Response:
    """Show the values behind pseudonyms, once; who, why and on which ground is an event of the docket before."""
    home, row = ask.desk.home, exhibit_of(ask, identifier)
    wanted = [line.strip() for line in ask.field("values").splitlines() if line.strip()]
    kind, ground, reason = ask.field("kind"), ask.field("ground"), ask.field("reason")
    if ground not in grounds(ask) or not reason or len(reason) > MOST_REASON or kind not in catalog().kinds:
        error = bad_request(
            "请写明理由并选择法律依据", "state the reason and choose the legal ground", code="web.no-reason"
        )
        return _form(ask, identifier, error=error)
    if not 0 < len(wanted) <= _MOST:
        error = bad_request(
            f"每次填写 1 至 {_MOST} 个号码，每行一个",
            f"give 1 to {_MOST} values, one a line",
            code="web.no-values",
        )
        return _form(ask, identifier, error=error)
    with home.database.read() as connection:
        docket = record(connection, row.scope)
    decision = unmask(
        home,
        ask.desk.posts.gate.policies,
        ask.person,
        f"{identifier}#{kind}",
        row.scope,
        minor=docket is None or docket.shielded,
        reason=f"{ground}: {reason}",
        on=home.clock.now().date(),
    )
    if not decision.allowed:
        raise denied(decision)
    with ask.desk.turn:
        done, values = reverse_values(
            home, row.scope, kind, wanted, reason=f"{ground}: {reason}", by=ask.person
        )
        home.publish()
    return _form(ask, identifier, [*zip(wanted, values, strict=True)], done.index)
