"""Passkeys: adding, naming and removing one's own, and signing in with one."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import Ask
from qingyuan.web.errors import too_many
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import fresh
from qingyuan.web.workbench.signing import begin, form, local

#: Attempts that one address has in a minute; a ceremony is two requests.
_TRIES = 40


@page("POST", "/account/passkeys/options", "signed-in")
def options(ask: Ask) -> Response:
    """Give the script what the browser needs to make a passkey."""
    fresh(ask)
    assert ask.account is not None
    assert ask.session is not None
    return JSONResponse(ask.desk.passkeys.begin_adding(ask.account, ask.session))


@page("POST", "/account/passkeys", "signed-in")
def add(ask: Ask) -> Response:
    """Take in what the browser made."""
    fresh(ask)
    assert ask.account is not None
    assert ask.session is not None
    ask.desk.passkeys.add(ask.account, ask.session, ask.field("credential"), ask.field("label"))
    return ask.redirect("/account", "done.passkey")


@page("POST", "/account/passkeys/change", "signed-in")
def change(ask: Ask) -> Response:
    """Rename a passkey, or remove it."""
    if ask.has("drop"):
        fresh(ask)
        ask.desk.passkeys.drop(ask.person, ask.field("id"))
        return ask.redirect("/account", "done.passkey-dropped")
    ask.desk.passkeys.rename(ask.person, ask.field("id"), ask.field("label"))
    return ask.redirect("/account", "done.passkey-named")


@page("POST", "/sign-in/passkey/options", "public")
def challenge(ask: Ask) -> Response:
    """Give the script what the browser needs to use a passkey."""
    _limit(ask)
    return JSONResponse(ask.desk.passkeys.begin_using(ask.browser))


@page("POST", "/sign-in/passkey", "public")
def sign_in(ask: Ask) -> Response:
    """Begin a session with a passkey."""
    _limit(ask)
    try:
        account = ask.desk.passkeys.use(ask.browser, ask.field("credential"))
    except QingyuanError as error:
        return form(ask, error, 400)
    begin(ask, account.person, "passkey")
    return ask.redirect(local(ask.field("next")))


def _limit(ask: Ask) -> None:
    if wait := ask.desk.tries.take(f"passkey {ask.address}", _TRIES, 60):
        raise too_many(wait)
