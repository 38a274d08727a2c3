"""HTTP messages as they went over the wire: start lines, headers, parameters, cookies and bodies (RFC 9112)."""

from __future__ import annotations

import email.parser
import email.policy
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers import _unfold
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._source import DAMAGE, Source
from qingyuan.pii.readers._unread import Refused, unread

_START = re.compile(
    rb"^(?:(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|TRACE|CONNECT) (\S{1,65536}) HTTP/\d(?:\.\d)?|HTTP/\d(?:\.\d)? \d{3}[^\r\n]{0,1000})\r?$",
    re.MULTILINE,
)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,1000}\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_FILE_NAME = re.compile(r'filename\*?="?(?:[\w-]+\'\')?([^";]+)', re.IGNORECASE)


def probe(text: bytes) -> bool:
    """Return whether a text begins with an HTTP request or answer."""
    return _START.match(text.lstrip(b"\r\n")) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        line: Number of its first line in the file.
        target: Request target, ``""`` for an answer.
        headers: Names and values as they stand.
        body: Its body, still encoded.
    """

    line: int
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header, ``""`` if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def messages(raw: bytes, start: int = 0) -> Iterator[Message]:
    """Yield the messages that follow one another in ``raw``."""
    line, counted = 1, 0
    found = _START.search(raw, start)
    while found is not None:
        line, counted = line + raw.count(b"\n", counted, found.start()), found.start()
        blank = _BLANK.search(raw, found.end())
        stop, begin = blank.span() if blank else (len(raw), len(raw))
        target = (found.group(1) or b"").decode("utf-8", errors="replace")
        headers = tuple(_headers(raw[found.end() : stop]))
        following = _START.search(raw, begin)
        body, end = _body(raw, begin, headers, following.start() if following else len(raw))
        yield Message(line, target, headers, body)
        found = _START.search(raw, end)


def _headers(raw: bytes) -> Iterator[tuple[str, str]]:
    for row in raw.splitlines():
        name, colon, value = row.partition(b":")
        if colon:
            said = decoded(value.strip())
            yield name.decode("latin-1").strip(), value.decode("latin-1").strip() if said is None else said


def _body(raw: bytes, begin: int, headers: tuple[tuple[str, str], ...], following: int) -> tuple[bytes, int]:
    """Return the body and where it ends."""
    known = {name.lower(): value for name, value in headers}
    if "chunked" in known.get("transfer-encoding", "").lower():
        parts: list[bytes] = []
        at = begin
        while (head := _CHUNK.match(raw, at)) and (size := int(head.group(1), 16)):
            parts.append(raw[head.end() : head.end() + size])
            at = head.end() + size
            at += 2 if raw[at : at + 2] == b"\r\n" else 1
            if at >= len(raw):
                break
        if parts:
            return b"".join(parts), min(at, len(raw))
    length = known.get("content-length", "")
    if length.isdecimal() and len(length) < 12 and begin + int(length) <= len(raw):  # noqa: PLR2004 -- a terabyte
        return raw[begin : begin + int(length)], begin + int(length)
    return raw[begin:following].rstrip(b"\r\n"), following


def content_decoded(source: Source, body: bytes, encodings: str) -> bytes:
    """Undo the content encodings of a body; one that is already undone stays as it is.

    Raises:
        Refused: ``archive-ratio``, ``corrupt`` or ``unsupported-compression``.
    """
    limits = source.limits
    most = max(limits.ratio_from_bytes, limits.max_ratio * len(body))
    for encoding in reversed([one.strip().lower() for one in encodings.split(",") if one.strip()]):
        try:
            if encoding in {"gzip", "x-gzip"} and body[:2] == b"\x1f\x8b":
                body = zlib.decompressobj(47).decompress(body, most)
            elif encoding == "deflate":
                body = _inflated(body, most)
            elif encoding == "br":
                body = _unbrotlied(body, most)
            elif encoding == "zstd" and body[:4] == b"\x28\xb5\x2f\xfd":
                body = pa.CompressedInputStream(pa.BufferReader(body), "zstd").read(most)
            elif encoding not in {"gzip", "x-gzip", "zstd", "identity", "utf-8"}:
                raise Refused("unsupported-compression", method=encoding[:40])
        except (*DAMAGE, pa.ArrowException) as error:
            raise Refused("corrupt", format=encoding[:40], where=type(error).__name__) from error
        if len(body) >= most:
            raise Refused("archive-ratio", ratio=limits.max_ratio)
    source.budget.expanded += len(body)
    return body


def _inflated(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(15).decompress(body, most)
    except zlib.error:
        return zlib.decompressobj(-15).decompress(body, most)


def _unbrotlied(body: bytes, most: int) -> bytes:
    import brotli  # noqa: PLC0415 -- rare

    machine = brotli.Decompressor()
    try:
        parts = [machine.process(body, output_buffer_limit=1 << 16)]
        while not machine.is_finished() and sum(map(len, parts)) < most:
            more = machine.process(b"", output_buffer_limit=1 << 20)
            if not more:
                break
            parts.append(more)
    except brotli.error as error:
        raise ValueError("brotli") from error
    return b"".join(parts)


def read_http(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield headers, parameters and cookies (``line 3 Cookie``) and every body by its own reader.

    Bodies are members named ``message 2``; their values are decoded as :func:`_unfold.unfold` says.
    """
    fields = Fields(source, "headers")
    for number, message in enumerate(messages(source.whole()), start=1):
        source.budget.check_time()
        if number > source.limits.max_members:
            raise Refused("too-many-members", members=source.limits.max_members)
        where = f"line {message.line}"
        found = add_target(fields, message.target, where, number) if message.target else []
        for name, value in message.headers:
            found += add_header(fields, name, value, f"{where} {name}", number)
        yield from fields.batches()
        for place, raw in found:
            yield from _unfold.read_inside(source, raw, place, reader)
        yield from read_body(source, message, f"message {number}", reader)


def add_target(fields: Fields, target: str, place: str, record: int) -> list[tuple[str, bytes]]:
    """Add the path and the parameters of a URL."""
    path, _, query = target.partition("?")
    files = _unfold.add(fields, "url", path, place, record)
    for pair in query.partition("#")[0].split("&"):
        name, _, value = pair.partition("=")
        if value:
            name = _unfold.unquoted(name)
            said = _unfold.unquoted(value.replace("+", " "))
            files += _unfold.add(fields, f"query.{name}", said, f"{place} ?{name}", record)
    return files


def add_header(fields: Fields, name: str, value: str, place: str, record: int) -> list[tuple[str, bytes]]:
    """Add a header; cookies one by one."""
    if name.rpartition(".")[2].lower() not in {"cookie", "set-cookie"}:
        return _unfold.add(fields, name, value, place, record)
    files = []
    for pair in value.split(";"):
        key, _, held = pair.strip().partition("=")
        files += _unfold.add(
            fields, f"{name}.{key}", held or key, f"{place}.{key}" if held else place, record
        )
    return files


def read_body(source: Source, message: Message, where: str, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a body, whatever it holds: a form, parts, or a file of any format."""
    if not message.body.strip():
        return
    member = inner(source, b"", where).member
    try:
        body = content_decoded(source, message.body, message.header("content-encoding"))
    except Refused as stop:
        yield stop.unread(member)
        return
    kind = message.header("content-type").lower()
    name = _FILE_NAME.search(message.header("content-disposition"))
    target = message.target.partition("?")[0].rpartition("/")[2]
    if kind.startswith("multipart/"):
        yield from _multipart(source, body, message.header("content-type"), where, reader)
        return
    yield from read_content(source, body, kind, where, name.group(1) if name else target, reader)


def read_content(
    source: Source, body: bytes, kind: str, where: str, name: str, reader: Reader
) -> Iterator[Batch | Unread]:
    """Yield the cells of a decoded body of a media type."""
    if "x-www-form-urlencoded" in kind:
        own = inner(source, body, name, where)
        fields = Fields(own)
        said = decoded(body.strip()) or body.decode("latin-1")
        files = []
        for pair in said.split("&"):
            key, _, value = pair.partition("=")
            key = _unfold.unquoted(key.replace("+", " "))
            files += _unfold.add(fields, key, _unfold.unquoted(value.replace("+", " ")), f"?{key}", 1)
        yield from fields.batches()
        for place, raw in files:
            yield from _unfold.read_inside(own, raw, place, reader)
        return
    if "javascript" in kind or "text/css" in kind or "font" in kind:
        name = "a.txt"
    elif "text/html" in kind:
        name = "a.html"
    own = inner(source, body, name, where)
    yield from _unfold.unfolded(own, reader(own), reader)


def _multipart(
    source: Source, body: bytes, kind: str, where: str, reader: Reader
) -> Iterator[Batch | Unread]:
    head = f"Content-Type: {kind}\r\nMIME-Version: 1.0\r\n\r\n".encode("utf-8", errors="replace")
    whole = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(head + body)
    if not whole.is_multipart():
        yield unread("truncated", inner(source, b"", where).member, format="multipart", where="boundary")
        own = inner(source, body, "a.txt", where)
        yield from _unfold.unfolded(own, reader(own), reader)
        return
    fields = Fields(inner(source, body, where))
    for number, part in enumerate(whole.walk()):
        if part.is_multipart():
            continue
        raw = part.get_payload(decode=True)
        held = raw if isinstance(raw, bytes) else b""
        said = str(part.get("Content-Disposition", ""))
        named = re.search(r'\bname="?([^";]*)', said)
        file = _FILE_NAME.search(said)
        key = named.group(1) if named else str(number)
        if file:
            own = inner(source, held, file.group(1), f"{where}/{key}")
            yield from _unfold.unfolded(own, reader(own), reader)
        else:
            text = decoded(held)
            for place, found in _unfold.add(fields, key, text or "", key, 1):
                yield from _unfold.read_inside(source, found, place, reader)
    yield from fields.batches()
