"""Which respondents are named whole in lists."""

from __future__ import annotations

import pytest

from qingyuan.office.register._entry import shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("某网络有限公司", "某网络有限公司"),
        ("某市邮政管理局（演示）", "某市邮政管理局（演示）"),
        ("某事务所(普通合伙)", "某事务所(普通合伙)"),
        ("欧阳青原", "欧某"),
        ("欧阳青原（某公司）", "欧某"),
    ],
)
def test_a_remark_in_brackets_says_nothing_of_what_somebody_is(name: str, shown: str) -> None:
    assert shown_name(name) == shown
