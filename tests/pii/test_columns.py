"""The kind of columns: by values alone, with their names, and odd ones."""

from __future__ import annotations

import io
import random
from collections import Counter

import pyarrow as pa
import pytest

from qingyuan.pii import engine
from qingyuan.pii.columns import type_columns, type_values
from qingyuan.pii.readers import read
from tests.pii.columns_made import columns
from tests.pii.generator import Maker


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_columns_without_names_are_told_by_their_values(seed: int) -> None:
    made = columns(seed)
    table = pa.table({str(i): values for i, (_, values) in enumerate(made)})
    found = type_columns(table, headers=False)
    right = Counter(kind for (kind, _), t in zip(made, found, strict=True) if t.kind == kind)
    true, got = Counter(kind for kind, _ in made), Counter(t.kind for t in found)
    scores = [2 * right[kind] / (true[kind] + got[kind]) for kind in true]
    assert sum(scores) / len(scores) >= 0.97, [
        (kind, t) for (kind, _), t in zip(made, found, strict=True) if t.kind != kind
    ]


def test_every_column_has_one_answer_with_its_reason() -> None:
    table = pa.table(
        {"手机号": ["13800138000", None], "备注": ["放门口", "易碎"], "": pa.nulls(2, pa.string())}
    )
    assert [(t.column, t.kind, t.reason) for t in type_columns(table)] == [
        ("手机号", "mobile", "values+column"),
        ("备注", "none", "values"),
        ("#3", "none", "empty"),
    ]


def test_a_name_that_says_something_else_outweighs_a_plain_form() -> None:
    m = Maker(5)
    cards = [m.card() for _ in range(40)]
    assert type_values(cards).kind == "bank-card"
    assert type_values(cards, "订单号").kind == "none"
    assert type_values(cards, "银行卡号").kind == "bank-card"
    assert type_values(["高峰", "王刚", "李娜"], "商品名称").kind == "none"


def test_a_few_agreeing_values_are_enough_under_a_telling_name() -> None:
    values = ["13800138000", "无", "暂无", "-"]
    assert type_values(values).kind == "none"
    assert type_values(values, "联系电话").kind == "mobile"


def test_dates_of_one_year_or_of_the_future_are_no_dates_of_birth() -> None:
    assert type_values([f"19{y}-03-0{y % 9 + 1}" for y in range(50, 99)]).kind == "birth-date"
    assert type_values([f"2024-03-{d:02d}" for d in range(1, 29)]).kind == "none"
    assert type_values([f"20{y}-03-01" for y in range(10, 70)]).kind == "none"


def test_numbers_typed_as_numbers_are_read_too() -> None:
    table = pa.table({"a": [13800138000 + i for i in range(20)], "b": [1.5] * 20})
    assert [t.kind for t in type_columns(table)] == ["mobile", "none"]


def test_a_table_without_rows_is_no_error() -> None:
    assert [t.reason for t in type_columns(pa.table({"姓名": pa.array([], pa.string())}))] == ["empty"]


def test_a_kind_with_a_plain_form_is_believed_under_its_name() -> None:
    assert type_values(["2024-01-02", "2023-05-06"], "出生日期").kind == "birth-date"
    assert type_values(["12345678"], "QQ号").kind == "qq"
    assert type_values(["2024-01-02", "2023-05-06"], "下单日期").kind == "none"


def test_two_numbers_in_a_cell_are_still_telephone_numbers() -> None:
    assert type_values(["13800138000,13900139000", "13700137000/13600136000"]).kind == "mobile"


def test_names_of_carriers_are_no_names_of_people() -> None:
    assert type_values(["顺丰", "圆通", "中通", "韵达", "申通"] * 3).kind == "none"


def test_a_table_without_a_header_is_read_by_what_its_columns_hold() -> None:
    made = [column for column in columns(77, rows=60) if column[0] != "none"]
    rows = ["\t".join(values[row] for _, values in made) for row in range(60)]
    text = "\n".join(rows).encode()
    found = engine.scan(read(io.BytesIO(text), "a.tsv"), bytes(32), "a.tsv")
    held = {(c.column, c.kind, c.basis) for c in found.columns}
    for number, (kind, _) in enumerate(made, start=1):
        if kind == "credit-code":  # made without a right check character, so there is no hit
            continue
        assert (f"#{number}", kind, "values") in held
    named = "\t".join(f"列{number}" for number in range(len(made))).encode() + b"\n" + text
    assert not any(
        c.basis == "values" for c in engine.scan(read(io.BytesIO(named), "b.tsv"), bytes(32), "b.tsv").columns
    )


def test_decoys_of_a_table_without_a_header_are_none() -> None:
    made = [values for kind, values in columns(78, rows=60) if kind == "none"]
    text = "\n".join("\t".join(values[row] for values in made) for row in range(60)).encode()
    found = engine.scan(read(io.BytesIO(text), "a.tsv"), bytes(32), "a.tsv")
    assert [c for c in found.columns if c.basis == "values"] == []


def test_wrong_check_characters_make_no_column_of_identity_numbers() -> None:
    r = random.Random(5)
    wrong = [
        f"33010619{r.randint(50, 99)}0{r.randint(1, 9)}1{r.randint(0, 9)}{r.randint(1000, 9999)}"
        for _ in range(80)
    ]
    assert type_values(wrong).kind == "none"
    assert type_values(wrong, "身份证号").kind == "resident-id"


def test_halves_of_positions_are_told_by_each_other() -> None:
    rng = random.Random(3)
    east = [f"{rng.uniform(119, 122):.6f}" for _ in range(40)]
    north = [f"{rng.uniform(28, 31):.6f}" for _ in range(40)]
    other = [str(n) for n in range(40)]
    pair = pa.table({"a": other, "b": north, "c": east, "d": other})
    assert [t.kind for t in type_columns(pair, headers=False)] == ["none", "geo", "geo", "none"]
    apart = pa.table({"a": north, "b": other, "c": east, "d": east})
    assert [t.kind for t in type_columns(apart, headers=False)] == ["none"] * 4
    once = pa.table({"a": north, "b": other, "c": east})
    assert [t.kind for t in type_columns(once, headers=False)] == ["geo", "none", "geo"]


def test_registration_numbers_are_told_by_their_check_digit_from_waybills() -> None:
    rng = random.Random(4)
    numbers = [f"{rng.choice((330106, 440305, 110105))}{rng.randrange(10**8):08d}" for _ in range(40)]
    made = []
    for number in numbers:
        rest = 10
        for digit in number:
            rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
        made.append(f"{number}{(11 - rest) % 10}")
    assert type_values(made).kind == "credit-code"
    assert type_values([f"{n[:-1]}{(int(n[-1]) + 3) % 10}" for n in made]).kind != "credit-code"


def test_masked_values_are_told_whatever_sign_hides() -> None:
    assert type_values([f"{c}•••@example.com" for c in "abcdefghij"]).kind == "email"
    lengths = (16, 18, 19, 18, 19, 16, 18, 18, 16, 19)
    cards = [f"6229{n}{'•' * (size - 9)}{n}123" for n, size in enumerate(lengths)]
    assert type_values(cards).kind == "bank-card"
