"""``qingyuan sellers``: clusters of sellers in tables of listings."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@common
def sellers(paths: tuple[Path, ...], out: Out) -> None:
    """商家聚类：相同电话、账号、地址、执照或文字几乎相同 | Clusters of the sellers in tables of listings, each tie with its reason; nothing is kept."""
    from qingyuan.office.sellers import sellers_in  # noqa: PLC0415 - heavy

    seen = sellers_in(paths)
    found = seen.found
    out.result(
        {
            "clusters": msgspec.to_builtins(found.clusters),
            "sellers": found.sellers,
            "listings": found.listings,
            "alone": found.alone,
            "tables": seen.tables,
            "left_out": seen.left_out,
            "unread": [
                {
                    "path": one.path,
                    "member": one.member,
                    "code": one.code,
                    "reason": one.zh,
                    "reason_en": one.en,
                }
                for one in seen.unread
            ],
        }
    )
    out.say(
        f"{seen.tables} 个商品信息表，{found.listings:,} 条，{found.sellers:,} 家；聚成 {len(found.clusters)} 组，{found.alone:,} 家无关联",
        f"{seen.tables} tables, {found.listings:,} listings, {found.sellers:,} sellers; {len(found.clusters)} clusters, {found.alone:,} alone",
    )
    for number, cluster in enumerate(found.clusters, 1):
        out.say(
            f"第 {number} 组：{len(cluster.sellers)} 家", f"cluster {number}: {len(cluster.sellers)} sellers"
        )
        names = {one.number: one.name for one in cluster.sellers}
        for link in cluster.links:
            who = "、".join(names[one] for one in link.sellers)
            out.say(f"  {link.zh} {link.value}：{who}", f"  {link.en} {link.value}: {who}")
    for one in seen.unread:
        out.say(f"未读：{one.path} {one.zh}", f"not read: {one.path} {one.en}")
    out.say("聚类是线索，不是结论；请逐项核对。", "A cluster is a clue, never a verdict: look at each tie.")
