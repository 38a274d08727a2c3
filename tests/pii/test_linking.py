"""Who is the same person: links that are right, explained, and the same in any order."""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import linking
from qingyuan.pii._identity import current
from qingyuan.pii.linking import Linked
from tests.pii.people import COLUMNS, scores, world

KEY = bytes(range(32))
#: People, mobiles and places of the hand-written cases.
ZHANG, LI = "330782199003071234", "110105198811110017"
PHONE, OTHER = "13800138000", "13900139000"
HOME, AWAY = "浙江省义乌市江东街道青口南路12号3幢501室", "北京市朝阳区建国路88号2幢901室"


def link(*rows: dict[str, str], **options: float) -> Linked:
    columns = {kind: [row.get(kind, "") for row in rows] for kind in COLUMNS}
    return linking.link(linking.mentions(columns, KEY), **options)


def same(*rows: dict[str, str]) -> bool:
    return link(*rows).persons == 1


def test_the_same_id_is_one_person_whatever_the_name() -> None:
    assert same({"name": "张三丰", "resident-id": ZHANG}, {"name": "张三峰", "resident-id": ZHANG})
    assert link({"resident-id": ZHANG}, {"resident-id": ZHANG}).links[0].reason == "same-id"


def test_a_name_alone_merges_nobody() -> None:
    assert not same({"name": "张伟"}, {"name": "张伟"})
    assert not same({"name": "张伟", "mobile": PHONE}, {"name": "张伟", "mobile": OTHER})


def test_a_household_that_shares_a_number_stays_apart() -> None:
    found = link(
        {"name": "张伟", "mobile": PHONE, "address": HOME},
        {"name": "李娜", "mobile": PHONE, "address": HOME},
        {"name": "张小伟", "mobile": PHONE, "address": HOME},
        {"mobile": PHONE},
    )
    assert found.persons == 4


def test_a_number_and_the_same_name_are_one_person_also_written_apart() -> None:
    assert same({"name": "张伟", "mobile": PHONE}, {"name": "张 伟", "mobile": "+86 138-0013-8000"})


def test_the_same_name_and_number_with_different_ids_are_two() -> None:
    rows = ({"name": "张伟", "mobile": PHONE, "resident-id": i} for i in (ZHANG, LI))
    assert link(*rows, {"name": "张伟", "mobile": PHONE}).persons == 3


def test_a_masked_name_joins_the_only_one_it_fits() -> None:
    assert same({"name": "张伟", "mobile": PHONE}, {"name": "张*", "mobile": PHONE})
    assert same({"name": "张伟", "mobile": PHONE}, {"name": "张先生", "mobile": PHONE})
    assert not same({"name": "张伟", "mobile": PHONE}, {"name": "李*", "mobile": PHONE})


def test_a_mention_without_a_name_joins_the_only_owner_of_the_number() -> None:
    assert same({"name": "张伟", "mobile": PHONE}, {"mobile": PHONE, "address": AWAY})


@pytest.mark.parametrize(
    "more",
    [
        {"birth-date": "1990-03-07"},
        {"resident-id": "330782********1234"},
        {"mobile": "138****8000"},
        {"address": "义乌市江东街道青口南路12号3栋501"},
        {"address": HOME, "mobile": OTHER},
    ],
)
def test_a_name_with_something_partial_is_one_person(more: dict[str, str]) -> None:
    full = {"name": "张伟", "resident-id": ZHANG, "mobile": PHONE, "address": HOME}
    found = link(full, {"name": "张伟", **more})
    assert found.persons == 1
    (one,) = found.links
    assert one.reason == "name+partial"
    assert one.agreeing
    assert one.chance is not None
    assert "偶合" in one.zh
    assert "chance" in one.en


@pytest.mark.parametrize(
    "more",
    [
        {"birth-date": "1990-03-08"},
        {"resident-id": "330782********1235", "birth-date": "1990-03-07"},
        {"address": "义乌市江东街道青口南路12号3幢502室"},
        {"address": "义乌市江东街道"},
        {"mobile": "139****8000"},
    ],
)
def test_what_differs_or_says_too_little_merges_nobody(more: dict[str, str]) -> None:
    full = {"name": "张伟", "resident-id": ZHANG, "mobile": PHONE, "address": HOME}
    assert not same(full, {"name": "张伟", **more})


def test_a_common_name_needs_more_than_a_date() -> None:
    crowd = [{"name": "张伟", "birth-date": f"19{n:02d}-01-01"} for n in range(1, 60)]
    again = {"name": "张伟", "birth-date": "1901-01-01"}
    assert link(*crowd, again).persons == 60
    assert link(crowd[0], again).persons == 1


def test_a_dormitory_address_is_no_evidence() -> None:
    hall = "浙江省义乌市学院路2号"
    people = [{"name": f"王{chr(0x4E00 + n)}", "address": hall, "mobile": f"139{n:08d}"} for n in range(400)]
    twins = [{"name": "张伟", "address": hall, "mobile": m} for m in (PHONE, OTHER)]
    assert link(*people, *twins).persons == 402


def test_masked_copies_are_compatible_and_not_merged() -> None:
    found = link({"name": "张伟", "mobile": PHONE}, {"name": "张*", "mobile": "138****8000"})
    assert found.persons == 2
    assert found.compatible == ((1, int(found.person[0])),)
    assert not link({"name": "张伟", "mobile": PHONE}, {"name": "李*", "mobile": "138****8000"}).compatible


def test_who_fits_two_people_equally_joins_neither() -> None:
    one = {"name": "张伟", "resident-id": ZHANG, "address": HOME}
    two = {"name": "张伟", "resident-id": LI, "address": HOME}
    assert link(one, two, {"name": "张伟", "address": HOME}).persons == 3


def test_without_partial_links_only_whole_keys_count() -> None:
    rows = {"name": "张伟", "birth-date": "1990-03-07"}, {"name": "张伟", "birth-date": "1990/3/7"}
    assert link(*rows).persons == 1
    assert link(*rows, coincidences=0).persons == 2


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="1"):
        linking.mentions({"name": ["张伟"], "mobile": []}, KEY)


def test_another_key_gives_other_marks_and_the_same_people() -> None:
    columns = world(3, 60, 200).columns
    one, two = linking.mentions(columns, KEY), linking.mentions(columns, KEY[::-1])
    assert not set(one.mark.tolist()) & set(two.mark.tolist())
    assert linking.link(one).person.tolist() == linking.link(two).person.tolist()


def test_no_value_can_be_read_from_what_is_kept() -> None:
    data = pickle.dumps(linking.mentions({"name": ["张伟"], "mobile": [PHONE], "address": [HOME]}, KEY))
    assert all(word.encode() not in data for word in ("张伟", "138", "青口"))


@pytest.mark.parametrize("seed", [20261122, 872416431])
def test_links_are_right_on_a_careless_population(seed: int) -> None:
    written = world(seed, 700, 2800)
    found = linking.link(linking.mentions(written.columns, KEY))
    precision, recall, f1 = scores(found.person.tolist(), written.truth, written.named)
    assert f1 >= 0.98, (seed, precision, recall)
    wrong = scores(found.person.tolist(), written.person, [True] * len(written.person))[0]
    assert wrong >= 0.995, seed
    assert found.persons == len(set(found.person.tolist()))


def shuffled(columns: dict[str, list[str]], order: Sequence[int]) -> dict[str, list[str]]:
    return {kind: [values[i] for i in order] for kind, values in columns.items()}


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_neither_order_nor_files_change_who_is_who(seed: int, r: random.Random) -> None:
    columns = world(seed, 25, 90).columns
    order = list(range(90))
    r.shuffle(order)
    whole = linking.link(linking.mentions(columns, KEY))
    cut = r.randrange(91)
    parts = [shuffled(columns, order[:cut]), shuffled(columns, order[cut:])]
    split = linking.link(linking.merge([linking.mentions(part, KEY) for part in parts]))
    assert split.persons == whole.persons
    pairs = {(int(whole.person[row]), int(split.person[at])) for at, row in enumerate(order)}
    assert len(pairs) == whole.persons


def test_every_person_is_held_together_by_its_links() -> None:
    found = linking.link(linking.mentions(world(8, 80, 300).columns, KEY))
    assert len(found.links) == 300 - found.persons
    for person in range(found.persons):
        reached = {int(row) for one in linking.explain(found, person) for row in (one.one, one.other)}
        rows = {row for row in range(300) if found.person[row] == person}
        assert reached == (rows if len(rows) > 1 else set())


def test_a_family_that_a_nameless_mention_joins_keeps_its_other_mentions() -> None:
    """A link within a number gives a person another representative: nothing of the number may be lost by it."""
    found = link(
        {"mobile": PHONE, "name": "张先生"},
        {"mobile": PHONE},
        *({"name": "张伟", "mobile": PHONE} for _ in range(3)),
        {"mobile": PHONE},
        {"name": "张*", "mobile": PHONE},
    )
    assert found.persons == 1


def test_links_that_are_made_leave_fewer_people_to_agree_by_chance() -> None:
    """Forty mentions of one name tell too little by a date of birth, two people of it enough."""
    many = [{"name": "张伟", "mobile": "138****8000", "address": HOME} for _ in range(40)]
    whole = {"name": "张伟", "resident-id": ZHANG, "address": HOME}
    assert link(*many, whole, {"name": "张伟", "birth-date": "1990-03-07"}).persons == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"resident-id": "330782900307123"}, {"resident-id": current("330782900307123")}),
        ({"resident-id": "33078219900307123x"}, {"resident-id": "330782 19900307 123Ｘ"}),
        ({"passport": "E12345678"}, {"passport": "e1234 5678", "name": "ZHANG WEI"}),
        ({"name": "張偉麗", "mobile": PHONE}, {"name": "张伟丽", "mobile": "(+86)138-0013-8000"}),
        ({"name": "张伟丽", "mobile": PHONE}, {"name": "張偉麗女士", "mobile": f"{OTHER}/{PHONE}"}),
        ({"name": "张伟", "mobile": PHONE}, {"name": "张伟先生", "mobile": PHONE}),
        ({"name": "张文静", "mobile": PHONE}, {"name": "章雯婧", "mobile": PHONE}),
        ({"name": "张文静", "bank-card": "6222021234567890123"}, {"name": "张文婧", "bank-card": "6222 0212 3456 7890 123"}),
        ({"name": "张文静", "mobile": PHONE}, {"name": "張文靜", "mobile": "尾号8000"}),
        ({"name": "张文静", "address": HOME}, {"name": "ZHANG WENJING", "address": "江东街道青口南路12-3-501"}),
        ({"name": "张伟", "landline": "0579-85123456"}, {"name": "张伟", "landline": "+86 579 85123456转802"}),
        ({"name": "杨丽", "mobile": PHONE}, {"name": "Li Yang", "mobile": PHONE, "email": "yang@example.cn"}),
        ({"name": "张文静", "mobile": PHONE}, {"name": "Wenjing ZHANG", "mobile": PHONE, "email": "zh@example.cn"}),
        ({"name": "张文静", "plate": "浙A·12345"}, {"name": "张文静", "plate": "浙a12345"}),
        ({"name": "张文静", "email": "z@example.cn"}, {"name": "张文净", "email": "z@example.cn"}),
        ({"name": "张文静", "mobile": PHONE}, {"name": "张静文", "mobile": PHONE}),
        ({"name": "张伟", "driving-licence": ZHANG}, {"resident-id": ZHANG}),
        ({"name": "张文静", "mobile": PHONE, "resident-id": ZHANG}, {"name": "张文井", "mobile": PHONE, "resident-id": "330782********1234", "birth-date": "1990-03-07"}),
    ],
)  # fmt: skip
def test_one_person_written_in_two_ways(one: dict[str, str], other: dict[str, str]) -> None:
    columns = {kind: [one.get(kind, ""), other.get(kind, "")] for kind in {**one, **other}}
    assert linking.link(linking.mentions(columns, KEY)).persons == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "欧阳女士", "mobile": PHONE}, {"name": "欧阳文静", "mobile": OTHER}),
        ({"name": "张建国", "mobile": PHONE}, {"name": "张建军", "mobile": PHONE}),
        ({"name": "张伟", "mobile": PHONE, "birth-date": "2001-02-03"}, {"name": "张云蕾", "mobile": PHONE, "birth-date": "2001-02-03"}),
        ({"name": "张伟", "resident-id": "330782*****1234"}, {"name": "张伟", "resident-id": ZHANG}),
        ({"name": "张伟", "resident-id": "33078219******123X"}, {"name": "张伟", "resident-id": ZHANG}),
        ({"name": "张睿凯", "mobile": PHONE, "birth-date": "2019-12-05"}, {"name": "张睿婷", "mobile": PHONE, "birth-date": "2019-12-05"}),
        ({"name": "张涛", "mobile": PHONE}, {"name": "张婷", "mobile": PHONE}),
        ({"name": "张伟", "mobile": PHONE, "resident-id": ZHANG}, {"name": "张伟", "mobile": PHONE, "resident-id": "110105********0017"}),
        ({"name": "张伟", "mobile": PHONE, "resident-id": "330782********1234"}, {"name": "张伟", "mobile": PHONE, "resident-id": "330***********1235"}),
        ({"name": "张伟", "mobile": PHONE, "driving-licence": LI}, {"name": "张伟", "mobile": PHONE, "resident-id": ZHANG}),
        ({"name": "诸葛桂兰", "mobile": PHONE, "address": "浙江省义乌市石桥村"}, {"name": "诸葛桂兰", "mobile": OTHER, "address": "浙江省义乌市石桥村"}),
    ],
)  # fmt: skip
def test_two_people_who_look_alike(one: dict[str, str], other: dict[str, str]) -> None:
    columns = {kind: [one.get(kind, ""), other.get(kind, "")] for kind in {**one, **other}}
    assert linking.link(linking.mentions(columns, KEY)).persons == 2


def test_a_name_that_somebody_elsewhere_has_is_no_slip() -> None:
    """The brother who sends from the other's telephone is met under his own number too."""
    slips = [
        {
            "name": f"{chr(0x4E00 + 97 * n)}建{given}",
            "resident-id": f"{110101 + n}199003071231",
            "mobile": f"139{n:08d}",
        }
        for n in range(9)
        for given in "国军"
    ]
    two = [{"name": "张建国", "mobile": PHONE, "resident-id": ZHANG}, {"name": "张建军", "mobile": PHONE}]
    assert link(*slips, *two).persons == 10
    assert link(*slips, *two, {"name": "张建军", "mobile": OTHER, "address": HOME}).persons == 12


def test_a_third_mention_joins_neither_of_two_whose_masked_ids_differ() -> None:
    rows = ({"resident-id": i} for i in ("330782********1234", "330782********1235"))
    assert link(*({"name": "张伟", "mobile": PHONE} | row for row in (*rows, {}))).persons == 3


def test_a_switchboard_is_no_evidence_and_the_telephone_of_a_home_is() -> None:
    def names(colleagues: int) -> int:
        others = [{"name": f"王{chr(0x4E00 + n)}", "landline": "0579-85123456"} for n in range(colleagues)]
        two = [{"name": "诸葛桂兰", "landline": "0579-85123456", "mobile": m} for m in (PHONE, OTHER)]
        return (
            linking.link(
                linking.mentions(
                    {k: [row.get(k, "") for row in (*others, *two)] for k in ("name", "landline", "mobile")},
                    KEY,
                )
            ).persons
            - colleagues
        )

    assert names(3) == 1
    assert names(30) == 2


def test_one_date_of_birth_on_one_number_may_be_twins_where_the_material_shows_twins() -> None:
    """What is known of slips of others does not make one person of two children of one day."""

    def rows(n: int, numbers: tuple[str, str]) -> list[dict[str, str]]:
        surname, mobile = chr(0x4E00 + 97 * n), f"139{n:08d}"
        return [
            {"name": f"{surname}睿{given}", "resident-id": number, "mobile": mobile}
            for given, number in zip("凯婷", numbers, strict=True)
        ]

    slips = [row for n in range(9) for row in rows(n, (f"{110101 + n}199003071231",) * 2)]
    twins = [
        row
        for n in range(9, 12)
        for row in rows(n, (f"{110101 + n}201912051231", f"{110101 + n}201912051240"))
    ]
    two = [{"name": f"张睿{c}", "mobile": PHONE, "birth-date": "2019-12-05"} for c in "凯婷"]

    def persons(*given: dict[str, str]) -> int:
        columns = ("name", "resident-id", "mobile", "birth-date")
        found = linking.link(linking.mentions({k: [row.get(k, "") for row in given] for k in columns}, KEY))
        return len({int(found.person[-1]), int(found.person[-2])})

    assert persons(*slips, *two) == 1
    assert persons(*slips, *twins, *two) == 2


def of_families(brothers: int, slips: int) -> Linked:
    """Link numbers shared by brothers known to be two, numbers of people with a slip known to be one, and one unknown."""
    rows: list[dict[str, str]] = []
    for n in range(brothers + slips):
        area, mobile = f"{110101 + n}", f"139{n:08d}"
        two = (f"{area}199003071231", f"{area}199203071231" if n < brothers else f"{area}199003071231")
        surname = chr(0x4E00 + 97 * n)
        rows += [
            {"name": f"{surname}建{given}", "resident-id": number, "mobile": mobile}
            for given, number in zip("国军", two, strict=True)
        ]
    return link(
        *rows, {"name": "张建国", "mobile": PHONE, "resident-id": ZHANG}, {"name": "张建军", "mobile": PHONE}
    )


def test_whether_a_name_is_a_slip_the_material_says() -> None:
    """As a brother's name or a slip of the pen, by what names on one number are where the IDs are known."""
    assert of_families(0, 6).person[-1] == of_families(0, 6).person[-2]
    assert of_families(6, 0).person[-1] != of_families(6, 0).person[-2]
    assert of_families(3, 3).person[-1] != of_families(3, 3).person[-2]


@given(st.sampled_from(["330782900307123", "110105491231002", "430102850612998"]), st.integers(0, 9))
def test_an_old_number_is_the_new_one_without_century_and_check(old: str, digit: int) -> None:
    new = current(old)
    assert (len(new), new[:6], new[8:17]) == (18, old[:6], old[6:])
    assert new[6:8] == ("18" if int(old[12:]) >= 996 else "19")
    assert sum(int("10" if c == "X" else c) * pow(2, 17 - i, 11) for i, c in enumerate(new)) % 11 == 1
    assert current(new) == new
    assert current(f"{old}{digit}") == f"{old}{digit}"
