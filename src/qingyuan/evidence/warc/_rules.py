"""What a record must be beyond its shape: its named fields (ISO 28500, 5 and 6) and the digests it names."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from qingyuan.evidence.warc.errors import damaged
from qingyuan.ledger import sm3_new

Fields = Sequence[tuple[str, str]]

#: Fields without which there is no record (5.1).
_NEEDED = ("warc-type", "warc-record-id", "warc-date")
#: Fields of the standard that a record has once at most (5.1); of its others, only ``WARC-Concurrent-To`` may come again (5.7). What
#: extensions add is theirs to say: crawlers write ``WARC-Protocol`` once for each layer.
_ONCE = frozenset((
    "content-length", "content-type", "warc-block-digest", "warc-date", "warc-filename",
    "warc-identified-payload-type", "warc-ip-address", "warc-payload-digest", "warc-profile", "warc-record-id",
    "warc-refers-to", "warc-refers-to-date", "warc-refers-to-target-uri", "warc-segment-number",
    "warc-segment-origin-id", "warc-segment-total-length", "warc-target-uri", "warc-truncated", "warc-type",
    "warc-warcinfo-id",
))  # fmt: skip
#: What records of a type need besides (6.2 to 6.9).
_OF_TYPE = {
    "response": ("warc-target-uri",),
    "resource": ("warc-target-uri",),
    "request": ("warc-target-uri",),
    "conversion": ("warc-target-uri",),
    "revisit": ("warc-target-uri", "warc-profile"),
    "continuation": ("warc-target-uri", "warc-segment-number", "warc-segment-origin-id"),
}
_TYPES = frozenset(("warcinfo", "metadata", *_OF_TYPE))
_NO_CAPTURE = frozenset({"warcinfo", "conversion", "continuation"})
_ALL_BUT_PARTS = _TYPES - {"continuation"}
#: Fields that records of these types shall not have (5.7 to 5.22). Writers give payload digests to metadata too, which has no payload:
#: they are let be.
_NOT_IN = {
    "warc-concurrent-to": _NO_CAPTURE,
    "warc-ip-address": _NO_CAPTURE,
    "warc-refers-to": frozenset({"warcinfo", "response", "resource", "request", "continuation"}),
    "warc-target-uri": frozenset({"warcinfo"}),
    "warc-warcinfo-id": frozenset({"warcinfo"}),
    "warc-payload-digest": frozenset({"warcinfo"}),
    "warc-filename": _TYPES - {"warcinfo"},
    "warc-segment-origin-id": _ALL_BUT_PARTS,
    "warc-segment-total-length": _ALL_BUT_PARTS,
}
#: Fields whose value names a record.
_NAMING = ("warc-concurrent-to", "warc-refers-to", "warc-warcinfo-id", "warc-segment-origin-id")
_IDENTIFIER = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]+>")
#: W3CDTF in UTC, with up to nine digits of a second (5.4).
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?Z)?)?)?", re.ASCII)
#: The one form of a date in version 1.0.
_OLD_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LEAP_SECOND = 60
_DIGITS = re.compile(r"[0-9]{1,18}")
#: An address as it is, or between angle brackets as the grammar has it and some write it.
_TARGET = re.compile(r"[^\s<>]+|<[^\s<>]+>")
#: An HTTP message, alone or in a sequence (RFC 9112, 10).
_HTTP = re.compile(r"(?:application|message)/http\b", re.IGNORECASE)
#: The last coding of a body is chunks; a value may go on in the next line (RFC 9112, 5.2).
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:(?:[^\r\n]|\r?\n[ \t])*\bchunked[ \t]*\r?$")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")
_MOST_LINE = 1 << 16
_MOST_HEAD = 1 << 20
#: The end of the header of an HTTP message, as servers end it: some lines with a line feed alone (RFC 9112, 2.2).
_HEAD_END = re.compile(rb"\n\r?\n")
_ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha384", "sha512", "sm3"})


def check_fields(fields: Fields, where: str, *, old: bool = False) -> None:
    """Refuse a header that lacks a field, repeats one, has one that its type shall not have, or a value of another form.

    Args:
        fields: The header.
        where: Its place, for error messages.
        old: Whether it is of version 1.0, which knows dates to the second only.

    Raises:
        WarcError: ``warc.damaged``.
    """
    names = Counter(name.lower() for name, _ in fields)
    held = {name.lower(): value for name, value in fields}
    kind = held.get("warc-type", "")
    if missing := [name for name in (*_NEEDED, *_OF_TYPE.get(kind, ())) if not held.get(name)]:
        raise damaged(where, f"记录头缺少 {missing}", f"the header of a record lacks {missing}")
    twice = [name for name, count in names.items() if count > 1 and name in _ONCE]
    if twice:
        raise damaged(where, f"记录头重复 {twice}", f"the header of a record has {twice} twice")
    if not _IDENTIFIER.fullmatch(held["warc-record-id"]):
        raise damaged(
            where, "记录标识不是尖括号中的 URI", "the identifier of a record is no URI in angle brackets"
        )
    if not _is_date(held["warc-date"]) or (old and not _OLD_DATE.fullmatch(held["warc-date"])):
        raise damaged(
            where, "记录日期不是 UTC 的 W3C 日期", "the date of a record is no date of the W3C profile in UTC"
        )
    if misplaced := [name for name in held if kind in _NOT_IN.get(name, ())]:
        raise damaged(
            where, f"{kind} 记录不得有 {misplaced}", f"a record of type {kind} must not have {misplaced}"
        )
    if odd := list(_odd_values(fields, held)):
        raise damaged(where, f"记录头的值格式不符：{odd}", f"values of a header are not of their form: {odd}")


def _odd_values(fields: Fields, held: Mapping[str, str]) -> Iterator[str]:
    """Yield the fields whose value is not of the form that the standard gives it."""
    for name, value in fields:
        if name.lower() in _NAMING and not _IDENTIFIER.fullmatch(value):
            yield name.lower()
    if (uri := held.get("warc-target-uri")) and not _TARGET.fullmatch(uri):
        yield "warc-target-uri"
    if (address := held.get("warc-ip-address")) is not None and not _is_address(address):
        yield "warc-ip-address"
    total = held.get("warc-segment-total-length")
    if total is not None and not _DIGITS.fullmatch(total):
        yield "warc-segment-total-length"
    number = held.get("warc-segment-number")
    if number is not None and not (
        _DIGITS.fullmatch(number)
        and (int(number) > 1 if held["warc-type"] == "continuation" else int(number) == 1)
    ):
        yield "warc-segment-number"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(match.groups(), "011000", strict=True)
    )
    try:
        datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - whether there is such a date
    except ValueError:
        return False
    return second <= _LEAP_SECOND


class Named:
    """A digest that a record names, and what it is of what was fed.

    Args:
        value: The field: label, colon, and the digest in base32 or hex.
        where: Its place, for error messages.

    Raises:
        WarcError: ``warc.damaged`` when the value cannot be one of its algorithm.
    """

    def __init__(self, value: str, where: str) -> None:
        """Read the field."""
        label, _, text = value.partition(":")
        name = label.lower().replace("-", "")
        #: Whether the algorithm is one we know; any may be named (5.8).
        self.known = name in _ALGORITHMS
        if not self.known:
            return
        self._hash = sm3_new() if name == "sm3" else hashlib.new(name, usedforsecurity=False)
        expected = _decoded(text, len(self._hash.copy().digest()))
        if expected is None:
            raise damaged(where, "记录所写的摘要无法读取", "a digest that a record names cannot be read")
        self._expected = expected

    def update(self, data: bytes) -> None:
        """Add ``data``."""
        if self.known:
            self._hash.update(data)

    def holds(self) -> bool:
        """Say whether what was fed has the digest, or the algorithm is none of ours."""
        return not self.known or self._hash.digest() == self._expected


def _decoded(text: str, size: int) -> bytes | None:
    try:
        if len(text) == 2 * size and not text.endswith("="):
            return bytes.fromhex(text)
        bare = text.rstrip("=").upper()  # some write it in small letters, or leave the padding out
        found = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == size else None


class Digesting:
    """Holds a block against the digests of its header while it goes by.

    The payload of an HTTP message is what follows its header; where that is sent in chunks, writers take
    either the chunks as sent or what is in them, and both are believed. Of other types it is the block. What a revisit
    names is the payload of another record, and what a part or a cut-off record names is that of the whole: these are not checked.

    Args:
        fields: The header.
        where: Its place, for error messages.
    """

    def __init__(self, fields: Fields, where: str) -> None:
        """Read which digests are named."""
        held = {name.lower(): value for name, value in fields}
        self._where = where
        block, payload = held.get("warc-block-digest"), held.get("warc-payload-digest")
        self._block = None if block is None else Named(block, where)
        partial = {"warc-segment-number", "warc-truncated"} & held.keys()
        if (
            payload is None
            or partial
            or held["warc-type"] not in {"response", "request", "resource", "conversion"}
        ):
            payload = None
        self._payload = None if payload is None else Named(payload, where)
        self._unchunked: Named | None = None
        self._named = payload or ""
        self._chunks = _Chunks()
        http = held["warc-type"] in {"response", "request"} and _HTTP.match(held.get("content-type", ""))
        self._head: bytes | None = b"" if http else None

    def update(self, part: bytes) -> None:
        """Add a part of the block."""
        if self._block is not None:
            self._block.update(part)
        if self._payload is None:
            return
        if self._head is not None:
            self._head += part
            end = _HEAD_END.search(self._head)
            if end is None:
                if len(self._head) > _MOST_HEAD:
                    raise damaged(self._where, "HTTP 消息头过长", "the header of an HTTP message is too long")
                return
            if _CHUNKED.search(self._head[: end.start() + 1]):
                self._unchunked = Named(self._named, self._where)
            part, self._head = self._head[end.end() :], None
        self._payload.update(part)
        if self._unchunked is not None:
            self._unchunked.update(self._chunks.feed(part))

    def finish(self) -> None:
        """Refuse a block or payload of another digest.

        Raises:
            WarcError: ``warc.damaged``.
        """
        if self._block is not None and not self._block.holds():
            raise damaged(
                self._where, "记录内容与其摘要不符", "the block of a record has another digest than it names"
            )
        payload = self._payload
        if payload is None or payload.holds():
            return
        if self._unchunked is None or not (self._chunks.whole and self._unchunked.holds()):
            raise damaged(
                self._where,
                "记录的有效载荷与其摘要不符",
                "the payload of a record has another digest than it names",
            )


class _Chunks:
    """What is in the chunks of a body (RFC 9112, 7.1), fed in parts."""

    def __init__(self) -> None:
        self._line = b""
        self._left = -1
        #: Whether the last chunk has been seen, and nothing was malformed.
        self.whole = False
        self._bad = False

    def feed(self, part: bytes) -> bytes:
        out: list[bytes] = []
        while part and not self.whole and not self._bad:
            if self._left > 0:
                out.append(part[: self._left])
                part, self._left = part[self._left :], self._left - len(out[-1])
                continue
            line, end, part = part.partition(b"\n")
            self._line += line
            if len(self._line) > _MOST_LINE:
                self._bad = True
            if end:
                self._take(self._line.removesuffix(b"\r"))
                self._line = b""
        return b"".join(out)

    def _take(self, line: bytes) -> None:
        if self._left == 0:  # the line end after a chunk
            self._bad, self._left = bool(line), -1
            return
        size = _CHUNK_SIZE.fullmatch(line)
        self._left = int(size[1], 16) if size else 0
        self._bad = size is None
        self.whole = not self._bad and not self._left


__all__ = ["Digesting", "check_fields"]
