"""Hands and eyes for tests that drive a real browser: keys, waiting across pages, accessibility."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import msgspec

from qingyuan.office.browser import BrowserError, Page
from tests.web.making import PASSWORD

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN = """axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(
  v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])))"""
_CODES = {"Enter": 13, "Tab": 9, "k": 75, "n": 78, " ": 32, "ArrowDown": 40, "ArrowUp": 38, "Escape": 27}


class Nothing(msgspec.Struct):
    """An answer of which nothing is read."""


def keys(page: Page, text: str) -> None:
    """Type ``text`` into what has the focus."""
    page.call("Input.insertText", {"text": text}, into=Nothing)


def press(page: Page, key: str, *, modifiers: int = 0) -> None:
    """Press and release one key; ``modifiers`` as the DevTools protocol counts them (2 is Ctrl, 8 is Shift)."""
    extra = {"text": "\r"} if key == "Enter" else {"text": key} if key in " 0123456789" else {}
    code = _CODES[key] if key in _CODES else ord(key)
    base = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
    page.call("Input.dispatchKeyEvent", {"type": "keyDown", **base, **extra}, into=Nothing)
    page.call("Input.dispatchKeyEvent", {"type": "keyUp", **base}, into=Nothing)


def arrive(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait until something holds, across pages."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(f"document.readyState === 'complete' && Boolean({expression})", timeout=5):
                return
        except BrowserError:  # the page went away while it was asked
            pass
        if time.monotonic() >= deadline:
            shown = str(page.evaluate("document.querySelector('main').innerText"))[:600]
            raise AssertionError(f"{expression} does not hold on {page.evaluate('location.href')}: {shown}")
        time.sleep(0.03)


def sign_in(page: Page, url: str, name: str = "li", *, lang: str = "zh") -> None:
    """Sign in by keyboard and wait for the workbench."""
    page.navigate(f"{url}/sign-in?lang={lang}")
    page.evaluate("document.querySelector('#f-name').focus()")
    keys(page, name)
    press(page, "Tab")
    keys(page, PASSWORD)
    press(page, "Enter")
    arrive(page, "location.pathname === '/'")


def violations(page: Page) -> list[object]:
    """Return what axe-core finds on the page that is shown: the rule and the elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE + "; 0")
    found = json.loads(str(page.evaluate(_RUN)))
    assert isinstance(found, list)
    return found
