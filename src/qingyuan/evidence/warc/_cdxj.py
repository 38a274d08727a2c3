"""The index of a WARC file: CDXJ, sorted lines of key, 14-digit time and JSON.

The key is the SURT form of the address as web-archive players compute it: scheme and ``www.`` dropped,
host reversed, all lower-case, query sorted by name.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from qingyuan.evidence.warc.errors import damaged
from qingyuan.evidence.warc.model import Written
from qingyuan.shapes import from_json

_WWW = re.compile(r"\Awww\d*\.")
_LINE = re.compile(r"(\S+) (\d{14}) (\{.*\})")
_PORTS = {"http": 80, "https": 443}


class IndexEntry(msgspec.Struct, frozen=True):
    """One line of the index, under the names of its JSON.

    Attributes:
        url: Address.
        length: Bytes of the record in the file.
        offset: First byte of the record in the file.
        filename: Name of the file.
        mime: Media type.
        status: HTTP status.
        digest: Digest of the payload.
        method: HTTP method when it is not GET.
    """

    url: str
    length: str
    offset: str
    filename: str
    mime: str = ""
    status: str = ""
    digest: str = ""
    method: str = ""


def surt(url: str) -> str:
    """Return the key of an address; what is no web address is its own key."""
    if not url.lower().startswith(("http://", "https://")):
        return url.replace(" ", "%20")
    try:
        parts = urlsplit(url.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url.replace(" ", "%20")
    host = _WWW.sub("", host)
    key = host if ":" in host else ",".join(reversed(host.split(".")))
    if port and port != _PORTS[parts.scheme]:
        key += f":{port}"
    key += f"){parts.path or '/'}"
    if parts.query:
        key += "?" + "&".join(sorted(parts.query.split("&"), key=lambda pair: pair.partition("=")[0]))
    return key.replace(" ", "%20")


def index_entry(
    record: Written, *, filename: str, mime: str, status: str = "", method: str = "GET"
) -> tuple[str, IndexEntry]:
    """Return the key with the time, and the entry, of a record that was written."""
    key = surt(record.uri)
    if method != "GET":
        key += f"{'&' if '?' in key else '?'}__wb_method={method}"
    entry = IndexEntry(
        url=record.uri,
        length=str(record.length),
        offset=str(record.offset),
        filename=filename,
        mime=mime,
        status=status,
        digest=record.payload_digest or record.block_digest,
        method="" if method == "GET" else method,
    )
    return f"{key} {re.sub(r'[^0-9]', '', record.date)[:14]}", entry


def index_lines(entries: list[tuple[str, IndexEntry]]) -> bytes:
    """Return the index, sorted."""
    lines = []
    for key, entry in entries:
        fields = {
            name: value for name, value in msgspec.structs.asdict(entry).items() if value or name == "url"
        }
        lines.append(key.encode() + b" " + msgspec.json.encode(fields) + b"\n")
    return b"".join(sorted(lines))


def read_index(data: bytes, *, where: str) -> list[tuple[str, IndexEntry]]:
    """Return the entries of an index in their order, each with its key.

    Raises:
        WarcError: ``warc.bad-index``: a line is malformed, or the lines are not sorted.
    """
    entries: list[tuple[str, IndexEntry]] = []
    lines = data.split(b"\n")
    if lines.pop() != b"" or lines != sorted(lines):
        raise damaged(
            where, "索引未排序或不完整", "the index is unsorted or incomplete", code="warc.bad-index"
        )
    for number, line in enumerate(lines, 1):
        try:
            found = _LINE.fullmatch(line.decode("utf-8"))
            entry = from_json(found[3], IndexEntry) if found else None
        except (UnicodeDecodeError, msgspec.MsgspecError):
            found = entry = None
        if found is None or entry is None or not entry.offset.isdecimal() or not entry.length.isdecimal():
            raise damaged(
                f"{where}:{number}",
                "索引行格式有误",
                "a line of the index is malformed",
                code="warc.bad-index",
            )
        entries.append((found[1], entry))
    return entries
