"""Carries the small office on until an organ has a suggestion and two measures to prove."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qingyuan.office.casework import Argument, act
from qingyuan.office.home import Home
from qingyuan.office.paperwork import make_document
from qingyuan.store.registry import exhibits

CASE = "C2026-0001"
ORGAN, FIRM = "清州市邮政管理局", "清州快运有限公司"


def serve_suggestion(home: Home) -> None:
    """Prove the facts, issue and serve the suggestion, make its document, enter a measure of the organ and one of a firm."""
    with home.database.read() as connection:
        sealed = [row.id for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"]
    proved: dict[str, Argument] = {
        "harm": "面单可直接读取姓名和电话",
        "duty": "邮政管理部门监督管理寄递安全",
        "failure": "未督促企业落实隐私面单",
        "causation": "监管缺位使面单持续明文流转",
        "exhibits": sealed,
        "investigators": ["P001", "P002"],
        "method": "inspection",
    }
    steps: list[tuple[str, dict[str, Argument]]] = [
        ("serve-filing", {"mode": "direct"}),
        ("confirm-facts", proved),
        ("conclude-investigation", {"opinion": "suggest", "report": "D0001"}),
        (
            "issue-suggestion",
            {
                "demands": ["全面使用隐私面单", "开展专项检查"],
                "approved_by": "P009",
                "approved_on": "2026-07-01",
            },
        ),
        ("serve-suggestion", {"mode": "direct"}),
        (
            "add-measure",
            {
                "text": "全部面单改用隐私面单",
                "owner": ORGAN,
                "due": "2026-08-20",
                "test": "抽查面单无完整姓名和电话",
                "duty": "postal-waybill",
                "before": sealed[:1],
            },
        ),
        (
            "add-measure",
            {
                "text": "网点打印机升级",
                "owner": FIRM,
                "due": "2026-08-01",
                "test": "新面单遮挡中间四位",
                "duty": "postal-waybill",
            },
        ),
    ]
    for verb, args in steps:
        act(home, verb, CASE, args, actor="P001")
    with tempfile.TemporaryDirectory() as folder:
        make_document(home, "suggestion", CASE, Path(folder), number="清检建〔2026〕1号", actor="P001")
    home.publish()
