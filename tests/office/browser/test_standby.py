"""Browsers that start ahead: each is handed out once, none is left over, and what failed is said to who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.office.browser import VARIABLE, BrowserError, Standby


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return state not in {b"Z", b"X"}


def test_each_browser_is_handed_out_once_and_a_further_one_is_started() -> None:
    with Standby(1) as standby, standby.browser() as first, standby.browser() as second:
        assert first.pid != second.pid
        for each in (first, second):
            assert each.facts.profile_before == ()
            assert any(standby.authority.spki in flag for flag in each.facts.command)
        folders = first.folder, second.folder
    assert not any(folder.exists() for folder in folders)


def test_closing_ends_what_nobody_took_and_leaves_what_somebody_did() -> None:
    standby = Standby(2)
    taken = standby.browser()
    (waiting,) = standby._starting
    left = waiting.result()
    standby.close()
    standby.close()
    assert not _lives(left.pid)
    assert not left.folder.exists()
    assert _lives(taken.pid)
    taken.close()
    assert not _lives(taken.pid)


def test_without_a_browser_the_one_who_asks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with Standby(2) as standby:
        with pytest.raises(BrowserError) as failed:
            standby.browser()
        assert failed.value.code == "browser.not-found"
