"""Office documents of every age: Word, WPS, OpenDocument, RTF, presentations, Outlook messages, and what they embed."""

from __future__ import annotations

import io
import itertools
import struct
import zipfile

import docx
import pytest
from odf.opendocument import OpenDocumentText
from odf.table import Table, TableCell, TableRow
from odf.text import P, Tab
from pptx import Presentation
from pptx.util import Inches

from qingyuan.pii.readers import _ocr
from qingyuan.pii.readers._msg import decompressed_rtf
from tests.pii.readers.cfb import compound
from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, places, read

BODY = "起诉书\r电话13800138000\r姓名\x07电话\x07\x07张三\x0713900139000\x07\x07尾\r"
HEADER = "页眉13600136000\r"


def word(*, encrypted: bool = False, pieces: int = 3) -> dict[str, bytes]:
    """Return the streams of a Word document whose text lies in several pieces, one of them of single bytes."""
    text = BODY + HEADER
    cut = sorted({0, len(text), *(len(text) * k // pieces for k in range(1, pieces))})
    body, places_, ends = b"", [], [0]
    for start, stop in itertools.pairwise(cut):
        part = text[start:stop]
        at = 1024 + len(body)
        if part.isascii():
            places_.append(at * 2 | 0x40000000)
            body += part.encode("latin-1")
        else:
            places_.append(at)
            body += part.encode("utf-16-le")
        ends.append(stop)
    table = struct.pack(f"<{len(ends)}I", *ends) + b"".join(struct.pack("<HIH", 0, one, 0) for one in places_)
    clx = b"\x01" + struct.pack("<H", 4) + b"abcd" + b"\x02" + struct.pack("<I", len(table)) + table
    fib = bytearray(1024)
    struct.pack_into("<HH6xH", fib, 0, 0xA5EC, 0xC1, 0x0200 | 0x0100 * encrypted)
    struct.pack_into("<8i", fib, 76, len(BODY), 0, len(HEADER), 0, 0, 0, 0, 0)
    struct.pack_into("<II", fib, 0x1A2, 32, len(clx))
    return {"WordDocument": bytes(fib) + body, "1Table": bytes(32) + clx}


@pytest.mark.parametrize("pieces", [1, 2, 9])
@pytest.mark.parametrize("ending", ["doc", "wps"])
def test_word_text_is_read_through_its_pieces(pieces: int, ending: str) -> None:
    cells, unread = read(compound(word(pieces=pieces)), f"a.{ending}")
    assert codes(unread) == []
    found = places(cells)
    assert found["paragraph 2"] == "电话13800138000"
    assert found["paragraph 3"] == "尾"
    assert found["table 1!B2"] == "13900139000"
    assert found["header paragraph 1"] == "页眉13600136000"
    assert [c.column for c in cells if c.text == "13900139000"] == ["电话"]


def test_an_encrypted_or_cut_off_word_document_is_named() -> None:
    assert codes(read(compound(word(encrypted=True)), "a.doc")[1]) == ["encrypted"]
    streams = word(pieces=1)
    streams["WordDocument"] = streams["WordDocument"][:-20]
    cells, unread = read(compound(streams), "a.doc")
    assert codes(unread) == ["truncated"]
    assert "电话13800138000" in {c.text for c in cells}


def record(kind: int, body: bytes, *, container: bool = False, instance: int = 0) -> bytes:
    return struct.pack("<HHI", (0xF if container else 0) | instance << 4, kind, len(body)) + body


def powerpoint() -> dict[str, bytes]:
    listed = (
        record(0x3F3, bytes(20))
        + record(0xFA0, "标题13800138000".encode("utf-16-le"))
        + record(0x3F3, bytes(20))
    )
    slide = record(0xF00D, record(0xFA8, b"13900139000\r13700137000"), container=True)
    return {
        "PowerPoint Document": record(0xFF0, listed, container=True) + record(0x3EE, slide, container=True),
        "Current User": struct.pack("<HHIII", 0, 0xFF6, 20, 20, 0xE391C05F) + bytes(16),
    }


def test_slides_of_old_presentations_are_placed() -> None:
    cells, unread = read(compound(powerpoint()), "a.dps")
    assert codes(unread) == []
    assert [(c.place, c.text) for c in cells] == [
        ("slide 1 paragraph 1", "标题13800138000"),
        ("slide 1 paragraph 2", "13900139000"),
        ("slide 1 paragraph 3", "13700137000"),
    ]


def presentation() -> bytes:
    made = Presentation()
    for number in range(2):
        slide = made.slides.add_slide(made.slide_layouts[5])
        slide.shapes.title.text = f"第{number + 1}页13800138000"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for (row, column), text in {
        (0, 0): "姓名",
        (0, 1): "电话",
        (1, 0): "张三",
        (1, 1): "13900139000",
    }.items():
        table.cell(row, column).text = text
    slide.notes_slide.notes_text_frame.text = "备注13700137000"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_slides_tables_and_notes_are_placed() -> None:
    cells, unread = read(presentation(), "a.pptx")
    assert codes(unread) == []
    found = places(cells)
    assert found["slide 1 paragraph 1"] == "第1页13800138000"
    assert found["slide 2 table 1!B2"] == "13900139000"
    assert found["slide 2 notes paragraph 1"] == "备注13700137000"
    assert [c.column for c in cells if c.text == "13900139000"] == ["电话"]


def opendocument() -> bytes:
    made = OpenDocumentText()
    paragraph = P(text="电话")
    paragraph.addElement(Tab())
    paragraph.addText("13800138000")
    made.text.addElement(paragraph)
    table = Table()
    for texts in [("姓名", "电话"), ("张三", "13900139000")]:
        row = TableRow()
        for text in texts:
            cell = TableCell()
            cell.addElement(P(text=text))
            row.addElement(cell)
        table.addElement(row)
    made.text.addElement(table)
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()


def test_opendocument_text_is_placed() -> None:
    cells, unread = read(opendocument(), "a.odt")
    assert codes(unread) == []
    assert places(cells) | {"paragraph 1": "电话\t13800138000", "table 1!B2": "13900139000"} == places(cells)
    survives(opendocument(), "a.odt", times=30)


def gb(text: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode("gb18030"))


RTF = (
    r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}{\f1\fcharset136 MingLiU;}}{\info{\author 13100131000}}"
    r"{\header 13600136000\par}"
    rf"\f0 {gb('电话')}138\b 0013\b0 8000\par \uc1\u30005?\u-29731?13900139000\line x{{\footnote 13500135000}}y\par"
    r"{\f1 \'b9\'71\'b8\'dc13700137000}\par{\*\generator secret13400134000;}{\pict\pngblip 89504e47}"
    rf"\trowd\intbl {gb('姓名')}\cell {gb('电话')}\cell\row\trowd\intbl {gb('张三')}\cell 13300133000\cell\row\pard\bin4 {{{{}}}}end\par}}"
)


def test_rich_text_is_decoded_by_code_page_font_and_number() -> None:
    cells, unread = read(RTF.encode("latin-1"), "a.rtf")
    assert codes(unread) == ["pictures-inside"]
    texts = [c.text for c in cells if c.place.startswith("paragraph")]
    assert texts == [
        "13100131000",
        "13600136000",
        "电话13800138000",
        "13500135000",
        "电话13900139000\nxy",
        "電話13700137000",
        "end",
    ]
    assert places(cells)["table 1!B2"] == "13300133000"
    assert [c.column for c in cells if c.text == "13300133000"] == ["电话"]
    survives(RTF.encode("latin-1"), "a.rtf")


def outlook() -> dict[str, bytes]:
    wide = str.encode
    rtf = b"{\\rtf1\\ansi 13400134000}"
    plain = struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf
    attach = "__attach_version1.0_#00000000"
    return {
        "__properties_version1.0": bytes(32),
        "__substg1.0_0037001F": wide("名单13800138000", "utf-16-le"),
        "__substg1.0_1000001E": "正文13900139000".encode("gbk"),
        "__substg1.0_10130102": b"<html><p>13700137000</p></html>",
        "__substg1.0_10090102": plain,
        "__recip_version1.0_#00000000/__substg1.0_39FE001F": wide("li@example.test", "utf-16-le"),
        f"{attach}/__substg1.0_3707001F": wide("名单.csv", "utf-16-le"),
        f"{attach}/__substg1.0_37010102": "姓名,电话\n王五,13600136000\n".encode("gbk"),
    }


def test_outlook_messages_are_read_with_their_attachments() -> None:
    cells, unread = read(compound(outlook()), "a.msg")
    assert codes(unread) == []
    at = {c.text: (c.member, c.place, c.column) for c in cells}
    assert at["名单13800138000"] == (None, "header Subject", "Subject")
    assert at["li@example.test"] == (None, "recip 1 header To", "To")
    assert at["正文13900139000"][0] == "body"
    assert at["13700137000"][0] == "body.html"
    assert at["13400134000"][:2] == ("body.rtf", "paragraph 1")
    assert at["13600136000"] == ("名单.csv", "line 2", "电话")


def test_compressed_rich_text_is_unpacked_as_published() -> None:
    # The two examples of MS-OXRTFCP 3.1 and 3.2.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompressed_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompressed_rtf(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def with_media() -> bytes:
    made = docx.Document()
    made.add_paragraph("正文")
    out = io.BytesIO()
    made.save(out)
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("a.csv", "姓名,电话\n张三,13800138000\n")
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/embeddings/data.zip", sheet.getvalue())
        archive.writestr("word/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(5000))
        native = struct.pack("<IH", 0, 2) + b"a.csv\0C:\\a.csv\0" + bytes(4) + struct.pack("<I", 3) + b"tmp"
        held = "电话,姓名\n13900139000,李四\n".encode()
        native += struct.pack("<I", len(held)) + held
        archive.writestr("word/embeddings/ole.bin", compound({"\x01Ole10Native": native}))
    return out.getvalue()


def test_embedded_files_are_read_and_pictures_are_named_without_recognition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_ocr, "installed", lambda: False)
    cells, unread = read(with_media(), "a.docx")
    assert codes(unread) == ["pictures-inside"]
    at = {c.text: c.member for c in cells}
    assert at["13800138000"] == "word/embeddings/data.zip/a.csv"
    assert at["13900139000"] == "word/embeddings/ole.bin/a.csv"


@pytest.mark.parametrize(
    ("streams", "name"),
    [(word(), "a.doc"), (powerpoint(), "a.ppt"), (outlook(), "a.msg")],
    ids=["doc", "ppt", "msg"],
)
def test_damaged_compound_files_end_in_cells_or_sentences(streams: dict[str, bytes], name: str) -> None:
    survives(compound(streams), name, times=80)


def test_damaged_presentations_end_in_cells_or_sentences() -> None:
    survives(presentation(), "a.pptx", times=30)
