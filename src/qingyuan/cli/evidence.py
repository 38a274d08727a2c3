"""``qingyuan package|verify|exhibit``: evidence that an outsider can check."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option


@click.command()
@click.argument("identifier")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="证据包文件 | the .evp file",
)
@click.option("--to", default="（未写明）", show_default=True, help="移送对象 | whom it is handed to")
@click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who makes it")
@home_option
@common
def package(identifier: str, output: Path, to: str, actor: str, home: Path, out: Out) -> None:
    """制作证据包 | Build the evidence package of a lead, matter or case."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - verify must start without the office
    from qingyuan.office.packaging import make_package  # noqa: PLC0415

    with Home.open(home) as office:
        packed = make_package(office, identifier, output, to=to, actor=actor)
        trust = office.trust_path
    out.result({**msgspec.to_builtins(packed, enc_hook=str), "trust": str(trust)})
    out.say(
        f"证据包 {packed.id}：{packed.path}（{packed.size:,} 字节，证据材料 {packed.exhibits} 件，事件 {packed.events} 条）",
        f"package {packed.id}: {packed.path} ({packed.size:,} bytes, {packed.exhibits} exhibits, {packed.events} events)",
    )
    out.say(
        f"信任文件：{trust}（请另行交给对方，或告知其指纹）",
        f"trust file: {trust} (hand it over, or tell its fingerprint, by another way)",
    )
    out.say(
        f"核验：qingyuan verify {output} --trust {trust}",
        f"to check: qingyuan verify {output} --trust {trust}",
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path), default=None, help="见证策略文件 | tlog-policy file"
)
@click.option("--trust", type=click.Path(path_type=Path), default=None, help="信任文件 | trust file")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=None,
    help="采用该工作目录的信任文件 | use the trust file of this home",
)
@common
def verify(file: Path, policy: Path | None, trust: Path | None, home: Path | None, out: Out) -> None:
    """核验证据包：0 通过，1 不通过，3 无法判断 | Check an .evp: exit 0 pass, 1 fail, 3 undetermined."""
    checker = importlib.import_module("qingyuan.evidence.verify.verify_evp")
    with file.open("rb"):
        pass  # what cannot be read is reported like every other error, also as JSON
    argv = ["--lang", out.lang]
    if trust is None and home is not None:
        trust = home / "trust.json"
    if trust is not None:
        argv += ["--trust", str(trust)]
    if policy is not None:
        argv += ["--policy", str(policy)]
    if out.json:
        argv.append("--json")
    argv += ["--", str(file)]
    sys.exit(checker.main(argv))


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
@home_option
@common
def custody(identifier: str, home: Path, out: Out) -> None:
    """保管链 | The chain of custody of one exhibit."""
    from qingyuan.office.custody import custody_of  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415 - verify must start without the office

    with Home.open(home) as office:
        found = custody_of(office, identifier)
    out.result(msgspec.to_builtins(found))
    for zh, en in zip(found.lines("zh"), found.lines("en"), strict=True):
        out.say(zh, en)
