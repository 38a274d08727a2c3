"""``qingyuan exchange``: signed bundles to and from other sites."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.errors import QingyuanError
from qingyuan.exchange import KINDS, ExchangeError, Kind
from qingyuan.office.exchange import add_peer, peers, receive, send
from qingyuan.office.exchange import status as exchange_status
from qingyuan.office.exchange.http import deliver, exchange_server
from qingyuan.office.exchange.peers import own_keys, read_introduction
from qingyuan.office.exchange.receiving import Receipt, receive_bytes
from qingyuan.office.exchange.sending import Sent, send_again
from qingyuan.office.home import Home
from qingyuan.office.stopping import told_to_stop

_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="写入文件 | write to a file",
)
_URL = click.option("--url", default="", help="经 HTTP 送达 | deliver over HTTP to this address")


@click.group()
def exchange() -> None:
    """单位间交换：登记对端、发送、接收 | Exchange between sites: peers, send, receive."""


@exchange.group()
def peer() -> None:
    """对端单位 | The sites that were introduced."""


@exchange.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="写入文件 | write to a file",
)
@home_option
@common
def introduce(output: Path, home: Path, out: Out) -> None:
    """写出本院公钥，供对方当面核对后登记 | Write our public keys, to be checked and registered by a peer."""
    with Home.open(home) as office:
        log, package = own_keys(office)
        told = {"title": office.settings.office.name, "log": log, "package": package}
    output.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    out.result(told)
    out.say(f"已写入 {output}", f"written to {output}")


@peer.command("add")
@click.argument("name")
@click.argument("introduction", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_BY
@home_option
@common
def add(name: str, introduction: Path, actor: str, home: Path, out: Out) -> None:
    """登记对端：NAME 与其介绍文件 | Register a site by the keys in its introduction."""
    told = read_introduction(introduction)
    with Home.open(home) as office:
        made = add_peer(
            office,
            name,
            title=told.get("title", name),
            log=told.get("log", ""),
            package=told.get("package", ""),
            actor=actor,
        )
        office.publish()
    out.result({**msgspec.to_builtins(made), "origin": made.origin})
    out.say(f"已登记 {made.title}（{made.origin}）", f"registered {made.title} ({made.origin})")


@peer.command("list")
@home_option
@common
def list_(home: Path, out: Out) -> None:
    """列出对端 | List the sites that were registered."""
    with Home.open(home) as office:
        known = peers(office)
    out.result([{**msgspec.to_builtins(one), "origin": one.origin} for one in known.values()])
    for one in known.values():
        out.say(f"{one.name}  {one.title}  {one.origin}", f"{one.name}  {one.title}  {one.origin}")


@exchange.command("send")
@click.argument("kind", type=click.Choice([kind for kind in KINDS if kind != "receipt"]))
@click.argument("to")
@click.option("--record", default="", help="本院线索或案件 | our lead or case")
@click.option("--your-ref", default="", help="对方的案件编号 | the peer's record that is answered")
@click.option("--say", "words", multiple=True, help="名称=值 | a particular, NAME=VALUE")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="附文件 | a document",
)
@click.option("--offline", is_flag=True, help="不请求见证 | ask no witness")
@_OUTPUT
@_URL
@_BY
@home_option
@common
def send_command(
    kind: str,
    to: str,
    record: str,
    your_ref: str,
    words: tuple[str, ...],
    files: tuple[Path, ...],
    offline: bool,
    output: Path | None,
    url: str,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """制作交换包并送出：KIND TO | Make a bundle and hand it out: lead, suggestion, reply or filing."""
    _refuse_nowhere(output, url)
    body = dict(_pair(word) for word in words)
    with Home.open(home) as office:
        made = send(
            office,
            cast("Kind", kind),
            to,
            record=record,
            your_ref=your_ref,
            body=body,
            files=files,
            actor=actor,
            offline=offline,
        )
        _hand_out(office, made, output, url, actor, out)


@exchange.command()
@click.argument("to")
@click.argument("seq", type=int)
@_OUTPUT
@_URL
@_BY
@home_option
@common
def resend(to: str, seq: int, output: Path | None, url: str, actor: str, home: Path, out: Out) -> None:
    """重新制作已登记的交换包 | Make the file of a logged bundle again."""
    _refuse_nowhere(output, url)
    with Home.open(home) as office:
        _hand_out(office, send_again(office, to, seq), output, url, actor, out)


@exchange.command("receive")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--receipts",
    type=click.Path(path_type=Path, file_okay=False),
    help="回执写入目录 | folder for the receipts",
)
@click.option("--offline", is_flag=True, help="不请求见证 | ask no witness")
@_BY
@home_option
@common
def receive_command(
    bundle: Path, receipts: Path | None, offline: bool, actor: str, home: Path, out: Out
) -> None:
    """核验并接收交换包 | Verify a bundle whole and take it in."""
    with Home.open(home) as office:
        try:
            taken = receive(office, bundle, actor=actor, offline=offline)
        except ExchangeError as error:
            raise error.within(str(bundle)) from error
        written = _write(receipts, taken)
    _tell(taken, written, out)


@exchange.command()
@home_option
@common
def status(home: Path, out: Out) -> None:
    """各对端往来情况 | How the exchange with each site stands."""
    with Home.open(home) as office:
        known = exchange_status(office)
    out.result(msgspec.to_builtins(known))
    if not known:
        out.say(
            "尚无往来的对端；用 qingyuan exchange peer add 登记",
            "no sites are known yet: enter one with qingyuan exchange peer add",
        )
    for one in known:
        out.say(
            f"{one.title}：已发 {len(one.sent)}，已收 {len(one.received)}，待补 {list(one.missing)}",
            f"{one.title}: {len(one.sent)} sent, {len(one.received)} received, missing {list(one.missing)}",
        )
        for item in one.received:
            if item.note_zh:
                out.say(
                    f"  收到的第 {item.seq} 号未能办理：{item.note_zh}",
                    f"  the act of number {item.seq} received was not done: {item.note_en}",
                )


@exchange.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 | address")
@click.option("--port", default=8472, show_default=True, help="端口 | port")
@click.option(
    "--for", "seconds", type=float, default=None, help="运行秒数 | seconds to run, by default until stopped"
)
@_BY
@home_option
@common
def serve(host: str, port: int, seconds: float | None, actor: str, home: Path, out: Out) -> None:
    """经 HTTP 接收，直至 SIGTERM | Take bundles in over HTTP, until SIGTERM."""
    with (
        Home.open(home) as office,
        exchange_server(office, host, port, actor=actor) as server,
        told_to_stop() as asked,
    ):
        address = f"http://{host}:{server.port}"
        out.result({"address": address})
        out.say(f"接收地址 {address}", f"listening on {address}")
        taking = threading.Thread(target=server.run, name="exchange")
        taking.start()
        try:
            asked.wait(seconds)
        finally:
            server.stop()
            taking.join()


def _refuse_nowhere(output: Path | None, url: str) -> None:
    if output is None and not url:
        raise QingyuanError(
            "cli.no-target",
            zh="未指定送往何处",
            en="it is not said where it goes",
            remedy_zh="用 -o 写入文件，或用 --url 经 HTTP 送达",
            remedy_en="write a file with -o or deliver it with --url",
        )


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise QingyuanError(
            "cli.no-value",
            zh=f"参数应写成 名称=值：{word}",
            en=f"write particulars as NAME=VALUE: {word}",
            remedy_zh="例如 accepted=采纳",
            remedy_en="for example accepted=yes",
        )
    return name, value


def _hand_out(office: Home, made: Sent, output: Path | None, url: str, actor: str, out: Out) -> None:
    outcome, receipts = "", 0
    if output is not None:
        output.write_bytes(made.data)
        out.say(f"第 {made.seq} 号交换包已写入 {output}", f"bundle {made.seq} written to {output}")
    if url:
        outcome, replies = deliver(url, made.data)
        for reply in replies:
            receive_bytes(office, reply, actor=actor)
            receipts += 1
        out.say(f"已送达（{outcome}），回执 {receipts} 份", f"delivered ({outcome}), {receipts} receipts")
    out.result(
        {
            "peer": made.peer, "seq": made.seq, "kind": made.kind, "manifest": made.manifest, "size": len(made.data),
            "output": None if output is None else str(output), "outcome": outcome, "receipts": receipts,
        }
    )  # fmt: skip


def _write(folder: Path | None, taken: Receipt) -> list[str]:
    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for reply in taken.replies:
        path = folder / f"{reply.peer}-{reply.seq:06}-{reply.kind}.qyx"
        path.write_bytes(reply.data)
        written.append(str(path))
    return written


def _tell(taken: Receipt, written: list[str], out: Out) -> None:
    told = {name: getattr(taken, name) for name in Receipt.__struct_fields__ if name != "replies"}
    out.result({**told, "receipts": written})
    outcome = {"taken": "已接收", "repeated": "此前已接收", "queued": "已暂存，等待前序"}[taken.outcome]
    out.say(
        f"{taken.peer} 第 {taken.seq} 号：{outcome} {taken.record}",
        f"{taken.peer} {taken.seq}: {taken.outcome} {taken.record}",
    )
    if taken.note_zh:
        out.say(f"未能办理：{taken.note_zh}", f"its act was not done: {taken.note_en}")
    if taken.missing:
        out.say(f"缺少：{list(taken.missing)}", f"missing: {list(taken.missing)}")
