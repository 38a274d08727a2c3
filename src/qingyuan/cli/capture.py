"""``qingyuan capture``: web pages fixed as evidence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.bounded import read_text
from qingyuan.cli._app import Out, common, home_option
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.office.capture import Captured, CaptureProgress, JobResult

_DELAY = 1.0
_MOST_LIST_BYTES = 16 << 20


@click.command()
@click.argument("urls", nargs=-1)
@click.option(
    "--list",
    "list_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="网址清单，每行一个，# 开头为注释 | file of addresses, one a line, # begins a comment",
)
@click.option("--matter", "--lead", "scope", required=True, help="线索或总案编号 | lead or matter")
@click.option("--by", "actor", default="P001", show_default=True, help="收集人编号 | who collects")
@click.option("--second", default=None, help="第二收集人编号 | second collector")
@click.option("--device", default="D001", show_default=True, help="取证设备编号 | device used")
@click.option("--place", default="", help="取证地点 | where the collectors are")
@click.option("--witness", "witnesses", multiple=True, help="见证人编号，可重复 | a witness; may be repeated")
@click.option(
    "--raw/--decoded",
    "raw",
    default=True,
    show_default=True,
    help="记录线路原始字节，或取浏览器解码后的内容 | record the bytes on the wire, or what the browser decoded",
)
@click.option(
    "--allow-private", is_flag=True, help="允许内网和本机地址 | allow private and loopback addresses"
)
@click.option(
    "--allow-bad-certificate",
    is_flag=True,
    help="证书未通过验证也固定，并记录 | go on when a certificate does not verify, and record it",
)
@click.option("--record", "screencast", is_flag=True, help="录屏（逐帧图片） | record the screen as pictures")
@click.option("--no-replay", is_flag=True, help="不做断网回放核对 | skip the replay check")
@click.option(
    "--delay",
    type=click.FloatRange(0, 3600),
    default=_DELAY,
    show_default=True,
    help="同一主机两页之间的秒数 | seconds between two pages of one host",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(1, 3600),
    default=90.0,
    show_default=True,
    help="每页秒数上限 | most seconds for a page",
)
@home_option
@common
@click.pass_context
def capture(
    ctx: click.Context,
    urls: tuple[str, ...],
    list_file: Path | None,
    scope: str,
    actor: str,
    second: str | None,
    device: str,
    place: str,
    witnesses: tuple[str, ...],
    raw: bool,
    allow_private: bool,
    allow_bad_certificate: bool,
    screencast: bool,
    no_replay: bool,
    delay: float,
    max_seconds: float,
    home: Path,
    out: Out,
) -> None:
    """固定网页：清洁性检查、原始字节、截图、回放核对，并封存入案 | Fix web pages as evidence and seal them into a lead or matter.

    中断后以相同清单重新运行即可续办。退出码：0 全部固定，1 有未固定的，2 用法有误
    | Interrupted? Run it again with the same list. Exit 0: all captured, 1: some failed, 2: bad use.
    """
    from qingyuan.office.browser import Standby  # noqa: PLC0415 - heavy

    wanted = [*urls, *(_read_list(list_file) if list_file else [])]
    if not wanted:
        raise click.UsageError("no address given", ctx)
    with Standby(1 if no_replay else 2) as standby:
        # These take as long as the browsers take to start.
        from qingyuan.office.capture import (  # noqa: PLC0415
            Bounds,
            CaptureSettings,
            Circumstances,
            capture_all,
        )
        from qingyuan.office.home import Home  # noqa: PLC0415
        from qingyuan.office.sealing import Collector  # noqa: PLC0415

        settings = CaptureSettings(
            raw=raw,
            allow_private=allow_private,
            allow_bad_certificate=allow_bad_certificate,
            screencast=screencast,
            replay=not no_replay,
            bounds=Bounds(seconds=max_seconds),
        )
        with Home.open(home) as office:
            result = capture_all(
                office,
                scope,
                wanted,
                Collector(actor, second, device=device),
                settings=settings,
                circumstances=Circumstances(place=place, witnesses=witnesses),
                delay=delay,
                report=_reporter(out),
                standby=standby,
            )
            office.publish()
    out.result(
        {"captures": result.captures, "failed": result.failed, "job": result.job, "resumed": result.resumed}
    )
    _print(result, out)
    if result.failed:
        ctx.exit(1)


def _read_list(path: Path) -> list[str]:
    try:
        text = read_text(path, _MOST_LIST_BYTES, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise QingyuanError(
            "cli.bad-list",
            zh="网址清单不是 UTF-8 文本",
            en="the list of addresses is no text in UTF-8",
            where=str(path),
            remedy_zh="请另存为 UTF-8 文本，每行一个网址",
            remedy_en="save it as UTF-8 text, one address a line",
        ) from error
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _reporter(out: Out) -> Callable[[CaptureProgress], None]:
    def report(progress: CaptureProgress) -> None:
        if out.json or (progress.total == 1 and not sys.stderr.isatty()):
            return
        zh = en = ""
        if progress.error is not None:
            zh, en = f"  未成：{progress.error[0]}", f"  failed: {progress.error[1]}"
        out.note(
            f"{progress.done}/{progress.total}  {progress.seconds:.0f} 秒  {progress.url}{zh}",
            f"{progress.done}/{progress.total}  {progress.seconds:.0f} s  {progress.url}{en}",
        )

    return report


#: What allows on the command line that which was refused.
_OPTIONS = {
    "capture.refused-address": "--allow-private",
    "capture.bad-certificate": "--allow-bad-certificate",
}
_REPLAY = {"same": ("一致", "same"), "differs": ("不同", "differs"), "unknown": ("未知", "unknown")}


def _print(result: JobResult, out: Out) -> None:
    if result.resumed:
        out.say(
            f"接续先前的任务：{result.resumed} 页此前已固定",
            f"went on with an earlier job: {result.resumed} pages were captured before",
        )
    for one in result.captures:
        _print_one(one, out)
    for each in result.failed:
        option = _OPTIONS.get(each.code)
        zh, en = ("", "") if option is None else (f"；选项 {option}", f"; option {option}")
        out.say(
            f"未固定 {each.url}：{each.reason}（{each.remedy}{zh}）",
            f"not captured {each.url}: {each.reason_en} ({each.remedy_en}{en})",
        )
    out.say(
        f"共固定 {len(result.captures)} 页，未固定 {len(result.failed)} 页",
        f"{len(result.captures)} pages captured, {len(result.failed)} not",
    )


def _print_one(one: Captured, out: Out) -> None:
    zh, en = _REPLAY[one.replay]
    out.say(
        f"{one.url}  HTTP {one.status}  {one.resources} 个资源  {one.bytes} 字节  回放：{zh}  {one.seconds:.1f} 秒",
        f"{one.url}  HTTP {one.status}  {one.resources} answers  {one.bytes} bytes  replay: {en}  {one.seconds:.1f} s",
    )
    if one.final_url != one.url:
        out.say(f"  最终网址 {one.final_url}", f"  arrived at {one.final_url}")
    for hit in one.bounds:
        out.say(
            f"  达到限度 {hit.bound} = {hit.limit:g}，其后内容未取得 {hit.where}",
            f"  limit {hit.bound} = {hit.limit:g} reached; what lies beyond was not taken {hit.where}",
        )
    if one.replay != "same":
        out.say(f"  回放：{one.replay_reason}", f"  replay: {one.replay_reason_en}")
    for exhibit in one.exhibits:
        out.say(f"  {exhibit.id}  {exhibit.path}", f"  {exhibit.id}  {exhibit.path}")
