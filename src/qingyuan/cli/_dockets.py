"""Dockets on the command line: their deadlines, their timeline, lists of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from qingyuan.cases import Docket, choice_lists, due_dates
from qingyuan.cases.timeline import timeline
from qingyuan.cli._app import Out, common, home_option
from qingyuan.office.casework import case_events, list_records, load
from qingyuan.office.home import Home


@click.command("deadlines")
@click.argument("identifier", required=False)
@home_option
@common
def deadline_list(identifier: str | None, home: Path, out: Out) -> None:
    """期限清单 | Open deadlines: what, by when, under which article, days left."""
    with Home.open(home) as office:
        dockets = [load(office, identifier)] if identifier else list_records(office, "M")
        rows = [row for loaded in dockets for row in deadline_rows(office, loaded.docket)]
    out.result(rows)
    if not rows:
        out.say("没有未届满的期限", "no deadline is open")
        return
    out.table(
        out.t("期限", "Deadlines"),
        [
            out.t("案件", "case"),
            out.t("事项", "what"),
            out.t("届满", "due"),
            out.t("剩余天数", "days left"),
            out.t("确定", "firm"),
            out.t("依据", "article"),
        ],
        [
            [
                str(row["stream"]),
                str(row[out.t("zh", "en")]),
                str(row["due"]),
                str(row["days_left"]),
                out.t("确定", "firm") if row["firm"] else out.t("暂定", "provisional"),
                str(row["article"]),
            ]
            for row in rows
        ],
    )


def deadline_rows(office: Home, docket: Docket) -> list[dict[str, object]]:
    """Return the open deadlines of a docket as rows of JSON."""
    rows: list[dict[str, object]] = []
    for item in due_dates(docket, law=office.law, now=office.clock.now()):
        article = item.articles[0] if item.articles else None
        rows.append(
            {
                "stream": item.target,
                "what": item.key,
                "zh": item.zh,
                "en": item.en,
                "due": item.due.isoformat(),
                "due_at": item.due_at.isoformat() if item.due_at else None,
                "days_left": item.days_left,
                "firm": item.firm,
                "article": article.zh if article else "",
                "steps": [{"zh": s.zh, "en": s.en} for s in item.deadline.steps] if item.deadline else [],
            }
        )
    return rows


def show_docket(home: Path, identifier: str, out: Out) -> None:
    """Print a docket, its timeline and its deadlines."""
    with Home.open(home) as office:
        loaded = load(office, identifier)
        lines = timeline(case_events(loaded.events))
        due = deadline_rows(office, loaded.docket)
    out.result(
        {
            "docket": msgspec.to_builtins(loaded.docket, str_keys=True, enc_hook=dict),
            "timeline": [
                {
                    "stream": line.stream,
                    "n": line.n,
                    "type": line.type,
                    "on": line.on.isoformat(),
                    "zh": line.zh,
                    "en": line.en,
                }
                for line in lines
            ],
            "deadlines": due,
        }
    )
    for line in lines:
        out.say(f"{line.on}  {line.stream}  {line.zh}", f"{line.on}  {line.stream}  {line.en}")
    for row in due:
        out.say(
            f"期限  {row['due']}  {row['stream']}  {row['zh']}（剩 {row['days_left']} 天）",
            f"due   {row['due']}  {row['stream']}  {row['en']} ({row['days_left']} days left)",
        )


@click.command("list")
@home_option
@common
def list_leads(home: Path, out: Out) -> None:
    """线索清单 | List the leads."""
    with Home.open(home) as office:
        rows = [
            {"id": r.id, "title": r.registered.title, "stage": str(r.stage), "matter": r.matter}
            for loaded in list_records(office, "L")
            for r in loaded.docket.leads.values()
        ]
    _records(out, {str(row["id"]): row for row in rows}, out.t("线索", "Leads"), "lead-stage")


@click.command("list")
@home_option
@common
def list_matters(home: Path, out: Out) -> None:
    """总案清单 | List the matters with their cases."""
    with Home.open(home) as office:
        rows: dict[str, dict[str, str]] = {}
        for loaded in list_records(office, "M"):
            docket = loaded.docket
            if docket.matter is None:
                continue
            rows[docket.matter.id] = {
                "id": docket.matter.id,
                "title": docket.matter.title,
                "stage": "",
                "matter": "",
            }
            for one in docket.cases.values():
                rows[one.id] = {
                    "id": one.id,
                    "title": "、".join(one.respondents),
                    "stage": str(one.stage),
                    "matter": docket.matter.id,
                }
    _records(out, rows, out.t("总案与案件", "Matters and cases"), "case-stage")


def _records(out: Out, rows: Mapping[str, Mapping[str, str]], title: str, stages: str) -> None:
    out.result(list(rows.values()))
    labels = choice_lists().get(stages, {})
    out.table(
        title,
        [out.t("编号", "id"), out.t("标题", "title"), out.t("阶段", "stage"), out.t("总案", "matter")],
        [
            [
                row["id"],
                row["title"],
                out.t(labels[row["stage"]].zh, labels[row["stage"]].en)
                if row["stage"] in labels
                else row["stage"],
                row["matter"],
            ]
            for row in rows.values()
        ],
    )
