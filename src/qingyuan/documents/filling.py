"""Forms: YAML with named facts in it; filling one gives a content tree.

A form is data. Its text is Jinja2 in a sandbox; a fact that is missing is an error that names the form,
the block and the fact, never an empty space on a served page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2
import jinja2.sandbox
import msgspec
import yaml

from qingyuan.documents.errors import DocumentError
from qingyuan.documents.model import Block, Document, Role, Run, Table

_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_FACT = re.compile(f"{_OPEN}(\\d+){_MIDDLE}(.*?){_CLOSE}", re.DOTALL)


class Fact(msgspec.Struct, frozen=True):
    """A fact with the event that states it; prints as its value.

    Attributes:
        value: What the document shows.
        event: Index of the event in the log.
    """

    value: str
    event: int

    def __str__(self) -> str:
        """Return the value."""
        return self.value


class FormTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a form: one row for each element of the fact ``each``."""

    each: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    widths: tuple[int, ...]


class FormBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block of a form: exactly one of ``text`` and ``table``.

    Attributes:
        role: What the block is.
        text: Jinja2 text.
        each: Name of a list fact: the block repeats for each element, called ``item``.
        when: Jinja2 expression; the block is left out when it is false.
        table: A table instead of text.
    """

    role: Role = Role.BODY
    text: str | None = None
    each: str | None = None
    when: str | None = None
    table: FormTable | None = None


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that the law or the form demands."""

    fact: str
    zh: str
    en: str


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form.

    Attributes:
        id: Stable identifier.
        name: Name of the instrument in Chinese.
        name_en: Its accepted English name.
        rules: Identifiers of the provisions it rests on.
        requires: Facts without which it is not made.
        blocks: Content.
        lang: Language of the text.
        verified: Whether the official form itself was read; ``False`` shows in the product.
    """

    id: str
    name: str
    name_en: str
    rules: tuple[str, ...]
    requires: tuple[Requirement, ...]
    blocks: tuple[FormBlock, ...]
    lang: str = "zh"
    verified: bool = False


def _finalize(value: object) -> object:
    if isinstance(value, Fact):
        return f"{_OPEN}{value.event}{_MIDDLE}{value.value}{_CLOSE}"
    return value


def _chinese_date(value: object) -> object:
    """Write an ISO date as ``2026年3月2日``; a :class:`Fact` keeps its source."""
    if isinstance(value, Fact):
        return Fact(str(_chinese_date(value.value)), value.event)
    day = date.fromisoformat(str(value)[:10])
    return f"{day.year}年{day.month}月{day.day}日"


_DIGITS = "〇一二三四五六七八九"


def _numeral(value: int) -> str:
    """Write 1–99 as a Chinese numeral for headings and items."""
    tens, ones = divmod(value, 10)
    if not 0 < value < 100:  # noqa: PLR2004 - the numerals end here
        return str(value)
    head = "" if tens == 0 else ("十" if tens == 1 else _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")


def _thousands(value: object) -> object:
    if isinstance(value, Fact):
        return Fact(f"{int(value.value):,}", value.event)
    return f"{int(str(value)):,}"


class _Environment(jinja2.sandbox.SandboxedEnvironment):
    """Names in a form are facts: ``item.clear`` is the member of that name, never a method."""

    def getattr(self, obj: object, attribute: str) -> object:
        """Look a name up as a member first."""
        if isinstance(obj, Mapping):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)


@cache
def _environment() -> jinja2.Environment:
    environment = _Environment(
        undefined=jinja2.StrictUndefined, finalize=_finalize, autoescape=False, keep_trailing_newline=False
    )
    environment.filters |= {"day": _chinese_date, "numeral": _numeral, "thousands": _thousands}
    return environment


def load_form(data: bytes, where: str) -> Form:
    """Read a form from YAML.

    Raises:
        DocumentError: The YAML or a field is wrong; ``where`` and the place are named.
    """
    try:
        return msgspec.convert(yaml.load(data, Loader=yaml.CSafeLoader), Form)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise DocumentError(
            "documents.bad-form",
            zh=f"文书格式文件有误：{error}",
            en=f"the form is malformed: {error}",
            where=where,
            remedy_zh="请对照 documents/forms 中的其他格式修正",
            remedy_en="correct it after the other forms in documents/forms",
        ) from error


def forms(overlay: Path | None = None) -> dict[str, Form]:
    """Return all forms by identifier; a form in ``overlay`` replaces the one of the same identifier."""
    found: dict[str, Form] = {}
    sources = [
        (entry.name, entry.read_bytes())
        for entry in resources.files("qingyuan.documents.forms").iterdir()
        if entry.name.endswith(".yaml")
    ]
    if overlay is not None:
        sources += [(str(path), path.read_bytes()) for path in sorted(overlay.glob("*.yaml"))]
    for name, data in sources:
        form = load_form(data, name)
        found[form.id] = form
    return dict(sorted(found.items()))


def find_form(name: str, overlay: Path | None = None) -> Form:
    """Return a form by identifier or by its Chinese or English name.

    Raises:
        DocumentError: There is no such form; the error lists those there are.
    """
    known = forms(overlay)
    for form in known.values():
        if name in {form.id, form.name, form.name_en}:
            return form
    listed = "、".join(f"{form.name}（{form.id}）" for form in known.values())
    raise DocumentError(
        "documents.unknown-form",
        zh=f"没有名为“{name}”的文书格式",
        en=f"there is no form called {name!r}",
        where=name,
        remedy_zh=f"可用：{listed}",
        remedy_en=f"there are: {', '.join(known)}",
    )


def missing(form: Form, facts: Mapping[str, object]) -> tuple[Requirement, ...]:
    """Return the required facts that ``facts`` does not hold or holds empty."""
    return tuple(need for need in form.requires if not _present(_dig(facts, need.fact)))


def fill(form: Form, facts: Mapping[str, object], *, title: str, author: str, issued: date) -> Document:
    """Make the content tree of a document.

    Args:
        form: The form.
        facts: Nested names to strings, numbers, :class:`Fact` or lists of mappings.
        title: Title for the metadata.
        author: Issuing office.
        issued: Date of issue.

    Raises:
        DocumentError: A required fact is missing, or the text names a fact that is not there.
    """
    absent = missing(form, facts)
    if absent:
        raise DocumentError(
            "documents.missing-facts",
            zh="缺少：" + "、".join(need.zh for need in absent),
            en="missing: " + ", ".join(need.en for need in absent),
            where=form.name,
            remedy_zh="请先在案件中记录这些事实",
            remedy_en="record these facts in the case first",
        )
    blocks: list[Block | Table] = []
    for number, block in enumerate(form.blocks, start=1):
        where = f"{form.id} block {number}"
        if block.when is not None and not _evaluate(block.when, facts, where):
            continue
        if block.table is not None:
            blocks.append(_table(block.table, facts, where))
            continue
        items: list[object] = [None] if block.each is None else _list(facts, block.each, where)
        for index, item in enumerate(items, start=1):
            text = _render(block.text or "", {**facts, "item": item, "index": index}, where)
            runs = _runs(text)
            if any(run.text for run in runs):
                blocks.append(Block(block.role, runs))
    return Document(form.id, form.name, form.lang, title, author, issued.isoformat(), tuple(blocks))


def _table(table: FormTable, facts: Mapping[str, object], where: str) -> Table:
    rows = tuple(
        tuple(
            "".join(run.text for run in _runs(_render(cell, {**facts, "item": item, "index": index}, where)))
            for cell in table.cells
        )
        for index, item in enumerate(_list(facts, table.each, where), start=1)
    )
    return Table(table.columns, rows, table.widths)


def _runs(text: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    position = 0
    for match in _FACT.finditer(text):
        if match.start() > position:
            runs.append(Run(text[position : match.start()]))
        runs.append(Run(match.group(2), int(match.group(1))))
        position = match.end()
    if position < len(text):
        runs.append(Run(text[position:]))
    return tuple(runs)


def _render(source: str, facts: Mapping[str, object], where: str) -> str:
    try:
        return _environment().from_string(source).render(facts).strip()
    except (jinja2.TemplateError, ValueError, TypeError) as error:
        raise _bad_text(where, error) from error


def _evaluate(expression: str, facts: Mapping[str, object], where: str) -> bool:
    try:
        return bool(_environment().compile_expression(expression, undefined_to_none=True)(**facts))
    except (jinja2.TemplateError, TypeError) as error:
        raise _bad_text(where, error) from error


def _bad_text(where: str, error: Exception) -> DocumentError:
    return DocumentError(
        "documents.bad-text",
        zh=f"格式文本无法填写：{error}",
        en=f"the text cannot be filled: {error}",
        where=where,
        remedy_zh="请检查格式中的事实名称",
        remedy_en="check the names of facts in the form",
    )


def _dig(facts: Mapping[str, object], path: str) -> object:
    value: object = facts
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _present(value: object) -> bool:
    if isinstance(value, Fact):
        return bool(value.value.strip())
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ([], {}, ())


def _list(facts: Mapping[str, object], path: str, where: str) -> list[object]:
    value = _dig(facts, path)
    if not isinstance(value, list):
        raise DocumentError(
            "documents.no-list",
            zh=f"事实“{path}”应为列表",
            en=f"the fact {path!r} must be a list",
            where=where,
        )
    return value
