"""Outlook messages (MS-OXMSG): properties, recipients and attachments out of the compound file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import olefile

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

_STREAM = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})", re.IGNORECASE)
#: Property tags (MS-OXPROPS) and the column each becomes.
_FIELDS = {
    "0037": "Subject", "0C1A": "From", "0C1F": "From", "5D01": "From", "0042": "Sender", "0065": "Sender", "0E04": "To", "0E03": "Cc",
    "0E02": "Bcc", "0070": "Topic", "3001": "To", "3003": "To", "39FE": "To", "3A08": "电话", "3A1C": "电话", "3A09": "电话",
}  # fmt: skip
_RTF = "1009"
_BODIES = {"007D": "headers.txt", "1000": "body.txt", "1013": "body.html", _RTF: "body.rtf"}
_DATA, _LONG_NAME, _SHORT_NAME = "3701", "3707", "3704"
_MOST = 100_000
_PREBUF = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


@dataclass(slots=True)
class _Parts:
    """What the streams of a message hold."""

    fields: Fields
    bodies: list[tuple[str, bytes, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    def take(self, folder: str, tag: str, kind: str, raw: bytes) -> None:
        """Take a property of the message, of a recipient or of an attachment."""
        if "__attach_version1.0" in folder and tag in {_DATA, _LONG_NAME, _SHORT_NAME}:
            if tag == _DATA:
                self.data[folder] = raw
            elif tag == _LONG_NAME or folder not in self.names:
                self.names[folder] = _text(raw, kind)
        elif tag in _FIELDS:
            self.fields.add(_FIELDS[tag], _text(raw, kind), _place(folder, f"header {_FIELDS[tag]}"), 1)
        elif tag in _BODIES:
            name = _BODIES[tag]
            if tag == _RTF:
                body = decompressed_rtf(raw)
            elif kind == "0102":
                body = raw
            else:
                body = _text(raw, kind).encode("utf-8", errors="replace")
            self.bodies.append((_place(folder, name.removesuffix(".txt")), body, name))


def read_msg(source: Source, ole: olefile.OleFileIO, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield header fields (``header Subject``), the bodies, and the attachments as members."""
    parts = _Parts(Fields(source, "headers"))
    for count, entry in enumerate(ole.listdir()):
        source.budget.check_time()
        found = _STREAM.fullmatch(entry[-1])
        if found is not None and count < _MOST:
            raw = ole.openstream(entry).read(source.limits.max_document_bytes)
            parts.take("/".join(entry[:-1]), found.group(1).upper(), found.group(2).upper(), raw)
    yield from parts.fields.batches()
    for where, raw, name in parts.bodies:
        if raw.strip():
            yield from reader(inner(source, raw, name, where))
    for folder, raw in parts.data.items():
        yield from _attachment(source, raw, parts.names.get(folder, folder), reader)


def _attachment(source: Source, raw: bytes, name: str, reader: Reader) -> Iterator[Batch | Unread]:
    name = name.strip("\0") or "attachment"
    if source.depth >= source.limits.max_archive_depth:
        yield unread(
            "archive-too-deep", inner(source, b"", name).member, depth=source.limits.max_archive_depth
        )
        return
    yield from reader(inner(source, raw, name))


def _place(folder: str, what: str) -> str:
    """Return the place of a property; those of recipients and embedded messages say where they stand."""
    parts = [
        f"{kind} {int(number, 16) + 1}"
        for kind, number in re.findall(r"__(recip|attach)_version1\.0_#([0-9A-Fa-f]{8})", folder)
    ]
    return " ".join([*parts, what])


def _text(raw: bytes, kind: str) -> str:
    if kind == "001F":
        return raw.decode("utf-16-le", errors="replace").rstrip("\0")
    return (decoded(raw.rstrip(b"\0")) or raw.decode("latin-1")).rstrip("\0")


def decompressed_rtf(raw: bytes) -> bytes:
    """Return the text of a compressed RTF body (MS-OXRTFCP), as far as it is whole."""
    if len(raw) < 16 or raw[8:12] not in {b"LZFu", b"MELA"}:  # noqa: PLR2004 -- the header
        return b""
    size = int.from_bytes(raw[4:8], "little")
    if raw[8:12] == b"MELA":
        return raw[16 : 16 + size]
    ring = bytearray(_PREBUF.ljust(4096, b"\0"))
    at, write = 16, len(_PREBUF)
    out = io.BytesIO()
    while at < len(raw):
        flags = raw[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 1 >= len(raw):
                    return out.getvalue()
                word = raw[at] << 8 | raw[at + 1]
                at += 2
                offset = word >> 4
                if offset == write:
                    return out.getvalue()
                for step in range((word & 15) + 2):
                    byte = ring[(offset + step) % 4096]
                    ring[write] = byte
                    write = (write + 1) % 4096
                    out.write(bytes((byte,)))
            elif at < len(raw):
                ring[write] = raw[at]
                out.write(raw[at : at + 1])
                write = (write + 1) % 4096
                at += 1
    return out.getvalue()
