"""The check finds every kind of damage, and names it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from qingyuan.ledger import (
    SUITES,
    Checkpoint,
    HashSuite,
    MemoryStorage,
    Problem,
    TileFolder,
    fsck,
    leaf_hash,
    sign_checkpoint,
)
from tests.ledger.support import ORIGIN, build_log, signer

SIZE = 700


class Holed(MemoryStorage):
    """A storage in which rows can be missing, as in a table."""

    def __init__(self, whole: MemoryStorage) -> None:
        super().__init__()
        self.head, self.entries, self.hashes = whole.head, whole.entries, whole.hashes
        self.lost_entries: set[int] = set()
        self.lost_hashes: set[tuple[int, int]] = set()

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        stop = min(stop, len(self.entries))
        return [self.entries[index] for index in range(start, stop) if index not in self.lost_entries]

    def read_hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        row = self.hashes.get(level, [])
        stop = min(stop, len(row))
        return [row[index] for index in range(start, stop) if (level, index) not in self.lost_hashes]


@pytest.fixture
def log(tmp_path: Path) -> tuple[MemoryStorage, TileFolder]:
    _, storage, _ = build_log(SIZE)
    tiles = TileFolder(tmp_path)
    tiles.publish(storage)
    assert problems(storage, tiles) == []
    return storage, tiles


def check(storage: MemoryStorage, tiles: TileFolder | None = None) -> list[Problem]:
    return list(fsck(storage, ORIGIN, [signer().key], tiles=tiles))


def problems(storage: MemoryStorage, tiles: TileFolder | None = None) -> list[tuple[str, str]]:
    found = check(storage, tiles)
    assert all(each.zh and each.en and each.text("zh") and each.text("en") for each in found)
    return [(each.code, each.where) for each in found]


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 1000])
def test_a_whole_log_has_no_problem(tmp_path: Path, size: int, suite: HashSuite) -> None:
    writer, storage, _ = build_log(size, suite)
    tiles = TileFolder(tmp_path, suite)
    tiles.publish(storage)
    assert list(fsck(storage, ORIGIN, [writer.key], suite, tiles)) == []


def test_a_log_never_written_has_no_problem_unless_it_has_entries() -> None:
    storage = MemoryStorage()
    assert check(storage) == []
    storage.entries.append(b"x")
    assert problems(storage) == [("no-head", "head")]


def test_a_large_log_is_checked_through_all_its_levels(tmp_path: Path) -> None:
    writer, storage, _ = build_log(66_000)
    tiles = TileFolder(tmp_path)
    tiles.publish(storage)
    assert list(fsck(storage, ORIGIN, [writer.key], tiles=tiles)) == []
    storage.hashes[2][0] = bytes(32)
    (tmp_path / "tile/1/001.p/1").write_bytes(bytes(32))
    found = list(fsck(storage, ORIGIN, [writer.key], tiles=tiles))
    assert [(each.code, each.where, each.index) for each in found] == [
        ("tile-hash", "level 2 index 0", 0),
        ("tile", "tile/1/001.p/1", 65_536),
    ]


def test_an_edited_entry_is_named_and_told_from_an_edited_hash(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage, tiles = log
    storage.entries[300] = b"edited with a hex editor"
    found = check(storage, tiles)
    assert ("leaf", "index 300") in [(each.code, each.where) for each in found]
    assert next(each for each in found if each.code == "tile").where == "tile/entries/001"
    assert next(each for each in found if each.code == "tile").index == 300
    assert "entries were changed" in next(each.en for each in found if each.code == "root")


def test_an_edited_leaf_hash_is_named_and_the_root_still_stands(
    log: tuple[MemoryStorage, TileFolder],
) -> None:
    storage, tiles = log
    storage.hashes[0][300] = bytes(32)
    assert problems(storage, tiles) == [("leaf", "index 300")]


def test_an_entry_edited_together_with_its_hash_is_found_by_tile_hash_root_and_tile(
    log: tuple[MemoryStorage, TileFolder],
) -> None:
    storage, tiles = log
    storage.entries[300] = b"edited"
    storage.hashes[0][300] = leaf_hash(b"edited")
    found = check(storage, tiles)
    assert {(each.code, each.where, each.index) for each in found} >= {
        ("tile-hash", "level 1 index 1", 256),
        ("tile", "tile/0/001", 300),
        ("tile", "tile/entries/001", 300),
        ("root", "head", None),
        ("edge", "edge", None),
        ("tile-checkpoint", "checkpoint", None),
    }


@pytest.mark.parametrize("index", [0, 255, 256, 699])
def test_a_missing_entry_or_hash_is_named(log: tuple[MemoryStorage, TileFolder], index: int) -> None:
    storage = Holed(log[0])
    storage.lost_entries = {index}
    assert problems(storage, log[1]) == [("entry-missing", f"index {index}")]
    storage.lost_entries = set()
    storage.lost_hashes = {(0, index)}
    assert problems(storage, log[1]) == [("leaf-missing", f"index {index}")]
    storage.lost_hashes = {(1, 1)}
    assert problems(storage, log[1]) == [("tile-hash", "level 1 index 1")]


def test_an_entry_lost_with_its_hash_breaks_the_root(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage = Holed(log[0])
    storage.lost_entries, storage.lost_hashes = {5}, {(0, 5)}
    codes = [code for code, _ in problems(storage)]
    assert codes == ["entry-missing", "leaf-missing", "tile-hash", "edge", "root"]


def test_rows_beyond_the_head_are_found(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage = log[0]
    storage.entries.append(b"x")
    storage.hashes[0].append(leaf_hash(b"x"))
    storage.hashes[1].append(bytes(32))
    assert problems(storage) == [
        ("beyond-head", "index 700"),
        ("beyond-head", "level 0 index 700"),
        ("beyond-head", "level 1 index 2"),
    ]


def test_a_truncated_log_is_found(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage = log[0]
    del storage.entries[698:], storage.hashes[0][698:]
    assert problems(storage)[:4] == [
        ("entry-missing", "index 698"),
        ("leaf-missing", "index 698"),
        ("entry-missing", "index 699"),
        ("leaf-missing", "index 699"),
    ]


HEADS: list[tuple[str, Callable[[MemoryStorage], dict[str, object]]]] = [
    ("edge", lambda _: {"edge": bytes(32 * SIZE.bit_count())}),
    ("head-size", lambda _: {"size": SIZE + 1}),
    ("head-note", lambda storage: {"note": storage.head.note[:-1] if storage.head else b""}),
    ("head-note", lambda _: {"note": sign_checkpoint(Checkpoint(ORIGIN, SIZE, bytes(32)), signer(number=2))}),
    ("root", lambda _: {"note": sign_checkpoint(Checkpoint(ORIGIN, SIZE, bytes(32)), signer())}),
]


@pytest.mark.parametrize(("code", "change"), HEADS)
def test_a_changed_head_is_found(
    log: tuple[MemoryStorage, TileFolder], code: str, change: Callable[[MemoryStorage], dict[str, object]]
) -> None:
    storage = log[0]
    assert storage.head is not None
    storage.head = dataclasses.replace(storage.head, **change(storage))  # type: ignore[arg-type]
    assert [each.code for each in check(storage)] == [code]


def test_a_log_of_another_origin_is_found() -> None:
    _, storage, _ = build_log(3)
    found = list(fsck(storage, "other.example", [signer().key]))
    assert [each.code for each in found] == ["head-origin"]


def test_a_rolled_back_log_is_found_by_its_published_checkpoint(
    log: tuple[MemoryStorage, TileFolder],
) -> None:
    _, older, _ = build_log(600)
    found = problems(older, log[1])
    assert ("tile-checkpoint", "checkpoint") in found
    assert ("tile-stray", "tile/0/002.p/188") in found


def test_a_folder_that_lags_behind_is_no_problem(log: tuple[MemoryStorage, TileFolder]) -> None:
    _, newer, _ = build_log(1500)
    assert problems(newer, log[1]) == []


@pytest.mark.parametrize(
    ("path", "index"),
    [("tile/0/001", 266), ("tile/0/002.p/188", 522), ("tile/1/000.p/2", 0), ("tile/entries/001", 275)],
)
def test_each_changed_tile_is_named_with_its_first_entry(
    log: tuple[MemoryStorage, TileFolder], path: str, index: int
) -> None:
    storage, tiles = log
    file = tiles.folder / path
    data = bytearray(file.read_bytes())
    at = (index % 256) * 32 if path.startswith("tile/0") else 20 if path.startswith("tile/1") else 19 * 11 + 5
    data[at] ^= 1
    file.write_bytes(data)
    assert [(each.code, each.where, each.index) for each in check(storage, tiles)] == [("tile", path, index)]
    file.write_bytes(b"")
    assert problems(storage, tiles) == [("tile", path)]
    file.unlink()
    assert problems(storage, tiles) == [("tile-missing", path)]
    tiles.publish(storage, rebuild=True)
    assert problems(storage, tiles) == []


def test_a_tile_with_more_after_it_is_named(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage, tiles = log
    with (tiles.folder / "tile/0/000").open("ab") as file:
        file.write(b"\0" * 100)
    assert [(each.where, each.index) for each in check(storage, tiles)] == [("tile/0/000", 255)]


def test_older_partial_tiles_are_compared_too(log: tuple[MemoryStorage, TileFolder]) -> None:
    storage, tiles = log
    old = tiles.folder / "tile/0/002.p/7"
    old.write_bytes((tiles.folder / "tile/0/002.p/188").read_bytes()[: 7 * 32])
    assert problems(storage, tiles) == []
    old.write_bytes(bytes(7 * 32))
    assert problems(storage, tiles) == [("tile", "tile/0/002.p/7")]


@pytest.mark.parametrize(
    "path",
    ["tile/0/003", "tile/0/002.p/189", "tile/0/002", "notes.txt", "tile/5/000.p/1", "tile/0/000.p/256"],
)
def test_files_that_are_no_tiles_of_the_log_are_named(
    log: tuple[MemoryStorage, TileFolder], path: str
) -> None:
    storage, tiles = log
    file = tiles.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    assert problems(storage, tiles) == [("tile-stray", path)]


@pytest.mark.parametrize(
    "note",
    [
        None,
        b"",
        sign_checkpoint(Checkpoint(ORIGIN, 650, bytes(32)), signer()),
        sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), signer()),
    ],
)
def test_a_wrong_published_checkpoint_is_found(
    log: tuple[MemoryStorage, TileFolder], note: bytes | None
) -> None:
    storage, tiles = log
    file = tiles.folder / "checkpoint"
    file.unlink()
    if note is not None:
        file.write_bytes(note)
    assert ("tile-checkpoint", "checkpoint") in problems(storage, tiles)


def test_a_log_of_an_unknown_key_is_not_called_good(log: tuple[MemoryStorage, TileFolder]) -> None:
    assert [each.code for each in fsck(log[0], ORIGIN, [])] == ["head-note"]
