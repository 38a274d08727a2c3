"""``qingyuan law``: reading what the data holds: rules, tables, duties."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._law_words import OVERLAY, cite, read_day, say_articles, say_steps
from qingyuan.law import Law, TableRow, load


@click.command()
@click.option("--field", default=None, help="领域 | field of casework")
@click.option("--regulator", default=None, help="监管部门 | regulator")
@click.option("--on", "on", default=None, help="日期 | day")
@OVERLAY
@common
def duties(field: str | None, regulator: str | None, on: str | None, overlay: Path | None, out: Out) -> None:
    """监管职责 | Who must do what, under which article, and what proves it."""
    known = load(overlay).duties(field, regulator, None if on is None else read_day(on, "--on"))
    out.result(msgspec.to_builtins(known))
    if not known:
        out.say(
            f"{on or '全部日期'}：没有符合条件的职责；所据规定可能在该日尚未施行，或者已经失效",
            f"{on or 'any day'}: no such duty; the rules may not have been in force that day",
        )
        return
    out.table(
        out.t("监管职责", "Duties"),
        [
            out.t("编号", "id"),
            out.t("部门", "regulator"),
            out.t("职责", "act"),
            out.t("证明", "proof"),
            out.t("依据", "article"),
        ],
        [
            [
                d.id,
                f"{out.t(d.regulator_zh, d.regulator_en)} ({d.regulator})",
                out.t(d.act_zh, d.act_en),
                out.t(d.proof_zh, d.proof_en),
                "\n".join(cite(out, c) for c in d.articles),
            ]
            for d in known
        ],
    )


@click.command()
@click.argument("rule")
@click.option("--on", "on", default=None, help="行为（开始）日期 | day of the act, or its first day")
@click.option("--until", default=None, help="持续行为的终了日期 | last day of an act that went on")
@OVERLAY
@common
def show(rule: str, on: str | None, until: str | None, overlay: Path | None, out: Out) -> None:
    """显示一条规则 | One rule in the version of a day, or as it stood over the days of an act."""
    law, day = load(overlay), None if on is None else read_day(on, "--on")
    if until is not None:
        _over(law, rule, day, read_day(until, "--until"), out)
        return
    found = law.provision(rule, day)
    out.result(msgspec.to_builtins(found))
    out.say(found.zh, found.en)
    if found.note_zh:
        out.say(f"注意：{found.note_zh}", f"caution: {found.note_en}")
    say_articles(out, [found.citation])
    citation = found.citation
    number = f"；文号 {citation.doc_no}" if citation.doc_no else ""
    number_en = f"; number {citation.doc_no}" if citation.doc_no else ""
    out.say(f"  版本：{citation.version}{number}", f"  version: {citation.version}{number_en}")
    out.say(
        f"  施行：{found.effective_from or '…'} 至 {found.effective_to or '…'}",
        f"  in force: {found.effective_from or '…'} to {found.effective_to or '…'}",
    )
    out.say(f"  来源：{citation.source}", f"  source: {citation.source}")
    if found.checked_on:
        out.say(
            f"  核对：{found.checked_by_zh}，{found.checked_on}",
            f"  checked: {found.checked_by_en}, {found.checked_on}",
        )
    else:
        out.say("  未核对原文，使用前须核对", "  not read in the original: check before use")


def _over(law: Law, rule: str, first: date | None, last: date, out: Out) -> None:
    if first is None:
        raise click.UsageError(out.t("--until 须与 --on 同用", "--until needs --on"))
    found = law.conduct(rule, first, last)
    out.result(msgspec.to_builtins(found))
    say_steps(out, found.steps)
    say_articles(out, found.articles)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--on", "on", default=None, help="行为日期 | day of the act")
@OVERLAY
@common
def search(words: tuple[str, ...], on: str | None, overlay: Path | None, out: Out) -> None:
    """检索规则和表 | Find rules and rows of tables that contain all the words, else the nearest."""
    known = load(overlay)
    day = None if on is None else read_day(on, "--on")
    found = known.search(" ".join(words), day)
    rows = known.search_rows(" ".join(words), day)
    out.result(
        [{"kind": "rule", **msgspec.to_builtins(p)} for p in found]
        + [{"kind": "row", "table": name, **msgspec.to_builtins(row)} for name, row in rows]
    )
    out.table(
        out.t("规则", "Rules"),
        [out.t("编号", "id"), out.t("内容", "content"), out.t("依据", "article")],
        [[p.rule, out.t(p.zh, p.en), cite(out, p.citation)] for p in found],
    )
    if rows:
        out.table(
            out.t("表", "Tables"),
            [out.t("表和行", "table and row"), out.t("内容", "content"), out.t("依据", "article")],
            [[f"{name} {row.id}", out.t(row.zh, row.en), cite(out, row.citation)] for name, row in rows],
        )


@click.command()
@click.argument("name", required=False)
@click.argument("words", nargs=-1)
@click.option("--on", "on", default=None, help="行为日期 | day of the act")
@OVERLAY
@common
def table(name: str | None, words: tuple[str, ...], on: str | None, overlay: Path | None, out: Out) -> None:
    """列出各表，或者显示一张表（可再按词筛选） | List the tables, or show one, narrowed by words."""
    known = load(overlay)
    if name is None:
        listed = known.tables()
        out.result(msgspec.to_builtins(listed))
        out.table(
            out.t("表", "Tables"),
            [out.t("编号", "id"), out.t("名称", "name")],
            [[t.id, out.t(t.zh, t.en)] for t in listed],
        )
        return
    shown = known.table(name, None if on is None else read_day(on, "--on"))
    wanted = [word.casefold() for word in words]
    rows = tuple(row for row in shown.rows if all(word in _said(row) for word in wanted))
    out.result(msgspec.to_builtins(msgspec.structs.replace(shown, rows=rows)))
    out.table(
        out.t(shown.zh, shown.en),
        [
            out.t("编号", "id"),
            out.t("项", "item"),
            *[out.t(c.zh, c.en) for c in shown.columns],
            out.t("依据", "article"),
        ],
        [
            [
                row.id,
                out.t(row.zh, row.en) + (f"\n{out.t(row.note_zh, row.note_en)}" if row.note_zh else ""),
                *[out.t(cell.zh, cell.en) if (cell := row.cells.get(c.id)) else "" for c in shown.columns],
                cite(out, row.citation)
                + (f" {row.article}" if row.article else "")
                + (
                    ""
                    if row.verified or not row.citation.verified
                    else out.t("（条文未核）", " (text not checked)")
                )
                + ("" if row.in_force else out.t("（草案，未施行）", " (draft, not in force)")),
            ]
            for row in rows
        ],
    )
    if shown.note_zh:
        out.say(f"注意：{shown.note_zh}", f"note: {shown.note_en}")


def _said(row: TableRow) -> str:
    cells = " ".join(f"{cell.zh} {cell.en}" for cell in row.cells.values())
    return f"{row.id} {row.zh} {row.en} {row.article} {cells}".casefold()


@click.command()
@OVERLAY
@common
def check(overlay: Path | None, out: Out) -> None:
    """检查全部法律数据 | Read and validate every file of law data."""
    loaded: Law = load(overlay)
    loaded.check()
    out.result({"ok": True})
    out.say("法律数据：无误", "law data: in order")


#: The commands of this module, for the group.
COMMANDS: tuple[click.Command, ...] = (duties, show, search, table, check)
