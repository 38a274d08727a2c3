"""Archives made for tests."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from io import BytesIO

from qingyuan.evidence.warc import (
    HTTP_RESPONSE,
    RecordType,
    WaczPage,
    WarcWriter,
    index_entry,
    index_lines,
    write_wacz,
)

AT = datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def counting() -> object:
    """Return a source of bytes that are always the same."""
    state = [0]

    def draw(count: int) -> bytes:
        state[0] += 1
        return hashlib.sha256(str(state[0]).encode()).digest()[:count]

    return draw


def archive(*bodies: bytes) -> tuple[bytes, bytes]:
    """Return a WARC file with one answer for each body, and its index."""
    target = BytesIO()
    writer = WarcWriter(target, counting())  # type: ignore[arg-type]
    writer.info((("software", "test"),), date=AT, filename="data.warc.gz")
    entries = []
    for number, body in enumerate(bodies):
        written = writer.write(
            RecordType.RESPONSE,
            body,
            date=AT,
            content_type=HTTP_RESPONSE,
            uri=f"http://example.com/{number}?a=1",
            head=HEAD,
        )
        entries.append(index_entry(written, filename="data.warc.gz", mime="text/html", status="200"))
    return target.getvalue(), index_lines(entries)


def wacz(warc: bytes, index: bytes) -> bytes:
    target = BytesIO()
    write_wacz(
        target,
        warc=BytesIO(warc),
        index=index,
        pages=[WaczPage("page_1", "http://example.com/0?a=1", "题", AT)],
        created=AT,
        software="test/1",
        title="题",
    )
    return target.getvalue()


def members(warc: bytes) -> list[bytes]:
    """Return the records of a WARC file, unpacked."""
    plain = gzip.decompress(warc)
    return [b"WARC/1.1\r\n" + part for part in plain.split(b"WARC/1.1\r\n")[1:]]


def packed(*records: bytes) -> bytes:
    return b"".join(gzip.compress(record, mtime=0) for record in records)
