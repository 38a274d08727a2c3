"""Making packages: what is checked before, what is logged, what a kill leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.packaging import make_package
from qingyuan.store import StoredEvent, events
from tests.office.running import collected, material


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 3)], workers=0)
    return home


def _lead(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


def _events(home: Home, kind: str) -> list[StoredEvent]:
    with home.database.read() as connection:
        return [event for event in events(connection, [_lead(home)]) if event.type == kind]


def _code(home: Home, identifier: str, target: Path) -> str:
    with pytest.raises(OfficeError) as caught:
        make_package(home, identifier, target, to="x", actor="P001")
    return caught.value.code


def test_a_package_passes_with_the_offices_trust_file(tmp_path: Path, home: Home) -> None:
    packed = make_package(home, _lead(home), tmp_path / "a.evp", to="某法院", actor="P001")
    assert packed.size == (tmp_path / "a.evp").stat().st_size
    assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"
    assert verify(tmp_path / "a.evp").verdict != "fail"
    data = bytearray((tmp_path / "a.evp").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "b.evp").write_bytes(data)
    assert verify(tmp_path / "b.evp", trust=home.trust_path).verdict == "fail"


@pytest.mark.parametrize("damage", ["byte", "cut", "missing"])
def test_changed_content_is_logged_and_not_packed(tmp_path: Path, home: Home, damage: str) -> None:
    row = collected(home, _lead(home))[0]
    blob = home.blobs.path(row.scope, row.sha256)
    data = bytearray(blob.read_bytes())
    if damage == "missing":
        blob.unlink()
    elif damage == "cut":
        blob.write_bytes(data[:-1])
    else:
        data[-1] ^= 1
        blob.write_bytes(data)
    assert _code(home, _lead(home), tmp_path / "a.evp") == "office.exhibit-changed"
    assert not (tmp_path / "a.evp").exists()
    checks = {event.payload["exhibit"]: event.payload["ok"] for event in _events(home, "evidence.verified")}
    assert checks.pop(row.id) is False
    assert set(checks.values()) == {True}
    assert _events(home, "evidence.transferred") == []


def test_wrong_identifiers_and_places_are_refused_before_anything_is_logged(
    tmp_path: Path, home: Home
) -> None:
    before = home.head()
    assert _code(home, "L1999-0001", tmp_path / "a.evp") == "office.no-such-record"
    assert _code(home, "office", tmp_path / "a.evp") == "office.no-exhibits"
    assert _code(home, _lead(home), tmp_path / "none" / "a.evp") == "office.bad-target"
    assert _code(home, _lead(home), tmp_path) == "office.bad-target"
    with home.lock("package"):
        assert _code(home, _lead(home), tmp_path / "a.evp") == "office.busy"
    assert home.head() == before


def test_what_a_killed_build_left_in_clear_is_removed_by_the_next(tmp_path: Path, home: Home) -> None:
    left = tmp_path / ".writing-abcd"
    left.write_bytes(b"PK in clear")
    make_package(home, _lead(home), tmp_path / "a.evp", to="x", actor="P001")
    assert not left.exists()


def test_the_same_matter_in_two_seeded_homes_gives_the_same_package(tmp_path: Path) -> None:
    from qingyuan.office.clock import FixedClock, parse_time

    packages = []
    for name in ("one", "two"):
        clock = FixedClock(parse_time("2026-03-02T09:00", where=""))
        with Home.open(tmp_path / f"home-{name}", create=True, seed="s", clock=clock) as home:
            source = material(tmp_path / name / "material", 3)
            lead = intake(home, [source], workers=0).lead
            make_package(home, lead, tmp_path / f"{name}.evp", to="x", actor="P001")
        packages.append((tmp_path / f"{name}.evp").read_bytes())
    assert packages[0] == packages[1]
