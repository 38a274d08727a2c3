"""OLE compound files: legacy workbooks, and encrypted Office documents."""

from __future__ import annotations

import io
from collections.abc import Iterator

import olefile

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._sheets import read_workbook
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import Refused


def read_cfb(source: Source) -> Iterator[Batch | Unread]:
    """Yield the cells of an ``.xls``; refuse what is encrypted or of another application."""
    raw = source.whole()
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as ole:
            names = {entry[0].lower() for entry in ole.listdir()}
    except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise Refused("corrupt", format="CFB", where=type(error).__name__) from error
    if "encryptedpackage" in names:
        raise Refused("encrypted", format="Office")
    if names & {"workbook", "book"}:
        yield from read_workbook(source, raw, "xls")
        return
    kinds = {"worddocument": "Word 97-2003 (.doc)", "powerpoint document": "PowerPoint 97-2003 (.ppt)"}
    raise Refused("unsupported-format", format=next((kinds[n] for n in names if n in kinds), "CFB"))
