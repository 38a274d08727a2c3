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
from qingyuan.web.asking import LANG_COOKIE
from qingyuan.web.routing import PAGES
from tests.web.making import PASSWORD

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
#: The rules that colours alone can break; what else a page breaks, it breaks in any of them.
_OF_COLOUR = "['color-contrast', 'link-in-text-block']"
_RUN = """axe.run(document, {resultTypes: ['violations'], rules: Object.fromEntries(RULES.map(r => [r, {enabled: false}]))})
  .then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))])))""".replace(
    "RULES", _OF_COLOUR
)
#: What a text is judged by (its colour, size and weight, and all that is painted behind it) is judged once in a tab:
#: axe looks at the texts of which no like one has passed yet, on this page or on one before it.
_RUN_OF_COLOUR = """(async () => {
  const passed = new Set(JSON.parse(sessionStorage.getItem('passed') || '[]'));
  const behind = new Map();
  const painted = e => {
    if (!e) return '';
    if (!behind.has(e)) {
      const s = getComputedStyle(e);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.mixBlendMode, s.filter, s.color].join();
      const above = painted(e.parentElement);
      behind.set(e, above.endsWith(own) ? above : above + '|' + own);
    }
    return behind.get(e);
  };
  const like = e => {
    const s = getComputedStyle(e);
    const amid = e.localName === 'a' && [...e.parentNode.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    return [e.localName, e.type, amid, s.fontSize, s.fontWeight, s.textShadow, s.textDecorationLine].join() + painted(e);
  };
  const control = 'input, select, textarea, button';
  const shown = [...document.body.querySelectorAll('*')].filter(e => e.matches(control)
    || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const fresh = shown.filter(e => !passed.has(like(e)));
  const wrong = [];
  if (fresh.length) {
    const found = await axe.run({include: fresh}, {runOnly: {type: 'rule', values: RULES},
      resultTypes: ['violations', 'passes'], elementRef: true});
    for (const v of found.violations) wrong.push([v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))]);
    const bad = new Set([...found.violations, ...found.incomplete].flatMap(v => v.nodes.map(n => n.element)));
    for (const v of found.passes) for (const n of v.nodes)
      if (v.id === 'color-contrast' && !bad.has(n.element)) passed.add(like(n.element));
    sessionStorage.setItem('passed', JSON.stringify([...passed]));
  }
  return JSON.stringify(wrong);
})()""".replace("RULES", _OF_COLOUR)
#: Addresses of the table that :func:`addresses` leaves out, by a pattern of the whole of it, and why.
UNSEEN = {
    r".*(/file|/content|/picture|/receipt|/answer|/message|/events|/introduction|/draft|\.html|\.json|\.pdf|\.py)": "a file, a picture or a stream of events",
    r"/(leads|matters)/\{identifier\}/scan/report|/reports/\{name\}|/admin/(witnesses/files|keys/trust)/\{name\}": "a file",
    r"/portal/i/.*": "the desks behind a link: tests/web/portal/test_desks_browser.py",
    r".*\{job\}": "what came of a job: the page of one that was done and of one that failed are looked at, tests/web/scenes.py draws more",
    r"/admin/(keys/\{key\}|hooks/\{hook\})|/packages/\{identifier\}": "there is one only after an act: tests/web/scenes.py draws it",
    r"/exchange/\{identifier\}/received/\{name\}": "there is one only after a bundle came: tests/web/test_rechecks.py reads it, scenes.py draws it",
    r"/setup": "there is none when there is an account: tests/web/test_browser.py looks at the first start by itself",
    r"/cases/\{identifier\}/recheck": "there is none before a measure is owed: tests/web/scenes.py draws it",
    r"(/account|/sign-in)/provider(/back)?": "leads away to the provider",
}
#: What stands for ``{identifier}`` by what the address begins with; ``L``, ``M``, ``C`` and ``X`` are the newest.
_STANDS = {
    "/cases": "C",
    "/documents": "C",
    "/exhibits": "X",
    "/ledger/entries": "1",
    "/matters": "M",
}
#: What stands for ``{name}`` in addresses where it is no record.
_NAMES = {
    "/documents/{identifier}/{name}": "filing-decision",
    "/acts/{target}/{name}": "consult",
    "/statistics/{name}": "leads-by-source",
}
#: What is asked of a page that shows nothing otherwise.
_ASKED = {"/exhibits/{identifier}/source": "?at=1", "/law": "?q=公益"}
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


def violations(page: Page, *, of_colour: bool = False) -> list[object]:
    """Return what axe-core finds on the page that is shown, by every rule or by those of colour: the rule and the elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE + "; 0")
    found: list[object] = []
    for run in (_RUN_OF_COLOUR,) if of_colour else (_RUN, _RUN_OF_COLOUR):
        wrong = json.loads(str(page.evaluate(run)))
        assert isinstance(wrong, list)
        found += wrong
    return found


def in_both_themes(page: Page) -> dict[str, list[object]]:
    """Return what axe-core finds in light by every rule and, on the same page, in dark by those of colour."""
    prefer(page, "light")
    found = {"light": violations(page)}
    prefer(page, "dark")
    found["dark"] = violations(page, of_colour=True)
    return {theme: wrong for theme, wrong in found.items() if wrong}


def speak(page: Page, url: str, lang: str) -> None:
    """Let whoever looks have chosen a language, so that what a form answers is in it too."""
    page.call("Network.setCookie", {"name": LANG_COOKIE, "value": lang, "url": url}, into=Nothing)


def prefer(page: Page, theme: str) -> None:
    """Let the system prefer a theme, and see that the page follows it."""
    wanted = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    page.call("Emulation.setEmulatedMedia", wanted, into=Nothing)
    assert page.evaluate(f"matchMedia('(prefers-color-scheme: {theme})').matches")
    assert page.evaluate("document.documentElement.dataset.theme") not in {"light", "dark"}


def addresses(home: Home) -> dict[str, str]:
    """Return by route an address of every page that shows something, filled in from the newest records of ``home``."""
    with home.database.read() as connection:
        newest = {kind: list(streams(connection, kind))[-1] for kind in ("L", "M", "C")}
        leads = reversed(list(streams(connection, "L")))
        scanned = next(one for one in leads if items(connection, one, ItemState.SCANNED))
        newest["X"] = next(one.id for one in exhibits(connection, [newest["L"], "L2026-0001"]))
    found = {}
    for one in PAGES:
        if one.method != "GET" or reason_unseen(one.path):
            continue
        stands = [_STANDS[start] for start in sorted(_STANDS, key=len) if one.path.startswith(start)]
        last = newest.get(stands[-1], stands[-1]) if stands else newest["L"]
        names = {
            "identifier": scanned if re.match("/leads/.*(/scan|/harm)", one.path) else last,
            "name": _NAMES.get(one.path) or home.law.tables()[0].id,
            "case": newest["C"],
            "target": newest["C"],
            "rule": "pil-interpretation-reply",
            "person": "P001",
            "body": "procuratorate-330000",
        }
        found[one.path] = one.path.format(**names) + _ASKED.get(one.path, "")
    return found


def reason_unseen(route: str) -> str:
    """Return why no address stands for a route, ``""`` when one does."""
    return next((why for known, why in UNSEEN.items() if re.fullmatch(known, route)), "")
