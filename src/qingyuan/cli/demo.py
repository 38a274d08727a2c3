"""``qingyuan demo``: the reference matter, from raw material to a verified package."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._found import print_persons, print_readings, print_unread
from qingyuan.cli._scanner import compiled


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="工作目录 | folder of the demonstration",
)
@click.option("--seed", type=int, default=20260701, show_default=True, help="种子 | seed")
@click.option(
    "--rows",
    type=click.IntRange(500, 5_000_000),
    default=200_000,
    show_default=True,
    help="面单数 | waybills",
)
@click.option(
    "--references/--no-references",
    "with_references",
    default=True,
    help="先回放三件参考案例 | replay the reference matters first",
)
@common
def demo(home: Path, seed: int, rows: int, with_references: bool, out: Out) -> None:
    """以生成的材料回放参考案例并走完快递面单案 | Play the reference matters; all of it is synthetic."""
    from qingyuan.demo.replay import Told  # noqa: PLC0415 - heavy
    from qingyuan.demo.story import Reference  # noqa: PLC0415 - heavy
    from qingyuan.demo.telling import Step  # noqa: PLC0415 - heavy
    from qingyuan.demo.yiwu import play  # noqa: PLC0415 - heavy
    from qingyuan.office.clock import environment_clock  # noqa: PLC0415 - with the rest

    compiled(out)
    began = time.perf_counter()
    out.say(
        "参考案例与义乌快递面单案（演示，人物与数据均为虚构；标“★”的日期为公开来源所载，其余为演示设定）",
        "The reference matters and the Yiwu waybill matter (a demonstration; people and data are invented; "
        "days marked ★ are printed by the published sources, all others are the demonstration's)",
    )

    def tell(step: Step) -> None:
        out.say(f"{step.on}  {step.zh}", f"{step.on}  {step.en}")

    def replay(reference: Reference, told: Told) -> None:
        star = "★" if told.printed else " "
        out.say(
            f"{told.on} {star} [{reference.short_zh}] {told.zh}",
            f"{told.on} {star} [{reference.short_en}] {told.en}",
        )

    story = play(
        home,
        seed=seed,
        rows=rows,
        tell=tell,
        replay=replay if with_references else None,
        now=environment_clock().now() if with_references else None,
    )
    total = time.perf_counter() - began
    out.result({**msgspec.to_builtins(story, enc_hook=str), "total_seconds": round(total, 2)})
    if story.references:
        out.table(
            out.t("参考案例", "Reference matters"),
            [
                out.t("案例", "matter"),
                out.t("总案", "record"),
                out.t("案件", "cases"),
                out.t("核对的期限", "dates checked"),
                out.t("拦截", "refused"),
                out.t("整改措施", "measures"),
                out.t("证据包核验", "package"),
            ],
            [
                [
                    out.t(r.zh, r.en),
                    r.matter,
                    str(len(r.cases)),
                    str(len(r.due)),
                    str(len(r.refused)),
                    str(r.measures),
                    r.verdict,
                ]
                for r in story.references
            ],
        )
    _accuracy(story.accuracy, out)
    print_persons(story.intake.persons, story.intake.records, out)
    out.say(
        f"　生成时的真值：{story.truth.persons:,} 人", f"  generated truth: {story.truth.persons:,} persons"
    )
    print_readings(story.intake.thresholds, out)
    print_unread(story.intake.unread, out)
    out.table(
        out.t("证据包核验", "Verification of the package"),
        [out.t("试验", "tried"), out.t("结论", "verdict"), out.t("位置", "member"), out.t("理由", "reason")],
        [
            [out.t(c.zh, c.en), out.t(c.verdict_zh, c.verdict), c.path or "", out.t(c.reason_zh, c.reason_en)]
            for c in story.checks
        ],
    )
    out.table(
        out.t("文件", "Files"),
        [out.t("内容", "what"), out.t("位置", "where")],
        [[out.t(zh, en), path] for path, zh, en in story.files],
    )
    stages = out.t("，", ", ").join(f"{name} {seconds:.1f}" for name, seconds in story.seconds.items())
    out.say(f"用时 {total:.1f} 秒（{stages}）", f"{total:.1f} s ({stages})")
    out.say(
        f"自行核验：qingyuan verify {story.package.path} --home {home}",
        f"check it yourself: qingyuan verify {story.package.path} --home {home}",
    )
    out.say(
        f"打开工作台和门户：qingyuan serve --home {home}（源码目录中：make serve）",
        f"open the workbench and the portal: qingyuan serve --home {home} (in a checkout: make serve)",
    )


def _counts(row: dict[str, object], out: Out) -> list[str]:
    """Return the counts of one kind; the truth says nothing of a kind that it neither plants nor imitates."""
    if not row["planted"] and not row["on_decoys"]:
        return [out.t("真值未含", "not in the truth"), f"{row['found']:,}", "—", "—", "—", "—"]
    names = ("planted", "found", "true_positives", "false_positives", "on_decoys", "missed")
    return [f"{row[name]:,}" for name in names]


def _accuracy(rows: list[dict[str, object]], out: Out) -> None:
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds
    out.table(
        out.t("检出与真值对照", "Found against generated truth"),
        [
            out.t("种类", "kind"),
            out.t("形式", "form"),
            out.t("埋设", "planted"),
            out.t("检出", "found"),
            out.t("正确", "right"),
            out.t("误报", "false"),
            out.t("其中诱饵", "on decoys"),
            out.t("漏检", "missed"),
            out.t("精确率", "precision"),
            out.t("召回率", "recall"),
            "F1",
        ],
        [
            [
                out.t(known[str(r["kind"])].zh, known[str(r["kind"])].en)
                if str(r["kind"]) in known
                else str(r["kind"]),
                out.t("遮蔽", "masked") if r["masked"] else out.t("明文", "clear"),
                *_counts(r, out),
                *[
                    "—" if r[name] is None or not r["planted"] else f"{r[name]:.4f}"
                    for name in ("precision", "recall", "f1")
                ],
            ]
            for r in rows
        ],
    )
