"""The writer of a log: one transaction an append, and no trust in a head that does not verify."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    SHA256,
    SM3,
    SUITES,
    Appended,
    Checkpoint,
    Frontier,
    HashSuite,
    Head,
    Log,
    MemoryStorage,
    TileCache,
    check_head,
    consistency_path,
    open_checkpoint,
    sign_checkpoint,
    verify_consistency,
)
from tests.ledger.support import ORIGIN, build_log, entry, expect, naive_root, signer


def new_log(suite: HashSuite = SHA256) -> tuple[Log, MemoryStorage]:
    return Log(ORIGIN, signer(), suite), MemoryStorage()


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_an_append_gives_indexes_size_root_and_a_signed_checkpoint(suite: HashSuite) -> None:
    log, storage = new_log(suite)
    assert log.append(storage, [b"a", b"b"]).first_index == 0
    done = log.append(storage, [b"", b"c" * 65_535, b"d"])
    leaves = suite.leaf_hashes([b"a", b"b", b"", b"c" * 65_535, b"d"])
    assert (done.first_index, done.size, done.root) == (2, 5, naive_root(leaves, suite))
    signed = open_checkpoint(done.checkpoint_note, [log.key])
    assert signed.checkpoint == Checkpoint(ORIGIN, 5, done.root)
    frontier = Frontier(suite)
    frontier.extend(leaves)
    assert storage.head == Head(5, frontier.encode(), done.checkpoint_note)
    assert storage.read_entries(0, 9) == [b"a", b"b", b"", b"c" * 65_535, b"d"]
    assert storage.read_hashes(0, 0, 9) == leaves


def test_a_new_log_begins_with_a_signed_head_of_the_empty_tree() -> None:
    log, storage = new_log()
    done = log.create(storage)
    assert (done.first_index, done.size, done.root) == (0, 0, SHA256.empty_root)
    assert open_checkpoint(done.checkpoint_note, [log.key]).checkpoint.size == 0
    assert Log.open(storage, ORIGIN, signer()).head(storage) == storage.head
    with expect("ledger.exists"):
        log.create(storage)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_each_checkpoint_continues_the_one_before_whatever_the_batches(batches: list[int]) -> None:
    log, storage = new_log()
    states: list[Appended] = [log.create(storage)]
    for count in batches:
        first = states[-1].size
        states.append(log.append(storage, [entry(first + offset) for offset in range(count)]))
        assert states[-1].first_index == first
    assert states[-1].root == naive_root(SHA256.leaf_hashes(entry(index) for index in range(sum(batches))))
    cache = TileCache(storage)
    last = states[-1]
    for state in states:
        path = consistency_path(cache, state.size, last.size)
        verify_consistency(state.size, last.size, state.root, last.root, path)


def test_the_same_entries_give_the_same_bytes_whatever_the_writer() -> None:
    log, storage = new_log()
    log.append(storage, [entry(0), entry(1)])
    reopened = Log.open(storage, ORIGIN, signer())
    one_by_one = reopened.append(storage, [entry(2)])
    again, other = new_log()
    assert again.append(other, [entry(0), entry(1), entry(2)]).checkpoint_note == one_by_one.checkpoint_note
    assert storage.head == other.head


def test_an_append_that_was_rolled_back_leaves_no_trace() -> None:
    log, storage, _ = build_log(10)
    before = copy.deepcopy(storage)
    log.append(storage, [b"never committed"])
    done = log.append(before, [b"committed"])
    assert (done.first_index, done.size) == (10, 11)
    assert done.root == naive_root(SHA256.leaf_hashes([*(entry(index) for index in range(10)), b"committed"]))


def test_a_storage_that_fails_leaves_the_log_usable() -> None:
    class Full(MemoryStorage):
        def insert_entries(
            self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
        ) -> None:
            raise OSError(28, "no space left")

    log, storage, last = build_log(3)
    full = Full()
    full.head = storage.head
    with pytest.raises(OSError, match="no space"):
        log.append(full, [b"x"])
    assert full.head == storage.head
    assert log.append(storage, [b"x"]).first_index == last.size


@pytest.mark.parametrize(
    ("entries", "code"), [([], "ledger.no-entries"), ([b"", bytes(65_536)], "ledger.entry-size")]
)
def test_entries_a_log_cannot_take_are_refused_before_anything_is_written(
    entries: list[bytes], code: str
) -> None:
    log, storage, _ = build_log(2)
    before = copy.deepcopy(storage)
    with expect(code):
        log.append(storage, entries)
    assert (storage.entries, storage.head) == (before.entries, before.head)


def test_an_entry_that_is_too_long_is_named() -> None:
    log, storage = new_log()
    with pytest.raises(Exception, match=r"entry 1: .* 65536 bytes"):
        log.append(storage, [b"", bytes(65_536), bytes(65_537)])


def test_a_log_signs_under_its_own_name_only() -> None:
    with expect("ledger.origin"):
        Log("other.example", signer())


def test_a_full_log_takes_nothing_more() -> None:
    log, storage = new_log()
    edge = bytes(32 * MAX_SIZE.bit_count())
    root = Frontier.decode(MAX_SIZE, edge).root()
    storage.head = Head(MAX_SIZE, edge, sign_checkpoint(Checkpoint(ORIGIN, MAX_SIZE, root), signer()))
    with expect("ledger.full"):
        log.append(storage, [b"x"])


def forged_heads() -> list[tuple[str, Head]]:
    _, _, last = build_log(5)
    _, storage, _ = build_log(5)
    head = storage.head
    assert head is not None
    key = signer()
    wrong_edge = bytes(32) + head.edge[32:]
    other = Checkpoint("other.example", 5, last.root)
    return [
        (
            "ledger.unsigned",
            dataclasses.replace(
                head, note=sign_checkpoint(Checkpoint(ORIGIN, 5, last.root), signer(number=2))
            ),
        ),
        ("ledger.unsigned", dataclasses.replace(head, note=sign_checkpoint(other, signer("other.example")))),
        ("ledger.unsigned", dataclasses.replace(head, note=sign_checkpoint(other, key))),
        ("ledger.bad-signature", dataclasses.replace(head, note=head.note.replace(b"\n5\n", b"\n6\n"))),
        ("ledger.note", dataclasses.replace(head, note=head.note[:-1])),
        ("ledger.note", dataclasses.replace(head, note=b"")),
        ("ledger.head", dataclasses.replace(head, edge=wrong_edge)),
        ("ledger.head", dataclasses.replace(head, size=6)),
        ("ledger.edge", dataclasses.replace(head, size=7)),
        ("ledger.edge", dataclasses.replace(head, edge=head.edge[:-1])),
        (
            "ledger.head",
            dataclasses.replace(head, note=sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), key)),
        ),
        (
            "ledger.head",
            dataclasses.replace(head, note=sign_checkpoint(Checkpoint(ORIGIN, 4, last.root), key)),
        ),
    ]


@pytest.mark.parametrize(("code", "head"), forged_heads())
def test_a_head_that_does_not_verify_is_neither_opened_nor_continued(code: str, head: Head) -> None:
    log, storage, _ = build_log(5)
    storage.head = head
    with expect(code):
        Log.open(storage, ORIGIN, signer())
    with expect(code):
        log.append(storage, [b"x"])
    assert storage.head is head
    assert len(storage.entries) == 5


def test_a_head_may_be_checked_with_the_keys_before_and_after_a_change() -> None:
    _, storage, last = build_log(5)
    assert storage.head is not None
    signed = check_head(storage.head, ORIGIN, [signer(number=2).key, signer().key])
    assert (signed.checkpoint.root, signed.log) == (last.root, signer().key)


def test_a_log_goes_on_under_a_new_key_when_the_former_is_named() -> None:
    old, storage, _ = build_log(5)
    new = signer(number=2)
    with expect("ledger.unsigned"):
        Log.open(storage, ORIGIN, new)
    log = Log.open(storage, ORIGIN, new, former=[old.key])
    done = log.append(storage, [entry(5)])
    assert open_checkpoint(done.checkpoint_note, [new.key]).checkpoint.size == 6
    assert Log.open(storage, ORIGIN, new).head(storage) == storage.head
    with expect("ledger.unsigned"):
        old.append(storage, [b"x"])


def test_a_log_that_lost_its_head_does_not_begin_again() -> None:
    log, storage, _ = build_log(5)
    storage.head = None
    with expect("ledger.no-head"):
        log.create(storage)
    with expect("ledger.no-head"):
        log.append(storage, [b"x"])
    assert len(storage.entries) == 5


def test_the_twin_log_over_sm3_has_the_same_indexes_and_another_root() -> None:
    _, storage, first = build_log(40)
    twin = Log(f"{ORIGIN}/sm3", signer(f"{ORIGIN}/sm3"), SM3)
    other = MemoryStorage()
    second = twin.append(other, storage.read_entries(0, 40))
    assert (second.size, other.entries) == (first.size, storage.entries)
    assert second.root != first.root
    with expect("ledger.unsigned"):
        Log.open(other, ORIGIN, signer(), SM3)


def test_the_memory_storage_refuses_a_gap_or_an_overwrite() -> None:
    _, storage, _ = build_log(5)
    for index in (4, 6):
        with expect("ledger.index-taken"):
            storage.insert_entries(index, [b"x"], [bytes(32)])
        with expect("ledger.index-taken"):
            storage.insert_hashes(1, index, [bytes(32)])
