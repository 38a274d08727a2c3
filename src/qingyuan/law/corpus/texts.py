"""A corpus of statutes: a folder, a JSON Lines file or a database that the user supplies.

Its dates are not believed blindly: where the day of effect that it names is earlier than the version itself, the day is
taken from the law data, and where that knows none either, it is unknown and said so.
"""

from __future__ import annotations

import html
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from qingyuan.law.corpus.numerals import ARTICLE, article_key
from qingyuan.law.errors import LawError

_HEAD = re.compile(rf"^[\s　]*{ARTICLE}[\s　]*(.*)$")
_TAG = re.compile(r"<[^>]*>")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NAME = re.compile(r"^(.*?)[(（](\d{4}-\d{2}-\d{2})[)）]$")
_MOST = 64 << 20
_RUN = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")
_COLUMNS = {
    "law": ("law", "title", "law_title", "law_name", "name"),
    "article": ("article", "no", "article_no_arabic", "article_no", "number"),
    "text": ("text", "article_text", "content"),
    "version": ("version_date", "version", "publish_date", "promulgation_date"),
    "effective": ("effective_from", "db_effective_date", "effective_date"),
}


class Edition(msgspec.Struct, frozen=True):
    """One version of one statute.

    Attributes:
        title: Its title as the corpus has it.
        version: Day of this version, or ``None`` when the corpus names none.
        effective: First day in force as the corpus says, or ``None``; ``None`` too when it is earlier than the version.
        articles: Text by article, ``28`` or ``253-1``.
        source: File it came from.
    """

    title: str
    version: date | None
    effective: date | None
    articles: dict[str, str]
    source: str


class Skipped(msgspec.Struct, frozen=True):
    """A file of the corpus that gave nothing, and why."""

    file: str
    zh: str
    en: str


class Corpus(msgspec.Struct, frozen=True):
    """Every edition found, and what was skipped."""

    path: str
    editions: tuple[Edition, ...]
    skipped: tuple[Skipped, ...]

    def titled(self, name: str) -> dict[str, tuple[Edition, ...]]:
        """Return the editions of the statute that ``name`` names, by plain title; several titles when it is ambiguous.

        The full title wins over all, with or without 中华人民共和国; otherwise every title that contains the name.
        """
        wanted = plain_title(name)
        by_title: dict[str, list[Edition]] = {}
        for edition in self.editions:
            by_title.setdefault(plain_title(edition.title), []).append(edition)
        chosen = (
            [wanted] if wanted in by_title else [title for title in by_title if wanted and wanted in title]
        )
        return {
            title: tuple(sorted(by_title[title], key=lambda one: one.version or date.min)) for title in chosen
        }


def plain_title(name: str) -> str:
    """Return a title without marks, 中华人民共和国 and what stands in brackets."""
    name = re.sub(r"[（(].*?[)）]", "", name)
    name = re.sub(r"[《》〈〉<>\s　·]", "", name)
    return name.removeprefix("中华人民共和国")


def open_corpus(path: Path) -> Corpus:
    """Read the corpus at ``path``: a folder, ``.jsonl``, ``.md``, ``.txt``, ``.html``, ``.docx`` or a SQLite or DuckDB file.

    Raises:
        LawError: There is nothing at ``path``, or nothing in it is a statute.
    """
    if not path.exists():
        raise _no_corpus(path, "没有这个文件或者文件夹", "there is no such file or folder")
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    editions: list[Edition] = []
    skipped: list[Skipped] = []
    for file in files:
        shown = str(file.relative_to(path)) if path.is_dir() else file.name
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            skipped.append(Skipped(shown, "格式不支持", "the format is not supported"))
            continue
        if file.stat().st_size > _MOST:
            skipped.append(Skipped(shown, "文件过大", "the file is too big"))
            continue
        try:
            found = [edition for edition in reader(file, shown) if edition.articles]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, sqlite3.Error) as error:
            skipped.append(Skipped(shown, f"无法读取：{error}", f"cannot be read: {error}"))
            continue
        if not found:
            skipped.append(Skipped(shown, "没有找到条文", "no article was found"))
        editions += found
    if not editions:
        raise _no_corpus(path, "其中没有可以读取的条文", "nothing in it is a statute that can be read")
    return Corpus(str(path), tuple(editions), tuple(skipped))


def _no_corpus(path: Path, zh: str, en: str) -> LawError:
    return LawError(
        "law.no-corpus",
        zh=f"法规全文库不可用：{zh}",
        en=f"the corpus cannot be used: {en}",
        where=str(path),
        remedy_zh="请给出法规全文的文件夹、JSONL 文件或者数据库（docs/law-data.md）",
        remedy_en="give a folder of statutes, a JSON Lines file or a database (docs/law-data.md)",
    )


def _day(words: object) -> date | None:
    match = _DAY.search(str(words or ""))
    return date(int(match[1]), int(match[2]), int(match[3])) if match else None


def _records(records: Iterator[dict[str, object]], shown: str) -> list[Edition]:
    held: dict[tuple[str, date | None, date | None], dict[str, str]] = {}
    for record in records:
        names = {
            key: next((one for one in choices if one in record), "") for key, choices in _COLUMNS.items()
        }
        title, text = record.get(names["law"]), record.get(names["text"])
        article = record.get(names["article"])
        if not isinstance(title, str) or not isinstance(text, str) or article is None:
            continue
        version, effective = _day(record.get(names["version"])), _day(record.get(names["effective"]))
        if version and effective and effective < version:
            effective = None
        held.setdefault((title, version, effective), {})[article_key(str(article))] = text
    return [
        Edition(title, version, effective, articles, shown)
        for (title, version, effective), articles in held.items()
    ]


def _jsonl(file: Path, shown: str) -> list[Edition]:
    with file.open(encoding="utf-8") as lines:
        return _records((json.loads(line) for line in lines if line.strip()), shown)


def _plain(file: Path, shown: str) -> list[Edition]:
    return _prose(file.read_text(encoding="utf-8", errors="replace"), file, shown)


def _marked(file: Path, shown: str) -> list[Edition]:
    raw = file.read_text(encoding="utf-8", errors="replace")
    raw = re.sub(r"(?i)<(?:br|/p|/div|/li|/h\d|/tr)[^>]*>", "\n", raw)
    return _prose(html.unescape(_TAG.sub("", raw)).replace("**", "").replace("\u2003", " "), file, shown)


def _docx(file: Path, shown: str) -> list[Edition]:
    with zipfile.ZipFile(file) as packed:
        part = packed.getinfo("word/document.xml")
        if part.file_size > _MOST:
            raise ValueError(part.file_size)
        text = packed.read(part).decode("utf-8")
    lines = [html.unescape("".join(_RUN.findall(paragraph))) for paragraph in text.split("</w:p>")]
    return _prose("\n".join(lines), file, shown)


def _prose(text: str, file: Path, shown: str) -> list[Edition]:
    named = _NAME.match(file.stem)
    title = named[1] if named else file.stem
    articles: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        match = _HEAD.match(line)
        key = article_key(line) if match else ""
        if match and key not in articles:
            current = articles.setdefault(key, [match[3].strip()])
        elif current is not None and (said := line.strip(" \t　#")) and not _is_heading(said):
            current.append(said)
    whole = {key: "\n".join(part for part in parts if part) for key, parts in articles.items()}
    return [Edition(title, _day(named[2]) if named else None, None, whole, shown)]


def _is_heading(line: str) -> bool:
    return re.match(r"^第[零一二三四五六七八九十百]+[编章节]", line) is not None


def _sqlite(file: Path, shown: str) -> list[Edition]:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return _tables(connection.execute, tables, shown)
    finally:
        connection.close()


def _duckdb(file: Path, shown: str) -> list[Edition]:
    import duckdb  # noqa: PLC0415 - only such a corpus needs it

    try:
        connection = duckdb.connect(str(file), read_only=True)
        try:
            tables = [str(row[0]) for row in connection.execute("SHOW TABLES").fetchall()]
            return _tables(connection.execute, tables, shown)
        finally:
            connection.close()
    except duckdb.Error as error:
        raise ValueError(str(error)) from error


def _tables(run: Callable[[str], object], tables: list[str], shown: str) -> list[Edition]:
    found: list[Edition] = []
    laws: dict[object, dict[str, object]] = {}
    rows_of = {name: list(_rows(run, name)) for name in tables}
    for rows in rows_of.values():
        if rows and "id" in rows[0] and not set(_COLUMNS["text"]) & set(rows[0]):
            laws |= {row["id"]: row for row in rows}
    for rows in rows_of.values():
        if rows and set(_COLUMNS["text"]) & set(rows[0]):
            joined = (laws.get(row.get("law_id"), {}) | row for row in rows)
            found += _records(joined, shown)
    return found


def _rows(run: Callable[[str], object], table: str) -> Iterator[dict[str, object]]:
    quoted = table.replace('"', '""')
    cursor = run(f'SELECT * FROM "{quoted}"')  # noqa: S608 - the name comes from the database itself and is quoted
    names = [column[0] for column in cursor.description]  # type: ignore[attr-defined]
    for row in cursor.fetchall():  # type: ignore[attr-defined]
        yield dict(zip(names, row, strict=True))


_READERS: dict[str, Callable[[Path, str], list[Edition]]] = {
    ".jsonl": _jsonl,
    ".txt": _plain,
    ".md": _marked,
    ".html": _marked,
    ".htm": _marked,
    ".docx": _docx,
    ".db": _sqlite,
    ".sqlite": _sqlite,
    ".sqlite3": _sqlite,
    ".duckdb": _duckdb,
}
