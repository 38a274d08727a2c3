"""A real browser at the desks behind a link: no rule of accessibility is violated, nothing is wider than a telephone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from qingyuan.web.portal.invitations import invite
from tests.web.browsing import Nothing, arrive, violations
from tests.web.making import client_of, desk_of, packaged
from tests.web.portal.serving import CASE, FIRM
from tests.web.portal.test_browser import PHONE, fits
from tests.web.portal.test_hearing import announce
from tests.web.portal.test_selfcheck import NAMED, TABLE
from tests.web.serving import served as serving


@pytest.fixture
def page() -> Iterator[Page]:
    with Browser.launch() as browser:
        opened = browser.page()
        yield opened
        assert opened.errors == []
        assert [one for one in opened.console if "Content Security Policy" in one] == []


def good(page: Page) -> None:
    """See that what is shown is accessible in light and dark, and fits a telephone."""
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'; 0")
        assert violations(page) == [], theme
    page.call("Emulation.setDeviceMetricsOverride", PHONE, into=Nothing)
    fits(page)
    assert violations(page) == []
    page.call("Emulation.clearDeviceMetricsOverride", {}, into=Nothing)


def choose(page: Page, name: str, content: bytes) -> None:
    """Put a file into the field, as a person who picks one does."""
    page.evaluate(
        f"const t = new DataTransfer(); t.items.add(new File([{json.dumps(content.decode())}], {json.dumps(name)}));"
        "document.querySelector('#files').files = t.files; 0"
    )


def test_the_self_check_of_a_firm_is_accessible_and_fits_a_telephone(page: Page, home: Home) -> None:
    with serving(home) as (url, app):
        found, _ = invite(desk_of(app), CASE, "firm", name=FIRM, days=9, actor="P001", owner=FIRM)
        path = found[found.index("/portal/") :]
        page.navigate(f"{url}{path}?lang=zh")
        good(page)
        for lang in ("zh", "en"):
            page.navigate(f"{url}{path}/self-check?lang={lang}")
            page.evaluate(f"document.querySelector('form.card').action += '?lang={lang}'; 0")
            good(page)
            choose(page, NAMED, TABLE)
            page.click("form.card .button")
            arrive(page, "document.querySelector('#result')")
            good(page)


def test_the_hearing_and_the_desk_of_a_court_are_accessible_and_fit_a_telephone(
    page: Page, home: Home
) -> None:
    announce(home)
    with serving(home) as (url, app):
        packaged(app, client_of(app, "prosecutor"), CASE, "法院")
        invited = [
            invite(desk_of(app), CASE, "hearing", name="听证员一", days=9, actor="P001", role="officer"),
            invite(desk_of(app), CASE, "hearing", name=FIRM, days=9, actor="P001", role="party"),
            invite(desk_of(app), CASE, "court", name="清州市人民法院", days=9, actor="P001"),
        ]
        for found, _ in invited:
            path = found[found.index("/portal/") :]
            for lang in ("zh", "en"):
                page.navigate(f"{url}{path}?lang={lang}")
                page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true); 0")
                good(page)
        page.navigate(f"{url}/portal?lang=zh")
        good(page)
