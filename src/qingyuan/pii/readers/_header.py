"""Which row of a table names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qingyuan.pii import labelwords

#: Rows looked at from the top; exports often put a title above the header.
TOP = 10
_VALUE = re.compile(r"\d{5,}|@|\*\*|[xX]{4}|^[\d\s.,%/:+-]*\d[\d\s.,%/:+-]*$")
_LONGEST = 64
_WORDS = re.compile(
    r"姓名|名称|电话|手机|号码|身份证|证件|地址|住址|邮箱|编号|序号|日期|时间|卡号|账号|帐号|单号|性别|年龄|备注|单位|"
    r"\b(?:name|phone|mobile|tel|email|e-mail|address|card|number|date|time|remark)\b|(?:^|_)(?:id|no|name|phone|tel)$",
    re.IGNORECASE,
)


def looks_like_value(text: str) -> bool:
    """Return whether ``text`` looks like data (a number, a masked value, an e-mail), not like a name."""
    return len(text) > _LONGEST or _VALUE.search(text.strip()) is not None


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the header among the first rows of a table, or ``None``.

    A header names at least 60 % of the columns, holds nothing that looks like data, and either uses
    a word of forms (``姓名``, ``phone``) or stands above data. A table whose rows are labels and values in turn has none.
    """
    widths = sorted(count for row in rows if (count := sum(1 for cell in row if cell.strip())))
    if not widths:
        return None
    usual = widths[len(widths) // 2]
    for index, row in enumerate(rows[:TOP]):
        named = [cell.strip() for cell in row if cell.strip()]
        if any(looks_like_value(cell) for cell in named):
            return None
        if not named or len(named) * 10 < usual * 6:
            continue
        if len(set(named)) * 10 < len(named) * 8:
            continue
        below = [cell for later in rows[index + 1 :] for cell in later]
        if any(_WORDS.search(cell) for cell in named) or any(
            looks_like_value(cell) for cell in below if cell
        ):
            # 姓名,张三 above 电话,138…: labels stand in the first column, none above.
            return None if labelwords.form(rows[index:]) else index
    return None
