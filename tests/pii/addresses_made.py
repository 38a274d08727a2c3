"""Seeded postal addresses in many styles with their parts, and sentences they stand in; they belong to nobody."""

from __future__ import annotations

import random

from qingyuan.pii._counties import County, counties

ROADS = [
    "人民",
    "解放",
    "中山",
    "建设",
    "和平",
    "新华",
    "胜利",
    "迎宾",
    "滨江",
    "振兴",
    "科技",
    "学院",
    "环城",
    "青年",
    "天府",
    "世纪",
    "清河",
    "望江",
    "凤凰",
    "桃园",
]
ESTATES = ["阳光", "翠湖", "金色", "锦绣", "御景", "碧水", "绿地", "紫荆", "丽景", "书香"]
TOWNS = ["城关", "龙泉", "太平", "永安", "双河", "石桥", "大同", "白沙", "清溪", "东升", "江东", "兴隆"]
VILLAGES = ["王家", "李庄", "大树", "上坪", "石岭", "前进", "红星", "光明", "马家"]
ZONES = ("高新区", "经济技术开发区", "保税区", "自贸区")
FRAMES = (
    "我住在{}，请尽快送到。", "请寄到{}，谢谢", "被告人户籍所在地{}，因涉嫌盗窃罪被刑事拘留。", "位于{}的一家餐馆", "他家在{}附近",
    "住所地{}，法定代表人略。", "快递送到{}就行", "{}", "案发地点为{}。", "家住{}的居民", "{} 13800138000", "发生在{}门口",
)  # fmt: skip


def _detail(r: random.Random) -> str:
    number = r.randint(1, 900)
    if r.random() < 0.2:
        return f"{r.choice(TOWNS)}{r.choice('镇乡')}{r.choice(VILLAGES)}村{r.choice(('', f'{number % 9 + 1}组'))}{number}号"
    town = r.choice(("", f"{r.choice(TOWNS)}{r.choice(('街道', '镇'))}"))
    zone = r.choice(ZONES) if r.random() < 0.1 else ""
    road = r.choice(ROADS) + r.choice(("路", "大道", "街", "东路", "一路", "巷"))
    house = f"{number}{r.choice(('号', '号', '-3号', '弄5号'))}"
    estate = r.choice(ESTATES) + r.choice(("花园", "小区", "家园", "公寓", "名邸", "国际", "苑", "城"))
    room = r.choice(
        (
            "",
            f"{number % 40 + 1}栋2单元1203室",
            f"{number % 30 + 1}幢702",
            "A座18层1809",
            f"{number % 9 + 1}-2-1203",
            f"{number % 9 + 1}楼",
        )
    )
    return zone + town + road + house + r.choice(("", estate)) + room


def address(r: random.Random) -> tuple[str, County]:
    """Return an address as people write them, and the county it is in."""
    county = r.choice([c for c in counties()[:2500] if len(c.name) > 2 and c.city])
    province = r.choice((county.province, county.province.removesuffix("省").removesuffix("市")))
    city = county.city
    if city.endswith("市") and r.random() < 0.3:
        city = city.removesuffix("市")
    if county.city == county.province:
        before = province
    else:
        before = r.choice((province + city, county.city, province + city))
    return before + county.name + _detail(r), county


def sentence(r: random.Random) -> tuple[str, int, int]:
    """Return a sentence with one address and where it stands."""
    made, _ = address(r)
    before, after = r.choice(FRAMES).split("{}")
    return before + made + after, len(before), len(before) + len(made)
