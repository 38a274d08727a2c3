"""The check of everything names what was changed behind the program's back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.evidence.timestamp.records import StoredTimestamp
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.store import SqlLogStorage, StoreError, events
from qingyuan.store.intakes import items
from qingyuan.store.timestamps import add_timestamp
from tests.cli.running import run
from tests.office.running import collected, material


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 3)], workers=0)
    assert list(check_home(home)) == []
    return home


def _lead(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


def test_a_changed_blob_names_its_exhibit(home: Home) -> None:
    row = collected(home, _lead(home))[1]
    blob = home.blobs.path(row.scope, row.sha256)
    data = bytearray(blob.read_bytes())
    data[-3] ^= 1
    blob.write_bytes(data)
    assert [trouble.where for trouble in check_home(home)] == [f"exhibit {row.id}"]


def test_a_sealed_file_that_is_not_the_logged_one_names_its_entry(home: Home) -> None:
    """Sealed once more it opens and its content is right, and still it is not what the log says was stored."""
    row = collected(home, _lead(home))[1]
    sealer = Sealer(home, row.scope, Collector())
    with open_exhibit(home, row) as content:
        again = sealer.internal(content.read())
    home.blobs.put(again.temporary, row.scope, row.sha256)
    with home.database.read() as connection:
        (stored,) = [
            event.index
            for event in events(connection, [row.scope])
            if event.type == "evidence.stored" and event.payload["exhibit"] == row.id
        ]
    (found,) = check_home(home)
    assert found.where == f"log index {stored}"
    assert row.id in found.en


def test_a_changed_manifest_names_its_exhibit(home: Home) -> None:
    row = collected(home, _lead(home))[0]
    with home.database.write() as connection:
        connection.execute(
            sa.text("UPDATE exhibit SET manifest = :manifest WHERE id = :id"),
            {"manifest": row.manifest.replace(b"file-copy", b"screenshot"), "id": row.id},
        )
    assert [trouble.where for trouble in check_home(home)] == [f"exhibit {row.id}"]


def test_a_lost_scan_state_is_named(home: Home) -> None:
    with home.database.read() as connection:
        detail = items(connection, _lead(home))[0].detail
    assert detail is not None
    home.blobs.path(_lead(home), detail.decode()).unlink()
    assert [trouble.where for trouble in check_home(home)] == [
        f"scan state {_lead(home)}/{detail.decode()[:16]}"
    ]


def _places(home: Home) -> list[str]:
    found = list(check_home(home))
    assert all(trouble.zh and trouble.en for trouble in found)
    return [trouble.where for trouble in found]


def _tamper(home: Home, statement: str, **values: object) -> None:
    """Change the database as somebody with a hex editor could: one row, by hand."""
    with home.database.write() as connection:
        assert connection.execute(sa.text(statement), values).rowcount == 1


def _column(home: Home, table: str, column: str, where: str) -> bytes:
    with home.database.read() as connection:
        value = connection.execute(sa.text(f"SELECT {column} FROM {table} WHERE {where}")).scalar_one()
    assert isinstance(value, bytes)
    return value


def _flipped(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("column", "value"), [("actor", "P099"), ("at", "2020-01-01T00:00:00+08:00"), ("type", "x.y")]
)
def test_a_changed_event_names_its_index(home: Home, column: str, value: str) -> None:
    _tamper(home, f"UPDATE event SET {column} = :value WHERE idx = 3", value=value)
    assert _places(home) == ["log index 3"]


@pytest.mark.parametrize("column", ["payload", "salt"])
def test_a_flipped_bit_of_an_event_names_its_index(home: Home, column: str) -> None:
    data = _flipped(_column(home, "event", column, "idx = 3"))
    _tamper(home, f"UPDATE event SET {column} = :data WHERE idx = 3", data=data)
    assert _places(home) == ["log index 3"]


def test_a_flipped_bit_of_an_entry_is_named_in_both_logs(home: Home) -> None:
    data = _flipped(_column(home, "ledger_entry", "data", "idx = 3"))
    _tamper(home, "UPDATE ledger_entry SET data = :data WHERE idx = 3", data=data)
    places = _places(home)
    assert {"index 3", "log-sm3 index 3", "log index 3", "edge", "head", "log-sm3 edge"} <= set(places)


@pytest.mark.parametrize(("suffix", "prefix"), [("", ""), ("/sm3", "log-sm3 ")])
class TestEachLog:
    """Damage to one of the two logs alone is named, and says which."""

    def test_a_flipped_bit_of_a_hash(self, home: Home, suffix: str, prefix: str) -> None:
        origin = home.settings.origin + suffix
        where = f"origin = '{origin}' AND level = 0 AND idx = 0"
        data = _flipped(_column(home, "ledger_hash", "hash", where), 0)
        _tamper(home, f"UPDATE ledger_hash SET hash = :data WHERE {where}", data=data)
        assert _places(home) == [f"{prefix}index 0"]

    def test_a_hash_row_that_lost_a_byte_or_gained_some(self, home: Home, suffix: str, prefix: str) -> None:
        where = f"origin = '{home.settings.origin + suffix}' AND level = 0 AND idx = 0"
        data = _column(home, "ledger_hash", "hash", where)
        _tamper(home, f"UPDATE ledger_hash SET hash = :data WHERE {where}", data=data + b"x")
        assert _places(home) == [f"{prefix}level 0 index 0"]

    def test_a_hash_that_waits_beside_the_head(self, home: Home, suffix: str, prefix: str) -> None:
        where = f"origin = '{home.settings.origin + suffix}'"
        data = _column(home, "ledger_head", "recent", where)
        size = (home.head() or pytest.fail("no head")).size
        first = size - len(data) // 32
        update = f"UPDATE ledger_head SET recent = :data WHERE {where}"
        for index in range(first, size):
            _tamper(home, update, data=_flipped(data, 32 * (index - first)))
            assert _places(home) == [f"{prefix}index {index}"]
        _tamper(home, update, data=data[32:])
        assert _places(home) == [f"{prefix}index {first}"]
        for changed in (data + b"x", bytes(32) + data):
            _tamper(home, update, data=changed)
            assert f"{prefix}recent index {size - len(changed) // 32}" in _places(home)
        _tamper(home, update, data=data + b"x")
        with home.database.read() as connection, pytest.raises(StoreError, match="length"):
            SqlLogStorage(connection, home.settings.origin + suffix).read_head()

    def test_a_head(self, home: Home, suffix: str, prefix: str) -> None:
        where = f"origin = '{home.settings.origin + suffix}'"
        note, edge = (_column(home, "ledger_head", column, where) for column in ("note", "edge"))
        _tamper(home, f"UPDATE ledger_head SET note = :data WHERE {where}", data=_flipped(note, -5))
        assert f"{prefix}head" in _places(home)
        _tamper(
            home,
            f"UPDATE ledger_head SET note = :note, edge = :edge WHERE {where}",
            note=note,
            edge=_flipped(edge),
        )
        assert _places(home) == [f"{prefix}edge"]

    def test_a_tile_and_a_bundle(self, home: Home, suffix: str, prefix: str) -> None:
        folder = home.path / ("log-sm3" if suffix else "log")
        files = [path for path in (folder / "tile").rglob("*") if path.is_file()]
        assert {path.relative_to(folder / "tile").parts[0] for path in files} == {"0", "entries"}
        for file in files:
            data = file.read_bytes()
            file.write_bytes(_flipped(data))
            assert _places(home) == [prefix + file.relative_to(folder).as_posix()]
            file.write_bytes(data)
        (folder / "checkpoint").write_bytes(_flipped((folder / "checkpoint").read_bytes(), -4))
        assert _places(home) == [f"{prefix}checkpoint"]

    def test_a_head_that_is_gone(self, home: Home, suffix: str, prefix: str) -> None:
        _tamper(home, "DELETE FROM ledger_head WHERE origin = :origin", origin=home.settings.origin + suffix)
        assert f"{prefix}head" in _places(home)


def test_entries_and_events_that_are_gone_or_too_many(home: Home) -> None:
    size = (home.head() or pytest.fail("no head")).size
    _tamper(home, "DELETE FROM ledger_entry WHERE idx = 2")
    assert {"index 2", "log-sm3 index 2", "log index 2"} <= set(_places(home))
    _tamper(home, "INSERT INTO ledger_entry (idx, data) VALUES (:size, :data)", size=size, data=b"x")
    assert {f"index {size}", f"log index {size}"} <= set(_places(home))


def test_a_log_that_is_none_of_ours_is_named(home: Home) -> None:
    _tamper(
        home, "INSERT INTO ledger_head (origin, size, edge, note) VALUES ('other', 0, :none, :none)", none=b""
    )
    assert _places(home) == ["ledger_head other"]


def test_a_cosignature_is_read_again(home: Home) -> None:
    line = "— witness.example AAAAAUJ5dGVz"
    row = {
        "origin": home.settings.origin,
        "size": 2,
        "witness": "witness.example+00000001",
        "line": line,
        "at": "x",
    }
    insert = "INSERT INTO cosignature (origin, size, witness, line, at) VALUES (:origin, :size, :witness, :line, :at)"
    _tamper(home, insert, **row)
    assert _places(home) == []
    where = f"cosignature {row['origin']} 2 witness.example+00000001"
    for changed in (line[:-1], line + "\n" + line, "", line.replace("witness", "other")):
        _tamper(home, "UPDATE cosignature SET line = :line", line=changed)
        assert _places(home) == [where]
    _tamper(home, "UPDATE cosignature SET line = :line, size = 99999", line=line)
    assert _places(home) == [where.replace(" 2 ", " 99999 ")]


def test_a_token_that_is_none_is_named(home: Home) -> None:
    _tamper(
        home,
        "INSERT INTO timestamp (id, over, subject, tsa, operator, token, gen_time, at) "
        "VALUES (7, 'exhibit', 'X', 't', 'o', :token, '2026-01-01T00:00:00+00:00', 'x')",
        token=b"0\x03\x02\x01\x00",
    )
    assert _places(home) == ["timestamp 7"]


def test_a_kept_token_that_is_gone_is_missed(home: Home) -> None:
    row = StoredTimestamp(0, "exhibit", "X", None, None, "t", "o", b"0", "2026-01-01T00:00:00+00:00", "x")
    with home.database.write() as connection:
        assert [add_timestamp(connection, row).id for _ in range(3)] == [1, 2, 3]
    before = _places(home)
    _tamper(home, "DELETE FROM timestamp WHERE id = 2")
    assert _places(home) == ["timestamp 2", *(place for place in before if place != "timestamp 2")]
    _tamper(home, "DELETE FROM timestamp WHERE id = 3")
    assert _places(home)[:2] == ["timestamp 2", "timestamp 3"]
    with home.database.write() as connection:  # a number is not given twice
        assert add_timestamp(connection, row).id == 4


def test_a_sealed_file_that_nothing_records_is_named(home: Home) -> None:
    row = collected(home, _lead(home))[0]
    blob = home.blobs.path(row.scope, row.sha256)
    stray = blob.with_name("0" * 64)
    stray.write_bytes(blob.read_bytes())
    (home.blobs.root / "notes.txt").write_text("x")
    other = home.blobs.path("L2000-0001", row.sha256)
    other.parent.mkdir(parents=True)
    other.write_bytes(blob.read_bytes())
    home.blobs.temporary(row.scope).write_bytes(b"being written")
    strays = [other, stray, home.blobs.root / "notes.txt"]
    assert _places(home) == [f"blobs/{path.relative_to(home.blobs.root).as_posix()}" for path in strays]


def test_a_trust_file_that_is_gone_is_named_by_the_check_and_written_again_with_a_warning(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.close()
    home.trust_path.unlink()
    with Home.open(home.path, mend=False) as opened:
        assert _places(opened) == ["trust.json"]
    assert run("ledger", "fsck", "--home", home.path).code == 1
    assert not home.trust_path.exists()
    assert not caplog.messages
    Home.open(home.path).close()
    assert home.trust_path.exists()
    assert "written again" in caplog.text
    assert run("ledger", "fsck", "--home", home.path).code == 0


def test_a_home_whose_making_was_cut_off_is_finished_before_it_is_checked(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Home, "finish", lambda _: None)
        Home.open(tmp_path / "new", create=True).close()
    assert not (tmp_path / "new" / "trust.json").exists()
    assert run("ledger", "fsck", "--home", tmp_path / "new").code == 0


def test_an_exhibit_taken_from_the_register_is_missed(home: Home) -> None:
    row = collected(home, _lead(home))[0]
    _tamper(home, "DELETE FROM exhibit WHERE id = :id", id=row.id)
    missed, stray = _places(home)
    assert missed == f"log index {row.idx}"
    assert stray.startswith("blobs/")
    with home.database.write() as connection:
        connection.execute(sa.text("DELETE FROM exhibit"))
    assert f"log index {row.idx}" in _places(home)


@pytest.mark.parametrize(
    ("column", "value"), [("path", "elsewhere.txt"), ("size", 1), ("sig", "AAAA"), ("origin", "derived")]
)
def test_a_changed_row_of_the_register_names_its_exhibit(home: Home, column: str, value: object) -> None:
    row = collected(home, _lead(home))[0]
    _tamper(home, f"UPDATE exhibit SET {column} = :value WHERE id = :id", value=value, id=row.id)
    assert _places(home) == [f"exhibit {row.id}"]
