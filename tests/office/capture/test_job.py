"""Capture jobs: sealed as exhibits in one transaction, resumed after a kill, failures named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from qingyuan.cli.capture import capture
from qingyuan.errors import QingyuanError
from qingyuan.evidence import Manifest, missing_facts
from qingyuan.evidence.acquisition import AcquisitionRecord
from qingyuan.office.capture import CaptureError, CaptureSettings, capture_all
from qingyuan.office.custody import custody_of
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, open_exhibit
from qingyuan.store import EventDraft
from qingyuan.store.registry import ExhibitRow, exhibits
from tests.cli.running import run as qingyuan
from tests.office.capture.site import Site, serving
from tests.office.capture.taking import QUICK
from tests.warm import run, start

_LEAD = "L2026-0001"
_QUICK = CaptureSettings(allow_private=True, replay=False, bounds=QUICK)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Home.open(tmp_path / "home", create=True) as home:
        home.append([EventDraft(_LEAD, "lead.registered", {"title": "x"})], actor="P001")
    return tmp_path / "home"


def _rows(home: Home) -> list[ExhibitRow]:
    with home.database.read() as connection:
        return exhibits(connection, [_LEAD])


def _manifest(row: ExhibitRow) -> Manifest:
    return msgspec.json.decode(row.manifest, type=Manifest)


def test_a_page_becomes_exhibits_with_their_record_and_relations(folder: Path, site: Site) -> None:
    with Home.open(folder) as home:
        result = capture_all(home, _LEAD, [f"{site.url}/"], Collector(second="P002"), settings=_QUICK)
        (one,) = result.captures
        assert result.failed == ()
        rows = {_manifest(row).name: row for row in _rows(home)}
        assert sorted(rows) == [
            "acquisition.json", "capture.wacz", "environment.json", "page.har", "page.html", "page.mhtml", "page.pdf", "page.png",
        ]  # fmt: skip
        assert {each.id for each in one.exhibits} == {row.id for row in rows.values()}
        wacz = _manifest(rows["capture.wacz"])
        assert (wacz.origin, wacz.media_type, wacz.collected.method) == (
            "collected",
            "application/wacz",
            "web-capture",
        )
        assert (wacz.collected.source, wacz.collected.second) == (f"{site.url}/", "P002")
        assert wacz.collected.mono_ns > 0
        assert _manifest(rows["page.har"]).parents == (wacz.id,)
        others = {row.id for name, row in rows.items() if name != "acquisition.json"}
        assert set(_manifest(rows["acquisition.json"]).parents) == others
        with open_exhibit(home, rows["acquisition.json"]) as content:
            record = msgspec.json.decode(content.read(), type=AcquisitionRecord)
        assert record.recordings == (rows["page.png"].id,)
        assert rows["environment.json"].sha256 in record.cleanliness
        assert record.collected == wacz.collected
        assert {each.fact for each in missing_facts(record) if each.binding} == {"place", "clock_offset_ms"}
        assert custody_of(home, wacz.id).steps
        assert list(check_home(home)) == []


def test_an_address_that_is_none_is_refused_before_anything_is_done(folder: Path, site: Site) -> None:
    with Home.open(folder) as home:
        for url in ("ftp://h/", "http:///x", "https://u:p@h/", "file:///etc/passwd", "http://h/\n", "x"):
            with pytest.raises(CaptureError) as caught:
                capture_all(home, _LEAD, [f"{site.url}/", url], Collector(), settings=_QUICK)
            assert caught.value.code == "capture.bad-url"
        with pytest.raises(QingyuanError):
            capture_all(home, "L2026-0999", [f"{site.url}/"], Collector(), settings=_QUICK)
        assert _rows(home) == []


def test_a_full_disk_leaves_nothing_half(folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Home.open(folder) as home:
        monkeypatch.setattr("qingyuan.store.blobs._sync", full)
        with pytest.raises(QingyuanError) as caught:
            capture_all(home, _LEAD, [f"{site.url}/"], Collector(), settings=_QUICK)
        assert caught.value.code == "store.write-failed"
        monkeypatch.undo()
        assert _rows(home) == []
        assert not list(home.blobs.root.rglob("*.part"))
        assert list(check_home(home)) == []


def test_a_list_on_the_command_line_names_what_failed(folder: Path, site: Site, tmp_path: Path) -> None:
    addresses = tmp_path / "list.txt"
    addresses.write_text(
        f"# 清单\n{site.url}/?images=1\n\n{site.url}/file\n{site.url}/?images=1\n", encoding="utf-8"
    )
    runner = CliRunner()
    args = [
        "--list",
        str(addresses),
        "--home",
        str(folder),
        "--lead",
        _LEAD,
        "--allow-private",
        "--no-replay",
        "--delay",
        "0",
    ]
    done = runner.invoke(capture, [*args, "--json"])
    assert done.exit_code == 1, done.output
    body = json.loads(done.output)
    (good,) = body["captures"]
    assert good["url"] == good["final_url"] == f"{site.url}/?images=1"
    assert (good["status"], good["resources"], good["bounds"], good["replay"]) == (200, 2, [], "unknown")
    assert {"id", "path", "sha256", "sm3"} == set(good["exhibits"][0])
    assert good["seconds"] > 0
    (bad,) = body["failed"]
    assert (bad["url"], bad["code"], bad["attempts"]) == (f"{site.url}/file", "capture.is-download", 1)
    assert bad["reason"]
    again = runner.invoke(capture, [*args, "--lang", "en"])
    assert again.exit_code == 1
    assert "1 pages were captured before" in again.output
    assert "1 pages captured, 1 not" in again.output
    assert runner.invoke(capture, ["--home", str(folder), "--lead", _LEAD]).exit_code == 2
    addresses.write_bytes("http://例".encode("gb18030"))
    refused = qingyuan("capture", *args)
    assert refused.code == 2
    assert "UTF-8" in refused.err


def test_what_may_pass_is_tried_again_a_few_times(folder: Path) -> None:
    with Home.open(folder) as home:
        result = capture_all(
            home, _LEAD, ["http://no-such-host.invalid/"], Collector(), settings=_QUICK, delay=0
        )
        assert result.captures == ()
        (failed,) = result.failed
        assert (failed.code, failed.attempts) == ("capture.unreachable", 3)


@pytest.mark.slow
def test_a_killed_list_goes_on_where_it_was_and_takes_nothing_twice(folder: Path, site: Site) -> None:
    urls = [f"{site.url}/?images={n}" for n in range(3)]
    words = (
        "capture",
        *urls,
        "--home",
        folder,
        "--lead",
        _LEAD,
        "--allow-private",
        "--no-replay",
        "--delay",
        "0",
        "--json",
    )
    for pages in (1, 2):
        running = start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 300
        while time.monotonic() < end and running.poll() is None and _done(folder) < pages:
            time.sleep(0.05)
        time.sleep(0.2)
        running.send_signal(signal.SIGKILL)
        running.wait()
    done = run(*words)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert [each["url"] for each in body["captures"]] == urls
    assert body["resumed"] >= 2
    with Home.open(folder) as home:
        assert list(check_home(home)) == []
        names = Counter(_manifest(row).name for row in _rows(home))
    assert set(names.values()) == {3}
    assert not list(folder.joinpath("blobs").rglob("*.part"))
    temporary = Path(os.environ.get("TMPDIR", "/tmp"))
    assert not [each for each in temporary.glob("qingyuan-capture-*") if not _is_used(each)]


def _done(folder: Path) -> int:
    with Home.open(folder) as home:
        return sum(1 for row in _rows(home) if _manifest(row).name == "capture.wacz")


def _is_used(folder: Path) -> bool:
    """Return whether another process, such as a test beside this one, holds the folder."""
    import fcntl

    try:
        with (folder / "lock").open("r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
