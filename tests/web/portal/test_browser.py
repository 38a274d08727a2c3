"""A phone with scripts switched off: a clue from the first page to its progress, and nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from qingyuan.web.portal.invitations import invite
from tests.web.browsing import Nothing, arrive
from tests.web.making import desk_of
from tests.web.portal.serving import CASE, ORGAN
from tests.web.serving import served as serving

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


@pytest.fixture
def phone() -> Iterator[Page]:
    with Browser.launch() as browser:
        page = browser.page()
        page.call("Emulation.setDeviceMetricsOverride", PHONE, into=Nothing)
        page.call("Emulation.setScriptExecutionDisabled", {"value": True}, into=Nothing)
        yield page
        assert [one for one in page.console if "Content Security Policy" in one] == []


def fits(page: Page) -> None:
    wide = page.evaluate(
        "[document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *')]"
        ".filter(e => !e.closest('.unseen, .scroll')).map(e => Math.ceil(e.getBoundingClientRect().right))]"
        ".reduce((a, b) => Math.max(a, b), 0)"
    )
    assert isinstance(wide, int)
    assert wide <= PHONE["width"]


def test_a_phone_without_scripts_reports_a_clue_and_follows_it(phone: Page, home: Home) -> None:
    with serving(home) as (url, app):
        link, _ = invite(desk_of(app), CASE, "organ", name=ORGAN, days=9, actor="P001")
        path = link[link.index("/portal/") :]
        phone.navigate(f"{url}/portal?lang=zh")
        fits(phone)
        phone.click(".doors a.first")
        arrive(phone, "location.pathname === '/report'")
        fits(phone)
        phone.evaluate("document.querySelector('#f-told').value = '面单没有遮挡'; 0")
        phone.click("form.card .button")
        arrive(phone, "document.querySelector('#code')")
        fits(phone)
        code = phone.evaluate("document.querySelector('#code').textContent")
        phone.navigate(f"{url}/progress?lang=zh")
        phone.evaluate(f"document.querySelector('#f-code').value = '{code}'; 0")
        phone.click("form.card .button")
        arrive(phone, "document.querySelector('.steps')")
        fits(phone)
        for where in ("/verify", path):
            for lang in ("zh", "en"):
                phone.navigate(f"{url}{where}?lang={lang}")
                fits(phone)
