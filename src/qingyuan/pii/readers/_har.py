"""HTTP archives (HAR 1.2): requests and answers of a browser, bodies by their own readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _unfold
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._http import add_header, add_target, read_content
from qingyuan.pii.readers._rows import Reader
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

_BEGINNING = re.compile(rb'^\s*\{\s*"log"\s*:\s*\{')
#: Members of an entry that measure the transfer and hold nothing of anybody.
_MEASURES = frozenset(
    {"timings", "time", "bodySize", "headersSize", "size", "compression", "startedDateTime", "status"}
)
_MOST_DEPTH = 50


class NotHarError(Exception):
    """A JSON text that looked like a HAR file is none."""


def probe(text: bytes, name: str) -> bool:
    """Return whether a JSON text is a HAR file."""
    return _BEGINNING.match(text[:65536]) is not None and (
        name.lower().endswith(".har") or b'"entries"' in text or b'"creator"' in text
    )


def read_har(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield every value of every entry, places like ``$.log.entries[3].request.headers[2].value``.

    Bodies are members named by their path; ``|base64`` and the like say how they were decoded.

    Raises:
        NotHarError: It is no HAR after all, or too large for one, and is to be read as JSON.
    """
    raw = source.beginning(source.limits.max_document_bytes + 1)
    if len(raw) > source.limits.max_document_bytes:
        raise NotHarError
    try:
        log = json.loads(raw)["log"]
        entries = list(log["entries"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise NotHarError from error
    other = {key: value for key, value in log.items() if key != "entries"}
    for number, entry in enumerate([*entries, other], start=1):
        source.budget.check_time()
        path = f"$.log.entries[{number - 1}]" if number <= len(entries) else "$.log"
        walk = _Entry(source, number)
        walk.take(entry, path, "", 0)
        yield from walk.fields.batches()
        for where, held in walk.files:
            yield from _unfold.read_inside(source, held, where, reader)
        for where, body, kind, name in walk.bodies:
            yield from read_content(source, body, kind, where, name, reader)
        if walk.bad:
            yield unread("corrupt", source.member, format="base64", where=path)


class _Entry:
    """One entry taken apart."""

    def __init__(self, source: Source, record: int) -> None:
        self.fields = Fields(source)
        self.files: list[tuple[str, bytes]] = []
        self.bodies: list[tuple[str, bytes, str, str]] = []
        self.bad = 0
        self._record = record
        self._name = ""

    def take(self, value: Any, path: str, column: str, depth: int) -> None:
        """Take a value and everything in it."""
        if depth > _MOST_DEPTH:
            return
        if isinstance(value, dict):
            self._object(value, path, column, depth)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self.take(item, f"{path}[{number}]", column, depth + 1)
        elif isinstance(value, str):
            self.files += _unfold.add(self.fields, column, _whole(value), path, self._record)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self.fields.add(column, str(value), path, self._record)

    def _object(self, value: dict[str, Any], path: str, column: str, depth: int) -> None:
        name = value.get("name")
        if isinstance(name, str) and isinstance(value.get("value"), str):
            said = _whole(value["value"])
            place = f"{path}.value"
            if column.endswith("headers"):
                self.files += add_header(self.fields, f"{column}.{_whole(name)}", said, place, self._record)
            else:
                label = _unfold.unquoted(_whole(name))
                self.files += _unfold.add(
                    self.fields, f"{column}.{label}", _unfold.unquoted(said), place, self._record
                )
            return
        for raw_key, item in value.items():
            key = _whole(raw_key)
            step = f"{column}.{key}".lstrip(".")
            if key in _MEASURES:
                continue
            if key == "url" and isinstance(item, str):
                self._name = item.partition("?")[0].rpartition("/")[2]
                listed = bool(value.get("queryString"))
                target = _whole(item).partition("?")[0] if listed else _whole(item)
                self.files += add_target(self.fields, target, f"{path}.url", self._record)
            elif key == "text" and isinstance(item, str) and isinstance(value.get("mimeType"), str):
                if not (column.endswith("postData") and value.get("params")):
                    self._body(value, item, f"{path}.text")
            else:
                self.take(item, f"{path}.{key}", step, depth + 1)

    def _body(self, value: dict[str, Any], text: str, place: str) -> None:
        kind = str(value.get("mimeType", "")).lower()
        body = text.encode("utf-8", errors="replace")
        if value.get("encoding") == "base64":
            held = _unfold.from_base64(text)
            self.bad += held is None
            body = body if held is None else held
            place += "|base64"
        if body.strip():
            self.bodies.append((place, body, kind, self._name))


def _whole(text: str) -> str:
    """Return a text without lone surrogates."""
    return text.encode("utf-8", errors="replace").decode()
