"""How a page is captured."""

from __future__ import annotations

import msgspec

from qingyuan.office.capture.bounds import Bounds


class CaptureSettings(msgspec.Struct, frozen=True):
    """How a page is captured.

    Attributes:
        raw: Take the bytes off the wire through our own proxy; otherwise take decoded bodies from the browser.
        allow_private: Reach loopback, private and other special addresses.
        allow_bad_certificate: Capture a site whose certificate does not verify, and record that.
        screencast: Record what is seen as a series of pictures.
        replay: Play the capture back without a network and compare.
        window: Width and height of the view, in CSS pixels.
        bounds: Limits.
        allowed: Pairs of address and port that may be reached whatever they are.
    """

    raw: bool = True
    allow_private: bool = False
    allow_bad_certificate: bool = False
    screencast: bool = False
    replay: bool = True
    window: tuple[int, int] = (1366, 900)
    bounds: Bounds = Bounds()
    allowed: frozenset[tuple[str, int]] = frozenset()

    @property
    def mode(self) -> str:
        """Return ``"raw"`` or ``"decoded"``."""
        return "raw" if self.raw else "decoded"
