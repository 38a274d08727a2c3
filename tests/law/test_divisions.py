"""Divisions on a day: what a code meant, what became of it, and where the table cannot tell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.law import Law, LawError, Level, load
from qingyuan.law._store import Store

_GAZETTEER = Store().gazetteer


@pytest.fixture(scope="module")
def law() -> Law:
    return load()


def test_jianggan_exists_in_2020_and_not_in_2022(law: Law) -> None:
    found = law.division("330104", date(2020, 6, 1))
    assert (found.name, found.full_name, found.level, found.firm) == (
        "江干区",
        "浙江省杭州市江干区",
        Level.COUNTY,
        True,
    )
    with pytest.raises(LawError) as caught:
        law.division("330104", date(2022, 1, 1))
    assert caught.value.code == "law.division-not-then"
    assert "上城区" in caught.value.remedy_zh
    assert "钱塘区" in caught.value.remedy_zh


@pytest.mark.parametrize(("day", "exists"), [("2021-04-08", True), ("2021-04-09", False)])
def test_the_reform_of_hangzhou_has_its_day(law: Law, day: str, exists: bool) -> None:
    on = date.fromisoformat(day)
    assert bool(law.divisions_named("杭州市江干区", on)) is exists
    assert bool(law.divisions_named("下城区", on)) is exists
    assert bool(law.divisions_named("临平区", on)) is not exists
    assert law.division("330110", on).name == "余杭区"


def test_what_a_division_became_and_was(law: Law) -> None:
    assert [each.name for each in law.division_now("330104", date(2022, 1, 1))] == ["上城区", "钱塘区"]
    assert [each.code for each in law.division_now("330110", date(2022, 1, 1))] == ["330110"]
    assert law.division("330113", date(2022, 1, 1)).was == ("330110",)
    assert law.division("330105", date(2022, 1, 1)).was == ("330103",)
    assert [each.name for each in law.division_now("371202", date(2020, 1, 1))] == ["莱芜区"]
    assert [each.name for each in law.division_now("500112", date(2026, 6, 1))] == ["两江新区"]


def test_the_line_of_a_division_ends_at_the_province(law: Law) -> None:
    on = date(2022, 1, 1)
    assert [each.name for each in law.division_line("330782", on)] == ["义乌市", "金华市", "浙江省"]
    assert [each.name for each in law.division_line("110108", on)] == ["海淀区", "北京市"]
    assert [each.name for each in law.division_line("429004", on)] == ["仙桃市", "湖北省"]


def test_a_name_may_be_shared_and_is_told_apart_by_what_it_belongs_to(law: Law) -> None:
    on = date(2022, 1, 1)
    assert {each.code for each in law.divisions_named("朝阳区", on)} == {"110105", "220104"}
    assert [each.code for each in law.divisions_named("长春市朝阳区", on)] == ["220104"]
    assert law.divisions_named("无此区", on) == ()
    assert law.divisions_named("", on) == ()


def test_the_beginning_of_a_name_offers_those_that_have_it_on_the_day(law: Law) -> None:
    assert [each.full_name for each in law.divisions_begun("义乌", date(2022, 1, 1))] == [
        "浙江省金华市义乌市"
    ]
    assert [each.code for each in law.divisions_begun("江干", date(2020, 1, 1))] == ["330104"]
    assert law.divisions_begun("江干", date(2022, 1, 1)) == law.divisions_begun("", date(2022, 1, 1)) == ()


def test_a_code_renamed_has_both_names_in_their_time(law: Law) -> None:
    assert law.division("130502", date(2019, 1, 1)).name == "桥东区"
    assert law.division("130502", date(2022, 1, 1)).name == "襄都区"
    doubtful = law.division("130502", date(2020, 7, 1))
    assert not doubtful.firm
    assert any("暂定" in step.zh for step in doubtful.steps)


def test_days_outside_the_table_are_provisional(law: Law) -> None:
    assert not law.division("330782", date(2009, 1, 1)).firm
    assert not law.division("330782", date(2027, 1, 1)).firm
    assert law.division("330782", date(2026, 9, 11)).firm


@pytest.mark.parametrize(
    ("code", "day", "error"),
    [
        ("33011", "2022-01-01", "law.bad-division"),
        ("999999", "2022-01-01", "law.unknown-division"),
        ("330113", "2020-01-01", "law.division-not-then"),
    ],
)
def test_a_code_that_is_none_is_refused(law: Law, code: str, day: str, error: str) -> None:
    with pytest.raises(LawError) as caught:
        law.division(code, date.fromisoformat(day))
    assert caught.value.code == error
    assert caught.value.remedy_zh
    assert caught.value.remedy_en


def test_the_table_is_whole() -> None:
    gazetteer = _GAZETTEER
    on = date(2026, 9, 1)
    counted = dict.fromkeys(Level, 0)
    for code, rows in gazetteer.rows().items():
        assert len(code) == 6
        ordered = [row.since[0] if row.since else date.min for row in rows]
        assert ordered == sorted(ordered)
        for row in rows:
            assert all(new in gazetteer.rows() for new in row.became)
            assert row.until is None or row.became, row
            assert row.until is None or row.since is None or row.since[0] <= row.until[1]
        if gazetteer.find(code, on) is not None:
            counted[gazetteer.division(code, on).level] += 1
            assert gazetteer.above(code) == "000000" or gazetteer.find(gazetteer.above(code), on)
    assert counted[Level.PROVINCE] == 34
    assert counted[Level.PREFECTURE] == 333
    assert 2_840 <= counted[Level.COUNTY] <= 2_860


@given(st.sampled_from(sorted(_GAZETTEER.rows())), st.dates(date(2011, 1, 1), date(2026, 9, 11)))
def test_whatever_ended_has_become_something_that_exists(code: str, on: date) -> None:
    gazetteer = _GAZETTEER
    row = gazetteer.find(code, on)
    if row is not None:
        assert gazetteer.successors(code, on) == ()
        found = gazetteer.division(code, on)
        assert found.full_name.endswith(found.name)
        assert code in {each.code for each in gazetteer.named(found.full_name, on)}
    elif any(each.until is not None and each.until[1] < on for each in gazetteer.rows()[code]):
        assert gazetteer.successors(code, on)


@given(st.sampled_from(sorted(_GAZETTEER.rows())), st.integers(0, 5700))
def test_a_code_has_at_most_one_sure_name_a_day(code: str, days: int) -> None:
    on = date(2011, 1, 1) + timedelta(days)
    assert sum(row.known(on) is True for row in _GAZETTEER.rows()[code]) <= 1


def test_every_division_has_a_procuratorate_and_a_court_by_name(law: Law) -> None:
    offices = {office.division: office for office in law.offices() if office.kind == "procuratorate"}
    provinces = [code for code in offices if code.endswith("0000") and code != "000000"]
    assert len(provinces) == 31
    prefectures = [code for code in offices if code.endswith("00") and not code.endswith("0000")]
    assert len(prefectures) == 333
    assert offices["222400"].name == "延边朝鲜族自治州人民检察院"
    counties = {code: office for code, office in offices.items() if office.level is Level.COUNTY}
    assert 2_840 <= len(counties) <= 2_860
    assert counties["330106"].name == "杭州市西湖区人民检察院"  # a district is called with its city
    assert counties["330122"].name == "桐庐县人民检察院"
    assert "330104" not in offices  # 江干区 was abolished in 2021
    courts = {office.division: office for office in law.offices() if office.kind == "court"}
    assert len(courts) == len(offices) - 1  # the court of the nation is not in the table
    assert courts["330106"].name == "杭州市西湖区人民法院"
    assert courts["330600"].name == "绍兴市中级人民法院"
    assert courts["330000"].name == "浙江省高级人民法院"
    assert not any(code.startswith(("71", "81", "82")) for code in {**offices, **courts})
    assert not any(office.verified for office in law.offices())
    assert len({office.id for office in law.offices()}) == len(law.offices())


def test_the_internet_courts_had_eleven_kinds_and_have_nine(law: Law) -> None:
    assert law.internet_court_subjects(date(2018, 9, 6)) == ()
    old, new = law.internet_court_subjects(date(2025, 10, 31)), law.internet_court_subjects(date(2025, 11, 1))
    assert (len(old), len(new)) == (11, 9)
    assert "公益诉讼" in old[8].zh
    assert "公益诉讼" in new[8].zh
    assert not any("著作权" in each.zh for each in new)
