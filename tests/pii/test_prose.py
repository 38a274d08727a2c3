"""Names in free text without labels: generated sentences with their truth, and single cases."""

from __future__ import annotations

import numpy as np
import pytest

from qingyuan.pii import scan
from qingyuan.pii.prose import find
from tests.pii.material import KEY, prose, table
from tests.pii.sentences import Sentence, sentences
from tests.pii.styles import STYLES
from tests.pii.styles import sentences as styled


def names(text: str) -> list[tuple[str, str, bool]]:
    """Return ``(name, state, masked)`` of each hit of a name in one line."""
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    return [(text[h["start"] : h["end"]], h["state"], h["masked"]) for h in hits if h["kind"] == "name"]


def measure(made: list[Sentence]) -> float:
    """Return the F1 of exact confirmed names."""
    hits = scan([prose([s.text for s in made])], KEY, "a.txt").hits.to_pylist()
    got = {
        (h["place"], h["start"], h["end"])
        for h in hits
        if h["kind"] == "name" and h["state"] == "confirmed" and not h["masked"]
    }
    true = {(f"line {i}", *span) for i, s in enumerate(made, start=1) for span in s.names}
    return 2 * len(got & true) / (len(got) + len(true))


@pytest.mark.parametrize("seed", [71, 72])
def test_names_of_generated_sentences_are_found(seed: int) -> None:
    assert measure(sentences(seed, 1500)) >= 0.98


@pytest.mark.parametrize("style", STYLES)
def test_names_are_found_in_the_manner_of(style: str) -> None:
    assert measure(styled(style, 4242, 800)) >= 0.9


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张伟于2023年到北京打工", ["张伟"]),
        ("经理王建国称，系统由第三方维护", ["王建国"]),
        ("由赵敏、钱伟和孙丽签收", ["赵敏", "钱伟", "孙丽"]),
        ("欧阳娜娜表示没有收到", ["欧阳娜娜"]),
        ("证人阿依古丽·买买提在场", ["阿依古丽·买买提"]),
        ("要用马克思主义武装头脑", ["马克思"]),
        ("陆军司令姆本杜中将、副部长姆卡隆加和外长索托马约尔致电", ["姆本杜", "姆卡隆加", "索托马约尔"]),
        ("家住喀什的迪丽努尔·阿不都拉才十二岁", ["迪丽努尔·阿不都拉"]),
        ("王建国才明白过来", ["王建国"]),
    ],
)
def test_a_full_name_is_found_without_a_label(text: str, found: list[str]) -> None:
    assert [n for n, state, masked in names(text) if state == "confirmed" and not masked] == found


@pytest.mark.parametrize(
    "text",
    [
        "王经理很高兴，周末马上就来",
        "李宁公司在张家口开店",
        "王先生和李女士没有到场",
        "于是和平谈判成立，任何一方都方便",
        "石家庄、马鞍山、徐州等地",
        "",
        "王",
        "·",
    ],
)
def test_what_is_no_full_name_is_left_alone(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("13800138000王建国浙江省杭州市文三路12号", ["王建国"]),
        ("浙江省杭州市西湖区文三路12号13800138000赵敏", ["赵敏"]),
        ("前锋d·安德森梅开二度", ["d·安德森"]),
        ("証人陳志豪說，他當時不在場，後來才聽說這件事", ["陳志豪"]),
        ("記者張曉燕報導，業主們對此表示歡迎", ["張曉燕"]),
    ],
)
def test_a_full_name_is_found_beside_numbers_initials_and_in_traditional_characters(
    text: str, found: list[str]
) -> None:
    assert [n for n, _, _ in names(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "卡塔尼亚vs乌迪内斯推荐：卡塔尼亚不败",
        "斯图加特对阵比勒费尔德，毕尔巴鄂做客拉科鲁尼亚",
        "入住乌尔塔温泉酒店，早餐不错",
        "《德拉诺之王》资料片今天上线",
        "金卡年费200元，普卡年费100元",
    ],
)
def test_foreign_clubs_places_and_works_and_cards_are_no_people(text: str) -> None:
    assert names(text) == []


def test_a_name_whose_rest_is_hidden_is_masked_and_only_suspected() -> None:
    assert names("被告人李某某与王某甲在逃") == [("李某某", "suspected", True), ("王某甲", "suspected", True)]
    assert names("快递由张*三签收") == [("张*三", "confirmed", True)]


def test_a_name_after_its_label_is_reported_once() -> None:
    assert names("收件人：张小明，电话略") == [("张小明", "confirmed", False)]


def test_a_name_is_found_wherever_a_line_is_very_long() -> None:
    filler = "本次抽查的面单均已销毁，系统不再保存。" * 4000
    text = f"{filler}经理王建国称，名单由赵敏提供。{filler}"
    assert [n for n, _, _ in names(text)] == ["王建国", "赵敏"]


def test_the_remarks_of_a_table_are_read_too() -> None:
    made = table(["单号", "备注"], [["A1", "由赵敏代为签收"], ["A2", "放门口"]])
    hits = scan([made], KEY, "a.csv").hits.to_pylist()
    assert [(h["kind"], h["column"]) for h in hits] == [("name", "备注")]


def test_a_name_where_a_long_run_without_stops_is_cut_is_found_once() -> None:
    for before in range(236, 262):
        text = "据" * before + "，记者王建国报道"
        assert [n for n, _, _ in names(text)] == ["王建国"], before


def test_signs_are_no_part_of_a_name() -> None:
    assert [n for n, _, _ in names("记者李晓燕/摄影报道")] == ["李晓燕"]


def test_lines_that_differ_in_their_figures_alone_are_judged_alike_whatever_stands_between() -> None:
    lines = [f"不在家请拨1771900{n:04}，放门卫处" for n in range(300)]
    lines[100:100] = ["联系人王小明说，请拨17719001234，放门卫处"]
    lines[200:200] = ["不在家请找李建国，电话17719001234"]
    raw = [line.encode() for line in lines]
    ends = np.cumsum([len(one) for one in raw])
    together = find(np.frombuffer(b"".join(raw), np.uint8), ends - [len(one) for one in raw], ends)
    assert sorted(set(together.cell.tolist())) == [100, 200]
