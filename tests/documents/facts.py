"""Invented facts for the forms."""

from __future__ import annotations

from qingyuan.documents import Fact


def suggestion_facts() -> dict[str, object]:
    """Return facts that fill the suggestion."""
    return {
        "office": {"name": "清州市人民检察院"},
        "organ": {"name": Fact("清州市邮政管理局", 3)},
        "matter": {"title": Fact("寄递面单个人信息泄露案", 2)},
        "number": None,
        "origin": Fact("公安机关移送。", 1),
        "harms": [
            {"text": Fact("检出未去标识化的身份证号40,210条。", 7)},
            {"text": "信息足以识别特定自然人。"},
        ],
        "counts": [{"kind": "居民身份证号", "count": 40210, "note": "明文"}],
        "failures": [{"text": Fact("未对快递企业使用面单的情况依法检查。", 9)}],
        "bases": [{"text": "《快递暂行条例》第三十五条"}, {"text": "《快递市场管理办法》第三十六条"}],
        "proposals": [{"text": "督促快递企业使用隐私面单；"}, {"text": "对泄露的数据依法查处。"}],
        "rectify_within": "收到本检察建议书之日起两个月内",
        "reply_within": "收到本检察建议书之日起两个月内",
        "other": "",
        "issued": "2026-03-12",
        "cite": lambda _: "《人民检察院公益诉讼办案规则》第七十五条",
    }
