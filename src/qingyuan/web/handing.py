"""Handing out what waits sealed."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response, StreamingResponse

from qingyuan.office.packages.waiting import open_waiting
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
        ask.desk.note_reading("package", [package], actor=actor)
    except BaseException:
        content.close()
        raise

    def parts() -> Iterator[bytes]:
        with content:
            while part := content.read(_PART):
                yield part

    headers = {
        "Content-Disposition": f'attachment; filename="{package}.evp"',
        "Content-Length": str(content.size),
        "Cache-Control": "no-store",
    }
    return ask.finish(StreamingResponse(parts(), media_type="application/octet-stream", headers=headers))
