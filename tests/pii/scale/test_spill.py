"""Counting out of core gives what counting in memory gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii import counting, persons
from qingyuan.pii._kernel.flags import BANK_CARD, KINDS, MOBILE, NAME, RESIDENT_ID
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.scale import DamagedSegmentError, Segment, Spill

Mention = tuple[int, int, int]
SPREAD = np.uint64(0x9E3779B97F4A7C15)


PASSPORT, PERMIT = KINDS.index("passport"), KINDS.index("hkmo-permit")


def index(part: list[Mention], *, unkeyed: int = 0) -> persons.PersonIndex:
    return persons.index(
        np.array([m[0] for m in part], np.int64),
        np.array([m[1] for m in part], np.uint8),
        np.array([m[2] for m in part], np.uint64) * SPREAD,
        unkeyed_records=unkeyed,
    )


def pieces(part: list[Mention]) -> counting.Pieces:
    size = max((m[0] for m in part), default=-1) + 1
    return counting.pieces(
        np.array([m[0] for m in part], np.int64),
        np.array([m[1] for m in part], np.uint8),
        np.array([m[2] for m in part], np.uint64) * SPREAD,
        np.array([g % 2 for g in range(size)], np.uint8),
    )


MENTIONS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from([RESIDENT_ID, MOBILE, BANK_CARD, NAME, PASSPORT, PERMIT]),
        st.integers(0, 9),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(MENTIONS, max_size=5), bits=st.sampled_from([0, 1, 5]), jobs=st.sampled_from([1, 3]))
def test_the_counts_are_those_of_memory(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[Mention]], bits: int, jobs: int
) -> None:
    spill = Spill(tmp_path_factory.mktemp("spill"), bits)
    indexes = [index(sorted(part), unkeyed=n) for n, part in enumerate(parts)]
    found = [pieces(sorted(part)) for part in parts]
    for number, (people, some) in enumerate(zip(indexes, found, strict=True)):
        spill.add(f"{number:03}", people, some)
    counted = spill.count(jobs=jobs)
    assert counted.persons == persons.count(persons.merge(indexes or [index([])]))
    assert counted.readings == counting.readings(counting.merge(found))
    spill.remove()
    assert not spill.folder.exists()


def random_mentions(seed: int, size: int) -> tuple[Longs, Bytes, persons.Keys]:
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, size // 2, size))
    kind = rng.choice(np.array([RESIDENT_ID, MOBILE, MOBILE, MOBILE, BANK_CARD, PASSPORT], np.uint8), size)
    return group, kind, rng.integers(0, size * 2, size).astype(np.uint64) * SPREAD


def random_part(seed: int, size: int) -> tuple[persons.PersonIndex, counting.Pieces]:
    group, kind, key = random_mentions(seed, size)
    waybill = np.random.default_rng(seed).integers(0, 2, size // 2).astype(np.uint8)
    return persons.index(group, kind, key), counting.pieces(group, kind, key, waybill)


def test_many_links_and_partitions_give_the_counts_of_memory(tmp_path: Path) -> None:
    parts = [random_part(seed, 40_000) for seed in range(7)]
    spill = Spill(tmp_path / "spill")
    for number, part in enumerate(parts):
        spill.add(str(number), *part)
    counted = spill.count(jobs=2)
    assert counted.persons == persons.count(persons.merge([p for p, _ in parts]))
    assert counted.readings == counting.readings(counting.merge([p for _, p in parts]))
    assert counted.persons.by_key["bank-card"] > 0
    assert counted.persons.shared_mobiles > 0


def test_a_part_added_again_replaces_itself(tmp_path: Path) -> None:
    spill = Spill(tmp_path, 3)
    spill.add("a", *random_part(1, 900))
    once = spill.count()
    spill.add("a", *random_part(1, 900))
    assert spill.count() == once
    spill.add("b", *random_part(2, 900))
    assert spill.count(["a"]) == once
    assert spill.count() != once
    spill.discard("b")
    assert spill.count() == once


@pytest.mark.parametrize("at", [3, 40, 400, -100])
def test_a_changed_byte_is_named(tmp_path: Path, at: int) -> None:
    spill = Spill(tmp_path, 2)
    spill.add("a", *random_part(3, 600))
    path = tmp_path / "a.seg"
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedSegmentError, match=r"a\.seg") as caught:
        spill.count()
    assert caught.value.name == "a"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_a_cut_segment_is_named(tmp_path: Path, share: float) -> None:
    spill = Spill(tmp_path, 2)
    spill.add("a", *random_part(3, 600))
    path = tmp_path / "a.seg"
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(DamagedSegmentError):
        spill.count()


def test_segments_are_for_their_owner_only_and_hold_sorted_rows(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spill", 4)
    people, some = random_part(5, 5000)
    spill.add("a", people, some)
    path = tmp_path / "spill" / "a.seg"
    assert path.stat().st_mode & 0o777 == 0o600
    segment = Segment.open(path)
    marks = np.concatenate([segment.read("piece", part)[0] for part in range(16)])
    assert np.array_equal(marks, some.mark)
    assert segment.rows("piece") == len(some.mark)
    assert spill.bytes() == path.stat().st_size


def test_further_sets_are_counted_across_parts(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    sets = [np.unique(rng.integers(0, 3000, 1000)).astype(np.uint64) * SPREAD for _ in range(6)]
    spill = Spill(tmp_path, 3)
    nothing = persons.index(*random_mentions(0, 2)), random_part(0, 2)[1]
    spill.add("a", *nothing, [np.sort(one) for one in sets[:4]])
    spill.add("b", *nothing, [np.sort(one) for one in sets[4:]])
    chosen = [("a", 1), ("a", 3), ("b", 0)]
    assert spill.distinct(chosen) == len(np.unique(np.concatenate([sets[1], sets[3], sets[4]])))
    assert spill.distinct([]) == 0
    assert spill.count().persons.distinct == persons.count(nothing[0]).distinct


WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from qingyuan.pii.scale import Spill
    from tests.pii.scale.test_spill import random_part
    spill = Spill(Path(sys.argv[1]), 4)
    spill.sweep()
    for seed in range(12):
        if not spill.has(str(seed)):
            spill.add(str(seed), *random_part(seed, 20_000))
            print(seed, flush=True)
    print(spill.count().persons.distinct, flush=True)
""")


@pytest.mark.slow
def test_a_writer_killed_midway_goes_on_to_the_same_counts(tmp_path: Path) -> None:
    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path / "spill")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))

    first = start()
    assert first.stdout is not None
    said = [first.stdout.readline() for _ in range(4)]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert said[-1] == "3\n"
    (tmp_path / "spill" / "11.tmp").write_bytes(b"half")
    second = start()
    lines = second.communicate()[0].split()
    assert second.returncode == 0
    assert int(lines[0]) >= 4  # nothing finished is done again
    everything = persons.count(persons.merge([random_part(seed, 20_000)[0] for seed in range(12)]))
    assert int(lines[-1]) == everything.distinct
    assert not list((tmp_path / "spill").glob("*.tmp"))
