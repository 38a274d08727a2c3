"""SQL dumps: values by table, column and row; the rest as text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pii.readers.reading import codes, places, read

DUMP = r"""-- MySQL dump 10.13
CREATE TABLE `user` (
  `id` int(11) NOT NULL COMMENT 'a, b (c)',
  `name` varchar(50) DEFAULT NULL,
  `tel` varchar(20) DEFAULT '138,',
  PRIMARY KEY (`id`), KEY `k` (`tel`)
) ENGINE=InnoDB;
INSERT INTO `user` VALUES (1,'张三','13800138000'),(2,'O\'Brien''s; (x)',NULL),
(3,'李四',0x3133393030313339303030);
INSERT INTO `user` VALUES (4,'王五','13700137000');
insert into shop.orders (no, addr) values (1, N'杭州'), (2, concat('a', 'b'));
UPDATE user SET tel='13600136000' WHERE id=1;
"""


def test_values_are_placed_by_table_column_and_row() -> None:
    cells, unread = read(DUMP.encode(), "d.sql")
    assert codes(unread) == []
    assert {p: t for p, t in places(cells).items() if "#" in p} == {
        "user.id#1": "1",
        "user.name#1": "张三",
        "user.tel#1": "13800138000",
        "user.id#2": "2",
        "user.name#2": "O'Brien's; (x)",
        "user.id#3": "3",
        "user.name#3": "李四",
        "user.tel#3": "13900139000",
        "user.id#4": "4",
        "user.name#4": "王五",
        "user.tel#4": "13700137000",
        "orders.no#1": "1",
        "orders.addr#1": "杭州",
        "orders.no#2": "2",
        "orders.addr#2": "concat('a', 'b')",
    }
    assert {c.table for c in cells if c.place.startswith("user.")} == {"user"}
    assert {c.column for c in cells if c.place.startswith("user.tel")} == {"tel"}


def test_other_statements_are_read_as_lines() -> None:
    cells, _ = read(DUMP.encode(), "d.sql")
    update = [c for c in cells if "13600136000" in c.text]
    assert [(c.place, c.prose) for c in update] == [("line 12", True)]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_byte_offsets_lead_back_to_the_value(codec: str) -> None:
    raw = DUMP.encode(codec)
    cells, _ = read(raw, "d.sql")
    for cell in cells:
        written = raw[cell.start : cell.end].decode(codec)
        if cell.place == "user.name#2":
            assert written == r"O\'Brien''s; (x)"
        elif cell.place == "user.tel#3":
            assert bytes.fromhex(written).decode() == cell.text
        else:
            assert written == cell.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.lists(st.text("ab张'\\,();\n\"", max_size=6), min_size=2, max_size=2), min_size=1, max_size=8
    ),
    single=st.booleans(),
    block=st.sampled_from([7, 40, 4096]),
)
def test_any_values_come_back_whatever_they_hold_and_wherever_the_blocks_end(
    rows: list[list[str]], single: bool, block: int
) -> None:
    quoted = [",".join("'" + v.replace("\\", "\\\\").replace("'", "''") + "'" for v in row) for row in rows]
    head = "INSERT INTO t (x, y) VALUES "
    text = (
        "".join(f"{head}({q});\n" for q in quoted)
        if single
        else head + ",".join(f"({q})" for q in quoted) + ";\n"
    )
    cells, unread = read(text.encode(), "d.sql", block_bytes=block)
    assert codes(unread) == []
    found = {(c.record, c.column): c.text for c in cells if c.table == "t"}
    expected = {(n, k): v for n, row in enumerate(rows, 1) for k, v in zip("xy", row, strict=True) if v}
    assert found == expected


def test_a_dump_that_breaks_off_is_named_and_its_tail_is_scanned() -> None:
    cells, unread = read(b"INSERT INTO t (a) VALUES ('13800138000'),\n('13900139", "d.sql")
    assert codes(unread) == ["sql-broken"]
    assert places(cells)["t.a#1"] == "13800138000"
    assert any("13900139" in c.text and c.prose and c.place == "line 2" for c in cells)


def test_binary_values_are_blanked_not_guessed() -> None:
    cells, _ = read(b"INSERT INTO t (a,b) VALUES (0xFF00FE,'x');\n", "d.sql")
    assert places(cells)["t.a#1"] == "\x1a\x1a\x1a"


COPIED = (
    "--\n-- PostgreSQL database dump\n--\n\n"
    "CREATE TABLE public.u (\n    id integer,\n    name text,\n    phone text\n);\n\n"
    "COPY public.u (id, name, phone) FROM stdin;\n"
    "1\t张三\t13800138000\n2\t\\N\t\\N\n3\ta\\tb\\\\c'd\\x41\\101\t13900139000\n"
    "\\.\n\n"
    "COPY public.empty (id) FROM stdin;\n\\.\n"
    "COPY u FROM stdin;\r\n4\t李四\t13700137000\r\n\\.\r\n"
    "SELECT '13600136000';\n"
)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("block", [9, 60, 4096])
def test_rows_of_copy_are_placed_by_table_column_and_row(codec: str, block: int) -> None:
    raw = COPIED.encode(codec)
    cells, unread = read(raw, "d.sql", block_bytes=block)
    assert codes(unread) == []
    assert {p: t for p, t in places(cells).items() if "#" in p} == {
        "u.id#1": "1",
        "u.name#1": "张三",
        "u.phone#1": "13800138000",
        "u.id#2": "2",
        "u.id#3": "3",
        "u.name#3": "a\tb\\c'dAA",
        "u.phone#3": "13900139000",
        "u.id#4": "4",
        "u.name#4": "李四",
        "u.phone#4": "13700137000",
    }
    for cell in cells:
        if cell.place != "u.name#3":
            assert raw[cell.start : cell.end].decode(codec) == cell.text
    assert {c.column for c in cells if c.place.startswith("u.phone")} == {"phone"}
    assert [c.prose for c in cells if "13600136000" in c.text] == [True]


def test_a_copy_that_breaks_off_keeps_its_last_row() -> None:
    cells, _ = read(b"COPY u (a, b) FROM stdin;\n1\t13800138000\n2\t139001", "d.sql")
    assert places(cells) == {"u.a#1": "1", "u.b#1": "13800138000", "u.a#2": "2", "u.b#2": "139001"} | {
        p: t for p, t in places(cells).items() if "#" not in p
    }


@pytest.mark.parametrize(
    "options",
    [
        "WITH CSV HEADER",
        "CSV HEADER",
        "WITH (FORMAT csv, HEADER true)",
        "WITH (format CSV, header, DELIMITER ';')",
    ],
)
@pytest.mark.parametrize("block", [64, 1 << 20])
def test_rows_of_copy_in_csv_are_cells(options: str, block: int) -> None:
    sign = ";" if "DELIMITER" in options else ","
    rows = [
        ["id", "name", "phone", "note"],
        ["1", "张三", "13800138000", '"甲""乙"' if sign == "," else "x"],
        ["2", "", "13900139000", f'"一{sign}二\n三"'],
    ]
    raw = (
        f"COPY public.u FROM stdin {options};\n"
        + "".join(sign.join(row) + "\n" for row in rows)
        + "\\.\n\nCOPY v (a) FROM stdin;\n13700137000\n\\.\n"
    ).encode()
    cells, unread = read(raw, "d.sql", block_bytes=block)
    assert not unread
    held = {c.place: c.text for c in cells}
    assert held["u.phone#1"] == "13800138000"
    assert held["u.phone#2"] == "13900139000"
    assert held["u.note#2"] == f"一{sign}二\n三"
    assert held["v.a#1"] == "13700137000"
    if sign == ",":
        assert held["u.note#1"] == '甲"乙'
    for cell in cells:
        if cell.text.startswith("1"):
            assert raw[cell.start : cell.end].decode() == cell.text


def test_statements_that_name_other_columns_of_a_table_keep_every_value_in_its_own() -> None:
    text = (
        "CREATE TABLE u (id int, name text, tel text);\n"
        "INSERT INTO u VALUES (1,'张三','13800138000');\n"
        "INSERT INTO u (TEL, id) VALUES ('13900139000', 2);\n"
        "INSERT INTO u (id, mail) VALUES (3, 'a@example.test');\n"
        "INSERT INTO bare VALUES (1,'x');\nINSERT INTO bare (k) VALUES ('y');\n"
    )
    cells, unread = read(text.encode(), "d.sql")
    assert codes(unread) == []
    found = {p: t for p, t in places(cells).items() if "#" in p}
    assert found == {
        "u.id#1": "1",
        "u.name#1": "张三",
        "u.tel#1": "13800138000",
        "u.tel#2": "13900139000",
        "u.id#2": "2",
        "u.id#3": "3",
        "u.mail#3": "a@example.test",
        "bare.column 1#1": "1",
        "bare.column 2#1": "x",
        "bare.k#2": "y",
    }


@pytest.mark.parametrize(
    ("one", "other", "second"),
    [
        ("CREATE TABLE a.u (id int, tel text);\nINSERT INTO a.u", "b.u", "b.u"),
        ("USE `d1`;\nCREATE TABLE `u` (id int, tel text);\nINSERT INTO `u`", "u", "d2.u"),
    ],
)
def test_tables_of_one_name_in_two_schemas_are_two_tables(one: str, other: str, second: str) -> None:
    text = (
        f"{one} VALUES (1,'13800138000');\n{'USE `d2`;' if 'USE' in one else ''}\n"
        f"CREATE TABLE {other} (tel text, id int);\nINSERT INTO {other} VALUES ('13900139000',1);\n"
    )
    found = places(read(text.encode(), "d.sql")[0])
    assert found["u.tel#1"] == "13800138000"
    assert found[f"{second}.tel#1"] == "13900139000"


def test_backslashes_are_escapes_in_mysql_and_signs_like_any_other_in_standard_dumps() -> None:
    values = r"""('C:\dir\', '13800138000'), (E'a\'b', '13900139000'), ('it''s', '13700137000');"""
    standard = f"-- PostgreSQL database dump\nINSERT INTO u (p, tel) VALUES {values}\n"
    found = places(read(standard.encode(), "d.sql")[0])
    assert found["u.p#1"] == "C:\\dir\\"
    assert [found[f"u.tel#{row}"] for row in (1, 2, 3)] == ["13800138000", "13900139000", "13700137000"]
    assert (found["u.p#2"], found["u.p#3"]) == ("a'b", "it's")
    mysql = r"INSERT INTO `u` (`p`, `tel`) VALUES ('a\'b\\', '13800138000');"
    assert places(read(mysql.encode(), "d.sql")[0])["u.p#1"] == "a'b\\"


def test_quotes_of_oracle_and_dollars_of_postgresql() -> None:
    text = (
        "Insert into T (A,TEL) values (q'[it's, (x)]',Nq'!13800138000!');\n"
        "Insert into T (A,TEL) values ($$a'b, $$,$tag$13900139000$tag$);\n"
        "Insert into T (A,TEL) values (f($$,)$$),$1);\n"
    )
    cells, unread = read(text.encode(), "d.sql")
    assert codes(unread) == []
    found = places(cells)
    assert (found["T.A#1"], found["T.TEL#1"]) == ("it's, (x)", "13800138000")
    assert (found["T.A#2"], found["T.TEL#2"]) == ("a'b, ", "13900139000")
    assert (found["T.A#3"], found["T.TEL#3"]) == ("f($$,)$$)", "$1")
