"""Printing what a scan found; shared by the commands that scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.cli._app import Out

if TYPE_CHECKING:
    from qingyuan.office.collect import Refused
    from qingyuan.office.readings import Reading

_SHOWN = 30


def print_kinds(kinds: Mapping[str, Mapping[str, int]], out: Out) -> None:
    """Print the counts by kind."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds
    out.table(
        out.t("个人信息", "Personal information"),
        [
            out.t("种类", "kind"),
            out.t("确认（明文）", "confirmed, clear"),
            out.t("待核实", "suspected"),
            out.t("已遮蔽", "masked"),
        ],
        [
            [
                out.t(known[kind].zh, known[kind].en) if kind in known else kind,
                f"{count['confirmed']:,}",
                f"{count['suspected']:,}",
                f"{count['masked']:,}",
            ]
            for kind, count in kinds.items()
        ],
    )


def print_persons(persons: Mapping[str, object], records: Mapping[str, int], out: Out) -> None:
    """Print how many people are concerned and how that was counted."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds
    by_key = persons["by_key"]
    keys = out.t("，", ", ").join(
        f"{out.t(known[key].zh, known[key].en) if key in known else key} {count:,}"
        for key, count in (by_key.items() if isinstance(by_key, Mapping) else ())
    )
    out.say(
        f"涉及自然人：{persons['distinct']:,} 人（按标识：{keys}）",
        f"distinct persons: {persons['distinct']:,} (by key: {keys})",
    )
    out.say(f"　计数方法：{persons['method_zh']}", f"  method: {persons['method_en']}")
    out.say(
        f"　记录 {records['total']:,} 条：含明文 {records['clear']:,} 条，仅有遮蔽 {records['masked_only']:,} 条",
        f"  records {records['total']:,}: {records['clear']:,} with clear values, {records['masked_only']:,} masked only",
    )


def print_readings(readings: Sequence[Reading], out: Out) -> None:
    """Print both readings of the statutory thresholds."""
    rows = []
    for reading in readings:
        answer = reading.threshold
        verdict = (
            out.t("达到“情节特别严重”数量", "especially serious by number")
            if answer.especially_serious
            else out.t("达到“情节严重”数量", "serious by number")
            if answer.serious
            else out.t("未达到", "not reached")
        )
        article = answer.articles[0] if answer.articles else None
        rows.append(
            [
                out.t(reading.zh, reading.en),
                f"{reading.sensitive:,}",
                f"{reading.important:,}",
                f"{reading.general:,}",
                f"{answer.ratio_float:,.1f}",
                verdict,
                out.t(article.article, article.article_en) if article else "",
            ]
        )
    out.table(
        out.t(
            "法释〔2017〕10号第五条数量标准（两种理解并列，均为线索）",
            "Thresholds of 法释〔2017〕10号 art. 5 (both readings; clues only)",
        ),
        [
            out.t("理解", "reading"),
            out.t("敏感\n（50）", "sens.\n(50)"),
            out.t("重要\n（500）", "import.\n(500)"),
            out.t("一般\n（5000）", "other\n(5000)"),
            out.t("合计\n倍数", "sum of\nshares"),
            out.t("结论", "result"),
            out.t("条款", "article"),
        ],
        rows,
        first=18,
    )


def as_given(path: str, given: Sequence[Path]) -> str:
    """Return ``path`` the way the user wrote it, when it lies below one of the paths ``given``."""
    for root in given:
        if Path(path).is_relative_to(root.absolute()):
            return str(root / Path(path).relative_to(root.absolute()))
    return path


def unread_json(one: Refused) -> dict[str, str | None]:
    """Return the machine-readable form of something that was not taken or not fully read."""
    return {
        "path": one.path,
        "member": one.member,
        "code": one.code,
        "reason": one.zh,
        "reason_en": one.en,
        "remedy": one.remedy_zh,
        "remedy_en": one.remedy_en,
    }


def print_unread(unread: Sequence[Refused], out: Out, given: Sequence[Path] = ()) -> None:
    """Print what was not taken or not fully read, with remedies."""
    if not unread:
        out.say("全部材料均已读取", "everything was read")
        return
    out.table(
        out.t("未能收取或未能读完（其余已处理）", "Not taken or not fully read (the rest was processed)"),
        [out.t("文件", "file"), out.t("原因", "reason"), out.t("处理办法", "remedy")],
        [
            [
                as_given(one.path, given) + (f" › {one.member}" if one.member else ""),
                f"{out.t(one.zh, one.en)} [{one.code}]",
                out.t(one.remedy_zh, one.remedy_en),
            ]
            for one in unread[:_SHOWN]
        ],
    )
    if len(unread) > _SHOWN:
        out.say(
            f"（另有 {len(unread) - _SHOWN} 项，见 --json）", f"({len(unread) - _SHOWN} more, see --json)"
        )
