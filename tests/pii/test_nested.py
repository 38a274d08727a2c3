r"""Values inside the cells of tables: JSON, percent escapes and ``\u`` escapes, put back to the bytes they were written with."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

import pytest

from qingyuan.pii import engine
from qingyuan.pii._kernel import flags as f
from qingyuan.pii.mask import masked
from qingyuan.pii.readers import read
from tests.pii.generator import Maker

KEY = bytes(range(32))
NAMES = ["王建国", "李秀英", "陈大勇", "欧阳丽娟", "赵永生", "周海燕"]


def _table(header: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def _found(raw: bytes) -> list[tuple[str, str, str, int, int]]:
    """Return kind, place and column of every hit with its bytes in the file."""
    scan = engine.scan(read(io.BytesIO(raw), "t.csv"), KEY, "t.csv")
    return [
        (hit["kind"], hit["place"], hit["column"], hit["byte_start"], hit["byte_end"])
        for hit in scan.hits.to_pylist()
        if hit["state"] != "rejected"
    ]


def _said(raw: bytes, kind: str) -> list[tuple[str, str]]:
    """Return place and bytes of the hits of a kind."""
    return [(place, raw[low:high].decode()) for k, place, _, low, high in _found(raw) if k == kind]


@pytest.mark.parametrize("ascii_only", [False, True])
def test_names_in_json_cells_stand_where_they_are_written(ascii_only: bool) -> None:
    made = Maker(11)
    mobiles = [made.mobile() for _ in NAMES]
    cells = [
        json.dumps({"receiver": {"name": name, "tel": tel}, "id": 7}, ensure_ascii=ascii_only)
        for name, tel in zip(NAMES, mobiles, strict=True)
    ]
    raw = _table(["序号", "ext", "备注"], [[str(n), cell, "无"] for n, cell in enumerate(cells)])
    names = _said(raw, "name")
    assert [place for place, _ in names] == [f"line {n + 2}" for n in range(len(NAMES))]
    assert [json.loads(f'"{said}"') for _, said in names] == NAMES
    assert [said for _, said in _said(raw, "mobile")] == mobiles
    assert {column for _, _, column, _, _ in _found(raw)} == {"ext"}


def test_names_in_addresses_of_the_web_are_read_in_both_encodings() -> None:
    for encoding in ("utf-8", "gb18030"):
        cells = [f"https://a.example/x?name={quote_from_bytes(name.encode(encoding))}&n=1" for name in NAMES]
        raw = _table(["序号", "url"], [[str(n), cell] for n, cell in enumerate(cells)])
        assert [unquote_to_bytes(said).decode(encoding) for _, said in _said(raw, "name")] == NAMES


def test_an_escaped_cell_of_a_column_of_names_is_a_name() -> None:
    raw = _table(["序号", "姓名"], [[str(n), quote(name)] for n, name in enumerate(NAMES)])
    assert [unquote_to_bytes(said).decode() for _, said in _said(raw, "name")] == NAMES


def test_json_in_a_string_of_json_and_lists_of_people() -> None:
    inner = json.dumps([{"realName": one} for one in NAMES[:2]], ensure_ascii=False)
    raw = _table(["序号", "ext"], [["1", json.dumps({"more": inner}, ensure_ascii=False)], ["2", inner]])
    assert [said for _, said in _said(raw, "name")] == NAMES[:2] * 2


def test_a_cell_that_only_looks_so_is_read_in_its_column() -> None:
    raw = _table(
        ["序号", "姓名"], [[str(n), name] for n, name in enumerate(NAMES)] + [["9", "[无]"], ["10", "{%ZZ}"]]
    )
    assert [said for _, said in _said(raw, "name")] == NAMES


def test_an_example_shows_the_value_and_hides_it() -> None:
    raw = _table(["序号", "ext"], [["1", json.dumps({"name": NAMES[0]})]])
    part = engine.scan_part(read(io.BytesIO(raw), "t.csv"), KEY)
    shown = [e.excerpt for group in part.outline.groups for _, e in group.examples if group.kind == f.NAME]
    assert shown == [masked("name", NAMES[0])]
