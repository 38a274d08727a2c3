"""Starting Chromium for one job, and ending it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from qingyuan.office.browser._find import find_chromium
from qingyuan.office.browser._pipe import Connection, Nothing
from qingyuan.office.browser._process import Process
from qingyuan.office.browser.errors import BrowserError, gone
from qingyuan.office.browser.page import Page

T = TypeVar("T")

_FEATURES_OFF = (
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "HttpsUpgrades",
    "InterestFeedContentSuggestions",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "SafeBrowsingRealTimeUrlLookupReferrer",
    "Translate",
)

#: Nothing in the background, nothing shown, one process for the frames of a page.
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    f"--disable-features={','.join(_FEATURES_OFF)}",
    "--disable-field-trial-config",
    "--disable-gpu",
    "--disable-hang-monitor",
    "--disable-quic",
    "--disable-search-engine-choice-screen",
    "--disable-site-isolation-trials",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-startup-window",
    "--no-pings",
    "--password-store=basic",
    "--use-mock-keychain",
)

#: A proxy that is not there.
_NOWHERE = "http://127.0.0.1:9"

#: Chromium needs about this much shared memory; containers often have 64 MB.
_SHARED_MEMORY = 512 << 20


class BrowserFacts(msgspec.Struct, frozen=True):
    """What is known about a started browser.

    Attributes:
        path: Program file, as the system says it runs.
        product: Name and version, e.g. ``"Chrome/156.0.8078.79"``.
        user_agent: What it tells servers.
        command: Command line.
        sandbox: Whether its own sandbox is on; it cannot be when run by root.
        profile_before: Names in the profile folder before the start; none is there.
    """

    path: str
    product: str
    user_agent: str
    command: tuple[str, ...]
    sandbox: bool
    profile_before: tuple[str, ...]


class _Version(msgspec.Struct, frozen=True):
    product: str
    userAgent: str  # noqa: N815 - the protocol's name


class _Target(msgspec.Struct, frozen=True):
    targetId: str  # noqa: N815


class _Session(msgspec.Struct, frozen=True):
    sessionId: str  # noqa: N815


class Browser:
    """A running Chromium; make one with :meth:`launch`, and close it.

    Attributes:
        facts: What it is.
    """

    def __init__(self, process: Process, *, sandbox: bool, timeout: float) -> None:
        """Talk to a started process."""
        self._process = process
        self._connection = Connection(process.answers, process.commands)
        try:
            version = self._connection.call("Browser.getVersion", into=_Version, timeout=timeout)
            self._connection.send("Target.setDiscoverTargets", {"discover": True})
        except BrowserError as error:
            said = process.said()
            self.close()
            raise gone(said) from error
        self.facts = BrowserFacts(
            path=_program(process),
            product=version.product,
            user_agent=version.userAgent,
            command=process.command,
            sandbox=sandbox,
            profile_before=process.profile_before,
        )

    @classmethod
    def launch(
        cls,
        *,
        executable: Path | None = None,
        flags: Sequence[str] = (),
        window: tuple[int, int] = (1366, 900),
        language: str = "zh-CN",
        timeout: float = 30,
    ) -> Self:
        """Start Chromium with a fresh profile.

        Args:
            executable: Program file; by default what :func:`find_chromium` finds.
            flags: Further arguments.
            window: Width and height of the view, in CSS pixels.
            language: Language asked of servers.
            timeout: Seconds until it must answer.

        Raises:
            BrowserError: ``browser.not-found``, ``browser.gone`` or ``browser.timeout``.
        """
        sandbox = not _is_root()
        wanted = [
            *_FLAGS,
            f"--window-size={window[0]},{window[1]}",
            f"--lang={language}",
            f"--accept-lang={language}",
        ]
        if not sandbox:
            wanted.append("--no-sandbox")
        if _little_shared_memory():
            wanted.append("--disable-dev-shm-usage")
        # What the browser asks for of its own accord goes nowhere; pages have a way out of their own.
        wanted += [f"--proxy-server={_NOWHERE}", "--proxy-bypass-list=<-loopback>"]
        process = Process(executable or find_chromium(), [*wanted, *flags])
        return cls(process, sandbox=sandbox, timeout=timeout)

    def __enter__(self) -> Self:
        """Return the browser."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the browser."""
        self.close()

    @property
    def pid(self) -> int:
        """Process number; also the number of the process group."""
        return self._process.pid

    @property
    def folder(self) -> Path:
        """Its temporary folder, gone after :meth:`close`."""
        return self._process.folder

    def call(
        self, method: str, params: Mapping[str, object] | None = None, *, into: type[T], timeout: float = 30
    ) -> T:
        """Send a command of the protocol to the browser as a whole.

        Raises:
            BrowserError: ``browser.gone``, ``browser.timeout`` or ``browser.refused``.
        """
        return self._connection.call(method, params, into=into, timeout=timeout)

    def page(self, *, proxy: str | None = None, console: bool = True) -> Page:
        """Open a tab that shares nothing with other tabs (cookies, cache, storage).

        Args:
            proxy: ``host:port`` of an HTTP proxy that all its traffic goes through, loopback too, names
                unresolved; ``None`` for direct connections.
            console: Collect console messages and uncaught errors; a page can notice that it is watched.

        Raises:
            BrowserError: ``browser.gone``, ``browser.timeout`` or ``browser.refused``.
        """
        context = self.call(
            "Target.createBrowserContext",
            {
                "disposeOnDetach": True,
                "proxyServer": "direct://" if proxy is None else f"http://{proxy}",
                "proxyBypassList": "" if proxy is None else "<-loopback>",
            },
            into=_Context,
        ).browserContextId
        self.call(
            "Browser.setDownloadBehavior",
            {"behavior": "deny", "browserContextId": context, "eventsEnabled": True},
            into=Nothing,
        )
        target = self.call(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context}, into=_Target
        ).targetId
        session = self.call(
            "Target.attachToTarget", {"targetId": target, "flatten": True}, into=_Session
        ).sessionId
        return Page(self._connection, session, target, context, console=console)

    def close(self) -> None:
        """End the browser, every process it started, and remove its profile; may be called twice."""
        # Nothing in the profile is to be kept, so there is nothing that an orderly end would save.
        self._process.end()
        self._connection.close()


class _Context(msgspec.Struct, frozen=True):
    browserContextId: str  # noqa: N815


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _little_shared_memory() -> bool:
    if platform.system() != "Linux":
        return False
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size only
    except OSError:
        return True
    return status.f_bavail * status.f_frsize < _SHARED_MEMORY


def _program(process: Process) -> str:
    try:
        return str(Path(f"/proc/{process.pid}/exe").readlink())
    except OSError:
        return process.command[0]
