"""One's own account: password, passkeys, sessions, and tokens of one's programs."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.accounts import SCOPES
from qingyuan.web.asking import Ask
from qingyuan.web.confirming import count_guess
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.routing import page
from qingyuan.web.whole import whole
from qingyuan.web.workbench.signing import begin, local


@page("GET", "/account", "signed-in")
def show(ask: Ask) -> Response:
    """Show the account."""
    return _show(ask)


@page("POST", "/account/password", "signed-in")
def change_password(ask: Ask) -> Response:
    """Change the password; every other session of the account ends."""
    account = ask.account
    assert account is not None
    count_guess(ask)
    try:
        if ask.desk.people.check(account.name, ask.field("old")) is None:
            raise bad_request("现在的密码不对", "the present password is wrong", code="web.wrong-password")
        ask.desk.people.set_password(account.person, agreed(ask))
    except QingyuanError as error:
        return _show(ask, error=error)
    begin(ask, account.person)
    return ask.redirect("/account", "done.password")


@page("POST", "/account/tokens", "signed-in")
def make_token(ask: Ask) -> Response:
    """Make a token and show it this once."""
    fresh(ask)
    try:
        token = ask.desk.tokens.make(
            ask.person, ask.field("label"), ask.fields("scopes"), whole(ask.field("days")) or 0
        )
    except QingyuanError as error:
        return _show(ask, error=error)
    return _show(ask, made=token)


@page("POST", "/account/tokens/drop", "signed-in")
def drop_token(ask: Ask) -> Response:
    """Withdraw a token."""
    ask.desk.tokens.drop(ask.person, ask.field("id"))
    return ask.redirect("/account", "done.token-dropped")


def fresh(ask: Ask) -> None:
    """Refuse to change keys of the account when the person showed who they are long ago.

    Raises:
        WebError: ``web.confirm``.
    """
    if not ask.desk.sessions.fresh(ask.session):
        raise WebError(
            "web.confirm",
            403,
            zh="登录已有一段时间，更改密钥前请再次输入密码",
            en="you signed in some time ago; enter your password again before keys are changed",
            where="/account/confirm",
            remedy_zh="打开“我的账号”页上的“再次确认”，然后重试",
            remedy_en="open “Confirm again” on your account page, then try again",
        )


def agreed(ask: Ask) -> str:
    """Return the new password of a form that asks for it twice.

    Raises:
        WebError: ``web.passwords-differ``.
    """
    if ask.field("password") != ask.field("again"):
        raise bad_request("两次输入的密码不同", "the two passwords differ", code="web.passwords-differ")
    return ask.field("password")


def local_next(path: str) -> str:
    """Return where to go on to after a confirmation, a page of ours."""
    found = local(path)
    return "/account" if found == "/" else found


def _show(ask: Ask, *, error: QingyuanError | None = None, made: str = "") -> Response:
    return ask.page(
        "account.html",
        400 if error else 200,
        tokens=ask.desk.tokens.of(ask.person),
        scopes=SCOPES,
        passkeys=ask.desk.passkeys.of(ask.person),
        provider=ask.desk.providers.get(),
        linked=ask.desk.providers.linked(ask.person),
        sessions=ask.desk.sessions.of(ask.person, ask.session),
        error=error,
        made=made,
        given={"label": ask.field("label"), "days": ask.field("days") or "30", "scopes": ask.fields("scopes")}
        if error
        else {"label": "", "days": "30", "scopes": []},
    )
