"""A list of pages leaves nothing behind: no process, no open file, no thread, no folder, whether pages are captured or fail."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_pages_of_a_list_leave_nothing_behind() -> None:
    """In a process of its own: one that runs tests has children that are none of ours."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.capture.unattended"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 captured, 2 failed, 0 processes left" in done.stdout
