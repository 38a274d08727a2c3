"""De-identifying an exhibit: a rule for each kind and column, as a job; the copy is scanned again, sealed beside it and can be taken."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

import msgspec
from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.anonymity import columns_of
from qingyuan.office.deidentifying import MOST_BYTES, deidentify_exhibit
from qingyuan.pii.catalog import catalog
from qingyuan.pii.deidentify import Policy, Rule, policies
from qingyuan.shapes import convert
from qingyuan.store.registry import ExhibitRow
from qingyuan.web.asking import Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request
from qingyuan.web.jobs import Report
from qingyuan.web.routing import page
from qingyuan.web.workbench._found import found_in
from qingyuan.web.workbench._working import begin, begun, exhibit_of, own_job
from qingyuan.web.works import work

KIND = "deidentify"
#: What can be chosen for a kind or column; after a colon stands how coarse.
RULES = (
    "keep", "mask", "drop", "pseudonym", "fpe", "generalise:month", "generalise:year", "generalise:decade",
    "generalise:age-band", "generalise:province", "generalise:city", "generalise:county", "generalise:range",
    "generalise:network", "generalise:domain",
)  # fmt: skip
_MOST_COLUMNS = 200


@page("GET", "/exhibits/{identifier}/deidentify", "material.take", slow=True)
def form(ask: Ask, identifier: str) -> Response:
    """Show the rules of a policy for the kinds and columns of the exhibit, to be changed."""
    return _form(ask, exhibit_of(ask, identifier))


def _form(ask: Ask, row: ExhibitRow, error: QingyuanError | None = None) -> Response:
    shipped = policies()
    asked = ask.query("policy") if error is None else ask.field("policy")
    name = asked if asked in shipped else "default"
    policy = shipped[name]
    columns = _columns(ask, row)
    found = found_in(ask.desk.home, [row]).get(row.id)
    there = [kind for kind, _ in found.kinds] if found else [*catalog().kinds]
    given = {f"kind.{kind}": _written(policy.for_kind(kind)) for kind in there}
    given |= {f"column.{number}": _written(policy.for_column(one)) for number, one in enumerate(columns)}
    given |= {
        "default": _written(policy.default),
        "suspected": policy.suspected,
        "masked": policy.masked,
        "unsupported": policy.unsupported,
        "width": "10",
    }
    if error is not None:
        given |= {key: ask.field(key) for key in given}
    return ask.page(
        "deidentify.html",
        400 if error else 200,
        row=row,
        error=error,
        policies=shipped,
        chosen=name,
        there=there,
        found=dict(found.kinds) if found else {},
        columns=columns,
        kinds=catalog().kinds,
        rules=RULES,
        given=given,
        most=MOST_BYTES,
    )


@page("POST", "/exhibits/{identifier}/deidentify", "material.take", slow=True)
def start(ask: Ask, identifier: str) -> Response:
    """Begin the job."""
    row = exhibit_of(ask, identifier)
    try:
        policy = _policy(ask, row)
    except QingyuanError as error:
        return _form(ask, row, error)
    return ask.redirect(f"/deidentified/{begin(ask, KIND, row, {'policy': msgspec.to_builtins(policy)})}")


@page("GET", "/deidentified/{job}", "material.take")
def show(ask: Ask, job: str) -> Response:
    """Show what was replaced, what is left, and where the copy lies."""
    found, row = own_job(ask, KIND, job)
    return ask.page(
        "deidentified.html",
        job=found,
        row=row,
        result=found.result,
        kinds=catalog().kinds,
        policies=policies(),
    )


@work(KIND, "/deidentified")
def deidentify_work(desk: Desk, args: Mapping[str, object], person: str, report: Report) -> dict[str, object]:
    """De-identify, check and seal."""
    begun(report)
    policy = convert(args["policy"], Policy, strict=False)
    with desk.turn:
        made = deidentify_exhibit(desk.home, str(args["exhibit"]), policy, by=person)
        desk.home.publish()
    told: dict[str, object] = msgspec.to_builtins(made)
    return told


def _columns(ask: Ask, row: ExhibitRow) -> tuple[str, ...]:
    return columns_of(ask.desk.home, row.id)[:_MOST_COLUMNS]


def _policy(ask: Ask, row: ExhibitRow) -> Policy:
    """Return the policy that the form describes.

    Raises:
        WebError: A rule is none of those offered.
    """
    shipped = policies()
    base = shipped.get(ask.field("policy"), shipped["default"])
    kinds = {
        kind: rule
        for kind in catalog().kinds
        if ask.has(f"kind.{kind}") and (rule := _rule(ask, f"kind.{kind}"))
    }
    columns = {
        glob.escape(name): rule
        for number, name in enumerate(_columns(ask, row))
        if (rule := _rule(ask, f"column.{number}"))
    }
    made = Policy(
        name=base.name,
        zh=base.zh,
        en=base.en,
        default=_rule(ask, "default") or base.default,
        suspected="leave" if ask.field("suspected") == "leave" else "treat",
        masked="treat" if ask.field("masked") == "treat" else "leave",
        kinds={**base.kinds, **kinds},
        columns=columns,
        unsupported="drop" if ask.field("unsupported") == "drop" else "refuse",
    )
    every = {kind: base.for_kind(kind) for kind in made.kinds}
    same = msgspec.structs.replace(base, kinds=every, columns=_of_base(base, columns))
    return made if made == same else msgspec.structs.replace(made, name=f"{base.name}-changed")


def _of_base(base: Policy, columns: Iterable[str]) -> dict[str, Rule]:
    """Return the rules that a policy has for columns itself."""
    return {one: rule for one in columns if (rule := base.for_column(one))}


def _rule(ask: Ask, name: str) -> Rule | None:
    """Return the rule that a field of the form names, ``None`` for a blank one."""
    text = ask.field(name)
    if not text:
        return None
    if text not in RULES:
        raise bad_request("没有这种处理方式", "there is no such method", code="web.bad-rule")
    method, _, to = text.partition(":")
    raw: dict[str, object] = {"method": method}
    if to:
        raw["to"] = to
    if to in {"range", "age-band"}:
        raw["width"] = _width(ask.field("width"))
    if to == "age-band":
        raw["day"] = ask.desk.home.clock.now().date()
    return convert(raw, Rule, strict=False)


def _width(text: str) -> Decimal:
    try:
        width = Decimal(text or "10")
    except InvalidOperation:
        width = Decimal(0)
    if not width.is_finite() or width <= 0:
        raise bad_request("区间宽度须为正数", "the width of ranges is a number above 0", code="web.bad-width")
    return width


def _written(rule: Rule | None) -> str:
    """Return a rule as it stands in the form."""
    return "" if rule is None else f"{rule.method}:{rule.to}" if rule.to else rule.method
