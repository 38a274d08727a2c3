"""Sealing: one blob for one content, nothing left behind by what fails."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from qingyuan.evidence import SourceError
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Prepared, Sealer, open_exhibit, read_internal
from qingyuan.store import Blobs, events
from qingyuan.store.errors import StoreError

_SCOPE = "L2026-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


def _files(home: Home) -> list[Path]:
    return [path for path in home.blobs.root.rglob("*") if path.is_file()]


def test_the_same_content_twice_is_two_exhibits_over_one_blob(tmp_path: Path, home: Home) -> None:
    sealer = Sealer(home, _SCOPE, Collector())
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"same")
    kept = sealer.keep([sealer.file(tmp_path / name, name) for name in ("a", "b")])
    with home.database.write() as connection:
        rows = sealer.record(connection, kept)
    assert len({row.id for row in rows}) == 2
    assert len(_files(home)) == 1
    assert kept[0].sealed == kept[1].sealed
    for row in rows:
        with open_exhibit(home, row) as content:
            assert content.read() == b"same"


def test_the_same_content_sealed_by_several_at_once_is_one_blob_and_its_events_say_which(
    tmp_path: Path, home: Home
) -> None:
    (tmp_path / "a").write_bytes(b"same")
    sealers = [Sealer(home, _SCOPE, Collector()) for _ in range(3)]
    waiting = [one.file(tmp_path / "a", f"{number}") for number, one in enumerate(sealers)]
    # All of them were looked for, and none was there, before the first one is named.
    named = [home.blobs.keep([(one.temporary, _SCOPE, one.sealed.sha256)]) for one in waiting]
    assert named == [[True], [False], [False]]
    gate, kept = threading.Barrier(3), []
    (tmp_path / "b").write_bytes(b"other")
    again = [one.file(tmp_path / "b", f"{number}") for number, one in enumerate(sealers)]

    def keep(sealer: Sealer, one: Prepared) -> None:
        gate.wait()
        kept.extend(sealer.keep([one]))

    threads = [threading.Thread(target=keep, args=pair) for pair in zip(sealers, again, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    lies = hashlib.sha256(home.blobs.file(_SCOPE, kept[0].sealed.sha256).read_bytes()).hexdigest()
    assert {one.sealed.sealed_sha256 for one in kept} == {lies}
    assert len(_files(home)) == 2


def test_a_file_system_without_links_will_do(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_bytes(b"same")
    sealer = Sealer(home, _SCOPE, Collector())
    first, second = (sealer.keep([sealer.file(tmp_path / "a", name)])[0] for name in ("a", "b"))
    assert first.sealed == second.sealed
    assert len(_files(home)) == 1


def test_the_same_file_sealed_again_while_the_clock_stands_still_is_one_exhibit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    clock = FixedClock(datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8))))
    with Home.open(tmp_path / "home", create=True, clock=clock) as home:
        sealer, seen = Sealer(home, _SCOPE, Collector()), []
        for _ in range(2):
            kept = sealer.keep([sealer.file(tmp_path / "a", "a")])
            with home.database.write() as connection:
                seen.append((sealer.record(connection, kept), len(events(connection, [_SCOPE]))))
        assert seen[0] == seen[1]


def test_a_file_that_is_no_longer_the_one_planned_is_refused_and_leaves_nothing(
    tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    sealer = Sealer(home, _SCOPE, Collector())
    for known in ({"size": 4}, {"mtime_ns": 1}):
        with pytest.raises(SourceError) as caught:
            sealer.file(path, "a", **known)
        assert caught.value.code == "evidence.changed-while-reading"
    assert _files(home) == []


def test_what_is_no_exhibit_is_sealed_too(home: Home) -> None:
    sealer = Sealer(home, _SCOPE, Collector())
    state = sealer.internal(b"state of a job")
    home.blobs.keep([(state.temporary, _SCOPE, state.sealed.sha256)])
    assert read_internal(home, _SCOPE, state.sealed.sha256) == b"state of a job"
    assert all(b"state of a job" not in path.read_bytes() for path in _files(home))


def test_a_full_disk_is_said_clearly_and_leaves_nothing(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sealer = Sealer(home, _SCOPE, Collector())
    prepared = sealer.file(tmp_path / "a", "a")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("qingyuan.store.blobs.os.fsync", full)
    with pytest.raises(StoreError) as caught:
        sealer.keep([prepared])
    assert caught.value.code == "store.write-failed"
    assert caught.value.remedy_en
    assert not home.blobs.path(_SCOPE, prepared.sealed.sha256).exists()

    def none(self: Blobs, scope: str) -> Path:
        return tmp_path / "no such folder" / "x.part"

    monkeypatch.setattr(Blobs, "temporary", none)
    with pytest.raises(StoreError):
        sealer.file(tmp_path / "a", "a")
