"""The common base of every error a user can meet.

It stands on the ground below all rooms: it knows no law, no evidence and no storage. Each room
derives one base error from it in its own ``errors.py``.
"""

from __future__ import annotations

from typing import Self


class QingyuanError(Exception):
    """Something the user can understand and act on.

    Every error says, in both languages, what is wrong, where, and what to do about it.

    Attributes:
        code: A stable, machine-readable name such as ``"law.unknown-period"``.
        zh: What is wrong, in Chinese.
        en: What is wrong, in English.
        where: The file, place, field or identifier concerned, or ``None``.
        remedy_zh: What to do about it, in Chinese; empty when nothing can be done.
        remedy_en: The same in English.
    """

    exit_code = 2

    def __init__(
        self,
        code: str,
        *,
        zh: str,
        en: str,
        where: str | None = None,
        remedy_zh: str = "",
        remedy_en: str = "",
    ) -> None:
        """Build the error; ``str(error)`` is the English sentence with its place and remedy."""
        self.code = code
        self.zh = zh
        self.en = en
        self.where = where
        self.remedy_zh = remedy_zh
        self.remedy_en = remedy_en
        super().__init__(self.text("en"))

    def text(self, lang: str) -> str:
        """Return one line in ``lang`` (``"zh"`` or ``"en"``): place, what is wrong, remedy."""
        what, remedy = (self.zh, self.remedy_zh) if lang == "zh" else (self.en, self.remedy_en)
        place = f"{self.where}: " if self.where else ""
        if not remedy:
            return f"{place}{what}"
        return f"{place}{what}{'。' if lang == 'zh' else '. '}{remedy}"

    def within(self, place: str) -> Self:
        """Put the file or address that it arose in before the narrower place it names, and return it."""
        if self.where is None or self.where in place:
            self.where = place
        elif place not in self.where:
            self.where = f"{place}, {self.where}"
        self.args = (self.text("en"),)
        return self

    def as_dict(self) -> dict[str, str | None]:
        """Return the machine-readable form printed by ``--json``."""
        return {
            "code": self.code,
            "zh": self.zh,
            "en": self.en,
            "where": self.where,
            "remedy_zh": self.remedy_zh,
            "remedy_en": self.remedy_en,
        }
