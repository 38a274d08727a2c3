"""Filling a form: named facts in, a content tree out.

A required fact that is missing is an error that names the form and the fact. A field that nobody knows is a
marked blank, listed in ``missing``; no page has a gap that is not marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec.structs import replace

from qingyuan.documents._template import Datum, Fact, Given, Unknown, clean, holds, ordinal, render, unknown
from qingyuan.documents.errors import DocumentError
from qingyuan.documents.form import NUMBER_BLANK, Field, Form, FormTable, Requirement, laid_out
from qingyuan.documents.model import Blank, Block, Document, Run, Runs, Table, words

_NUMBER = Blank("number", "文号（由全国检察业务应用系统编制）", "number (issued by the national case system)")

#: What a cell shows that has nothing to show.
_EMPTY = (Run("—"),)
#: What a blank is that no field of the form names: a rule that was not in force on the day.
_LAW = ("当时适用的规定", "the rule that applied on the day")


def missing(form: Form, facts: Mapping[str, object]) -> tuple[Requirement, ...]:
    """Return the required facts that ``facts`` does not hold or holds empty."""
    return tuple(
        need for need in form.requires if not any(_present(dig(facts, name)) for name in need.fact.split("|"))
    )


def fill(
    form: Form,
    facts: Mapping[str, object],
    *,
    title: str,
    author: str,
    issued: date,
    given: Mapping[str, str] | None = None,
) -> Document:
    """Make the content tree of a document.

    Args:
        form: The form.
        facts: Nested names to strings, numbers, :class:`Fact` or lists of mappings.
        title: Title for the metadata.
        author: Issuing office.
        issued: Date of issue.
        given: Particulars that a person states for this document, by name of a field.

    Raises:
        DocumentError: A required fact is missing, ``given`` names no field of the form, or the text names a
            fact that is not there.
    """
    blocks, fields = laid_out(form)
    stated = _stated(form, fields, given or {})
    resolved = {field.name: _resolve(field, facts, stated) for field in fields}
    filled = {**facts, **resolved}
    filled["number"] = facts.get("number") or Unknown(_NUMBER.name, NUMBER_BLANK)
    if absent := missing(form, filled):
        raise DocumentError(
            "documents.missing-facts",
            zh="缺少：" + "、".join(need.zh for need in absent),
            en="missing: " + ", ".join(need.en for need in absent),
            where=form.name,
            remedy_zh="请先在案件中记录这些事实",
            remedy_en="record these facts in the case first",
        )
    made: list[Block | Table] = []
    for number, block in enumerate(blocks, start=1):
        where = f"{form.id} block {number}"
        if block.when is not None and not holds(block.when, filled, where):
            continue
        if block.table is not None:
            made.append(_table(block.table, filled, where))
            continue
        items: list[object] = [None] if block.each is None else _list(filled, block.each, where)
        for index, item in enumerate(items, start=1):
            runs = render(block.text or "", {**filled, "item": item, "index": ordinal(index)}, where)
            made += [Block(block.role, paragraph, block.private) for paragraph in _paragraphs(runs)]
    document = Document(form.id, form.name, form.lang, title, author, issued.isoformat(), tuple(made))
    return _with_blanks(document, fields, resolved)


def _with_blanks(document: Document, fields: Iterable[Field], resolved: Mapping[str, object]) -> Document:
    known = {field.name: Blank(field.name, field.zh, field.en) for field in fields} | {_NUMBER.name: _NUMBER}
    names = dict.fromkeys(run.blank for run in document.runs() if run.blank)
    private = tuple(
        (field.private, str(resolved[field.name]))
        for field in fields
        if field.private and resolved[field.name]
    )
    missed = tuple(known.get(name) or _unnamed(name) for name in names)
    return replace(document, missing=missed, private=private)


def _unnamed(name: str) -> Blank:
    """Return a blank that no field of the form names: somebody's name, or a rule that was not in force on the day."""
    kind, _, person = name.partition(":")
    if kind == "staff":
        return Blank(
            name, f"{person}的姓名（人员名册 staff.yaml 未载）", f"name of {person} (not in staff.yaml)"
        )
    return Blank(name, *_LAW)


def _stated(form: Form, fields: Iterable[Field], given: Mapping[str, str]) -> dict[str, str]:
    names = [field.name for field in fields]
    if strange := [name for name in given if name not in names]:
        raise DocumentError(
            "documents.unknown-field",
            zh=f"“{form.name}”没有可填写的“{strange[0]}”",
            en=f"{form.name_en} has no field {strange[0]!r}",
            where=form.id,
            remedy_zh="可填写：" + "、".join(f"{f.name}（{f.zh}）" for f in fields),
            remedy_en="it has: " + ", ".join(names),
        )
    return {name: value for name, text in given.items() if (value := clean(text).strip())}


def _resolve(field: Field, facts: Mapping[str, object], stated: Mapping[str, str]) -> object:
    """Return what is known of a field: a person's word before the docket's, else the mark of a blank."""
    if field.name in stated:
        return Given(stated[field.name], field.name)
    value = dig(facts, field.source) if field.source else None
    if _present(value) or isinstance(value, bool):
        return value
    return unknown(field.name, field.zh, line=field.line)


def _paragraphs(runs: Runs) -> Iterable[Runs]:
    """Split runs at line ends: each line of a long text is a paragraph of its own."""
    current: list[Runs] = [()]
    for run in runs:
        for at, piece in enumerate(run.text.split("\n")):
            if at:
                current.append(())
            if piece:
                current[-1] = (*current[-1], replace(run, text=piece))
    return [line for line in current if words(line).strip()]


def _table(table: FormTable, facts: Mapping[str, object], where: str) -> Table:
    cells = tuple(
        tuple(_cell(cell, {**facts, "item": item, "index": ordinal(index)}, where) for cell in table.cells)
        for index, item in enumerate(_list(facts, table.each, where), start=1)
    )
    return Table(
        table.columns, cells, table.widths, tuple(number - 1 for number in table.private), table.size
    )


def _cell(text: str, facts: Mapping[str, object], where: str) -> Runs:
    runs = render(text, facts, where)
    return runs if words(runs).strip() else _EMPTY


def dig(facts: Mapping[str, object], path: str) -> object:
    """Return the fact of a dotted name, or ``None``; a number is a place in a list."""
    value: object = facts
    for name in path.split("."):
        if isinstance(value, list) and name.lstrip("-").isdigit() and -len(value) <= int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value


def _present(value: object) -> bool:
    if isinstance(value, Fact | Given | Datum):
        return bool(value.value.strip())
    if isinstance(value, Unknown):
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ([], {}, ())


def _list(facts: Mapping[str, object], path: str, where: str) -> list[object]:
    value = dig(facts, path)
    if not isinstance(value, list):
        raise DocumentError(
            "documents.no-list",
            zh=f"事实“{path}”应为列表",
            en=f"the fact {path!r} must be a list",
            where=where,
        )
    return value
