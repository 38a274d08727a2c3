"""Taking one page: the machine is examined, the page gone through, everything it shows and sent is kept.

What comes out lies in a folder of our own as plain files; nothing is sealed here, so that a capture that is
killed leaves nothing in the office.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.evidence import Entropy
from qingyuan.evidence.warc import WaczPage
from qingyuan.evidence.warc.model import Checked
from qingyuan.office.browser import Browser, BrowserError, Page, Standby, find_chromium
from qingyuan.office.capture.archive import Archive
from qingyuan.office.capture.bounds import Meter
from qingyuan.office.capture.decoded import DecodedTaker
from qingyuan.office.capture.environment import Environment, complete, examine
from qingyuan.office.capture.errors import CaptureError
from qingyuan.office.capture.guard import Guard
from qingyuan.office.capture.har import date_remarks, har
from qingyuan.office.capture.plan import Shown, look, walk
from qingyuan.office.capture.program import begin_digest
from qingyuan.office.capture.proxy import Proxy, Rules
from qingyuan.office.capture.replay import Replay, Replaying
from qingyuan.office.capture.screencast import Screencast
from qingyuan.office.capture.settings import CaptureSettings
from qingyuan.office.capture.taken import Product, Step, Taken, check_url
from qingyuan.office.clock import Clock

_SECURE = 443
#: The browser tells of a download shortly after it gives up the navigation.
_DOWNLOAD_SECONDS = 2.0
#: Least and most seconds for one view.
_LEAST_SECONDS, _MOST_SECONDS = 8.0, 60.0
_PLAIN = 80


class _DocumentResponse(msgspec.Struct, frozen=True):
    status: int = 0


class _Received(msgspec.Struct, frozen=True):
    type: str
    frameId: str = ""  # noqa: N815 - the protocol's name
    response: _DocumentResponse = _DocumentResponse()


def take(
    url: str,
    folder: Path,
    settings: CaptureSettings,
    clock: Clock,
    entropy: Entropy,
    *,
    standby: Standby | None = None,
) -> Taken:
    """Take one page.

    Args:
        url: Its address.
        folder: An empty folder of our own, where the files are left.
        settings: How.
        clock: Where times come from.
        entropy: Source of record identifiers.
        standby: Browsers for this page alone, on their way already; otherwise they are started here.

    Raises:
        CaptureError: The address is refused, cannot be reached, or is no page.
        BrowserError: There is no browser, or it failed.
    """
    check_url(url)
    if standby is not None:
        return _Taking(url, folder, settings, clock, entropy, standby).run()
    with Standby(1, window=settings.window) as own:
        return _Taking(url, folder, settings, clock, entropy, own).run()


class _Taking:
    """The state of taking one page."""

    def __init__(
        self,
        url: str,
        folder: Path,
        settings: CaptureSettings,
        clock: Clock,
        entropy: Entropy,
        standby: Standby,
    ) -> None:
        from qingyuan import __version__  # noqa: PLC0415 - read at call time

        self._url, self._folder, self._settings, self._clock = url, folder, settings, clock
        self._tool = f"qingyuan/{__version__}"
        self._started, self._started_ns = clock.now(), clock.monotonic_ns()
        self._steps: list[Step] = []
        self._products: list[Product] = []
        self._absent: list[tuple[str, str, str]] = []
        self._status, self._main = 0, ""
        self._shown: Shown | None = None
        self._changed = False
        self._load_ms = -1
        self._player: Future[Replaying] | None = None
        self._guard = Guard(allow_private=settings.allow_private, allowed=settings.allowed)
        self._standby, self._authority = standby, standby.authority
        self._digesting = begin_digest(find_chromium(lean=True), clock)
        self._look_up()
        self._meter = Meter(settings.bounds)
        # In decoded mode the proxy sees every byte too; what counts there is what the browser reports.
        self._proxy_meter = self._meter if settings.raw else Meter(settings.bounds)
        self._archive = Archive(
            folder,
            entropy,
            clock,
            software=self._tool,
            facts=(("mode", settings.mode), ("isPartOf", url)),
        )

    def run(self) -> Taken:
        with ThreadPoolExecutor(2, thread_name_prefix="capture") as beside:
            try:
                return self._run(beside)
            finally:
                self._archive.close()
                if self._player is not None and not self._player.cancel() and not self._player.exception():
                    self._player.result().close()

    def _run(self, beside: ThreadPoolExecutor) -> Taken:
        with self._proxy() as proxy, contextlib.ExitStack() as opened:
            browser = opened.enter_context(self._standby.browser())
            opening = beside.submit(browser.page, proxy=proxy.address, console=False)
            environment = self._examine(browser)
            page = opening.result()
            page.on("Network.responseReceived", _Received, self._on_received)
            taker: DecodedTaker | None = None
            if not self._settings.raw:
                taker = DecodedTaker(page, self._meter, self._clock, self._guard.address_of)
                opened.callback(taker.close)
            cast = self._screencast(page)
            self._go(page, beside)
            self._keep_views(page)
            proxy.wait_downloads(self._meter.left())
            if cast is not None:
                self._end_screencast(cast)
            if taker is not None:
                for exchange in taker.exchanges():
                    self._archive.record(exchange)
            addresses, remarks = tuple(page.addresses), _remarks(page, self._changed)
            # Ending the browser takes a while; nothing that follows needs it.
            closing = beside.submit(opened.pop_all().close)
        remarks += date_remarks(self._archive.entries)
        title = self._shown.title if self._shown else ""
        ended, ended_ns = self._clock.now(), self._clock.monotonic_ns()
        checked = self._close_archive(title)
        played = self._replay(self._player)
        closing.result()
        environment = complete(environment, self._digesting)
        self._write("environment.json", environment.as_bytes(), "application/json")
        return Taken(
            url=self._url,
            final_url=addresses[-1] if addresses else self._url,
            status=self._status,
            title=title,
            started=self._started,
            started_ns=self._started_ns,
            ended=ended,
            ended_ns=ended_ns,
            products=tuple(self._products),
            absent=tuple(self._absent),
            environment=environment,
            steps=tuple(self._steps),
            addresses=addresses,
            answers=self._guard.answers,
            hits=tuple(
                sorted({*self._meter.hits, *self._proxy_meter.hits}, key=lambda h: (h.bound, h.where))
            ),
            refusals=tuple(self._archive.refusals),
            chains=tuple(sorted(self._archive.chains)),
            remarks=remarks,
            resources=sum(1 for entry in self._archive.entries if entry.head),
            bytes=sum(entry.size for entry in self._archive.entries),
            warc=checked,
            replay=played,
        )

    def _look_up(self) -> None:
        parts = urlsplit(self._url)
        self._guard.look_up(
            parts.hostname or "", parts.port or (_SECURE if parts.scheme == "https" else _PLAIN)
        )

    def _proxy(self) -> Proxy:
        return Proxy(
            self._guard,
            self._proxy_meter,
            self._clock,
            self._authority,
            record=self._archive.record,
            refuse=self._archive.refuse,
            rules=Rules(raw=self._settings.raw, allow_bad_certificate=self._settings.allow_bad_certificate),
        )

    def _examine(self, browser: Browser) -> Environment:
        report = examine(
            [self._url],
            browser.facts,
            self._guard.answers,
            self._clock,
            mode=self._settings.mode,
            allow_private=self._settings.allow_private,
        )
        self._step("检查取证环境，形成清洁性报告", "examined the machine and made the cleanliness report")
        return report

    def _screencast(self, page: Page) -> Screencast | None:
        if not self._settings.screencast:
            return None
        self._step("开始录屏", "began the screen recording")
        return Screencast(page, self._folder / "recording.zip", self._clock)

    def _end_screencast(self, cast: Screencast) -> None:
        count = cast.stop()
        full = "，已达上限" if cast.full else ""
        self._step(f"结束录屏，共 {count} 帧{full}", f"ended the screen recording, {count} pictures")
        self._products.append(Product("recording.zip", self._folder / "recording.zip", "application/zip"))

    def _on_received(self, event: _Received) -> None:
        if event.type == "Document" and (not self._status or event.frameId == self._main):
            self._status, self._main = event.response.status, event.frameId

    def _go(self, page: Page, beside: ThreadPoolExecutor) -> None:
        """Go to the page and take it through the plan; the browser of the replay check starts beside that."""

        def prepare_replay() -> None:
            if self._settings.replay:
                self._player = beside.submit(
                    Replaying, self._standby.browser, self._authority, self._settings.bounds
                )

        self._step(f"在浏览器中打开 {self._url}", f"opened {self._url} in the browser")
        began = self._clock.monotonic_ns()
        try:
            page.start(self._url, timeout=max(1.0, self._meter.left(self._settings.bounds.load_seconds)))
        except BrowserError as error:
            raise self._why(error, page) from error
        steps = walk(page, self._meter, self._url, loaded=prepare_replay)
        self._load_ms = (self._clock.monotonic_ns() - began) // 1_000_000
        self._step(
            f"页面加载完毕，向下滚动 {steps} 屏后回到顶部",
            f"the page was loaded and scrolled through {steps} views, then back to the top",
        )

    def _why(self, error: BrowserError, page: Page) -> QingyuanError:
        """Return the true reason why the page could not be gone to."""
        if self._archive.refusals:
            return self._archive.refusals[-1].error()
        if "ERR_ABORTED" in error.en and page.wait_until(lambda: bool(page.downloads), _DOWNLOAD_SECONDS):
            return CaptureError(
                "capture.is-download",
                zh="该地址是文件下载，不是网页",
                en="the address is a file to download, not a page",
                where=self._url,
                remedy_zh="请另行取得该文件，用 qingyuan seal 封存",
                remedy_en="get the file by other means and use qingyuan seal",
            )
        return error

    def _keep_views(self, page: Page) -> None:
        """Keep what the page shows, in every form."""
        height, wait = self._settings.bounds.height, self._patience
        with self._may_fail("page.html"):
            self._shown = look(page, timeout=self._patience())
        views: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
            ("page.html", "text/html", lambda: page.html(timeout=wait()).encode("utf-8", "replace")),
            ("page.png", "image/png", lambda: page.screenshot(max_height=height, timeout=wait())),
            ("page.mhtml", "multipart/related", lambda: page.mhtml(timeout=wait())),
            ("page.pdf", "application/pdf", lambda: page.pdf(timeout=wait())),
        )
        for name, kind, make in views:
            with self._may_fail(name):
                self._write(name, make(), kind)
        with self._may_fail(""):
            self._changed = self._shown is not None and look(page, timeout=wait()) != self._shown
        self._step(
            "保存 DOM、整页截图、MHTML 和 PDF", "kept the DOM, a picture of the full page, MHTML and PDF"
        )

    def _patience(self) -> float:
        """Return how long one view may take: longer than a page needs, and never long past its time."""
        return max(_LEAST_SECONDS, self._meter.left(_MOST_SECONDS))

    @contextlib.contextmanager
    def _may_fail(self, name: str) -> Iterator[None]:
        """Let one view fail without losing the others; a browser that is gone fails them all."""
        try:
            yield
        except BrowserError as error:
            if error.code == "browser.gone":
                raise
            if name:
                self._absent.append((name, error.zh, error.en))

    def _close_archive(self, title: str) -> Checked:
        """Write HAR and WACZ from what went over the wire."""
        started = self._steps[-1].at if self._steps else self._started
        wacz = self._folder / "capture.wacz"
        page = WaczPage("page_1", self._url, title, self._started)
        checked = self._archive.finish(wacz, [page], self._guard.answers)
        self._products.insert(0, Product("capture.wacz", wacz, "application/wacz"))
        data = har(
            self._archive.entries,
            url=self._url,
            title=title,
            started=min((entry.started for entry in self._archive.entries), default=started),
            load_ms=self._load_ms,
            tool=self._tool,
        )
        self._write("page.har", data, "application/json", parent="capture.wacz")
        self._step(
            f"写成 WACZ，两个读取程序核对 {checked.records} 条记录",
            f"wrote the WACZ file; two readers checked its {checked.records} records",
        )
        return checked

    def _replay(self, started: Future[Replaying] | None) -> Replay:
        if started is None:
            return Replay("unknown", "未进行回放核对", "the replay check was not asked for")
        try:
            played = started.result().play(self._folder / "capture.wacz", self._url, self._shown)
        except BrowserError as error:
            played = Replay("unknown", error.zh, error.en)
        self._step(f"断网回放核对：{played.zh}", f"replay with the network dead: {played.en}")
        return played

    def _write(self, name: str, data: bytes, kind: str, *, parent: str = "") -> None:
        path = self._folder / name
        path.write_bytes(data)
        self._products.append(Product(name, path, kind, parent))

    def _step(self, zh: str, en: str) -> None:
        self._steps.append(Step(self._clock.now(), self._clock.monotonic_ns(), zh, en))


def _remarks(page: Page, changed: bool) -> tuple[tuple[str, str], ...]:
    remarks: list[tuple[str, str]] = []
    remarks += [
        (
            f"页面弹出对话框（{d.kind}），已关闭：{d.message[:200]}",
            f"dialog ({d.kind}) dismissed: {d.message[:200]}",
        )
        for d in page.dialogs[:50]
    ]
    remarks += [
        (f"页面要求下载，未打开：{d.url[:500]}", f"download not opened: {d.url[:500]}")
        for d in page.downloads[:50]
    ]
    remarks += [
        (f"页面要求打开新窗口，已关闭：{u[:500]}", f"window closed: {u[:500]}") for u in page.popups[:50]
    ]
    remarks += [
        (f"页面自行跳转至：{u[:500]}", f"the page went on to: {u[:500]}") for u in page.addresses[1:50]
    ]
    if changed:
        remarks.append(("保存期间页面内容有变化", "the page changed while it was being kept"))
    return tuple(remarks)
