"""``qingyuan case evidence`` and ``case property``: what the facts of a case rest on, and what became of the money."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cases import property_record
from qingyuan.cli._app import Out, common, home_option
from qingyuan.office.casework import load
from qingyuan.office.evidencing import evidence_of
from qingyuan.office.home import Home


@click.command("evidence")
@click.argument("identifier")
@home_option
@common
def evidence(identifier: str, home: Path, out: Out) -> None:
    """证据分组：待证事实、证据、已查明与缺口 | The evidence of a case in groups: facts, exhibits, what is missing."""
    with Home.open(home) as office:
        known = evidence_of(office, identifier)
        groups = known.groups
        cited = {one.id: office.law.provision(one.rule) for one in groups}
    out.result(
        [
            {
                **msgspec.to_builtins(one),
                "rows": [
                    {**msgspec.to_builtins(row), "findings": msgspec.to_builtins(known.found[row.kind])}
                    for row in one.rows
                ],
                "verified": cited[one.id].verified,
                "article": cited[one.id].citation.article,
            }
            for one in groups
        ]
    )
    for group in groups:
        out.say(group.zh, group.en)
        for row in group.rows:
            state = out.t("已查明", "established") if row.proved else out.t("未查明", "not established")
            shown = "、".join(row.exhibits) or "—"
            out.say(f"  {row.zh}：{state}  {shown}", f"  {row.en}: {state}  {shown}")
            for one in known.found[row.kind]:
                each = one.finding
                place = f"{each.exhibit} {each.examples[0].place}"
                out.say(
                    f"    → {each.id} [{each.engine}] {each.title_zh}（{each.state.value}，{each.count}处）{place}",
                    f"    → {each.id} [{each.engine}] {each.title_en} ({each.state.en}, {each.count} places) {place}",
                )
        for item in group.items:
            out.say(f"    · {item.zh}", f"    · {item.en}")
    for name in known.unread:
        out.say(f"发现清单 {name} 无法读取", f"the finding file {name} cannot be read")
    if any(not one.verified for one in cited.values()):
        out.say("分组依据未核对原文", "what the groups rest on was not read in the original")


@click.command("property")
@click.argument("identifier")
@home_option
@common
def money(identifier: str, home: Path, out: Out) -> None:
    """赔偿与财产台账 | Compensation and property of a case: owed, received, moved, used, given back."""
    with Home.open(home) as office:
        record = property_record(load(office, identifier).docket, identifier)
    out.result(msgspec.to_builtins(record))
    out.table(
        out.t("赔偿与财产（元）", "Compensation and property (CNY)"),
        [
            out.t("日期", "day"),
            out.t("事项", "entry"),
            out.t("金额", "amount"),
            out.t("对方或者用途", "other side or purpose"),
            out.t("账户", "account"),
            out.t("赔偿款余额", "balance"),
        ],
        [
            [
                str(row.on),
                out.t(row.zh, row.en),
                _yuan(row.fen),
                row.other,
                row.account,
                _yuan(row.balance),
            ]
            for row in record.rows
        ],
    )
    out.say(
        f"应付 {_yuan(record.owed)}，到账 {_yuan(record.received)}，尚欠 {_yuan(record.outstanding)}，结余 {_yuan(record.balance)}",
        f"owed {_yuan(record.owed)}, received {_yuan(record.received)}, outstanding {_yuan(record.outstanding)}, "
        f"balance {_yuan(record.balance)}",
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}" if fen >= 0 else f"-{_yuan(-fen)}"
