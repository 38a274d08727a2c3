"""Addresses in free text without labels: generated sentences with their truth, and single cases."""

from __future__ import annotations

import random

import pytest

from qingyuan.pii import scan
from tests.pii.material import KEY, prose

AREAS = (
    "浙江省义乌市江东街道", "广东省深圳市南山区", "北京市朝阳区", "四川省成都市武侯区", "杭州市余杭区五常街道", "江苏苏州工业园区",
    "内蒙古自治区呼伦贝尔市海拉尔区", "义乌市稠城街道", "上海浦东新区", "贵州省黔南布依族苗族自治州平塘县青格乡", "武汉市江岸区",
)  # fmt: skip
ROADS = (
    "青口南路",
    "科技园路",
    "建国路",
    "人民中路",
    "文三西路",
    "解放大道",
    "中山北路",
    "宝山巷",
    "长青村",
    "甘荣村池吉组",
)
FRAMES = (
    "被告人李某某住{}。",
    "快件被送到{}，无人签收。",
    "他的住址是{}，电话略。",
    "公司位于{}（北门）。",
    "经查，货物寄往{}；费用已付。",
    "{}的住户反映快递被拆。",
)
NONE = (
    "北京市朝阳区人民法院受理了本案。",
    "浙江省高级人民法院作出终审判决。",
    "杭州市公安局西湖区分局文新派出所出警。",
    "上海和北京的平台都有类似做法。",
    "广东省市场监督管理局公布了名单。",
    "南京市鼓楼区多个社区开展检查。",
)


def found(text: str) -> list[tuple[str, str, bool]]:
    """Return ``(address, state, masked)`` of each hit of an address in one line."""
    hits = scan([prose([text])], KEY, "a.txt").hits.to_pylist()
    return [(text[h["start"] : h["end"]], h["state"], h["masked"]) for h in hits if h["kind"] == "address"]


@pytest.mark.parametrize("seed", [81, 82])
def test_addresses_of_generated_sentences_are_found(seed: int) -> None:
    r = random.Random(seed)
    lines, true = [], set()
    for i in range(1, 801):
        if r.random() < 0.4:
            lines.append(r.choice(NONE))
            continue
        rest = r.choice(
            (
                "",
                f"{r.randint(1, 30)}幢{r.randint(101, 2505)}室",
                f"{r.randint(1, 9)}栋2单元{r.randint(101, 999)}",
            )
        )
        address = f"{r.choice(AREAS)}{r.choice(ROADS)}{r.randint(1, 999)}号{rest}"
        before, after = r.choice(FRAMES).split("{}")
        lines.append(before + address + after)
        true.add((f"line {i}", len(before), len(before) + len(address)))
    hits = scan([prose(lines)], KEY, "a.txt").hits.to_pylist()
    got = {
        (h["place"], h["start"], h["end"])
        for h in hits
        if h["kind"] == "address" and h["state"] == "confirmed"
    }
    assert 2 * len(got & true) / (len(got) + len(true)) >= 0.97


@pytest.mark.parametrize("text", [*NONE, "", "北京", "浙江省杭州市", "市区和县里的情况"])
def test_an_organisation_or_a_bare_place_is_no_address(text: str) -> None:
    assert [a for a in found(text) if a[1] == "confirmed"] == []


def test_an_address_hidden_in_part_is_masked() -> None:
    assert found("收货地为浙江省义乌市********，已签收") == [("浙江省义乌市********", "confirmed", True)]


def test_an_address_ends_with_its_room() -> None:
    assert found("寄到重庆市渝中区山坡东路250号锦绣新天地2栋4单元0203房。")[0][0].endswith("0203房")
    assert found("家住朝阳区三里屯路9号院2号楼101，电话略")[0][0] == "朝阳区三里屯路9号院2号楼101"


def test_an_address_ends_before_a_telephone_number() -> None:
    assert (
        found("寄到浙江省义乌市青口南路12号3幢502室13800138000收")[0][0] == "浙江省义乌市青口南路12号3幢502室"
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("寄到杭州市西湖区文一路与古翠路交叉口东南角，谢谢", "杭州市西湖区文一路与古翠路交叉口东南角"),
        ("送到朝阳区酒仙桥路4号院，谢谢", "朝阳区酒仙桥路4号院"),
        ("朝阳区惠民园6号楼底商", "朝阳区惠民园6号楼底商"),
        ("门店在海淀区中关村大街3号院内北侧", "海淀区中关村大街3号院内北侧"),
        ("寄到安徽省黄山市歙县徽州商业广场39号", "安徽省黄山市歙县徽州商业广场39号"),
        ("四川省乐山市犍为县中山街6号", "四川省乐山市犍为县中山街6号"),
        ("廣東省深圳市寶安區寶民一路12號", "廣東省深圳市寶安區寶民一路12號"),
        ("住在杭州市西湖区文三路12号门口的老人", "杭州市西湖区文三路12号"),
        ("杭州市西湖区文三路12号与公司签约", "杭州市西湖区文三路12号"),
        ("送到云南省大理州南涧县宝华镇卫生院李明收", "云南省大理州南涧县宝华镇卫生院"),
        ("河南省安阳市滑县解放路体育馆斜对面13812345678", "河南省安阳市滑县解放路体育馆斜对面"),
        ("寄到海淀区中关村大街3号院（社区服务站二层），谢谢", "海淀区中关村大街3号院（社区服务站二层）"),
        ("原告住所地杭州市西湖区文三路12号（实际经营地不详）", "杭州市西湖区文三路12号"),
        ("杭州市上城区中河中路258号2层、3层", "杭州市上城区中河中路258号2层、3层"),
        ("杭州市上城区中河中路258号2/3层", "杭州市上城区中河中路258号2/3层"),
        ("租杭州市上城区中河中路258号、平海路等地", "杭州市上城区中河中路258号"),
        ("朝阳区惠民园6号楼底商102号", "朝阳区惠民园6号楼底商102号"),
        (
            "临沂市兰山区沂蒙路与金一路交汇处向东200米路北有人",
            "临沂市兰山区沂蒙路与金一路交汇处向东200米路北",
        ),
        ("广西南宁市马山县白山镇同富路供水公司旁13812345678", "广西南宁市马山县白山镇同富路供水公司旁"),
        ("杭州市上城区中河中路258号旁边有人", "杭州市上城区中河中路258号旁边"),
        ("河南省安阳市滑县解放路电影院往北20米路东", "河南省安阳市滑县解放路电影院往北20米路东"),
        ("停在海淀区中关村大街3号停车场内", "海淀区中关村大街3号停车场内"),
        ("朝阳区将台乡梨园村12号", "朝阳区将台乡梨园村12号"),
        ("贵州省遵义市播州区三合镇长丰村柿花组村民到场", "贵州省遵义市播州区三合镇长丰村柿花组"),
        ("云南省镇雄县以勒镇庙埂村民委员会大水井村民小组", "云南省镇雄县以勒镇庙埂村民委员会大水井村民小组"),
    ],
)
def test_an_address_ends_where_it_does(text: str, address: str) -> None:
    assert [a for a, _, _ in found(text)] == [address]


def test_no_name_is_found_inside_an_address() -> None:
    hits = scan([prose(["送到江苏省南京市玄武区黄兴路12号，由赵敏签收"])], KEY, "a.txt").hits.to_pylist()
    assert [h["kind"] for h in hits] == ["address", "name"]
