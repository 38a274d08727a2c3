"""One's sessions: seeing them, ending one or all of them; and a new password with a code of the administrator."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import SESSION_COOKIE, Ask
from qingyuan.web.confirming import take_password
from qingyuan.web.errors import WebError, bad_request, too_many
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import agreed, local_next
from qingyuan.web.workbench.signing import begin

_TRIES = 10
_HOUR = 3600
_CODE_SECONDS = 24 * _HOUR


@page("POST", "/account/sessions", "signed-in")
def drop(ask: Ask) -> Response:
    """End one session, or all of them, this one too."""
    if ask.has("all"):
        ask.desk.sessions.drop_all(ask.person)
        ask.cookie(SESSION_COOKIE, "", 0)
        return ask.redirect("/sign-in", "done.signed-out-everywhere")
    ask.desk.sessions.drop(ask.person, ask.field("id"))
    return ask.redirect("/account", "done.session-ended")


@page("GET", "/account/confirm", "signed-in")
def ask_again(ask: Ask) -> Response:
    """Ask for the password once more, before keys of the account are changed."""
    return ask.page("confirm.html", error=None, next=local_next(ask.query("next")))


@page("POST", "/account/confirm", "signed-in")
def confirm(ask: Ask) -> Response:
    """Take the password."""
    try:
        take_password(ask)
    except WebError as error:
        return ask.page("confirm.html", error.status, error=error, next=local_next(ask.field("next")))
    return ask.redirect(local_next(ask.field("next")))


@page("POST", "/admin/people/{person}/code", "office.manage")
def make_code(ask: Ask, person: str) -> Response:
    """Make a code for a new password; the old one opens nothing any more, and every session of the account ends."""
    account, code = ask.desk.people.forget_password(person)
    ask.desk.ceremonies.begin("password", code, {"person": person}, _CODE_SECONDS)
    return ask.page("code.html", person=account, code=code)


@page("GET", "/sign-in/code", "public")
def ask_code(ask: Ask) -> Response:
    """Show the form of a new password."""
    return ask.page("new-password.html", error=None, name="")


@page("POST", "/sign-in/code", "public")
def new_password(ask: Ask) -> Response:
    """Take a new password with a code that the administrator handed over; a code serves once."""
    if wait := ask.desk.tries.take(f"code {ask.address}", _TRIES, 60):
        raise too_many(wait)
    code, people = ask.field("code").upper().replace(" ", ""), ask.desk.people
    try:
        password = agreed(ask)
        people.check_new(password, ask.field("name"))
        waiting = ask.desk.ceremonies.take("password", code)
        account = people.get(waiting["person"]) if waiting else None
        if account is None or account.disabled or account.name.casefold() != ask.field("name").casefold():
            raise bad_request(
                "登录名或者一次性码不对，或者码已失效",
                "wrong name or code, or the code has expired",
                code="web.bad-code",
            )
        people.set_password(account.person, password)
    except QingyuanError as error:
        return ask.page("new-password.html", 400, error=error, name=ask.field("name"))
    begin(ask, account.person)
    return ask.redirect("/", "done.password")
