"""Seeded values of the further kinds as people write them, among look-alikes, with their truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.pii.generator import AREAS, WEIGHTS, Maker, Truth, luhn_digit

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BLANK = ("", "：", ":", "为", " ", "是", "：", "号：")


class Adversary(Maker):
    """Makes values of every further kind and what looks like them."""

    def text(self, signs: str, n: int) -> str:
        return "".join(self.r.choice(signs) for _ in range(n))

    def hexa(self, n: int) -> str:
        return self.text("0123456789abcdef", n)

    def passport(self) -> str:
        return self.r.choice(
            (
                f"E{self.digits(8)}",
                f"G{self.digits(8)}",
                f"E{self.r.choice('ABCDEFGHJKLMNP')}{self.digits(7)}",
            )
        )

    def hkmo(self) -> str:
        return self.r.choice(
            (f"C{self.digits(8)}", f"CA{self.digits(7)}", f"H{self.digits(8)}", f"M{self.digits(10)}")
        )

    def foreigner(self) -> str:
        r = self.r
        body = (
            f"9{r.choice(('11', '31', '33', '44'))}{r.choice(('840', '826', '392', '410'))}"
            f"{r.randint(1950, 2010)}{r.randint(1, 12):02}{r.randint(1, 28):02}{self.digits(3)}"
        )
        return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]

    def plate(self) -> str:
        r = self.r
        head = r.choice(PROVINCES) + r.choice(LETTERS)
        dot = r.choice(("", "", "", "·"))
        return r.choice(
            (
                head + dot + self.digits(5),
                head + dot + r.choice(LETTERS) + self.digits(4),
                head + dot + self.digits(3) + self.text(LETTERS, 2),
                head + dot + r.choice("DF") + self.digits(5),
                head + dot + self.digits(5) + r.choice("DF"),
                head + self.digits(4) + r.choice("警学挂"),
            )
        )

    def qq(self) -> str:
        return self.r.choice("23456789") + self.digits(self.r.randint(5, 9))

    def wechat(self) -> str:
        word = self.r.choice(("lin", "zhang_", "wang-", "ab", "Xiao", "tt"))
        return word + self.digits(self.r.randint(4, 8)) + self.r.choice(("", "x", "_c"))

    def ip(self) -> str:
        r = self.r
        return f"{r.choice((36, 58, 101, 114, 183, 222))}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}"

    def mac(self) -> str:
        sign = self.r.choice(":-")
        value = sign.join(self.hexa(2) for _ in range(6))
        return self.r.choice((value, value.upper()))

    def imei(self) -> str:
        body = self.r.choice(("35", "86")) + self.digits(12)
        return body + luhn_digit(body)

    def imsi(self) -> str:
        return f"460{self.r.choice(('00', '01', '02', '03', '11'))}{self.digits(10)}"

    def iccid(self) -> str:
        body = f"8986{self.r.choice(('00', '01', '03', '11'))}{self.digits(13)}"
        return body + luhn_digit(body)

    def uuid(self) -> str:
        return "-".join(self.hexa(n) for n in (8, 4, 4, 4, 12))

    def geo(self) -> str:
        r = self.r
        lat, lng = f"{r.randint(20, 45)}.{self.digits(6)}", f"{r.randint(80, 130)}.{self.digits(6)}"
        return r.choice((f"{lat},{lng}", f"{lng},{lat}", f"{lat}, {lng}", f"{lng}，{lat}"))

    def birth(self) -> str:
        r = self.r
        y, m, d = r.randint(1940, 2018), r.randint(1, 12), r.randint(1, 28)
        return r.choice(
            (
                f"{y}-{m:02}-{d:02}",
                f"{y}年{m}月{d}日",
                f"{y}/{m}/{d}",
                f"{y}{m:02}{d:02}",
                f"{y}.{m:02}.{d:02}",
            )
        )

    def credit_code(self, *, good: bool = True) -> str:
        body = (
            f"9{self.r.choice('123')}{self.r.choice(AREAS)}{self.text('MA123456789', 2)}{self.text(CODE, 7)}"
        )
        total = sum(CODE.index(c) * pow(3, i, 31) for i, c in enumerate(body))
        check = CODE[(31 - total % 31) % 31]
        return body + (check if good else self.r.choice([c for c in CODE if c != check]))

    def waybill(self) -> str:
        return self.r.choice(
            (f"SF{self.digits(13)}", f"YT{self.digits(13)}", f"77{self.digits(13)}", f"JT{self.digits(13)}")
        )

    def password(self) -> str:
        return self.text("abcdefghjkmnpqrstuvwxyz", 4) + self.digits(4) + self.r.choice(("", "!", "@Q", "Az"))

    def disease(self) -> str:
        return self.r.choice(("2型糖尿病", "高血压3级", "乙型肝炎", "冠心病", "过敏性鼻炎"))


@dataclass(frozen=True)
class Source:
    """How one kind is written: its makers, the labels of text and the names of columns."""

    kind: str
    clear: Callable[[], str]
    hidden: Callable[[], str] | None
    labels: tuple[str, ...]
    headers: tuple[str, ...]


def _hide(make: Callable[[], str], start: int, end: int) -> Callable[[], str]:
    def hidden() -> str:
        value = make()
        return value[:start] + "*" * (len(value) - start - end) + value[len(value) - end :]

    return hidden


def sources(m: Adversary) -> list[Source]:
    """Return the makers of every further kind."""
    return [
        Source("passport", m.passport, _hide(m.passport, 1, 4), ("护照号码", "护照", "passport no"), ("护照号", "passport_no")),
        Source("hkmo-permit", m.hkmo, _hide(m.hkmo, 1, 3), ("港澳通行证", "回乡证", "通行证"), ("港澳通行证号",)),
        Source("tw-permit", lambda: "0" + m.digits(7), None, ("台胞证", "台胞证号"), ("台胞证号",)),
        Source("foreign-permanent-id", m.foreigner, _hide(m.foreigner, 3, 4), ("永久居留身份证", "永居证"), ("永久居留证号",)),
        Source("driving-licence", m.resident_id, None, ("驾驶证号", "驾照号", "驾驶证"), ("驾驶证号",)),
        Source("plate", m.plate, lambda: f"浙G{m.digits(1)}***{m.digits(1)}", ("车牌号", "车牌", "号牌"), ("车牌号", "plate_no")),
        Source("qq", m.qq, _hide(m.qq, 2, 2), ("QQ", "QQ号", "qq"), ("QQ号", "qq")),
        Source("wechat", m.wechat, _hide(m.wechat, 2, 2), ("微信号", "微信", "wechat"), ("微信号",)),
        Source("ip", m.ip, None, ("IP", "登录IP", "IP地址"), ("登录IP", "client_ip")),
        Source("mac", m.mac, None, ("MAC地址", "mac"), ("MAC地址",)),
        Source("imei", m.imei, _hide(m.imei, 6, 4), ("IMEI", "手机串号", "imei"), ("IMEI", "imei1")),
        Source("imsi", m.imsi, _hide(m.imsi, 5, 4), ("IMSI", "imsi"), ("IMSI",)),
        Source("iccid", m.iccid, _hide(m.iccid, 6, 4), ("ICCID", "iccid"), ("ICCID",)),
        Source("oaid", m.uuid, None, ("OAID", "oaid"), ("OAID",)),
        Source("android-id", lambda: m.hexa(16), None, ("AndroidID", "android_id"), ("android_id",)),
        Source("geo", m.geo, None, ("坐标", "定位", "经纬度"), ("经纬度",)),
        Source("birth-date", m.birth, None, ("出生日期", "生日"), ("出生日期", "birthday")),
        Source("credit-code", m.credit_code, None, ("统一社会信用代码", "信用代码"), ("统一社会信用代码",)),
        Source("waybill", m.waybill, _hide(m.waybill, 4, 4), ("运单号", "快递单号"), ("运单号", "快递单号")),
        Source("secret", m.password, lambda: "******", ("密码", "登录密码", "pwd"), ("密码", "password")),
        Source("medical", m.disease, None, ("诊断", "临床诊断"), ("诊断结果",)),
    ]  # fmt: skip


def decoy(m: Adversary) -> str:
    """Return something that is none of the kinds."""
    r = m.r
    return r.choice(
        (
            lambda: f"订单号{m.digits(18)}",
            lambda: f"型号{m.passport()}",
            lambda: f"物料编码{r.choice('ECHMT')}{m.digits(8)}",
            lambda: f"软件版本{r.randint(1, 9)}.{r.randint(0, 20)}.{r.randint(0, 30)}.{r.randint(0, 9)}",
            lambda: f"v{r.randint(1, 9)}.2.{r.randint(100, 255)}.{r.randint(1, 99)}",
            lambda: f"sha256 {m.hexa(64)}",
            lambda: f"请求编号{m.uuid()}",
            lambda: f"commit {m.hexa(16)}",
            lambda: f"单价{r.randint(1, 99)}.{m.digits(2)}元共{m.digits(6)}件",
            lambda: f"发布日期{r.randint(2000, 2026)}-0{r.randint(1, 9)}-1{r.randint(0, 9)}",
            lambda: f"自{r.randint(2000, 2026)}年{r.randint(1, 12)}月1日起施行",
            lambda: f"共有用户{m.digits(9)}人",
            lambda: f"全新A{m.digits(5)}款",
            lambda: f"流水号{m.imsi()}",
            lambda: f"序号{m.imei()}",
            lambda: f"评分{r.randint(1, 9)}.{m.digits(4)}",
            lambda: f"时间{r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}",
            lambda: f"税率{m.digits(2)}%",
            lambda: "不满十四周岁的未成年人",
            lambda: "敏感个人信息包括生物识别、宗教信仰、医疗健康、金融账户、行踪轨迹",
            lambda: "密码应当定期更换",
            lambda: f"票号{m.digits(12)}",
        )
    )()


def prose_lines(seed: int, count: int) -> tuple[list[str], Truth]:
    """Return lines of free text with labelled values among look-alikes, and their truth."""
    m = Adversary(seed)
    made = sources(m)
    lines, truth = [], Truth()
    for number in range(1, count + 1):
        line = m.r.choice(("", "登记：", "据查，", "1、"))
        for _ in range(m.r.randint(1, 3)):
            if m.r.random() < 0.4:
                line += decoy(m) + m.r.choice(("；", "。", "，"))
                continue
            source = m.r.choice(made)
            masked = source.hidden is not None and m.r.random() < 0.3
            value = source.hidden() if masked and source.hidden else source.clear()
            label = m.r.choice(source.labels)
            join = "：" if source.kind == "medical" else m.r.choice(BLANK)
            # Letters glued to letters are one word.
            if label[-1].isascii() and value[0].isascii() and not value[0].isdigit():
                join = join or "="
            line += label + join
            truth.spans.append((number, "", len(line), len(line) + len(value), source.kind, masked))
            line += value + m.r.choice(("；", "。", "，"))
        lines.append(line)
    return lines, truth


def rows(seed: int, count: int) -> tuple[list[str], list[list[str]], Truth]:
    """Return a table with a column of every kind and some of look-alikes, and its truth."""
    m = Adversary(seed)
    made = sources(m)
    columns = [m.r.choice(s.headers) for s in made] + ["订单编号", "物料编码", "下单时间", "金额"]
    out, truth = [], Truth()
    for record in range(1, count + 1):
        row = []
        for column, source in zip(columns, made, strict=False):
            masked = source.hidden is not None and m.r.random() < 0.3
            value = source.hidden() if masked and source.hidden else source.clear()
            truth.spans.append((record + 1, column, 0, len(value), source.kind, masked))
            row.append(value)
        row += [m.digits(19), f"E{m.digits(8)}", "2026-03-11 12:30:00", f"{m.digits(4)}.{m.digits(2)}"]
        out.append(row)
    return columns, out, truth
