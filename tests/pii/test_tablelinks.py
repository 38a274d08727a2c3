"""The people of tables: linked across files with reasons, and nothing in clear in the answer."""

from __future__ import annotations

import io

import msgspec
import pytest

from qingyuan.pii import engine, readers, tablelinks
from qingyuan.pii.tablelinks import Gatherer, People
from tests.pii.material import KEY


def people(*files: str) -> People:
    """Return the people of CSV files."""
    gatherer = Gatherer(KEY)
    for number, text in enumerate(files):
        name, data = f"{number}.csv", text.encode()
        columns = engine.scan(readers.read(io.BytesIO(data), name), KEY, name, hits=False).columns
        gatherer.add(name, columns, readers.read(io.BytesIO(data), name))
    return gatherer.people()


FIRST = (
    "姓名,手机号,身份证号,备注\n"
    "张三丰,13800138000,110105491231002,请联系欧阳修13700137000\n"
    "李四光,13912345678,,\n"
    "王五一,,,\n"
)


def test_records_of_one_person_are_joined_across_files_and_say_why() -> None:
    found = people(
        FIRST, "姓名,手机号,身份证号\n张三丰,,11010519491231002X\n李四光,139-1234-5678,\n王五一,,\n"
    )
    assert (found.mentions, found.persons, found.joined, found.bare) == (6, 4, 2, 2)
    assert found.reasons == {"same-id": 1, "same-key+name": 1}
    assert [person.mentions for person in found.people] == [2, 2]
    assert [(tie.one, tie.other) for person in found.people for tie in person.ties] == [
        ("0.csv #1", "1.csv #1"),
        ("0.csv #2", "1.csv #2"),
    ]


def test_nothing_in_clear_is_in_the_answer() -> None:
    said = msgspec.json.encode(people(FIRST, FIRST)).decode()
    for value in (
        "张三丰",
        "李四光",
        "欧阳修",
        "13800138000",
        "13912345678",
        "13700137000",
        "110105491231002",
    ):
        assert value not in said
    assert "138****8000" in said


def test_sender_and_recipient_of_a_record_are_two_mentions_and_text_takes_no_part() -> None:
    both = people("寄件人,寄件电话,收件人,收件电话\n张三丰,13800138000,李四光,13912345678\n")
    assert (both.mentions, both.persons, both.joined) == (2, 2, 0)
    gatherer = Gatherer(KEY)
    gatherer.add("t.txt", (), readers.read(io.BytesIO("张三丰13800138000\n".encode()), "t.txt"))
    text = gatherer.people()
    assert (text.mentions, text.persons, text.tables, text.texts) == (0, 0, 0, 1)


def test_more_mentions_than_are_compared_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tablelinks, "MAX_MENTIONS", 2)
    found = people(FIRST)
    assert (found.mentions, found.left_out) == (2, True)
    assert people(FIRST.rsplit("王", 1)[0]).left_out is False


def test_the_telephone_beside_a_recipient_is_theirs() -> None:
    found = people(
        "收货人,联系手机,收货地址\n张三丰,138****8000,浙江省义乌市江东街道青口南路12号3幢501室\n",
        "姓名,手机号,地址\n张三丰,13800138000,义乌市江东街道青口南路12号3幢501室\n",
    )
    assert (found.mentions, found.persons) == (2, 1)


@pytest.mark.parametrize("header", ["customer_name", "姓名"])
def test_names_in_latin_letters_stand_under_the_header_of_names(header: str) -> None:
    found = people(f"{header},phone\nSanfeng Zhang,13800138000\nABC Trading Co,13700137000\n", FIRST)
    assert found.reasons == {"same-key+similar-name": 1}
    assert found.people[0].shown[0].shown == {"name": "S************", "mobile": "138****8000"}


def test_plates_link_and_a_column_of_user_names_that_are_names_is_read() -> None:
    names = (
        "张三丰",
        "李四光",
        "王五一",
        "赵敏君",
        "钱学文",
        "孙立人",
        "周伯通",
        "吴用之",
        "郑成功",
        "冯玉祥",
        "陈独行",
        "褚遂良",
    )
    users = "".join(f"{name},139{n:08d}\n" for n, name in enumerate(names))
    found = people(
        "user_name,mobile\n" + users,
        "姓名,手机号\n" + users,
        "姓名,车牌号\n张三丰,浙A12345\n",
        "访客姓名,车牌\n张三丰,浙A·12345\n",
    )
    assert found.reasons == {"same-key+name": 13}
