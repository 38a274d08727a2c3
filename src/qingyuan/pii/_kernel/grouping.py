"""Numbers for candidates alike and for the records they stand in, without sorting."""

# compiled loop; splitting it into calls costs the speed it exists for.
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit
from qingyuan.pii.batch import Bytes, Ints, Longs

Flags = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]

_RO = "Array(uint8, 1, 'C', readonly=True)"
_ROK = "Array(uint64, 1, 'C', readonly=True)"
_RO32 = "Array(int32, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"
_GOLDEN = 0x9E3779B97F4A7C15


@njit("int64(int64, int64)", cache=True, nogil=True)
def _slot(code: int, bits: int) -> int:
    """Return where the search for ``code`` begins in a table of ``2**bits`` slots."""
    return int((np.uint64(code) * np.uint64(_GOLDEN)) >> np.uint64(64 - bits))


@njit(
    f"UniTuple(int64, 2)(int64, int64[::1], uint8[::1], uint32[::1], {_RO32}, {_RO64}, int64[::1], int64[::1],"
    " int64, int64[::1], int64[:, ::1], int32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def group_candidates(
    begin: int,
    cells: Longs,
    kinds: Bytes,
    flags: Flags,
    column: Ints,
    record: Longs,
    codes: Longs,
    numbers: Longs,
    known: int,
    counts: Longs,
    firsts: Longs,
    group: Ints,
    records: Longs,
) -> tuple[int, int]:
    """Give every candidate the number of its group and its record.

    Args:
        begin: The first candidate to look at.
        cells: Cell of each candidate.
        kinds: Its kind.
        flags: Its evidence.
        column: ``int32[cells]``, column of each cell.
        record: ``int64[cells]``, record of each cell.
        codes: Open addressing: codes of the groups known, -1 where a slot is free. The code of a group is
            ``(column + 1) << 40 | kind << 32 | flags``. Its size is a power of two.
        numbers: Their numbers.
        known: Groups known so far; new ones are numbered from here.
        counts: Receives the candidates of each group; grows by what is found.
        firsts: ``int64[groups, examples]`` receives the first candidates of each group, -1 for none.
        group: ``int32[n]`` receives the group of each candidate.
        records: ``int64[n]`` receives its record.

    Returns:
        ``(candidates done, groups known)``; fewer than all when the table must grow first.
    """
    bits = 0
    while 1 << bits < codes.size:
        bits += 1
    last_code = -1
    last_at = 0
    for i in range(begin, cells.size):
        cell = cells[i]
        code = (int(column[cell]) + 1) << 40 | int(kinds[i]) << 32 | int(flags[i])
        if code == last_code:
            at = last_at
        else:
            at = _slot(code, bits)
            while codes[at] != code and codes[at] >= 0:
                at = (at + 1) & (codes.size - 1)
            if codes[at] < 0:
                if 2 * known >= codes.size or known >= counts.size:
                    return i, known
                codes[at] = code
                numbers[at] = known
                known += 1
            last_code = code
            last_at = at
        number = numbers[at]
        if counts[number] < firsts.shape[1]:
            k = 0
            while k < firsts.shape[1] and firsts[number, k] >= 0:
                k += 1
            if k < firsts.shape[1]:
                firsts[number, k] = i
        counts[number] += 1
        group[i] = number
        records[i] = record[cell]
    return cells.size, known


@njit(
    f"boolean({_RO32}, {_RO64}, {_ROK}, {_RO64}, {_RO64}, {_RO}, {_RO}, {_RO}, {_RO}, {_RO}, int64[:, ::1],"
    " int64[:, ::1], uint8[:, ::1], int64[::1], int64[::1], uint8[::1], uint64[::1], int64[::1], uint8[::1], uint64[::1],"
    " int64[::1])",
    cache=True,
    nogil=True,
)
def number_owners(
    group: Ints,
    record: Longs,
    key: Keys,
    stream: Longs,
    roles: Longs,
    kept: Bytes,
    kinds: Bytes,
    keyed: Bytes,
    content: Bytes,
    seen: Bytes,
    known: Longs,
    streams: Longs,
    bits: Bytes,
    records: Longs,
    owner: Longs,
    owner_kind: Bytes,
    owner_key: Keys,
    person: Longs,
    person_kind: Bytes,
    person_key: Keys,
    sizes: Longs,
) -> bool:
    """Number the pairs of record and role that occur, in the order in which they occur, in three ways at once.

    The ways are: by role, remarks being one (whose keys they are); by role; and by record alone.

    Args:
        group: Group of each hit.
        record: Its record, ascending within each stream.
        key: Its key.
        stream: Stream of each group.
        roles: ``int64[3 * groups]``: role of each group in the first way, then in the others.
        kept: ``uint8[groups]``, 0 for groups that are passed over.
        kinds: Kind decided for each group.
        keyed: 1 for groups whose hits identify a person.
        content: 1 for groups whose hits make a piece.
        seen: Bits of each group.
        known: ``int64[3, streams * widest]`` of -1, scratch.
        streams: ``int64[2, n + 1]`` receives the stream of each number of the first two ways.
        bits: ``uint8[3, n + 1]`` receives the bits of all hits of each number.
        records: ``int64[n + 1]`` receives the record of each number of the second way.
        owner: Receives the number in the first way of each hit that is ``keyed``.
        owner_kind: Its kind.
        owner_key: Its key.
        person: Receives the number in the second way of each hit that is ``content``.
        person_kind: Its kind.
        person_key: Its key.
        sizes: Receives five sizes: the numbers in each way, keyed hits, content hits.

    Returns:
        Whether records ascend; if not, nothing else is right.
    """
    count = stream.size
    total = 1
    for g in range(count):
        total = max(total, stream[g] + 1)
    width = known.shape[1] // total
    last = np.full(total, -1, dtype=np.int64)
    first = np.zeros((3, total), dtype=np.int64)
    numbers = np.zeros(3, dtype=np.int64)
    n_owner = 0
    n_person = 0
    for i in range(group.size):
        g = group[i]
        if not kept[g]:
            continue
        s = stream[g]
        if record[i] != last[s]:
            if record[i] < last[s]:
                return False
            last[s] = record[i]
            # Numbers from an earlier record are lower than these.
            for way in range(3):
                first[way, s] = numbers[way]
        here = seen[g]
        base = s * width
        at = base + roles[g]
        number = known[0, at]
        if number < first[0, s]:
            number = numbers[0]
            numbers[0] += 1
            known[0, at] = number
            streams[0, number] = s
            bits[0, number] = here
        else:
            bits[0, number] |= here
        mine = number
        at = base + roles[count + g]
        number = known[1, at]
        if number < first[1, s]:
            number = numbers[1]
            numbers[1] += 1
            known[1, at] = number
            streams[1, number] = s
            bits[1, number] = here
            records[number] = record[i]
        else:
            bits[1, number] |= here
        his = number
        at = base + roles[2 * count + g]
        number = known[2, at]
        if number < first[2, s]:
            number = numbers[2]
            numbers[2] += 1
            known[2, at] = number
            bits[2, number] = here
        else:
            bits[2, number] |= here
        if keyed[g]:
            owner[n_owner] = mine
            owner_kind[n_owner] = kinds[g]
            owner_key[n_owner] = key[i]
            n_owner += 1
        if content[g]:
            person[n_person] = his
            person_kind[n_person] = kinds[g]
            person_key[n_person] = key[i]
            n_person += 1
    for way in range(3):
        sizes[way] = numbers[way]
    sizes[3] = n_owner
    sizes[4] = n_person
    return True


@njit(f"void({_RO32}, {_ROK}, {_RO64}, int64[::1], uint64[::1])", cache=True, nogil=True)
def part_keys(group: Ints, key: Keys, slots: Longs, ends: Longs, out: Keys) -> None:
    """Put the keys of each slot together.

    Args:
        group: Group of each key.
        key: The keys.
        slots: Slot of each group, -1 for keys that are left out.
        ends: ``int64[slots]``, where each slot begins in ``out``; receives where it ends.
        out: Receives the keys.
    """
    for i in range(group.size):
        slot = slots[group[i]]
        if slot >= 0:
            out[ends[slot]] = key[i]
            ends[slot] += 1
