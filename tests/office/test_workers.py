"""Processes that cannot be started: the error says so, whatever the system refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_temporary_folder_whose_path_is_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 60] * 3)
    folder.mkdir(parents=True)
    told = (
        "from qingyuan.office.errors import OfficeError\nfrom qingyuan.office.workers import Crew\n"
        "try:\n    list(Crew(abs, halve=lambda _: None, crashed=abs).run([-1], 1))\n"
        "except OfficeError as error:\n    print(error.code, error.remedy_en)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", told],
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.startswith("office.no-workers")
    assert "TMPDIR" in done.stdout
