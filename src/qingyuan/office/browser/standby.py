"""Browsers that start while their user is still making ready, such as a process that imports the rest of the program."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from qingyuan.office.browser._find import find_chromium
from qingyuan.office.browser._folders import TemporaryFolder
from qingyuan.office.browser.authority import Authority
from qingyuan.office.browser.browser import Browser
from qingyuan.office.browser.errors import BrowserError


class Standby:
    """Fresh browsers on their way, each handed out once; use it as a context manager, or :meth:`close` it.

    They run the lean program where it is installed. Nothing is gone to: a browser has an empty profile and no page until somebody opens one.

    Args:
        count: How many are started at once.
        window: Width and height of the view, in CSS pixels.

    Attributes:
        authority: Makes the certificates that all of them accept.
    """

    def __init__(self, count: int, *, window: tuple[int, int] = (1366, 900)) -> None:
        """Begin to start them, each in a thread of its own."""
        self._window = window
        self._folder = TemporaryFolder("standby")
        self.authority = Authority(self._folder.path)
        self._turn = threading.Lock()
        self._starting: deque[Future[Browser]] = deque(Future() for _ in range(count))
        for each in self._starting:
            threading.Thread(target=self._start, args=(each,), name="browser").start()

    def browser(self) -> Browser:
        """Return the next browser, which is then the caller's to close; one that is started now when all are given away.

        Raises:
            BrowserError: It cannot be started.
        """
        with self._turn:
            started = self._starting.popleft() if self._starting else None
        return self._launch() if started is None else started.result()

    def close(self) -> None:
        """End those that nobody took; may be called twice."""
        while self._starting:
            try:
                self._starting.popleft().result().close()
            except BrowserError:  # it never started
                continue
        self._folder.remove()

    def __enter__(self) -> Self:
        """Return the browsers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _launch(self) -> Browser:
        spki = f"--ignore-certificate-errors-spki-list={self.authority.spki}"
        return Browser.launch(executable=find_chromium(lean=True), flags=(spki,), window=self._window)

    def _start(self, result: Future[Browser]) -> None:
        try:
            result.set_result(self._launch())
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for the browser
            result.set_exception(error)
