"""A screen recording without a video encoder: the pictures that the browser drew, with their times, in a ZIP.

The browser gives a JPEG whenever what it shows changes. ``times.jsonl`` names each picture's time, so
that the series can be looked at picture by picture or made into a film by anyone.
"""

from __future__ import annotations

import base64
import threading
import zipfile
from pathlib import Path

import msgspec

from qingyuan.evidence import format_time
from qingyuan.office.browser import Page
from qingyuan.office.clock import Clock

#: Most pictures, and most bytes of them.
MOST_FRAMES = 900
MOST_BYTES = 96 << 20

_QUALITY = 60
_DATE = (1980, 1, 1, 0, 0, 0)


class _Metadata(msgspec.Struct, frozen=True):
    timestamp: float = 0.0
    scrollOffsetY: float = 0.0  # noqa: N815 - the protocol's name


class _Frame(msgspec.Struct, frozen=True):
    data: str
    metadata: _Metadata
    sessionId: int  # noqa: N815 - the protocol's name


class Screencast:
    """Records one page into a ZIP file.

    Args:
        page: The page.
        target: The file to write.
        clock: Where times come from.
    """

    def __init__(self, page: Page, target: Path, clock: Clock) -> None:
        """Begin to record."""
        self._page = page
        self._clock = clock
        self._lock = threading.Lock()
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self._times: list[bytes] = []
        self._bytes = 0
        self.full = False
        page.on("Page.screencastFrame", _Frame, self._take)
        page.send(
            "Page.startScreencast",
            {"format": "jpeg", "quality": _QUALITY, "maxWidth": 1366, "maxHeight": 900, "everyNthFrame": 1},
        )

    def stop(self) -> int:
        """End the recording and return how many pictures it holds."""
        self._page.send("Page.stopScreencast")
        with self._lock:
            if self._zip.fp is not None:
                self._zip.writestr(_member("times.jsonl"), b"".join(self._times))
                self._zip.close()
        return len(self._times)

    def _take(self, frame: _Frame) -> None:
        self._page.send("Page.screencastFrameAck", {"sessionId": frame.sessionId})
        data = base64.b64decode(frame.data)
        with self._lock:
            if self._zip.fp is None:
                return
            if len(self._times) >= MOST_FRAMES or self._bytes + len(data) > MOST_BYTES:
                self.full = True
                return
            name = f"frames/{len(self._times) + 1:06}.jpg"
            self._zip.writestr(_member(name), data)
            self._bytes += len(data)
            line = {
                "frame": name,
                "at": format_time(self._clock.now()),
                "mono_ns": self._clock.monotonic_ns(),
                "browser_seconds": f"{frame.metadata.timestamp:.6f}",
                "scroll_y": round(frame.metadata.scrollOffsetY),
            }
            self._times.append(msgspec.json.encode(line) + b"\n")


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, _DATE)
