"""Text recognition in pictures (extra ``ocr``), line by line with its confidence."""

from __future__ import annotations

import functools
import importlib.util
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._table import listed_batch
from qingyuan.pii.readers._unread import Refused, unread

#: A line with digits is to be read again by a person below this confidence.
SURE = 0.95
_DIGITS = re.compile(r"\d{4,}|\d[\d\s*Xx-]{4,}")
_MOST_PIXELS = 100_000_000
#: Longer sides are scaled down: characters stay legible, memory stays bounded.
_LONGEST = 4096
_MOST_FRAMES = 200


@functools.cache
def installed() -> bool:
    """Return whether the extra ``ocr`` is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "PIL"))


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised piece of text.

    Attributes:
        text: The text.
        score: How sure the recogniser is, 0 to 1.
        row: Number of the row it stands in, from 1.
    """

    text: str
    score: float
    row: int


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 -- heavy

    return RapidOCR(params={"Global.log_level": "critical"})


def lines(picture: npt.NDArray[np.uint8]) -> list[Line]:
    """Return the text of a picture, ``uint8[height, width, 3]``, top to bottom and left to right."""
    found = _engine()(picture)
    if found.txts is None:
        return []
    boxes = np.asarray(found.boxes, np.float64)
    middle, height = boxes[:, :, 1].mean(axis=1), np.ptp(boxes[:, :, 1], axis=1)
    order = np.argsort(middle, kind="stable")
    rows = np.cumsum(np.diff(middle[order], prepend=middle[order[:1]]) > 0.5 * height[order]) + 1
    placed = sorted(zip(rows.tolist(), boxes[order, :, 0].min(axis=1).tolist(), order.tolist(), strict=True))
    return [Line(str(found.txts[k]), float(found.scores[k]), row) for row, _, k in placed]


def read_picture(source: Source, kind: str) -> Iterator[Batch | Unread]:
    """Yield the recognised text, places ``row 3``; a picture of several pages names them.

    Raises:
        Refused: ``needs-ocr`` without the extra, ``corrupt``, ``picture-too-large``.
    """
    if not installed():
        raise Refused("needs-ocr", format=kind)
    raw = source.whole()
    record = 0
    for number, picture in enumerate(_frames(raw, kind), start=1):
        source.budget.check_time()
        if number > _MOST_FRAMES:
            yield unread("too-many-pages", source.member, pages=number, limit=_MOST_FRAMES)
            return
        where = f"page {number} row " if number > 1 else "row "
        found = lines(picture)
        yield from batches(source, found, where, record)
        record += max((line.row for line in found), default=0)


def batches(source: Source, found: Sequence[Line], where: str, record: int) -> Iterator[Batch | Unread]:
    """Yield recognised lines, and what a person must read again.

    Args:
        source: The file or member.
        found: The lines of one picture or page.
        where: What stands before the row in a place, with its blank.
        record: Records before the first row.
    """
    if not found:
        yield unread("ocr-nothing", source.member, where=where.strip())
        return
    places = [f"{where}{line.row}" for line in found]
    yield listed_batch(source, [line.text for line in found], places, [record + line.row for line in found])
    doubtful = [line for line in found if line.score < SURE and _DIGITS.search(line.text)]
    if doubtful:
        rows = ", ".join(f"{where}{line.row} ({line.score:.0%})" for line in doubtful[:20])
        yield unread("ocr-reread", source.member, count=len(doubtful), rows=rows)


def _frames(raw: bytes, kind: str) -> Iterator[npt.NDArray[np.uint8]]:
    from PIL import Image, ImageSequence, UnidentifiedImageError  # noqa: PLC0415 -- optional

    try:
        with Image.open(io.BytesIO(raw)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise Refused("picture-too-large", width=picture.width, height=picture.height)
            for frame in ImageSequence.Iterator(picture):
                shown = frame.convert("RGBA") if "transparency" in frame.info else frame
                if shown.mode == "RGBA":
                    white = Image.new("RGBA", shown.size, "white")
                    shown = Image.alpha_composite(white, shown)
                shown = shown.convert("RGB")
                shown.thumbnail((_LONGEST, _LONGEST))
                yield np.asarray(shown)[:, :, ::-1].copy()
    except Image.DecompressionBombError as error:
        raise Refused("picture-too-large", width=0, height=0) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
        raise Refused("corrupt", format=kind, where=type(error).__name__) from error
