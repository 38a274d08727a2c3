"""Sealed files open only unchanged, whole, and with their key."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence import (
    EvidenceError,
    SealedReader,
    SealError,
    SourceError,
    digest_bytes,
    read_header,
    seal,
    seal_file,
    sealed_size,
)
from tests.evidence.making import counter_entropy, pattern

KEY = hashlib.sha256(b"key").digest()
CHUNK = 64
#: Sizes around the edges of chunks.
SIZES = st.integers(0, 5).flatmap(lambda n: st.integers(max(0, n * CHUNK - 2), n * CHUNK + 2))


def sealed_bytes(content: bytes, *, chunk: int = CHUNK, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, key, "k01", counter_entropy(), chunk=chunk)
    return target.getvalue()


def opened(sealed: bytes, key: bytes = KEY) -> bytes:
    with SealedReader(io.BytesIO(sealed), key) as reader:
        return reader.read()


@given(SIZES)
def test_content_of_any_size_comes_back(size: int) -> None:
    content, target = pattern(size), io.BytesIO()
    found = seal(io.BytesIO(content), target, KEY, "k01", counter_entropy(), chunk=CHUNK)
    sealed = target.getvalue()
    assert opened(sealed) == content
    assert (found.size, found.sha256, found.sm3) == (
        size,
        digest_bytes(content).sha256,
        digest_bytes(content).sm3,
    )
    assert found.sealed_size == len(sealed) == sealed_size(size, "k01", chunk=CHUNK)
    assert found.sealed_sha256 == hashlib.sha256(sealed).hexdigest()


@given(SIZES, st.data())
def test_any_flipped_bit_is_detected(size: int, data: st.DataObject) -> None:
    sealed = bytearray(sealed_bytes(pattern(size)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealError):
        opened(bytes(sealed))


def test_every_single_changed_byte_of_a_file_is_detected() -> None:
    sealed = sealed_bytes(pattern(2 * CHUNK + 7))
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 0xFF]) + sealed[place + 1 :]
        with pytest.raises(SealError):
            opened(changed)


@given(SIZES, st.data())
def test_any_truncation_is_detected_on_opening(size: int, data: st.DataObject) -> None:
    sealed = sealed_bytes(pattern(size))
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    with pytest.raises(SealError):
        SealedReader(io.BytesIO(cut), KEY)


def test_a_cut_between_chunks_is_called_a_cut() -> None:
    sealed = sealed_bytes(pattern(3 * CHUNK))
    with pytest.raises(SealError) as caught:
        SealedReader(io.BytesIO(sealed[: -(CHUNK + 16)]), KEY)
    assert caught.value.code == "evidence.sealed-truncated"


@given(st.binary(min_size=1, max_size=2 * CHUNK + 40))
def test_appended_bytes_are_detected(more: bytes) -> None:
    with pytest.raises(SealError):
        SealedReader(io.BytesIO(sealed_bytes(pattern(2 * CHUNK)) + more), KEY)


@given(st.permutations(range(4)).filter(lambda order: list(order) != [0, 1, 2, 3]))
def test_reordered_chunks_are_detected(order: list[int]) -> None:
    sealed = sealed_bytes(pattern(4 * CHUNK))
    box, start = CHUNK + 16, len(sealed) - 4 * (CHUNK + 16)
    boxes = [sealed[start + i * box : start + (i + 1) * box] for i in range(4)]
    with pytest.raises(SealError):
        opened(sealed[:start] + b"".join(boxes[i] for i in order))


def test_a_chunk_of_another_file_under_the_same_key_is_detected() -> None:
    entropy, files = counter_entropy(), []
    for seed in ("one", "two"):
        target = io.BytesIO()
        seal(io.BytesIO(pattern(2 * CHUNK, seed)), target, KEY, "k01", entropy, chunk=CHUNK)
        files.append(target.getvalue())
    box = 2 * (CHUNK + 16)
    with pytest.raises(SealError):
        opened(files[0][:-box] + files[1][-box : -(CHUNK + 16)] + files[0][-(CHUNK + 16) :])


def test_the_damaged_chunk_is_named_and_the_others_still_open() -> None:
    sealed = bytearray(sealed_bytes(pattern(4 * CHUNK)))
    sealed[len(sealed) - 2 * (CHUNK + 16) - 1] ^= 1  # last byte of chunk 1
    with SealedReader(io.BytesIO(bytes(sealed)), KEY) as reader:
        assert reader.read(CHUNK) == pattern(4 * CHUNK)[:CHUNK]
        with pytest.raises(SealError, match="chunk 1 of the sealed file") as caught:
            reader.read(1)
        assert "第 1 块" in caught.value.zh
        reader.seek(2 * CHUNK)
        assert reader.read() == pattern(4 * CHUNK)[2 * CHUNK :]


def test_a_wrong_key_is_told_from_damage() -> None:
    sealed = sealed_bytes(b"x")
    with pytest.raises(SealError) as caught:
        opened(sealed, hashlib.sha256(b"other").digest())
    assert caught.value.code == "evidence.wrong-key"
    assert "k01" in caught.value.en
    assert read_header(io.BytesIO(sealed)).key_id == "k01"


def test_a_file_that_is_not_sealed_is_called_so() -> None:
    with pytest.raises(SealError) as caught:
        opened(b"PK\x03\x04" + bytes(200))
    assert caught.value.code == "evidence.not-sealed"


@settings(max_examples=60)
@given(SIZES, st.lists(st.tuples(st.integers(0, 340), st.integers(0, 200)), max_size=12))
def test_random_seeks_read_the_same_bytes_as_the_content(size: int, reads: list[tuple[int, int]]) -> None:
    content = pattern(size)
    plain = io.BytesIO(content)
    with SealedReader(io.BytesIO(sealed_bytes(content)), KEY) as reader:
        for place, count in reads:
            assert reader.seek(place) == plain.seek(place)
            assert reader.read(count) == plain.read(count)
            assert reader.tell() == plain.tell()
            buffer = bytearray(count)
            expected = plain.read(count)
            assert reader.readinto(buffer) == len(expected)
            assert buffer[: len(expected)] == expected


def test_seeking_behaves_as_files_do() -> None:
    with SealedReader(io.BytesIO(sealed_bytes(pattern(100))), KEY) as reader:
        assert reader.seek(-10, os.SEEK_END) == 90
        assert reader.seek(5, os.SEEK_CUR) == 95
        with pytest.raises(ValueError, match="invalid seek"):
            reader.seek(-1)
        assert reader.size == 100
    with pytest.raises(ValueError, match="closed"):
        reader.read(1)


@pytest.mark.parametrize(
    ("key", "key_id", "chunk"), [(b"short", "k", 64), (KEY, "", 64), (KEY, "密", 64), (KEY, "k", 0)]
)
def test_parameters_out_of_bounds_are_refused(key: bytes, key_id: str, chunk: int) -> None:
    with pytest.raises(SealError):
        seal(io.BytesIO(), io.BytesIO(), key, key_id, counter_entropy(), chunk=chunk)


def test_a_short_draw_of_randomness_is_refused() -> None:
    with pytest.raises(EvidenceError, match="randomness"):
        seal(io.BytesIO(), io.BytesIO(), KEY, "k", lambda n: bytes(n - 1))


def test_a_file_is_sealed_beside_nothing_else_and_keeps_its_claimed_time(tmp_path: Path) -> None:
    source, target = tmp_path / "名单.csv", tmp_path / "sealed"
    source.write_bytes(pattern(3000))
    os.utime(source, (1_767_582_000, 1_767_582_000))
    found = seal_file(source, target, KEY, "k01", counter_entropy())
    assert found.mtime == "2026-01-05T11:00:00+08:00"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sealed", "名单.csv"]
    with SealedReader.open(target, KEY) as reader:
        assert digest_bytes(reader.read()).sha256 == found.sha256


def test_a_file_that_changes_while_it_is_read_is_reported_and_not_kept(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "sealed"
    source.write_bytes(b"first")

    def meddling(count: int) -> bytes:
        source.write_bytes(b"first and more")
        return bytes(count)

    with pytest.raises(SourceError) as caught:
        seal_file(source, target, KEY, "k01", meddling)
    assert caught.value.code == "evidence.changed-while-reading"
    assert [p.name for p in tmp_path.iterdir()] == ["log"]


def test_a_file_swapped_for_another_while_it_is_read_is_reported(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "sealed"
    source.write_bytes(b"first")

    def swapping(count: int) -> bytes:
        (tmp_path / "new").write_bytes(b"other")
        (tmp_path / "new").replace(source)
        return bytes(count)

    with pytest.raises(SourceError, match="changed"):
        seal_file(source, target, KEY, "k01", swapping)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "absent", "null"])
def test_what_is_no_plain_file_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    if kind == "link":
        (tmp_path / "real").write_bytes(b"x")
        place.symlink_to(tmp_path / "real")
    elif kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "null":
        place = tmp_path / "a\0b"
    with pytest.raises(SourceError) as caught:
        seal_file(place, tmp_path / "sealed", KEY, "k01", counter_entropy())
    assert caught.value.where == str(place)
    assert not (tmp_path / "sealed").exists()


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"x")
    with pytest.raises(EvidenceError) as caught:
        seal_file(source, tmp_path / "absent" / "out", KEY, "k01", counter_entropy())
    assert caught.value.code == "evidence.write-failed"
