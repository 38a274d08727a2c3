"""A row may hold anything and a table may be gone: the check names it, and still finds what is wrong elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from qingyuan.office.fsck import Trouble, check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from tests.office.running import collected, material
from tests.warm import run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a cosignature and a token, and one blob that has a flipped bit."""
    folder = tmp_path_factory.mktemp("whole")
    with Home.open(folder / "home", create=True, seed="types") as home:
        intake(home, [material(folder / "material", 3)], workers=0)
        assert list(check_home(home)) == []
        row = collected(home, f"L{home.clock.now().year}-0001")[1]
        blob = home.blobs.path(row.scope, row.sha256)
        data = bytearray(blob.read_bytes())
        data[-3] ^= 1
        blob.write_bytes(data)
        origin = home.settings.origin
    _sql(
        folder / "home",
        f"INSERT INTO cosignature VALUES ('{origin}', 2, 'w.example+00000001', '— w.example AAAAAUJ5dGVz', 'x')",
        "INSERT INTO timestamp (id, over, subject, size, root, tsa, operator, token, gen_time, at) "
        f"VALUES (7, 'checkpoint', '{origin}', 2, x'00', 't', 'o', x'3003020100', '2026-01-01T00:00:00+00:00', 'x')",
    )
    return folder / "home"


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "home"))


def _sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path / "qingyuan.db")
    try:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement
        connection.commit()
    finally:
        connection.close()


def _found(path: Path, *statements: str) -> list[Trouble]:
    """Open a home, tamper with its database, and check it; what was wrong before must still be found."""
    with Home.open(path) as home:
        blob = collected(home, f"L{home.clock.now().year}-0001")[1]
        home.database.close()
        _sql(path, *statements)
        found = list(check_home(home))
    assert all(each.zh and each.en for each in found)
    assert f"exhibit {blob.id}" in {each.where for each in found}
    return found


ENTRY = "log index 5"
HEAD = "UPDATE ledger_head SET {} WHERE origin NOT LIKE '%/sm3'"
HASH = "UPDATE ledger_hash SET {} WHERE origin NOT LIKE '%/sm3' AND level = 0 AND idx = 0"
TAMPERED = [
    *(
        (f"UPDATE event SET {column} = {value} WHERE idx = 5", ENTRY, column)
        for column, value in [
            ("payload", "'{}'"),
            ("payload", "5"),
            ("payload", "999999999999999"),
            ("salt", "'abc'"),
            ("n", "'zz'"),
            ("n", "1.5"),
            ("type", "x'00'"),
            ("stream", "x'ff'"),
            ("at", "x'00'"),
            ("actor", "CAST(x'ff' AS TEXT)"),
        ]
    ),
    ("UPDATE ledger_entry SET data = 'abc' WHERE idx = 5", ENTRY, "ledger_entry.data"),
    ("UPDATE ledger_entry SET data = 7 WHERE idx = 5", ENTRY, "ledger_entry.data"),
    ("UPDATE ledger_entry SET data = x'ff' WHERE idx = 5", ENTRY, "does not open"),
    *(
        (HEAD.format(f"{column} = {value}"), "head", column)
        for column, value in [
            ("size", "'x'"),
            ("note", "5"),
            ("edge", "5"),
            ("note", "'abc'"),
            ("recent", "5"),
        ]
    ),
    (HEAD.format("size = 9223372036854775807, note = x'00'"), "index ", "no entries from here on"),
    (HEAD.format("size = -5"), "head", "signed"),
    (HASH.format("hash = 5"), "ledger_hash level 0 index 0", "hash"),
    (HASH.format("hash = 'abc'"), "ledger_hash level 0 index 0", "hash"),
    (HASH.format("idx = 'x'"), "ledger_hash level 0 index x", "idx"),
    (HASH.format("level = x'00'"), "ledger_hash level b'\\x00' index 0", "level"),
    ("UPDATE exhibit SET manifest = 5 WHERE rowid = 1", "exhibit ", "manifest"),
    ("UPDATE exhibit SET size = 'x', sig = x'00' WHERE rowid = 1", "exhibit ", "size, sig"),
    ("UPDATE exhibit SET scope = x'ff' WHERE rowid = 1", "exhibit ", "scope"),
    ("UPDATE exhibit SET sig = 'é' WHERE rowid = 1", "exhibit ", "base64"),
    ("UPDATE item SET detail = 5 WHERE id = 1", "item 1", "digest"),
    ("UPDATE item SET detail = x'2e2e2f00' WHERE id = 1", "item 1", "digest"),
    *(
        (f"UPDATE timestamp SET {column} = {value}", "timestamp 7", column)
        for column, value in [("token", "5"), ("size", "'x'"), ("root", "'x'"), ("subject", "x'ff'")]
    ),
    ("UPDATE cosignature SET size = 'x'", "cosignature ", "size"),
    ("UPDATE cosignature SET size = -1", "cosignature ", "does not reach"),
    ("UPDATE cosignature SET line = x'ff'", "cosignature ", "line"),
    ("UPDATE cosignature SET line = CAST(x'ff' AS TEXT)", "cosignature ", "line"),
    *(
        (f"DROP TABLE {table}", f"table {table}", "does not have this table")
        for table in (
            "event",
            "cosignature",
            "timestamp",
            "ledger_hash",
            "ledger_entry",
            "ledger_head",
            "item",
        )
    ),
]


@pytest.mark.parametrize(("statement", "where", "words"), TAMPERED, ids=[each[0] for each in TAMPERED])
def test_a_value_of_a_wrong_type_or_a_table_that_is_gone_is_named(
    path: Path, statement: str, where: str, words: str
) -> None:
    found = _found(path, statement)
    assert any(each.where.startswith(where) and words in each.en for each in found), found
    assert len(found) < 600  # at most a few for each of the 256 entries of a tile, whatever the size claims


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM event WHERE idx = 5", "UPDATE event SET payload = 5 WHERE idx = 5"]
    + [f"UPDATE event SET stream = '{name}' WHERE idx = 5" for name in ("other", "office")],
)
def test_who_follows_an_event_that_is_gone_or_changed_is_not_blamed(path: Path, statement: str) -> None:
    assert {each.where for each in _found(path, statement) if each.where.startswith("log index")} == {ENTRY}


def test_entries_that_are_gone_are_named_and_those_after_them_are_not_blamed(path: Path) -> None:
    rows = "WHERE idx IN (4, 5)"
    found = _found(path, f"DELETE FROM ledger_entry {rows}", f"DELETE FROM event {rows}")
    named = [each for each in found if each.where.startswith("log index") and "registered" not in each.en]
    assert [(each.where, each.en) for each in named] == [("log index 4", "log entries 4 to 5 are missing")]


def test_a_number_that_was_skipped_with_no_entry_missing_is_named(path: Path) -> None:
    found = _found(path, "UPDATE event SET n = n + 100 WHERE idx = 5")
    assert any(each.where == ENTRY and "was due" in each.en for each in found)


def test_a_trust_file_that_is_gone_or_altered_is_named(path: Path) -> None:
    with Home.open(path) as home:
        before = {each.where for each in check_home(home)}
        assert "trust.json" not in before
        data = home.trust_path.read_bytes()
        home.trust_path.write_bytes(data.replace(b'"actor":"D001"', b'"actor":"D002"'))
        assert home.trust_path.read_bytes() != data
        assert {each.where for each in check_home(home)} == before | {"trust.json"}
        home.trust_path.unlink()
        assert {each.where for each in check_home(home)} == before | {"trust.json"}


def test_the_command_names_a_wrong_row_and_goes_on(path: Path) -> None:
    _sql(path, "UPDATE event SET salt = 'abc' WHERE idx = 5", "DROP TABLE timestamp")
    done = run("ledger", "fsck", "--home", path, "--json")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    places = {each["where"] for each in json.loads(done.stdout)["problems"]}
    assert {ENTRY, "table timestamp", "timestamp"} - places == {"timestamp"}
    assert any(each.startswith("exhibit ") for each in places)


def test_the_command_says_in_both_languages_that_the_head_is_broken(path: Path) -> None:
    _sql(path, HEAD.format("size = 'x'"))
    for language, words in (("zh", "值类型不对"), ("en", "values of a wrong type")):
        done = run("ledger", "fsck", "--home", path, "--lang", language)
        assert done.returncode in {1, 2}
        assert "Traceback" not in done.stderr
        assert words in done.stderr
