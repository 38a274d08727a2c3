"""``qingyuan access``: who may do what, and by which policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._law_words import read_day
from qingyuan.cli.party import print_recorded
from qingyuan.office.access import access_of, change_docket, docket_of, read_policies, unmask
from qingyuan.office.access.judging import Question, judge
from qingyuan.office.home import Home
from qingyuan.parties import (
    STANDINGS,
    Decision,
    Matter,
    Owed,
    Registry,
    Ruling,
    actions,
    assign,
    disentrust,
    entrust,
    lift,
    matrix,
    recuse,
    roles,
    send,
    unassign,
)

_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_DUTY = click.option(
    "--as", "duty", type=click.Choice(["handler", "approver"]), default="handler", help="承办或者审批 | duty"
)


@click.group()
def access() -> None:
    """权限：谁可以做什么，依据哪条策略 | Who may do what, by which policy."""


@access.command()
@click.argument("person")
@click.argument("action")
@click.argument("what")
@click.option("--record", default="", help="案件中的个人信息记录 | a record in the docket")
@click.option("--minor", is_flag=True, help="该记录涉及未成年人 | the record is of a minor")
@click.option("--item", default="", help="本案送出的材料 | something the docket sent")
@click.option("--reason", default="", help="查看明文的理由 | why values are to be seen")
@click.option("--on", "on", default=None, help="日期，默认当日 | day, today by default")
@home_option
@common
def check(
    person: str,
    action: str,
    what: str,
    record: str,
    minor: bool,
    item: str,
    reason: str,
    on: str | None,
    home: Path,
    out: Out,
) -> None:
    """判断并说明：人员、事项、对象（线索、总案、案件或者单位） | Decide and explain: person, action, record or body."""
    with Home.open(home) as opened, opened.database.read() as connection:
        day = opened.clock.now().date() if on is None else read_day(on, "--on")
        asked = Question(person, action, what, record=record, item=item, minor=minor, reason=reason)
        decision = judge(opened, connection, access_of(opened, connection), asked, on=day)
    _print(out, decision)


def _print(out: Out, decision: Decision) -> None:
    out.result(msgspec.to_builtins(decision))
    out.say(decision.zh, decision.en)
    for ruling in decision.rulings:
        _ruling(out, ruling)
    if decision.owed is not None:
        out.say(
            f"  须先记录事件 {decision.owed.type}（用 qingyuan access unmask）",
            f"  the event {decision.owed.type} is written first (qingyuan access unmask)",
        )
    if not decision.allowed:
        raise click.exceptions.Exit(1)


def _ruling(out: Out, ruling: Ruling) -> None:
    place = f"（{ruling.place}）" if ruling.place else ""
    out.say(
        f"  策略 {ruling.policy}{place}：{ruling.zh}",
        f"  policy {ruling.policy}{f' ({ruling.place})' if ruling.place else ''}: {ruling.en}",
    )
    for cited in ruling.articles:
        out.say(f"    依据：{cited.zh}", f"    basis: {cited.en}")


@access.command("matrix")
@home_option
@common
def matrix_(home: Path, out: Out) -> None:
    """角色与事项对照表 | For each role and action, where it is allowed."""
    with Home.open(home) as opened:
        cells = matrix(read_policies(opened), opened.clock.now().date())
    names = {each.id: out.t(each.zh, each.en) for each in STANDINGS}
    out.result(
        {
            "standings": [each._asdict() for each in STANDINGS],
            "cells": [{**cell._asdict(), "standings": list(cell.standings)} for cell in cells],
        }
    )
    out.table(
        out.t("权限对照表", "Who may do what"),
        [out.t("角色", "role"), out.t("事项", "action"), out.t("准许的情形", "where")],
        [
            [
                out.t(roles()[cell.role].zh, roles()[cell.role].en),
                out.t(actions()[cell.action].zh, actions()[cell.action].en),
                out.t("、", ", ").join(names[each] for each in cell.standings),
            ]
            for cell in cells
            if cell.standings
        ],
    )


@access.command()
@home_option
@common
def policies(home: Path, out: Out) -> None:
    """列出策略及其依据 | The policies in force, with their articles."""
    with Home.open(home) as opened:
        known = read_policies(opened).all(opened.clock.now().date())
    out.result(msgspec.to_builtins(known))
    for ruling in known:
        _ruling(out, ruling)


@access.command()
@click.argument("docket")
@home_option
@common
def show(docket: str, home: Path, out: Out) -> None:
    """显示一案的承办、审批、回避人员和受托单位 | Who stands how to a docket."""
    with Home.open(home) as opened, opened.database.read() as connection:
        matter = docket_of(opened, connection, docket)
    found = {
        "id": matter.id,
        "office": matter.office,
        **{name: sorted(getattr(matter, name)) for name in ("handlers", "approvers", "recused", "entrusted")},
        "items": [
            {"id": item.id, "bodies": sorted(item.bodies), "people": sorted(item.people)}
            for item in matter.items.values()
        ],
        "unread": list(matter.unread),
    }
    out.result(found)
    out.say(f"{matter.id}（{matter.office}）", f"{matter.id} ({matter.office})")
    for name, zh, en in (
        ("handlers", "承办", "handlers"),
        ("approvers", "审批", "approvers"),
        ("recused", "回避", "recused"),
        ("entrusted", "受托单位", "entrusted"),
    ):
        listed = ", ".join(sorted(getattr(matter, name))) or "—"
        out.say(f"  {zh}：{listed}", f"  {en}: {listed}")
    for item in matter.items.values():
        to = ", ".join(sorted(item.bodies | item.people))
        out.say(f"  送达 {item.id}：{to}", f"  sent {item.id}: {to}")


@access.command("assign")
@click.argument("docket")
@click.argument("person")
@_DUTY
@_BY
@home_option
@common
def assign_(docket: str, person: str, duty: str, actor: str, home: Path, out: Out) -> None:
    """指派承办或者审批人员 | Assign a person to a docket."""
    _change(out, home, docket, actor, lambda opened: lambda known, matter: assign(
        known, matter, person, duty=duty, on=opened.clock.now().date()
    ))  # fmt: skip


@access.command("unassign")
@click.argument("docket")
@click.argument("person")
@_DUTY
@_BY
@home_option
@common
def unassign_(docket: str, person: str, duty: str, actor: str, home: Path, out: Out) -> None:
    """结束指派 | End an assignment."""
    _change(out, home, docket, actor, lambda _: lambda _, matter: unassign(matter, person, duty=duty))


@access.command("recuse")
@click.argument("docket")
@click.argument("person")
@click.option("--ground", required=True, help="回避事由，不写姓名 | ground, naming nobody")
@_BY
@home_option
@common
def recuse_(docket: str, person: str, ground: str, actor: str, home: Path, out: Out) -> None:
    """记录自行回避、指令回避 | Record a recusal that no party asked for."""
    _change(out, home, docket, actor, lambda opened: lambda _, matter: recuse(
        matter, person, on=opened.clock.now().date(), by=actor, ground=ground
    ))  # fmt: skip


@access.command("lift")
@click.argument("docket")
@click.argument("person")
@click.option("--ground", required=True, help="理由，不写姓名 | why, naming nobody")
@_BY
@home_option
@common
def lift_(docket: str, person: str, ground: str, actor: str, home: Path, out: Out) -> None:
    """撤销回避决定 | Take a recusal back."""
    _change(out, home, docket, actor, lambda opened: lambda _, matter: lift(
        matter, person, on=opened.clock.now().date(), by=actor, ground=ground
    ))  # fmt: skip


@access.command("entrust")
@click.argument("docket")
@click.argument("body")
@click.option(
    "--how",
    type=click.Choice(["designated", "handed-down", "taken-up", "inquiry"]),
    required=True,
    help="指定、交办、提办、委托调查 | how",
)
@_BY
@home_option
@common
def entrust_(docket: str, body: str, how: str, actor: str, home: Path, out: Out) -> None:
    """记录其他检察院参与办理 | Record that another procuratorate takes part."""
    _change(out, home, docket, actor, lambda opened: lambda known, matter: entrust(
        known, matter, body, how=how, on=opened.clock.now().date()
    ))  # fmt: skip


@access.command("disentrust")
@click.argument("docket")
@click.argument("body")
@_BY
@home_option
@common
def disentrust_(docket: str, body: str, actor: str, home: Path, out: Out) -> None:
    """记录其他检察院不再参与办理 | Record that another procuratorate has no part any more."""
    _change(out, home, docket, actor, lambda opened: lambda _, matter: disentrust(
        matter, body, on=opened.clock.now().date()
    ))  # fmt: skip


@access.command("send")
@click.argument("docket")
@click.argument("item")
@click.option("--to", "bodies", multiple=True, help="单位 | bodies")
@click.option("--person", "people", multiple=True, help="人员 | persons")
@_BY
@home_option
@common
def send_(
    docket: str, item: str, bodies: tuple[str, ...], people: tuple[str, ...], actor: str, home: Path, out: Out
) -> None:
    """将材料开放给送达对象 | Open an item to its addressees."""
    _change(
        out,
        home,
        docket,
        actor,
        lambda _: lambda known, matter: send(known, matter, item, bodies=bodies, people=people),
    )


@access.command("unmask")
@click.argument("docket")
@click.argument("record")
@click.option("--reason", required=True, help="理由 | why")
@click.option("--minor", is_flag=True, help="该记录涉及未成年人 | the record is of a minor")
@click.option("--by", "actor", required=True, help="查看人编号 | who is to see it")
@home_option
@common
def unmask_(docket: str, record: str, reason: str, minor: bool, actor: str, home: Path, out: Out) -> None:
    """准许查看明文并先行记录 | Permit values to be seen in clear; the event is written first."""
    with Home.open(home) as opened:
        known = read_policies(opened)
        today = opened.clock.now().date()
        decision = unmask(opened, known, actor, record, docket, minor=minor, reason=reason, on=today)
    out.result(msgspec.to_builtins(decision))
    out.say(decision.zh, decision.en)
    if not decision.allowed:
        raise click.exceptions.Exit(1)


_Make = Callable[[Registry, Matter], Owed]


def _change(out: Out, home: Path, docket: str, actor: str, make: Callable[[Home], _Make]) -> None:
    with Home.open(home) as opened:
        print_recorded(out, change_docket(opened, docket, make(opened), actor=actor))
