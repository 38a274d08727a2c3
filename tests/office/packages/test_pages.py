"""The members of a package for people: one page whatever the names, and a list no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pypdfium2
import pytest

from qingyuan.evidence import Office, PackageExhibit, Withheld
from qingyuan.office.packages.pages import pages
from tests.evidence.packing import SmallOffice, new_office, small_office, stamped_source

LONG = "非常非常长的名称与Very-Long-Words" * 8


def texts(pdf: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(pdf)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in opened]
    finally:
        opened.close()


def crowded() -> SmallOffice:
    office = new_office("crowded")
    for number in range(30):
        office.take(f"{number}".encode(), f"{LONG}{number}.txt")
    office.exhibits[:9] = [
        PackageExhibit(each.signed, withheld=Withheld(LONG, LONG)) for each in office.exhibits[:9]
    ]
    office.transfer()
    return office


def test_the_page_about_the_package_is_one_page_whatever_the_names() -> None:
    source = replace(crowded().source(), title=LONG, office=Office("1", LONG), matter="M" * 128)
    made = pages(source)
    assert len(texts(made["说明.pdf"])) == 1
    assert len(texts(made["证据清单.pdf"])) > 1


def test_every_exhibit_stands_in_both_lists_with_its_digests() -> None:
    office = small_office()
    made = pages(stamped_source(office))
    printed = "".join(texts(made["证据清单.pdf"]))
    rows = list(csv.DictReader(io.StringIO(made["证据清单.csv"].decode("utf-8-sig"))))
    assert [row["序号"] for row in rows] == ["1", "2", "3"]
    for exhibit in office.exhibits:
        m = exhibit.signed.manifest
        assert m.id in printed
        assert m.sha256 in printed
        assert [(row["SHA-256"], row["SM3"]) for row in rows if row["编号"] == m.id] == [(m.sha256, m.sm3)]
    (about,) = texts(made["说明.pdf"])
    assert "5个，其中检查点3个" in about
    assert "附后" in about


def test_the_lists_follow_the_collection_and_tell_where_each_came_from() -> None:
    office = new_office("order")
    names = [f"{number}.txt" for number in (5, 3, 9, 1)]
    for name in names:
        office.take(name.encode(), name)
    office.transfer()
    made = pages(replace(office.source(), matter="L2026-0001"))
    rows = list(csv.DictReader(io.StringIO(made["证据清单.csv"].decode("utf-8-sig"))))
    assert [row["名称"] for row in rows] == names
    (about,) = texts(made["说明.pdf"])
    places = [about.index(f"/mnt/u/{name}") for name in names]
    assert places == sorted(places)
    assert "线索Lead" in about
    assert "总案" not in about


def test_a_list_too_long_to_print_goes_on_in_the_csv_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingyuan.office.packages.pages._PRINTED", 2)
    made = pages(small_office().source())
    assert "其余1件见证据清单.csv" in "".join(texts(made["证据清单.pdf"]))
    assert len(made["证据清单.csv"].splitlines()) == 4


def test_no_cell_is_a_formula_and_no_name_breaks_a_line() -> None:
    office = new_office("cells")
    for name in ("=1+1.csv", "+a.csv", "-a.csv", "@a.csv", 'a"b,c\r\nd.csv'):
        office.take(name.encode(), name)
    office.transfer()
    data = pages(office.source())["证据清单.csv"].decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data)))
    assert len(rows) == len(data.splitlines()) == 6
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert {"'=1+1.csv", 'a"b,c d.csv'} <= {row[2] for row in rows}


def test_the_same_source_gives_the_same_bytes() -> None:
    source = stamped_source(small_office())
    shuffled = replace(source, exhibits=source.exhibits[::-1])
    assert pages(source) == pages(shuffled)
    later = replace(source, made_at=datetime(2026, 3, 10, tzinfo=timezone(timedelta(hours=8))))
    assert pages(later)["说明.pdf"] != pages(source)["说明.pdf"]
