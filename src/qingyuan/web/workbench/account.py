"""One's own account: password and tokens of one's programs."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.accounts import SCOPES
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request
from qingyuan.web.routing import page
from qingyuan.web.workbench.signing import begin


@page("GET", "/account", "signed-in")
def show(ask: Ask) -> Response:
    """Show the account."""
    return _show(ask)


@page("POST", "/account/password", "signed-in")
def change_password(ask: Ask) -> Response:
    """Change the password; every other session of the account ends."""
    account = ask.account
    assert account is not None
    try:
        if ask.desk.people.check(account.name, ask.field("old")) is None:
            raise bad_request("现在的密码不对", "the present password is wrong", code="web.wrong-password")
        if ask.field("password") != ask.field("again"):
            raise bad_request("两次输入的密码不同", "the two passwords differ", code="web.passwords-differ")
        ask.desk.people.set_password(account.person, ask.field("password"))
    except QingyuanError as error:
        return _show(ask, error=error)
    begin(ask, account.person)
    return ask.redirect("/account", "done.password")


@page("POST", "/account/tokens", "signed-in")
def make_token(ask: Ask) -> Response:
    """Make a token and show it this once."""
    days = ask.field("days")
    try:
        token = ask.desk.tokens.make(
            ask.person, ask.field("label"), ask.fields("scopes"), int(days) if days.isdigit() else 0
        )
    except QingyuanError as error:
        return _show(ask, error=error)
    return _show(ask, made=token)


@page("POST", "/account/tokens/drop", "signed-in")
def drop_token(ask: Ask) -> Response:
    """Withdraw a token."""
    ask.desk.tokens.drop(ask.person, ask.field("id"))
    return ask.redirect("/account", "done.token-dropped")


def _show(ask: Ask, *, error: QingyuanError | None = None, made: str = "") -> Response:
    return ask.page(
        "account.html",
        400 if error else 200,
        tokens=ask.desk.tokens.of(ask.person),
        scopes=SCOPES,
        error=error,
        made=made,
    )
