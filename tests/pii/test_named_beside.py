"""Initials before names, and places and labels that could be names."""

from __future__ import annotations

import numpy as np
import pytest

from qingyuan.pii import prose


def names(text: str) -> list[str]:
    raw = text.encode()
    data = np.frombuffer(raw, dtype=np.uint8)
    found = prose.find(data, np.array([0]), np.array([len(raw)]))
    return [raw[a:b].decode() for a, b in zip(found.start, found.end, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("英国作家D·戴维斯的小说", ["D·戴维斯"]),
        ("外长J·W·克林顿发表讲话", ["J·W·克林顿"]),
        ("许昌、安康、黄石、温州气温骤降", []),
        ("参会人员：高阳、李建国、王丽华", ["高阳", "李建国", "王丽华"]),
        ("原告王丽华诉称", ["王丽华"]),
        ("税率90%；永居证：略", []),
        ("业主侯女士说房价不高，朱博士没有说话", []),
        ("全省青年学习邓小平理论的研究", ["邓小平"]),
        ("投诉人李万隆来电要求退款", ["李万隆"]),  # 万隆 is a listed town
    ],
)
def test_what_stands_beside_a_name(text: str, expected: list[str]) -> None:
    assert names(text) == expected
