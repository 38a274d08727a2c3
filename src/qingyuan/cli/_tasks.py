"""``qingyuan case tasks``: what has to be done next, in one docket or in the whole office."""

from __future__ import annotations

from pathlib import Path

import click

from qingyuan.cases import Task, choice_label, tasks
from qingyuan.cli._app import Out, common, home_option
from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.register import Todos, todo

_REMIND = ("overdue", "today", "soon", "later", "undated")


@click.command("tasks")
@click.argument("identifier", required=False)
@home_option
@click.option("--person", default="", help="只看某人的事项，如 P007 | only what is for this person")
@click.option("--who", default="", help="只看某类主体的事项，如 organ | only what these have to do")
@click.option(
    "--remind",
    multiple=True,
    type=click.Choice(_REMIND),
    help="只看这样临近的 | only tasks so near, repeatable",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500), help="条数 | rows")
@common
def task_list(
    identifier: str | None,
    home: Path,
    person: str,
    who: str,
    remind: tuple[str, ...],
    limit: int,
    out: Out,
) -> None:
    """下一步事项：谁、何时、依据、为何 | What is next: who, by when, under which article, and why."""
    with Home.open(home) as office:
        if identifier:
            docket = load(office, identifier).docket
            listed = [
                one
                for one in tasks(docket, law=office.law, now=office.clock.now())
                if (not person or one.person == person)
                and (not who or one.who == who)
                and (not remind or one.remind in remind)
            ]
            rows, found = (
                [_row(identifier, "", one) for one in listed[:limit]],
                Todos((), more=len(listed) > limit),
            )
        else:
            found = todo(office, person=person, who=who, remind=remind, limit=limit)
            rows = [_row(one.docket, one.title, one.task) for one in found.rows]
    out.result(rows)
    for docket_id, zh, en in found.unread:
        out.say(f"{docket_id}：{zh}", f"{docket_id}: {en}")
    if not rows:
        out.say("没有待办事项", "nothing is to be done")
        return
    out.table(
        out.t("下一步", "Next"),
        [
            out.t("对象", "on"),
            out.t("事项", "what"),
            out.t("由谁", "who"),
            out.t("届满", "due"),
            out.t("临近", "near"),
            out.t("原因", "why"),
            out.t("依据", "article"),
        ],
        [
            [
                str(row["target"]),
                str(row[out.t("zh", "en")]),
                " ".join(part for part in (str(row[out.t("who_zh", "who_en")]), str(row["person"])) if part),
                str(row["due_at"] or row["due"] or "—"),
                out.t(
                    choice_label("remind", str(row["remind"])).zh,
                    choice_label("remind", str(row["remind"])).en,
                ),
                str(row[out.t("why_zh", "why_en")]),
                str(row["article"]),
            ]
            for row in rows
        ],
    )
    if found.more:
        out.say("还有更多，可用 --limit", "there are more; see --limit")


def _row(docket: str, title: str, one: Task) -> dict[str, object]:
    article = one.articles[0] if one.articles else None
    who = choice_label("task-who", one.who)
    return {
        "docket": docket,
        "title": title,
        "target": one.target,
        "verb": one.verb,
        "zh": one.zh,
        "en": one.en,
        "why_zh": one.why_zh,
        "why_en": one.why_en,
        "who": one.who,
        "who_zh": who.zh,
        "who_en": who.en,
        "person": one.person,
        "due": one.due.isoformat() if one.due else None,
        "due_at": one.due_at.isoformat() if one.due_at else None,
        "days_left": one.days_left,
        "firm": one.firm,
        "stopped": one.stopped,
        "remind": one.remind,
        "possible": bool(one.verb) and not one.missing,
        "missing": [{"zh": each.zh, "en": each.en} for each in one.missing],
        "article": article.zh if article else "",
        "key": one.key,
    }
