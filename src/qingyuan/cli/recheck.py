"""``qingyuan recheck``: the same place later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.bounded import read_whole
from qingyuan.cli._app import Out, common
from qingyuan.cli._scanner import compiled
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.office.home import Home
    from qingyuan.pii.recheck import Place, Recheck

_HITS = (".parquet", ".jsonl")
_VERDICTS = {
    "clean": ("未再发现", "nothing was found again"),
    "remains": ("仍有残留", "something remains"),
    "undetermined": ("无法判断", "cannot be told"),
}
_EXITS = {"clean": 0, "remains": 1, "undetermined": 3}
_OUTCOMES = {
    "still-there": ("仍在", "still there"),
    "moved": ("移位", "moved"),
    "new": ("新增", "new"),
}
#: Places printed of each outcome.
_PRINTED = 10
_DOUBTS = {
    "unread": ("有内容未读", "a part was not read"),
    "sampled": ("仅抽样", "only a sample was read"),
    "key-unknown": ("无法确认两次扫描使用同一令牌密钥", "the token keys may differ"),
    "nothing-before": ("整改前没有可比对的值", "there was nothing to compare with"),
}


@click.command()
@click.argument("before")
@click.argument("after", nargs=-1, required=True)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="QINGYUAN_HOME",
    default=None,
    help="工作目录；使用其证据材料和令牌密钥 | home whose exhibits and token key are used",
)
@click.option("--case", "case", default=None, help="将结果记入该案件 | record the result for this case")
@click.option("--measure", default=None, help="整改措施，如 m01 | measure of the case")
@click.option("--by", "actor", default="P001", show_default=True, help="复查人编号 | who re-checks")
@click.option(
    "--sample",
    "rate",
    type=click.FloatRange(0, 1, min_open=True),
    default=None,
    help="抽样比例，如 0.05 | share of records to sample",
)
@click.option("--seed", type=int, default=1, show_default=True, help="抽样种子 | seed of the sample")
@click.option(
    "--token-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="令牌密钥文件 | key of the tokens",
)
@common
def recheck(
    before: str, after: tuple[str, ...], home: Path | None, case: str | None, measure: str | None, actor: str,
    rate: float | None, seed: int, token_key: Path | None, out: Out,
) -> int:  # fmt: skip
    """复查：BEFORE 中的值在 AFTER 中是否仍在 | Are the values of BEFORE still in AFTER? Hits, files or exhibits."""
    from qingyuan.office import rechecking  # noqa: PLC0415 - heavy
    from qingyuan.pii.recheck import BLIND, Sampler, read_hits  # noqa: PLC0415 - heavy

    if (case is None) is not (measure is None) or (case is not None and home is None):
        raise QingyuanError(
            "cli.recheck-case",
            zh="--case、--measure 和 --home 须一起给出",
            en="--case, --measure and --home go together",
            remedy_zh="例如 --home DIR --case C2026-0001 --measure m01",
            remedy_en="for example --home DIR --case C2026-0001 --measure m01",
        )
    compiled(out)
    with ExitStack() as stack:
        opened = stack.enter_context(_open(home)) if home is not None else None
        key = _key(opened, token_key)
        is_hits = before.endswith(_HITS) and Path(before).is_file()
        old = rechecking.Material() if is_hits else rechecking.material([before], opened)
        new = rechecking.material(after, opened)
        sampler = None if rate is None else Sampler(rate, seed)
        first = _hits(read_hits(Path(before))) if is_hits else old
        result = rechecking.recheck(first, new, key=key, home=opened, sampler=sampler)
        cited = None
        if opened is not None and case is not None and measure is not None:
            cited = rechecking.cite(
                opened, result, case=case, measure=measure, before=old.exhibits, after=new.exhibits, by=actor
            )
            opened.publish()
    blind = [{"zh": zh, "en": en} for zh, en in BLIND]
    out.result({**msgspec.to_builtins(result), "blind": blind, "cited": msgspec.to_builtins(cited)})
    _say(result, out)
    if cited is not None:
        out.say(
            f"结果已封存为 {cited.exhibit}；核验措施时写 exhibits={cited.exhibit}",
            f"the result is sealed as {cited.exhibit}; name exhibits={cited.exhibit} when the measure is verified",
        )
    return _EXITS[result.verdict]


def _hits(read: tuple[pa.Table, str]) -> tuple[list[pa.Table], str]:
    return [read[0]], read[1]


def _open(home: Path) -> Home:
    from qingyuan.office.home import Home as Opened  # noqa: PLC0415 - heavy

    return Opened.open(home)


def _key(home: Home | None, token_key: Path | None) -> bytes:
    from qingyuan.cli.scan import user_key  # noqa: PLC0415 - heavy

    if token_key is not None:
        return read_whole(token_key)
    return user_key() if home is None else home.scope_key("tokens").key


def _say(result: Recheck, out: Out) -> None:
    if out.json:
        return
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds
    from qingyuan.pii.recheck import BLIND  # noqa: PLC0415 - heavy

    known = catalog().kinds
    part = result.sample is not None and result.sample.records < result.sample.of
    gone = (
        (("样本中未见（未查看的不计）", "not seen in the sample"),)
        if part
        else (("已遮蔽", "masked"), ("已删除", "deleted"))
    )
    heads = (
        ("种类", "kind"),
        ("原有", "before"),
        ("仍在", "still there"),
        ("移位", "moved"),
        *gone,
        ("新增", "new"),
    )
    rows = [
        [out.t(known[kind].zh, known[kind].en) if kind in known else kind]
        + [
            f"{n:,}"
            for n in (
                c.values, c.still_there, c.moved, *((c.unseen,) if part else (c.masked, c.deleted)), c.new,
            )
        ]
        for kind, c in result.kinds.items()
    ]  # fmt: skip
    out.table(
        out.t("复查（不同值的个数）", "Re-check (different values)"), [out.t(*head) for head in heads], rows
    )
    for outcome, words in _OUTCOMES.items():
        _list_places(
            [p for p in result.places if p.outcome == outcome],
            result.place_counts.get(outcome, 0),
            words,
            out,
        )
    if result.sample is not None:
        s = result.sample
        out.say(
            f"抽样 {s.records:,}/{s.of:,} 条，含原值 {s.holding:,} 条；{s.confidence:.0%} 置信下，全部记录中含原值的比例不超过 {s.upper:.4%}",
            f"sampled {s.records:,} of {s.of:,} records, {s.holding:,} hold an old value; with {s.confidence:.0%} confidence at most "
            f"{s.upper:.4%} of all records do",
        )
    doubts = "；".join(out.t(*_DOUBTS[code]) for code in result.doubts)
    verdict = out.t(*_VERDICTS[result.verdict])
    out.say(
        f"结论：{verdict}（{result.remaining:,}/{result.values:,}）{doubts}",
        f"Verdict: {verdict} ({result.remaining:,} of {result.values:,}) {doubts}",
    )
    out.say("看不到：" + "；".join(zh for zh, _ in BLIND), "Not visible: " + "; ".join(en for _, en in BLIND))


def _list_places(places: Sequence[Place], count: int, words: tuple[str, str], out: Out) -> None:
    """Print the first places of one outcome, in the order of the material, and how many more there are."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds
    for place in places[:_PRINTED]:
        where = " › ".join(part for part in (place.file, place.member, place.place) if part)
        kind = known.get(place.kind)
        name = out.t(kind.zh, kind.en) if kind else place.kind
        out.say(f"{words[0]}  {where}  {name}", f"{words[1]}  {where}  {name}")
    left = count - min(count, _PRINTED)
    if left:
        out.say(
            f"　{words[0]}的另有 {left:,} 处，--json 列出前 {len(places):,} 处",
            f"  {left:,} more places {words[1]}; --json lists the first {len(places):,}",
        )
