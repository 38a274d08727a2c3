"""What waybills show and how old the people are, as parts of a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from qingyuan.documents.page import Bar, Chart, Part
from qingyuan.documents.sheet import SheetTable
from qingyuan.office._reportparts import LISTED, Words

if TYPE_CHECKING:
    from qingyuan.pii.ages import Ages
    from qingyuan.pii.rates import Rate

_VERDICTS = {
    "met": ("达到", "met"),
    "not-met": ("未达到", "not met"),
    "cannot-tell": ("不能判断", "cannot tell"),
}


def waybill_parts(rates: Sequence[Rate], lang: str) -> tuple[Part, ...]:
    """Return a part for each reading of the privacy rate: all parcels and each carrier.

    Args:
        rates: The rates; none give no part.
        lang: ``"zh"`` or ``"en"``.
    """
    from qingyuan.pii.rates import rate_rules  # noqa: PLC0415 - heavy

    t = Words(lang)
    rules = rate_rules()
    out = []
    for reading in rules.readings:
        mine = [r for r in rates if r.reading == reading.id and r.dimension in ("", "carrier")]
        if mine:
            out.append(_rates(mine, t(reading.zh, reading.en), t(rules.bar.zh, rules.bar.en), t))
    return tuple(out)


def _rates(mine: Sequence[Rate], reading: str, bar: str, t: Words) -> Part:
    def label(rate: Rate) -> str:
        return rate.label or (t("全部", "all") if not rate.dimension else t("（未注明）", "(none)"))

    legend = (t("明文", "clear"), t("隐私号", "privacy number"), t("已遮蔽", "masked"))
    bars = tuple(
        Bar(
            label(rate),
            (rate.clear + rate.unsure, rate.privacy, rate.masked),
            "—" if rate.share is None else f"{rate.share:.1%}",
        )
        for rate in mine[:LISTED]
    )
    rows = tuple(
        (
            label(rate),
            f"{rate.clear + rate.unsure:,}",
            f"{rate.privacy:,}",
            f"{rate.masked:,}",
            "—" if rate.low is None or rate.high is None else f"{rate.low:.1%}–{rate.high:.1%}",
            t(*_VERDICTS[rate.verdict]),
        )
        for rate in mine[:LISTED]
    )
    heads = (
        t("快递公司", "carrier"),
        *legend,
        t("受保护比例的上下限", "bounds of the protected share"),
        t("结论", "result"),
    )
    said = t(f"标准：{bar}；按下限判断。", f"Bar: {bar}; judged on the lower bound.")
    caption = t(
        "面单显示的内容，右侧为受保护的比例", "What the waybills show; at the right the protected share"
    )
    return Part(
        t(f"面单：{reading}", f"Waybills: {reading}"),
        (said,),
        Chart(caption, legend, bars),
        SheetTable(heads, rows, (4, 2, 2, 2, 4, 2), 9.0),
    )


def age_part(ages: Ages, on: date, lang: str) -> Part | None:
    """Return the persons by age, ``None`` when nobody was found.

    Args:
        ages: The counts.
        on: The day of the ages.
        lang: ``"zh"`` or ``"en"``.
    """
    t = Words(lang)
    groups = (
        (t("不满十四周岁", "under 14"), ages.under_14.certain, ages.under_14.estimated),
        (t("十四至十七周岁", "14 to 17"), ages.minors.certain, ages.minors.estimated),
        (t("成年人", "adults"), ages.adults.certain, ages.adults.estimated),
    )
    if not ages.unknown and not any(certain or estimated for _, certain, estimated in groups):
        return None
    bars = [
        Bar(name, (certain, estimated, 0), f"{certain:,} + {estimated:,}")
        for name, certain, estimated in groups
    ]
    bars.append(Bar(t("不明", "unknown"), (0, 0, ages.unknown), f"{ages.unknown:,}"))
    legend = (t("确定", "certain"), t("推定", "estimated"), t("不明", "unknown"))
    caption = t(f"截至 {on.isoformat()} 的人数", f"Persons as of {on.isoformat()}")
    said = t(
        "有出生日期的为确定，按年龄或年级推算的为推定；不满十四周岁未成年人的个人信息属敏感个人信息（《个人信息保护法》第二十八条）。",
        "Certain with a date of birth, estimated by age or school grade. Information of persons under fourteen is sensitive "
        "(Personal Information Protection Law, art. 28).",
    )
    children = t(
        f"记录载明不满十四周岁的人的信息 {ages.children.count:,} 条，无论何种读法均属敏感。",
        f"Information whose record says that the person is under fourteen: {ages.children.count:,} pieces, sensitive in every reading.",
    )
    return Part(t("年龄", "Ages"), (said, children), Chart(caption, legend, tuple(bars)))
