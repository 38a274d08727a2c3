"""Seeded columns of every kind and of look-alikes, each with its kind."""

from __future__ import annotations

from collections.abc import Callable

from tests.pii.generator import Maker

GOODS = [
    "苹果",
    "香蕉",
    "手机",
    "上衣",
    "裤子",
    "牛奶",
    "面包",
    "毛巾",
    "书包",
    "玩具",
    "黄瓜",
    "白菜",
    "石榴",
    "高粱",
    "马铃薯",
    "牙刷",
    "方便面",
    "金针菇",
    "雨伞",
]
CITIES = [
    "北京",
    "上海",
    "杭州",
    "温州",
    "徐州",
    "常州",
    "石家庄",
    "张家口",
    "马鞍山",
    "金华",
    "义乌",
    "江门",
    "安庆",
    "黄山",
    "连云港",
    "成都",
    "武汉",
    "郑州",
]
STATES = ["已签收", "运输中", "派送中", "待发货", "已退回", "成功", "失败", "处理中"]
NOTES = ("请放门口", "易碎轻放", "工作日送货", "不要放快递柜", "家里没人放邻居", "尽快发货")
CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def columns(seed: int, rows: int = 150) -> list[tuple[str, list[str]]]:
    """Return ``(kind, values)`` of each column; some cells are empty."""
    m = Maker(seed)
    r = m.r
    day: Callable[[], str] = lambda: f"{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"  # noqa: E731
    makers: list[tuple[str, Callable[[], str]]] = [
        ("resident-id", lambda: m.written_id() if r.random() < 0.9 else m.masked_id()),
        ("mobile", lambda: m.written_mobile() if r.random() < 0.8 else m.masked_mobile()),
        ("landline", lambda: f"0{r.choice((10, 21, 571, 755))}-{r.randint(20000000, 89999999)}"),
        ("bank-card", m.written_card),
        ("email", lambda: f"u{m.digits(5)}@{r.choice(('qq.com', '163.com'))}"),
        ("name", lambda: m.name() if r.random() < 0.8 else m.name()[0] + "*" * r.choice((1, 2))),
        ("address", m.address),
        ("birth-date", lambda: f"{r.randint(1950, 2015)}-{day()}"),
        (
            "plate",
            lambda: (
                f"{r.choice('京浙粤')}{r.choice('ABCD')}{r.choice(('', '·'))}{m.digits(4)}{r.choice('ABCF7')}"
            ),
        ),
        ("ip", lambda: ".".join(str(r.randint(1, 254)) for _ in range(4))),
        ("mac", lambda: ":".join(f"{r.randint(0, 255):02x}" for _ in range(6))),
        ("credit-code", lambda: "91330782MA" + "".join(r.choice(CODE) for _ in range(8))),
        ("passport", lambda: r.choice(("E", "G", "D")) + m.digits(8)),
        ("qq", lambda: str(r.randint(1, 9)) + m.digits(r.choice((6, 7, 8, 8, 9, 9)))),
        ("none", lambda: m.digits(18)),
        ("none", lambda: "2024" + m.digits(14)),
        ("none", lambda: str(r.randint(1_600_000_000_000, 1_700_000_000_000))),
        ("none", lambda: f"2024-{day()}"),
        ("none", lambda: f"2024-{day()} 10:{r.randint(10, 59)}:00"),
        ("none", lambda: str(r.randint(100_000, 860_000))),
        ("none", lambda: f"{r.random() * 1000:.2f}"),
        ("none", lambda: str(r.randint(1, 200))),
        ("none", lambda: str(10_000_000 + r.randint(0, 999_999))),
        ("none", lambda: r.choice(GOODS)),
        ("none", lambda: r.choice(CITIES)),
        ("none", lambda: r.choice(STATES)),
        (
            "none",
            lambda: (
                r.choice(CITIES) + r.choice(("宏达", "华信")) + r.choice(("科技有限公司", "贸易有限公司"))
            ),
        ),
        ("none", lambda: r.choice("男女")),
        ("none", lambda: r.choice(NOTES)),
        ("none", lambda: f"{r.getrandbits(128):032x}"),
        ("none", lambda: f"SKU-{m.digits(6)}"),
        ("none", lambda: r.choice(("浙江省杭州市", "江苏省南京市", "广东省深圳市"))),
    ]
    return [(kind, [make() if r.random() > 0.08 else "" for _ in range(rows)]) for kind, make in makers]
