"""``qingyuan deidentify`` and ``qingyuan reidentify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.bounded import read_text, read_whole
from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._scanner import compiled
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.pii.deidentify import Deidentified, Policy

_METHODS = {
    "mask": ("遮蔽", "masked"),
    "drop": ("去除", "removed"),
    "generalise": ("概括", "generalised"),
    "pseudonym": ("假名", "pseudonym"),
    "fpe": ("保形加密", "format-preserving"),
}


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", "target", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="输出文件，格式同输入 | the copy, in the same format",
)  # fmt: skip
@click.option(
    "--policy", "policy_name", default="default", show_default=True, help="方案名或 YAML 文件 | policy"
)
@click.option(
    "--matter", "scope", default=None, help="使用该线索或总案的密钥并记入日志 | use its key, record an event"
)
@click.option(
    "--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
    help="假名密钥文件（至少 32 字节），不记入日志 | key file, no event",
)  # fmt: skip
@click.option("--by", "actor", default="P001", show_default=True, help="办理人编号 | who does it")
@click.option("--force", is_flag=True, help="覆盖已有输出 | replace an existing output")
@home_option
@common
def deidentify(
    source: Path,
    target: Path,
    policy_name: str,
    scope: str | None,
    key_file: Path | None,
    actor: str,
    force: bool,
    home: Path,
    out: Out,
) -> None:
    """去标识化，格式不变，写后复核 | De-identify SOURCE in its own format; the copy is scanned again."""
    from qingyuan.pii.deidentify import load_policy  # noqa: PLC0415 - heavy

    _check_target(source, target, force=force)
    policy = load_policy(policy_name)
    compiled(out)
    done = (
        _for_scope(home, scope, source, target, policy, actor)
        if scope is not None
        else _alone(source, target, policy, key_file)
    )
    out.result({"output": str(target), **msgspec.to_builtins(done)})
    _say(done, policy, target, out)


def _for_scope(
    home: Path, scope: str, source: Path, target: Path, policy: Policy, actor: str
) -> Deidentified:
    from qingyuan.office.deidentifying import deidentify_for  # noqa: PLC0415 - heavy
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy

    with Home.open(home) as opened:
        done = deidentify_for(opened, scope, source, target, policy, by=actor)
        opened.publish()
    return done


def _alone(source: Path, target: Path, policy: Policy, key_file: Path | None) -> Deidentified:
    from qingyuan.cli.scan import user_key  # noqa: PLC0415 - heavy
    from qingyuan.pii.deidentify import Keys, deidentify  # noqa: PLC0415 - heavy

    keys = None if key_file is None else Keys(read_whole(key_file))
    return deidentify(source, target, policy, keys=keys, token_key=user_key())


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    same = target.exists() and target.samefile(source)
    if same or (target.exists() and not force):
        raise QingyuanError(
            "cli.output-exists",
            zh="输出不能是输入文件本身" if same else "输出文件已存在",
            en="the output must be another file than the input" if same else "the output exists",
            where=str(target),
            remedy_zh="请换一个文件名" if same else "请换一个文件名，或用 --force 覆盖",
            remedy_en="choose another name" if same else "choose another name, or replace it with --force",
        )


def _say(done: Deidentified, policy: Policy, target: Path, out: Out) -> None:
    if out.json:
        return
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds

    def named(kind: str) -> str:
        return out.t(known[kind].zh, known[kind].en) if kind in known else out.t("按列处理", "by column")

    rows = [
        [
            named(kind),
            out.t(*_METHODS.get(method, (method, method))),
            f"{count:,}",
            f"{done.fallbacks.get(kind, {}).get(method, 0):,}",
        ]
        for kind, methods in done.replaced.items()
        for method, count in methods.items()
    ]
    columns = [
        out.t(*p)
        for p in (("种类", "kind"), ("方法", "method"), ("处数", "values"), ("改为遮蔽", "hidden instead"))
    ]
    out.table(out.t(f"去标识化：{policy.zh}", f"De-identified: {policy.en}"), columns, rows)
    for name in done.dropped:
        out.say(f"未写入（无法改写）：{name}", f"left out (cannot be rewritten): {name}")
    kept = sum(done.kept.values())
    out.say(
        f"复核：未发现未处理的个人信息；按方案保留 {kept:,} 处，待核实 {done.suspected_left:,} 处 → {target}",
        f"Check: nothing confirmed is left; kept by the policy {kept:,}, suspected {done.suspected_left:,} → {target}",
    )


@click.command()
@click.argument("pseudonyms", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", "target", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="结果文件，仅本人可读 | the result, readable by its owner alone",
)  # fmt: skip
@click.option("--kind", required=True, help="个人信息类型，如 mobile | kind of the values")
@click.option(
    "--matter", "scope", required=True, help="其密钥所属线索或总案 | lead or matter whose key made them"
)
@click.option("--reason", required=True, help="还原理由，记入日志 | why, goes into the log")
@click.option("--by", "actor", required=True, help="还原人编号 | who reverses")
@home_option
@common
def reidentify(
    pseudonyms: Path, target: Path, kind: str, scope: str, reason: str, actor: str, home: Path, out: Out
) -> None:
    """还原保形加密的号码（每行一个），先记日志 | Reverse encrypted numbers, one a line; recorded before they are written."""
    from qingyuan.office.deidentifying import reverse  # noqa: PLC0415 - heavy
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy

    _check_target(pseudonyms, target, force=False)
    lines = [line.strip() for line in _text(pseudonyms).splitlines() if line.strip()]
    with Home.open(home) as opened:
        done = reverse(opened, scope, kind, lines, target, reason=reason, by=actor)
        opened.publish()
    out.result({"output": str(target), **msgspec.to_builtins(done)})
    out.say(
        f"已还原 {done.found}/{done.asked} 个，已记入日志（第 {done.index} 条）→ {target}；请按涉密材料保管",
        f"reversed {done.found} of {done.asked}, recorded as entry {done.index} → {target}; keep it as secret material",
    )


def _text(path: Path) -> str:
    try:
        return read_text(path, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise QingyuanError(
            "deidentify.list-encoding",
            zh="不是 UTF-8 文本",
            en="not text in UTF-8",
            where=str(path),
            remedy_zh="请提供 UTF-8 文本，每行一个待还原的号码",
            remedy_en="give a text file in UTF-8 with one value to reverse a line",
        ) from error
