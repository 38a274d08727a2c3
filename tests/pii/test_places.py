"""Addresses in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii.places import FIELDS, Address, divisions, parse_address, parse_addresses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("浙江省义乌市江东街道青口南路12号", ("浙江省", "金华市", "义乌市", "江东街道青口南路12号")),
        ("昆山市花桥镇1号", ("江苏省", "苏州市", "昆山市", "花桥镇1号")),
        ("浙江金华义乌福田街道", ("浙江省", "金华市", "义乌市", "福田街道")),
        ("江西省赣州市赣县区梅林镇", ("江西省", "赣州市", "赣县区", "梅林镇")),
        ("浙江杭州西湖区文三路", ("浙江省", "杭州市", "西湖区", "文三路")),
        ("杭州余杭区五常街道文一西路969号", ("浙江省", "杭州市", "余杭区", "五常街道文一西路969号")),
        ("北京朝阳区建国路88号", ("北京市", "北京市", "朝阳区", "建国路88号")),
        ("北京市北京市海淀区中关村", ("北京市", "北京市", "海淀区", "中关村")),
        ("江苏省南京市市辖区玄武区", ("江苏省", "南京市", "玄武区", "")),
        ("吉林市昌邑区解放路1号", ("吉林省", "吉林市", "昌邑区", "解放路1号")),
        ("西藏自治区阿里地区噶尔县清高镇", ("西藏自治区", "阿里地区", "噶尔县", "清高镇")),
        ("怒江傈僳族自治州泸水市泉齐南路513号", ("云南省", "怒江傈僳族自治州", "泸水市", "泉齐南路513号")),
        ("湖北省襄阳市枣阳市翔源东路", ("湖北省", "襄阳市", "枣阳市", "翔源东路")),
        ("黑龙江省哈尔滨市道里区中央大街", ("黑龙江省", "哈尔滨市", "道里区", "中央大街")),
        ("浙江省嘉兴市桐乡市乌镇", ("浙江省", "嘉兴市", "桐乡市", "乌镇")),
        ("浙江省金华市义乌市场路3号", ("浙江省", "金华市", "", "义乌市场路3号")),
        ("临颍县长青乡观云村40号", ("河南省", "漯河市", "临颍县", "长青乡观云村40号")),
        ("朝阳区三里屯", ("", "", "朝阳区", "三里屯")),
        ("广东省东莞市虎门镇", ("广东省", "东莞市", "", "虎门镇")),
        ("中山路12号", ("", "", "", "中山路12号")),
        ("中国浙江省杭州市 西湖区 文三路1号", ("浙江省", "杭州市", "西湖区", "文三路1号")),
        ("浙杭州西湖区文三路1号", ("浙江省", "杭州市", "西湖区", "文三路1号")),
        ("苏南京市鼓楼区", ("江苏省", "南京市", "鼓楼区", "")),
        ("云南京市路1号", ("云南省", "", "", "京市路1号")),
        ("新疆生产建设兵团第八师石河子市北四路", ("新疆维吾尔自治区", "", "石河子市", "北四路")),
        ("兵团大厦3层", ("", "", "", "兵团大厦3层")),
        ("某某小区3号", ("", "", "", "某某小区3号")),
        ("", ("", "", "", "")),
    ],
)
def test_an_address_is_cut_into_its_levels(text: str, parts: tuple[str, str, str, str]) -> None:
    assert parse_address(text) == Address(*parts)


def test_every_listed_city_is_found_in_its_province_written_in_full_or_short() -> None:
    for province in divisions().provinces:
        for city in province.cities.split():
            for text in (
                f"{province.name}{city}",
                f"{province.short}{city}",
                f"{province.name} {city} 某某路1号",
            ):
                assert parse_address(text)[:2] == (province.name, city), text


def test_many_addresses_give_a_column_a_part_and_null_stays_null() -> None:
    found = parse_addresses(["浙江杭州西湖区文三路", None, "", "浙江杭州西湖区文三路"])
    assert found.schema == FIELDS
    assert found.to_pylist()[1] == dict.fromkeys(FIELDS.names)
    assert found.to_pylist()[0] == found.to_pylist()[3]
    assert parse_addresses([]).to_pylist() == []


@given(st.text("浙江省杭州市西湖区文三路12号 ,abc县镇", max_size=40))
def test_the_detail_is_always_the_end_of_the_text(text: str) -> None:
    assert text.strip().endswith(parse_address(text).detail)
