"""A file is read up to its bound and no further, whatever it is."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

import pytest

from qingyuan.bounded import read_text, read_whole
from tests.cli.running import run
from tests.ledger.support import signer


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb\rc")
    assert read_whole(file, 9) == file.read_bytes()
    assert read_text(file, encoding="utf-8-sig") == "a\nb\nc"
    file.write_bytes(b"")
    assert read_whole(file, 0) == b""
    file.write_bytes(b"x" * 10)
    with pytest.raises(OSError, match="longer than 9 bytes") as caught:
        read_whole(file, 9)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(file))


def test_what_has_no_end_is_not_waited_for(tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    endless.symlink_to("/dev/zero")
    with pytest.raises(OSError, match="device"):
        read_whole(endless)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def pour() -> None:
        with pipe.open("wb", buffering=0) as into, contextlib.suppress(BrokenPipeError):
            while True:
                into.write(b"x" * 4096)

    pouring = threading.Thread(target=pour)
    pouring.start()
    with pytest.raises(OSError, match="longer than"):
        read_whole(pipe, 9_000)
    pouring.join(10)


def test_no_command_reads_a_huge_file_where_a_small_one_is_asked_for(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    home = ("--home", tmp_path / "home")
    assert run("office", "init", "--id", "t", "--name", "甲", *home).code == 0
    assert run("ledger", "witness", "init", tmp_path / "w", "--name", "w.example").code == 0
    for words in (
        ("lead", "assess", "L2026-0001", "--args", huge, *home),
        ("exchange", "receive", huge, *home),
        ("exchange", "peer", "add", "x", huge, *home),
        ("ledger", "cosign", "--policy", huge, *home),
        ("ledger", "fork-verify", huge, "--vkey", signer().key.encode()),
        ("ledger", "witness", "add-log", tmp_path / "w", "--trust", huge),
        ("key", "roles", "publish", huge, *home),
        ("key", "root", "sign", huge, huge),
        ("capture", "--list", huge, "--lead", "L2026-0001", *home),
        ("seal", tmp_path / "a.txt", "--matter", "L2026-0001", "--record", huge, *home),
        ("deidentify", tmp_path / "a.txt", "-o", tmp_path / "o.txt", "--policy", huge),
        ("deidentify", tmp_path / "a.txt", "-o", tmp_path / "o.txt", "--key", huge),
    ):
        done = run(*words, "--json")
        error = done.json()["error"]
        assert done.code in {1, 2}, words
        assert str(huge) in error["where"], (words, error)
        assert error["zh"], words
