"""``qingyuan anonymity``: how well the people of a table are hidden among each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.cli._app import Out, common

if TYPE_CHECKING:
    from qingyuan.pii.kanonymity import Anonymity


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--quasi", multiple=True, help="准标识符列名，可重复；默认自动建议 | quasi-identifier, may be repeated"
)
@click.option("--sensitive", default="", help="敏感列名（l-多样性） | sensitive column, for l-diversity")
@click.option(
    "--k", "wanted", type=click.IntRange(min=2), default=5, show_default=True, help="要求的 k | the k wanted"
)
@click.option("--require", is_flag=True, help="达不到要求的 k 时退出码为 1 | exit 1 when k is below it")
@common
def anonymity(
    path: Path, quasi: tuple[str, ...], sensitive: str, wanted: int, require: bool, out: Out
) -> int:
    """k-匿名检查：准标识符相同的记录有多少条 | k-anonymity and l-diversity of the tables of PATH."""
    from qingyuan.cli.scan import user_key  # noqa: PLC0415 - heavy
    from qingyuan.office.anonymity import anonymity_of_file  # noqa: PLC0415 - heavy

    found = anonymity_of_file(path, user_key(), quasi=quasi, sensitive=sensitive, wanted=wanted)
    met, tables = found.met, found.tables
    unread = [{"member": u.member, "reason": u.zh, "reason_en": u.en} for u in found.unread]
    out.result({"file": str(path), "met": met, "tables": msgspec.to_builtins(tables), "unread": unread})
    for table in tables:
        _say(table, out)
    for one in found.unread:
        out.say(f"未读：{one.zh}", f"not read: {one.en}")
    if not tables:
        out.say("没有可供检查的表格，不能判断", "there is no table to look at: it cannot be told")
    elif met is None:
        out.say(
            "有内容未读，不能判断是否达到要求的 k", "a part was not read: whether k is met cannot be told"
        )
    if met is None and (require or not tables):
        return 3
    return int(require and not met)


def _say(table: Anonymity, out: Out) -> None:
    name = " › ".join(part for part in (table.member, table.table) if part)
    if name:
        out.say(name, name)
    chosen = out.t("（自动建议）", " (proposed)") if table.proposed else ""
    out.say(
        f"准标识符：{'、'.join(table.quasi)}{chosen}", f"quasi-identifiers: {', '.join(table.quasi)}{chosen}"
    )
    out.say(
        f"记录 {table.records:,} 条，等价类 {table.classes:,} 个，k = {table.k}；"
        f"唯一记录 {table.unique:,} 条（{table.unique_share:.1%}）；处于小于 {table.wanted} 的类中 {table.below:,} 条",
        f"{table.records:,} records in {table.classes:,} classes, k = {table.k}; "
        f"unique {table.unique:,} ({table.unique_share:.1%}); in classes below {table.wanted}: {table.below:,}",
    )
    if table.missing:
        out.say(
            f"其中准标识符全部缺失的 {table.missing:,} 条，同归一类",
            f"of these {table.missing:,} have none of the quasi-identifiers; they form one class",
        )
    sizes = "，".join(f"{c.size} 条 × {c.classes:,} 类" for c in table.smallest)
    out.say(
        f"最小的类：{sizes}",
        "smallest classes: " + ", ".join(f"{c.size} × {c.classes:,}" for c in table.smallest),
    )
    if table.sensitive:
        out.say(
            f"敏感列“{table.sensitive}”：l = {table.l}；类内取值唯一的记录 {table.uniform:,} 条",
            f"sensitive column {table.sensitive!r}: l = {table.l}; records in classes with one value: {table.uniform:,}",
        )
    if table.direct:
        out.say(
            f"注意：仍有明文直接标识列 {'、'.join(table.direct)}，k 不代表不可识别",
            f"note: columns that name people are in clear ({', '.join(table.direct)}), so k promises nothing",
        )
