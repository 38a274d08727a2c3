"""Pieces of information for the thresholds, in both readings."""

from __future__ import annotations

from qingyuan.pii import Reading, merge, scan
from tests.pii.generator import Maker
from tests.pii.material import KEY, table

M = Maker(41)
PARCEL = ["运单号", "收件人", "收件电话", "收件地址"]


def readings(columns: list[str], *rows: list[str]) -> tuple[Reading, ...]:
    return merge([scan([table(columns, list(rows))], KEY, "a.csv")]).readings


def parcel() -> list[str]:
    return ["77" + M.digits(13), M.name(), M.mobile(), M.address()]


def test_waybill_data_is_counted_in_both_readings() -> None:
    important, general = readings(PARCEL, *[parcel() for _ in range(20)])
    assert (important.reading_id, important.important, important.general) == ("waybill-important", 20, 0)
    assert (general.reading_id, general.important, general.general) == ("waybill-general", 0, 20)
    assert important.unit == "条"
    assert important.dedupe_rule_zh
    assert general.dedupe_rule_en


def test_the_same_piece_is_counted_once() -> None:
    row = parcel()
    important, _ = readings(PARCEL, row, ["77" + M.digits(13), *row[1:]], parcel())
    assert (important.raw, important.important) == (3, 2)


def test_sender_and_recipient_are_two_pieces() -> None:
    columns = ["寄件人", "寄件电话", "收件人", "收件电话"]
    important, _ = readings(columns, [M.name(), M.mobile(), M.name(), M.mobile()])
    assert important.important == 2


def test_other_tables_stay_general() -> None:
    important, general = readings(["姓名", "手机号"], [M.name(), M.mobile()])
    assert (important.important, important.general, general.general) == (0, 1, 1)


def test_a_bank_card_makes_a_piece_sensitive_in_both_readings() -> None:
    both = readings([*PARCEL, "收件人银行卡号"], [*parcel(), M.card()])
    assert [(r.sensitive, r.important, r.general) for r in both] == [(1, 0, 0), (1, 0, 0)]


def test_a_name_alone_is_no_piece_but_with_an_address_it_is() -> None:
    assert readings(["姓名"], [M.name()])[0].raw == 0
    assert readings(["姓名", "地址"], [M.name(), M.address()])[0].raw == 1


def test_masked_waybills_are_not_counted() -> None:
    assert readings(PARCEL, ["77" + M.digits(13), "张*", "138****1234", "浙江省义乌市****"])[0].raw == 0


def test_what_is_told_of_an_illness_or_of_property_gives_the_piece_its_class() -> None:
    """法释〔2017〕10号 art. 5(1) items 3 and 4: health and property weigh more than the number of the person who has them."""
    one, other = ([M.name(), M.resident_id()] for _ in range(2))
    rows = ([*one, "糖尿病", ""], [*one, "", ""], [*other, "", "逾期3次"])
    for reading in readings(["姓名", "身份证号", "诊断", "征信记录"], *rows):
        assert (reading.sensitive, reading.important, reading.general, reading.raw) == (1, 1, 0, 3)


def test_an_illness_in_a_table_that_names_nobody_is_no_piece() -> None:
    assert readings(["科室", "诊断"], ["内科", "糖尿病"])[0].raw == 0
