"""What a caller may ask of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qingyuan.law._schema import PeriodVersion
from qingyuan.law.errors import LawError

_MOST_EXTENSIONS = 24

Span = tuple[date, date]


def refusal(code: str, zh: str, en: str, where: str) -> LawError:
    """Return the error for a request that cannot be answered."""
    return LawError(code, zh=zh, en=en, where=where, remedy_zh="请修改请求", remedy_en="change the request")


def refuse_bad_request(name: str, version: PeriodVersion, extend: int, suspend: Sequence[Span]) -> None:
    """Refuse an extension the rules do not know, or a suspension that makes no sense.

    Raises:
        LawError: Naming the period.
    """
    if extend < 0 or extend > _MOST_EXTENSIONS:
        raise refusal(
            "law.bad-extension",
            f"延长次数须在0到{_MOST_EXTENSIONS}之间",
            f"the number of extensions must be from 0 to {_MOST_EXTENSIONS}",
            name,
        )
    repeated = bool(version.extensions) and version.extensions[-1].repeat
    if extend > len(version.extensions) and not repeated:
        most = len(version.extensions)
        raise refusal(
            "law.no-extension",
            f"该期限只能延长{most}次" if most else "规则没有规定该期限可以延长",
            f"this period can be extended {'once' if most == 1 else f'{most} times'}"
            if most
            else "the rules do not let this period be extended",
            name,
        )
    for first, last in suspend:
        if last < first:
            raise refusal(
                "law.bad-suspension",
                f"中止的终日{last}早于始日{first}",
                f"the suspension ends ({last}) before it begins ({first})",
                name,
            )
    if suspend and (version.unit == "hour" or version.before):
        raise refusal(
            "law.bad-suspension",
            "按小时或向前倒推的期限不能扣除期间",
            "a period in hours, or counted back from an event, cannot be suspended",
            name,
        )
