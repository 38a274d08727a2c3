"""Who may do what: the policies with their text, the table of roles, and the answer for one person and one record."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.office.access.judging import Question, judge
from qingyuan.parties import STANDINGS, Cell, Decision, Named, actions, kinds, matrix, roles
from qingyuan.web.asking import Ask
from qingyuan.web.routing import page
from qingyuan.web.workbench.parties import names_of, registry_of, today

_LONGEST = 200
_ASKED = ("person", "action", "what", "item", "reason")


@page("GET", "/access", "signed-in")
def index(ask: Ask) -> Response:
    """Show the policies in force, and ask them when somebody is named."""
    policies = ask.desk.posts.gate.policies
    given = {name: ask.query(name)[:_LONGEST] for name in _ASKED}
    given["minor"] = "1" if ask.query("minor") else ""
    decision, error = _decision(ask, given)
    appoints = ask.may("office.appoint")
    return ask.page(
        "access.html",
        400 if error else 200,
        policies=[(one, policies.text(one.policy)) for one in policies.all(today(ask))],
        given=given,
        decision=decision,
        error=error,
        actions=actions(),
        people=_people(ask) if appoints else {},
        site=(ask.desk.home.path / "policies").is_dir(),
    )


@page("GET", "/access/matrix", "signed-in", slow=True)
def table(ask: Ask) -> Response:
    """Show for each role and action where it is allowed; each cell is asked of the policies."""
    cells = ask.desk.remembered(
        ("matrix", today(ask)), lambda: matrix(ask.desk.posts.gate.policies, today(ask))
    )
    inside = [one for one in roles().values() if "procuratorate" in one.kinds]
    outside = [one for one in roles().values() if "procuratorate" not in one.kinds]
    return ask.page(
        "access-matrix.html",
        tables=[
            (ask.t("access.inside"), inside, _rows(cells, inside)),
            (ask.t("access.outside"), outside, _rows(cells, outside)),
        ],
        actions=actions(),
        kinds=kinds(),
        standings={one.id: one for one in STANDINGS},
    )


def _rows(cells: list[Cell], shown: list[Named]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return where each action is allowed to each role; actions that are allowed to none of them are left out."""
    wanted = {one.id for one in shown}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for cell in cells:
        if cell.role in wanted:
            found.setdefault(cell.action, {})[cell.role] = cell.standings
    return {action: row for action, row in found.items() if any(row.values())}


def _decision(ask: Ask, given: dict[str, str]) -> tuple[Decision | None, QingyuanError | None]:
    """Return what the policies answer; whoever may not appoint asks about themselves, and about what they see."""
    if not given["action"]:
        return None, None
    if not ask.may("office.appoint"):
        given["person"] = ask.person
    given["person"] = given["person"] or ask.person
    asked = Question(
        given["person"], given["action"], given["what"], item=given["item"], minor=bool(given["minor"]), reason=given["reason"]
    )  # fmt: skip
    try:
        with ask.desk.posts.asking() as asking:
            home = ask.desk.home
            return judge(home, asking.connection, asking.access, asked, on=today(ask)), None
    except QingyuanError as error:
        return None, error


def _people(ask: Ask) -> dict[str, str]:
    """Return everybody who holds or held a post, with the name of the account."""
    names = names_of(ask)
    return {person: names.get(person, "") for person in dict.fromkeys([*names, *registry_of(ask).people()])}
