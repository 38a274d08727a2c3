"""Seeded synthetic material with its truth: numbers as people write them, among look-alikes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
AREAS = (
    "110105",
    "330782",
    "330102",
    "440308",
    "510107",
    "620102",
    "430102",
    "500103",
    "310115",
    "320505",
    "451302",
)
PREFIXES = (
    130, 131, 133, 135, 137, 138, 139, 145, 147, 149, 150, 151, 153, 155, 156, 158, 159, 166, 170, 171, 172, 173,
    175, 176, 177, 178, 180, 182, 185, 186, 187, 188, 189, 190, 191, 193, 195, 198, 199,
)  # fmt: skip
BINS = (
    "622202",
    "621700",
    "622848",
    "621661",
    "622588",
    "622700",
    "621226",
    "622260",
    "621799",
    "622908",
    "436742",
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志鹏婷雪宇浩欣怡子轩梓涵"


def luhn_digit(body: str) -> str:
    total = 0
    for i, c in enumerate(reversed(body)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


class Maker:
    """Random values of every kind under one seed."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def digits(self, n: int) -> str:
        return "".join(self.r.choice("0123456789") for _ in range(n))

    def mobile(self) -> str:
        return f"{self.r.choice(PREFIXES)}{self.digits(8)}"

    def resident_id(self, *, good: bool = True) -> str:
        r = self.r
        body = f"{r.choice(AREAS)}{r.randint(1945, 2015)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{self.digits(3)}"
        check = "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]
        if not good:
            check = r.choice([c for c in "0123456789X" if c != check])
        return body + check

    def card(self, length: int | None = None) -> str:
        bin_ = self.r.choice(BINS)
        n = length or (16 if bin_.startswith(("4", "622588", "622260")) else 19)
        body = bin_ + self.digits(n - 7)
        return body + luhn_digit(body)

    def name(self) -> str:
        r = self.r
        return r.choice(SURNAMES) + "".join(r.choice(GIVEN) for _ in range(r.choice((1, 2, 2, 2))))

    def address(self) -> str:
        r = self.r
        area = r.choice(("浙江省义乌市江东街道", "广东省深圳市南山区", "北京市朝阳区", "四川省成都市武侯区"))
        road = r.choice(("青口南路", "科技园路", "建国路", "人民中路"))
        return f"{area}{road}{r.randint(1, 999)}号{r.randint(1, 30)}幢{r.randint(101, 2505)}室"

    def written_mobile(self) -> str:
        m = self.mobile()
        forms = (
            m, m, m, f"{m[:3]} {m[3:7]} {m[7:]}", f"{m[:3]}-{m[3:7]}-{m[7:]}", f"+86{m}", f"+86 {m}", f"86{m}",
            f"0086{m}", f"+86-{m}", f"0086 {m}", "".join(chr(ord(c) + 0xFEE0) for c in m),
        )  # fmt: skip
        return self.r.choice(forms)

    def masked_mobile(self) -> str:
        m, r = self.mobile(), self.r
        star = r.choice(("*", "*", "*", "×", "•", "＊", "x", "X"))
        return r.choice(
            (m[:3] + star * 4 + m[7:], m[:3] + star * 4 + m[7:], m[:3] + star * 5 + m[8:], m[:7] + star * 4)
        )

    def written_id(self) -> str:
        v, r = self.resident_id(), self.r
        return r.choice((v, v, v, v.lower(), f"{v[:6]} {v[6:14]} {v[14:]}", f"{v[:6]}-{v[6:14]}-{v[14:]}"))

    def masked_id(self) -> str:
        v, r = self.resident_id(), self.r
        star = r.choice(("*", "*", "＊", "×"))
        return r.choice(
            (
                v[:3] + star * 11 + v[14:],
                v[:6] + star * 8 + v[14:],
                v[:4] + star * 10 + v[14:],
                v[0] + star * 16 + v[17],
            )
        )

    def written_card(self) -> str:
        v, r = self.card(), self.r
        sep = r.choice((" ", "-"))
        grouped = sep.join(v[i : i + 4] for i in range(0, len(v), 4))
        return r.choice((v, v, grouped))

    def masked_card(self) -> str:
        v, r = self.card(), self.r
        return r.choice(
            (
                f"{v[:4]} **** **** {v[-4:]}",
                v[:6] + "*" * (len(v) - 10) + v[-4:],
                v[:4] + "*" * (len(v) - 8) + v[-4:],
            )
        )

    def order_number(self) -> str:
        """Return an order number that passes Luhn and begins like a card."""
        body = self.r.choice(("62", "4", "5")) + self.digits(15)
        return body + luhn_digit(body)

    def decoy(self) -> str:
        r = self.r
        return r.choice(
            (
                lambda: f"订单号：{self.order_number()}",
                lambda: f"订单编号{self.digits(18)}",
                lambda: f"时间戳{r.randint(1_600_000_000_000, 1_800_000_000_000)}",
                lambda: f"运单号SF{self.digits(13)}",
                lambda: f"快递单号：77{self.digits(13)}",
                lambda: f"流水号 {self.digits(20)}",
                lambda: f"md5 {r.getrandbits(128):032x}",
                lambda: (
                    f"{r.getrandbits(32):08x}-{r.getrandbits(16):04x}-4{r.getrandbits(12):03x}-a{r.getrandbits(12):03x}-{r.getrandbits(48):012x}"
                ),
                lambda: f"客服400-{self.digits(3)}-{self.digits(4)}",
                lambda: f"金额{r.randint(1, 99999)}.{self.digits(2)}元",
                lambda: f"坐标 120.{self.digits(11)}",
                lambda: f"2026-0{r.randint(1, 9)}-1{r.randint(0, 9)} 12:0{r.randint(0, 9)}:00",
                lambda: f"证件{self.resident_id(good=False)}",
                lambda: f"v{self.digits(1)}.{self.digits(2)}.{self.digits(5)}",
            )
        )()


@dataclass
class Truth:
    """Spans that must be found: ``(line, column or "", start, end, kind, masked)``."""

    spans: list[tuple[int, str, int, int, str, bool]] = field(default_factory=list)


WRAPS = (
    "{}",
    "电话{}转告",
    "请打{}。",
    "联系{}，谢谢",
    "（{}）",
    "tel:{}",
    "手机号:{}备用",
    "→{}←",
    "@张三 {}",
)
ID_WRAPS = ("身份证{}", "身份证号：{}。", "（{}）", "证件号码{}，", "{}")
CARD_WRAPS = ("卡号{}", "银行卡：{}，户名略", "打款到{}谢谢", "收款账号 {}", "请转账至{}")


def prose_lines(seed: int, count: int) -> tuple[list[str], Truth]:
    """Return lines of free text and their truth."""
    m = Maker(seed)
    choices = (
        ("mobile", False, m.written_mobile, WRAPS),
        ("mobile", True, m.masked_mobile, WRAPS),
        ("resident-id", False, m.written_id, ID_WRAPS),
        ("resident-id", True, m.masked_id, ID_WRAPS),
        ("bank-card", False, m.written_card, CARD_WRAPS),
        ("bank-card", True, m.masked_card, CARD_WRAPS),
    )
    lines, truth = [], Truth()
    for number in range(1, count + 1):
        line = m.r.choice(("", "客户反馈", "今日", "1、", "备注 "))
        for _ in range(m.r.randint(1, 3)):
            if m.r.random() < 0.4:
                line += m.decoy() + m.r.choice(("；", " ；", "。"))
                continue
            kind, masked, make, wraps = m.r.choice(choices)
            before, after = m.r.choice(wraps).split("{}")
            value = make()
            start = len(line) + len(before)
            truth.spans.append((number, "", start, start + len(value), kind, masked))
            line += before + value + after + m.r.choice(("；", "。", "，"))
        lines.append(line)
    return lines, truth


COLUMNS = (
    "运单号",
    "订单号",
    "下单时间",
    "寄件人",
    "寄件电话",
    "收件人",
    "收件电话",
    "收件地址",
    "身份证号",
    "银行卡号",
    "物品",
    "备注",
)


def waybill_rows(
    seed: int, count: int, masked_share: float = 0.35
) -> tuple[list[str], list[list[str]], Truth]:
    """Return a waybill table and its truth; record n stands on line n + 1."""
    m = Maker(seed)
    rows, truth = [], Truth()
    for record in range(1, count + 1):
        row = [
            f"77{m.digits(13)}",
            m.order_number() if m.r.random() < 0.5 else m.digits(19),
            "2026-03-11 12:30:00",
        ]
        values: list[tuple[str, str, bool] | None] = [None, None, None]

        def put(
            kind: str,
            value: str,
            *,
            hidden: bool,
            row: list[str] = row,
            values: list[tuple[str, str, bool] | None] = values,
        ) -> None:
            row.append(value)
            values.append((kind, value, hidden))

        for _ in range(2):
            hidden = m.r.random() < masked_share
            name = m.name()
            put("name", name[0] + "*" * (len(name) - 1) if hidden else name, hidden=hidden)
            hidden = m.r.random() < masked_share
            put("mobile", m.masked_mobile() if hidden else m.mobile(), hidden=hidden)
        address = m.address()
        hidden = m.r.random() < masked_share
        put("address", address[:6] + "****" if hidden else address, hidden=hidden)
        if m.r.random() < 0.1:
            row.append(m.resident_id(good=False))
            values.append(None)
        else:
            hidden = m.r.random() < masked_share
            put("resident-id", m.masked_id() if hidden else m.resident_id(), hidden=hidden)
        if m.r.random() < 0.2:
            row.append("")
            values.append(None)
        else:
            hidden = m.r.random() < masked_share
            put("bank-card", m.masked_card() if hidden else m.card(), hidden=hidden)
        row += [
            m.r.choice(("文具", "衣服", "水果", "方便面", "金属配件")),
            m.r.choice(("", "轻放", m.decoy())),
        ]
        for column, value in zip(COLUMNS, values, strict=False):
            if value is not None:
                truth.spans.append((record + 1, column, 0, len(value[1]), value[0], value[2]))
        rows.append(row)
    return list(COLUMNS), rows, truth
