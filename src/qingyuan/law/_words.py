"""Small pieces of bilingual wording shared by the evaluators."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from qingyuan.law._articles import numeral
from qingyuan.law._schema import PeriodVersion, Unit
from qingyuan.law.model import Citation

_ZH = {"hour": "小时", "day": "日", "workday": "个工作日", "month": "个月", "year": "年"}
_TWO = 2
_PLACES = 6


#: Largest amount of money that is weighed, CNY; nothing that could be claimed comes near it.
MOST_MONEY = Decimal(10) ** 15


def is_amount(value: Decimal | int) -> bool:
    """Tell whether an amount of money can be one: not negative, finite, of no more than six places and below :data:`MOST_MONEY`."""
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    return (
        amount.is_finite() and 0 <= amount < MOST_MONEY and isinstance(exponent, int) and exponent >= -_PLACES
    )


def length_zh(value: int, unit: Unit) -> str:
    """Return e.g. ``两个月``, ``十五日``."""
    two = value == _TWO and unit in ("month", "workday")
    return ("两" if two else numeral(value)) + _ZH[unit]


def length_en(value: int, unit: Unit) -> str:
    """Return e.g. ``2 months``, ``15 days``."""
    return f"{value} {unit}{'' if value == 1 else 's'}"


def articles_zh(citations: Sequence[Citation]) -> str:
    """Return e.g. ``《甲》第一条、《乙》第二条``."""
    return "、".join(citation.zh for citation in citations)


def articles_en(citations: Sequence[Citation]) -> str:
    """Return e.g. ``Act A, art. 1; Act B, art. 2``."""
    return "; ".join(citation.en for citation in citations)


def span_of(version: PeriodVersion) -> tuple[str, str]:
    """Return how long and from what, in both languages, e.g. ``自决定立案之日起七日内``."""
    length, length_in_english = length_zh(version.value, version.unit), length_en(version.value, version.unit)
    start = version.start
    if version.before:
        return f"{start.zh}前至少{length}", f"at least {length_in_english} before {start.en}"
    origin = f"自{start.zh}{'时' if version.unit == 'hour' else '之日'}起"
    if version.bound == "max":
        return f"{origin}{length}内", f"within {length_in_english} of {start.en}"
    least = version.bound == "min"
    return (
        f"{origin}{'不少于' if least else ''}{length}",
        f"{'at least ' if least else ''}{length_in_english} from {start.en}",
    )
