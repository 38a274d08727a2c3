"""JSON: a cell for every leaf, exact paths, exact bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pii.readers.reading import codes, places, read

LEAVES = st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('abc张 ."\\', max_size=4), inner, max_size=4)
    ),
)
QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in leaves(child)]
    if isinstance(value, list):
        return [leaf for child in value for leaf in leaves(child)]
    if isinstance(value, str):
        clean = value.encode("utf-8", errors="replace").decode()
        return [clean] if clean else []
    return [json.dumps(value)]


@QUIET
@given(
    value=st.lists(VALUES, min_size=1, max_size=4)
    | st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES, min_size=1),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 1]),
    block=st.sampled_from([1, 8, 4096]),
)
def test_every_leaf_is_a_cell_once(value: object, ascii_only: bool, indent: int | None, block: int) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    cells, unread = read(raw, "a.json", block_bytes=block, max_json_strings=0)
    assert codes(unread) == []
    assert sorted(c.text for c in cells) == sorted(leaves(value))
    for cell in cells:
        source = raw[cell.start : cell.end].decode()
        assert cell.text in {source, *_as_string(source)}


def _as_string(source: str) -> list[str]:
    try:
        return [json.loads(f'"{source}"')]
    except ValueError:
        return []


def test_places_name_keys_and_indices_and_columns_are_patterns() -> None:
    raw = '{"items":[{"tel":"1"},{"tel":13800138000,"家 址":"x"}],"a":{"b":[[7]]}}'.encode()
    cells, _ = read(raw, "a.json")
    assert {(c.place, c.column, c.text) for c in cells} == {
        ("$.items[0].tel", "$.items[].tel", "1"),
        ("$.items[1].tel", "$.items[].tel", "13800138000"),
        ('$.items[1]["家 址"]', '$.items[]["家 址"]', "x"),
        ("$.a.b[0][0]", "$.a.b[][]", "7"),
    }


def test_the_record_is_the_nearest_object_in_an_array() -> None:
    raw = b'{"code":0,"list":[{"n":"A","tels":["1","2"]},{"n":"B","tels":["3"]}],"end":9}'
    cells, _ = read(raw, "a.json")
    record = {c.text: c.record for c in cells}
    assert record["A"] == record["1"] == record["2"] != record["B"]
    assert record["B"] == record["3"]
    assert record["0"] == record["9"]


def test_json_lines_carry_their_line_and_a_broken_line_is_named_and_scanned() -> None:
    raw = b'{"tel":"13800138000"}\n{"tel":"13900139000",\n{"items":[{"tel":"13700137000"}]}\n'
    cells, unread = read(raw, "a.jsonl")
    assert places(cells)["line 1 $.tel"] == "13800138000"
    assert places(cells)["line 3 $.items[0].tel"] == "13700137000"
    assert places(cells)["line 2"] == '{"tel":"13900139000",'
    assert codes(unread) == ["json-lines-broken"]
    assert "2" in unread[0].en


def test_json_inside_strings_is_followed_twice_with_exact_bytes() -> None:
    inner = json.dumps({"tel": "13800138000"})
    middle = json.dumps({"body": inner, "name": "张三"})
    raw = json.dumps([{"x": 1, "payload": middle}]).encode()
    cells, unread = read(raw, "a.json")
    assert codes(unread) == []
    found = {c.place: c for c in cells}
    tel = found["$[0].payload::$.body::$.tel"]
    assert raw[tel.start : tel.end] == b"13800138000"
    assert found["$[0].payload::$.name"].text == "张三"
    assert len({c.record for c in cells}) == 1


def test_a_member_name_that_is_data_becomes_a_cell_and_never_a_place() -> None:
    raw = '{"users":{"13800138000":{"n":"张三"},"a@b.cn":{"n":"李四"}}}'.encode()
    cells, _ = read(raw, "a.json")
    assert {c.text for c in cells} == {"13800138000", "a@b.cn", "张三", "李四"}
    assert all("138" not in c.place + c.column and "@" not in c.place + c.column for c in cells)
    assert {c.place for c in cells if c.text in {"张三", "李四"}} == {"$.users{0}.n", "$.users{1}.n"}


def test_numbers_keep_the_text_they_were_written_in() -> None:
    cells, _ = read(b"[110101199001011237, 1.50, 1e3, -0]", "a.json")
    assert [c.text for c in cells] == ["110101199001011237", "1.50", "1e3", "-0"]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_json_is_bounded_and_its_values_are_still_read(opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]
    raw = ("[1," + opening * 20_000 + '"13800138000"' + closing * 20_000 + ',"13900139000"]').encode()
    cells, unread = read(raw, "a.json")
    assert codes(unread) == ["json-too-deep"]
    assert "13800138000" in {c.text for c in cells}
    assert {c.place for c in cells if c.text == "13900139000"} == {"$[2]"}


def test_a_break_in_the_middle_is_named_and_the_rest_is_scanned_as_text() -> None:
    raw = b'{"a":"13800138000",\n"b": oops,\n"c":"13900139000"}\n'
    cells, unread = read(raw, "a.json")
    assert codes(unread) == ["json-broken"]
    assert any(c.place == "$.a" and c.text == "13800138000" for c in cells)
    assert any(c.prose and "13900139000" in c.text and c.place == "line 3" for c in cells)


def test_a_document_that_stops_is_named() -> None:
    cells, unread = read(b'{"a":["13800138000","139', "a.json")
    assert codes(unread) == ["json-broken"]
    assert "13800138000" in {c.text for c in cells}
    assert any("139" in c.text for c in cells if c.prose)
    cells, unread = read(b'{"a":["13800138000"', "a.json")
    assert codes(unread) == ["json-truncated"]


def test_many_paths_are_bounded_and_nothing_is_lost() -> None:
    raw = json.dumps({f"k{n}x": {"tel": n} for n in range(500)}).encode()
    cells, unread = read(raw, "a.json", max_columns=100)
    assert codes(unread) == ["too-many-paths"]
    assert {c.text for c in cells if c.text.isdigit()} == {str(n) for n in range(500)}


def test_lone_surrogates_and_nul_survive() -> None:
    cells, _ = read(b'{"a":"x\\ud800y","b":"\\u0000z","c":"\\ud83d\\ude00"}', "a.json")
    assert [c.text for c in cells] == ["x\ufffdy", "\0z", "😀"]
