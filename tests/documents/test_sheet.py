"""Working sheets: the same words as PDF, HTML and text, whatever characters they hold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pypdfium2
import pytest

from qingyuan.documents import DocumentError
from qingyuan.documents._coverage import MISSING, covered, shown
from qingyuan.documents.fonts import FontSet, default_fonts, with_rare
from qingyuan.documents.pdf import embedded_fonts
from qingyuan.documents.sheet import Section, Sheet, SheetTable, sheet_html, sheet_pdf, sheet_text

DIGEST = "6b8067e3ddd3f5c82c90714b9d8c22db2cc964fd9c06cc3675cd4293738e3271"


def sheet(name: str = "名单.csv", rows: int = 2) -> Sheet:
    table = SheetTable(("编号 Id", "摘要 Digest"), tuple((f"X{n}", DIGEST) for n in range(rows)), (1, 4))
    return Sheet(
        title="证据清单",
        subtitle="List of exhibits",
        author="某市人民检察院",
        issued="2026-03-09T17:00:00+08:00",
        facts=(("名称 Name", name), ("SM3", DIGEST), ("件数", str(rows))),
        sections=(Section("一、材料", ("说明一段。",), table), Section("二、其他")),
        signatures=("移送人 Handed over by", "日期 Date"),
        footer="页脚",
    )


def words(pdf: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(pdf)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in opened]
    finally:
        opened.close()


def test_all_three_forms_hold_every_word() -> None:
    made = sheet()
    forms = ["".join(sheet_text(made).split()), "".join(sheet_html(made).split()), words(sheet_pdf(made))[0]]
    for text in forms:
        for part in (
            made.title,
            "名单.csv",
            DIGEST,
            "说明一段。",
            "一、材料",
            "移送人",
            "页脚",
        ):
            assert "".join(part.split()) in text, part


def test_the_same_sheet_gives_the_same_bytes_and_its_fonts_are_embedded() -> None:
    pdf = sheet_pdf(sheet())
    assert pdf == sheet_pdf(sheet())
    assert pdf != sheet_pdf(sheet("其他.csv"))
    assert embedded_fonts(pdf)
    assert all(embedded_fonts(pdf).values())


def test_a_long_table_goes_on_and_every_page_is_numbered() -> None:
    pages = words(sheet_pdf(sheet(rows=150)))
    assert len(pages) > 1
    assert all(page.endswith(f"{number}/{len(pages)}") for number, page in enumerate(pages, 1))
    assert "X149" in pages[-1]


@pytest.mark.parametrize(
    "name",
    ["收据🧾.png", "\u202egpj.exe", "𠮷野家", "a\x01b", "\ue000", "#set page(width: 1pt)", "*粗* `x` $y$"],
)
def test_any_name_can_be_printed_and_none_is_markup(name: str) -> None:
    made = sheet(name)
    assert "".join(shown(name, with_rare(default_fonts())).split()) in words(sheet_pdf(made))[0].replace(
        "\ufffe", ""
    )
    assert len(words(sheet_pdf(made))) == 1


def test_names_are_no_html() -> None:
    text = sheet_html(sheet("<script>alert(1)</script>&\"'"))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_what_the_fonts_lack_is_shown_by_the_mark_for_it() -> None:
    fonts = default_fonts()
    known = covered(fonts)
    assert {ord(c) for c in "检察院Aa0〓—“”"} <= known
    assert not {ord("🧾"), 0x202E, 0xE000} & known
    assert shown("a🧾\n检\x01", fonts) == f"a{MISSING}\n检{MISSING}"
    assert shown("𠮷\ue000", with_rare(fonts)) == f"𠮷{MISSING}"


def test_a_sheet_for_fonts_that_are_not_there_is_refused(tmp_path: Path) -> None:
    absent = FontSet("No Such Font", "No Such Font", "No Such Font", (tmp_path,))
    with pytest.raises(DocumentError):
        sheet_pdf(msgspec.structs.replace(sheet(), title="x"), absent)


def test_a_column_of_numbers_is_known_and_one_of_dashes_is_not() -> None:
    rows = (("甲", "1,234", "—", "—"), ("2", "—", "—", "50.4%"))
    assert SheetTable(("a", "b", "c", "d"), rows, (1, 1, 1, 1)).numbers == (False, True, False, True)


def test_a_process_whose_folder_is_gone_still_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = sheet_pdf(sheet())
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert sheet_pdf(sheet()) == known
