"""Errors of the cases room: what cannot be read, what was asked wrongly, and what the law does not allow yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qingyuan.errors import QingyuanError
from qingyuan.law import Citation


class CasesError(QingyuanError):
    """An event that cannot be read or folded, or an argument that cannot be understood."""


class Missing(NamedTuple):
    """One thing that is missing before an act is possible; a pair of sentences.

    Attributes:
        zh: What is missing, in Chinese.
        en: The same in English.
    """

    zh: str
    en: str


class Refused(CasesError):  # noqa: N818 - a refusal is an answer, not a failure
    """An act that is not possible now; it says why, so that a button can.

    Attributes:
        verb: Name of the refused verb.
        citations: The articles the refusal rests on, without repetition, most important first.
        missing: What is missing, one pair of sentences each; at least one.
        about: For each of ``missing`` the name of the particular concerned, ``""`` where it is none.
    """

    exit_code = 1

    def __init__(
        self,
        code: str,
        *,
        verb: str,
        label: Missing,
        missing: Sequence[Missing],
        citations: Sequence[Citation],
        about: Sequence[str] = (),
        where: str | None = None,
    ) -> None:
        """Build the refusal of ``verb`` (named ``label`` to people) from what is missing."""
        self.verb = verb
        self.missing = tuple(missing)
        self.about = tuple(about) or ("",) * len(self.missing)
        self.citations = tuple(citations)
        zh = "；".join(f"{c.zh}{'，当时未施行，仅供参照' if c.analogous else ''}" for c in self.citations)
        en = "; ".join(
            f"{c.en}{', not in force then, by analogy' if c.analogous else ''}" for c in self.citations
        )
        super().__init__(
            code,
            zh=f"暂不能“{label.zh}”：{'；'.join(m.zh for m in self.missing)}" + (f"（{zh}）" if zh else ""),
            en=f"cannot {label.en} now: {'; '.join(m.en for m in self.missing)}" + (f" ({en})" if en else ""),
            where=where,
            remedy_zh="请先补齐所列事项" if code == "cases.missing" else "",
            remedy_en="supply what is listed first" if code == "cases.missing" else "",
        )


def no_case(cases: Iterable[str], asked: str) -> CasesError:
    """Return the error that says that a docket, whose ``cases`` are named, has no such case."""
    known = list(cases)
    return CasesError(
        "cases.no-such-record",
        zh=f"案卷中没有案件 {asked}",
        en=f"there is no case {asked} in the docket",
        where=asked,
        remedy_zh="现有：" + ("、".join(known) or "无"),
        remedy_en="there are: " + (", ".join(known) or "none"),
    )
