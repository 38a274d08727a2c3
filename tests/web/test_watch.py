"""What stands around every request: its figures never cost an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: Runs where the figures of several processes are kept, which is decided when the library is loaded.
PROGRAM = """
import shutil, sys
from pathlib import Path
from fastapi.testclient import TestClient
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.web import ServeSettings, create_app

home, figures = Path(sys.argv[1]), Path(sys.argv[2])
with Home.open(home, create=True, office=OfficeInfo("test", "清州市人民检察院")) as office:
    app = create_app(office, ServeSettings(jobs=False))
    with TestClient(app, base_url="http://localhost:8000") as client:
        shutil.rmtree(figures)
        print([client.get(path).status_code for path in ("/healthz", "/portal", "/nowhere")])
"""


def test_a_request_is_answered_although_the_folder_of_the_figures_is_gone(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "home", figures],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(figures)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[200, 200, 404]", done.stderr
