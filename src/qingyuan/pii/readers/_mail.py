"""E-mail: headers, bodies and attachments of single messages and of mailboxes (RFC 5322, RFC 2045)."""

from __future__ import annotations

import base64
import binascii
import email.message
import email.parser
import email.policy
import itertools
import quopri
import re
from collections.abc import Iterator

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

_HEADER = re.compile(rb"[!-9;-~]{1,100}:(?:[^\r\n]|\r?\n[ \t])*\r?\n")
_KNOWN = re.compile(
    rb"^(?:From|To|Subject|Date|Received|Message-ID|MIME-Version|Return-Path|Delivered-To|Content-Type|Reply-To|Sender):",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT = re.compile(rb"^From [^\r\n]{1,500}\d{4}[^\r\n]{0,20}\r?$", re.MULTILINE)
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "unknown-8bit": "",
    "ks_c_5601-1987": "cp949",
}
#: Headers that machines write about the way, not about anybody.
_MACHINE = frozenset(
    {
        "dkim-signature",
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
        "content-transfer-encoding",
        "mime-version",
    }
)
_WORD = re.compile(r"=\?([\w.:*-]{1,60})\?([bBqQ])\?([^?]{0,5000})\?=")
_MOST_PARTS = 10_000


def probe(head: bytes) -> str | None:
    """Return ``"mbox"``, ``"eml"`` or ``None`` for the beginning of a file."""
    if _NEXT.match(head) and _headers_at(head, head.find(b"\n") + 1):
        return "mbox"
    return "eml" if _headers_at(head, 0) else None


def _headers_at(head: bytes, at: int) -> bool:
    """Return whether a block of headers begins here that names at least two of a message."""
    start = at
    while found := _HEADER.match(head, at):
        at = found.end()
    names = {name.lower() for name in _KNOWN.findall(head, start, at)}
    return len(names) >= 2 and (b"mime-version:" in names or b"from:" in names or b"received:" in names)  # noqa: PLR2004


def read_eml(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield headers (``header Subject``), and bodies and attachments as members by their own readers."""
    yield from _message(source, source.whole(), reader)


def read_mbox(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the messages of a mailbox, members ``message 3``; one message at a time is in memory."""
    held = b""
    number = 0
    limits = source.limits
    while True:
        more = source.read(1 << 20)
        held += more
        begins = [found.start() for found in _NEXT.finditer(held)]
        # The last one may go on in what was not read yet.
        whole = [*begins, len(held)] if not more else begins
        for start, stop in itertools.pairwise(whole):
            number += 1
            if number > limits.max_members:
                yield unread("too-many-members", source.member, members=limits.max_members)
                return
            raw = held[held.find(b"\n", start) + 1 : stop]
            own = inner(source, raw, f"message {number}")
            yield from _message(own, re.sub(rb"(?m)^>(>*From )", rb"\1", raw), reader)
        if not more:
            return
        held = held[begins[-1] :] if begins else held[-(1 << 20) :]
        if len(held) > limits.max_document_bytes:
            yield unread("document-too-large", source.member, mib=limits.max_document_bytes >> 20)
            return


def _message(source: Source, raw: bytes, reader: Reader) -> Iterator[Batch | Unread]:
    source.budget.check_time()
    whole = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw)
    yield from _take(source, whole, "", reader)


def _take(
    source: Source, message: email.message.Message, at: str, reader: Reader
) -> Iterator[Batch | Unread]:
    """Yield a message and everything attached to it, without recursion."""
    waiting: list[tuple[email.message.Message, str]] = [(message, at)]
    count = 0
    seen: dict[str, int] = {}
    fields = Fields(source, "headers")
    while waiting:
        part, path = waiting.pop()
        count += 1
        if count > _MOST_PARTS:
            yield unread("too-many-members", source.member, members=_MOST_PARTS)
            break
        for name, value in part.items():
            if name.lower() not in _MACHINE:
                where = f"header {name}" if not path else f"part {path} header {name}"
                fields.add(name, heading(value), where, count)
        if part.is_multipart():
            # Of other parts the text would be decoded here, by a character set that may be none (RFC 2045 section 5.1).
            payload = part.get_payload()
            assert isinstance(payload, list)
            inside = [(one, f"{path}.{n}".lstrip(".")) for n, one in enumerate(payload, start=1)]
            waiting += [
                (one, where) for one, where in reversed(inside) if isinstance(one, email.message.Message)
            ]
            continue
        yield from _leaf(source, part, path or "1", seen, reader)
    yield from fields.batches()


def _leaf(
    source: Source, part: email.message.Message, path: str, seen: dict[str, int], reader: Reader
) -> Iterator[Batch | Unread]:
    raw = part.get_payload(decode=True)
    body = raw if isinstance(raw, bytes) else str(part.get_payload()).encode("utf-8", errors="replace")
    if not body.strip():
        return
    name = heading(str(part.get_filename() or ""))
    kind = part.get_content_type()
    if name:
        seen[name] = seen.get(name, 0) + 1
        where = name if seen[name] == 1 else f"{name}#{seen[name]}"
    else:
        where = f"part {path}"
        name = {"text/html": "body.html", "text/plain": "body.txt"}.get(kind, "")
    charset = (part.get_content_charset() or "").lower()
    if kind.startswith("text/") and (text := text_of(body, charset)) is not None:
        body = text.encode("utf-8", errors="replace")
    if source.depth >= source.limits.max_archive_depth + 1:
        yield unread(
            "archive-too-deep", inner(source, b"", where).member, depth=source.limits.max_archive_depth
        )
        return
    yield from reader(inner(source, body, name, where))


def text_of(body: bytes, charset: str) -> str | None:
    """Return a text body decoded by its declared charset, ``None`` when that does not fit."""
    charset = _CHARSETS.get(charset, charset)
    if not charset or charset in {"us-ascii", "ascii", "iso-8859-1", "latin-1"}:
        return None  # often declared for anything: the reader finds out
    try:
        return body.decode(charset)
    except (LookupError, ValueError):
        return None


def heading(value: object) -> str:
    """Return a header's value with its encoded words (RFC 2047) and raw bytes decoded.

    Words of one character set that follow one another are decoded together: mail programs cut
    Chinese characters in two.
    """
    said = str(value)
    parts: list[str] = []
    held, charset, at = b"", "", 0
    for word in _WORD.finditer(said):
        between = said[at : word.start()]
        raw = _word_bytes(word.group(2), word.group(3))
        if held and not between.strip() and word.group(1).lower() == charset:
            held += raw
        else:
            parts += [
                _said(held, charset),
                "" if held and not between.strip() else _said(_bytes(between), ""),
            ]
            held, charset = raw, word.group(1).lower()
        at = word.end()
    parts += [_said(held, charset), _said(_bytes(said[at:]), "")]
    return "".join(parts)


def _bytes(said: str) -> bytes:
    return said.encode("utf-8", errors="surrogateescape")


def _said(raw: bytes, charset: str) -> str:
    text = text_of(raw, charset.partition("*")[0])
    if text is None:
        text = decoded(raw)
    return raw.decode("latin-1") if text is None else text


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", errors="replace")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return raw
