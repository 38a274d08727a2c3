r"""Values written with escapes inside a cell: read as what they say, and written back in the same way.

``\u6b27\u9633`` and ``%E6%AC%A7`` inside a cell are the same value as 欧阳 in another; a method gets what they say, so that equal
values get equal replacements, and what it makes goes back with the escapes of the place.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

_BACKSLASHED = re.compile(r"(\\+)u([0-9A-Fa-f]{4})")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
#: What stands around a bare number of JSON.
_BEFORE, _BEHIND = re.compile(r"[:,\[]\s*\Z"), re.compile(r"\s*[,}\]]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def plain(value: str) -> str:
    """Return what a value says, without escapes; bytes in UTF-8 or GB 18030 that are neither stay as they are."""
    if _BACKSLASHED.search(value):
        said = _BACKSLASHED.sub(lambda one: chr(int(one[2], 16)), value)
        return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _PERCENT.sub(lambda one: _decoded(one[0])[0], value)


def _decoded(escapes: str) -> tuple[str, str]:
    raw = unquote_to_bytes(escapes)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return escapes, "utf-8"


def written(new: str, value: str) -> str:
    """Return a replacement written like the value it stands for: what is not ASCII with its kind of escape."""
    if new.isascii():
        return new
    if (one := _BACKSLASHED.search(value)) is not None:
        units = new.encode("utf-16-be").hex()
        at = (units[n : n + 4] for n in range(0, len(units), 4))
        return "".join(chr(int(u, 16)) if int(u, 16) < 128 else f"{one[1]}u{u}" for u in at)  # noqa: PLR2004 - ASCII
    if (found := _PERCENT.search(value)) is not None:
        encoding = _decoded(found[0])[1]
        return quote(new, safe="*@.-_~:/ ", encoding=encoding, errors="replace")
    return new


def in_json(text: str, start: int, end: int) -> bool:
    """Tell whether a stretch of a cell is a bare number of the JSON the cell holds."""
    said = text.strip()
    return (
        said[:1] + said[-1:] in {"{}", "[]"}
        and _NUMBER.fullmatch(text, start, end) is not None
        and _BEFORE.search(text, 0, start) is not None
        and _BEHIND.match(text, end) is not None
    )


def is_number(text: str) -> bool:
    """Tell whether a text is a number as JSON writes it."""
    return _NUMBER.fullmatch(text) is not None
