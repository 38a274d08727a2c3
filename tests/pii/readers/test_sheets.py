"""Workbooks: exact cells, full numbers, hidden sheets, hostile files."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from qingyuan.pii.readers._sheets import text
from tests.pii.readers.reading import codes, places, read


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "名单"
    sheet["B2"] = "客户名单"
    sheet["B3"], sheet["C3"], sheet["AB3"] = "姓名", "电话", "证件号码"
    sheet["B4"], sheet["C4"], sheet["AB4"] = "张三", 13800138000, "110101199001011237"
    sheet["B5"], sheet["C5"] = "李四", 13900139000.0
    hidden = book.create_sheet("隐藏")
    hidden.sheet_state = "veryHidden"
    hidden["A1"] = "13700137000"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_cells_are_placed_by_sheet_letters_and_number_hidden_sheets_included() -> None:
    cells, unread = read(workbook(), "a.xlsx")
    assert codes(unread) == []
    found = places(cells)
    assert found["sheet 名单!C4"] == "13800138000"
    assert found["sheet 名单!C5"] == "13900139000"
    assert found["sheet 名单!AB4"] == "110101199001011237"
    assert found["sheet 隐藏!A1"] == "13700137000"
    tel = next(c for c in cells if c.place == "sheet 名单!C4")
    assert (tel.column, tel.record, tel.table, tel.start) == ("电话", 1, "名单", None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.3800138e10, "13800138000"),
        (1.1010119900101123e17, "110101199001011232"),
        (1.5, "1.5"),
        (True, "TRUE"),
        (dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),  # noqa: DTZ001 -- a cell has no zone
        (dt.date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_values_are_written_in_full(value: float | str | dt.date, said: str) -> None:
    assert text(value) == said


def test_an_encrypted_workbook_is_named_and_says_what_to_ask_for() -> None:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook())).encrypt("secret", out)
    cells, unread = read(out.getvalue(), "a.xlsx")
    assert (cells, codes(unread)) == ([], ["encrypted"])
    assert "密码" in unread[0].remedy_zh


def replaced(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return out.getvalue()


def test_two_cells_far_apart_do_not_fill_the_memory() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
        b"</sheetData></worksheet>"
    )
    cells, unread = read(replaced("xl/worksheets/sheet1.xml", sheet), "a.xlsx")
    assert (cells, codes(unread)) == ([], ["sheet-too-large"])


def test_a_sheet_that_expands_like_a_bomb_is_refused() -> None:
    bomb = b"<worksheet><sheetData>" + b" " * (3 << 20) + b"</sheetData></worksheet>"
    cells, unread = read(replaced("xl/worksheets/sheet1.xml", bomb), "a.xlsx", ratio_from_bytes=1 << 20)
    assert (cells, codes(unread)) == ([], ["archive-ratio"])


def test_one_damaged_sheet_does_not_hide_the_other() -> None:
    cells, unread = read(replaced("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "a.xlsx")
    assert "13700137000" in {c.text for c in cells}
    assert codes(unread) == ["corrupt"]


def ods(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", "<manifest/>")
        parts.writestr(
            "content.xml",
            '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="表">{body}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return out.getvalue()


CELL = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'


def test_an_ods_sheet_is_read_and_trailing_repetition_is_harmless() -> None:
    row = f"<table:table-row>{CELL.format('', '姓名')}{CELL.format('', '13800138000')}</table:table-row>"
    empty = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    cells, unread = read(ods(row + empty), "a.ods")
    assert codes(unread) == []
    assert places(cells) == {"sheet 表!A1": "姓名", "sheet 表!B1": "13800138000"}


def test_an_ods_cell_repeated_without_end_is_refused() -> None:
    repeated = CELL.format(' table:number-columns-repeated="16384"', "x")
    cells, unread = read(
        ods(f'<table:table-row table:number-rows-repeated="1048576">{repeated}</table:table-row>'), "a.ods"
    )
    assert (cells, codes(unread)) == ([], ["sheet-too-large"])


def test_an_ods_that_breaks_off_is_named_instead_of_waited_for() -> None:
    cells, unread = read(
        ods("<table:table-row>" + CELL.format("", "x") + "</table:table-row><table:table-row"), "a.ods"
    )
    assert (cells, codes(unread)) == ([], ["corrupt"])


def beside() -> bytes:
    """Return a workbook that says numbers everywhere but in the values of its cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "名 单"
    sheet["A1"], sheet["B2"], sheet["B3"] = "姓名", '=CONCATENATE("电话","13800138000")', "=SUM(A1:A2)"
    sheet["A1"].comment = Comment("家属 13900139000", "王五")
    sheet["C4"] = "链接"
    sheet["C4"].hyperlink = "https://example.test/?tel=13700137000"
    assert sheet.oddHeader is not None
    sheet.oddHeader.center.text = "热线 13600136000"
    rule = DataValidation(
        type="list", formula1='"13500135000,否"', prompt="致电13400134000", showInputMessage=True
    )
    rule.add("D5")
    sheet.add_data_validation(rule)
    book.defined_names["热线"] = DefinedName("热线", attr_text='"13300133000"')
    book.properties.description = "联系 13100131000"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_what_stands_beside_the_values_of_cells_is_read_with_its_place() -> None:
    cells, unread = read(beside(), "a.xlsx")
    assert codes(unread) == []
    found = places(cells)
    assert found["sheet 名 单!B2 formula"] == 'CONCATENATE("电话","13800138000")'
    assert found["sheet 名 单!A1 comment"] == "家属 13900139000"
    assert found["sheet 名 单!C4 link"] == "https://example.test/?tel=13700137000"
    assert "13600136000" in found["sheet 名 单 oddHeader"]
    assert {"13500135000", "13400134000"} <= set(re.findall(r"\d{11}", found["sheet 名 单!D5 list"]))
    assert found["name 热线"] == '"13300133000"'
    assert found["properties description"] == "联系 13100131000"
    assert "sheet 名 单!B3 formula" not in found


def test_a_formula_whose_value_shows_what_it_holds_is_not_read_twice() -> None:
    raw = replaced(
        "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="str"><f>"13800138000"</f><v>13800138000</v></c></row></sheetData></worksheet>',
    )
    assert [c.place for c in read(raw, "a.xlsx")[0] if "13800138000" in c.text] == ["sheet 名单!A1"]


def test_annotations_of_an_ods_sheet_have_the_place_of_their_cell() -> None:
    raw = ods(
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="string">'
        "<office:annotation><text:p>注 138<text:span>0013</text:span>8000</text:p></office:annotation><text:p>值</text:p>"
        "</table:table-cell></table:table-row>"
    )
    assert places(read(raw, "a.ods")[0])["sheet 表!C3 comment"] == "注 13800138000"
