"""What the reports of scans share: words in one language, names of kinds, the list of what was not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qingyuan.documents.page import Part
from qingyuan.documents.sheet import SheetTable
from qingyuan.office.collect import Refused

#: Rows of the lists of places and columns.
LISTED = 40


class Words:
    """Sentences in one language."""

    def __init__(self, lang: str) -> None:
        """Take the language, ``"zh"`` or ``"en"``."""
        self.lang = lang

    def __call__(self, zh: str, en: str) -> str:
        """Return the sentence in the language."""
        return zh if self.lang == "zh" else en


def names(t: Words) -> Mapping[str, str]:
    """Return the names of the kinds."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy

    return {name: t(kind.zh, kind.en) for name, kind in catalog().kinds.items()}


def unread_part(unread: Sequence[Refused], t: Words) -> Part:
    """Return the list of what was not read."""
    heading = t("未读内容", "What was not read")
    if not unread:
        return Part(heading, (t("全部内容均已读取。", "Everything was read."),))
    rows = tuple(
        (" › ".join(p for p in (r.path, r.member) if p), t(r.zh, r.en), t(r.remedy_zh, r.remedy_en))
        for r in unread[:LISTED]
    )
    heads = (t("文件", "file"), t("原因", "reason"), t("办法", "remedy"))
    said = t(
        "以下内容未扫描，不得视为没有问题。",
        "These were not scanned and must not be taken as free of findings.",
    )
    return Part(heading, (said,), None, SheetTable(heads, rows, (4, 5, 5), 9.0))
