"""XML: every text and attribute with its path, and nothing the file asks for."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import merge, readers, scan
from qingyuan.pii.batch import Batch
from tests.pii.material import KEY
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


PEOPLE = [("张三", "13800138000"), ("李四", "13900139001"), ("王五", "13700137002")]
#: What an XML file says, and whose texts belong together.
RECORDS = {
    "texts alone": ("<a>{}</a>", "<t>{1}</t>", "{1}"),
    "attributes alone": ("<a>{}</a>", '<p name="{0}" tel="{1}"/>', "{0} {1}"),
    "attribute and text": ('<a version="1">{}</a>', '<p tel="{1}">{0}</p>', "{1} {0}"),
    "attribute and text under a total": ("<a><n>3</n>{}</a>", '<p tel="{1}">{0}</p>', "{1} {0}"),
    "children": ("<a><total>3</total>{}</a>", "<p><n>{0}</n><t>{1}</t></p>", "{0} {1}"),
    "values of one name": (
        "<a>{}</a>",
        '<p><n>{0}</n><t type="home">{1}</t><t type="work">{1}</t></p>',
        "{0} home {1} work {1}",
    ),
    "lists of values": ("<a>{}</a>", "<p><n>{0}</n><l><t>{1}</t><t>{1}</t></l></p>", "{0} {1} {1}"),
    "mixed content": ("<a>{}</a>", '<p id="7">请<b>{0}</b>拨<i>{1}</i></p>', "7 请 {0} 拨 {1}"),
    "lists in lists": ("<a>{}</a>", '<g no="8"><p><n>{0}</n><t>{1}</t></p></g>', "8 {0} {1}"),
    "an answer": (
        '<s:E xmlns:s="x"><s:Header><h>甲</h></s:Header><s:Body><r:R xmlns:r="y">{}</r:R></s:Body></s:E>',
        '<r:p r:tel="{1}">{0}</r:p>',
        "{1} {0}",
    ),
    "fields": (
        "<a>{}</a>",
        '<row><field name="n">{0}</field><field name="t">{1}</field></row>',
        "n {0} t {1}",
    ),
}


@pytest.mark.parametrize("block", [64, 1 << 20])
@pytest.mark.parametrize("kind", RECORDS)
def test_an_element_that_repeats_keeps_its_text_its_attributes_and_its_children(
    kind: str, block: int
) -> None:
    around, item, said = RECORDS[kind]
    raw = "<?xml version='1.0'?>" + around.format("".join(item.format(*one) for one in PEOPLE))
    cells, unread = read(raw.encode(), "a.xml", block_bytes=block)
    assert codes(unread) == []
    records: dict[int, list[str]] = {}
    for cell in cells:
        records.setdefault(cell.record, []).append(cell.text)
    people = [one for one in records.values() if not {"3", "甲", "1"} & set(one)]
    assert sorted(people) == sorted(said.format(*one).split() for one in PEOPLE)


@pytest.mark.parametrize("block", [64, 1 << 20])
@pytest.mark.parametrize(
    "item",
    [
        '<p tel="13800138000">张三</p>',
        "<p><n>张三</n><t>13800138000</t><t>13900139001</t></p>",
        '<p><n>张三</n><t type="home">13800138000</t><t type="work">13900139001</t></p>',
        "<p><n>张三</n><l><t>13800138000</t><t>13900139001</t></l></p>",
    ],
)
def test_one_element_alone_is_one_record(item: str, block: int) -> None:
    for raw in (f"<?xml version='1.0'?><a>{item}</a>", f"<?xml version='1.0'?>{item}"):
        cells, _ = read(raw.encode(), "a.xml", block_bytes=block)
        assert len({cell.record for cell in cells}) == 1


def test_people_in_lists_inside_groups_are_counted_each() -> None:
    people = [f'<p id="{k}">1380013{k:04d}</p>' for k in range(40)]
    raw = f"<?xml version='1.0'?><a><g n='甲'>{''.join(people[:25])}</g><g n='乙'>{''.join(people[25:])}</g></a>"
    batches = [
        one
        for one in readers.read(io.BytesIO(raw.encode()), "a.xml", readers.Limits(block_bytes=256))
        if isinstance(one, Batch)
    ]
    assert merge([scan(batches, KEY, "a.xml")]).persons.distinct == 40


def test_what_repeats_only_far_behind_is_not_waited_for_without_end() -> None:
    first = f"<p><n>张三</n><memo>{'备注' * 900_000}</memo></p>"
    raw = f"<?xml version='1.0'?><a><total>2</total>{first}<p><n>李四</n></p></a>".encode()
    cells, unread = read(raw, "a.xml")
    assert codes(unread) == []
    record = {cell.text: cell.record for cell in cells}
    assert len({record[one] for one in ("2", "张三", "李四")} - {record["2"]}) >= 1
    assert len(cells) == 4


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
