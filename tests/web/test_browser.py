"""A real browser: accessibility of every page in both languages and themes, the way from clue to case by keyboard, uploads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from qingyuan.web.routing import PAGES
from tests.web.browsing import (
    UNSEEN,
    addresses,
    arrive,
    in_both_themes,
    keys,
    press,
    reason_unseen,
    sign_in,
    speak,
)
from tests.web.making import PASSWORD, clock, desk_of, ended, handle_all
from tests.web.scenes import cite, send_blank, summon
from tests.web.serving import served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser.launch() as started:
        yield started


@pytest.fixture(scope="module")
def office(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FastAPI, Home]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(made / "data"))
        folder = Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("served") / "home"))
        with Home.open(folder, clock=clock()) as home, served(home) as (url, app):
            li = desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
            desk_of(app).people.add("gao", "高管理员", ["administrator"], PASSWORD)
            shen = desk_of(app).people.add("shen", "沈审计员", ["auditor"], PASSWORD)
            handle_all(desk_of(app), shen.person)
            handle_all(desk_of(app), li.person)
            yield url, app, home


@pytest.fixture
def page(browser: Browser, office: tuple[str, FastAPI, Home]) -> Iterator[Page]:
    opened = browser.page()
    yield opened
    assert opened.errors == []
    assert [one for one in opened.console if "Content Security Policy" in one] == []
    opened.close()


def look(
    page: Page, url: str, path: str, status: int = 200, then: Callable[[Page], None] | None = None
) -> dict[tuple[str, str], object]:
    """Return what is wrong with a page in both languages and both themes, after something was done on it."""
    found: dict[tuple[str, str], object] = {}
    for lang in ("zh", "en"):
        speak(page, url, lang)
        page.navigate(f"{url}{path}{'&' if '?' in path else '?'}lang={lang}")
        answered = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
        arrived = page.evaluate("location.pathname")
        if (answered, arrived) != (status, path.partition("?")[0]):
            found[path, lang] = (answered, arrived)
            continue
        if then is not None:
            then(page)
        if wrong := in_both_themes(page):
            found[path, lang] = wrong
    return found


#: Who looks, and who looks at what needs such a permission because the prosecutor may not.
LOOKING = ("", "li", "gao", "shen")
WHO = {"public": "", "office.manage": "gao", "office.appoint": "gao", "case.audit": "shen"}


def seen_by(home: Home, name: str) -> dict[str, str]:
    """Return by route the addresses that somebody looks at."""
    known = addresses(home)
    return {
        one.path: known[one.path]
        for one in PAGES
        if one.method == "GET" and one.path in known and WHO.get(one.need, "li") == name
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKING)
def test_no_page_violates_a_rule_of_accessibility(
    page: Page, office: tuple[str, FastAPI, Home], name: str
) -> None:
    url, _, home = office
    if name:
        sign_in(page, url, name, then="/admin" if name == "gao" else "/")
    found: dict[tuple[str, str], object] = {}
    for path in seen_by(home, name).values():
        found |= look(page, url, path)
    assert found == {}


def test_what_happens_on_a_page_violates_no_rule_of_accessibility(
    page: Page, office: tuple[str, FastAPI, Home]
) -> None:
    url, app, _ = office
    found = look(page, url, "/nowhere", 404)
    sign_in(page, url)
    li = next(one for one in desk_of(app).people.all() if one.name == "li")
    asked = {"title": "没有文件", "from": "", "source": "other-duty", "field": "personal-information"}
    failing = desk_of(app).jobs.add(
        "intake", li.person, {**asked, "summary": "", "second": "", "batch": "0" * 16}
    )
    assert ended(app, f"/jobs/{failing}").state == "failed"
    for path, status, then in (
        (f"/jobs/{failing}", 200, None),
        ("/intake", 200, None),
        ("/matters/M2026-0999", 404, None),
        ("/admin/keys", 403, None),
        ("/law/calculators?which=deadline&period=agency-reply&from=2026-03-18", 200, None),
        ("/matters/M2026-0001", 200, summon),
        ("/matters/M2026-0001", 200, cite),
        ("/acts/C2026-0001/consult", 200, send_blank),
    ):
        found |= look(page, url, path, status, then)
    assert found == {}


def test_the_first_start_violates_no_rule_of_accessibility(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with (
        Home.open(tmp_path / "home", create=True, begin=False, clock=clock()) as home,
        served(home) as (url, _),
    ):
        found = look(page, url, "/setup?q=义乌") | look(page, url, "/setup?office=procuratorate-330782")
    assert found == {}


def test_every_page_is_looked_at_or_is_left_out_for_a_reason(office: tuple[str, FastAPI, Home]) -> None:
    _, _, home = office
    routes = {one.path for one in PAGES if one.method == "GET"}
    seen = {route for name in LOOKING for route in seen_by(home, name)}
    assert sorted(one for one in routes - seen if not reason_unseen(one)) == []
    assert [one for one in UNSEEN if not any(re.fullmatch(one, route) for route in routes - seen)] == []


def test_from_lead_to_case_by_keyboard(page: Page, office: tuple[str, FastAPI, Home]) -> None:
    url, _, _ = office
    sign_in(page, url)
    interactions = 0

    def act(name: str, filled: dict[str, str]) -> None:
        """Open an act with the palette, fill in its form with Tab and keys, and send it with Enter."""
        nonlocal interactions
        press(page, "k", modifiers=2)
        arrive(page, "document.querySelector('#palette').open")
        keys(page, name)
        arrive(page, "document.querySelectorAll('#palette-list li').length > 0")
        press(page, "Enter")
        arrive(page, "location.pathname.startsWith('/acts/')")
        for field, value in filled.items():
            closed = f"document.querySelector('details:not([open]) [name=\"{field}\"]')"
            if page.evaluate(f"{closed} !== null"):
                page.evaluate(f"{closed}.closest('details').querySelector('summary').focus()")
                press(page, "Enter")
                interactions += 1
            page.evaluate(f"document.querySelector('[name=\"{field}\"]').focus()")
            if page.evaluate("document.activeElement.matches('select, [type=date]')"):
                page.evaluate(f"document.activeElement.value = '{value}'; 0")
            elif page.evaluate("document.activeElement.type") == "checkbox":
                press(page, " ")
            else:
                page.evaluate("document.activeElement.value = ''; 0")
                keys(page, value)
            interactions += 1
        page.evaluate("document.querySelector('form.form .button').focus()")
        press(page, "Enter")
        interactions += 3
        arrive(page, "!location.pathname.startsWith('/acts/')")

    page.navigate(f"{url}/leads/L2026-0002")
    act(
        "评估线索",
        {
            "authenticity": "可靠",
            "investigability": "可查",
            "conclusion": "open",
            "ongoing": "",
            "respondent_known": "",
        },
    )
    act("建立总案", {})
    assert page.evaluate("location.pathname") == "/matters/M2026-0002"
    act("立案", {"track": "civil", "jurisdiction": "place", "basis": "personal-information", "harm": "个人信息外泄",
                 "violation": "违法公开个人信息", "respondents": "某公司", "approved_by.other": "P009", "approved_on": "2026-07-01"})  # fmt: skip
    assert "C2026-0002" in str(page.evaluate("document.body.innerText"))
    assert interactions <= 40


def test_an_act_that_cannot_be_done_says_what_is_missing_and_keeps_what_was_typed(
    page: Page, office: tuple[str, FastAPI, Home]
) -> None:
    url, _, _ = office
    sign_in(page, url)
    page.navigate(f"{url}/acts/C2026-0001/consult")
    page.evaluate(
        "document.querySelectorAll('form.form [required]').forEach(e => e.removeAttribute('required')); 0"
    )
    page.click("form.form .button")
    arrive(page, "document.querySelector('.problem')")
    text = str(page.evaluate("document.querySelector('.problem').innerText"))
    assert "《人民检察院公益诉讼办案规则》" in text


def test_a_provision_is_read_beside_its_citation_and_put_away_with_escape(
    page: Page, office: tuple[str, FastAPI, Home]
) -> None:
    url, _, _ = office
    sign_in(page, url)
    page.navigate(f"{url}/matters/M2026-0001")
    page.evaluate("document.querySelector('main a.article').focus(); 0")
    arrive(page, "!document.querySelector('#tip').hidden")
    link = "document.querySelector('main a.article')"
    said = str(page.evaluate("document.querySelector('#tip').innerText"))
    whole = f"fetch({link}.href).then(a => a.text()).then(t => t.includes({said[:12]!r}))"
    assert len(said) > 12
    assert page.evaluate(whole) is True
    press(page, "Escape")
    assert page.evaluate("document.querySelector('#tip').hidden") is True


def test_files_are_sent_by_chunks_and_become_a_lead(
    page: Page, office: tuple[str, FastAPI, Home], tmp_path: Path
) -> None:
    url, _, home = office
    material = tmp_path / "名单.txt"
    material.write_text("".join(f"电话 1370013{n:04d}\n" for n in range(900)), encoding="utf-8")
    sign_in(page, url)
    page.navigate(f"{url}/intake")
    page.set_input_files("#files", [material])
    arrive(page, "document.querySelector('[data-status]').textContent.includes('名单.txt')")
    page.click("form[data-upload] button")
    arrive(page, "location.pathname.startsWith('/jobs/')")
    arrive(page, "document.querySelector('a[href^=\"/leads/\"].button')")
    assert look(page, url, str(page.evaluate("location.pathname"))) == {}
    assert len([one for one in page.requests if "/uploads/" in one]) >= 5
    page.click("a[href$='/scan']")
    arrive(page, "document.querySelector('mark')")
    assert "1370013" not in str(page.evaluate("document.body.innerText"))
    assert list((home.path / "uploads").iterdir()) == []


def test_search_answers_as_one_types_and_the_address_keeps_it(
    page: Page, office: tuple[str, FastAPI, Home]
) -> None:
    url, _, _ = office
    sign_in(page, url)
    page.navigate(f"{url}/leads?lang=zh")
    page.evaluate("document.querySelector('#q').focus()")
    keys(page, "另一条")
    arrive(page, "location.search.includes('q=') && document.querySelectorAll('tbody tr').length === 1")
    assert "面单外泄" not in str(page.evaluate("document.querySelector('#results').innerText"))
