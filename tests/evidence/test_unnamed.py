"""Files without a name until they are whole."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qingyuan.evidence import EvidenceError, unnamed_writer

WRITING = """
import sys, threading
from pathlib import Path
from qingyuan.evidence import unnamed_writer
with unnamed_writer(Path(sys.argv[1])) as file:
    file.write(b"content in clear" * 100_000)
    print("written", flush=True)
    threading.Event().wait()
"""


def write(path: Path, data: bytes) -> None:
    with unnamed_writer(path) as file:
        assert [each.name for each in path.parent.iterdir() if each != path] == []
        file.write(data)


def test_a_file_appears_whole_with_its_name_and_replaces_what_was_there(tmp_path: Path) -> None:
    for data in (b"one", b"", b"three" * 100_000):
        write(tmp_path / "a", data)
        assert (tmp_path / "a").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "a", b"one")
    with pytest.raises(TypeError):
        write(tmp_path / "a", "no bytes")  # type: ignore[arg-type]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_a_killed_writer_leaves_no_file_at_all(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITING, tmp_path / "a"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_such_files_it_is_written_under_another_name_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real(path, flags, mode, **more)

    monkeypatch.setattr("qingyuan.evidence._unnamed.os.open", refuse)
    with unnamed_writer(tmp_path / "a") as file:
        file.write(b"one")
        assert [path.name.startswith(".writing-") for path in tmp_path.iterdir()] == [True]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        write(tmp_path / "none" / "a", b"")
    assert caught.value.where == str(tmp_path / "none" / "a")
