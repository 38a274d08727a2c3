"""Clusters of sellers: what ties them, what does not, and that every tie is stated by the listings it names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qingyuan.sellers import Listing, clusters, fields_of, hidden, listing_of
from qingyuan.sellers.clusters import ALIKE, shingles

#: Made up; nobody's.
ADVERT = "本店专营野外捕虫器材，功率可调，电池耐用，全国包邮，支持七天无理由退换，下单请联系客服核对型号与数量，量大从优"


def test_sellers_are_tied_by_what_they_share_and_each_tie_says_why() -> None:
    found = clusters(
        [
            Listing(id="1", shop="a", platform="甲", phone="138 0013 0001", text=ADVERT),
            Listing(id="2", shop="b", platform="甲", phone="+86-13800130001"),
            Listing(id="3", shop="c", platform="乙", text=ADVERT.replace("七天", "七日") + "！"),
            Listing(id="4", shop="a", platform="甲", phone="13900130002"),
            Listing(id="5", shop="a", platform="乙", phone="12315", text="短文字", account="w"),
            Listing(id="6", shop="d", platform="乙", phone="12315", text="短文字", account="w"),
            Listing(
                id="7", shop="e", platform="乙", licence="91330108MA2XXXXX1A", address="清州市某区某路 1 号"
            ),
            Listing(
                id="8", shop="f", platform="丙", licence="91330108ma2xxxxx1a", address="清州市某区某路1号。"
            ),
        ]
    )
    first, second = found.clusters
    assert [one.name for one in first.sellers] == ["a", "b", "c"]
    assert (first.listings, found.sellers, found.listings, found.alone) == (4, 7, 8, 2)
    assert {(one.reason, one.value, one.sellers, one.listings) for one in first.links} == {
        ("phone", "138******01", (0, 1), ("1", "2")),
        ("text", next(one.value for one in first.links if one.reason == "text"), (0, 2), ("1", "3")),
    }
    assert {one.reason for one in second.links} == {"licence", "address"}
    assert all(one.zh and one.en for each in found.clusters for one in each.links)


def test_a_table_of_listings_is_known_by_its_columns_and_numbers_in_names_are_masked() -> None:
    fields = fields_of(["店铺 ID", "商品标题", "联系电话", "备注"])
    assert fields == {"shop": "店铺 ID", "title": "商品标题", "phone": "联系电话"}
    assert fields_of(["姓名", "手机号"]) is None
    assert fields_of(["店铺", "销量"]) is None
    made = listing_of({"店铺 ID": 7, "商品标题": None, "联系电话": " 1 "}, fields, "X #1")
    assert made == Listing(id="X #1", shop="7", phone="1")
    assert listing_of({"店铺 ID": ""}, fields, "X #2") is None
    assert hidden("小店13800130001号") == "小店138****0001号"


_LETTERS = "甲乙丙丁戊己庚辛壬癸子丑寅卯"
_TEXTS = st.tuples(
    st.text(_LETTERS, min_size=45, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from(_LETTERS)), max_size=3),
)


@given(st.lists(_TEXTS, min_size=1, max_size=3), st.lists(st.integers(0, 2), min_size=2, max_size=7))
def test_texts_are_tied_exactly_when_they_are_as_alike_as_is_asked(
    bases: list[tuple[str, list[tuple[int, str]]]], picked: list[int]
) -> None:
    texts = []
    for number, pick in enumerate(picked):
        base, changes = bases[pick % len(bases)]
        letters = list(base)
        for at, letter in changes[: number % 4]:
            letters[at % len(letters)] = letter
        texts.append("".join(letters))
    found = clusters([Listing(id=str(at), shop=str(at), text=text) for at, text in enumerate(texts)])
    told = {one.sellers for each in found.clusters for one in each.links}
    sets = [shingles(text) for text in texts]
    assert told == {
        (one, other)
        for one in range(len(texts))
        for other in range(one + 1, len(texts))
        if ALIKE[1] * len(sets[one] & sets[other]) >= ALIKE[0] * len(sets[one] | sets[other])
    }
