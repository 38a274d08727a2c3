"""Sealed files that grow: what is read is what came, half a piece is cut off, and nothing altered opens."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence import Growing, ScopeKey, SealAlgorithm, SourceError, begin_growing, grown, open_grown
from tests.evidence.making import counter_entropy, pattern

KEY = ScopeKey("k0123456789abcdef", "uploads", bytes(range(32)))
PIECE = 1 << 20


def begun(folder: str | Path, algorithm: SealAlgorithm = "aes-256-gcm") -> Path:
    path = Path(folder) / "a.txt"
    begin_growing(path, KEY, counter_entropy(), algorithm=algorithm)
    return path


def add(path: Path, content: bytes) -> int:
    file = Growing(path, KEY.key, counter_entropy())
    try:
        file.append(content)
        return file.size
    finally:
        file.close()


def read(path: Path) -> bytes:
    with open_grown(path, KEY.key) as source:
        assert source.stream.seek(0, 2) == source.size
        source.stream.seek(0)
        return source.stream.read()


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from([0, 1, 100, 5000, PIECE, PIECE + 7]), max_size=4),
    st.sampled_from(["aes-256-gcm", "sm4-gcm"]),
)
def test_what_came_in_parts_is_read_as_a_whole(sizes: list[int], algorithm: SealAlgorithm) -> None:
    with TemporaryDirectory() as folder:
        path, whole = begun(folder, algorithm), b""
        for size in sizes:
            part = pattern(size + len(whole))[len(whole) :]
            whole += part
            assert add(path, part) == len(whole) == grown(path, KEY.key)
        assert read(path) == whole
        assert not any(part in path.read_bytes() for part in (whole[:40], whole[-40:]) if len(part) == 40)


@given(st.integers(1, 400))
@settings(max_examples=40)
def test_a_piece_that_was_left_half_written_is_cut_off_and_gone_on_with(lost: int) -> None:
    with TemporaryDirectory() as folder:
        path = begun(folder)
        add(path, pattern(300))
        add(path, pattern(600)[300:])
        data = path.read_bytes()
        path.write_bytes(data[:-lost])
        kept = grown(path, KEY.key)
        assert kept == (300 if lost <= 332 else 0)
        add(path, pattern(600)[kept:])
        assert read(path) == pattern(600)


def test_a_last_piece_of_which_only_the_length_reached_the_disk_is_not_there(tmp_path: Path) -> None:
    path = begun(tmp_path)
    add(path, pattern(300))
    add(path, pattern(300))
    data = path.read_bytes()
    path.write_bytes(data[:-200] + bytes(200))
    assert grown(path, KEY.key) == 300


@given(st.data())
@settings(max_examples=60)
def test_what_was_altered_or_moved_does_not_open(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = begun(folder)
        for _ in range(3):
            add(path, pattern(100))
        raw = bytearray(path.read_bytes())
        size, start = 4 + 12 + 100 + 16, len(raw) - 3 * (4 + 12 + 100 + 16)
        if data.draw(st.booleans()):
            raw[start : start + 2 * size] = raw[start + size : start + 2 * size] + raw[start : start + size]
        else:
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        with pytest.raises(SourceError):
            read(path)


def test_there_is_one_writer_at_a_time_and_another_key_opens_nothing(tmp_path: Path) -> None:
    path = begun(tmp_path)
    first = Growing(path, KEY.key, counter_entropy())
    with pytest.raises(BlockingIOError):
        Growing(path, KEY.key, counter_entropy())
    first.close()
    with pytest.raises(SourceError):
        grown(path, bytes(32))
    (tmp_path / "plain").write_bytes(b"x" * 200)
    with pytest.raises(SourceError):
        grown(tmp_path / "plain", KEY.key)
