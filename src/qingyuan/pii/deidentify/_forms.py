"""One way of rewriting for each family of formats: how cells become bytes, and what of the output is our own."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, Protocol

import numpy as np

from qingyuan.pii import readers
from qingyuan.pii.batch import Batch
from qingyuan.pii.deidentify._cells import Cell
from qingyuan.pii.deidentify._input import Input
from qingyuan.pii.deidentify._markup import Values, rewrite
from qingyuan.pii.deidentify._packed import read_parts, too_large, unsupported, write_parts
from qingyuan.pii.deidentify._placed import Placed, Row
from qingyuan.pii.deidentify._splice import Written, edits_of, splice
from qingyuan.pii.deidentify._workbook import rewrite_workbook
from qingyuan.pii.deidentify.treat import GONE
from qingyuan.pii.readers import Format, Limits
from qingyuan.pii.readers._decode import sniff_encoding

#: Largest document that is held in memory as text.
_MOST_TEXT = 64 << 20
_MOST_PARTS = 512 << 20
_SHORTEST = 4


class Form(Protocol):
    """Rewrites one file, as often as the check asks for."""

    name: str

    def write(self, found: Sequence[Cell], target: BinaryIO) -> None:
        """Write the file with the cells replaced."""

    def is_ours(self, row: Row) -> bool | None:
        """Say whether a hit of the output was written (or kept, as the policy says) by us; ``None``: kept."""

    def hide(self, rows: Sequence[Row], output: Input) -> None:
        """Remember hits of the output that have to go in the next round."""


class Text:
    """Delimited text, free text, JSON and SQL: bytes at known offsets."""

    name = "text"

    def __init__(self, source: Input, form: Format) -> None:
        """Take the file."""
        self._source, self._form = source, form
        self._hidden: list[tuple[int, int]] = []
        self._written: Written | None = None

    def write(self, found: Sequence[Cell], target: BinaryIO) -> None:
        """Write the file; every byte outside values is copied.

        Raises:
            PiiError: A value stands where its bytes cannot be told.
        """
        if lost := [cell.place for cell in found if any(span.byte_start < 0 for span in cell.spans)]:
            raise unsupported(
                f"{self._source.name}, {lost[0]}",
                f"{len(lost)} 处内容经过编码，无法就地改写",
                f"{len(lost)} place(s) are encoded and cannot be rewritten in place",
            )
        self._written = splice(self._source, edits_of(self._source, self._form, found, self._hidden), target)

    def is_ours(self, row: Row) -> bool | None:
        """See :meth:`Form.is_ours`: the hit lies in a replacement and is not the value it replaced."""
        start, end = row["byte_start"], row["byte_end"]
        if self._written is None or not isinstance(start, int) or not isinstance(end, int):
            return False
        edit = self._written.holds(start, end)
        if edit is None:
            return False
        return None if edit.data is None else row["token"] not in edit.tokens

    def hide(self, rows: Sequence[Row], output: Input) -> None:
        """Remember the bytes of the input that they come from."""
        del output
        assert self._written is not None
        for row in rows:
            start, end = row["byte_start"], row["byte_end"]
            if isinstance(start, int) and isinstance(end, int):
                self._hidden.append(self._written.before(start, end))


class Markup(Placed):
    """HTML, or the parts of a docx, pptx or odt: values wherever they stand."""

    name = "markup"

    def __init__(self, source: Input, limits: Limits, *, packed: bool) -> None:
        """Take the file."""
        super().__init__()
        self._source, self._limits, self._packed = source, limits, packed
        self._hidden: dict[str, str] = {}

    def write(self, found: Sequence[Cell], target: BinaryIO) -> None:
        """Write the file with every value replaced, in running text and in attributes.

        Raises:
            PiiError: It is too large or damaged, or a column with a rule holds values too short to be told apart.
        """
        for cell in found:
            if any(not s.kind and s.new is not None and len(s.value) < _SHORTEST for s in cell.spans):
                raise unsupported(
                    f"{self._source.name}, {cell.place}",
                    "此格式中按列处理的值过短",
                    "values of a column with a rule are too short for this format",
                )
        self.take(found)
        values = Values({**self.values, **self._hidden})
        if not self._packed:
            target.write(self._page(values))
            return
        parts = read_parts(self._source.stream(), self._source.name, self._limits, most=_MOST_PARTS)
        out = {}
        for name, (_, data) in parts.items():
            if "/embeddings/" in name or name.endswith(".bin"):
                raise unsupported(f"{self._source.name}/{name}", "嵌入的对象", "an embedded object")
            is_text = name.endswith((".xml", ".rels"))
            out[name] = (
                without_people(name, rewrite(_xml(name, data), values, collapse=False)).encode()
                if is_text
                else data
            )
        write_parts(target, {name: info for name, (info, _) in parts.items()}, out)

    def _page(self, values: Values) -> bytes:
        if len(self._source.data) > _MOST_TEXT:
            raise too_large(self._source.name)
        encoding, skip = sniff_encoding(self._source.head)
        encoding = "utf-8" if encoding in {"ascii?", "?"} else encoding
        raw = bytes(self._source.data)
        text = raw[skip:].decode(encoding, "surrogateescape")
        new = rewrite(text, values, collapse=True)
        return raw[:skip] + new.encode(encoding, "surrogateescape")

    def hide(self, rows: Sequence[Row], output: Input) -> None:
        """Remember the values of the output, to be replaced wherever they stand."""
        wanted: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            wanted.setdefault(str(row["place"]), []).append((int(str(row["start"])), int(str(row["end"]))))
        for batch in readers.read(output.stream(), output.name):
            if not isinstance(batch, Batch):
                continue
            for at, place in enumerate(batch.places(np.arange(len(batch))).to_pylist()):
                for start, end in wanted.get(str(place), ()):
                    text = batch.data[batch.starts[at] : batch.ends[at]].tobytes().decode()
                    self._hidden[text[start:end]] = GONE


class Workbook(Placed):
    """xlsx: cells by their places."""

    name = "workbook"

    def __init__(self, source: Input, limits: Limits) -> None:
        """Take the file."""
        super().__init__()
        self._source, self._limits = source, limits
        self._hidden: dict[str, str] = {}

    def write(self, found: Sequence[Cell], target: BinaryIO) -> None:
        """Write the workbook.

        Raises:
            PiiError: It is too large, damaged, or has an embedded object.
        """
        self.take(found)
        parts = read_parts(self._source.stream(), self._source.name, self._limits, most=_MOST_PARTS)
        for name in parts:
            if "/embeddings/" in name or name.endswith(".bin"):
                raise unsupported(
                    f"{self._source.name}/{name}", "嵌入的对象或宏", "an embedded object or macros"
                )
        cells = {cell.place: cell.new for cell in found} | self._hidden
        try:
            out = rewrite_workbook({n: data for n, (_, data) in parts.items()}, cells, Values(self.values))
        except (KeyError, UnicodeError, ValueError, zipfile.BadZipFile) as error:
            raise unsupported(self._source.name, "损坏的工作簿", "a damaged workbook") from error
        for name in out:
            if name.endswith(".xml"):
                out[name] = without_people(name, out[name].decode()).encode()
        write_parts(target, {name: info for name, (info, _) in parts.items()}, out)

    def hide(self, rows: Sequence[Row], output: Input) -> None:
        """Remember the cells, to be hidden whole."""
        del output
        for row in rows:
            self._hidden[str(row["place"])] = GONE
            self.written.setdefault(str(row["place"]), set())


_PEOPLE = re.compile(
    r"(<(?:\w+:)?(?:creator|lastModifiedBy|initial-creator|printed-by|author|manager|company)\b[^>]*(?<!/)>)[^<]*(</)",
    re.IGNORECASE,
)
_AUTHORS = re.compile(r"(\b(?:\w+:)?(?:author|initials|displayName|userId)=)(\"[^\"]*\"|'[^']*')")
_ABOUT = re.compile(r"docProps/|meta\.xml|(?:.*/)?(?:comments|people|persons?/|threadedComments)|word/|ppt/")


def without_people(name: str, text: str) -> str:
    """Return a part of a document without who wrote or commented it; parts that say nothing of that as they are."""
    if not _ABOUT.match(name):
        return text
    return _AUTHORS.sub(r'\1""', _PEOPLE.sub(r"\1\2", text))


def _xml(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unsupported(name, "不是 UTF-8 的 XML", "XML that is not UTF-8") from error
