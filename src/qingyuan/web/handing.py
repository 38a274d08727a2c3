"""Handing out content that lies sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from starlette.responses import Response, StreamingResponse

from qingyuan.office.packages.waiting import is_for_recipients, open_waiting
from qingyuan.web.asking import Ask

_PART = 1 << 20


def handed_out(ask: Ask, package: str, actor: str) -> Response:
    """Return a package that waits, opened as it goes; that it was taken is an event before its first byte.

    Raises:
        SealError: What lies there was altered.
        SourceError: It is not there any more.
    """
    content = open_waiting(ask.desk.home, package)
    try:
        ending = ".age" if is_for_recipients(content) else ""
        ask.desk.note_reading("package", [package], actor=actor)
    except BaseException:
        content.close()
        raise

    return ask.finish(attached(content, content.size, f'filename="{package}.evp{ending}"'))


def attached(content: BinaryIO, size: int, name: str) -> Response:
    """Return content that a browser saves: nothing of it runs or is drawn in our origin, or is kept on the way.

    Args:
        content: What is read to its end and closed.
        size: Bytes in all.
        name: The parameter of ``Content-Disposition`` that names the file (RFC 6266).
    """

    def parts() -> Iterator[bytes]:
        with content:
            while part := content.read(_PART):
                yield part

    headers = {
        "Content-Disposition": f"attachment; {name}",
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(parts(), media_type="application/octet-stream", headers=headers)
