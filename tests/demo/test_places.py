"""The truth table says what really stands in the files."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections import Counter

import pytest

from tests.demo.conftest import Leak
from tests.demo.reading import Row, cell_key

HAN = r"[\u4e00-\u9fff]"
SHAPES = {
    ("resident-id", False): r"\d{17}[\dX]",
    ("resident-id", True): r"\d{3}\*{11}\d{3}[\dX]|\d{6}\*{8}\d{3}[\dX]",
    ("mobile", False): r"(\+86 )?1\d{2}([ -]?)\d{4}\2\d{4}",
    ("mobile", True): r"1\d{2}\*{4}\d{4}",
    ("bank-card", False): r"62\d{14}|62\d{17}",
    ("bank-card", True): r"62\d{2}\*{8}\d{4}",
    ("name", False): rf"{HAN}{{2,4}}",
    ("name", True): rf"{HAN}{{1,2}}\*{HAN}?",
    ("address", False): rf"{HAN}+\d+号{HAN}+\d+幢\d单元\d+室",
    ("address", True): rf"{HAN}+[市区]\*{{4}}",
    ("privacy-number", False): r"95013\d{7}转\d{4}",
    ("landline", False): r"0\d{2,3}-8\d{7}",
    ("email", False): r"[a-z]{6}\d\d@[a-z.]+",
}
DECOYS = {
    "order-number-luhn": r"62\d{17}",
    "timestamp-ms": r"178\d{10}",
    "batch-number-15": r"9\d{14}",
    "wrong-check-digit": r"\d{17}[\dX]",
}
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def value(leak: Leak, row: Row) -> str:
    text = leak.cells[cell_key(row)]
    return unicodedata.normalize("NFKC", text[row["start"] : row["end"]])


def id_is_right(number: str) -> bool:
    total = sum(int(c) * w for c, w in zip(number, ID_WEIGHTS, strict=False))
    return number[17] == "10X98765432"[total % 11]


def luhn_is_right(number: str) -> bool:
    doubled = [int(c) * (2 - i % 2) for i, c in enumerate(number[-2::-1])]
    return (sum(d // 10 + d % 10 for d in doubled) + int(number[-1])) % 10 == 0


def exact(leak: Leak) -> list[Row]:
    return [row for row in leak.rows if row["start"] is not None]


def test_every_value_stands_at_its_place_and_has_its_shape(leak: Leak) -> None:
    seen = set()
    for row in exact(leak):
        shape = DECOYS[row["decoy_type"]] if row["decoy_type"] else SHAPES[row["kind"], row["masked"]]
        assert re.fullmatch(shape, value(leak, row)), row
        seen.add(row["decoy_type"] or (row["kind"], row["masked"]))
    assert seen == SHAPES.keys() | DECOYS.keys()


def test_names_addresses_and_telephone_cells_are_planted_whole_and_none_is_forgotten(leak: Leak) -> None:
    planted = {cell_key(row) for row in leak.rows}
    mine = re.compile(
        "|".join(f"(?:{SHAPES[k]})" for k in SHAPES if k[0] in {"resident-id", "mobile", "landline"})
    )
    for key, text in leak.cells.items():
        if mine.fullmatch(unicodedata.normalize("NFKC", text)):
            assert key in planted


def test_byte_offsets_cut_the_same_value_out_of_the_file(leak: Leak) -> None:
    contents: dict[tuple[str, str | None], bytes] = {}
    checked = Counter[str]()
    for row in exact(leak):
        if row["byte_start"] is None:
            continue
        where = row["file"], row["member"]
        if where not in contents:
            path = leak.folder / row["file"]
            if row["member"] is None:
                contents[where] = path.read_bytes()
            else:
                contents[where] = zipfile.ZipFile(path).read(row["member"])
        raw = contents[where][row["byte_start"] : row["byte_end"]]
        encoding = "gb18030" if row["file"].startswith("面单导出") else "utf-8"
        assert unicodedata.normalize("NFKC", raw.decode(encoding)) == value(leak, row), row
        checked[row["file"]] += 1
    assert len(checked) == 5


def test_clear_numbers_pass_their_check_digit_and_wrong_ones_do_not(leak: Leak) -> None:
    for row in exact(leak):
        if row["masked"]:
            continue
        if row["kind"] == "resident-id" and row["decoy_type"] != "batch-number-15":
            assert id_is_right(value(leak, row)) != row["decoy"]
        if row["kind"] == "bank-card":
            assert luhn_is_right(value(leak, row))


def test_about_a_tenth_of_the_order_numbers_pass_as_bank_cards(leak: Leak) -> None:
    orders = [
        text for key, text in leak.cells.items() if re.fullmatch(r"(62|2026)\d+", text) and len(text) == 19
    ]
    orders = [o for o in orders if o.startswith(("2026", "62"))]
    decoys = [row for row in leak.rows if row["decoy_type"] == "order-number-luhn"]
    copies = [row for row in decoys if row["member"]]
    assert 0.07 < (len(decoys) - len(copies)) / leak.truth.rows < 0.13
    assert len(orders) > len(decoys)


def test_the_list_in_the_pdf_names_each_page(leak: Leak) -> None:
    rows = [row for row in leak.rows if row["start"] is None]
    pages = {row["place"] for row in rows}
    assert pages == {"page 1", "page 2", "page 3"}
    for page in pages:
        key = next(cell_key(row) for row in rows if row["place"] == page)
        text = leak.cells[key]
        ids = re.findall(rf"(?:{SHAPES['resident-id', True]})|\d{{17}}[\dX]", text)
        here = [row for row in rows if row["place"] == page]
        assert len(ids) == sum(row["kind"] == "resident-id" for row in here)
        assert sum("*" in i for i in ids) == sum(row["masked"] for row in here)
        wrong = sum(row["decoy"] for row in here)
        assert sum("*" not in i and not id_is_right(i) for i in ids) == wrong


@pytest.mark.parametrize("kind", ["resident-id", "bank-card"])
def test_a_person_keeps_one_number_in_all_files(leak: Leak, kind: str) -> None:
    clear = [r for r in exact(leak) if r["kind"] == kind and not r["masked"] and not r["decoy"]]
    pairs = {(row["person"], value(leak, row)) for row in clear}
    assert len(pairs) == len({p for p, _ in pairs}) == len({v for _, v in pairs})
    files: dict[int, set[str]] = {}
    for row in clear:
        files.setdefault(row["person"], set()).add(row["file"])
    assert any(len(names) > 2 for names in files.values())
