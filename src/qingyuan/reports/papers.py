"""Papers: a white paper and a class-case report as content trees, their sections and sentences from YAML.

A sentence names figures in braces, ``{leads-by-source.total}`` or ``{leads-by-source.first}``; nothing else can put a number
into a paper. One with ``.some`` is left out when the figure is zero, one with ``.none`` when it is not. Below each picture stand the identifier of its query and how many signed events are behind it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import date
from importlib import resources

import msgspec
import yaml

from qingyuan.documents import Block, Document, Picture, Role, Run, Table
from qingyuan.reports.charts import chart, describe, written
from qingyuan.reports.errors import ReportError
from qingyuan.reports.figures import Figure, Group
from qingyuan.reports.queries import Queries
from qingyuan.shapes import convert

_PLACE = re.compile(r"\{([a-z0-9-]+)\.(total|counted|first|groups|span|some|none)\}")
_MOST_ROWS = 15


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section: a heading, sentences and figures.

    Attributes:
        heading: Its heading.
        texts: Sentences; one whose figures counted nothing is left out.
        figures: Identifiers of queries whose picture and table follow.
        list: Records to list: ``matters`` or ``measures``.
    """

    heading: str
    texts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    list: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a paper holds."""

    name: str
    title: str
    parts: tuple[Part, ...]


class Listed(msgspec.Struct, frozen=True):
    """A list of records in a paper.

    Attributes:
        columns: Headings.
        rows: Cells, each with the index of the event that states it, or ``None``.
        widths: Relative widths.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, int | None], ...], ...]
    widths: tuple[int, ...]


@functools.lru_cache(maxsize=8)
def plan(name: str, lang: str = "zh") -> Plan:
    """Return the plan ``white-paper`` or ``class-case`` in a language, ``zh`` or ``en``."""
    file = f"{name}.yaml" if lang == "zh" else f"{name}.{lang}.yaml"
    raw = resources.files("qingyuan.reports").joinpath("data", file).read_bytes()
    return convert(yaml.load(raw, Loader=yaml.CSafeLoader), Plan)


def needed(name: str, lang: str = "zh") -> tuple[str, ...]:
    """Return the queries that the paper ``name`` rests on, in the order of their appearance."""
    found: dict[str, None] = {}
    for part in plan(name, lang).parts:
        for text in part.texts:
            found |= dict.fromkeys(match[1] for match in _PLACE.finditer(text))
        found |= dict.fromkeys(part.figures)
    return tuple(found)


def paper(
    name: str,
    figures: Mapping[str, Figure],
    queries: Queries,
    *,
    author: str,
    issued: date,
    subject: str = "",
    lists: Mapping[str, Listed] | None = None,
    lang: str = "zh",
) -> Document:
    """Return the paper ``name`` as a document.

    Args:
        name: Which plan.
        figures: The figures of :func:`needed`.
        queries: Where pictures of figures are said.
        author: Issuing office.
        issued: Day of issue.
        subject: What it is about, for the title; may be empty.
        lists: Records to list, by name.
        lang: ``zh`` or ``en``.

    Raises:
        ReportError: The plan names a figure that was not given.
    """
    content = plan(name, lang)
    zh = lang == "zh"
    title = f"{subject}{content.title}" if zh or not subject else f"{content.title}: {subject}"
    blocks: list[Block | Table | Picture] = [
        Block(Role.OFFICE, (Run(author),)),
        Block(Role.TITLE, (Run(title),)),
    ]
    number = 0
    for part in content.parts:
        blocks.append(Block(Role.HEADING, (Run(part.heading),)))
        for text in part.texts:
            said = _sentence(text, figures, name, lang)
            if said is not None:
                blocks.append(Block(Role.BODY, said))
        for identifier in part.figures:
            shown = _known(figures, identifier, name)
            if not shown.groups:
                continue
            number += 1
            blocks += _figure_blocks(shown, queries, number, lang)
        listed = (lists or {}).get(part.list)
        if listed and listed.rows:
            cells = tuple(tuple((Run(text, event=event),) for text, event in row) for row in listed.rows)
            blocks.append(Table(listed.columns, cells, listed.widths))
    blocks += [
        Block(Role.SIGNATURE, (Run(author),)),
        Block(
            Role.DATE, (Run(f"{issued.year}年{issued.month}月{issued.day}日" if zh else issued.isoformat()),)
        ),
    ]
    return Document(
        form=name,
        name=content.name,
        lang="zh-CN" if zh else "en",
        title=title,
        author=author,
        issued=issued.isoformat(),
        blocks=tuple(blocks),
    )


def _figure_blocks(figure: Figure, queries: Queries, number: int, lang: str) -> list[Block | Table | Picture]:
    zh = lang == "zh"
    svg = chart(figure, kind=queries.by_id[figure.query].picture, lang=lang)
    unit = figure.unit_zh if zh else figure.unit_en
    caption = f"图{number}　{figure.zh}（单位：{unit}）" if zh else f"Figure {number}. {figure.en} ({unit})"
    blocks: list[Block | Table | Picture] = []
    if svg:
        blocks.append(Picture(svg, caption, describe(figure, lang)))
    else:
        blocks.append(Block(Role.LINE, (Run(caption, origin=f"query:{figure.query}"),)))
    if len(figure.groups) <= _MOST_ROWS:
        cells = tuple(
            tuple(
                (Run(words, origin=f"query:{figure.query}"),)
                for words in (_named(group, lang), written(group.value), f"{len(group.events):,}")
            )
            for group in figure.groups
        )
        blocks.append(
            Table(("项目", unit, "依据的记录") if zh else ("Group", unit, "Records"), cells, (6, 2, 2))
        )
    behind = len({index for group in (*figure.groups, figure.total) for index in group.events})
    caution = figure.caution_zh if zh else figure.caution_en[:1].upper() + figure.caution_en[1:]
    note = (
        f"计入{figure.counted:,}项，依据账本中{behind:,}条签名记录"
        if zh
        else f"{figure.counted:,} counted, from {behind:,} signed records of the log"
    )
    named = f"（查询编号 {figure.query}）" if zh else f" (query {figure.query})"
    end = "。" if zh else ". "
    blocks.append(
        Block(
            Role.NOTE,
            (
                Run("数据来源：" if zh else "Source: "),
                Run(note, origin=f"query:{figure.query}"),
                Run(f"{named}{end}{caution}{end if caution else ''}".rstrip()),
            ),
        )
    )
    return blocks


def _sentence(text: str, figures: Mapping[str, Figure], where: str, lang: str) -> tuple[Run, ...] | None:
    runs: list[Run] = []
    last = 0
    for match in _PLACE.finditer(text):
        value = _place(_known(figures, match[1], where), match[2], lang)
        if value is None:
            return None
        runs += [Run(text[last : match.start()]), Run(value, origin=f"query:{match[1]}")]
        last = match.end()
    runs.append(Run(text[last:]))
    return tuple(run for run in runs if run.text)


def _named(group: Group, lang: str) -> str:
    return "、".join(group.zh) if lang == "zh" else ", ".join(group.en)


def _place(figure: Figure, what: str, lang: str) -> str | None:
    """Return what stands at a place of a sentence; ``None`` leaves the sentence out."""
    if what == "span":
        if lang == "zh":
            return f"{figure.since or '有记录以来'}至{figure.until or '今'}"
        return f"{figure.since or 'the first record'} to {figure.until or 'today'}"
    if what == "counted":
        return f"{figure.counted:,}"
    total = figure.total.value
    if figure.counted == 0 or (total is None and what not in {"groups", "first"}):
        return None
    zh = lang == "zh"
    parts = [
        f"{_named(group, lang)}{written(group.value)}{figure.unit_zh}"
        if zh
        else f"{_named(group, lang)} {written(group.value)}"
        for group in figure.groups
    ]
    first = figure.groups[0] if figure.groups else None
    places = {
        "total": written(total),
        "some": None if total == "0" else written(total),
        "none": "" if total == "0" else None,
        "groups": ("；" if zh else "; ").join(parts) or None,
        "first": (first.zh if zh else first.en)[0] if first else None,
    }
    return places[what]


def _known(figures: Mapping[str, Figure], identifier: str, where: str) -> Figure:
    found = figures.get(identifier)
    if found is None:
        raise ReportError(
            "report.unknown-query",
            zh=f"没有名为“{identifier}”的查询",
            en=f"there is no query named {identifier!r}",
            where=where,
            remedy_zh="请更正报告的结构文件",
            remedy_en="correct the plan of the paper",
        )
    return found
