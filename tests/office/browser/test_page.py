"""A tab: what it does, what it gives, and what it does not let a page do."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from qingyuan.office.browser import Browser, BrowserError, Dialog, Page


class _Targets(msgspec.Struct):
    targetInfos: list[dict[str, object]]  # noqa: N815


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser.launch() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    tab = browser.page()
    yield tab
    tab.close()


def _page(folder: Path, body: str) -> str:
    path = folder / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>页</title>{body}", encoding="utf-8")
    return path.as_uri()


def test_script_runs_and_gives_values(page: Page, tmp_path: Path) -> None:
    page.navigate(_page(tmp_path, "<p id=p>原文</p>"))
    assert page.evaluate("document.title") == "页"
    assert page.evaluate("({a: [1, 2.5, null, true], b: '中'})") == {"a": [1, 2.5, None, True], "b": "中"}
    assert page.evaluate("Promise.resolve(7)") == 7
    assert page.evaluate("'\\ud800x'") == "\ufffdx"
    with pytest.raises(BrowserError) as caught:
        page.evaluate("nothing.at.all")
    assert caught.value.code == "browser.script"
    assert "nothing" in caught.value.en


def test_waiting_for_what_comes_later_and_for_what_never_comes(page: Page, tmp_path: Path) -> None:
    page.navigate(_page(tmp_path, "<script>setTimeout(() => window.ready = 'yes', 80)</script>"))
    assert page.wait_for("window.ready") == "yes"
    with pytest.raises(BrowserError) as caught:
        page.wait_for("window.never", timeout=0.1)
    assert caught.value.code == "browser.timeout"


def test_files_are_chosen_and_dropped(page: Page, tmp_path: Path) -> None:
    body = """<input type=file id=f multiple><div id=d style="height:9em">here</div><script>
    d.ondragover = e => e.preventDefault();
    d.ondrop = async e => { e.preventDefault(); window.got = await e.dataTransfer.files[0].text(); };
    </script>"""
    material = tmp_path / "材料.txt"
    material.write_text("内容", encoding="utf-8")
    page.navigate(_page(tmp_path, body))
    page.set_input_files("#f", [material, tmp_path / "page.html"])
    assert page.evaluate("[...f.files].map(x => x.name)") == ["材料.txt", "page.html"]
    assert page.evaluate("f.files[0].text()") == "内容"
    page.drop_files("#d", [material])
    assert page.wait_for("window.got") == "内容"
    with pytest.raises(BrowserError):
        page.set_input_files("#none", [material])


def test_clicks_reach_the_page_and_its_words_and_errors_are_collected(page: Page, tmp_path: Path) -> None:
    body = "<button id=b onclick=\"console.warn('按', 1); setTimeout(() => { throw new Error('坏') })\">x</button>"
    page.navigate(_page(tmp_path, body))
    page.click("#b")
    assert page.wait_until(lambda: bool(page.console and page.errors), 5) or (page.console and page.errors)
    assert page.console == ["warning: 按 1"]
    assert "坏" in page.errors[0]


def test_dialogs_are_dismissed_and_noted(page: Page, tmp_path: Path) -> None:
    body = "<script>alert('甲'); window.answer = confirm('乙'); window.typed = prompt('丙', 'x')</script>"
    page.navigate(_page(tmp_path, body))
    assert page.evaluate("[answer, typed]") == [False, None]
    assert page.dialogs == [Dialog("alert", "甲"), Dialog("confirm", "乙"), Dialog("prompt", "丙")]


def test_popups_are_closed_and_noted_and_downloads_are_refused_and_noted(
    browser: Browser, page: Page, tmp_path: Path
) -> None:
    body = """<a id=a download=x.bin href="data:application/octet-stream,abc">x</a>
    <button id=b onclick="window.open('data:text/plain,popup')">y</button>"""
    page.navigate(_page(tmp_path, body))
    page.click("#b")
    page.click("#a")
    assert page.wait_until(lambda: bool(page.downloads and page.popups), 5)
    assert [one.name for one in page.downloads] == ["x.bin"]
    assert page.popups == ["data:text/plain,popup"]
    targets = browser.call("Target.getTargets", into=_Targets).targetInfos
    assert [one["type"] for one in targets if one["attached"]] == ["page"]


def test_a_full_page_picture_is_as_high_as_the_page_and_never_higher_than_allowed(
    page: Page, tmp_path: Path
) -> None:
    page.navigate(_page(tmp_path, "<div style='height:3000px;background:linear-gradient(red,blue)'></div>"))
    width, height = struct.unpack(">II", page.screenshot()[16:24])
    assert width == 1366
    assert 3000 <= height <= 3100
    assert struct.unpack(">II", page.screenshot(max_height=1000)[16:24])[1] == 1000
    assert struct.unpack(">II", page.screenshot(full=False)[16:24])[1] < 1000


def test_pdf_mhtml_and_html_hold_the_page(page: Page, tmp_path: Path) -> None:
    page.navigate(_page(tmp_path, "<p>原文</p>"))
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    mhtml = page.mhtml()
    assert b"multipart/related" in mhtml
    assert page.html().startswith("<!DOCTYPE html>\n<html><head>")
    assert "<p>原文</p>" in page.html()


def test_tabs_share_nothing_and_what_was_asked_for_is_known(browser: Browser, tmp_path: Path) -> None:
    first, second = browser.page(), browser.page()
    address = _page(tmp_path, "<script>localStorage.x = (localStorage.x || '') + 'a'</script>")
    for tab in (first, second):
        tab.navigate(address)
        assert tab.evaluate("localStorage.x") == "a"
        assert tab.requests == [address]
        tab.close()


def test_going_nowhere_is_said_clearly(page: Page) -> None:
    with pytest.raises(BrowserError) as caught:
        page.navigate("http://127.0.0.1:1/")
    assert caught.value.code == "browser.navigation"
    assert "ERR_" in caught.value.en
    with pytest.raises(BrowserError):
        page.navigate("file:///no/such/file")
