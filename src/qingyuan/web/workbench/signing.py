"""Signing in and out, and how the pages look to this browser."""

from __future__ import annotations

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import LANG_COOKIE, SESSION_COOKIE, THEME_COOKIE, THEMES, Ask
from qingyuan.web.errors import WebError, too_many
from qingyuan.web.routing import page

_YEAR = 366 * 86_400
#: Attempts to sign in that one address has in a minute.
_TRIES = 20


@page("GET", "/sign-in", "public")
def ask_name(ask: Ask) -> Response:
    """Show the form."""
    if not ask.desk.people.any():
        return ask.redirect("/setup")
    if ask.account is not None:
        return ask.redirect(local(ask.query("next")))
    return form(ask)


@page("POST", "/sign-in", "public")
def sign_in(ask: Ask) -> Response:
    """Begin a session; the token of the browser's former one is worth nothing afterwards."""
    wait = ask.desk.tries.take(f"sign-in {ask.address}", _TRIES, 60)
    if wait:
        raise too_many(wait)
    account = ask.desk.people.check(ask.field("name"), ask.field("password"))
    if account is None:
        error = WebError(
            "web.wrong-password",
            401,
            zh="登录名或者密码不对，或者账号暂被锁定",
            en="wrong name or password, or the account is locked for a while",
        )
        return form(ask, error, 401)
    begin(ask, account.person)
    return ask.redirect(local(ask.field("next")))


def form(ask: Ask, error: QingyuanError | None = None, status: int = 200) -> Response:
    """Show the form, with what went wrong."""
    after = local(ask.field("next") if error else ask.query("next"))
    provider = ask.desk.providers.get()
    return ask.page(
        "sign-in.html",
        status,
        error=error,
        name=ask.field("name"),
        next=after,
        provider=provider,
    )


def begin(ask: Ask, person: str, method: str = "password") -> None:
    """Begin a session of ``person`` in this browser; ``method`` is how they showed who they are."""
    agent = ask.request.headers.get("user-agent", "")
    token = ask.desk.sessions.begin(person, ask.session, agent=agent, method=method)
    ask.cookie(SESSION_COOKIE, token, ask.desk.settings.absolute_hours * 3600)


@page("POST", "/sign-out", "public")
def sign_out(ask: Ask) -> Response:
    """End the session."""
    ask.desk.sessions.end(ask.session)
    ask.cookie(SESSION_COOKIE, "", 0)
    return ask.redirect("/sign-in", "done.signed-out")


@page("POST", "/preferences", "public")
def prefer(ask: Ask) -> Response:
    """Choose language and theme for this browser."""
    if (lang := ask.field("lang")) in {"zh", "en"}:
        ask.cookie(LANG_COOKIE, lang, _YEAR)
    if (theme := ask.field("theme")) in THEMES:
        ask.cookie(THEME_COOKIE, theme, _YEAR)
    path, _, query = local(ask.field("next")).partition("?")
    kept = [one for one in query.split("&") if one and not (lang and one.startswith("lang="))]
    return ask.redirect("?".join([path, *(["&".join(kept)] if kept else [])]))


def local(path: str) -> str:
    """Return a path of ours, whatever was asked for; never another site."""
    good = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )
    return path if good else "/"
