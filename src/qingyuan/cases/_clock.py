"""The one conversion from a moment to the day that law counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from qingyuan.cases.errors import CasesError

#: China Standard Time; procedure counts its days.
CST = timezone(timedelta(hours=8))


def local_day(now: datetime) -> date:
    """Return the day of ``now`` at +08:00.

    Raises:
        CasesError: ``now`` has no offset.
    """
    if now.tzinfo is None:
        raise CasesError(
            "cases.naive-time",
            zh="时间没有时区",
            en="the time has no offset",
            remedy_zh="请给出带 +08:00 的时间",
            remedy_en="give a time with +08:00",
        )
    return now.astimezone(CST).date()
