"""How long pages take to show on a slow machine: largest contentful paint, blocking and bytes in a real browser.

The CPU is slowed six times and the window is 1366 by 768. Each page is loaded afresh, with an empty cache, in turns with a bare
page of the same server: that floor is what the browser takes when there is next to nothing to show.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import msgspec
from tests.web.browsing import Nothing, sign_in
from tests.web.making import PASSWORD, desk_of, handle_all
from tests.web.serving import served

from bench._harness import Context, Row
from qingyuan.office.browser import Browser, Page
from qingyuan.office.casework import Argument, act
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import leads

_SLOWER = 6
_WATCH = """
window.seen = {lcp: 0, long: []};
new PerformanceObserver(l => l.getEntries().forEach(e => { seen.lcp = e.startTime; })).observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => seen.long.push(e.duration))).observe({type: 'longtask', buffered: true});
"""
_READ = """new Promise(done => setTimeout(() => done(JSON.stringify({
  lcp: seen.lcp, blocked: seen.long.reduce((sum, d) => sum + Math.max(0, d - 50), 0),
  bytes: performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).reduce((sum, e) => sum + e.transferSize, 0)
})), 400))"""


class Shown(msgspec.Struct):
    """What one load took: milliseconds to the largest paint, milliseconds blocked, bytes over the wire."""

    lcp: float
    blocked: float
    bytes: float


def run(context: Context) -> Iterator[Row]:
    """Yield the largest paint (ms), the time blocked (ms) and the bytes of the first load of each page."""
    rounds = context.pick(7, 2)
    with Home.open(context.folder / "home", create=True, office=OfficeInfo("bench", "演示检察院")) as home:
        matter = _matter(home)
        with served(home) as (url, app), Browser.launch() as browser:
            li = desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
            handle_all(desk_of(app), li.person)
            page = browser.page()
            page.call("Network.setCacheDisabled", {"cacheDisabled": True}, into=Nothing)
            page.call(
                "Emulation.setDeviceMetricsOverride",
                {"width": 1366, "height": 768, "deviceScaleFactor": 1, "mobile": False},
                into=Nothing,
            )
            sign_in(page, url)
            page.call("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH}, into=Nothing)
            page.call("Emulation.setCPUThrottlingRate", {"rate": _SLOWER}, into=Nothing)
            pages = {
                "portal": "/portal",
                "report a clue": "/report",
                "workbench": "/",
                "leads": "/leads",
                "matter": f"/matters/{matter}",
            }
            for name, path in pages.items():
                yield from _rows(page, name, f"{url}{path}", f"{url}/healthz", rounds)


def _rows(page: Page, name: str, url: str, bare: str, rounds: int) -> Iterator[Row]:
    shown, floor = list[Shown](), list[Shown]()
    for _ in range(rounds):
        floor.append(_load(page, bare))
        shown.append(_load(page, url))
    paints = [one.lcp for one in shown]
    yield Row(
        f"{name}: largest paint, CPU slowed six times",
        statistics.median(paints),
        "ms",
        "a bare page",
        statistics.median(one.lcp for one in floor),
        rounds,
        max(paints) / max(min(paints), 0.001),
    )
    yield Row(f"{name}: blocked", statistics.median(one.blocked for one in shown), "ms", runs=rounds)
    yield Row(f"{name}: first load", statistics.median(one.bytes for one in shown) / 1000, "kB", runs=rounds)


def _load(page: Page, url: str) -> Shown:
    page.navigate(url)
    return msgspec.json.decode(str(page.evaluate(_READ)), type=Shown)


def _matter(home: Home) -> str:
    """Make a dozen leads and a matter with an administrative case."""
    for number in range(12):
        registered: dict[str, Argument] = {
            "title": f"线索 {number}",
            "source": "tip-off",
            "field": "express-waybill",
            "received_on": "2026-03-01",
            "summary": "驿站面单没有遮挡姓名和电话",
        }
        act(home, "lead-register", None, registered, actor="P001")
    assessed: dict[str, Argument] = {"authenticity": "可靠", "investigability": "可查", "conclusion": "open"}
    lead = next(iter(leads(home).rows)).id
    act(home, "lead-assess", lead, assessed, actor="P001")
    matter = act(home, "matter-open", lead, {}, actor="P001")[0].stream
    filed: dict[str, Argument] = {
        "track": "administrative",
        "office": "演示检察院",
        "jurisdiction": "same-level",
        "basis": "personal-information",
        "harm": "面单数据外泄",
        "violation": "未履行监管职责",
        "respondents": ["演示邮政管理局"],
        "regulator": "postal",
        "duties": ["postal-waybill"],
        "approved_by": "P009",
        "approved_on": home.clock.now().date().isoformat(),
    }
    act(home, "case-file", matter, filed, actor="P001")
    return matter
