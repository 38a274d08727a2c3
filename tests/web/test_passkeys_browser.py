"""Passkeys in a real browser, with the authenticator that its protocol for tools offers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qingyuan.office.browser import Browser
from qingyuan.office.home import Home
from tests.web.browsing import Nothing, arrive, keys
from tests.web.making import PASSWORD, desk_of, handle_all
from tests.web.serving import served


class Made(msgspec.Struct):
    """The answer of ``WebAuthn.addVirtualAuthenticator``."""

    authenticatorId: str  # noqa: N815 - the browser's name


@pytest.mark.slow
def test_a_passkey_is_added_in_the_browser_and_signs_in_after_signing_out(home: Home, tmp_path: Path) -> None:
    with served(home) as (url, app), Browser.launch() as browser:
        li = desk_of(app).people.add("li", "李", ["prosecutor", "chief"], PASSWORD)
        handle_all(desk_of(app), li.person)
        page = browser.page()
        page.call("WebAuthn.enable", {}, into=Nothing)
        device = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = page.call("WebAuthn.addVirtualAuthenticator", {"options": device}, into=Made)
        page.navigate(f"{url}/sign-in?next=/account")
        page.evaluate("document.querySelector('#f-name').focus()")
        keys(page, "li")
        page.evaluate("document.querySelector('#f-password').focus()")
        keys(page, PASSWORD)
        page.click('form[action="/sign-in"] button')
        arrive(page, "document.querySelector('form[data-passkey=create]')")
        page.evaluate("document.querySelector('#pk-label').value = '办公电脑'")
        page.click("form[data-passkey=create] button")
        arrive(page, "document.querySelector('.toast')")
        assert [one.label for one in desk_of(app).passkeys.of("P001")] == ["办公电脑"]
        page.click('form[action="/sign-out"] button')
        arrive(page, "location.pathname === '/sign-in'")
        page.click("form[data-passkey=get] button")
        arrive(page, "location.pathname === '/'")
        methods = [one.method for one in desk_of(app).sessions.of("P001", None)]
        assert methods == ["passkey"]
        # A device that cannot verify the person is not enough.
        page.click('form[action="/sign-out"] button')
        arrive(page, "location.pathname === '/sign-in'")
        page.call(
            "WebAuthn.setUserVerified",
            {"authenticatorId": made.authenticatorId, "isUserVerified": False},
            into=Nothing,
        )
        page.click("form[data-passkey=get] button")
        arrive(page, "document.querySelector('form[data-passkey=get] [data-said]').textContent !== ''", 60)
        assert desk_of(app).sessions.of("P001", None) == []
        assert page.errors == []
        page.close()
