"""The whole way of a case in a real browser, by keyboard alone: from a clue of the public to a suggestion that was served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from tests.web.browsing import arrive, keys, press, sign_in
from tests.web.making import PASSWORD, clock, desk_of
from tests.web.serving import served


@pytest.fixture
def office(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, FastAPI, Home]]:
    monkeypatch.setenv("XDG_DATA_HOME", str(made / "data"))
    folder = Path(shutil.copytree(made / "home", tmp_path / "home"))
    with Home.open(folder, clock=clock()) as home, served(home) as (url, app):
        people = desk_of(app).people
        people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
        yield url, app, home


@pytest.fixture
def page() -> Iterator[Page]:
    with Browser.launch() as browser:
        yield browser.page()


class Hands:
    """A person at the keyboard who counts: a field filled in, a choice made, a command given is one interaction each.

    Moving from field to field with Tab is real here, and not counted.
    """

    def __init__(self, page: Page) -> None:
        """Sit down at ``page``."""
        self.page, self.count, self.typed = page, 0, list[str]()

    def to(self, name: str) -> None:
        """Tab on to a field."""
        for _ in range(60):
            if self.page.evaluate(f"document.activeElement.name === '{name}'"):
                return
            press(self.page, "Tab")
        raise AssertionError(name)

    def type(self, name: str, text: str) -> None:
        """Fill in a text or a day."""
        self.to(name)
        if self.page.evaluate("document.activeElement.type === 'date'"):
            for digit in text:
                press(self.page, digit)
        else:
            assert text not in self.typed, f"{text} is typed twice"
            self.typed.append(text)
            keys(self.page, text)
        self.count += 1

    def choose(self, name: str, value: str) -> None:
        """Choose from a list with the arrow, or tick a box with the space bar."""
        self.to(name)
        for _ in range(40):
            if self.page.evaluate("document.activeElement.type === 'checkbox'"):
                if self.page.evaluate(f"document.activeElement.value === '{value}'"):
                    press(self.page, " ")
                    break
                press(self.page, "Tab")
            elif self.page.evaluate(f"document.activeElement.value === '{value}'"):
                break
            else:
                ahead = f"[...document.activeElement.options].findIndex(o => o.value === '{value}')"
                down = self.page.evaluate(f"{ahead} > document.activeElement.selectedIndex")
                press(self.page, "ArrowDown" if down else "ArrowUp")
        else:
            raise AssertionError(value)
        self.count += 1

    def follow(self, words: str) -> None:
        """Tab on to a link and open it."""
        for _ in range(60):
            if words in str(self.page.evaluate("document.activeElement.href || ''")):
                break
            press(self.page, "Tab")
        else:
            raise AssertionError(words)
        press(self.page, "Enter")
        self.count += 1
        arrive(self.page, f"location.pathname.endsWith('{words}')")

    def send(self, then: str) -> None:
        """Send the form from wherever one is in it."""
        press(self.page, "Enter", modifiers=2)
        self.count += 1
        arrive(self.page, then)

    def offered(self, act: str) -> None:
        """Wait until the next step has the focus, and see that it is this act."""
        focus = "document.activeElement"
        arrive(
            self.page, f"{focus} && {focus}.matches('.next button') && {focus}.textContent.includes('{act}')"
        )

    def at_once(self, act: str, then: str) -> None:
        """Take the next step, which needs no words."""
        self.offered(act)
        press(self.page, "Enter")
        self.count += 1
        arrive(self.page, then)

    def go_on(self, act: str) -> None:
        """Take the next step, which has the focus."""
        self.offered(act)
        press(self.page, "Enter")
        self.count += 1
        arrive(
            self.page, "location.pathname.startsWith('/acts/') && document.querySelector('form[data-first]')"
        )


@pytest.mark.slow
def test_from_a_clue_to_a_served_suggestion_in_forty_interactions(
    page: Page, office: tuple[str, FastAPI, Home]
) -> None:
    url, _, _ = office
    done = "!location.pathname.startsWith('/acts/') && document.querySelector('.toast')"
    hands = Hands(page)

    page.navigate(f"{url}/report?lang=zh")
    hands.type("told", "驿站面单没有遮挡姓名和电话")
    hands.choose("field", "express-waybill")
    hands.send("document.querySelector('#code')")

    sign_in(page, url)
    hands.count += 3  # name, password, Enter
    hands.follow("L2026-0003")
    press(page, "n")  # nobody handles it yet: taken on
    hands.count += 1
    hands.go_on("评估线索")
    hands.type("authenticity", "照片清楚，地点可查")
    hands.type("investigability", "驿站和快递企业明确")
    hands.choose("conclusion", "open")
    hands.send(done)
    hands.at_once("建立总案", done)
    hands.go_on("立案")
    hands.choose("track", "administrative")
    hands.choose("jurisdiction", "same-level")
    hands.type("harm", "取件人姓名和电话在货架上公开可见")
    hands.type("violation", "未督促快递企业落实隐私面单")
    hands.type("respondents", "清州市邮政管理局")
    hands.choose("duties", "postal-waybill")
    hands.type("approved_on", "07012026")
    hands.send(done)
    hands.go_on("送达立案决定书")
    hands.send(done)
    hands.go_on("查明事实")
    hands.type("causation", "监管缺位使面单持续明文流转")
    hands.type("investigators", "P002\n")
    hands.choose("method", "collection")
    hands.send(done)
    hands.go_on("调查终结")
    hands.choose("opinion", "suggest")
    hands.type("report", "清检调终〔2026〕1号")
    hands.send(done)
    hands.go_on("提出检察建议")
    hands.type("demands", "全面使用隐私面单")
    hands.type("approved_on", "07012026")
    hands.send(done)
    hands.go_on("送达检察建议书")
    hands.send(done)
    assert "期限" in str(page.evaluate("document.body.innerText"))
    assert "2026-09-01" in str(page.evaluate("document.querySelector('#due').innerText"))
    assert hands.count <= 40
