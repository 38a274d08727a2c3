"""Making packages: what is checked before, what is logged, what a kill leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pyrage  # type: ignore[import-untyped]
import pytest

from qingyuan.evidence.verify import verify
from qingyuan.office.errors import OfficeError
from qingyuan.office.handover import verify_exhibits
from qingyuan.office.home import Home
from qingyuan.office.intake import intake, seal_into
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector
from qingyuan.store import EventDraft, StoredEvent, events
from qingyuan.store.registry import ExhibitRow
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


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _pages(pdf: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in opened]
    finally:
        opened.close()


def test_a_package_has_the_twin_the_office_stream_and_the_pages_for_people(
    tmp_path: Path, home: Home
) -> None:
    (home.path / "policy.txt").write_bytes(b"quorum none\n")
    packed = make_package(home, _lead(home), tmp_path / "a.evp", to="某法院", actor="P001")
    members = _members(tmp_path / "a.evp")
    described = json.loads(members["evidence/package.json"])
    assert packed.twin is (home.twin is not None) is (described["twin"] is not None)
    assert home.twin is None or described["twin"]["size"] == described["log"]["size"]
    streams = {json.loads(line)["leaf"]["stream"] for line in members["evidence/events.jsonl"].splitlines()}
    assert streams == {_lead(home), "office"}
    assert members["trust/policy.txt"] == b"quorum none\n"
    (about,) = _pages(members["说明.pdf"])
    assert packed.id in about
    assert "不能证明什么" in about
    printed = "".join(_pages(members["证据清单.pdf"])).replace("\r\n", "")
    ids = [json.loads(line)["manifest"]["id"] for line in members["evidence/exhibits.jsonl"].splitlines()]
    table = members["证据清单.csv"].decode("utf-8-sig").splitlines()
    for identifier in ids:
        assert identifier in printed
        assert sum(identifier in line.split(",")[1] for line in table) == 1
    assert len(table) == len(ids) + 1


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


def _seal_another(home: Home, folder: Path, name: str = "late.txt") -> str:
    (folder / name).write_text(f"late {name}")
    return seal_into(home, _lead(home), folder / name, Collector())


def test_an_exhibit_sealed_before_the_transfer_is_logged_is_checked_and_packed_too(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[str] = []

    def seal_meanwhile(given: Home, rows: Sequence[ExhibitRow], *, actor: str) -> list[str]:
        wrong = verify_exhibits(given, rows, actor=actor)
        if not late:
            late.append(_seal_another(given, tmp_path))
        return wrong

    monkeypatch.setattr("qingyuan.office.packages.packaging.verify_exhibits", seal_meanwhile)
    make_package(home, _lead(home), tmp_path / "a.evp", to="x", actor="P001")
    assert late[0] in {
        json.loads(line)["manifest"]["id"]
        for line in _members(tmp_path / "a.evp")["evidence/exhibits.jsonl"].splitlines()
    }
    assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"
    assert len(_events(home, "evidence.transferred")) == 1
    checked = [event.payload["exhibit"] for event in _events(home, "evidence.verified")]
    assert len(checked) == len(set(checked)), "each exhibit is read once"


def test_an_exhibit_sealed_after_the_transfer_is_logged_stays_out_with_its_events(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[str] = []

    def seal_meanwhile(given: Home) -> tuple[tuple[str, ...], tuple[str, ...]]:
        late.append(_seal_another(given, tmp_path))
        return (), ()

    monkeypatch.setattr("qingyuan.office.packages.packaging.ask_outsiders", seal_meanwhile)
    make_package(home, _lead(home), tmp_path / "a.evp", to="x", actor="P001")
    members = _members(tmp_path / "a.evp")
    assert all(late[0].encode() not in data for data in members.values())
    report = verify(tmp_path / "a.evp", trust=home.trust_path)
    assert report.verdict == "pass"


def test_a_newer_head_is_used_when_nothing_of_evidence_came_between(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note_meanwhile(given: Home) -> tuple[tuple[str, ...], tuple[str, ...]]:
        given.append([EventDraft("office", "office.noted", {"text": "x"})], actor="P001")
        return (), ()

    monkeypatch.setattr("qingyuan.office.packages.packaging.ask_outsiders", note_meanwhile)
    make_package(home, _lead(home), tmp_path / "a.evp", to="x", actor="P001")
    (completion,) = _events(home, "evidence.transfer_completed")
    described = json.loads(_members(tmp_path / "a.evp")["evidence/package.json"])
    assert described["log"]["size"] == completion.index
    assert verify(tmp_path / "a.evp", trust=home.trust_path).verdict == "pass"


def test_sealing_that_never_ends_is_said(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    count = iter(range(100))

    def seal_meanwhile(given: Home, rows: Sequence[ExhibitRow], *, actor: str) -> list[str]:
        _seal_another(given, tmp_path, f"{next(count)}.txt")
        return verify_exhibits(given, rows, actor=actor)

    monkeypatch.setattr("qingyuan.office.packages.packaging.verify_exhibits", seal_meanwhile)
    assert _code(home, _lead(home), tmp_path / "a.evp") == "office.still-sealing"
    assert _events(home, "evidence.transferred") == []


def test_material_whose_key_was_destroyed_is_named_and_withheld(tmp_path: Path, home: Home) -> None:
    destroy(home, _lead(home), basis="超过保存期限", approved_by="P009", by="P001")
    packed = make_package(home, _lead(home), tmp_path / "a.evp", to="x", actor="P001")
    assert packed.withheld == packed.exhibits > 0
    members = _members(tmp_path / "a.evp")
    assert not any(name.startswith("data/") for name in members)
    assert "已销毁" in members["evidence/package.json"].decode()
    report = verify(tmp_path / "a.evp", trust=home.trust_path)
    assert report.verdict == "undetermined"
    assert {reason.code for reason in report.reasons if reason.code in {"withheld", "exhibit"}} == {
        "withheld"
    }


_BUILDING = """
import sys, threading
from pathlib import Path
from qingyuan.office.packages import packaging
from qingyuan.office.home import Home
from qingyuan.office.sealing import SealedReader
def slow(self, size=-1, /):
    data = read(self, size)
    if building:
        print("reading", flush=True)
        threading.Event().wait()
    return data
read, building = SealedReader.read, []
gather = packaging.gather
def gathered(*args, **named):
    building.append(1)
    return gather(*args, **named)
packaging.gather, SealedReader.read = gathered, slow
with Home.open(Path(sys.argv[1])) as home:
    to = sys.argv[4:]
    packaging.make_package(
        home, sys.argv[2], Path(sys.argv[3]), to="x", actor="P001", encrypt_to=to, overwrite=True
    )
"""


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_build_that_is_killed_leaves_no_file_and_nothing_in_clear(
    tmp_path: Path, home: Home, encrypted: bool
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.evp").write_bytes(b"an older package")
    recipient = [str(pyrage.x25519.Identity.generate().to_public())] if encrypted else []
    home.close()
    command = [
        sys.executable,
        "-c",
        _BUILDING,
        str(home.path),
        _lead(home),
        str(folder / "a.evp"),
        *recipient,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        process.kill()
    assert [path.name for path in folder.iterdir()] == ["a.evp"]
    assert (folder / "a.evp").read_bytes() == b"an older package"
    with Home.open(home.path) as again:
        packed = make_package(again, _lead(again), folder / "a.evp", to="x", actor="P001", overwrite=True)
        assert packed.id.endswith("0002"), "a package that was announced is never announced again"
        assert verify(folder / "a.evp", trust=again.trust_path).verdict == "pass"
