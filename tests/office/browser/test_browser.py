"""The browser: started fresh, ended whole, whatever happens to us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.office.browser import Browser, BrowserError, TemporaryFolder, find_chromium, remove_leftovers


def _processes_of(folder: Path, group: int) -> list[str]:
    """Return the living processes of the group, and those whose home is ``folder``."""
    mark = f"HOME={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_bytes().rpartition(b") ")[2].split()
            if fields[0] != b"Z" and (
                int(fields[2]) == group or mark in (process / "environ").read_bytes().split(b"\0")
            ):
                found.append(process.name)
        except OSError:
            continue
    return found


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qy", dir="/tmp") as name:
        yield Path(name)


def test_a_long_path_of_temporary_folders_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("a" * 50)))
    with Browser.launch() as browser:
        assert len(str(browser.folder)) < 60


def test_a_browser_starts_with_an_empty_profile_and_says_what_it_is() -> None:
    with Browser.launch() as browser:
        facts = browser.facts
        assert facts.profile_before == ()
        assert "Chrome/" in facts.product
        assert Path(facts.path).is_file()
        assert facts.sandbox is (os.geteuid() != 0)
        assert ("--no-sandbox" in facts.command) is (os.geteuid() == 0)
        assert not any("remote-debugging-port" in flag for flag in facts.command)


def test_closing_leaves_no_process_no_folder_and_no_descriptor() -> None:
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    browser = Browser.launch()
    browser.page().navigate("data:text/html,<p>one</p>")
    folder, group = browser.folder, browser.pid
    assert len(_processes_of(folder, group)) > 3
    browser.close()
    browser.close()
    assert not folder.exists()
    assert _processes_of(folder, group) == []
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
    with pytest.raises(BrowserError) as caught:
        browser.page()
    assert caught.value.code == "browser.gone"


def test_a_killed_owner_takes_the_browser_along_and_the_next_start_removes_its_folder(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_folder))
    script = (
        "from qingyuan.office.browser import Browser; import time\n"
        "b = Browser.launch(); b.page(); print(b.folder, b.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(short_folder)},
    )
    assert owner.stdout is not None
    name, number = owner.stdout.readline().split()
    folder, group = Path(name), int(number)
    assert folder.parent == short_folder
    assert remove_leftovers() == 0, "a folder in use is left alone"
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 120
    while _processes_of(folder, group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(_processes_of(folder, group)) == 0
    assert folder.exists()
    assert remove_leftovers() == 1
    assert not folder.exists()


def test_a_folder_whose_removal_was_not_finished_is_removed(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short_folder))
    (short_folder / "qingyuan-browser-x" / "profile").mkdir(parents=True)
    (short_folder / "other").mkdir()
    with TemporaryFolder("browser") as used:
        assert [each.name for each in short_folder.iterdir() if each != used.path] == ["other"]
        assert remove_leftovers() == 0
        assert used.path.is_dir()


def test_a_killed_browser_is_said_clearly() -> None:
    with Browser.launch() as browser:
        page = browser.page()
        os.killpg(browser.pid, signal.SIGKILL)
        with pytest.raises(BrowserError) as caught:
            page.evaluate("new Promise(() => 0)", timeout=20)
        assert caught.value.code == "browser.gone"


def test_a_missing_browser_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QINGYUAN_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(BrowserError) as caught:
        Browser.launch()
    assert caught.value.code == "browser.not-found"
    assert "apt-get install chromium" in caught.value.remedy_zh
    assert "apt-get install chromium" in caught.value.remedy_en
    monkeypatch.delenv("QINGYUAN_CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserError):
        find_chromium()


def test_the_lean_program_is_taken_where_it_is_asked_for_and_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QINGYUAN_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    full, lean = tmp_path / "chromium", tmp_path / "chromium-headless-shell"
    for program in (full, lean):
        program.write_bytes(b"\x7fELF")
        program.chmod(0o755)
    assert (find_chromium(), find_chromium(lean=True)) == (full, lean)
    lean.write_text("#!/bin/sh\nexec /opt/elsewhere/shell\n", encoding="ascii")
    assert find_chromium(lean=True) == lean, "a launcher of something unknown is run as it is"
    lean.unlink()
    assert find_chromium(lean=True) == full
    monkeypatch.setenv("QINGYUAN_CHROMIUM", str(full))
    assert find_chromium(lean=True) == full


def test_a_program_that_is_no_browser_is_refused_with_what_it_said(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho no such luck >&2\nexit 1\n", encoding="ascii")
    fake.chmod(0o755)
    with pytest.raises(BrowserError) as caught:
        Browser.launch(executable=fake, timeout=10)
    assert caught.value.code == "browser.gone"
    assert "no such luck" in caught.value.en
