"""A list of pages leaves nothing behind: no process, no open file, no thread, no folder, whether pages are captured or fail."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.office.capture.site import serving
from tests.office.capture.unattended import captured, held, opened, temporary


@pytest.mark.slow
def test_pages_of_a_list_leave_nothing_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with serving() as site, temporary() as folder:
        home = opened(tmp_path / "home")
        assert len(captured(home, [f"{site.url}/?n=0"]).captures) == 1
        first = held(folder)
        done = captured(home, [f"{site.url}/?n=1", f"{site.url}/file", f"{site.url}/rude"], replay=False)
        refused = captured(home, [closed], replay=False)
        assert [len(done.captures), len(done.failed), len(refused.failed)] == [2, 1, 1]
        after = held(folder)
        home.close()
    assert (first.processes, first.left) == (0, ())
    assert after == first
