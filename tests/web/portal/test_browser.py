"""A phone with scripts switched off: a clue from the first page to its progress, and nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.office.browser import Browser, Page
from qingyuan.office.home import Home
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from qingyuan.web.portal.invitations import invite
from tests.web.browsing import Nothing, arrive
from tests.web.making import client_of, desk_of, post
from tests.web.portal.serving import CASE, FIRM, ORGAN
from tests.web.portal.test_hearing import announce
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


def test_every_desk_is_answered_without_scripts_and_the_workbench_shows_it(
    phone: Page, home: Home, tmp_path: Path
) -> None:
    announce(home)
    proof = tmp_path / "整改照片.jpg"
    proof.write_bytes(b"\xff\xd8\xff\xe0 synthetic")
    with serving(home) as (url, app):
        desk = desk_of(app)
        inside = client_of(app, "prosecutor")
        post(inside, "/packages", {"record": CASE, "to": "法院"}, form="/account")
        organ, firm, officer, court = (
            link[link.index("/portal/") :]
            for link, _ in (
                invite(desk, CASE, "organ", name=ORGAN, days=9, actor="P001"),
                invite(desk, CASE, "firm", name=FIRM, days=9, actor="P001", owner=FIRM),
                invite(desk, CASE, "hearing", name="听证员一", days=9, actor="P001", role="officer"),
                invite(desk, CASE, "court", name="清州市人民法院", days=9, actor="P001"),
            )
        )

        def answer(
            path: str, form: str, words: str, said: dict[str, str], *, chosen: str = "", file: bool = False
        ) -> None:
            """Fill in a form of a desk and send it; then its page says that it was taken."""
            phone.navigate(f"{url}{path}?lang=zh")
            arrive(phone, f"document.querySelector('{form}')")
            if chosen:
                phone.click(f"{form} {chosen}")
            for name, text in said.items():
                phone.evaluate(f"document.querySelector('{form} [name={name}]').value = '{text}'; 0")
            if file:
                phone.set_input_files(f"{form} input[type=file]", [proof])
            phone.click(f"{form} .button:not([href])")
            arrive(phone, f"document.body.innerText.includes('{words}')")
            fits(phone)

        answer(
            organ,
            'form[action$="/reply"]',
            "回复已收到",
            {"summary": "已全面整改"},
            chosen="[value=accepted]",
            file=True,
        )
        answer(organ, 'form[action$="/prove"]', "证明已收到", {"note": "抽查合格"}, file=True)
        answer(firm, 'form[action$="/prove"]', "证明已收到", {"note": "打印机已升级"}, file=True)
        answer(
            officer,
            'form[action$="/statement"]',
            "已收到，内容已封存",
            {"text": "建议三个月后复查"},
            chosen="[value=partly]",
        )
        answer(
            court,
            'form[action$="/answer"]',
            "处理意见已记入账本",
            {"text": "案卷收讫一册"},
            chosen="[value=received]",
        )
        text = inside.get("/matters/M2026-0001").text
        with home.database.read() as connection:
            told = {str(one.payload) for one in events(connection, [CASE, "M2026-0001"])}
            names = {row.path for row in exhibits(connection, ["M2026-0001"])}
    assert sum("整改照片" in name for name in names) == 3, names
    for said in ("已全面整改", "抽查合格", "打印机已升级", "案卷收讫一册"):
        assert any(said in one for one in told), said
    assert text.count("整改照片") >= 3
