"""OLE compound files: legacy Office and WPS documents, Outlook messages, and encrypted documents."""

from __future__ import annotations

import io
from collections.abc import Iterator

import olefile

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._doc import read_doc
from qingyuan.pii.readers._msg import read_msg
from qingyuan.pii.readers._ppt import read_ppt
from qingyuan.pii.readers._rows import Reader, inner
from qingyuan.pii.readers._sheets import read_workbook
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import Refused

_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError, RecursionError)


def read_cfb(source: Source, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of ``.xls``, ``.doc``, ``.ppt``, ``.msg`` and their WPS counterparts ``.et``, ``.wps``, ``.dps``.

    Raises:
        Refused: It is encrypted, damaged or of another application.
    """
    raw = source.whole()
    try:
        ole = olefile.OleFileIO(io.BytesIO(raw))
    except _BROKEN as error:
        raise Refused("corrupt", format="CFB", where=type(error).__name__) from error
    with ole:
        names = {entry[0].lower() for entry in ole.listdir()}
        if "encryptedpackage" in names:
            raise Refused("encrypted", format="Office")
        if names & {"workbook", "book"}:
            yield from read_workbook(source, raw, "xls")
            return
        try:
            yield from _streams(source, ole, names, reader)
        except _BROKEN as error:
            raise Refused("corrupt", format="CFB", where=type(error).__name__) from error


def _streams(
    source: Source, ole: olefile.OleFileIO, names: set[str], reader: Reader
) -> Iterator[Batch | Unread]:
    if "worddocument" in names:
        yield from read_doc(source, ole)
    elif "powerpoint document" in names:
        yield from read_ppt(source, ole)
    elif any(name.startswith("__properties_version1") for name in names):
        yield from read_msg(source, ole, reader)
    elif "package" in names:
        # An embedded document of the newer formats.
        yield from reader(inner(source, ole.openstream("Package").read(), "package"))
    elif "\x01ole10native" in names:
        name, body = _native(ole.openstream("\x01Ole10Native").read())
        yield from reader(inner(source, body, name or "embedded"))
    else:
        raise Refused("unsupported-format", format="CFB")


def _native(raw: bytes) -> tuple[str, bytes]:
    """Return name and content of the file inside an OLE 1.0 package."""
    at = raw.index(b"\0", 6)
    name = decoded(raw[6:at]) or ""
    at = raw.index(b"\0", at + 1) + 5
    at += 4 + int.from_bytes(raw[at : at + 4], "little")
    size = int.from_bytes(raw[at : at + 4], "little")
    return name, raw[at + 4 : at + 4 + size]
