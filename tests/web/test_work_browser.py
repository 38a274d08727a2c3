"""A real browser on the pages of work: no rule of accessibility is violated, nothing is wider than a telephone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from tests.web.browsing import Nothing, sign_in, violations
from tests.web.making import PASSWORD, clock, desk_of, handle_all
from tests.web.serving import served

#: Every page of work with something on it.
PAGES = (
    "/matters/M2026-0001",
    "/documents/C2026-0001",
    "/documents/C2026-0001?q=xyz",
    "/documents/C2026-0001/filing-decision",
    "/documents/C2026-0001/closing-decision",
    "/documents/L2026-0001",
    "/ledger/entries/3",
    "/capture",
    "/exchange",
    "/leads/L2026-0001",
    "/capture?record=L2026-0001",
    "/statistics",
    "/statistics?from=1999-01-01&to=1999-12-31",
    "/statistics/leads-by-field",
)
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("work") / "home"))
        with Home.open(folder, clock=clock()) as home, served(home) as (url, app):
            li = desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
            handle_all(desk_of(app), li.person)
            yield url


@pytest.fixture(scope="module")
def page(office: str) -> Iterator[Page]:
    with Browser.launch() as browser:
        opened = browser.page()
        sign_in(opened, office)
        yield opened
        assert opened.errors == []
        assert [one for one in opened.console if "Content Security Policy" in one] == []


def test_a_source_and_a_scan_are_accessible_and_fit_a_telephone(page: Page, office: str) -> None:
    page.navigate(f"{office}/leads/L2026-0001/scan?lang=zh")
    link = str(page.evaluate("document.querySelector('a[href*=\"/source?place=\"]').getAttribute('href')"))
    for path in ("/leads/L2026-0001/scan", link):
        test_a_page_of_work_is_accessible_and_fits_a_telephone(page, office, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_work_is_accessible_and_fits_a_telephone(page: Page, office: str, path: str) -> None:
    for lang, theme in (("zh", "light"), ("en", "dark")):
        page.navigate(f"{office}{path}{'&' if '?' in path else '?'}lang={lang}")
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'; 0")
        assert violations(page) == [], (path, lang)
        page.call("Emulation.setDeviceMetricsOverride", PHONE, into=Nothing)
        assert page.evaluate(WIDE) is False, (path, lang)
        page.call("Emulation.clearDeviceMetricsOverride", {}, into=Nothing)
