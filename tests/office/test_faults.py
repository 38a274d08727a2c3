"""kill -9 at any moment: what was acknowledged stays, and the next run completes the rest."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from qingyuan.ledger.tiles import TileFolder
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.scanning import Done, Target, scan_all, scan_task, unpack
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.store import EventDraft
from tests.office.running import check_consistent, collected, command, material, run_intake
from tests.warm import run, start

_FILES = 40


def _kill_after(seconds: float, *args: object) -> None:
    """Run a command and kill it, with no chance to clean up."""
    process = start(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _sealed(path: Path) -> dict[str, str]:
    """Return the collected exhibits that a home acknowledges, when it is one."""
    if not (path / "office.json").exists():
        return {}
    with Home.open(path) as home:
        return {row.id: row.path for row in collected(home, "L2026-0001")}


@pytest.mark.slow
def test_an_intake_killed_at_any_moment_is_completed_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGYUAN_CLOCK", "2026-03-02T09:00:00+08:00")
    source = material(tmp_path / "material", _FILES)
    began = time.monotonic()
    run_intake(source, tmp_path / "whole")
    whole = time.monotonic() - began
    choose = random.Random(7)
    for number in range(5):
        home = tmp_path / f"home{number}"
        kept: dict[str, str] = {}
        for step in range(5):
            # Later kills of a home come later, so that every stage of the job is hit.
            _kill_after(whole * choose.uniform(0.1, 0.4 + 0.15 * step), "intake", source, "--home", home)
            now = _sealed(home)
            assert kept.items() <= now.items()
            kept = now
        done = run_intake(source, home)
        assert isinstance(done["exhibits"], list)
        assert len(done["exhibits"]) == _FILES
        assert set(kept) <= {exhibit["id"] for exhibit in done["exhibits"]}
        check_consistent(home, str(done["lead"]), _FILES)
        assert run("ledger", "fsck", "--home", home).returncode == 0


@pytest.mark.slow
def test_a_home_whose_creation_was_killed_is_made_by_the_next_run(tmp_path: Path) -> None:
    args = ("office", "init", "--id", "test", "--name", "某县人民检察院")
    began = time.monotonic()
    assert run(*args, "--home", tmp_path / "whole").returncode == 0
    whole = time.monotonic() - began
    for number in range(8):
        home = tmp_path / f"home{number}"
        _kill_after(whole * (0.1 + 0.11 * number), *args, "--home", home)
        if not (home / "office.json").exists():
            assert run(*args, "--home", home).returncode == 0
        done = run("ledger", "fsck", "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("renamed", [0, 2])
def test_a_home_whose_publishing_was_cut_off_after_any_file_has_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    write = TileFolder._write  # the one place where a published file is made
    written = 0

    def cut(folder: TileFolder, relative: str, data: bytes) -> bool:
        nonlocal written
        (folder.folder / relative).parent.mkdir(parents=True, exist_ok=True)
        if written == allowed:
            raise InterruptedError
        written += 1
        return write(folder, relative, data)

    whole = False
    for allowed in range(20):
        path = tmp_path / f"home{allowed}"
        with Home.open(path, create=True, office=OfficeInfo("test", "某县人民检察院")) as home:
            if renamed:
                home.publish()
                with home.database.write() as connection:
                    drafts = [
                        EventDraft("office", "office.renamed", {"name": f"{n}"}) for n in range(renamed)
                    ]
                    home.record(connection, drafts, actor="P001")
            written = 0
            with monkeypatch.context() as patch, contextlib.suppress(InterruptedError):
                patch.setattr(TileFolder, "_write", cut)
                home.publish()
                whole = True
        with Home.open(path, mend=False) as home:
            assert [trouble.zh for trouble in check_home(home)] == []
        if whole:
            break
    assert whole
    assert allowed == 6


def test_a_run_after_one_that_was_killed_between_seal_and_scan_scans_what_was_sealed(tmp_path: Path) -> None:
    from qingyuan.office.collect import Limits
    from qingyuan.office.intake import intake, plan, seal_planned

    source = material(tmp_path / "material")
    with Home.open(tmp_path / "home", create=True) as home:
        job = plan(home, [source], title=None, limits=Limits())
        seal_planned(home, job, Collector(), lambda _: None)
        before = {row.id for row in collected(home, job.lead)}
        done = intake(home, [source], workers=0)
    assert {exhibit.id for exhibit in done.exhibits} == before
    assert done.resumed
    assert done.complete_before == 0
    check_consistent(tmp_path / "home", done.lead, 12)


def test_what_a_killed_process_left_half_written_is_swept_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        dead = subprocess.Popen(["true"])
        dead.wait()
        folder = home.blobs.temporary("L2026-0001").parent
        left = folder / f"{dead.pid}-0badcafe-1.part"
        alive = folder / f"{os.getppid()}-0badcafe-1.part"
        own = home.blobs.temporary("L2026-0001")
        for path in (left, alive, own):
            path.write_bytes(b"x")
        assert home.blobs.sweep() == 1
        assert not left.exists()
        assert alive.exists()
        assert own.exists()


def _targets(home: Home, texts: list[str]) -> list[Target]:
    sealer = Sealer(home, "L2026-0001", Collector())
    targets = []
    for number, text in enumerate(texts):
        path = home.path.parent / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        kept = sealer.keep([sealer.file(path, path.name)])[0]
        manifest = kept.signed.manifest
        blob = home.blobs.path("L2026-0001", manifest.sha256)
        targets.append(Target(manifest.id, manifest.name, str(blob), manifest.size))
    return targets


def die_on_three(group: tuple[Target, ...], *, key: bytes, token_key: bytes) -> Done:
    if any(target.name == "3.txt" for target in group):
        os.kill(os.getpid(), signal.SIGKILL)
    return scan_task(group, key=key, token_key=token_key)


def die_once(group: tuple[Target, ...], *, key: bytes, token_key: bytes) -> Done:
    flag = Path(group[0].blob).parent / "died"
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return scan_task(group, key=key, token_key=token_key)


@pytest.mark.slow
def test_a_file_that_always_kills_its_worker_is_named_and_the_rest_is_scanned(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        targets = _targets(home, [f"电话 1380000000{number}\n" for number in range(6)])
        key = home.scope_key("L2026-0001").key
        done = list(scan_all(targets, key=key, token_key=bytes(32), workers=2, task=die_on_three))
    scans = {name: scan for one in done for name, scan in unpack(one.scans).items()}
    assert set(scans) == {target.exhibit for target in targets}
    for target in targets:
        codes = [unread.code for unread in scans[target.exhibit].unread]
        assert codes == (["reader-crashed"] if target.name == "3.txt" else [])
        assert scans[target.exhibit].kinds.keys() == (set() if codes else {"mobile"})


@pytest.mark.slow
def test_a_worker_that_is_killed_once_costs_nothing_but_time(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        targets = _targets(home, [f"电话 1380000000{number}\n" for number in range(3)])
        key = home.scope_key("L2026-0001").key
        done = list(scan_all(targets, key=key, token_key=bytes(32), workers=1, task=die_once))
    assert len(done) == 1
    assert all(not scan.unread and scan.kinds for scan in unpack(done[0].scans).values())


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    source = tmp_path / "material"
    source.mkdir()
    for number in range(4):
        (source / f"{number}.txt").write_text("联系电话 13800000001，" * 400_000, encoding="utf-8")
    home = tmp_path / "home"
    process = subprocess.Popen(
        command("intake", source, "--home", home, "--json"), stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait(lambda: len(_session(process.pid)) >= 4, 300)  # itself, tracker, server, a worker
    finally:
        process.kill()
        process.wait()
    _wait(lambda: not _session(process.pid), 300)


def _session(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _wait(met: object, seconds: float) -> None:
    assert callable(met)
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until
        time.sleep(0.02)
