"""Ages by person: certain, estimated or unknown, never guessed."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import ages as a
from qingyuan.pii import agescan, persons
from qingyuan.pii._kernel.flags import BANK_CARD, MOBILE, RESIDENT_ID
from qingyuan.pii.ages import Ages, Group
from tests.pii.generator import WEIGHTS, Maker
from tests.pii.material import KEY, prose, table

DAY = date(2026, 6, 1)
M = Maker(19)


def identity(born: date) -> str:
    body = f"330782{born:%Y%m%d}{M.digits(3)}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]


def of(columns: list[str], *rows: list[str]) -> Ages:
    found = agescan.scan_ages([table(columns, list(rows))], KEY, DAY)
    return a.count(found.ages, found.people)


@pytest.mark.parametrize(
    ("born", "wanted"),
    [
        (date(2012, 6, 1), 13),
        (date(2012, 5, 31), 14),
        (date(2012, 6, 2), 13),
        (date(2026, 6, 1), 0),
        (date(2008, 2, 29), 18),
    ],
)
def test_a_year_of_age_is_complete_the_day_after_the_birthday(born: date, wanted: int) -> None:
    assert max(0, a.age_on(born, DAY)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("小学三年级", (8, 10)), ("3年级2班", (8, 10)), ("七年级（1）班", (12, 14)), ("初二", (13, 15)), ("初中二年级", (13, 15)),
        ("高三年级", (17, 19)), ("高中", (15, 19)), ("初中班", (12, 16)), ("幼儿园大班", (2, 7)), ("大学三年级", (17, 30)), ("销售部", None),
    ],
)  # fmt: skip
def test_a_grade_tells_a_range(text: str, wanted: tuple[int, int] | None) -> None:
    assert a.read_grade(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("8", (8, 8)), ("13周岁", (13, 13)), ("约9岁", (9, 9)), ("200", None), ("十岁", None), ("8-9", None)],
)
def test_an_age_is_read_or_left(text: str, wanted: tuple[int, int] | None) -> None:
    assert a.read_age(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2012-05-31", (14, 14)),
        ("2012年6月1日", (13, 13)),
        ("20120601", (13, 13)),
        ("2026-06-02", None),
        ("2012-02-30", None),
        ("x", None),
    ],
)
def test_a_date_of_birth_is_read_or_left(text: str, wanted: tuple[int, int] | None) -> None:
    assert a.read_birth(text, DAY) == wanted


def test_ids_tell_ages_for_certain() -> None:
    rows = [[identity(date(year, 1, 1)), ""] for year in (2015, 2013, 2010, 2009, 2000)]
    found = of(["身份证号", "手机号"], *rows, rows[0])
    assert (found.under_14, found.minors, found.adults) == (Group(2, 0), Group(2, 0), Group(1, 0))
    assert found.unknown == 0


def test_columns_speak_of_the_person_of_their_record() -> None:
    columns = ["学生姓名", "家长电话", "手机号", "出生日期", "年级", "年龄"]
    found = of(
        columns,
        ["甲", M.mobile(), M.mobile(), "2015-01-01", "", ""],
        ["乙", "", M.mobile(), "", "小学三年级", ""],
        ["丙", "", M.mobile(), "", "七年级", ""],
        ["丁", "", M.mobile(), "", "", "16"],
        ["戊", "", M.mobile(), "", "", ""],
    )
    assert (found.under_14, found.minors, found.adults, found.unknown) == (
        Group(1, 1),
        Group(0, 1),
        Group(0, 0),
        3,
    )


def test_the_surest_source_wins_and_contradictions_are_unknown() -> None:
    mobile = M.mobile()
    columns = ["手机号", "出生日期", "年龄"]
    assert of(columns, [mobile, "2015-01-01", "20"]).under_14 == Group(1, 0)
    found = of(columns, [mobile, "2015-01-01", ""], [mobile, "1990-01-01", ""])
    assert (found.unknown, found.contradicting) == (1, 1)


def test_ids_in_text_are_read_too_and_masked_ones_say_nothing() -> None:
    child = identity(date(2016, 3, 3))
    batches = [prose([f"身份证号{child}，电话略", "身份证号330782********1234"])]
    found = agescan.scan_ages(batches, KEY, DAY)
    assert a.count(found.ages, found.people).under_14 == Group(1, 0)


def test_people_of_several_files_are_counted_once() -> None:
    child, mobile = identity(date(2016, 3, 3)), M.mobile()
    one = agescan.scan_ages([table(["身份证号", "手机号"], [[child, mobile]])], KEY, DAY)
    two = agescan.scan_ages([table(["手机号", "年龄"], [[mobile, "40"], [M.mobile(), "40"]])], KEY, DAY)
    both = agescan.merge([one, two])
    found = a.count(both.ages, both.people)
    assert (found.under_14, found.adults, found.unknown) == (Group(1, 0), Group(0, 1), 0)


#: ``(kind, key, source, low, years)``.
SAID = st.lists(
    st.tuples(
        st.sampled_from([RESIDENT_ID, MOBILE, BANK_CARD]), st.integers(0, 4), st.integers(0, 2),
        st.integers(0, 25), st.integers(0, 3),
    ),
    max_size=20,
)  # fmt: skip
Said = list[tuple[int, int, int, int, int]]


def index(said: Said) -> a.AgeIndex:
    rows = np.array([(k, v, s, low, low + years) for k, v, s, low, years in said], np.int64).reshape(-1, 5)
    kind, source, low, high = (rows[:, i].astype(np.uint8) for i in (0, 2, 3, 4))
    return a.index(kind, rows[:, 1].astype(np.uint64), source, low, high)


@settings(max_examples=150, deadline=None)
@given(
    SAID,
    st.lists(st.tuples(st.sampled_from([RESIDENT_ID, MOBILE]), st.integers(0, 4)), max_size=6),
    st.integers(0, 20),
)
def test_parts_in_any_order_give_the_groups_of_the_rule(
    said: Said, keys: list[tuple[int, int]], cut: int
) -> None:
    people = persons.index(
        np.arange(len(keys)),
        np.array([k for k, _ in keys], np.uint8),
        np.array([v for _, v in keys], np.uint64),
    )
    whole = a.count(index(said), people)
    assert a.count(a.merge([index(said[cut:]), index(said[:cut])]), people) == whole
    wanted = {"under": [0, 0], "minors": [0, 0], "adults": [0, 0], "unknown": [0, 0]}
    for person in set(keys):
        rows = [r for r in said if (r[0], r[1]) == person]
        best = [r for r in rows if r[2] == min(r[2] for r in rows)]
        low, high = max((r[3] for r in best), default=0), min((r[3] + r[4] for r in best), default=255)
        name = "unknown" if low > high else "under" if high < 14 else "adults" if low >= 18 else "unknown"
        if 14 <= low <= high < 18:
            name = "minors"
        wanted[name][0 if best and best[0][2] == 0 else 1] += 1
    assert [whole.under_14, whole.minors, whole.adults] == [
        Group(*wanted[n]) for n in ("under", "minors", "adults")
    ]
    assert whole.unknown == sum(wanted["unknown"])


def test_generated_children_are_counted_exactly() -> None:
    r = random.Random(5)
    born = [DAY - timedelta(days=r.randrange(1, 9000)) for _ in range(400)]
    rows = [[identity(day), f"{day:%Y/%m/%d}"] for day in born]
    found = of(["身份证号", "出生日期"], *rows, *rows[:50])
    wanted = [
        sum(1 for day in born if low <= max(0, a.age_on(day, DAY)) < high)
        for low, high in ((0, 14), (14, 18), (18, 99))
    ]
    assert [found.under_14, found.minors, found.adults] == [Group(n, 0) for n in wanted]


def test_what_a_record_says_of_a_child_is_sensitive_piece_by_piece() -> None:
    child, adult, mobiles = (
        identity(date(2016, 3, 3)),
        identity(date(1990, 1, 1)),
        [M.mobile() for _ in range(5)],
    )
    columns = ["姓名", "身份证号", "手机号", "出生日期", "年级", "年龄"]
    rows = [
        ["张三丰", child, mobiles[0], "", "", ""],
        ["李四光", adult, mobiles[1], "", "", ""],
        ["王五一", "", mobiles[2], "2015-01-01", "", "40"],
        ["赵六合", "", mobiles[3], "", "七年级", ""],
        ["钱七星", "", mobiles[4], "", "小学三年级", ""],
    ]

    def pieces(*chosen: list[str]) -> int:
        found = agescan.scan_ages([table(columns, [*chosen])], KEY, DAY)
        return a.count(found.ages, found.people, found.pieces).children.count

    assert [pieces(row) for row in rows] == [1, 0, 1, 0, 1]
    assert pieces(*rows, rows[0]) == 3
    assert pieces(["张三丰", child, mobiles[0], "1990-01-01", "", ""]) == 0
