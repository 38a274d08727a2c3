"""The one-page list of what a company must fix, from a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qingyuan import __version__
from qingyuan.documents.page import Part, Report
from qingyuan.documents.sheet import SheetTable
from qingyuan.law import LawError, load, titled
from qingyuan.office._reportparts import LISTED, Words, names, unread_part
from qingyuan.office.collect import Refused

if TYPE_CHECKING:
    from qingyuan.findings import Provision
    from qingyuan.pii.profiles import Fix, Profile


def _cited(provision: Provision, t: Words) -> str:
    """Return a provision as it is cited in the language of the report."""
    if t.lang == "zh":
        return f"{titled(provision.law.removeprefix('中华人民共和国'))}{provision.article}"
    try:
        found = load().cite(provision.rule)
    except LawError:
        return f"{provision.law} {provision.article}"
    return found.en


def _by_place(fixes: Sequence[Fix], names: Mapping[str, str], t: Words) -> tuple[tuple[str, ...], ...]:
    """Return one row a file, kind and form, its columns together: the list should fit a page."""
    held: dict[tuple[str, str, str], list[Fix]] = {}
    for f in fixes:
        form = t("遮蔽", "masked") if f.masked else t("明文", "clear") if f.kind else "—"
        held.setdefault(
            (" › ".join(p for p in (f.file, f.member) if p), names.get(f.kind, "—"), form), []
        ).append(f)
    return tuple(
        (
            place,
            t("、", ", ").join(dict.fromkeys(f.column or f.first_place for f in mine)),
            kind,
            form,
            f"{sum(f.count for f in mine):,}",
        )
        for (place, kind, form), mine in held.items()
    )


def profile_report(
    chosen: Profile, fixes: Sequence[Fix], unread: Sequence[Refused], *, files: int, issued: str, lang: str
) -> Report:
    """Return the one-page list of what must be fixed.

    Args:
        chosen: The profile.
        fixes: What must be fixed, the gravest first.
        unread: What was not read.
        files: Number of files.
        issued: The day it is made.
        lang: ``"zh"`` or ``"en"``.
    """
    t = Words(lang)
    known = names(t)
    parts = []
    for rule in dict.fromkeys(f.rule for f in fixes):
        mine = [f for f in fixes if f.rule == rule]
        first = mine[0]
        laws = t("；", "; ").join(_cited(p, t) for p in first.provisions)
        rows = _by_place(mine, known, t)[:LISTED]
        heads = (
            t("文件", "file"),
            t("列或首处", "column or first place"),
            t("种类", "kind"),
            t("形式", "form"),
            t("处数", "count"),
        )
        fix = t(f"整改：{first.fix_zh}", f"Fix: {first.fix_en}")
        parts.append(
            Part(
                t(first.zh, first.en),
                (fix, t("依据：", "Law: ") + laws),
                None,
                SheetTable(heads, rows, (6, 4, 3, 2, 2), 9.0),
            )
        )
    if not fixes:
        parts.append(
            Part(t("结果", "Result"), (t("未发现须整改的内容。", "Nothing to be fixed was found."),))
        )
    clear = sum(f.count for f in fixes if not f.masked and f.kind)
    return Report(
        lang=lang,
        title=t(chosen.zh, chosen.en),
        subtitle=t("按严重程度排序；只列位置和数量", "The gravest first; places and numbers only"),
        author="qingyuan",
        issued=issued,
        facts=(
            (t("文件", "Files"), f"{files:,}"),
            (t("整改事项", "To be fixed"), f"{len(fixes):,}"),
            (t("明文处数", "Values in clear"), f"{clear:,}"),
            (t("未读", "Not read"), f"{len(unread):,}"),
        ),
        parts=(*parts, unread_part(unread, t)),
        footer=t(
            f"清源 {__version__} · {issued} · 不含任何个人信息原文",
            f"Qingyuan {__version__} · {issued} · no personal data is copied out",
        ),
    )
