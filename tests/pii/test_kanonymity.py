"""k-anonymity and l-diversity against a count by hand."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii import PiiError, engine, readers
from qingyuan.pii.kanonymity import Anonymity, anonymity, is_quasi


def stands(text: str, name: str = "a.csv", **given_: object) -> list[Anonymity]:
    data = text.encode()
    scan = engine.scan(readers.read(io.BytesIO(data), name), bytes(32), name)
    return anonymity(readers.read(io.BytesIO(data), name), scan.columns, where=name, **given_)  # type: ignore[arg-type]


TABLE = """姓名,性别,出生日期,城市,病种
张伟,男,1990-05-12,义乌市,感冒
李娜,女,1990-05-12,义乌市,感冒
王芳,女,1990-05-12,义乌市,高血压
赵六,男,1990-05-12,义乌市,感冒
钱七,男,1990-05-13,义乌市,感冒
"""


def test_columns_are_proposed_and_the_smallest_classes_told() -> None:
    (one,) = stands(TABLE, sensitive="病种")
    assert one.quasi == ("性别", "出生日期", "城市")
    assert one.proposed
    assert one.direct == ("姓名",)
    assert (one.records, one.classes, one.k, one.unique, one.unique_share, one.below) == (5, 3, 1, 1, 0.2, 5)
    assert [(c.size, c.classes) for c in one.smallest] == [(1, 1), (2, 2)]
    assert (one.l, one.uniform) == (1, 3)


def test_columns_of_ones_choice_are_used_and_nothing_else() -> None:
    (one,) = stands(TABLE, quasi=("城市",), wanted=5)
    assert (one.k, one.classes, one.below, one.l, one.proposed) == (5, 1, 0, None, False)


def test_each_table_of_a_file_stands_by_itself() -> None:
    text = '{"a":[{"sex":"m","city":"x"},{"sex":"f","city":"x"}]}'
    (one,) = stands(text, "a.json", quasi=("sex",))
    assert one.unique == 2


MISSING = [
    ('{"total":2,"rows":[{"sex":"m","city":"x"},{"sex":"m","city":"x"},{"note":"a"}]}', "a.json", 3, 1, 1),
    ('{"total":2,"rows":[{"sex":"m"},{"sex":"m"},{"sex":null},{"sex":""},{"sex":"m"}]}', "a.json", 5, 2, 2),
    ('[{"sex":"m","orders":[{"id":1},{"id":2}]},{"name":"q"},{"sex":"m"}]', "a.json", 3, 1, 1),
    ('{"sex":"m","x":{"y":1}}\n{"z":3}\n{}\n{"sex":"m"}\n', "a.jsonl", 4, 2, 2),
    ('[{"p":{"sex":"m"},"n":1},{"p":{"sex":"m"}},{"p":{},"n":2}]', "a.json", 3, 1, 1),
    ("<r><n>9</n><p><sex>m</sex><n>1</n></p><p><sex>m</sex></p><p><n>3</n></p></r>", "a.xml", 3, 1, 1),
    ("sex,n\nm,1\nm,2\n,3\n,\nm\n", "a.csv", 5, 2, 2),
    ('[{"sex":"m"},{"sex":"m"},{"sex":"m"},{},{}]', "a.json", 5, 2, 2),
    ('{"page":1,"items":[{"sex":"m"},{"sex":"m"},{}]}', "a.json", 3, 1, 1),
    ('{"sex":"m"}\n{}\n{"sex":"m"}\n{}\n', "a.jsonl", 4, 2, 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "records", "missing", "k"), MISSING)
def test_a_record_without_any_of_them_counts(
    text: str, name: str, records: int, missing: int, k: int
) -> None:
    (one,) = stands(text, name, quasi=("sex",))
    assert (one.records, one.missing, one.k) == (records, missing, k)


@pytest.mark.parametrize("given_", [{"quasi": ("没有",)}, {"sensitive": "没有"}])
def test_a_column_that_is_not_there_is_named(given_: dict[str, object]) -> None:
    with pytest.raises(PiiError, match="没有"):
        stands(TABLE, **given_)  # type: ignore[arg-type]
    with pytest.raises(PiiError, match="quasi"):
        stands("a,b\n1,2\n3,4\n5,6\n")


@pytest.mark.parametrize(("name", "kinds", "is_one"), [("gender", (), True), ("$.p.birth_date", (), True), ("x", ("address",), True), ("金额", (), False)])  # fmt: skip
def test_a_column_is_known_by_its_kind_or_its_name(name: str, kinds: tuple[str, ...], is_one: bool) -> None:
    assert is_quasi(name, kinds) is is_one


rows = st.lists(st.tuples(*[st.sampled_from("123")] * 3, st.sampled_from("45")), min_size=3, max_size=60)


@given(rows)
def test_it_agrees_with_a_count_by_hand(table: list[tuple[str, ...]]) -> None:
    text = "性别,年龄,城市,病种\n" + "".join(",".join(row) + "\n" for row in table)
    (one,) = stands(text, quasi=("性别", "年龄", "城市"), sensitive="病种", wanted=3)
    classes = Counter(row[:3] for row in table)
    values: dict[tuple[str, ...], set[str]] = {}
    for row in table:
        values.setdefault(row[:3], set()).add(row[3])
    assert one.records == len(table)
    assert one.k == min(classes.values())
    assert one.classes == len(classes)
    assert one.unique == sum(n == 1 for n in classes.values())
    assert one.below == sum(n for n in classes.values() if n < 3)
    assert one.l == min(map(len, values.values()))
    assert one.uniform == sum(classes[c] for c, v in values.items() if len(v) == 1)
