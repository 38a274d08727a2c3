"""What a check of a log found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a stored or published log.

    Attributes:
        code: Stable name: ``no-head``, ``head-note``, ``head-origin``, ``head-size``, ``edge``, ``root``,
            ``entry-missing``, ``leaf-missing``, ``leaf``, ``tile-hash``, ``beyond-head``, ``tile-missing``, ``tile``,
            ``tile-checkpoint``, ``tile-stray``, and of a storage's own rows ``hash-row``.
        where: The index, level or tile path concerned.
        index: Index of the first entry concerned, or ``None``.
        zh: What is wrong, in Chinese.
        en: The same in English.
    """

    code: str
    where: str
    index: int | None = None
    zh: str = ""
    en: str = ""

    def text(self, lang: str) -> str:
        """Return one line in ``lang`` (``"zh"`` or ``"en"``): place and what is wrong."""
        return f"{self.where}: {self.zh if lang == 'zh' else self.en}"
