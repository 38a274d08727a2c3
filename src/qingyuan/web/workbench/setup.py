"""The first start: nobody has an account, and whoever reads the code that the server printed says which office this is and makes the first one."""

from __future__ import annotations

import hmac

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.law import Level
from qingyuan.office.access import own_body, seeded
from qingyuan.office.naming import (
    check_office,
    check_origin,
    name_office,
    offices_like,
    open_to_change,
    suggested_origin,
)
from qingyuan.office.settings import UNNAMED, OfficeInfo
from qingyuan.parties import Body
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found, too_many
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import agreed
from qingyuan.web.workbench.signing import begin

#: Who acts before there is anybody: the server of the office, which signs as its first device.
_SERVER = "D001"
_MOST, _LONGEST = 20, 200
#: Attempts of an address in a minute.
_TRIES = 10
_OFFICE = ("office_id", "office_name", "division", "level", "origin")
#: What is typed when the register does not have the office.
TYPED = "other"


@page("GET", "/setup", "public")
def ask_first(ask: Ask) -> Response:
    """Ask which office this is, where that is open; then show the form of the first account."""
    if ask.desk.people.any():
        return ask.redirect("/")
    chosen, skip = ask.query("office")[:_LONGEST], ask.query("skip")
    open_ = open_to_change(ask.desk.home)
    if open_ == "name" or (open_ == "office" and skip):
        return _form(ask, dict.fromkeys(_OFFICE, ""))
    found = seeded(ask.desk.home.law).bodies.get(chosen)
    if chosen == TYPED or found is not None:
        return _form(ask, _prefilled(ask, found))
    words = ask.query("q")[:_LONGEST]
    return ask.page(
        "setup-office.html",
        code=ask.query("code"),
        q=words,
        found=offices_like(seeded(ask.desk.home.law), words, _MOST + 1)[:_MOST],
        most=_MOST,
        open=open_,
        typed=TYPED,
        origin=ask.desk.home.settings.origin,
    )


@page("POST", "/setup", "public")
def make_first(ask: Ask) -> Response:
    """Say which office this is, make the first account, chief and prosecutor, and sign in."""
    desk = ask.desk
    if desk.people.any():
        raise not_found()
    given = {name: ask.field(name)[:_LONGEST] for name in _OFFICE}
    if wait := desk.tries.take(f"setup {ask.address}", _TRIES, 60):
        raise too_many(wait)
    try:
        if not hmac.compare_digest(ask.field("code").encode(), desk.setup_code.encode()):
            raise bad_request(
                "设置码不对；它显示在启动服务的终端里",
                "that is not the code; the terminal that runs the server shows it",
                code="web.bad-code",
            )
        password = agreed(ask)
        desk.people.check_name(ask.field("name"))
        desk.people.check_new(password, ask.field("name"))
        _name(ask, given)
        account = desk.people.add(
            ask.field("name"), ask.field("display"), ["prosecutor", "chief"], password, first=True
        )
        desk.home.publish()
    except QingyuanError as error:
        return _form(ask, given, error)
    begin(ask, account.person)
    return ask.redirect("/", "done.setup")


def _name(ask: Ask, given: dict[str, str]) -> None:
    """Write down which office this is, when that was asked."""
    home = ask.desk.home
    open_ = open_to_change(home)
    if open_ == "name" or (open_ == "office" and not given["office_name"]):
        return
    office = OfficeInfo(given["office_id"], given["office_name"], given["division"], given["level"])
    check_office(office)
    if open_ == "all" and given["origin"]:
        check_origin(given["origin"])
    with ask.desk.turn:
        name_office(home, office, origin=given["origin"] if open_ == "all" else "", actor=_SERVER)
    ask.desk.posts.gate.renew()


def _prefilled(ask: Ask, body: Body | None) -> dict[str, str]:
    home = ask.desk.home
    if body is None:
        return {**dict.fromkeys(_OFFICE, ""), "level": Level.COUNTY.value}
    return {
        "office_id": body.id,
        "office_name": body.name,
        "division": body.division,
        "level": body.level.value if body.level else Level.COUNTY.value,
        "origin": suggested_origin(home, body.id),
    }


def _form(ask: Ask, given: dict[str, str], error: QingyuanError | None = None) -> Response:
    home = ask.desk.home
    own = home.settings.office
    return ask.page(
        "setup.html",
        400 if error else 200,
        error=error,
        code=ask.field("code") if error else ask.query("code"),
        name=ask.field("name"),
        display=ask.field("display"),
        given=given,
        asked=any(given.values()),
        open=open_to_change(home),
        levels=list(Level),
        office=own,
        unnamed=own.id == UNNAMED,
        verified=own_body(home).verified,
        origin=home.settings.origin,
        demonstration=home.settings.seed is not None,
    )
