"""Hands and eyes for tests that drive a real browser: keys, waiting across pages, accessibility."""

from __future__ import annotations

import json
import re
import time
from importlib.resources import files

import msgspec

from qingyuan.office.browser import BrowserError, Page
from qingyuan.office.home import Home
from qingyuan.store.intakes import ItemState, items
from qingyuan.store.registry import exhibits, streams
from qingyuan.web.routing import PAGES
from tests.web.making import PASSWORD

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN = """axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(
  v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])))"""
#: What is no page to look at: downloads, streams of events, and pages that need a code, a job or a place.
_UNSEEN = re.compile(
    r"(/content|/file|/events|/receipt|/introduction|/picture|/source|\.html|\.json|\.pdf|/packages/.*|/reports/.*|/portal/i/.*)$"
)
#: What stands for ``{name}`` and ``{identifier}`` by what the address begins with; ``L``, ``M``, ``C`` and ``X`` are the newest.
_STANDS = {
    "/cases": "C",
    "/documents": "C",
    "/exhibits": "X",
    "/invitations": "C",
    "/ledger/entries": "1",
    "/matters": "M",
    "/acts": "consult",
    "/statistics": "leads-by-source",
}
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


def arrive(page: Page, expression: str, seconds: float = 120) -> None:
    """Wait until something holds, across pages."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(f"document.readyState === 'complete' && Boolean({expression})", timeout=5):
                return
        except BrowserError:  # the page went away while it was asked
            pass
        if time.monotonic() >= deadline:
            shown = str(
                page.evaluate("(document.querySelector('main') || document.documentElement).innerText")
            )[:600]
            raise AssertionError(f"{expression} does not hold on {page.evaluate('location.href')}: {shown}")
        time.sleep(0.03)


def sign_in(page: Page, url: str, name: str = "li", *, lang: str = "zh", then: str = "/") -> None:
    """Sign in by keyboard and wait for the workbench, or for what an administrator sees first."""
    page.navigate(f"{url}/sign-in?lang={lang}")
    page.evaluate("document.querySelector('#f-name').focus()")
    keys(page, name)
    press(page, "Tab")
    keys(page, PASSWORD)
    press(page, "Enter")
    arrive(page, f"location.pathname === '{then}'")


def violations(page: Page) -> list[object]:
    """Return what axe-core finds on the page that is shown: the rule and the elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE + "; 0")
    found = json.loads(str(page.evaluate(_RUN)))
    assert isinstance(found, list)
    return found


def addresses(home: Home) -> list[str]:
    """Return an address of every page that shows something, filled in from the newest records of ``home``."""
    with home.database.read() as connection:
        newest = {kind: list(streams(connection, kind))[-1] for kind in ("L", "M", "C")}
        leads = reversed(list(streams(connection, "L")))
        scanned = next(one for one in leads if items(connection, one, ItemState.SCANNED))
        newest["X"] = next(one.id for one in exhibits(connection, [newest["L"], "L2026-0001"]))
    found = []
    for one in PAGES:
        if one.method != "GET" or _UNSEEN.search(one.path):
            continue
        stands = [_STANDS[start] for start in sorted(_STANDS, key=len) if one.path.startswith(start)]
        last = newest.get(stands[-1], stands[-1]) if stands else newest["L"]
        names = {
            "identifier": scanned if "/scan" in one.path else last,
            "name": "filing-decision" if one.path.startswith("/documents") else last,
            "case": newest["C"],
            "target": newest["C"],
            "rule": "pil-interpretation-reply",
            "person": "P001",
            "body": "procuratorate-330000",
        }
        wanted = set(re.findall(r"\{(\w+)\}", one.path))
        if wanted <= names.keys():
            found.append(one.path.format(**{name: names[name] for name in wanted}))
    return [*found, "/law?q=公益", "/law/calculators?which=deadline&period=agency-reply&from=2026-03-18"]
