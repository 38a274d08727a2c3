"""Amounts of money that the established facts of a docket state in words, so that nobody types them into a calculator again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

#: What an amount is, by the words before it; the first that stands nearest counts.
_WORDS = {
    "gain": "违法所得|非法获利|获利",
    "loss": "经济损失|财产损失|造成损失|损失",
    "restoration": "修复费用|生态修复费",
    "services": "服务功能损失",
    "costs": "鉴定费用|鉴定费|评估费用|评估费|公告费",
}
_TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
_AMOUNT = r"[^\d。；;，\n]{0,8}?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(万|亿)?\s*元"
_FOUND = {
    name: re.compile(f"(?<!服务功能)(?:{words}){_AMOUNT}" if name == "loss" else f"(?:{words}){_AMOUNT}")
    for name, words in _WORDS.items()
}


def amounts_in(texts: Iterable[str]) -> dict[str, str]:
    """Return the amounts that texts state, in CNY, by the name of the calculator's field.

    Several different amounts of one kind are not chosen from: the field stays empty, and a person says which.
    """
    text = "\n".join(texts)
    found: dict[str, str] = {}
    for name, pattern in _FOUND.items():
        values = {Decimal(m[1].replace(",", "")) * _TIMES[m[2] or ""] for m in pattern.finditer(text)}
        if len(values) == 1:
            found[name] = f"{values.pop().normalize():f}"
    return found
