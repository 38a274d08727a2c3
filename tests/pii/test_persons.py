"""Distinct people: exact, by typed keys, across roles and files."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.demo import generate
from qingyuan.pii import FileScan, Persons, merge, persons, scan
from qingyuan.pii._identity import current
from qingyuan.pii._kernel.flags import BANK_CARD, MOBILE, RESIDENT_ID
from qingyuan.pii.arrow import batches_of
from qingyuan.pii.readers import read
from tests.pii.generator import Maker
from tests.pii.material import KEY, prose, table

M = Maker(21)
IDS = [M.resident_id() for _ in range(4)]
MOBILES = [M.mobile() for _ in range(4)]
CARDS = [M.card() for _ in range(4)]


def of(columns: list[str], *rows: list[str]) -> FileScan:
    return scan([table(columns, list(rows))], KEY, "a.csv")


def people(*files: FileScan) -> Persons:
    return merge(files).persons


def test_an_id_and_a_mobile_of_one_record_are_one_person() -> None:
    found = people(of(["姓名", "身份证号", "手机号"], ["张三", IDS[0], MOBILES[0]]))
    assert (found.distinct, found.by_key["resident-id"], found.by_key["mobile"]) == (1, 1, 0)


def test_sender_and_recipient_of_one_record_are_two_people() -> None:
    columns = ["寄件人身份证", "寄件电话", "收件电话"]
    assert people(of(columns, [IDS[0], MOBILES[0], MOBILES[1]])).distinct == 2


def test_a_mobile_shared_by_two_ids_merges_nobody() -> None:
    found = people(of(["身份证号", "手机号"], [IDS[0], MOBILES[0]], [IDS[1], MOBILES[0]]))
    assert (found.distinct, found.shared_mobiles) == (2, 1)


def test_a_mobile_known_from_another_file_is_not_counted_again() -> None:
    one = of(["身份证号", "手机号"], [IDS[0], MOBILES[0]])
    two = of(["收件人", "收件电话"], ["李四", "+86 " + MOBILES[0]], ["李四", MOBILES[1]])
    assert people(one, two).distinct == 2


def test_people_of_the_same_name_stay_apart() -> None:
    assert people(of(["姓名", "手机号"], ["张伟", MOBILES[0]], ["张伟", MOBILES[1]])).distinct == 2


def test_masked_values_are_not_counted_but_reported() -> None:
    found = people(
        of(["姓名", "手机号"], ["张*", "138****1234"], ["李*", "139****1234"], ["张伟", MOBILES[0]])
    )
    assert (found.distinct, found.masked_records, found.unkeyed_records) == (1, 2, 0)
    assert "脱敏" in found.method_zh
    assert "masked" in found.method_en


def test_names_without_a_key_are_reported_as_unkeyed() -> None:
    found = people(of(["姓名", "地址"], ["张伟", M.address()], ["李娜", M.address()]))
    assert (found.distinct, found.unkeyed_records) == (0, 2)


def test_a_card_follows_the_only_mobile_of_its_record() -> None:
    found = people(of(["手机号", "银行卡号"], [MOBILES[0], CARDS[0]], ["", CARDS[0]], ["", CARDS[1]]))
    assert found.by_key == {"resident-id": 0, "mobile": 1, "bank-card": 1}


def test_two_ids_in_one_line_are_two_people_who_share_the_mobile() -> None:
    line = f"身份证{IDS[0]}、身份证{IDS[1]}，电话{MOBILES[0]}"
    assert merge([scan([prose([line])], KEY, "a.txt")]).persons.distinct == 2


def test_mobiles_tied_by_a_card_are_one_person_across_files() -> None:
    one = of(["手机号", "银行卡号"], [MOBILES[0], CARDS[0]])
    two = of(["手机号", "银行卡号"], [MOBILES[1], CARDS[0]])
    assert people(one, two).by_key == {"resident-id": 0, "mobile": 1, "bank-card": 0}


def test_a_group_is_taken_over_by_an_id_that_any_of_its_values_stands_with() -> None:
    one = of(["手机号", "银行卡号"], [MOBILES[0], CARDS[0]], [MOBILES[1], CARDS[0]])
    two = of(["身份证号", "手机号"], [IDS[0], MOBILES[1]])
    assert people(one, two).by_key == {"resident-id": 1, "mobile": 0, "bank-card": 0}


def test_two_mobiles_of_one_record_and_role_are_one_person() -> None:
    assert people(of(["收件电话", "收件手机"], [MOBILES[0], MOBILES[1]])).distinct == 1


def test_several_mobiles_in_one_line_of_text_stay_apart() -> None:
    lines = [f"群成员：{MOBILES[0]}、{MOBILES[1]}、{MOBILES[2]}", f"电话{MOBILES[3]}，银行卡号{CARDS[0]}"]
    assert merge([scan([prose(lines)], KEY, "a.txt")]).persons.by_key["mobile"] == 4


def test_a_mobile_in_a_remark_is_not_that_of_the_person_of_the_record() -> None:
    found = people(of(["身份证号", "手机号", "备注"], [IDS[0], MOBILES[0], f"代收人电话{MOBILES[1]}"]))
    assert found.by_key == {"resident-id": 1, "mobile": 1, "bank-card": 0}


def test_an_e_mail_address_alone_is_a_record_without_a_key() -> None:
    found = people(of(["姓名", "邮箱"], ["张伟", "zhangwei@example.com"]))
    assert (found.distinct, found.unkeyed_records) == (0, 1)
    assert "email" not in found.by_key


def test_planted_people_are_counted_exactly(tmp_path: Path) -> None:
    truth = generate(tmp_path / "leak", rows=3000, truth=tmp_path / "truth.parquet")
    parts = []
    for path in sorted(p for p in (tmp_path / "leak").rglob("*") if p.is_file()):
        with path.open("rb") as file:
            parts.append(scan(read(file, path.name), KEY, path.name))
    assert merge(parts).persons.distinct == truth.persons


def test_rejected_numbers_are_nobody() -> None:
    assert people(of(["身份证号"], [M.resident_id(good=False)])).distinct == 0


def reference(mentions: list[tuple[int, int, int]]) -> int:
    """Return the number of people by the rule as stated, slowly."""
    people = {(k, v) for _, k, v in mentions if k == RESIDENT_ID}
    groups = {(k, v): {(k, v)} for _, k, v in mentions if k != RESIDENT_ID}
    tied = set()
    for g in {m[0] for m in mentions}:
        keys = [(k, v) for h, k, v in mentions if h == g]
        weak = [key for key in keys if key[0] != RESIDENT_ID]
        if len(weak) < len(keys):
            tied.update(weak)
        for key in weak:
            joined = groups[key] | groups[weak[0]]
            for member in joined:
                groups[member] = joined
    return len(people) + len({frozenset(g) for g in groups.values() if not g & tied})


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.sampled_from([RESIDENT_ID, MOBILE, BANK_CARD]), st.integers(0, 6)),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_the_count_is_that_of_the_rule_and_does_not_depend_on_the_split(
    mentions: list[tuple[int, int, int]], cut: int
) -> None:
    mentions.sort()
    cut = min(cut, len(mentions))
    while 0 < cut < len(mentions) and mentions[cut][0] == mentions[cut - 1][0]:
        cut += 1

    def index(part: list[tuple[int, int, int]]) -> persons.PersonIndex:
        return persons.index(
            np.array([m[0] for m in part], np.int64),
            np.array([m[1] for m in part], np.uint8),
            np.array([m[2] for m in part], np.uint64),
        )

    whole = persons.count(index(mentions)).distinct
    split = persons.count(persons.merge([index(mentions[:cut]), index(mentions[cut:])])).distinct
    assert whole == split == reference(mentions)


def test_generated_people_are_counted_exactly() -> None:
    maker, r = Maker(31), random.Random(31)
    known = [(maker.name(), maker.resident_id(), maker.mobile()) for _ in range(300)]
    files, seen, with_id = [], set(), set()
    for _ in range(3):
        rows = []
        for _ in range(400):
            n = r.randrange(300)
            name, identity, mobile = known[n]
            shown = identity if n % 3 else ""
            seen.add(n)
            with_id.add(identity if shown else mobile)
            rows.append([name, shown, mobile])
        files.append(of(["姓名", "身份证号", "手机号"], *rows))
    assert people(*files).distinct == len(seen) == len(with_id)


_BORN = [current(f"{M.resident_id()[:6]}{40 + n}0{n + 1}1{n}{M.digits(3)}") for n in range(6)]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(range(6)), st.booleans(), st.sampled_from(["", *MOBILES])),
        min_size=1,
        max_size=12,
    )
)
def test_old_and_new_identity_numbers_of_a_person_count_as_the_new_ones(
    rows: list[tuple[int, bool, str]],
) -> None:
    columns = ["身份证号", "手机号"]
    new = [[_BORN[n], mobile] for n, _, mobile in rows]
    mixed = [
        [one[:6] + one[8:17] if old else one, mobile]
        for (one, mobile), (_, old, _) in zip(new, rows, strict=True)
    ]
    want, found = of(columns, *new), of(columns, *mixed)
    assert people(found) == people(want)
    assert merge([found]).readings == merge([want]).readings
    assert merge([found]).counts == merge([want]).counts
    assert people(found, want) == people(want, want)
    batch = pa.RecordBatch.from_pydict({name: [row[at] for row in mixed] for at, name in enumerate(columns)})
    assert people(scan(batches_of(batch, table="a"), KEY, "a")) == people(want)


_AT = "浙江省义乌市江东街道青口南路12号3幢501室"


def test_columns_without_a_role_word_belong_to_the_only_role_named() -> None:
    columns = ["收件人姓名", "收件人手机", "身份证号", "银行卡号", "收件地址"]
    rows = [["张三", MOBILES[n], IDS[n], CARDS[n], f"浙江省义乌市某路{n}号"] for n in range(3)]
    found = people(of(columns, *rows))
    assert (found.distinct, found.by_key["resident-id"]) == (3, 3)


def test_a_telephone_without_a_role_word_keeps_the_record_apart() -> None:
    columns = ["收件人姓名", "收件人手机", "身份证号", "手机号"]
    rows = [["张三", MOBILES[n], IDS[n], MOBILES[n + 2]] for n in range(2)]
    assert people(of(columns, *rows)).distinct == 4


@pytest.mark.parametrize(
    ("columns", "values", "pieces"),
    [
        (["收货人", "手机号", "收货地址"], ["张三", MOBILES[0], _AT], 1),
        (["收货地址", "收货人", "联系手机"], [_AT, "张三", MOBILES[0]], 1),
        (
            ["寄件人", "寄件电话", "收件人", "电话", "收件地址"],
            ["李四", MOBILES[1], "张三", MOBILES[0], _AT],
            2,
        ),
        (["收货人", "收货人电话", "手机号"], ["张三", MOBILES[0], MOBILES[1]], 2),
        (["快递员", "手机号", "收货地址"], ["李四", MOBILES[0], _AT], 1),
        (["会员姓名", "手机号", "收货人", "收货地址"], ["李四", MOBILES[0], "张三", _AT], 2),
    ],
)
def test_a_telephone_without_a_role_word_is_of_the_one_role_named_that_has_none(
    columns: list[str], values: list[str], pieces: int
) -> None:
    """收货人, 手机号, 收货地址 tell one thing about one person, not two."""
    batch = pa.RecordBatch.from_pydict({name: [value] for name, value in zip(columns, values, strict=True)})
    found = of(columns, values)
    assert [reading.raw for reading in merge([found]).readings] == [pieces, pieces]
    assert merge([scan(batches_of(batch, table="a"), KEY, "a")]).readings == merge([found]).readings


def test_a_passport_identifies_and_takes_over_the_mobile_beside_it() -> None:
    abroad = of(
        ["姓名", "护照号", "手机号"], ["史密斯", "E12345678", MOBILES[0]], ["琼斯", "G87654321", MOBILES[1]]
    )
    assert people(abroad).by_key == {"resident-id": 0, "passport": 2, "mobile": 0, "bank-card": 0}
    calls = of(["收件人", "收件电话"], ["史密斯", MOBILES[0]], ["李四", MOBILES[2]])
    assert people(abroad, calls).by_key == {"resident-id": 0, "passport": 2, "mobile": 1, "bank-card": 0}
    known = of(["身份证号", "护照号"], [IDS[0], "E12345678"])
    assert people(abroad, calls, known).by_key == {
        "resident-id": 1,
        "passport": 1,
        "mobile": 1,
        "bank-card": 0,
    }
