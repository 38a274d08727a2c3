"""The leak: all files of the courier-waybill case, with known truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qingyuan.demo import _office as office
from qingyuan.demo import _text as plain
from qingyuan.demo._archive import encrypted_zip, zip_bytes
from qingyuan.demo._layout import Rows
from qingyuan.demo._ledger import Planted
from qingyuan.demo._locked import locked
from qingyuan.demo._pool import Pool, make_pool
from qingyuan.demo._strings import raw
from qingyuan.demo._truth import (
    Truth,
    count_decoys,
    count_distinct,
    count_kinds,
    count_persons,
    count_recipients,
)
from qingyuan.demo._waybills import Batch, make_registry, make_waybills
from qingyuan.demo.errors import DemoError

#: Fewer rows cannot fill all the files.
LEAST_ROWS = 500

GB_CSV = "面单导出_2026年6月.csv"
BOM_CSV = "电商平台推送.csv"
JSONL = "waybill-events.jsonl"
SQL = "waybill_center.sql"
WORKBOOK = "网点运单汇总.xlsx"
DOCUMENT = "代收货款退款名单.docx"
PDF = "实名寄件抽查名单公示.pdf"
PAGE = "签收异常公告.html"
BACKUP = "面单备份.zip"
EXTRA = "补录/补录运单.csv"
LOCKED = "加密客户名单.zip"
LOCKED_BOOK = "加密运单.xlsx"
UNKNOWN = "无法读取.bin"
EMPTY = "空文件.csv"

_WAYBILL_SHEET = (
    ("运单号", "tracking"),
    ("网点", "site"),
    ("寄件人", "s_name"),
    ("寄件人手机", "s_phone"),
    ("收件人", "r_name"),
    ("收件人手机", "r_phone"),
    ("收件地址", "r_addr"),
    ("物品", "goods"),
    ("重量", "weight"),
    ("订单号", "order"),
)
_REGISTRY_SHEET = (("序号", "serial"), ("姓名", "name"), ("身份证号", "id"), ("手机号", "phone"))
_REFUNDS = (
    ("运单号", "tracking"),
    ("户名", "name"),
    ("联系电话", "phone"),
    ("银行卡号", "card"),
    ("金额", "amount"),
)
_CHECKED = (("序号", "serial"), ("姓名", "name"), ("身份证号码", "id"), ("运单号", "tracking"))
_NOTICE = (("运单号", "tracking"), ("收件人", "r_name"), ("联系电话", "r_phone"), ("收件地址", "r_addr"))
_PROSE = (
    "以下运单在2026年6月签收异常，请收件人于15日内到网点领取，逾期按无着邮件处理。",
    "查询请登录网点公众号，或在营业时间（09:00-18:00）到义乌福田集散点柜台办理，批次 902667457100212。",
    "本公告自2026-07-01起公示，订单尾号 2458、运单共计一千余件，解释权归网点所有。",
)
#: Identity numbers absent, clear, masked after three, masked after six, wrong check character.
_ID_SHARES = {"sheet": (0.0, 0.74, 0.12, 0.12, 0.02), "list": (0.0, 0.45, 0.05, 0.48, 0.02)}


def _shares(rows: int) -> dict[str, int]:
    """Return the rows of each file; the first takes what the others leave."""
    sizes = {
        BOM_CSV: rows * 250 // 1000,
        JSONL: rows * 150 // 1000,
        SQL: rows * 125 // 1000,
        "sheet": rows * 45 // 1000,
        "registry": rows * 15 // 1000,
        PAGE: rows * 75 // 10_000,
        DOCUMENT: rows * 3 // 1000,
        PDF: max(rows * 2 // 1000, 90),
        EXTRA: max(rows * 25 // 10_000, 10),
    }
    return {GB_CSV: rows - sum(sizes.values())} | sizes


class _Leak:
    """The folder being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.planted = Planted()
        self.bytes: dict[str, bytes] = {}

    def write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        if name in {WORKBOOK, DOCUMENT, PAGE}:
            self.bytes[name] = data

    def text(
        self, name: str, rows: Rows, head: str, tail: str = "", *, first: int, bom: bool = False
    ) -> None:
        start = (b"\xef\xbb\xbf" if bom else b"") + head.encode()
        self.write(name, b"".join((start, raw(rows.text), tail.encode())))
        self.planted.add(rows, name, first_number=first, body_at=len(start))


def _write_texts(leak: _Leak, waybills: Mapping[str, Batch]) -> None:
    rows = plain.csv_rows(waybills[GB_CSV], plain.GB_COLUMNS, "\r\n")
    head = plain.csv_head(plain.GB_COLUMNS, "\r\n").encode("gb18030")
    leak.write(GB_CSV, head + raw(rows.text).decode().encode("gb18030"))
    leak.planted.add(rows, GB_CSV, first_number=2, body_at=len(head), width=2)
    rows = plain.csv_rows(waybills[BOM_CSV], plain.BOM_COLUMNS, "\n")
    leak.text(BOM_CSV, rows, plain.csv_head(plain.BOM_COLUMNS, "\n"), first=2, bom=True)
    leak.text(JSONL, plain.jsonl_rows(waybills[JSONL]), "", first=1)
    leak.text(SQL, plain.sql_rows(waybills[SQL]), plain.sql_head(), plain.SQL_TAIL, first=1)


def _write_office(leak: _Leak, waybills: Mapping[str, Batch], rng: np.random.Generator, pool: Pool) -> None:
    sizes = {name: len(batch["tracking"].text) for name, batch in waybills.items()}
    registry = make_registry(rng, pool, sizes["registry"], id_shares=_ID_SHARES["sheet"])
    sheets = [
        office.Sheet("运单", _WAYBILL_SHEET, waybills["sheet"]),
        office.Sheet("实名登记", _REGISTRY_SHEET, registry),
    ]
    written = [(sheet, office.sheet_rows(sheet)) for sheet in sheets]
    leak.write(WORKBOOK, office.workbook(written))
    leak.planted.add(written[0][1], WORKBOOK, first_number=2)
    leak.planted.add(written[1][1], WORKBOOK, first_number=2, first_record=sizes["sheet"] + 1)

    refunds = make_registry(rng, pool, sizes[DOCUMENT], id_shares=_ID_SHARES["list"])
    rows = office.document_rows(_REFUNDS, refunds)
    leak.write(DOCUMENT, office.document("代收货款退款名单", "请于三个工作日内核对。", _REFUNDS, rows))
    leak.planted.add(rows, DOCUMENT, first_number=2)

    checked = make_registry(rng, pool, sizes[PDF], id_shares=_ID_SHARES["list"])
    rows = office.list_rows(_CHECKED, checked)
    leak.write(PDF, office.pdf_list("实名寄件抽查名单公示", _CHECKED, rows))
    leak.planted.add(rows, PDF, per_number=office.PAGE_ROWS, exact=False)

    rows = office.page_rows(_NOTICE, waybills[PAGE])
    leak.write(PAGE, office.page("签收异常公告", _PROSE, _NOTICE, rows))
    leak.planted.add(rows, PAGE, first_number=2)


def _write_archives(leak: _Leak, extra: Batch, rng: np.random.Generator, pool: Pool) -> None:
    rows = plain.csv_rows(extra, plain.BOM_COLUMNS, "\n")
    head = plain.csv_head(plain.BOM_COLUMNS, "\n").encode()
    members = [(f"2026-06/{name}", leak.bytes[name]) for name in (WORKBOOK, DOCUMENT, PAGE)]
    leak.write(BACKUP, zip_bytes([*members, (EXTRA, head + raw(rows.text))]))
    for name in (WORKBOOK, DOCUMENT, PAGE):
        leak.planted.add_copy(name, BACKUP, f"2026-06/{name}")
    leak.planted.add(rows, BACKUP, member=EXTRA, first_number=2, body_at=len(head))
    secret = "客户,等级\n" + "".join(f"客户{n:04d},{'ABC'[n % 3]}\n" for n in range(200))
    password = rng.bytes(12)
    leak.write(
        LOCKED, encrypted_zip("客户名单.csv", secret.encode(), password=password, header=rng.bytes(11))
    )
    registry = make_registry(rng, pool, 300, id_shares=_ID_SHARES["sheet"])
    sheet = office.Sheet("实名登记", _REGISTRY_SHEET, registry)
    book = office.workbook([(sheet, office.sheet_rows(sheet))])
    leak.write(LOCKED_BOOK, locked(book, password=rng.bytes(12).hex(), entropy=rng.bytes))
    leak.write(UNKNOWN, rng.bytes(65_536))
    leak.write(EMPTY, b"")


def _prepare(folder: Path, rows: int) -> None:
    if rows < LEAST_ROWS:
        raise DemoError(
            "demo.too-few-rows",
            zh=f"行数过少：{rows}",
            en=f"too few rows: {rows}",
            remedy_zh=f"至少需要 {LEAST_ROWS} 行",
            remedy_en=f"ask for at least {LEAST_ROWS} rows",
        )
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DemoError(
            "demo.folder-not-empty",
            zh="目标文件夹不是空的",
            en="the folder is not empty",
            where=str(folder),
            remedy_zh="请换一个空文件夹，以免混入其他文件",
            remedy_en="choose an empty folder, so that nothing else gets mixed in",
        )


def generate(folder: Path, seed: int = 20260701, rows: int = 200_000, *, truth: Path | None = None) -> Truth:
    """Write a leak of ``rows`` courier waybills into ``folder`` and its truth beside it.

    The same seed, rows and library versions give the same bytes. Nothing in the files is real: numbers
    come from the seed, words from short lists, carriers and roads are invented.

    Args:
        folder: Empty or absent folder for the material.
        seed: Seed of all choices.
        rows: Records in all files together, copies left out.
        truth: Where to write the table of planted values; by default ``truth.parquet`` beside ``folder``.

    Returns:
        The summary of what was planted.

    Raises:
        DemoError: The folder is not empty, or ``rows`` is below :data:`LEAST_ROWS`.
    """
    _prepare(folder, rows)
    rng = np.random.default_rng(seed)
    pool = make_pool(rng, max(rows * 6 // 10, 300))
    every = make_waybills(rng, pool, rows)
    waybills: dict[str, Batch] = {}
    first = 0
    for name, size in _shares(rows).items():
        waybills[name] = {key: field.select(first, first + size) for key, field in every.items()}
        first += size
    leak = _Leak(folder)
    _write_texts(leak, waybills)
    _write_office(leak, waybills, rng, pool)
    _write_archives(leak, waybills[EXTRA], rng, pool)

    entries = leak.planted.entries
    table = leak.planted.table()
    path = folder.parent / "truth.parquet" if truth is None else truth
    _save(table, path)
    distinct, repeated = count_distinct(entries)
    sizes = _shares(rows)
    copied = sizes["sheet"] + sizes["registry"] + sizes[DOCUMENT] + sizes[PAGE]
    return Truth(
        path=path,
        seed=seed,
        rows=rows,
        files=tuple(sorted(p.name for p in folder.iterdir())),
        unreadable=(LOCKED, LOCKED_BOOK, UNKNOWN),
        values=table.num_rows,
        kinds=count_kinds(entries),
        persons=count_persons(entries),
        distinct=distinct,
        repeated={**repeated, "record": copied},
        decoys=count_decoys(entries),
        recipients=count_recipients([waybills[name] for name in (GB_CSV, BOM_CSV, JSONL, SQL, EXTRA)]),
    )


def small(folder: Path, seed: int = 20260701, rows: int = 2000, *, truth: Path | None = None) -> Truth:
    """Write a small leak for tests; see :func:`generate`."""
    return generate(folder, seed, rows, truth=truth)


def _save(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
