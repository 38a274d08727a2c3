"""``qingyuan report``: figures, cards, statistics, white papers and class-case reports from the signed records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._law_words import read_day
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.documents.page import Report
    from qingyuan.office.home import Home
    from qingyuan.reports import Figure, Row, Span

_SINCE = click.option("--from", "since", default=None, help="起始日期 | first day")
_UNTIL = click.option("--to", "until", default=None, help="截止日期 | last day")
_FIELD = click.option("--field", default="", help="只计一个领域 | one field of casework only")
#: From so many dockets on, the first reading says how far it is, each time that so many are done.
_LARGE = 2000
_STATISTICS = (
    "leads-by-source",
    "leads-by-stage",
    "cases-by-year",
    "cases-by-office",
    "cases-by-field",
    "cases-by-stage",
    "cases-by-outcome",
    "days-to-investigated",
    "days-to-closing",
    "measures-by-status",
    "measures-open",
)


@click.group()
def report() -> None:
    """报告：每个数字都是查询 | Reports: every number is a query."""


@report.command("list")
@home_option
@common
def list_queries(home: Path, out: Out) -> None:
    """列出查询 | List the queries."""
    from qingyuan.reports import load_queries  # noqa: PLC0415 - only reports need them

    extra = home / "reports.yaml"
    known = load_queries(extra if extra.is_file() else None).by_id.values()
    out.result(msgspec.to_builtins(tuple(known)))
    out.table(
        out.t("查询", "Queries"),
        [out.t("编号", "id"), out.t("名称", "name"), out.t("数据", "rows"), out.t("分组", "by")],
        [[q.id, out.t(q.zh, q.en), q.from_, ", ".join(q.by) or "—"] for q in known],
    )


@report.command("figure")
@click.argument("name")
@click.option("--by", multiple=True, help="另行分组的列 | columns to group by instead")
@click.option(
    "--rows", "with_rows", is_flag=True, help="列出每个数字背后的记录 | list what is behind each number"
)
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写成图片（.svg、.png） | write the picture",
)
@_SINCE
@_UNTIL
@_FIELD
@home_option
@common
def show_figure(
    name: str,
    by: tuple[str, ...],
    with_rows: bool,
    target: Path | None,
    since: str | None,
    until: str | None,
    field: str,
    home: Path,
    out: Out,
) -> None:
    """一个查询的结果 | One figure, with its rows and events on request."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - only reports need them
    from qingyuan.office.reporting import holdings, home_figure, queries_of  # noqa: PLC0415

    with Home.open(home) as office:
        query = queries_of(office).by_id.get(name)
        held = holdings(office, (query.from_,) if query else (), _span(since, until), field, _progress(out))
        found = home_figure(office, held, name, _span(since, until), by, field)
    rows = held.rows(query.from_) if query else []
    body: dict[str, object] = msgspec.to_builtins(found)
    if with_rows:
        behind = {identifier for group in (*found.groups, found.total) for identifier in group.rows}
        body["rows"] = msgspec.to_builtins([row for row in rows if row.id in behind])
    out.result(body)
    _print_figure(out, found, tuple(rows) if with_rows else ())
    if target is not None:
        _write_picture(target, found, held.queries.by_id[name].picture, out)


def _print_figure(out: Out, found: Figure, rows: tuple[Row, ...]) -> None:
    out.table(
        out.t(f"{found.zh}（{found.unit_zh}）", f"{found.en} ({found.unit_en})"),
        [out.t("项目", "group"), out.t("数值", "value"), out.t("项数", "rows"), out.t("记录数", "events")],
        [
            [
                out.t("、".join(group.zh), ", ".join(group.en)) or out.t("合计", "all"),
                group.value if group.value is not None else "—",
                str(len(group.rows)),
                str(len(group.events)),
            ]
            for group in (*found.groups, found.total)
        ],
    )
    out.say(
        f"查询 {found.query}，计入 {found.counted} 项，没有数值的 {found.unmeasured} 项",
        f"query {found.query}, {found.counted} counted, {found.unmeasured} without a value",
    )
    if found.caution_zh:
        out.say(f"注意：{found.caution_zh}", f"note: {found.caution_en}")
    known = {row.id: row for row in rows}
    if rows:
        out.table(
            out.t("记录", "Rows"),
            [out.t("项目", "group"), out.t("记录", "row"), out.t("账本索引", "log indices")],
            [
                [out.t("、".join(group.zh), ", ".join(group.en)), row, " ".join(map(str, known[row].events))]
                for group in (found.groups or (found.total,))
                for row in group.rows
            ],
        )


def _write_picture(target: Path, found: Figure, kind: str, out: Out) -> None:
    from qingyuan.documents.picture import picture_png  # noqa: PLC0415 - only pictures need the compiler
    from qingyuan.reports import chart  # noqa: PLC0415

    _suffix(target, (".svg", ".png"))
    svg = chart(found, kind=kind if kind != "none" else "bars", lang=out.lang)
    if not svg:
        raise QingyuanError(
            "report.nothing-to-draw",
            zh="没有可以画的数值",
            en="there is nothing to draw",
            where=found.query,
            remedy_zh="请放宽日期或者换一个查询",
            remedy_en="widen the dates or choose another query",
        )
    target.write_bytes(svg.encode() if target.suffix == ".svg" else picture_png(svg))


@report.command("card")
@click.argument("identifier")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写成 .html 或 .pdf | write as .html or .pdf",
)
@home_option
@common
def show_card(identifier: str, target: Path | None, home: Path, out: Out) -> None:
    """案卡 | The card of a matter, lead or case."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - only reports need them
    from qingyuan.office.reporting import card_page, home_card  # noqa: PLC0415

    with Home.open(home) as office:
        found = home_card(office, identifier)
        if target is not None:
            page = card_page(office, found, issued=_today(office).isoformat(), lang=out.lang, say=out.t)
            _write_page(target, page)
    out.result(msgspec.to_builtins(found))
    out.table(
        f"{found.id} {found.title}",
        [
            out.t("记录", "record"),
            out.t("事项", "item"),
            out.t("内容", "content"),
            out.t("账本索引", "log indices"),
        ],
        [
            [
                line.id,
                out.t(line.zh, line.en),
                out.t(line.value, line.value_en or line.value),
                " ".join(map(str, line.events[:12])),
            ]
            for line in found.lines
        ],
    )


@report.command("statistics")
@click.option("--by", multiple=True, help="查询编号，可多次给出 | queries, as many as wanted")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写成 .html 或 .pdf | write as .html or .pdf",
)
@_SINCE
@_UNTIL
@_FIELD
@home_option
@common
def statistics(
    by: tuple[str, ...],
    target: Path | None,
    since: str | None,
    until: str | None,
    field: str,
    home: Path,
    out: Out,
) -> None:
    """办案统计 | Statistics by year, office, field, outcome and stage."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - only reports need them
    from qingyuan.office.reporting import holdings, home_figure, statistics_page  # noqa: PLC0415

    with Home.open(home) as office:
        held = holdings(office, progress=_progress(out))
        found = [
            home_figure(office, held, name, _span(since, until), field=field) for name in by or _STATISTICS
        ]
        if target is not None:
            issued = _today(office).isoformat()
            _write_page(target, statistics_page(office, found, issued=issued, lang=out.lang, say=out.t))
    out.result({"figures": msgspec.to_builtins(found)})
    for one in found:
        _print_figure(out, one, ())


def _paper(kind: str, text: str) -> click.Command:
    @click.command(kind, help=text)
    @click.option(
        "-o",
        "--output",
        "target",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help="写成 .docx 或 .pdf | write as .docx or .pdf",
    )
    @_SINCE
    @_UNTIL
    @_FIELD
    @home_option
    @common
    def made(target: Path, since: str | None, until: str | None, field: str, home: Path, out: Out) -> None:
        from qingyuan.documents.docx import render_docx  # noqa: PLC0415 - only papers need the renderers
        from qingyuan.documents.pdf import render_pdf  # noqa: PLC0415
        from qingyuan.office.home import Home  # noqa: PLC0415
        from qingyuan.office.reporting import holdings, home_paper  # noqa: PLC0415

        _suffix(target, (".docx", ".pdf"))
        with Home.open(home) as office:
            held = holdings(office, progress=_progress(out))
            document = home_paper(office, held, kind, _span(since, until), _today(office), field, out.lang)
        target.write_bytes(render_docx(document) if target.suffix == ".docx" else render_pdf(document))
        out.result({"path": str(target), "title": document.title, "text": document.text()})
        out.say(f"已写入：{target}", f"written: {target}")

    return made


report.add_command(_paper("white-paper", "白皮书 | The white paper."))
report.add_command(
    _paper(
        "class-case",
        "类案报告（个案、类案、系统治理） | From single cases to a class of cases to governance.",
    )
)


def _write_page(target: Path, page: Report) -> None:
    from qingyuan.documents.page import report_html, report_sheet  # noqa: PLC0415 - only pages need them
    from qingyuan.documents.sheet import sheet_pdf  # noqa: PLC0415

    _suffix(target, (".html", ".pdf"))
    if target.suffix == ".html":
        target.write_text(report_html(page), encoding="utf-8")
    else:
        target.write_bytes(sheet_pdf(report_sheet(page)))


def _progress(out: Out) -> Callable[[int, int], None]:
    """Return what says how far the first reading of a large home is, on the terminal only."""

    def tell(done: int, dockets: int) -> None:
        if dockets >= _LARGE and (done % _LARGE == 0 or done == dockets) and not out.json:
            click.echo(
                out.t(
                    f"统计数据首次生成（仅一次）：{done:,}/{dockets:,} 件案卷",
                    f"the rows of reports are made, once only: {done:,} of {dockets:,} dockets",
                ),
                err=True,
            )

    return tell


def _suffix(target: Path, allowed: tuple[str, ...]) -> None:
    if target.suffix not in allowed:
        raise QingyuanError(
            "cli.suffix",
            zh=f"只能写 {'、'.join(allowed)}",
            en=f"this is written as {' or '.join(allowed)}",
            where=str(target),
            remedy_zh="请更改文件后缀",
            remedy_en="change the suffix",
        )


def _span(since: str | None, until: str | None) -> Span:
    from qingyuan.reports import Span  # noqa: PLC0415 - only reports need them

    return Span(
        None if since is None else read_day(since, "--from"),
        None if until is None else read_day(until, "--to"),
    )


def _today(office: Home) -> date:
    return office.clock.now().date()
