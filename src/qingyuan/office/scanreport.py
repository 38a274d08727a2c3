"""What a scan found as a report for people: kinds, classes, places, columns, persons, thresholds, what was not read, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qingyuan import __version__
from qingyuan.documents.page import Bar, Chart, Part, Report
from qingyuan.documents.sheet import SheetTable
from qingyuan.law import titled
from qingyuan.office._reportparts import LISTED, Words, names, unread_part
from qingyuan.office.collect import Refused
from qingyuan.office.readings import Reading

if TYPE_CHECKING:
    from qingyuan.pii.engine import Summary
    from qingyuan.pii.model import FileScan

#: Bars of a picture.
_BARS = 12
_TIERS = {"A": ("敏感", "sensitive"), "B": ("重要", "important"), "C": ("一般", "general")}
_OF_TIERS = {
    "A": ("第五条第一款第三项：50 条", "art. 5(1)(3): 50 pieces"),
    "B": ("第五条第一款第四项：500 条", "art. 5(1)(4): 500 pieces"),
    "C": ("第五条第一款第五项：5000 条", "art. 5(1)(5): 5,000 pieces"),
}


def scan_report(
    scans: Sequence[FileScan],
    summary: Summary,
    readings: Sequence[Reading],
    unread: Sequence[Refused],
    *,
    issued: str,
    lang: str,
    more: Sequence[Part] = (),
) -> Report:
    """Return the report of a scan; no value of anybody is in it.

    Args:
        scans: The files.
        summary: All of them together.
        readings: Counts for the thresholds, with the law's answer.
        unread: What was not read.
        issued: The day it is made, ISO 8601.
        lang: ``"zh"`` or ``"en"``.
        more: Further parts, such as rates by carrier, before the list of what was not read.
    """
    t = Words(lang)
    records, persons = summary.records, summary.persons
    facts = (
        (t("文件", "Files"), f"{len(scans):,}"),
        (t("记录", "Records"), f"{records.total:,}"),
        (t("含明文的记录", "Records in clear"), f"{records.clear:,}"),
        (t("仅含遮蔽值的记录", "Records masked only"), f"{records.masked_only:,}"),
        (t("不同自然人", "Different persons"), f"{persons.distinct:,}"),
        (t("未读", "Not read"), f"{len(unread):,}"),
    )
    parts = [
        _kinds(summary, t),
        _classes(summary, t),
        _clear(summary, t),
        _hidden(summary, t),
        _places(scans, t),
        _columns(summary, t),
    ]
    parts += [
        _thresholds(readings, t),
        *_steps(readings, t),
        *more,
        unread_part(unread, t),
        _method(summary, t),
    ]
    return Report(
        lang=lang,
        title=t("个人信息扫描报告", "Personal information: report of a scan"),
        subtitle=t("线索，不是结论；每一处均可复核", "Clues, not verdicts; every place can be checked"),
        author="qingyuan",
        issued=issued,
        facts=facts,
        parts=tuple(part for part in parts if part is not None),
        footer=t(
            f"清源 {__version__} · {issued} · 本报告不含任何个人信息原文",
            f"Qingyuan {__version__} · {issued} · no personal data is copied into this report",
        ),
    )


def _kinds(summary: Summary, t: Words) -> Part:
    named = names(t)
    held = sorted(
        summary.kinds.items(), key=lambda pair: -sum((pair[1].confirmed, pair[1].suspected, pair[1].masked))
    )
    legend = (t("明文", "clear"), t("待核实", "suspected"), t("已遮蔽", "masked"))
    bars = tuple(
        Bar(named[kind], (c.confirmed, c.suspected, c.masked), f"{c.confirmed + c.suspected + c.masked:,}")
        for kind, c in held
    )
    rows = tuple((named[kind], f"{c.confirmed:,}", f"{c.suspected:,}", f"{c.masked:,}") for kind, c in held)
    table = SheetTable((t("种类", "kind"), *legend), rows, (6, 3, 3, 3), 9.0)
    heading = t("种类", "Kinds")
    if not held:
        return Part(heading, (t("未发现个人信息。", "No personal information was found."),))
    return Part(heading, (), Chart(t("各种类的处数", "Occurrences by kind"), legend, bars), table)


def _hidden(summary: Summary, t: Words) -> Part | None:
    """Return how much of each kind the material itself masks."""
    named = names(t)
    held = [
        (c.masked / (c.confirmed + c.suspected + c.masked), kind, c)
        for kind, c in summary.kinds.items()
        if c.masked
    ]
    if not held:
        return None
    held.sort(key=lambda row: (-row[0], row[1]))
    bars = tuple(
        Bar(
            named[kind],
            (c.confirmed / c.masked * share, c.suspected / c.masked * share, share),
            f"{share:.1%} ({c.masked:,}/{c.confirmed + c.suspected + c.masked:,})",
        )
        for share, kind, c in held
    )
    said = t(
        "材料自身已遮蔽的处数占该种类全部处数的比例；遮蔽后能否仍识别个人，另见 scan --json 的说明。",
        "Share of the occurrences of a kind that the material itself masks; whether what is left still identifies is another question.",
    )
    legend = (t("明文", "clear"), t("待核实", "suspected"), t("已遮蔽", "masked"))
    return Part(t("遮蔽比例", "Masked share"), (said,), Chart(t("各种类", "By kind"), legend, bars))


def _classes(summary: Summary, t: Words) -> Part | None:
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy

    known = catalog().kinds
    rows = []
    for tier, words in _TIERS.items():
        mine = [kind for kind in summary.kinds if known[kind].tier == tier]
        clear = sum(summary.kinds[kind].confirmed for kind in mine)
        rows.append(
            (
                t(*words),
                t(*_OF_TIERS[tier]),
                t("、", ", ").join(t(known[k].zh, known[k].en) for k in mine) or "—",
                f"{clear:,}",
            )
        )
    listed = [kind for kind in summary.kinds if known[kind].sensitive]
    said = t(
        "按法释〔2017〕10号（以下称《解释》）第五条的默认分类；面单类信息如何归类有争议，两种计数见下。",
        "Default classes of the 2017 criminal interpretation (the Interpretation), art. 5; how waybills count is disputed, both counts are below.",
    )
    other = t(
        "《个人信息保护法》第二十八条列举的敏感个人信息：",
        "Sensitive under art. 28 of the Personal Information Protection Law: ",
    )
    listed_words = t("、", ", ").join(t(known[k].zh, known[k].en) for k in listed) or t(
        "未发现", "none found"
    )
    heads = (t("分类", "class"), t("入罪标准", "threshold"), t("种类", "kinds"), t("明文处数", "in clear"))
    bars = tuple(Bar(row[0], (float(row[3].replace(",", "")),), row[3]) for row in rows)
    chart = Chart(t("各类的明文处数", "Occurrences in clear by class"), (t("明文", "clear"),), bars)
    table = SheetTable(heads, tuple(rows), (2, 4, 7, 2), 9.0)
    return Part(t("分类", "Classes"), (said, other + listed_words), chart, table)


def _clear(summary: Summary, t: Words) -> Part | None:
    records = summary.records
    rest = records.total - records.clear - records.masked_only
    if records.total <= 0:
        return None
    bars = tuple(
        Bar(name, (float(count),), f"{count:,} ({count / records.total:.1%})")
        for name, count in (
            (t("明文", "clear"), records.clear),
            (t("仅遮蔽", "masked only"), records.masked_only),
            (t("均无", "neither"), max(0, rest)),
        )
    )
    persons = summary.persons
    kinds = names(t)
    keys = t("，", ", ").join(f"{kinds.get(kind, kind)} {count:,}" for kind, count in persons.by_key.items())
    said = t(
        f"不同自然人 {persons.distinct:,} 人（依据：{keys or '无'}）。姓名和遮蔽值不用于合并；待核实的不计入。",
        f"{persons.distinct:,} different persons (by {keys or 'nothing'}). Names and masked values merge nobody; suspected values are not counted.",
    )
    return Part(
        t("记录与人数", "Records and persons"),
        (said,),
        Chart(t("记录的遮蔽情况", "How records stand"), (t("记录", "records"),), bars),
    )


def _places(scans: Sequence[FileScan], t: Words) -> Part | None:
    held = [
        (
            s.file,
            sum(c.confirmed for c in s.kinds.values()),
            sum(c.suspected for c in s.kinds.values()),
            sum(c.masked for c in s.kinds.values()),
        )
        for s in scans
    ]
    held = sorted((h for h in held if any(h[1:])), key=lambda h: (-h[1], -h[3], -h[2], h[0]))
    if not held:
        return None
    rows = tuple((name, *(f"{count:,}" for count in counts)) for name, *counts in held[:LISTED])
    left = len(held) - len(rows)
    said = (t(f"另有 {left:,} 个文件，见 --json。", f"{left:,} more files, see --json."),) if left > 0 else ()
    heads = (t("文件", "file"), t("明文", "clear"), t("待核实", "suspected"), t("已遮蔽", "masked"))
    bars = tuple(
        Bar(name.rsplit("/", 1)[-1], tuple(map(float, counts)), f"{sum(counts):,}")
        for name, *counts in held[:_BARS]
    )
    caption = t("处数最多的文件", "The files with the most")
    return Part(
        t("位置", "Places"), said, Chart(caption, heads[1:], bars), SheetTable(heads, rows, (9, 2, 2, 2), 9.0)
    )


def _columns(summary: Summary, t: Words) -> Part | None:
    if not summary.columns:
        return None
    named = names(t)
    columns = sorted(summary.columns, key=lambda c: (c.file, c.member or "", c.table, c.column))
    rows = tuple(
        (" › ".join(p for p in (c.file, c.member, c.table) if p), c.column, named[c.kind], f"{c.score:.0%}")
        for c in columns[:LISTED]
    )
    left = len(columns) - len(rows)
    said = (t(f"另有 {left:,} 列，见 --json。", f"{left:,} more columns, see --json."),) if left > 0 else ()
    heads = (t("文件、表", "file, table"), t("列", "column"), t("种类", "kind"), t("占比", "share"))
    return Part(t("列", "Columns"), said, None, SheetTable(heads, rows, (7, 4, 3, 2), 9.0))


def _thresholds(readings: Sequence[Reading], t: Words) -> Part:
    rows = tuple(
        (t(r.zh, r.en), f"{r.sensitive:,}", f"{r.important:,}", f"{r.general:,}", _answer(r, t))
        for r in readings
    )
    heads = (
        t("计数方式", "reading"),
        t("敏感", "sensitive"),
        t("重要", "important"),
        t("一般", "general"),
        t("标准", "threshold"),
    )
    return Part(
        t("入罪标准（两种计数）", "Thresholds, in both readings"),
        (),
        None,
        SheetTable(heads, rows, (6, 2, 2, 2, 5), 9.0),
    )


def _steps(readings: Sequence[Reading], t: Words) -> list[Part]:
    """Return how each reading was counted, step by step, and what holds in all of them once."""
    said = [
        [_short(t(one.zh, one.en), reading, t) for one in reading.threshold.basis] for reading in readings
    ]
    shared = [one for one in said[0] if all(one in other for other in said[1:])] if len(said) > 1 else []
    own = [
        (reading, [one for one in steps if one not in shared])
        for reading, steps in zip(readings, said, strict=True)
    ]
    parts = [_listed(t("怎样计数：", "How it was counted: ") + t(r.zh, r.en), steps, t) for r, steps in own]
    if shared:
        parts.append(_listed(t("两种计数都适用", "In both readings"), shared, t))
    return [part for part in parts if part is not None]


def _listed(heading: str, steps: Sequence[str], t: Words) -> Part | None:
    rows = tuple((one,) for one in steps)
    return Part(heading, (), None, SheetTable((t("步骤", "step"),), rows, (1,), 9.0)) if rows else None


def _short(step: str, reading: Reading, t: Words) -> str:
    """Return a step with the name of the interpretation, which stands in the heading of the classes, in its short form."""
    for law in {t(one.law, one.law_en) for one in reading.threshold.articles}:
        step = step.replace(t(titled(law), law), t("《解释》", "the Interpretation"))
    return step


def _answer(reading: Reading, t: Words) -> str:
    if reading.threshold.especially_serious:
        return t("达到“情节特别严重”的数量", "the number of 'especially serious' is reached")
    if reading.threshold.serious:
        return t("达到“情节严重”的数量", "the number of 'serious' is reached")
    return t("未达到", "not reached")


def _method(summary: Summary, t: Words) -> Part:
    return Part(
        t("方法", "Method"),
        (
            t(
                f"清源 {__version__} 逐字节扫描文本 {summary.bytes:,} 字节；号码经校验位、号段核对，姓名和地址结合列名与上下文判断。",
                f"Qingyuan {__version__} scanned {summary.bytes:,} bytes of text; numbers are checked by check digit and number plan, names and "
                "addresses by column and context.",
            ),
            t(
                "每一处为线索：命中、排除均有理由，可用 scan --hits 逐处核对；遮蔽指材料本身已隐藏部分字符。",
                "Every place is a clue: scan --hits lists each with its reason. Masked means that the material itself hides a part.",
            ),
        ),
    )
