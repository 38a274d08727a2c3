"""The check of everything names what was changed behind the program's back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.store.intakes import items
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


def test_a_changed_manifest_names_its_exhibit(home: Home) -> None:
    row = collected(home, _lead(home))[0]
    with home.database.write() as connection:
        connection.execute(
            sa.text("UPDATE exhibit SET manifest = :manifest WHERE id = :id"),
            {"manifest": row.manifest.replace(b"file-copy", b"screenshot"), "id": row.id},
        )
    assert [trouble.where for trouble in check_home(home)] == [f"exhibit {row.id}"]


def test_a_changed_event_names_its_index(home: Home) -> None:
    with home.database.write() as connection:
        connection.execute(sa.text("UPDATE event SET actor = 'P099' WHERE idx = 3"))
    assert [trouble.where for trouble in check_home(home)] == ["log index 3"]


def test_a_lost_scan_state_is_named(home: Home) -> None:
    with home.database.read() as connection:
        detail = items(connection, _lead(home))[0].detail
    assert detail is not None
    home.blobs.path(_lead(home), detail.decode()).unlink()
    assert [trouble.where for trouble in check_home(home)] == [
        f"scan state {_lead(home)}/{detail.decode()[:16]}"
    ]


def test_a_changed_tile_is_named(home: Home) -> None:
    tile = next(path for path in (home.path / "log" / "tile" / "0").rglob("*") if path.is_file())
    data = bytearray(tile.read_bytes())
    data[0] ^= 1
    tile.write_bytes(data)
    assert any("tile/0" in trouble.where for trouble in check_home(home))
