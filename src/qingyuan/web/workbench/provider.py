"""Signing in at the provider of the organisation: which one it is, linking one's account, going there and coming back."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from qingyuan.errors import QingyuanError
from qingyuan.web.accounts import BACK
from qingyuan.web.asking import TOKEN_FIELD, Ask
from qingyuan.web.errors import too_many
from qingyuan.web.routing import page
from qingyuan.web.workbench.account import fresh
from qingyuan.web.workbench.signing import begin, local

_TRIES = 20


@page("GET", "/admin/provider", "office.manage")
def show(ask: Ask) -> Response:
    """Show which provider there is."""
    return _show(ask)


@page("POST", "/admin/provider", "office.manage")
def change(ask: Ask) -> Response:
    """Take a provider, or use none any more."""
    fresh(ask)
    if ask.has("drop"):
        ask.desk.providers.drop()
        return ask.redirect("/admin/provider", "done.provider-dropped")
    try:
        ask.desk.providers.set(
            ask.field("issuer"), ask.field("client"), ask.field("secret"), ask.field("label")
        )
    except QingyuanError as error:
        return _show(ask, error)
    return ask.redirect("/admin/provider", "done.provider")


@page("GET", "/account/provider", "signed-in")
def link(ask: Ask) -> Response:
    """Go to the provider to link one's account; from one's own account page only, or another site could link its own identity to it.

    No form: a form that ends at another site is not sent under our content policy.
    """
    ask.check_token(ask.query(TOKEN_FIELD))
    fresh(ask)
    return _away(ask, ask.desk.providers.begin(ask.browser, "/account", person=ask.person))


@page("POST", "/account/provider", "signed-in")
def unlink(ask: Ask) -> Response:
    """End the link of one's account."""
    ask.desk.providers.unlink(ask.person)
    return ask.redirect("/account", "done.unlinked")


@page("GET", "/sign-in/provider", "public")
def leave(ask: Ask) -> Response:
    """Go to the provider to sign in."""
    _limit(ask)
    return _away(ask, ask.desk.providers.begin(ask.browser, local(ask.query("next"))))


@page("GET", BACK, "public")
def come_back(ask: Ask) -> Response:
    """Take the answer of the provider, once, and begin a session."""
    _limit(ask)
    found = ask.desk.providers.finish(
        ask.browser,
        ask.query("state"),
        ask.query("code"),
        ask.query("iss"),
        person=ask.account.person if ask.account else "",
    )
    if found.linked:
        return ask.redirect("/account", "done.linked")
    begin(ask, found.account.person, "provider")
    return ask.redirect(found.next)


def _limit(ask: Ask) -> None:
    if wait := ask.desk.tries.take(f"provider {ask.address}", _TRIES, 60):
        raise too_many(wait)


def _away(ask: Ask, address: str) -> Response:
    return ask.finish(RedirectResponse(address, 303))


def _show(ask: Ask, error: QingyuanError | None = None) -> Response:
    providers = ask.desk.providers
    return ask.page(
        "provider.html",
        400 if error else 200,
        known=providers.get(),
        back=providers.back,
        error=error,
        given={name: ask.field(name) for name in ("issuer", "client", "label")} if error else None,
    )
