"""Small pieces of bilingual wording shared by the evaluators."""

from __future__ import annotations

from collections.abc import Sequence

from qingyuan.law._articles import numeral
from qingyuan.law._schema import Unit
from qingyuan.law.model import Citation

_ZH = {"hour": "小时", "day": "日", "workday": "个工作日", "month": "个月", "year": "年"}
_TWO = 2


def length_zh(value: int, unit: Unit) -> str:
    """Return e.g. ``两个月``, ``十五日``."""
    two = value == _TWO and unit in ("month", "workday")
    return ("两" if two else numeral(value)) + _ZH[unit]


def length_en(value: int, unit: Unit) -> str:
    """Return e.g. ``2 months``, ``15 days``."""
    return f"{value} {unit}{'' if value == 1 else 's'}"


def articles_zh(citations: Sequence[Citation]) -> str:
    """Return e.g. ``《甲》第一条、《乙》第二条``."""
    return "、".join(f"{title_zh(citation.law)}{citation.article}" for citation in citations)


def articles_en(citations: Sequence[Citation]) -> str:
    """Return e.g. ``Act A, art. 1; Act B, art. 2``."""
    return "; ".join(f"{citation.law_en}, {citation.article_en}" for citation in citations)


def title_zh(title: str) -> str:
    """Return ``title`` in title marks; marks inside it become single ones, as the rules of punctuation ask."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"
