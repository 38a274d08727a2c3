"""``qingyuan exhibit``: exhibits, and what happens to them after they were sealed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option

Position = Literal["accepted", "disputed", "accepted-in-part"]
_POSITIONS: tuple[Position, ...] = ("accepted", "disputed", "accepted-in-part")

by_option = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who does it")


@click.group()
def exhibit() -> None:
    """证据材料 | Exhibits and their custody."""


@exhibit.command("list")
@click.argument("identifier")
@home_option
@common
def list_exhibits(identifier: str, home: Path, out: Out) -> None:
    """列出案卷的证据材料 | List the exhibits of a docket."""
    from qingyuan.office.casework import docket_streams  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415 - verify must start without the office
    from qingyuan.store.registry import exhibits  # noqa: PLC0415

    with Home.open(home) as office, office.database.read() as connection:
        rows = exhibits(connection, docket_streams(connection, identifier))
    out.result(
        [
            {
                "id": r.id,
                "scope": r.scope,
                "path": r.path,
                "size": r.size,
                "sha256": r.sha256,
                "origin": r.origin,
            }
            for r in rows
        ]
    )
    out.table(
        out.t("证据材料", "Exhibits"),
        [
            out.t("编号", "id"),
            out.t("路径", "path"),
            out.t("字节", "bytes"),
            "SHA-256",
            out.t("来源", "origin"),
        ],
        [
            [
                r.id,
                r.path,
                f"{r.size:,}",
                f"{r.sha256[:16]}…",
                out.t("收集", "collected") if r.origin == "collected" else out.t("生成", "derived"),
            ]
            for r in rows
        ],
    )


@exhibit.command()
@click.argument("identifier")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写成文件：.pdf、.html 或 .txt | write a sheet: .pdf, .html or .txt",
)
@home_option
@common
def custody(identifier: str, output: Path | None, home: Path, out: Out) -> None:
    """保管链 | The chain of custody of one exhibit, with its places in the logs."""
    from qingyuan.office.custody import custody_record, custody_sheet, write_sheet  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415 - verify must start without the office

    with Home.open(home) as office:
        record = custody_record(office, identifier)
    if output is not None:
        write_sheet(custody_sheet(record), output)
    found = record.custody
    places = [msgspec.to_builtins(place) for place in record.places]
    out.result({**msgspec.to_builtins(found), "places": places, "output": str(output) if output else None})
    if output is not None:
        out.say(f"已写入 {output}", f"written to {output}")
        return
    for zh, en in zip(found.lines("zh"), found.lines("en"), strict=True):
        out.say(zh, en)


@exhibit.command()
@click.argument("identifier")
@by_option
@home_option
@common
def verify(identifier: str, actor: str, home: Path, out: Out) -> None:
    """重新核验内容并记入账本；不一致时返回 1 | Read it again and log the result; exit 1 when it changed."""
    from qingyuan.office.handover import verify_exhibit  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415

    with Home.open(home) as office:
        event = verify_exhibit(office, identifier, actor=actor)
        office.publish()
    ok = event.payload["ok"] is True
    out.result({"exhibit": identifier, "ok": ok, "index": event.index})
    if ok:
        out.say(f"{identifier} 核验一致 [#{event.index}]", f"{identifier} unchanged [#{event.index}]")
    else:
        out.say(
            f"{identifier} 核验不一致，已记入账本 [#{event.index}]；请运行 qingyuan ledger fsck",
            f"{identifier} CHANGED, which was logged [#{event.index}]; run qingyuan ledger fsck",
        )
    sys.exit(0 if ok else 1)


@exhibit.command("hand-over")
@click.argument("identifiers", nargs=-1, required=True)
@click.option("--to", required=True, help="接收单位或个人 | organ or person that takes it")
@click.option("--received-by", default="", help="签收人 | who signed for it")
@click.option("--reason", default="", help="事由 | why")
@click.option("--medium", default="", help="载体及封签 | on what, and how it is sealed")
@by_option
@home_option
@common
def hand_over(
    identifiers: tuple[str, ...],
    to: str,
    received_by: str,
    reason: str,
    medium: str,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """移送 | Log that exhibits pass into the custody of another."""
    from qingyuan.office.handover import hand_over as log_it  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415

    with Home.open(home) as office:
        events = log_it(
            office,
            identifiers,
            to=to,
            received_by=received_by,
            reason=reason,
            medium=medium,
            actor=actor,
        )
        office.publish()
    out.result({"exhibits": list(identifiers), "to": to, "indexes": [event.index for event in events]})
    where = "、".join(f"#{event.index}" for event in events)
    out.say(
        f"已登记移送 {len(identifiers)} 件给{to} [{where}]",
        f"logged: {len(identifiers)} exhibits handed over to {to} [{where}]",
    )


@exhibit.command()
@click.argument("identifier")
@click.option("--party", required=True, help="质证方 | the party")
@click.option(
    "--position",
    type=click.Choice(_POSITIONS),
    required=True,
    help="无异议、有异议、部分无异议 | accepted, disputed, accepted in part",
)
@click.option("--grounds", default="", help="理由（有异议时必填） | why; needed for a dispute")
@click.option("--occasion", default="", help="场合，如庭前会议 | where and when, such as a hearing")
@by_option
@home_option
@common
def examine(
    identifier: str,
    party: str,
    position: Position,
    grounds: str,
    occasion: str,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """质证 | Log what a party said of an exhibit."""
    from qingyuan.office.handover import examine as log_it  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415

    with Home.open(home) as office:
        event = log_it(
            office,
            identifier,
            party=party,
            position=position,
            grounds=grounds,
            occasion=occasion,
            actor=actor,
        )
        office.publish()
    out.result({"exhibit": identifier, "party": party, "position": position, "index": event.index})
    out.say(f"已登记质证意见 [#{event.index}]", f"logged what the party said [#{event.index}]")
