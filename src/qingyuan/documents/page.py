"""Reports for the screen: one HTML file without anything from outside, with bars drawn in it.

A report has the parts of a :class:`~qingyuan.documents.sheet.Sheet` and pictures; :func:`report_sheet` gives the sheet for the PDF.
A bar stands beside its label, and below it on a narrow screen, so that no word is cut.
It reads well on a phone, on a desk and on paper, and without scripts.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import msgspec

from qingyuan.documents.sheet import Bar, Chart, Section, Sheet, SheetTable

__all__ = ["Bar", "Chart", "Part", "Report", "report_html", "report_sheet"]


class Part(msgspec.Struct, frozen=True):
    """A part of a report.

    Attributes:
        heading: Its heading.
        paragraphs: Its text.
        chart: Its picture, if any.
        table: Its table, if any.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    chart: Chart | None = None
    table: SheetTable | None = None


class Report(msgspec.Struct, frozen=True):
    """A report.

    Attributes:
        lang: ``"zh"`` or ``"en"``.
        title: Title.
        subtitle: The line below it.
        author: Who makes it.
        issued: Day or moment it is made, ISO 8601.
        facts: Labels and values.
        parts: The parts, in order.
        footer: Small text at the end.
    """

    lang: str
    title: str
    subtitle: str
    author: str
    issued: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    footer: str


def report_sheet(report: Report) -> Sheet:
    """Return the report as a sheet, with its pictures."""
    sections = tuple(Section(part.heading, part.paragraphs, part.table, part.chart) for part in report.parts)
    return Sheet(
        title=report.title,
        subtitle=report.subtitle,
        author=report.author,
        issued=report.issued,
        facts=report.facts,
        sections=sections,
        footer=report.footer,
        lang=report.lang,
    )


def report_html(report: Report) -> str:
    """Return the report as one HTML page; the same report gives the same text."""
    lang = "zh-CN" if report.lang == "zh" else "en"
    top = (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{_text(report.title)}</h1><p class="sub">{_text(report.subtitle)}</p></header>\n'
    )
    facts = "".join(
        f"<div><dt>{_text(label)}</dt><dd>{_text(value)}</dd></div>" for label, value in report.facts
    )
    parts = [_part(part, number) for number, part in enumerate(report.parts)]
    return f'{top}<dl class="facts">{facts}</dl>\n{"".join(parts)}<footer><p>{_text(report.footer)}</p></footer>\n</main>\n</body>\n</html>\n'


def _part(part: Part, number: int) -> str:
    said = "".join(f"<p>{_text(words)}</p>" for words in part.paragraphs)
    chart = "" if part.chart is None else _chart(part.chart, number)
    table = "" if part.table is None else _table(part.table, part.heading)
    return f'<section aria-labelledby="h{number}"><h2 id="h{number}">{_text(part.heading)}</h2>{said}{chart}{table}</section>\n'


def _chart(chart: Chart, number: int) -> str:
    longest = max((sum(bar.parts) for bar in chart.bars), default=0) or 1
    rows = []
    for bar in chart.bars:
        x, drawn = 0.0, ""
        for index, part in enumerate(bar.parts):
            width = part / longest * 1000
            drawn += f'<rect class="c{index}" x="{x:.1f}" width="{width:.1f}" height="10"/>' if part else ""
            x += width
        rows.append(
            f'<li><span class="l">{_text(bar.label)}</span><svg viewBox="0 0 1000 10" preserveAspectRatio="none" '
            f'aria-hidden="true">{drawn}</svg><span class="v">{_text(bar.said)}</span></li>'
        )
    legend = "".join(
        f'<li><span class="k c{i}" aria-hidden="true"></span>{_text(name)}</li>'
        for i, name in enumerate(chart.legend)
    )
    keys = f'<ul class="legend">{legend}</ul>' if len(chart.legend) > 1 else ""
    return (
        f'<figure aria-labelledby="t{number}"><figcaption id="t{number}">{_text(chart.caption)}</figcaption>{keys}'
        f'<ul class="bars">{"".join(rows)}</ul></figure>'
    )


def _table(table: SheetTable, name: str) -> str:
    numeric = table.numbers
    head = "".join(
        f'<th scope="col"{_align(right)}>{_text(cell)}</th>'
        for cell, right in zip(table.columns, numeric, strict=True)
    )
    body = "".join(f"<tr>{_row(row, table.columns, numeric)}</tr>" for row in table.rows)
    return (
        f'<div class="table" role="region" aria-label="{_text(name)}" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[str], columns: Sequence[str], numeric: Sequence[bool]) -> str:
    return "".join(
        f'<td data-label="{_text(label)}"{_align(right)}>{_text(cell)}</td>'
        for cell, label, right in zip(row, columns, numeric, strict=True)
    )


def _align(right: bool) -> str:
    return ' class="n"' if right else ""


def _text(words: str) -> str:
    return html.escape(words).replace("\n", "<br>")


_STYLE = (
    ":root{color-scheme:light;--blue:#12356b;--grey:#49566b;--line:#d5dbe5}*{box-sizing:border-box}"
    "body{margin:0;background:#f3f5f9;color:#14181f;font:15px/1.65 'Noto Sans SC','Source Han Sans SC','PingFang SC',"
    "'Microsoft YaHei',system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 3rem;background:#fff}"
    "header{border-bottom:3px solid var(--blue);padding-bottom:.75rem}h1{margin:0;font-size:1.55rem;line-height:1.3;color:var(--blue)}"
    ".sub{margin:.25rem 0 0;color:var(--grey)}h2{margin:2rem 0 .5rem;font-size:1.12rem;color:var(--blue)}p{margin:.4rem 0}"
    ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.6rem;margin:1rem 0}"
    ".facts div{border:1px solid var(--line);border-radius:6px;padding:.5rem .7rem}.facts dt{font-size:.82rem;color:var(--grey)}"
    ".facts dd{margin:0;font-size:1.1rem;font-weight:600;overflow-wrap:anywhere}"
    "figure{margin:.75rem 0 1.1rem}figcaption{font-size:.88rem;color:var(--grey)}.bars{list-style:none;margin:.4rem 0;padding:0;"
    "display:grid;grid-template-columns:fit-content(16rem) minmax(6rem,1fr) auto;gap:.34rem .75rem;max-width:52rem}"
    ".bars li{display:grid;grid-template-columns:subgrid;grid-column:1/-1;align-items:center;font-size:.92rem}"
    ".bars .l{text-align:right;overflow-wrap:anywhere}.bars .v{white-space:nowrap}"
    ".bars svg{width:100%;height:1.05rem;background:#eef1f6;border-radius:3px;display:block}.c0{fill:#12356b;background:#12356b}.c1{fill:#c2570c;background:#c2570c}"
    ".c2{fill:#7b8aa3;background:#7b8aa3}.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:.25rem 0;padding:0;"
    "font-size:.88rem}.k{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}"
    ".table{overflow-x:auto}.table:focus{outline:2px solid var(--blue);outline-offset:2px}table{border-collapse:collapse;width:100%;font-size:.92rem}"
    "th,td{padding:.38rem .55rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:break-word}"
    "th{color:var(--grey);font-weight:600;border-bottom:2px solid var(--line);white-space:nowrap}.n{text-align:right;white-space:nowrap}"
    "footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.5rem;font-size:.85rem;color:var(--grey)}"
    "@media(max-width:40rem){main{padding:1rem .9rem 2rem}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    "tr{display:block;border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.3rem .6rem}"
    "td,td.n{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.18rem 0;text-align:right;white-space:normal}"
    "td::before{content:attr(data-label);color:var(--grey);flex:none;text-align:left}"
    ".bars{display:block}.bars li{grid-template-columns:1fr auto;gap:.1rem .6rem;margin:.55rem 0}.bars .l{text-align:left}"
    ".bars svg{grid-column:1/-1;grid-row:2}}"
    "@media print{body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0}section{break-inside:auto}h2{break-after:avoid}"
    "tr,figure{break-inside:avoid}.facts div{border-color:#999}rect,.k{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
)
