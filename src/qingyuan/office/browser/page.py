"""One tab of the browser: going somewhere, running script, taking what is seen."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from qingyuan.office.browser import _events as ev
from qingyuan.office.browser._pipe import Connection, Json, Nothing
from qingyuan.office.browser.errors import refused, too_slow
from qingyuan.shapes import convert

T = TypeVar("T")

#: Entries kept of each kind of note; a page can make any number.
MAX_NOTES = 10_000


class Dialog(msgspec.Struct, frozen=True):
    """A dialog that the page opened; it was dismissed.

    Attributes:
        kind: ``"alert"``, ``"confirm"``, ``"prompt"`` or ``"beforeunload"``.
        message: Its words.
    """

    kind: str
    message: str


class Download(msgspec.Struct, frozen=True):
    """A download that the page asked for; it was refused.

    Attributes:
        url: Its address.
        name: File name that was proposed.
    """

    url: str
    name: str


class Page:
    """A tab; :meth:`Browser.page` makes it.

    Dialogs are dismissed, downloads refused and windows that the page opens closed; each is noted.

    Attributes:
        dialogs: Dialogs so far.
        downloads: Downloads asked for so far.
        popups: Addresses of windows that the page tried to open.
        requests: Addresses of requests so far, in their order.
        addresses: Addresses that the main frame went to, in their order.
        console: Console messages so far, when they are collected.
        errors: Uncaught errors of scripts so far, when they are collected.
    """

    def __init__(
        self, connection: Connection, session: str, target: str, context: str, *, console: bool = True
    ) -> None:
        """Watch a tab that was attached to as ``session``."""
        self._connection = connection
        self._session = session
        self._target = target
        self._context = context
        self._changed = threading.Condition()
        self._lifecycle: set[tuple[str, str]] = set()
        self._loader = ""
        self._running: dict[str, float] = {}
        self._quiet_since = time.monotonic()
        self._frame = ""
        self.dialogs: list[Dialog] = []
        self.downloads: list[Download] = []
        self.popups: list[str] = []
        self.requests: list[str] = []
        self.addresses: list[str] = []
        self.console: list[str] = []
        self.errors: list[str] = []
        self._undo = [connection.at_end(self._wake)]
        self._watch()
        self._start(console=console)

    # -- commands -----------------------------------------------------------------------------

    def call(
        self, method: str, params: Mapping[str, object] | None = None, *, into: type[T], timeout: float = 30
    ) -> T:
        """Send a command of the protocol to this tab.

        Raises:
            BrowserError: ``browser.gone``, ``browser.timeout`` or ``browser.refused``.
        """
        return self._connection.call(method, params, into=into, session=self._session, timeout=timeout)

    def send(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Send a command without waiting for its answer; a handler of an event may do this.

        Raises:
            BrowserError: ``browser.gone``.
        """
        self._connection.send(method, params, self._session)

    def on(self, method: str, into: type[T], handler: Callable[[T], None]) -> None:
        """Call ``handler`` for each event; it runs in the reading thread and must not wait for an answer."""
        self._connection.on(self._session, method, into, handler)

    def navigate(self, url: str, *, timeout: float = 30) -> None:
        """Go to ``url`` and wait for its load event.

        Raises:
            BrowserError: ``browser.navigation``: it cannot be reached or is a download;
                ``browser.timeout``: it did not load in time.
        """
        deadline = time.monotonic() + timeout
        self.start(url, timeout=timeout)
        if not self.wait_loaded(deadline - time.monotonic()):
            raise too_slow(url, timeout)

    def start(self, url: str, *, timeout: float = 30) -> None:
        """Go to ``url`` without waiting for the load event.

        Raises:
            BrowserError: As for :meth:`navigate`.
        """
        answer = self.call("Page.navigate", {"url": url}, into=ev.Navigated, timeout=timeout)
        if answer.errorText:
            raise ev.navigation_failed(url, answer.errorText)
        with self._changed:
            self._frame = answer.frameId
            if answer.loaderId:
                self._loader = answer.loaderId

    def wait_loaded(self, timeout: float) -> bool:
        """Wait for the load event of the document last gone to; return whether it came."""
        return self.wait_until(lambda: (self._loader, "load") in self._lifecycle, timeout)

    def wait_idle(self, quiet: float, timeout: float) -> bool:
        """Wait until no request has been under way for ``quiet`` seconds; return whether that came about."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._connection.ended.is_set():
                now = time.monotonic()
                left = quiet - (now - self._quiet_since) if not self._running else deadline - now
                if left <= 0 and not self._running:
                    return True
                if now >= deadline:
                    return False
                self._changed.wait(min(left, deadline - now))
        return False

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self._running)

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``condition``, looked at after every event of this tab; return whether it came to hold."""
        with self._changed:
            return (
                self._changed.wait_for(lambda: condition() or self._connection.ended.is_set(), timeout)
                and condition()
            )

    def evaluate(self, expression: str, *, timeout: float = 30) -> Json:
        """Run script in the page and return its value; a promise is waited for.

        Raises:
            BrowserError: ``browser.script``: it threw.
        """
        answer = self.call(
            "Runtime.evaluate",
            {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True},
            into=ev.Evaluated,
            timeout=timeout,
        )
        if answer.exceptionDetails is not None:
            raise ev.script_failed(answer.exceptionDetails.words())
        return cast("Json", answer.result.value)

    def wait_for(self, expression: str, *, timeout: float = 10) -> Json:
        """Wait until ``expression`` is true in the page and return its value.

        Raises:
            BrowserError: ``browser.timeout`` or ``browser.script``.
        """
        script = (
            f"new Promise((done, fail) => {{ const end = Date.now() + {int(timeout * 1000)};"
            f" const look = () => {{ try {{ const value = ({expression}); if (value) return done(value);"
            " if (Date.now() > end) return done(null); setTimeout(look, 15);"
            " } catch (error) { fail(error); } }; look(); })"
        )
        value = self.evaluate(script, timeout=timeout + 5)
        if value is None:
            raise too_slow(expression, timeout)
        return value

    # -- what a user does -----------------------------------------------------------------------

    def click(self, selector: str) -> None:
        """Click the first element that ``selector`` finds.

        Raises:
            BrowserError: ``browser.script``: there is none.
        """
        self.evaluate(f"document.querySelector({msgspec.json.encode(selector).decode()}).click()")

    def set_input_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Choose ``paths`` in a file input.

        Raises:
            BrowserError: ``browser.refused``: there is no such input.
        """
        self.call(
            "DOM.setFileInputFiles",
            {"files": [str(path.resolve()) for path in paths], "objectId": self._object(selector)},
            into=Nothing,
        )

    def drop_files(self, selector: str, paths: Sequence[Path]) -> None:
        """Drag ``paths`` from outside and drop them onto an element.

        Raises:
            BrowserError: ``browser.script``: there is no such element.
        """
        quoted = msgspec.json.encode(selector).decode()
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({quoted}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
        x, y = convert(place, tuple[float, float])
        data = {"items": [], "files": [str(path.resolve()) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data}, into=Nothing)

    def _object(self, selector: str) -> str:
        answer = self.call(
            "Runtime.evaluate",
            {"expression": f"document.querySelector({msgspec.json.encode(selector).decode()})"},
            into=ev.Evaluated,
        )
        if not answer.result.objectId:
            raise refused(selector, "no such element")
        return answer.result.objectId

    # -- what is seen -------------------------------------------------------------------------

    def screenshot(self, *, full: bool = True, max_height: int = 16_000, timeout: float = 60) -> bytes:
        """Return a PNG of the view, or of the full page down to ``max_height`` CSS pixels."""
        params: dict[str, object] = {"format": "png", "optimizeForSpeed": True}
        if full:
            size = self.call("Page.getLayoutMetrics", into=ev.Metrics).cssContentSize
            clip = {"x": 0, "y": 0, "width": size.width, "height": min(size.height, max_height), "scale": 1}
            params |= {"captureBeyondViewport": True, "clip": clip}
        return _unb64(self.call("Page.captureScreenshot", params, into=ev.Data, timeout=timeout).data)

    def pdf(self, *, timeout: float = 60) -> bytes:
        """Return the page as an A4 PDF, with its backgrounds."""
        params = {
            "printBackground": True,
            "paperWidth": 8.27,
            "paperHeight": 11.69,
            "preferCSSPageSize": False,
        }
        return _unb64(self.call("Page.printToPDF", params, into=ev.Data, timeout=timeout).data)

    def mhtml(self, *, timeout: float = 60) -> bytes:
        """Return the page and what it shows as one MHTML file."""
        data = self.call("Page.captureSnapshot", {"format": "mhtml"}, into=ev.Data, timeout=timeout).data
        return data.encode("utf-8", "surrogatepass")

    def html(self, *, timeout: float = 30) -> str:
        """Return the present document as HTML, with its document type."""
        value = self.evaluate(
            "(document.doctype ? new XMLSerializer().serializeToString(document.doctype) + '\\n' : '')"
            " + document.documentElement.outerHTML",
            timeout=timeout,
        )
        return str(value)

    def close(self) -> None:
        """Close the tab and drop what it stored."""
        self._connection.call(
            "Target.disposeBrowserContext", {"browserContextId": self._context}, into=Nothing
        )
        self._connection.forget(self._session)
        while self._undo:
            self._undo.pop()()

    # -- events -------------------------------------------------------------------------------

    def _watch(self) -> None:
        on = self.on
        on("Page.lifecycleEvent", ev.Lifecycle, self._on_lifecycle)
        on("Page.frameNavigated", ev.FrameNavigated, self._on_frame)
        on("Page.javascriptDialogOpening", ev.DialogOpening, self._on_dialog)
        on("Network.requestWillBeSent", ev.RequestSent, self._on_request)
        on("Network.loadingFinished", ev.RequestOver, self._on_over)
        on("Network.loadingFailed", ev.RequestOver, self._on_over)
        on("Target.attachedToTarget", ev.Attached, self._on_attached)
        on("Page.windowOpen", ev.WindowOpens, self._on_window)
        on("Runtime.consoleAPICalled", ev.ConsoleCalled, lambda e: _note(self.console, e.words()))
        on(
            "Runtime.exceptionThrown",
            ev.ExceptionThrown,
            lambda e: _note(self.errors, e.exceptionDetails.words()),
        )
        self._undo += [
            self._connection.on("", "Browser.downloadWillBegin", ev.DownloadBegins, self._on_download),
            self._connection.on("", "Target.targetCreated", ev.TargetCreated, self._on_target),
        ]

    def _start(self, *, console: bool) -> None:
        commands: list[tuple[str, dict[str, object]]] = [
            ("Page.enable", {}),
            ("Network.enable", {"maxTotalBufferSize": 256 << 20, "maxResourceBufferSize": 128 << 20}),
            ("Network.setBypassServiceWorker", {"bypass": True}),
            ("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}),
        ]
        if console:
            commands.append(("Runtime.enable", {}))
        for method, params in commands:
            self._connection.send(method, params, self._session)
        self.call("Page.setLifecycleEventsEnabled", {"enabled": True}, into=Nothing)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _on_lifecycle(self, event: ev.Lifecycle) -> None:
        with self._changed:
            self._lifecycle.add((event.loaderId, event.name))
            self._changed.notify_all()

    def _on_frame(self, event: ev.FrameNavigated) -> None:
        if event.frame.parentId is None:
            with self._changed:
                self._frame, self._loader = event.frame.id, event.frame.loaderId
                _note(self.addresses, event.frame.url)
                self._changed.notify_all()

    def _on_dialog(self, event: ev.DialogOpening) -> None:
        _note(self.dialogs, Dialog(event.type, event.message))
        # Leaving is never refused; everything else is dismissed.
        self._connection.send(
            "Page.handleJavaScriptDialog", {"accept": event.type == "beforeunload"}, self._session
        )

    def _on_request(self, event: ev.RequestSent) -> None:
        with self._changed:
            _note(self.requests, event.request.url)
            self._running[event.requestId] = time.monotonic()
            self._changed.notify_all()

    def _on_over(self, event: ev.RequestOver) -> None:
        with self._changed:
            if self._running.pop(event.requestId, None) is not None and not self._running:
                self._quiet_since = time.monotonic()
            self._changed.notify_all()

    def _on_attached(self, event: ev.Attached) -> None:
        if event.waitingForDebugger:
            self._connection.send("Runtime.runIfWaitingForDebugger", {}, event.sessionId)

    def _on_window(self, event: ev.WindowOpens) -> None:
        with self._changed:
            _note(self.popups, event.url)
            self._changed.notify_all()

    def _on_target(self, event: ev.TargetCreated) -> None:
        if event.targetInfo.openerId == self._target:
            self._connection.send("Target.closeTarget", {"targetId": event.targetInfo.targetId})

    def _on_download(self, event: ev.DownloadBegins) -> None:
        with self._changed:
            if not self._frame or event.frameId == self._frame:
                _note(self.downloads, Download(event.url, event.suggestedFilename))
            self._changed.notify_all()


def _note(notes: list[T], note: T) -> None:
    if len(notes) < MAX_NOTES:
        notes.append(note)


def _unb64(data: str) -> bytes:
    return base64.b64decode(data, validate=True)
