"""A resumable JSON tokenizer that emits every string and number with its path.

Paths are shared: a *pattern* is a path with its array indices left out (``$.items[].tel``), found by
hashing; a *node* is one open container, i.e. its parent node, its pattern and its index. A leaf keeps
its parent node, pattern and index, so its full path can be written out when it is asked for.

A member name that looks like data (five digits in a row, ``@``, ``**``, or very long) does not become
part of a pattern or a path: such members are numbered, and the name itself is emitted as a cell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel._compile import njit

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]

#: Kinds of patterns.
ROOT, KEY, ITEM, MEMBER, MEMBER_NAME, INSIDE = 0, 1, 2, 3, 4, 5
#: Longest member name kept as part of a pattern, in bytes.
LONGEST_KEY = 96
#: Slots of the state array.
DEPTH, BEYOND, EXPECT, RECORD, NODES, PATTERNS, KEY_BYTES, LINE, TOO_DEEP, FULL = range(10)
CUR_PATTERN, CUR_NUMBER, DOCUMENTS = 10, 11, 12
STATE_SIZE = 13
#: Patterns kept free for paths that are not member names.
RESERVE = 4096
#: What may come next.
VALUE, KEY_OR_END, COLON, COMMA_OR_END, KEY_NEXT, VALUE_OR_END, BETWEEN = 0, 1, 2, 3, 4, 5, 6
#: Form of a leaf: bare literal, string, string with escapes; plus FLAG_NESTED if it may hold JSON.
BARE, STRING, ESCAPED, FLAG_NESTED = 0, 1, 2, 4

_RO = "Array(uint8, 1, 'C', readonly=True)"
_RO64 = "Array(int64, 1, 'C', readonly=True)"


@njit(f"({_RO},)", cache=True, nogil=True)
def leaf_room(src: Bytes) -> int:
    """Return an upper bound of the leaves and nodes in ``src``, with some to spare."""
    n = 8
    for b in src:
        if b == 0x2C or b == 0x3A or b == 0x5B or b == 0x7B:
            n += 1
    return n


@njit(
    f"({_RO}, int64, int64, int64, int64, int64[::1], int32[:, ::1], uint8[::1], int32[::1])",
    cache=True,
    nogil=True,
)
def pattern_of(
    src: Bytes,
    start: int,
    end: int,
    kind: int,
    parent: int,
    state: Longs,
    table: Ints,
    keys: Bytes,
    slots: Ints,
) -> int:
    """Return the pattern of a child, made when it is new; -1 when there are too many."""
    h = np.uint64(1469598103934665603)
    prime = np.uint64(1099511628211)
    for i in range(start, end):
        h = (h ^ np.uint64(src[i])) * prime
    h = (h ^ np.uint64(parent * 8 + kind)) * prime
    mask = np.uint64(len(slots) - 1)
    slot = np.int64((h ^ (h >> np.uint64(29))) & mask)
    while slots[slot] >= 0:
        p = slots[slot]
        if table[p, 0] == parent and table[p, 1] == kind and table[p, 3] - table[p, 2] == end - start:
            same = True
            for i in range(end - start):
                if keys[table[p, 2] + i] != src[start + i]:
                    same = False
                    break
            if same:
                return int(p)
        slot = (slot + 1) & (len(slots) - 1)
    p = state[PATTERNS]
    if p >= len(table) - (RESERVE if kind == KEY else 0):
        state[FULL] = 1
        return -1
    state[PATTERNS] = p + 1
    used = state[KEY_BYTES]
    table[p, 0], table[p, 1], table[p, 2], table[p, 3] = parent, kind, used, used + end - start
    for i in range(start, end):
        keys[used + i - start] = src[i]
    state[KEY_BYTES] = used + end - start
    slots[slot] = p
    return int(p)


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _is_data(src: Bytes, start: int, end: int) -> bool:
    """Return whether a member name looks like data rather than a name."""
    if end - start > LONGEST_KEY:
        return True
    digits = 0
    for i in range(start, end):
        b = src[i]
        digits = digits + 1 if 48 <= b <= 57 else 0
        if digits >= 5 or b == 0x40 or (b == 0x2A and i > start and src[i - 1] == 0x2A):
            return True
    return False


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _string_end(src: Bytes, start: int, stop: int) -> tuple[int, bool]:
    """Return the position of the closing quote (-1: none) and whether there are escapes."""
    i, escaped = start, False
    while i < stop:
        b = src[i]
        if b == 0x22:
            return i, escaped
        if b == 0x5C:
            escaped = True
            i += 1
        i += 1
    return -1, escaped


@njit(f"({_RO}, int64, int64)", cache=True, nogil=True)
def _may_nest(src: Bytes, start: int, end: int) -> bool:
    """Return whether a string begins and ends like a JSON object or array."""
    while start < end and src[start] == 0x20:
        start += 1
    while end > start and src[end - 1] == 0x20:
        end -= 1
    if end - start < 4:
        return False
    first, last = src[start], src[end - 1]
    return bool((first == 0x7B and last == 0x7D) or (first == 0x5B and last == 0x5D))


@njit(
    f"({_RO}, int64, int64, boolean, int64[::1], int64[:, ::1], int32[:, ::1], uint8[::1], "
    "int32[::1], int64[:, ::1], int64[:, ::1], int64)",
    cache=True,
    nogil=True,
)
def walk(
    src: Bytes,
    start: int,
    stop: int,
    final: bool,
    state: Longs,
    stack: Longs,
    table: Ints,
    keys: Bytes,
    slots: Ints,
    nodes: Longs,
    leaves: Longs,
    leaf: int,
) -> tuple[int, int, int]:
    """Read ``src[start:stop]`` from where ``state`` stands.

    Args:
        src: The text.
        start: Where to go on.
        stop: End of the text to read.
        final: Whether the value must be complete at ``stop``.
        state: ``int64[STATE_SIZE]``, carried from call to call.
        stack: ``int64[depth, 5]``: kind, node, pattern, record, elements so far, of each container.
        table: ``int32[patterns, 4]``: parent, kind, first and last byte of the name in ``keys``.
        keys: Bytes of the names.
        slots: Hash table of the patterns, a power of two, filled with -1.
        nodes: ``int64[n, 3]``: parent, pattern, index.
        leaves: ``int64[n, 7]``: start, end, parent node, pattern, index, record, form.
        leaf: Number of leaves so far.

    Returns:
        How far was read, the number of leaves, and the position of an error or -1.
    """
    i = start
    while i < stop:
        b = src[i]
        if b == 0x20 or b == 0x0A or b == 0x0D or b == 0x09:
            if b == 0x0A:
                state[LINE] += 1
            i += 1
            continue
        if leaf + 2 > len(leaves) or state[NODES] + 1 > len(nodes):
            return i, leaf, i
        expect = state[EXPECT]
        depth = state[DEPTH]
        if state[BEYOND] > 0:
            # Too deep: brackets are counted, every string and number is emitted with the last path.
            if b == 0x7B or b == 0x5B:
                state[BEYOND] += 1
                i += 1
            elif b == 0x7D or b == 0x5D:
                state[BEYOND] -= 1
                i += 1
                if state[BEYOND] == 0:
                    state[EXPECT] = COMMA_OR_END
            elif b == 0x22:
                end, escaped = _string_end(src, i + 1, stop)
                if end < 0:
                    return (i, leaf, i) if final else (i, leaf, -1)
                leaves[leaf, 0], leaves[leaf, 1] = i + 1, end
                leaves[leaf, 2], leaves[leaf, 3] = stack[depth - 1, 1], state[CUR_PATTERN]
                leaves[leaf, 4], leaves[leaf, 5] = state[CUR_NUMBER], stack[depth - 1, 3]
                leaves[leaf, 6] = ESCAPED if escaped else STRING
                leaf += 1
                i = end + 1
            elif b == 0x2C or b == 0x3A:
                i += 1
            else:
                end = i + 1
                while (
                    end < stop
                    and src[end] > 0x20
                    and src[end] not in (0x2C, 0x5D, 0x7D, 0x3A, 0x22, 0x5B, 0x7B)
                ):
                    end += 1
                if end == stop and not final:
                    return i, leaf, -1
                leaves[leaf, 0], leaves[leaf, 1] = i, end
                leaves[leaf, 2], leaves[leaf, 3] = stack[depth - 1, 1], state[CUR_PATTERN]
                leaves[leaf, 4], leaves[leaf, 5] = state[CUR_NUMBER], stack[depth - 1, 3]
                leaves[leaf, 6] = BARE
                leaf += 1
                i = end
            continue
        if expect == BETWEEN:
            # The next value of a stream of documents.
            stack[0, 3] = state[RECORD]
            state[RECORD] += 1
            state[EXPECT] = VALUE
            state[DOCUMENTS] += 1
            if state[DOCUMENTS] > 1:
                n = state[NODES]
                nodes[n, 0], nodes[n, 1], nodes[n, 2] = -1, 0, state[LINE]
                state[NODES] = n + 1
                stack[0, 1] = n
            continue
        if expect == COLON:
            if b != 0x3A:
                return i, leaf, i
            state[EXPECT] = VALUE
            i += 1
            continue
        if expect == COMMA_OR_END and b == 0x2C:
            state[EXPECT] = KEY_NEXT if stack[depth - 1, 0] == 0 else VALUE_OR_END
            i += 1
            continue
        if b == 0x7D or b == 0x5D:
            kind = 0 if b == 0x7D else 1
            if depth < 2 or stack[depth - 1, 0] != kind or expect == VALUE or expect == COLON:
                return i, leaf, i
            depth -= 1
            state[DEPTH] = depth
            state[EXPECT] = COMMA_OR_END if depth > 1 else BETWEEN
            i += 1
            continue
        if expect == KEY_OR_END or expect == KEY_NEXT:
            if b != 0x22:
                return i, leaf, i
            end, escaped = _string_end(src, i + 1, stop)
            if end < 0:
                return (i, leaf, i) if final else (i, leaf, -1)
            number = stack[depth - 1, 4]
            stack[depth - 1, 4] = number + 1
            parent = stack[depth - 1, 2]
            p = -1
            if not _is_data(src, i + 1, end):
                p = pattern_of(src, i + 1, end, KEY, parent, state, table, keys, slots)
            if p < 0:
                p = max(pattern_of(src, 0, 0, MEMBER, parent, state, table, keys, slots), 0)
                name = max(pattern_of(src, 0, 0, MEMBER_NAME, parent, state, table, keys, slots), 0)
                leaves[leaf, 0], leaves[leaf, 1] = i + 1, end
                leaves[leaf, 2], leaves[leaf, 3] = stack[depth - 1, 1], name
                leaves[leaf, 4], leaves[leaf, 5] = number, stack[depth - 1, 3]
                leaves[leaf, 6] = ESCAPED if escaped else STRING
                leaf += 1
            state[CUR_PATTERN], state[CUR_NUMBER] = p, number
            state[EXPECT] = COLON
            i = end + 1
            continue
        if expect == COMMA_OR_END:
            return i, leaf, i
        # A value begins here.
        in_array = depth > 1 and stack[depth - 1, 0] == 1
        if in_array:
            pattern = max(pattern_of(src, 0, 0, ITEM, stack[depth - 1, 2], state, table, keys, slots), 0)
            number = stack[depth - 1, 4]
        elif depth > 1:
            pattern, number = state[CUR_PATTERN], state[CUR_NUMBER]
        else:
            pattern, number = stack[0, 2], stack[0, 4]
        if b == 0x7B or b == 0x5B:
            if in_array:
                stack[depth - 1, 4] = number + 1
            if depth >= len(stack):
                state[CUR_PATTERN], state[CUR_NUMBER] = pattern, number
                state[TOO_DEEP] += 1
                state[BEYOND] = 1
                i += 1
                continue
            record = stack[depth - 1, 3]
            if in_array and b == 0x7B:
                record = state[RECORD]
                state[RECORD] += 1
            node = stack[0, 1]
            if depth > 1:
                node = state[NODES]
                state[NODES] = node + 1
                nodes[node, 0], nodes[node, 1], nodes[node, 2] = stack[depth - 1, 1], pattern, number
            stack[depth, 0] = 0 if b == 0x7B else 1
            stack[depth, 1], stack[depth, 2], stack[depth, 3], stack[depth, 4] = node, pattern, record, 0
            state[DEPTH] = depth + 1
            state[EXPECT] = KEY_OR_END if b == 0x7B else VALUE_OR_END
            i += 1
            continue
        if b == 0x22:
            end, escaped = _string_end(src, i + 1, stop)
            if end < 0:
                return (i, leaf, i) if final else (i, leaf, -1)
            first, last, after = i + 1, end, end + 1
            form = ESCAPED if escaped else STRING
            if _may_nest(src, first, last):
                form |= FLAG_NESTED
            emit = last > first
        else:
            end = i
            while (
                end < stop and src[end] > 0x20 and src[end] != 0x2C and src[end] != 0x5D and src[end] != 0x7D
            ):
                end += 1
            if end == stop and not final and depth > 1:
                return i, leaf, -1
            if not (48 <= b <= 57 or b == 0x2D):
                # Only the literals of JSON (and NaN, Infinity) may stand bare.
                if not (
                    (b == 0x74 and end - i == 4)
                    or (b == 0x66 and end - i == 5)
                    or (b == 0x6E and end - i == 4)
                    or (b == 0x4E and end - i == 3)
                    or (b == 0x49 and end - i == 8)
                ):
                    return i, leaf, i
                emit = False
            else:
                for k in range(i, end):
                    c = src[k]
                    if not (48 <= c <= 57 or c == 0x2D or c == 0x2B or c == 0x2E or c == 0x45 or c == 0x65):
                        return i, leaf, i
                emit = True
            first, last, after, form = i, end, end, BARE
        if in_array:
            stack[depth - 1, 4] = number + 1
        if emit:
            leaves[leaf, 0], leaves[leaf, 1] = first, last
            leaves[leaf, 2], leaves[leaf, 3] = stack[depth - 1, 1], pattern
            leaves[leaf, 4], leaves[leaf, 5], leaves[leaf, 6] = number, stack[depth - 1, 3], form
            leaf += 1
        state[EXPECT] = COMMA_OR_END if depth > 1 else BETWEEN
        i = after
    return i, leaf, -1


@njit(
    f"({_RO}, {_RO64}, {_RO64}, {_RO64}, {_RO64}, {_RO64}, int64[::1], int64[:, ::1], int32[:, "
    "::1], uint8[::1], int32[::1], int64[:, ::1], int64[:, ::1])",
    cache=True,
    nogil=True,
)
def walk_each(
    src: Bytes,
    starts: Longs,
    ends: Longs,
    roots: Longs,
    patterns: Longs,
    records: Longs,
    state: Longs,
    stack: Longs,
    table: Ints,
    keys: Bytes,
    slots: Ints,
    nodes: Longs,
    leaves: Longs,
) -> tuple[int, npt.NDArray[np.bool_]]:
    """Read independent values, e.g. the lines of JSON lines; a broken one leaves no trace.

    Args:
        src: The text.
        starts: First byte of each value.
        ends: One past the last.
        roots: Node of each value's root.
        patterns: Pattern of each value's root.
        records: Record of each value, or -1 for the next one.
        state: See :func:`walk`.
        stack: See :func:`walk`.
        table: See :func:`walk`.
        keys: See :func:`walk`.
        slots: See :func:`walk`.
        nodes: See :func:`walk`.
        leaves: See :func:`walk`.

    Returns:
        The number of leaves, and whether each value was sound.
    """
    leaf = 0
    sound = np.ones(len(starts), np.bool_)
    for k in range(len(starts)):
        nodes_before, leaf_before = state[NODES], leaf
        record = records[k]
        if record < 0:
            record = state[RECORD]
            state[RECORD] = record + 1
        stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3], stack[0, 4] = 2, roots[k], patterns[k], record, 0
        state[DEPTH], state[BEYOND], state[EXPECT] = 1, 0, VALUE
        _, leaf, error = walk(
            src, starts[k], ends[k], True, state, stack, table, keys, slots, nodes, leaves, leaf
        )
        # A second value on the line is not JSON lines.
        if error >= 0 or state[EXPECT] != BETWEEN or state[DEPTH] != 1:
            sound[k] = False
            leaf = leaf_before
            state[NODES] = nodes_before
    return leaf, sound
