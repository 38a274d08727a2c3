"""``qingyuan ledger``: the signed log of this office."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import click

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._forks import fork_check, fork_verify, monitor
from qingyuan.cli._recognition import anchor, cosign, resume, stop_status
from qingyuan.cli.witness import witness
from qingyuan.errors import QingyuanError


@click.group()
def ledger() -> None:
    """账本 | The signed, append-only log of this office."""


@ledger.command()
@home_option
@common
def status(home: Path, out: Out) -> None:
    """账本状态 | Origin, size, root and signature of the newest head."""
    from qingyuan.ledger import open_checkpoint  # noqa: PLC0415 - a witness needs no home, and starts without it
    from qingyuan.office.home import Home  # noqa: PLC0415

    with Home.open(home) as office:
        head = office.head()
        if head is None:
            raise _empty(home)
        signed = open_checkpoint(head.note, [office.log.key])
        checkpoint = signed.checkpoint
        root = base64.b64encode(checkpoint.root).decode()
        out.result(
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": root,
                "vkey": office.log.key.encode(),
                "checkpoint": head.note.decode(),
            }
        )
        out.say(f"来源：{checkpoint.origin}", f"origin: {checkpoint.origin}")
        out.say(f"条目：{checkpoint.size}", f"entries: {checkpoint.size}")
        out.say(f"根哈希：{root}", f"root: {root}")
        out.say(f"验证密钥：{office.log.key.encode()}", f"verifier key: {office.log.key.encode()}")
        out.say("签名：有效", "signature: valid")


@ledger.command()
@click.argument("index", type=click.IntRange(min=0))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写入文件 | write to a file",
)
@home_option
@common
def prove(index: int, output: Path | None, home: Path, out: Out) -> None:
    """存在性证明 | The tlog-proof that an entry is in the log."""
    from qingyuan.ledger import TileCache, prove_inclusion  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.store import SqlLogStorage  # noqa: PLC0415

    with Home.open(home) as office, office.database.read() as connection:
        storage = SqlLogStorage(connection, office.settings.origin)
        head = storage.read_head()
        if head is None or index >= head.size:
            raise QingyuanError(
                "ledger.no-such-entry",
                zh=f"账本中没有第 {index} 条",
                en=f"the log has no entry {index}",
                where=str(home),
                remedy_zh=f"现有 0 到 {head.size - 1 if head else 0}",
                remedy_en=f"there are 0 to {head.size - 1 if head else 0}",
            )
        proof = prove_inclusion(TileCache(storage), index, head.note).encode()
    if output is not None:
        output.write_bytes(proof)
    out.result({"index": index, "proof": proof.decode()})
    if output is None:
        out.say(proof.decode().rstrip("\n"), proof.decode().rstrip("\n"))
    else:
        out.say(f"已写入 {output}", f"written to {output}")


@ledger.command()
@home_option
@common
def fsck(home: Path, out: Out) -> None:
    """全面自检（只读） | Re-read every entry, event, tile and blob; exit 1 when something is wrong."""
    from qingyuan.office.fsck import check_home  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415

    # Opening would write a trust file that is gone anew, and nobody would see that it was.
    with Home.open(home, mend=(home / "trust.json").exists()) as office:
        troubles = list(check_home(office))
        head = office.head()
    out.result(
        {
            "ok": not troubles,
            "size": head.size if head else 0,
            "problems": [{"where": t.where, "zh": t.zh, "en": t.en} for t in troubles],
        }
    )
    for trouble in troubles:
        out.say(f"{trouble.where}：{trouble.zh}", f"{trouble.where}: {trouble.en}")
    if troubles:
        out.say(f"发现 {len(troubles)} 处问题", f"{len(troubles)} problems")
        sys.exit(1)
    out.say(
        f"账本 {head.size if head else 0} 条，全部一致",
        f"the log has {head.size if head else 0} entries; all in order",
    )


@ledger.command()
@home_option
@common
def publish(home: Path, out: Out) -> None:
    """重建公开的账本文件 | Rebuild the published tiles from the database."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.recognition.asking import publish_checkpoints  # noqa: PLC0415

    with Home.open(home) as office:
        office.publish()
        publish_checkpoints(office)
    out.result({"folder": str(home / "log")})
    out.say(f"已写入 {home / 'log'}", f"written to {home / 'log'}")


@ledger.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 | address to listen on")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8061, show_default=True, help="端口，0 为任选 | port"
)
@click.option(
    "--witness",
    "witness_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="同时在 /witness 运行此见证方 | also run this witness, below /witness",
)
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    default=None,
    help="若干秒后自行结束 | end by itself after so many seconds",
)
@home_option
@common
def serve(
    host: str, port: int, witness_folder: Path | None, seconds: float | None, home: Path, out: Out
) -> None:
    """公布账本 | Serve the published tiles of both logs over HTTP, read-only, until SIGTERM."""
    from qingyuan.office.clock import environment_clock  # noqa: PLC0415
    from qingyuan.office.recognition.tile_server import TileSite  # noqa: PLC0415
    from qingyuan.office.recognition.witness_folder import WitnessFolder  # noqa: PLC0415
    from qingyuan.office.recognition.witness_server import WitnessSite  # noqa: PLC0415
    from qingyuan.office.serving import Server, Sites  # noqa: PLC0415 - the group stays quick

    if not (home / "log").is_dir():
        raise QingyuanError(
            "ledger.not-published",
            zh="这里没有公布的账本",
            en="no log is published here",
            where=str(home),
            remedy_zh="先运行 qingyuan ledger publish",
            remedy_en="run qingyuan ledger publish first",
        )
    tiles = TileSite.of_home(home)
    opened = None if witness_folder is None else WitnessFolder.open(witness_folder)
    site = None
    if opened is not None:
        site = WitnessSite(
            opened.state_path,
            opened.cosigners,
            opened.logs(),
            prefix="/witness",
            clock=environment_clock(),
            reload=opened.reload(),
        )
    both = tiles if site is None else Sites(tiles, site)
    with Server(host, port, both, tick=None if site is None else site.tick) as server:
        url = f"http://{f'[{host}]' if ':' in host else host}:{server.port}"
        paths = ["/log", "/log-sm3", *(["/witness"] if site else [])]
        out.result({"url": url, "prefixes": [f"{url}{path}" for path in paths]})
        for path in paths:
            out.say(f"正在监听 {url}{path}", f"listening on {url}{path}")
        server.run_until_signal(seconds)
    if site is not None:
        site.close()


for _command in (anchor, cosign, fork_check, fork_verify, monitor, resume, stop_status, witness):
    ledger.add_command(_command)


def _empty(home: Path) -> QingyuanError:
    return QingyuanError("ledger.empty", zh="账本为空", en="the log is empty", where=str(home))
