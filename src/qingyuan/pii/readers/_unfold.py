r"""Values inside values: base64, URL encoding, ``\u`` escapes, forms, tokens and JSON in strings."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

import numpy as np

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.readers._columnar import decoded
from qingyuan.pii.readers._fields import Fields
from qingyuan.pii.readers._rows import Reader, inner, is_file
from qingyuan.pii.readers._source import Source
from qingyuan.pii.readers._unread import unread

#: How often a value is decoded again, and how much text is decoded at all.
_DEEPEST = 6
LARGEST = 8 << 20
_MOST_LEAVES = 100_000
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_FORM = re.compile(r"[^\s=&?#{}<>\"']{1,200}=[^\s&{}<>\"']*(?:&[^\s=&{}<>\"']{1,200}=?[^\s&{}<>\"']*)*")
_TOKEN = re.compile(r"\s*(?:Bearer\s+)?(eyJ[\w-]+)\.([\w-]+)\.[\w-]*\s*", re.IGNORECASE)
_BASE64 = re.compile(r"(?:data:[\w/+.;=-]*,)?\s*[A-Za-z0-9+/_-]{12,}(?:\s+[A-Za-z0-9+/_-]+)*={0,2}\s*")
_WORD = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*")

#: A leaf: steps of the place, steps of the column, and its text or the bytes of a file.
Leaf = tuple[str, str, str | bytes]


def unfold(text: str) -> list[Leaf] | None:
    r"""Return the values inside ``text``, ``None`` if there is nothing to undo.

    The steps are written as ``"|base64"``, ``"|url"``, ``"|\u"``, ``"|jwt"``, ``"|?tel"`` (a form
    field) and ``"|$.a[0].tel"`` (JSON), in the order in which they were undone.
    """
    leaves: list[Leaf] = []
    _unfold(text, "", "", 0, leaves)
    return leaves if len(leaves) != 1 or leaves[0][0] else None


def _unfold(text: str, place: str, column: str, depth: int, leaves: list[Leaf]) -> None:
    if depth < _DEEPEST and len(text) > 3 and len(leaves) < _MOST_LEAVES:  # noqa: PLR2004 -- "%41"
        for step in (_json, _jwt, _form, _percent, _escapes, _base64, _words):
            found = step(text)
            if found is None:
                continue
            for at, name, value in found:
                if isinstance(value, bytes):
                    leaves.append((place + at, column + name, value))
                else:
                    _unfold(value, place + at, column + name, depth + 1, leaves)
            return
    leaves.append((place, column, text))


def _json(text: str) -> list[Leaf] | None:
    said = text.strip()
    if said[:1] + said[-1:] not in {"{}", "[]"}:
        return None
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        return None
    out: list[Leaf] = []
    stack: list[tuple[str, str, object]] = [("|$", "|$", value)]
    while stack and len(out) < _MOST_LEAVES:
        at, name, one = stack.pop()
        if isinstance(one, dict):
            steps = [(_step(key), item) for key, item in one.items()]
            stack += [(at + step, name + step, item) for step, item in reversed(steps)]
        elif isinstance(one, list):
            stack += [(f"{at}[{k}]", f"{name}[]", item) for k, item in reversed(list(enumerate(one)))]
        elif isinstance(one, str) or (isinstance(one, (int, float)) and not isinstance(one, bool)):
            said = one.encode("utf-8", errors="replace").decode() if isinstance(one, str) else str(one)
            out.append((at, name, said))
    return out


def _step(key: str) -> str:
    key = key.encode("utf-8", errors="replace").decode()
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _jwt(text: str) -> list[Leaf] | None:
    found = _TOKEN.fullmatch(text)
    payload = from_base64(found.group(2)) if found else None
    said = decoded(payload) if payload else None
    return [("|jwt", "|jwt", said)] if said and said[:1] == "{" else None


def _form(text: str) -> list[Leaf] | None:
    if not _FORM.fullmatch(text) or ("&" not in text and "%" not in text):
        return None
    out: list[Leaf] = []
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        name = unquoted(name.replace("+", " "))
        out.append(
            (
                f"|?{name}",
                f"|?{name}",
                unquoted(value.replace("+", " ") if "%2B" in value.upper() or "%20" not in value else value),
            )
        )
    return out


def unquoted(text: str) -> str:
    """Return URL-encoded text decoded as UTF-8, else GB 18030; unchanged if it is neither."""
    said = decoded(unquote_to_bytes(text))
    return text if said is None else said


def _percent(text: str) -> list[Leaf] | None:
    if not _PERCENT.search(text):
        return None
    said = unquoted(text)
    return [("|url", "|url", said)] if said != text else None


def _escapes(text: str) -> list[Leaf] | None:
    if not _ESCAPE.search(text):
        return None
    said = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    said = said.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return [("|\\u", "|\\u", said)]


def from_base64(text: str) -> bytes | None:
    """Return the bytes of base64 in either alphabet, padded or not; ``None`` if it is none."""
    packed = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    if len(packed) % 4 == 1:
        return None
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _base64(text: str) -> list[Leaf] | None:
    if not _BASE64.fullmatch(text) or text.isdecimal():
        return None
    raw = from_base64(text.rpartition(",")[2])
    if raw is None:
        return None
    if is_file(raw):
        return [("|base64", "|base64", raw)]
    said = decoded(raw)
    # Words and numbers are base64 by accident now and then, but what they "decode" to is no text.
    return [("|base64", "|base64", said)] if said and _telling(said) else None


def _words(text: str) -> list[Leaf] | None:
    """Undo base64 words inside a longer text, where they hold text that tells something."""
    changed = False

    def undo(found: re.Match[str]) -> str:
        nonlocal changed
        raw = None if found.group().isalnum() and found.group().isdecimal() else from_base64(found.group())
        said = decoded(raw) if raw else None
        if not said or not _telling(said):
            return found.group()
        changed = True
        return f" {said} "

    out = _WORD.sub(undo, text)
    return [("|base64", "|base64", out)] if changed else None


def _telling(said: str) -> bool:
    """Return whether decoded text looks meant: nearly all ASCII or Chinese, and some of it a word or number."""
    usual = sum(
        " " <= c <= "~"
        or c in "\r\n\t"
        or "\u4e00" <= c <= "\u9fff"
        or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c <= "\uffef"
        for c in said
    )
    return usual * 20 >= len(said) * 19


def add(fields: Fields, column: str, text: str, place: str, record: int) -> list[tuple[str, bytes]]:
    """Add a value, decoded if there is anything to undo; return the files found in it with their places."""
    files: list[tuple[str, bytes]] = []
    for at, name, value in unfold(text) or [("", "", text)]:
        if isinstance(value, bytes):
            files.append((place + at, value))
        else:
            fields.add((column + name).lstrip("|"), value, place + at, record)
    return files


def unfolded(source: Source, found: Iterable[Batch | Unread], reader: Reader) -> Iterator[Batch | Unread]:
    """Pass batches on with the values inside their values decoded.

    A batch with nothing to undo passes as it is. One that is rewritten has no byte offsets: what
    was decoded does not stand in the file as it is.
    """
    taken = 0
    known: dict[tuple[str | None, str], Fields] = {}
    left = False
    for one in found:
        if isinstance(one, Unread):
            yield one
            continue
        taken += len(one.data)
        if taken > LARGEST:
            left = True
            yield one
            continue
        source.budget.check_time()
        texts = [
            bytes(one.data[s:e]).decode() for s, e in zip(one.starts.tolist(), one.ends.tolist(), strict=True)
        ]
        leaves = [unfold(text) for text in texts]
        if not any(leaves):
            yield one
            continue
        owner = inner(source, b"", "") if one.member != source.member else source
        owner.member = one.member
        fields = known.setdefault((one.member, one.table), Fields(owner, one.table, one.prose))
        places = one.places(np.arange(len(one))).to_pylist()
        files: list[tuple[str, bytes]] = []
        for k, text in enumerate(texts):
            column = one.columns[one.column[k]] if one.column[k] >= 0 else ""
            for at, name, value in leaves[k] or [("", "", text)]:
                if isinstance(value, bytes):
                    files.append((f"{places[k]}{at}", value))
                else:
                    fields.add(column + name, value, f"{places[k]}{at}", int(one.record[k]))
        yield from fields.batches()
        for where, raw in files:
            yield from read_inside(source, raw, where, reader)
    if left:
        yield unread("not-decoded", source.member, mib=LARGEST >> 20)


def read_inside(source: Source, raw: bytes, where: str, reader: Reader) -> Iterator[Batch | Unread]:
    """Yield the cells of a file found inside a value, unless it lies too deep."""
    if source.depth >= source.limits.max_archive_depth + _DEEPEST:
        yield unread("archive-too-deep", source.member, depth=source.limits.max_archive_depth)
        return
    yield from reader(inner(source, raw, where))
