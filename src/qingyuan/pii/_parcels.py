"""Numbers of parcels behind a mere 单号 where a carrier or a courier is named: ``快递员13…，单号300230502087放门口了``.

The digits of most carriers fit no known range, and 单号 alone may be the number of anything: both together say it.
"""

from __future__ import annotations

import re

import numpy as np

from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Batch, Longs
from qingyuan.pii.grammar import FORM_SHIFT

_WORD = "单号".encode()
#: A number behind the word, before which no 汉字 stands that makes it another's (订单号, 退款单号); 的 makes it none.
_NUMBER = re.compile(
    r"(?<![\u4e00-\u9fff\w])(?:的|新|其)?单号(?:是|为)?[ ]?[:：]?[ ]?([A-Z]{0,3}\d{10,15})(?![\dA-Za-z.\-])"
)
_CARRIER = re.compile(
    r"顺丰|圆通|中通|申通|韵达|极兔|百世|德邦|邮政|EMS|京东快递|京东物流|天天快递|（天天）|\(天天\)|宅急送|跨越速运|安能|优速|丹鸟|菜鸟"
    r"|丰网|壹米滴答|苏宁物流|苏宁快递|（苏宁）|\(苏宁\)|顺心捷达|众邮|日日顺|UPS|FedEx|DHL|联邦快递|快递|派件|驿站|包裹|快件"
)
#: Words that make the number of a line something else's.
_OTHERS = re.compile(r"订单|交易|退款|工单|物料|流水|采购|报销|发票|出库|入库|检验")
#: A number of 苏宁 behind its name.
_SUNING = re.compile(r"苏宁(?:快递|物流)?[ \-—：:]{0,2}(SN\d{12})(?![\dA-Za-z])")
_SUNING_WORD = "苏宁".encode()
#: Bytes looked at on either side.
_ASIDE = 120
_CODE = f.KINDS.index("waybill")
#: Evidence: digits, and a word near (the form of digits near words of parcels).
_FORM = 3
FLAGS = np.uint32(_FORM << FORM_SHIFT | f.CONTEXT)

Found = tuple[Longs, Longs, Longs]


def find(batch: Batch, cells: Longs) -> Found:
    """Return ``(cell, start, end)`` of such numbers in the given cells, ascending."""
    raw = batch.data.tobytes()
    out: set[tuple[int, int, int]] = set()
    for word, pattern in ((_WORD, _NUMBER), (_SUNING_WORD, _SUNING)):
        at = raw.find(word)
        while at >= 0:
            cell = int(np.searchsorted(batch.starts, at, side="right")) - 1
            if cell >= 0 and at < batch.ends[cell]:
                low = max(int(batch.starts[cell]), at - _ASIDE)
                high = min(int(batch.ends[cell]), at + _ASIDE)
                out.update((cell, *place) for place in _in(raw, low, high, pattern))
            at = raw.find(word, at + len(word))
    made = np.array(sorted(out), dtype=np.int64).reshape(-1, 3)
    made = made[np.isin(made[:, 0], cells)]
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


def _in(raw: bytes, low: int, high: int, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the places of the numbers in a stretch of a cell."""
    while low < high and raw[low] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
        low += 1
    text = raw[low:high].decode("utf-8", "ignore")
    if pattern is _NUMBER and (not _CARRIER.search(text) or _OTHERS.search(text)):
        return []
    return [
        (begin := low + len(text[: one.start(1)].encode()), begin + len(one[1]))
        for one in pattern.finditer(text)
    ]
