"""Coarser values: dates to months, years or age bands, addresses to a county or city, numbers to ranges."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Literal

To = Literal[
    "month", "year", "decade", "age-band", "province", "city", "county", "range", "network", "domain"
]

_DATE = re.compile(
    r"(?P<y>(?:18|19|20)\d\d)(?:\s*[-/.年]\s*(?P<m>\d{1,2})(?:\s*[-/.月]\s*(?P<d>\d{1,2})日?)?月?|"
    r"(?P<mm>\d\d)(?P<dd>\d\d))?(?!\d)"
)
_PROVINCE = r"[^\s省市]{2,7}?(?:省|自治区|特别行政区)|(?:北京|上海|天津|重庆)市?|(?:香港|澳门|台湾)"
_CITY = r"[^\s市州盟区县省]{1,9}?(?:市|自治州|地区|盟)"
_COUNTY = r"[^\s区县市旗]{1,9}?(?:自治县|新区|区|县|市|旗)"
_ADDRESS = re.compile(rf"\s*(?P<province>{_PROVINCE})?\s*(?P<city>{_CITY})?\s*(?P<county>{_COUNTY})?")
_MUNICIPALITIES = ("北京", "上海", "天津", "重庆")
_LEVELS = ("province", "city", "county")
_RANGES_FROM = 1


def generalised(value: str, to: To, *, width: Decimal = Decimal(10), on: dt.date | None = None) -> str | None:
    """Return the value made coarser, ``None`` when it is not of the form that ``to`` needs.

    Args:
        value: The value.
        to: How coarse.
        width: Width of ranges and of age bands, in years for the latter.
        on: The day that ages are told for.
    """
    text = value.strip()
    if to in {"month", "year", "decade", "age-band"}:
        return _date(text, to, width, on)
    if to in _LEVELS:
        return _address(text, to)
    if to == "range":
        return _range(text, width)
    if to == "network":
        return _network(text)
    local, at, domain = text.partition("@")
    return f"***@{domain}" if local and at and domain else None


def _date(text: str, to: str, width: Decimal, on: dt.date | None) -> str | None:
    found = _DATE.match(text)
    if found is None:
        return None
    year = int(found["y"])
    if to in {"year", "decade"}:
        return str(year) if to == "year" else f"{year // 10 * 10}-{year // 10 * 10 + 9}"
    month = int(found["m"] or found["mm"] or 0)
    if not 1 <= month <= 12:  # noqa: PLR2004
        return None
    if to == "month":
        return f"{year}-{month:02d}"
    return _band(on, year, month, int(found["d"] or found["dd"] or 1), int(width))


def _band(on: dt.date | None, year: int, month: int, day: int, width: int) -> str | None:
    """Return the age band on a day of whoever was born on another."""
    if on is None:
        return None
    age = on.year - year - ((on.month, on.day) < (month, day))
    low = age // width * width
    return f"{low}-{low + width - 1}" if age >= 0 else None


def _address(text: str, to: str) -> str | None:
    found = _ADDRESS.match(text)
    if found is None or found.end() == 0:
        return None
    ends = {level: found.end(level) for level in _LEVELS if found[level]}
    if to == "city" and "city" not in ends and (found["province"] or "").startswith(_MUNICIPALITIES):
        return text[: ends["province"]]
    wanted = [ends[level] for level in _LEVELS[: _LEVELS.index(to) + 1] if level in ends]
    return text[: max(wanted)] if wanted else None


def _range(text: str, width: Decimal) -> str | None:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    if not number.is_finite() or width <= 0:
        return None
    low = (number / width).to_integral_value(ROUND_FLOOR) * width
    high = low + width - (_RANGES_FROM if width == width.to_integral_value() else 0)
    return f"{low:f}-{high:f}"


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    bits = 24 if address.version == 4 else 48  # noqa: PLR2004
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
