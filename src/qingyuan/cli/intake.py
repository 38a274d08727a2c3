"""``qingyuan intake`` and ``qingyuan seal``: the main job on a user's own material."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._findings import print_findings
from qingyuan.cli._found import print_kinds, print_persons, print_readings, print_unread, unread_json
from qingyuan.cli._scanner import compiled
from qingyuan.office.collect import MAX_FILE_BYTES, Limits
from qingyuan.office.home import Home
from qingyuan.office.intake import Progress, Registration
from qingyuan.office.intake import intake as run_intake
from qingyuan.office.sealing import Collector
from qingyuan.office.summary import IntakeResult

_SOURCES = ["tip-off", "casework", "enforcement-platform", "referral", "media", "other-duty"]
_STAGES = {"seal": ("封存", "sealing"), "scan": ("扫描", "scanning")}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@click.option("--title", default=None, help="线索标题（默认取路径名） | title of the lead")
@click.option(
    "--source",
    type=click.Choice(_SOURCES),
    default="other-duty",
    show_default=True,
    help="线索来源 | source of the lead",
)
@click.option(
    "--field",
    default="personal-information",
    show_default=True,
    help="公益领域 | field of the public interest",
)
@click.option("--summary", default="", help="主要内容 | what the lead says")
@click.option("--by", "actor", default="P001", show_default=True, help="收集人编号 | who collects")
@click.option("--second", default=None, help="第二收集人编号 | second collector")
@click.option("--from", "origin", default="", help="材料来自何处 | where the material comes from")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="扫描进程数 | scanning processes",
)
@click.option(
    "--max-file-bytes",
    type=click.IntRange(min=1),
    default=MAX_FILE_BYTES,
    help="单个文件上限 | largest file taken",
)
@click.option("--allow-sparse", is_flag=True, help="收取稀疏文件 | take sparse files")
@common
def intake(
    paths: tuple[Path, ...],
    home: Path,
    title: str | None,
    source: str,
    field: str,
    summary: str,
    actor: str,
    second: str | None,
    origin: str,
    workers: int,
    max_file_bytes: int,
    allow_sparse: bool,
    out: Out,
) -> None:
    """封存、扫描并登记为线索 | Seal, scan and register PATHS as a lead with its findings.

    中断后以相同路径重新运行即可续办 | Interrupted? Run it again with the same paths.
    """
    registration = Registration(Collector(actor, second, "file-copy", origin), source, field, summary)
    compiled(out)
    with Home.open(home, create=True) as office:
        result = run_intake(
            office,
            paths,
            title=title,
            registration=registration,
            limits=Limits(max_file_bytes, allow_sparse),
            workers=workers,
            report=_reporter(out),
        )
    out.result(as_json(result))
    print_intake(result, out, paths)


def as_json(result: IntakeResult) -> dict[str, object]:
    """Return the machine-readable summary; the shape is part of the command contract."""
    body: dict[str, object] = msgspec.structs.asdict(result)
    body["unread"] = [unread_json(one) for one in result.unread]
    return body


def _reporter(out: Out):  # type: ignore[no-untyped-def]  # noqa: ANN202
    if out.json or not sys.stderr.isatty():
        return lambda _: None

    def report(progress: Progress) -> None:
        zh, en = _STAGES[progress.stage]
        speed = progress.bytes_done / progress.seconds / 1e6 if progress.seconds else 0.0
        left = progress.left
        remaining = "" if left is None else out.t(f"，剩余 {left:.0f} 秒", f", {left:.0f} s left")
        click.echo(
            f"\r{out.t(zh, en)} {progress.done}/{progress.total}  {speed:.0f} MB/s{remaining}    ",
            err=True,
            nl=False,
        )
        if progress.done == progress.total:
            click.echo("", err=True)

    return report


def print_intake(result: IntakeResult, out: Out, given: Sequence[Path] = ()) -> None:
    """Print the summary for a person; ``given`` are the paths as typed."""
    if result.resumed:
        out.say(
            f"接续先前的收取：{result.complete_before} 个文件此前已完成",
            f"went on with an earlier intake: {result.complete_before} files were complete before",
        )
    out.say(
        f"线索 {result.lead}：{result.title}（封存 {len(result.exhibits)} 件，用时 {result.seconds:.1f} 秒）",
        f"lead {result.lead}: {result.title} ({len(result.exhibits)} exhibits sealed, {result.seconds:.1f} s)",
    )
    print_kinds(result.kinds, out)
    print_findings(result.findings, out)
    print_persons(result.persons, result.records, out)
    print_readings(result.thresholds, out)
    print_unread(result.unread, out, given)
    out.say(
        f"账本：{result.ledger['size']} 条，根 {result.ledger['root']}",
        f"log: {result.ledger['size']} entries, root {result.ledger['root']}",
    )
    out.say(
        "以上为线索，不是结论；以封存的原件为准。",
        "these are clues, not verdicts; the sealed originals decide.",
    )
