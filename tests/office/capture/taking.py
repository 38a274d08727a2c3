"""Taking pages in tests: one call, everything read back."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile

import msgspec

from qingyuan.evidence.warc import ARCHIVE, Limits, Reading, read_records
from qingyuan.office.capture import Bounds, CaptureSettings, Taken, take
from qingyuan.office.clock import SystemClock

QUICK = Bounds(seconds=30, load_seconds=10, settle_seconds=2, quiet_seconds=0.15)


def taken(url: str, folder: Path, **changes: object) -> Taken:
    """Take a page on loopback."""
    bounds = changes.pop("bounds", QUICK)
    assert isinstance(bounds, Bounds)
    settings = msgspec.structs.replace(
        CaptureSettings(allow_private=True, replay=False, bounds=bounds), **changes
    )
    target = folder / f"taken-{len(list(folder.iterdir()))}"
    target.mkdir()
    return take(url, target, settings, SystemClock(), os.urandom)


def product(one: Taken, name: str) -> bytes:
    return next(each.path for each in one.products if each.name == name).read_bytes()


def records(one: Taken, kind: str) -> list[Reading]:
    """Return the records of a type."""
    path = next(each.path for each in one.products if each.name == "capture.wacz")
    with ZipFile(path) as archive, archive.open(ARCHIVE) as warc:
        found = list(read_records(warc, Limits()))  # type: ignore[arg-type]
    return [each for each in found if each.record.header("WARC-Type") == kind]


def response(one: Taken, path: str) -> Reading:
    """Return the only answer of a path."""
    (found,) = (
        each
        for each in records(one, "response")
        if urlsplit(each.record.header("WARC-Target-URI")).path == path
    )
    return found
