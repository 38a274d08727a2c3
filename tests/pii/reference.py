"""A slow, plain reading of the same rules, for unseparated numbers in text of digits, X, letters and 汉字."""

from __future__ import annotations

import re

from qingyuan.pii.catalog import catalog, numbers
from tests.pii.generator import WEIGHTS, luhn_digit

RUN = re.compile(r"[0-9][0-9X]*")


def _in(entries: tuple[int | str, ...], value: int) -> bool:
    return any(low <= value <= high for low, high in numbers(entries))


def _date(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not (1880 <= year <= 2049 and 1 <= month <= 12 and day >= 1):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _landline(run: str) -> bool:
    if run[1:3] == "10" or (run[1] == "2" and run[2] != "6"):
        return len(run) == 11 and run[3] in "2345678"
    return run[1] in "3456789" and len(run) in (11, 12) and run[4] in "2345678"


def kind_of(run: str) -> str:  # noqa: PLR0911 -- one return a kind
    """Return the kind of one run standing alone, "" for none."""
    plan = catalog().numbering
    digits = run.isdigit()
    if digits and run[0] in "80":
        for prefix in ("86", "0086", "0"):
            rest = run.removeprefix(prefix)
            if len(rest) == 11 and len(run) == 11 + len(prefix) and _in(plan.mobile.range, int(rest[:3])):
                return "mobile"
    if digits and run.startswith("9501") and 11 <= len(run) <= 17:
        return "privacy-number"
    if digits and len(run) == 11 and _in(plan.mobile.range, int(run[:3])):
        return "mobile"
    province = len(run) > 1 and run[:2].isdigit() and _in(plan.resident_id.provinces, int(run[:2]))
    if len(run) == 18 and run[:17].isdigit() and province and _date(run[6:14]):
        return "resident-id"
    if digits and len(run) == 15 and province and _date("19" + run[6:12]):
        return "resident-id"
    network = run[0] in "456" or len(run) == {"34": 15, "37": 15, "35": 16, "36": 14}.get(run[:2])
    network = network or run[:4] in ("9558", "9551", "9555", "9559", "1030")
    if digits and 13 <= len(run) <= 19 and network and luhn_digit(run[:-1]) == run[-1]:
        return "bank-card"
    if digits and run[0] == "0" and len(run) in (10, 11, 12) and _landline(run):
        return "landline"
    return ""


def good_check(run: str) -> bool:
    """Tell whether an 18-character ID has the right check character."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(run, WEIGHTS, strict=False)) % 11] == run[17]


def numbers_in(text: str) -> list[tuple[int, int, str]]:
    """Return ``(start, end, kind)`` of the numbers of a text without separators and masks."""
    out = []
    for m in RUN.finditer(text):
        before = text[m.start() - 1 : m.start()] if m.start() else ""
        after = text[m.end() : m.end() + 1]
        if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
            continue
        kind = kind_of(m.group())
        if kind:
            out.append((m.start(), m.end(), kind))
    return out
