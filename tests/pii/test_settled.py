"""The first look at a table says what the passes say that read every cell."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii._candidates import Candidates, scan_numbers
from qingyuan.pii._columns import Stream
from qingyuan.pii._kernel.table import BINS
from qingyuan.pii._settled import Looked, find_in_table, find_plainly
from qingyuan.pii._tables import tables
from qingyuan.pii.batch import Batch
from qingyuan.pii.catalog import catalog
from tests.pii.generator import Maker
from tests.pii.material import table

_WIDE = str.maketrans("0123456789*xX-", "０１２３４５６７８９＊ｘＸ－")
_CHARS = "0aX*张 .@-，#%é😀·•转一某"


def values(seed: int, count: int) -> list[str]:
    """Return values of all kinds, look-alikes, and what typing errors make of them."""
    maker, r = Maker(seed), random.Random(seed)
    samples = [s.text for k in catalog().kinds.values() for s in (*k.examples, *k.near_misses)]
    pieces = [
        piece for text in samples for piece in re.findall(r"[0-9A-Za-z*.@\-:/+]{4,}|[一-龥]{2,6}", text)
    ]
    makers = (
        maker.mobile, maker.resident_id, maker.card, maker.name, maker.address, maker.written_mobile,
        maker.masked_mobile, maker.written_id, maker.masked_id, maker.written_card, maker.masked_card,
        maker.order_number, maker.decoy, lambda: maker.resident_id(good=False), lambda: r.choice(samples),
        lambda: r.choice(pieces), lambda: maker.digits(r.randint(1, 24)),
        lambda: r.choice("13459") + maker.digits(r.choice((10, 14, 15, 16, 17, 18))),
        lambda: "".join(r.choice("0123456789abcdefX") for _ in range(r.choice((8, 16, 32, 40, 64, 65)))),
        lambda: r.choice(("SF", "YT", "JD", "Q", "tel", "E")) + maker.digits(r.randint(7, 15)),
        lambda: f"950{maker.digits(9)}{r.choice(('', '转1234', '-1234', '#12'))}",
        lambda: f"20{maker.digits(2)}-{maker.digits(2)}-{maker.digits(2)}{r.choice(('', ' 12:30:59', 'T1:2'))}",
        lambda: "".join(r.choice("一幺壹张王欧阳某省市区路号先生") for _ in range(r.randint(1, 13))),
        lambda: "".join(r.choice("张李*某xX×") for _ in range(r.randint(2, 4))),
    )  # fmt: skip

    def broken(text: str) -> str:
        at = r.randint(0, len(text))
        return r.choice((
            text[:at] + r.choice(_CHARS) + text[at:], text[:at] + text[at + 1 :], text.translate(_WIDE), " " + text,
            text + r.choice((" ", "\u3000", "'", "\u200b")), text + r.choice(pieces), "",
        ))  # fmt: skip

    plain = [r.choice(makers)() for _ in range(count)]
    return [broken(text) if r.random() < 0.4 else text for text in plain]


def headers() -> list[str]:
    """Return names of columns of every kind, of other things, and of nothing."""
    kinds = [name for k in catalog().kinds.values() for name in (*k.header.zh[:1], *k.header.en[:1])]
    return [*kinds, "", "备注", "订单号", "时间", "品名", "金额", "序号", "收件人姓名", "x1"]


def looked(batch: Batch) -> Looked:
    """Return what is looked for in the columns of a batch."""
    stream = Stream(0, None, "", prose=False)
    stream.widen(batch.columns)
    return Looked.of(np.array([h.label for h in stream.headers], dtype=np.int64), stream.scopes())


def rows(found: Candidates) -> list[tuple[int, ...]]:
    """Return the candidates as tuples."""
    arrays = (found.cell, found.start, found.end, found.kind, found.flags)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def same(batch: Batch) -> int:
    """Compare both ways over a batch; return the number of candidates."""
    bins = [np.zeros((len(batch.columns) + 1, BINS), dtype=np.int64) for _ in range(2)]
    fast = rows(find_in_table(batch, tables(), looked(batch), bins[0]))
    slow = rows(find_plainly(batch, tables(), looked(batch), bins[1]))
    assert fast == slow
    assert (bins[0] == bins[1]).all()
    return len(fast)


@pytest.mark.parametrize("seed", range(3))
def test_values_of_every_kind_under_every_column_name_are_found_alike(seed: int) -> None:
    names = headers()
    texts = values(seed, 60 * len(names))
    batch = table(names, [texts[at : at + len(names)] for at in range(0, len(texts), len(names))])
    assert same(batch) > len(texts) // 8


@pytest.mark.parametrize("seed", range(2))
def test_cells_that_differ_in_their_digits_alone_are_found_as_if_each_were_the_first(seed: int) -> None:
    names = ["手机号", "运单号", "身份证号", "座机", "银行卡号", "护照号", "港澳通行证", "时间", "imei"]
    r = random.Random(seed)
    few = [
        *values(40 + seed, 30), "138****1234", "330***********0948", "LQ9928134689144", "950131599068转6725",
        "SF1234567890123", "0571-12345678", "2026-06-25 21:23:53", "2026-06-25T21:23:53", "2026-96-25", "E12345678",
    ]  # fmt: skip

    def other_digits(text: str) -> str:
        """Return the text with some of its digits drawn anew."""
        return "".join(r.choice("0123456789") if c.isdigit() and r.random() < 0.7 else c for c in text)

    rows_ = [[other_digits(r.choice(few)) for _ in names] for _ in range(700)]
    assert same(table(names, rows_)) > 700


@pytest.mark.parametrize("wide", [1, 2, 300])
def test_rows_shorter_and_longer_than_the_others_are_found_alike(wide: int) -> None:
    names = [("手机号", "姓名", "地址", "备注")[at % 4] for at in range(wide)]
    r, texts = random.Random(wide), values(60, 200)
    cells = [
        (r.choice(texts), at % wide) for at in range(9000) if at % wide < wide - r.randint(0, 1) or wide == 1
    ]
    data = "\n".join(text for text, _ in cells).encode()
    ends = np.cumsum([len(text.encode()) + 1 for text, _ in cells]) - 1
    starts = np.concatenate(([0], ends[:-1] + 1))
    column = np.array([at for _, at in cells], dtype=np.int32)
    whole = table(names, [[""] * wide])
    record = 1 + np.cumsum(np.concatenate(([0], column[1:] <= column[:-1])))
    batch = replace(
        whole, data=np.frombuffer(data, np.uint8), starts=starts, ends=ends, column=column, record=record
    )
    assert same(batch) > 1000


def test_the_first_row_is_left_alone_when_it_is_the_header() -> None:
    batch = table(["手机号", ""], [["13800138000", "张三"]] * 3, first=0)
    assert same(batch) >= 4


@pytest.mark.parametrize("seed", range(2))
def test_cells_that_repeat_are_found_as_often_as_they_stand_there(seed: int) -> None:
    names = ["备注", "手机号", "姓名", "地址", "", "ip"]
    r = random.Random(seed)
    few = [*values(20 + seed, 60), "请拨13800138000，找王小明", "王小明 13900139000", "", "工作日送货"]
    rows_ = [[r.choice(few) for _ in names] for _ in range(120)]
    assert same(table(names, rows_)) > 300


def test_a_cell_is_found_alike_whatever_its_neighbours_hide() -> None:
    batch = table(["备注"], [["李张x李"], ["李张x李"], ["甲"], ["李张x李"]])
    found = rows(find_plainly(batch, tables(), looked(batch), np.zeros((2, BINS), dtype=np.int64)))
    begin = batch.starts.tolist()
    assert len(found) == 3
    assert len({(start - begin[cell], end - begin[cell], flags) for cell, start, end, _, flags in found}) == 1


def test_what_stands_at_the_end_of_the_buffer_is_found_as_elsewhere() -> None:
    # A mask of X alone is looked for only beside stars, wherever the cell stands.
    end, middle = (rows(find_plainly(b, tables(), looked(b), np.zeros((2, BINS), dtype=np.int64)))
        for b in (table(["ip"], [["甲"], ["176XXXX9 501"]]), table(["ip"], [["176XXXX9 501"], ["甲" * 40]]))
    )  # fmt: skip
    assert end == middle == []


_TEXT = st.text(st.sampled_from("0123456789*xXA张王一某市路号 -#转@.·"), max_size=24)


@settings(deadline=None, max_examples=300)
@given(st.lists(_TEXT, min_size=1, max_size=12), st.sampled_from(headers()))
def test_any_cells_under_any_name_are_found_alike(cells: list[str], name: str) -> None:
    # Cells near the end of the buffer are never settled: room for a block stands behind them.
    same(table([name, "备注"], [[cell, ""] for cell in cells] + [["甲" * 40, ""]]))


def numbers(cell: str, behind: bytes) -> list[tuple[int, ...]]:
    """Return the numbers of a cell with other bytes behind it in the buffer."""
    raw = cell.encode()
    data = np.frombuffer(raw + behind, np.uint8)
    at = np.zeros(1, dtype=np.int64), np.array([len(raw)], dtype=np.int64)
    return rows(scan_numbers(data, *at, tables()))


@pytest.mark.parametrize("seed", range(2))
def test_numbers_are_the_same_at_the_end_of_a_buffer_where_no_block_is_read(seed: int) -> None:
    texts = values(10 + seed, 1500)
    found = [numbers(text, b"") for text in texts]
    assert sum(map(len, found)) > 300
    assert [numbers(text, b"," * 70) for text in texts] == found
