"""The first start: nobody has an account, and whoever reads the code that the server printed makes the first one."""

from __future__ import annotations

import hmac

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import agreed
from qingyuan.web.workbench.signing import begin


@page("GET", "/setup", "public")
def ask_first(ask: Ask) -> Response:
    """Show the form of the first account."""
    if ask.desk.people.any():
        return ask.redirect("/")
    return ask.page("setup.html", code=ask.query("code"), error=None, name="", display="")


@page("POST", "/setup", "public")
def make_first(ask: Ask) -> Response:
    """Make the first account, chief and prosecutor, and sign in."""
    if ask.desk.people.any():
        raise not_found()
    try:
        if not hmac.compare_digest(ask.field("code").encode(), ask.desk.setup_code.encode()):
            raise bad_request(
                "设置码不对；它显示在启动服务的终端里",
                "that is not the code; the terminal that runs the server shows it",
                code="web.bad-code",
            )
        password = agreed(ask)
        account = ask.desk.people.add(
            ask.field("name"), ask.field("display"), ["prosecutor", "chief"], password, first=True
        )
    except QingyuanError as error:
        values = {"code": ask.field("code"), "name": ask.field("name"), "display": ask.field("display")}
        return ask.page("setup.html", 400, error=error, **values)
    begin(ask, account.person)
    return ask.redirect("/", "done.setup")
