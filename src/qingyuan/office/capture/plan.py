"""The plan that every page is taken through: load, settle, scroll to the end, return, settle again.

Scrolling makes pages load what they hold back. It has an end even when the page has none: a height, a
time, a number of answers and of bytes. What lies beyond is named in the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec

from qingyuan.office.browser import BrowserError, Page
from qingyuan.office.capture.bounds import Meter
from qingyuan.shapes import convert

#: After each step the network may take this long to become quiet.
_STEP_SECONDS = 3.0
_STEP_QUIET = 0.06

_SCROLL = """new Promise(done => {{
  const root = document.scrollingElement || document.documentElement;
  window.scrollTo(0, {y});
  const tell = () => done([window.scrollY, window.innerHeight, root ? root.scrollHeight : 0]);
  const late = setTimeout(tell, 250);
  requestAnimationFrame(() => requestAnimationFrame(() => {{ clearTimeout(late); tell(); }}));
}})"""

_STATE = """({
  title: document.title,
  text: document.body ? document.body.innerText : '',
  html: document.documentElement ? document.documentElement.outerHTML : '',
})"""


class Shown(msgspec.Struct, frozen=True):
    """What the page shows at one moment.

    Attributes:
        title: Its title.
        text_sha256: SHA-256 of its visible text, white space folded.
        dom_sha256: SHA-256 of its document as HTML.
    """

    title: str
    text_sha256: str
    dom_sha256: str


class _State(msgspec.Struct, frozen=True):
    title: str
    text: str
    html: str


def walk(page: Page, meter: Meter, url: str, *, loaded: Callable[[], object] = lambda: None) -> int:
    """Take a page that was started through the plan; return how many steps were scrolled.

    Limits that are reached are noted in ``meter``; ``loaded`` is called once the page is loaded.

    Raises:
        BrowserError: The browser is gone, or the page does not answer.
    """
    bounds = meter.bounds
    if not page.wait_loaded(meter.left(bounds.load_seconds)):
        meter.hit("load_seconds", url)
        page.send("Page.stopLoading")
    loaded()
    settle(page, meter, url)
    try:
        steps = _scroll(page, meter, url)
    except BrowserError as error:
        if error.code != "browser.timeout":
            raise
        # A script that never ends: it is stopped, and what is there is taken.
        meter.hit("script_seconds", url)
        page.send("Runtime.terminateExecution")
        return 0
    if steps:
        settle(page, meter, url)
    return steps


def settle(page: Page, meter: Meter, url: str) -> None:
    """Wait until the network is quiet, or the limit for that."""
    bounds = meter.bounds
    if not page.wait_idle(bounds.quiet_seconds, meter.left(bounds.settle_seconds)):
        meter.hit("settle_seconds", url)


def look(page: Page, *, timeout: float) -> Shown:
    """Return what the page shows now."""
    state = convert(page.evaluate(_STATE, timeout=timeout), _State)
    text = " ".join(state.text.split())
    return Shown(state.title, _sha256(text), _sha256(state.html))


def _scroll(page: Page, meter: Meter, url: str) -> int:
    """Go down view by view until the end stays where it is; return how many steps that took."""
    target, steps = 0, 0
    while meter.left():
        place = page.evaluate(
            _SCROLL.format(y=target), timeout=max(1.0, meter.left(meter.bounds.script_seconds))
        )
        y, view, height = convert(place, tuple[float, float, float], strict=False)
        if page.busy:
            page.wait_idle(_STEP_QUIET, meter.left(_STEP_SECONDS))
            place = page.evaluate(
                _SCROLL.format(y=target), timeout=max(1.0, meter.left(meter.bounds.script_seconds))
            )
            y, view, height = convert(place, tuple[float, float, float], strict=False)
        if y + view >= height - 1:
            break
        if target + view >= meter.bounds.height:
            meter.hit("height", url)
            break
        target = int(target + max(view, 1))
        steps += 1
    else:
        meter.hit("seconds", url)
    if steps:
        page.evaluate(_SCROLL.format(y=0), timeout=max(1.0, meter.left(meter.bounds.script_seconds)))
    return steps


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
