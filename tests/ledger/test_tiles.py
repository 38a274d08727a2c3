"""Tiles: paths, bundles, and a folder that follows the log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    SUITES,
    HashSuite,
    Log,
    MemoryStorage,
    TileCache,
    TileFolder,
    TileName,
    decode_bundle,
    encode_bundle,
    prove_inclusion,
    tile_names,
    tree_root,
)
from tests.ledger.support import ORIGIN, build_log, entry, expect, signer


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "tile/0/000"),
        (TileName(3, 1_234_067), "tile/3/x001/x234/067"),
        (TileName(0, 999, 255), "tile/0/999.p/255"),
        (TileName(1, 1000, 1), "tile/1/x001/000.p/1"),
        (TileName(-1, 273, 112), "tile/entries/273.p/112"),
        (TileName(63, 0), "tile/63/000"),
    ],
)
def test_a_tile_has_one_path(name: TileName, path: str) -> None:
    assert name.path == path
    assert TileName.parse(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000",
        "tile/0/x000/000", "tile/0/001/000", "tile/0/x001", "tile/0/000.p", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000/", "/tile/0/000", "tile/entries/abc", "tile/0/../000", "tile/0/000\n",
        "tile/0/" + "x999/" * 2000 + "000", "tile/0/٠٠٠",
    ],
)  # fmt: skip
def test_other_paths_are_no_tiles(path: str) -> None:
    with expect("ledger.tile-path"):
        TileName.parse(path)


@given(st.integers(-1, 63), st.integers(0, 2**55), st.integers(1, 256))
def test_every_path_reads_back(level: int, index: int, width: int) -> None:
    name = TileName(level, index, width)
    assert TileName.parse(name.path) == name


def test_a_log_of_seventy_thousand_has_the_tiles_of_the_specification() -> None:
    names = list(tile_names(70_000))
    full = [name for name in names if name.width == 256]
    assert sum(name.level == 0 for name in full) == 273
    assert [name for name in full if name.level == 1] == [TileName(1, 0)]
    assert [name for name in names if name.width != 256] == [
        TileName(-1, 273, 112),
        TileName(0, 273, 112),
        TileName(1, 1, 17),
        TileName(2, 0, 1),
    ]
    assert list(tile_names(256)) == [TileName(-1, 0), TileName(0, 0), TileName(1, 0, 1)]
    assert list(tile_names(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_the_new_tiles_are_those_that_were_not_there_before(since: int, more: int) -> None:
    before = set(tile_names(since))
    assert set(tile_names(since + more, since)) == set(tile_names(since + more)) - before


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert len(data) == sum(len(each) + 2 for each in entries)
    assert decode_bundle(data) == entries


def test_a_bundle_writes_lengths_as_big_endian_sixteen_bits() -> None:
    assert encode_bundle([b"", b"ab", b"c" * 300]) == b"\0\0\0\2ab\x01\x2c" + b"c" * 300
    assert decode_bundle(encode_bundle([b"x" * 65_535])) == [b"x" * 65_535]
    with expect("ledger.entry-size"):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1", b"\0\2a", b"\0\0\0", b"\0\0" * 257])
def test_a_malformed_bundle_is_refused(data: bytes) -> None:
    with expect("ledger.bundle"):
        decode_bundle(data)


def files(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()
    }


def expected(storage: MemoryStorage) -> dict[str, bytes]:
    assert storage.head is not None
    found = {"checkpoint": storage.head.note}
    for name in tile_names(storage.head.size):
        start, stop = name.index * 256, name.index * 256 + name.width
        if name.level < 0:
            found[name.path] = encode_bundle(storage.entries[start:stop])
        else:
            found[name.path] = b"".join(storage.hashes[name.level][start:stop])
    return found


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_publishing_step_by_step_or_at_once_gives_the_same_current_tiles(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    log, storage = Log(ORIGIN, signer()), MemoryStorage()
    tiles = TileFolder(folder)
    for count in batches:
        log.append(storage, [entry(len(storage.entries) + offset) for offset in range(count)])
        before = files(folder)
        written = tiles.publish(storage)
        after = files(folder)
        assert set(written) == {path for path, data in after.items() if before.get(path) != data}
        assert expected(storage).items() <= after.items()
        for path, data in before.items():  # what was published stays, until the full tile replaces it
            full = path.partition(".p/")[0]
            assert path == "checkpoint" or after.get(path) == data or full in after
    assert tiles.publish(storage) == []
    assert tiles.publish(storage, rebuild=True) == []
    once = TileFolder(folder / "other")
    once.publish(storage)
    assert files(folder / "other") == expected(storage)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_proofs_and_entries_come_from_the_folder_alone(tmp_path: Path, suite: HashSuite) -> None:
    log, storage, last = build_log(1000, suite)
    tiles = TileFolder(tmp_path, suite)
    tiles.publish(storage)
    cache = TileCache(tiles, suite)
    assert tree_root(cache, 1000, suite) == last.root
    note = tiles.checkpoint()
    assert note == last.checkpoint_note
    for index in (0, 255, 256, 767, 768, 999):
        prove_inclusion(cache, index, note, suite).verify(
            suite.leaf_hash(entry(index)), [log.key], suite=suite
        )
    assert tiles.read_entries(250, 1200) == storage.entries[250:]
    assert tiles.read_entries(1001, 1003) == []
    assert tiles.read_hashes(1, 0, 256) == storage.hashes[1]
    assert tiles.read_hashes(2, 0, 256) == []


def test_a_damaged_folder_is_rebuilt_to_the_same_bytes(tmp_path: Path) -> None:
    _, storage, _ = build_log(700)
    tiles = TileFolder(tmp_path)
    tiles.publish(storage)
    whole = files(tmp_path)
    (tmp_path / "tile/0/001").write_bytes(bytes(8192))
    (tmp_path / "tile/entries/002.p/188").unlink()
    assert tiles.publish(storage) == []  # it looks at nothing older than its checkpoint
    assert tiles.publish(storage, rebuild=True) == ["tile/entries/002.p/188", "tile/0/001"]
    assert files(tmp_path) == whole
    shutil.rmtree(tmp_path / "tile")
    (tmp_path / "checkpoint").write_bytes(whole["checkpoint"][:40])  # as a power cut leaves it
    assert set(tiles.publish(storage)) == set(whole)
    assert files(tmp_path) == whole


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_log_that_does_not_continue_what_was_published_is_not_published(
    tmp_path: Path, rebuild: bool
) -> None:
    _, longer, last = build_log(700)
    _, restored, _ = build_log(300)
    tiles = TileFolder(tmp_path)
    tiles.publish(longer)
    before = files(tmp_path)
    forked, fork = Log(ORIGIN, signer()), MemoryStorage()
    forked.append(fork, [b"another history", *(entry(index) for index in range(1, 900))])
    for storage in (restored, fork):
        with expect("ledger.rolled-back"):
            tiles.publish(storage, rebuild=rebuild)
    assert files(tmp_path) == before
    assert tiles.checkpoint() == last.checkpoint_note


def test_nothing_is_published_that_contradicts_itself(tmp_path: Path) -> None:
    tiles = TileFolder(tmp_path)
    with expect("ledger.no-head"):
        tiles.publish(MemoryStorage())
    _, storage, _ = build_log(300)
    storage.entries[299] = b"another"
    with expect("ledger.leaf"):
        tiles.publish(storage)
    assert not (tmp_path / "checkpoint").exists()
    _, storage, _ = build_log(300)
    storage.hashes[1].clear()
    with expect("ledger.hash-missing"):
        tiles.publish(storage)


def test_an_empty_log_publishes_its_checkpoint_only(tmp_path: Path) -> None:
    _, storage, last = build_log(0)
    tiles = TileFolder(tmp_path / "new")
    assert tiles.checkpoint() is None
    assert tiles.publish(storage) == ["checkpoint"]
    assert files(tmp_path / "new") == {"checkpoint": last.checkpoint_note}
