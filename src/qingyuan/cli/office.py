"""``qingyuan office``: who we are, and what outsiders need to believe our signatures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home, OfficeInfo


@click.group()
def office() -> None:
    """本院设置与信任文件 | This office and its trust file."""


@office.command()
@click.option(
    "--id",
    "identifier",
    required=True,
    help="标识：小写字母、数字、连字符 | lower-case letters, digits, hyphens",
)
@click.option("--name", required=True, help="全称 | full name")
@click.option("--division", default="", help="行政区划代码 | division code")
@click.option(
    "--level",
    type=click.Choice(["county", "prefecture", "province", "nation"]),
    default="county",
    help="级别 | level",
)
@click.option(
    "--database",
    default="",
    help="PostgreSQL 数据库 URL，不含密码 | URL of a PostgreSQL database, without a password",
)
@click.option(
    "--origin",
    default="",
    help="账本来源，如 jcy.example.gov.cn/log，以后不能更改 | origin of the log; it never changes",
)
@click.option(
    "--blobs",
    default="",
    help="封存文件的对象存储 s3://存储桶/前缀?endpoint=…，不含密钥 | bucket of sealed files, without keys",
)
@home_option
@common
def init(
    identifier: str,
    name: str,
    division: str,
    level: str,
    database: str,
    origin: str,
    blobs: str,
    home: Path,
    out: Out,
) -> None:
    """建立工作目录 | Make a home folder with its keys and log."""
    if (home / "office.json").exists():
        raise QingyuanError(
            "cli.home-exists",
            zh="这里已有工作目录，设置未改动",
            en="there is a home folder here already; nothing was changed",
            where=str(home),
            remedy_zh="用 qingyuan office show 查看，或用 --home 另选目录",
            remedy_en="see qingyuan office show, or choose another folder with --home",
        )
    from qingyuan.office.naming import check_office, check_origin  # noqa: PLC0415 - opens the law room

    info = OfficeInfo(identifier, name, division, level)
    check_office(info)
    if origin:
        check_origin(origin)
    with Home.open(
        home, create=True, office=info, origin=origin, database_url=database, blobs_url=blobs
    ) as opened:
        opened.publish()
        _print(opened, out)


@office.command()
@click.argument("name")
@click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
@home_option
@common
def rename(name: str, actor: str, home: Path, out: Out) -> None:
    """更改全称，其他设置不变 | Change the full name; identifier, division and origin stay."""
    from qingyuan.office.naming import name_office  # noqa: PLC0415 - opens the law room

    with Home.open(home) as opened:
        name_office(opened, msgspec.structs.replace(opened.settings.office, name=name), actor=actor)
        opened.publish()
        _print(opened, out)


@office.command()
@home_option
@common
def show(home: Path, out: Out) -> None:
    """显示本院信息 | Show the office, its log and its trust file."""
    with Home.open(home) as opened:
        _print(opened, out)


@office.command()
@home_option
@common
def rebuild(home: Path, out: Out) -> None:
    """由事件重建登记簿和统计数据 | Build the register (lists, open dates, search) and the rows of reports from the events."""
    from qingyuan.office.register import rebuild as build  # noqa: PLC0415 - opens the cases and the law room

    with Home.open(home) as opened:
        done = build(opened)
    out.result(msgspec.to_builtins(done))
    out.say(
        f"已重建：案卷 {done.dockets}，记录 {done.records}，期限 {done.dues}",
        f"built: {done.dockets} dockets, {done.records} records, {done.dues} open dates",
    )
    for docket, zh, en in done.unread:
        out.say(f"未能还原 {docket}：{zh}", f"not read: {docket}: {en}")


def _print(home: Home, out: Out) -> None:
    settings = home.settings
    fingerprint = hashlib.sha256(home.trust_path.read_bytes()).hexdigest()
    out.result(
        {
            "office": {"id": settings.office.id, "name": settings.office.name},
            "origin": settings.origin,
            "vkey": home.log.key.encode(),
            "trust": str(home.trust_path),
            "trust_sha256": fingerprint,
            "demonstration": settings.seed is not None,
        }
    )
    out.say(
        f"检察院：{settings.office.name}（{settings.office.id}）",
        f"office: {settings.office.name} ({settings.office.id})",
    )
    out.say(f"账本来源：{settings.origin}", f"log origin: {settings.origin}")
    out.say(f"信任文件：{home.trust_path}", f"trust file: {home.trust_path}")
    out.say(
        f"信任文件指纹（SHA-256，应通过其他途径告知对方）：{fingerprint}",
        f"its fingerprint (SHA-256, to be told by another way): {fingerprint}",
    )
    if settings.seed is not None:
        out.say(
            "演示目录：密钥由种子生成，不得用于办案",
            "a demonstration home: its keys follow from a seed; not for casework",
        )
