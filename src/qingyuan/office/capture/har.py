"""The HAR file: the exchanges in the form that browsers' developer tools read (HAR 1.2).

Bodies are not repeated; they are in the web archive, from which this file is derived.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

import msgspec

from qingyuan.office.capture.archive import Entry

_STATUS_PARTS = 3
#: Servers whose clock is looked at.
_MOST_DATES = 20


def har(
    entries: Sequence[Entry], *, url: str, title: str, started: datetime, load_ms: int, tool: str
) -> bytes:
    """Return the HAR file.

    Args:
        entries: The exchanges, in any order.
        url: Address of the page.
        title: Its title.
        started: When the capture of the page began.
        load_ms: Milliseconds until its load event, or -1.
        tool: Name and version of what captured, as ``name/version``.
    """
    name, _, version = tool.partition("/")
    page = {
        "startedDateTime": _iso(started),
        "id": "page_1",
        "title": title or url,
        "pageTimings": {"onContentLoad": -1, "onLoad": load_ms},
    }
    ordered = sorted(entries, key=lambda entry: (entry.started, entry.url))
    log = {
        "version": "1.2",
        "creator": {"name": name, "version": version},
        "pages": [page],
        "entries": [_entry(entry) for entry in ordered],
    }
    return msgspec.json.format(msgspec.json.encode({"log": log}), indent=1)


def _entry(entry: Entry) -> dict[str, object]:
    comment = "; ".join((*entry.notes, *([f"truncated: {entry.truncated}"] if entry.truncated else [])))
    found: dict[str, object] = {
        "pageref": "page_1",
        "startedDateTime": _iso(entry.started),
        "time": entry.milliseconds,
        "request": _request(entry),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": entry.milliseconds, "receive": 0},
    }
    if entry.ip:
        found["serverIPAddress"] = entry.ip
    if comment:
        found["comment"] = comment
    return found


def _request(entry: Entry) -> dict[str, object]:
    return {
        "method": entry.method,
        "url": entry.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(entry.request),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(urlsplit(entry.url).query, keep_blank_values=True)
        ],
        "headersSize": len(entry.request),
        "bodySize": entry.request_size,
    }


def _response(entry: Entry) -> dict[str, object]:
    headers = _headers(entry.head)
    words = entry.head.split(b"\n", 1)[0].decode("latin-1").strip().split(" ", 2)
    location = next((h["value"] for h in headers if h["name"].lower() == "location"), "")
    return {
        "status": entry.status,
        "statusText": words[2] if len(words) == _STATUS_PARTS else "",
        "httpVersion": words[0],
        "cookies": [],
        "headers": headers,
        "content": {"size": entry.content_size, "mimeType": entry.mime},
        "redirectURL": location,
        "headersSize": len(entry.head) or -1,
        "bodySize": entry.size,
    }


def _headers(head: bytes) -> list[dict[str, str]]:
    lines = head.decode("latin-1").splitlines()[1:]
    pairs = [line.partition(":") for line in lines if ":" in line]
    return [{"name": name.strip(), "value": value.strip()} for name, _, value in pairs]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def date_remarks(entries: Sequence[Entry]) -> tuple[tuple[str, str], ...]:
    """Return how far the ``Date`` of the first answer of each server lies from our clock, in Chinese and English.

    A server's clock proves nothing by itself; several that agree are a hint.
    """
    seen: dict[str, int] = {}
    for entry in sorted(entries, key=lambda one: one.started):
        host = urlsplit(entry.url).hostname or ""
        said = next((h["value"] for h in _headers(entry.head) if h["name"].lower() == "date"), "")
        if host in seen or not said or len(seen) >= _MOST_DATES:
            continue
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            seen[host] = round((entry.started - parsedate_to_datetime(said)).total_seconds())
    return tuple(
        (
            f"{host} 的 HTTP Date 与本机时钟相差 {offset} 秒",
            f"our clock is {offset} s ahead of the HTTP Date of {host}",
        )
        for host, offset in sorted(seen.items())
    )
