"""A suggestion to typeset; ``python -m bench._document`` makes its PDF in a process of its own."""

from __future__ import annotations

from datetime import date

from qingyuan.documents import Document, Fact, fill, find_form
from qingyuan.documents.pdf import render_pdf
from qingyuan.law import Law

_ON = date(2026, 3, 12)
_LAW = Law()


def _cite(rule: str) -> Fact:
    cited = _LAW.cite(rule, _ON)
    return Fact(f"《{cited.law}》{cited.article}", 1)


def document(title: str) -> Document:
    """Return a suggestion of about one page with the given title."""
    facts: dict[str, object] = {
        "cite": _cite,
        "office": {"name": "某市人民检察院"},
        "organ": {"name": Fact("某市邮政管理局", 3)},
        "matter": {"title": Fact("面单信息外泄", 2)},
        "number": None,
        "origin": Fact("本院在履行职责中发现。", 1),
        "harms": [{"text": Fact(f"第{n}批面单可直接读取收件人信息。", n)} for n in range(1, 9)],
        "counts": [
            {"kind": kind, "count": 1_000 * n, "note": "明文"}
            for n, kind in enumerate(("手机号码", "姓名", "地址"), start=1)
        ],
        "failures": [{"text": Fact("未对面单使用情况依法检查。", 9)}],
        "bases": [{"text": "《快递暂行条例》第三十五条"}],
        "proposals": [{"text": "督促企业使用隐私面单；"}, {"text": "对外泄的数据依法查处。"}],
        "rectify_within": "收到本检察建议书之日起两个月内",
        "reply_within": "收到本检察建议书之日起两个月内",
        "other": "",
        "issued": "2026-03-12",
    }
    return fill(find_form("suggestion"), facts, title=title, author="某市人民检察院", issued=_ON)


def measures(title: str, rows: int = 34) -> Document:
    """Return a list of measures, as long as that of 检例第141号, with the given title."""
    facts: dict[str, object] = {
        "office": {"name": "某市人民检察院"},
        "matter": {"title": Fact("面单信息外泄", 2)},
        "case": {"id": Fact("C2026-0001", 3)},
        "organ": {"name": Fact("某市邮政管理局", 3)},
        "track": "行政公益诉讼",
        "issued": "2026-03-12",
        "measures": [
            {
                "text": Fact(f"第{n}项：督促企业全面使用隐私面单并定期自查", 10 + n),
                "owner": Fact("某市邮政管理局", 10 + n),
                "due": Fact("2026-05-20", 10 + n),
                "test": Fact("抽查面单无完整姓名、电话和地址", 10 + n),
                "outcome": Fact("核验通过", 60 + n),
                "verified_on": Fact("2026-05-18", 60 + n),
            }
            for n in range(1, rows + 1)
        ],
    }
    return fill(find_form("measures-list"), facts, title=title, author="某市人民检察院", issued=_ON)


if __name__ == "__main__":
    print(len(render_pdf(document("检察建议书"))))
