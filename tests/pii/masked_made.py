"""Seeded sentences with one masked value each: many signs, many kept lengths, many words before it."""

from __future__ import annotations

import random
from dataclasses import dataclass

SIGNS = "****××XxX＊●•#█▇■□○＃※☆★◯？?_"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
AREAS = ("浙江省杭州市西湖区", "北京市朝阳区", "广东省深圳市南山区")
LABELS: dict[str, tuple[str, ...]] = {
    "mobile": ("手机号：", "联系电话 ", "tel=", "拨打", "绑定手机", "机主", "来电", "phone: ", "预留手机号码为", "收件人电话"),
    "bank-card": ("银行卡号：", "卡号", "card no: ", "还款卡", "储蓄卡", "信用卡 ", "收款账户：", "工行卡", "转入账户"),
    "resident-id": ("身份证号：", "身份证", "证件号码：", "公民身份号码", "idcard=", "证件号 ", "身份证号码为"),
    "name": ("姓名：", "收件人：", "客户姓名:", "name=", "户名：", "投保人：", "申请人", "签收人："),
    "landline": ("电话：", "座机", "固定电话：", "单位电话 ", "传真："),
    "email": ("邮箱：", "email: ", "E-mail：", "联系邮箱 "),
    "address": ("地址：", "收货地址：", "住址："),
}  # fmt: skip
BEFORE = ("", "", "备注：", "1. ", "【提示】", "经查，")
AFTER = ("。", "，请核对", "", "；", "，谢谢", " 已登记")


@dataclass(frozen=True)
class Masked:
    """A line of text with the masked value at ``start:end``."""

    text: str
    kind: str
    start: int
    end: int


def value(r: random.Random, kind: str, sign: str) -> str:  # noqa: PLR0911 - a kind a return
    """Return a value of the kind, part of it replaced by the sign."""
    digits = "".join(r.choice("0123456789") for _ in range(19))
    if kind == "mobile":
        whole, (a, z) = (
            f"1{r.choice('3456789')}{digits[:9]}",
            r.choice(((3, 4), (3, 4), (3, 3), (2, 4), (4, 3))),
        )
        if (a, z) == (3, 4) and r.random() < 0.3:
            gap = r.choice(" -")
            return f"{whole[:3]}{gap}{sign * 4}{gap}{whole[7:]}"
        return whole[:a] + sign * (11 - a - z) + whole[11 - z :]
    if kind == "bank-card":
        whole = f"62{r.choice('123')}{digits}"[: r.choice((16, 19))]
        if r.random() < 0.3:
            return f"{whole[:4]} {sign * 4} {sign * 4} {whole[-4:]}"
        kept = r.choice((4, 6, 0))
        return whole[:kept] + sign * (len(whole) - kept - 4) + whole[-4:]
    if kind == "resident-id":
        whole = f"330106{r.randint(1950, 2010)}0{r.randint(1, 9)}1{r.randint(0, 9)}{digits[:4]}"
        a, z = r.choice(((6, 4), (3, 4), (1, 1), (4, 4), (6, 2), (10, 4), (0, 4), (3, 3), (14, 0), (6, 0)))
        return whole[:a] + sign * (18 - a - z) + whole[18 - z :]
    if kind == "name":
        sign = sign if sign not in "#＃？?_" else "*"
        family, one, two = r.choice(SURNAMES), r.choice(GIVEN), r.choice(GIVEN)
        return r.choice((family + sign * 2, family + sign, family + sign + two, sign + one + two))
    if kind == "landline":
        area = r.choice(("010", "0571", "021"))
        return f"{area}-{sign * 4}{digits[:4]}" if r.random() < 0.6 else f"{area}-{digits[:4]}{sign * 4}"
    if kind == "email":
        sign = sign if sign not in "※☆★◯＃？?_" else "*"
        return f"{r.choice('abcdz')}{sign * r.randint(3, 6)}{r.choice(('', '1', 'g'))}@{r.choice(('qq.com', 'corp.com.cn'))}"
    sign = sign.replace("_", "*")
    road = r.choice(("文三路", "建国路", "科技园"))
    return r.choice(AREAS) + (
        road + sign * r.randint(2, 4) + "号" if r.random() < 0.5 else sign * r.randint(3, 6)
    )


def masked(seed: int, kind: str, count: int) -> list[Masked]:
    """Return sentences with a masked value of one kind."""
    r = random.Random(seed)
    out = []
    for _ in range(count):
        before, shown = r.choice(BEFORE) + r.choice(LABELS[kind]), value(r, kind, r.choice(SIGNS))
        out.append(Masked(before + shown + r.choice(AFTER), kind, len(before), len(before) + len(shown)))
    return out
