"""What is measured on: waybills and prose, all generated, nothing real."""

from __future__ import annotations

from functools import cache

import numpy as np

from qingyuan.demo._pool import make_pool
from qingyuan.demo._strings import raw
from qingyuan.demo._text import BOM_COLUMNS, csv_head, csv_rows
from qingyuan.demo._waybills import make_waybills

_SEED = 20260701
_SENTENCES = (
    "公益诉讼检察部门收到群众举报后，先看材料能不能核实，再看有没有继续调查的条件。",
    "寄递企业应当告诉收件人，面单上的信息由谁保管、保管多久、到期怎样销毁。",
    "承办人到三个网点现场查看，拍下打印设备、存放面单的货架和回收废纸的铁箱。",
    "主管部门回函称，已约谈辖区企业负责人，并把隐私面单的使用比例列入季度考核。",
    "平台说明，接口只返回脱敏结果，原始记录留在仓库系统，由两名管理员分别持有口令。",
    "会议认为，整改是否到位，要看抽查的结果，不能只看报送的报告和照片。",
    "本次抽查共计一百二十份，其中四份仍能直接读出收件人的姓名和住址。",
    "附件按收集的先后编号，每一份都注明时间、地点、提取的人和所用的设备。",
    "“这里写的是流程，不是结论。”主持人提醒说，结论要等核对原件以后再写。",
    "统计表第3栏合计2,458件，与2026年6月的台账相差17件，原因待查（见第12页）。",
)
_WITH_VALUES = (
    "举报人留下的联系方式是{mobile}，称可以随时配合调查。",
    "登记表显示，经办人身份证号为{resident}，登记时间为2026-06-18。",
    "退款转入尾号核对无误的银行卡{card}，金额三十六元。",
    "材料请发至{mail}，纸质件另行邮寄。",
    "面单上的电话印作{masked}，姓名只留一个字。",
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@cache
def waybill_csv(rows: int) -> bytes:
    """Return ``rows`` waybills as one CSV in UTF-8: 15 columns, about 260 bytes a record."""
    rng = np.random.default_rng(_SEED)
    waybills = make_waybills(rng, make_pool(rng, max(rows * 6 // 10, 300)), rows)
    body = raw(csv_rows(waybills, BOM_COLUMNS, "\n").text)
    return csv_head(BOM_COLUMNS, "\n").encode() + bytes(body)


@cache
def prose(size: int) -> bytes:
    """Return about ``size`` bytes of Chinese prose, one sentence a line, a value in one line of 25."""
    rng = np.random.default_rng(_SEED)
    plain = [sentence.encode() for sentence in _SENTENCES]
    count = size // (sum(map(len, plain)) // len(plain) + 1)
    lines = [plain[choice] for choice in rng.integers(0, len(plain), count).tolist()]
    for at in range(0, count, 25):
        lines[at] = _with_value(rng)
    return b"\n".join(lines) + b"\n"


def _with_value(rng: np.random.Generator) -> bytes:
    middle, last = f"{int(rng.integers(10_000)):04}", f"{int(rng.integers(10_000)):04}"
    seventeen = (
        f"33078219{int(rng.integers(50, 99))}0{int(rng.integers(1, 9))}1{int(rng.integers(10))}{last[:3]}"
    )
    check = "10X98765432"[sum(w * int(d) for w, d in zip(_ID_WEIGHTS, seventeen, strict=True)) % 11]
    fifteen = f"62170000{middle}{last[:3]}"
    template = _WITH_VALUES[int(rng.integers(len(_WITH_VALUES)))]
    return template.format(
        mobile=f"138{middle}{last}",
        resident=seventeen + check,
        card=fifteen + _luhn_digit(fifteen),
        mail=f"box{middle}@example.com",
        masked=f"138****{last}",
    ).encode()


def _luhn_digit(digits: str) -> str:
    total = sum(
        int(d) if at % 2 else sum(divmod(2 * int(d), 10)) for at, d in enumerate(reversed(digits), start=0)
    )
    return str(-total % 10)
