"""XML: every text and attribute with its path, and nothing the file asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, places, read

XML = (
    '<?xml version="1.0" encoding="{0}"?>\n<users 批次="3"><user id="5" tel="13600136000"><name>张三</name>'
    "<tel>138&#48;0138000</tel><p><phone><no>13500135000</no></phone><phone><no>13400134000</no></phone></p></user>"
    "<user><name>李四</name><tel>13900139000</tel><!-- 旧号13700137000 --></user>"
    '<row><field name="tel">13300133000</field><field name="注"><![CDATA[<王五>]]></field></row></users>'
)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "UTF-16"])
def test_texts_attributes_and_comments_have_paths_and_offsets(encoding: str) -> None:
    raw = XML.format(encoding).encode(encoding)
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == []
    found = places(cells)
    assert found["/users/user[1]/@tel"] == "13600136000"
    assert found["/users/user[1]/tel[1]"] == "13800138000"
    assert found["/users/user[1]/p[1]/phone[2]/no[1]"] == "13400134000"
    assert found["/users/user[2]/comment()"] == " 旧号13700137000 "
    assert found["/users/row[1]/field[2]"] == "<王五>"
    columns = {c.text: c.column for c in cells}
    assert columns["13900139000"] == "/users/user/tel"
    assert columns["13300133000"] == '/users/row/field[@name="tel"]'
    codec = {"UTF-16": "utf-16-le"}.get(encoding, encoding)
    for cell in cells:
        if cell.text != "13800138000":
            assert raw[cell.start : cell.end].decode(codec) == cell.text
    [entity] = [c for c in cells if c.text == "13800138000"]
    assert raw[entity.start : entity.end].decode(codec) == "138&#48;0138000"


def test_an_element_that_repeats_is_a_record_and_those_inside_it_are_their_own() -> None:
    cells, _ = read(XML.format("utf-8").encode(), "a.xml")
    record = {c.text: c.record for c in cells}
    assert record["张三"] == record["13800138000"] == record["13600136000"]
    assert record["李四"] == record["13900139000"] != record["张三"]
    assert len({record["13500135000"], record["13400134000"], record["张三"]}) == 3


def test_a_value_at_any_edge_of_a_window_is_found_once_in_its_place() -> None:
    rows = "".join(f'<u n="{k}"><t>138{k:08d}</t><m>备注&amp;{k}</m></u>' for k in range(3000))
    raw = f"<?xml version='1.0'?><all>{rows}</all>".encode("gb18030")
    whole, _ = read(raw, "a.xml")
    parts, unread = read(raw, "a.xml", block_bytes=977)
    assert codes(unread) == []
    key = [(c.place, c.text, c.start, c.end) for c in parts]
    assert sorted(key) == sorted((c.place, c.text, c.start, c.end) for c in whole)
    assert len(set(key)) == 9000


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "13800138000">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;',
    ],
)
def test_declared_entities_are_refused_and_the_text_is_still_scanned(subset: str) -> None:
    raw = f'<?xml version="1.0"?><!DOCTYPE d [{subset}]><d>&a;<t>13900139000</t></d>'.encode()
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == ["xml-entities"]
    assert any("13900139000" in c.text and c.prose for c in cells)


def test_broken_xml_is_read_on_as_text() -> None:
    raw = "<?xml version='1.0'?><d><a>13800138000</a>\n<b>13900139000</c>\n</d>\n李四13700137000\n".encode()
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == ["xml-broken"]
    assert places(cells)["/d/a[1]"] == "13800138000"
    assert any("13700137000" in c.text and c.prose for c in cells)


def test_depth_and_paths_are_bounded_and_everything_is_still_scanned() -> None:
    raw = b"<?xml version='1.0'?>" + b"<a>" * 5000 + b"13800138000" + b"</a>" * 5000
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == ["xml-too-deep"]
    assert [c.text for c in cells] == ["13800138000"]
    raw = (
        b"<?xml version='1.0'?><r>"
        + b"".join(b"<t%d>13800138000</t%d>" % (k, k) for k in range(50))
        + b"</r>"
    )
    cells, unread = read(raw, "a.xml", max_columns=20)
    assert codes(unread) == ["too-many-paths"]
    assert len(cells) == 50


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1),
        min_size=1,
        max_size=8,
    )
)
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    from xml.sax.saxutils import escape

    said = [
        t
        for t in texts
        if t.strip() and all(c not in t for c in "\ufffe\uffff\x85\u2028") and t.isprintable()
    ]
    raw = f"<?xml version='1.0'?><r>{''.join(f'<t>{escape(t)}</t>' for t in said)}</r>".encode()
    cells, _ = read(raw, "a.xml", block_bytes=64)
    assert [c.text for c in cells] == said


def test_damaged_xml_ends_in_cells_or_sentences() -> None:
    survives(XML.format("utf-8").encode(), "a.xml")


def test_instructions_are_read_with_their_offsets() -> None:
    raw = b'<?xml version="1.0"?><a><?note  tel 13800138000 ?><b>x</b></a>'
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == []
    said = next(c for c in cells if c.place == "/a/processing-instruction(note)")
    assert said.start is not None
    assert said.end is not None
    assert raw[said.start : said.end].decode() == said.text == "tel 13800138000 "
