"""SQLite: every row of every table, the log beside it included, and nothing is written."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path

import pytest

from qingyuan.pii import readers
from qingyuan.pii.batch import Unread
from tests.pii.readers.fuzz import survives
from tests.pii.readers.reading import codes, places, read


def database(folder: Path, *, rows: int = 3) -> bytes:
    path = folder / "a.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, 姓名, tel, x)")
        made.execute('CREATE TABLE "w ""t" (k TEXT PRIMARY KEY, v) WITHOUT ROWID')
        made.execute("CREATE TABLE empty (a)")
        made.execute("CREATE VIRTUAL TABLE notes USING fts5(body)")
        made.execute("CREATE VIEW seen AS SELECT * FROM users")
        made.executemany(
            "INSERT INTO users VALUES (?, ?, ?, ?)",
            [(k * 10, f"张{k}", 13800138000 + k, None) for k in range(1, rows + 1)],
        )
        made.execute(
            "INSERT INTO users VALUES (7, cast(? AS TEXT), 1.5, ?)",
            ("李四".encode("gb18030"), b"\xff\x00\x01"),
        )
        made.execute("INSERT INTO \"w \"\"t\" VALUES ('a', '13700137000')")
        made.execute("INSERT INTO notes VALUES ('王五13600136000')")
    made.close()
    return path.read_bytes()


def test_values_of_any_type_are_placed_by_their_rowid(tmp_path: Path) -> None:
    cells, unread = read(database(tmp_path), "a.db")
    found = places(cells)
    assert found["users.tel#10"] == "13800138001"
    assert found["users.姓名#7"] == "李四"
    assert found["users.tel#7"] == "1.5"
    assert found['w "t.v#1'] == "13700137000"
    assert any(c.text == "王五13600136000" and c.table == "notes_content" for c in cells)
    assert {(c.table, c.column, c.record) for c in cells if c.text == "13800138002"} == {("users", "tel", 3)}
    assert "seen" not in {c.table for c in cells}
    assert "binary-values" in codes(unread)


def test_a_binary_value_that_is_a_file_is_read_by_its_own_reader(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("b.txt", "13500135000")
    with sqlite3.connect(tmp_path / "b.db") as made:
        made.execute("CREATE TABLE f (name, body)")
        made.execute("INSERT INTO f VALUES ('x', ?)", (held.getvalue(),))
    made.close()
    cells, unread = read((tmp_path / "b.db").read_bytes(), "b.db")
    assert [(c.member, c.text) for c in cells if c.text != "x"] == [("f.body#1/b.txt", "13500135000")]
    assert codes(unread) == []


@pytest.mark.parametrize("limit", [1 << 27, 1000])
def test_the_log_beside_is_laid_over_or_named_and_nothing_is_written(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "live.db"
    made = sqlite3.connect(path)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE t (tel)")
    made.execute("INSERT INTO t VALUES ('13800138000')")
    made.commit()
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.executemany("INSERT INTO t VALUES (?)", [(f"139{k:08d}",) for k in range(500)])
    made.commit()
    copy = tmp_path / "copy"
    copy.mkdir()
    for one in ("live.db", "live.db-wal"):
        (copy / one).write_bytes((tmp_path / one).read_bytes())
    made.close()
    before = {one.name: one.read_bytes() for one in copy.iterdir()}
    with (copy / "live.db").open("rb") as stream:
        found = list(readers.read(stream, "live.db", readers.Limits(max_document_bytes=limit)))
    cells = sum(len(one) for one in found if not isinstance(one, Unread))
    unread = [one.code for one in found if isinstance(one, Unread)]
    assert (cells, unread) == ((501, []) if limit > 1000 else (1, ["sqlite-log"]))
    assert {one.name: one.read_bytes() for one in copy.iterdir()} == before


def test_a_cut_off_database_gives_the_rows_before_the_cut(tmp_path: Path) -> None:
    raw = database(tmp_path, rows=3000)
    cells, unread = read(raw[: len(raw) // 2], "a.db")
    assert "corrupt" in codes(unread)
    assert sum(c.text.startswith("138") for c in cells) > 400


def test_a_database_cut_off_inside_its_last_page_is_never_called_whole(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "b.db") as made:
        made.execute("CREATE TABLE users (tel)")
        made.executemany("INSERT INTO users VALUES (?)", [(str(13800138000 + k),) for k in range(30)])
    made.close()
    raw = (tmp_path / "b.db").read_bytes()
    assert not codes(read(raw, "b.db")[1])
    assert codes(read(raw[:5000], "b.db")[1]) == ["truncated"]


def test_damaged_databases_end_in_cells_or_sentences(tmp_path: Path) -> None:
    survives(database(tmp_path, rows=300), "a.db", times=120)
