"""``qingyuan seal``: files of any kind, with the record of how they were collected."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--matter", "scope", required=True, help="线索或总案编号 | lead or matter")
@click.option("--by", "actor", default="P001", show_default=True, help="收集人编号 | who collects")
@click.option("--second", default=None, help="第二收集人编号 | second collector")
@click.option("--from", "origin", default="", help="材料来自何处 | where it comes from")
@click.option(
    "--method",
    default="file-copy",
    show_default=True,
    help="收集方式，如 screenshot、screen-recording、disclosure | how it was collected",
)
@click.option("--device", default="D001", show_default=True, help="收集设备编号 | device it was collected on")
@click.option(
    "--record",
    "record_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="取证记录（YAML） | YAML file with the facts of the collection",
)
@click.option("--place", default="", help="收集地点 | where the collectors were")
@click.option("--step", "steps", multiple=True, help="步骤，可重复 | a step taken; may be repeated")
@click.option(
    "--network", multiple=True, help="网络情况，可重复 | address, proxy or certificate; may be repeated"
)
@click.option("--witness", "witnesses", multiple=True, help="见证人编号，可重复 | a witness; may be repeated")
@click.option("--medium", default="", help="原始介质及封签 | the original medium and its seal")
@click.option("--provider", default="", help="提供人 | who handed it over")
@click.option("--notice", default="", help="调取通知书编号 | number of the notice")
@click.option(
    "--max-file-bytes",
    type=click.IntRange(min=1),
    default=None,
    help="单个文件上限，默认 8 GiB | largest file to seal; 8 GiB by default",
)
@click.option("--allow-sparse", is_flag=True, help="也封存稀疏文件 | also seal files that are mostly holes")
@home_option
@common
def seal(
    paths: tuple[Path, ...],
    scope: str,
    actor: str,
    second: str | None,
    origin: str,
    method: str,
    device: str,
    record_file: Path | None,
    max_file_bytes: int | None,
    allow_sparse: bool,
    home: Path,
    out: Out,
    **given: str | tuple[str, ...],
) -> None:
    """将任何材料封存入案，并附取证记录 | Seal files of any kind into a lead or matter, with the record of their collection."""
    from qingyuan.office.collect import MAX_FILE_BYTES, Limits  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.recording import Facts, read_facts, seal_recorded  # noqa: PLC0415
    from qingyuan.office.sealing import Collector  # noqa: PLC0415

    facts = read_facts(record_file) if record_file is not None else None
    options = {name: value for name, value in given.items() if value}
    if options:
        facts = msgspec.structs.replace(facts or Facts(), **options)
    with Home.open(home) as office:
        limits = Limits(max_file_bytes or MAX_FILE_BYTES, allow_sparse)
        who = Collector(actor, second, method, origin, device)
        done = seal_recorded(office, scope, paths, who, facts, limits=limits)
        office.publish()
    out.result(
        {
            "exhibits": [{"path": path, "id": name} for path, name in done.exhibits],
            "record": done.record or None,
            "missing": msgspec.to_builtins(done.missing),
        }
    )
    for path, name in done.exhibits:
        out.say(f"{name}  {path}", f"{name}  {path}")
    if done.record:
        out.say(f"{done.record}  取证记录", f"{done.record}  acquisition record")
    if done.missing:
        out.note(
            f"取证记录尚缺 {len(done.missing)} 项（不影响封存）：",
            f"the record lacks {len(done.missing)} facts (the files are sealed all the same):",
        )
    for each in done.missing:
        out.note(f"  {each.zh} [{each.fact}]", f"  {each.en} [{each.fact}]")
