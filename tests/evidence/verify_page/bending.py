"""Values, lines, bytes and DER changed in one place that a random generator chooses."""

from __future__ import annotations

import copy
import random
from typing import Any

STRINGS = (
    "",
    "x",
    "第",
    "\u0000",
    "0",
    "a" * 129,
    "a/b",
    "..",
    "2026-02-30T00:00:00+08:00",
    "AAAA",
    "evidence.extracted",
    "collected",
    "derived",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for name in sorted(value):
            found += places(value[name], (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            found += places(each, (*path, number))
    return found


def bent_value(rng: random.Random, value: Any) -> Any:
    """Another value, near or far."""
    kinds: list[Any] = [
        None,
        True,
        rng.randrange(-1, 9),
        2**53 - 1,
        rng.choice(STRINGS),
        [],
        {},
        [value],
        [value, value],
        {"a": value},
    ]
    if isinstance(value, bool):
        kinds += [not value] * 6
    elif isinstance(value, int):
        kinds += [value + 1, value - 1, -value, 0, 1] * 2
    elif isinstance(value, str) and value:
        place = rng.randrange(len(value))
        kinds += [
            value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :],
            value[:-1],
            value + "A",
            value.upper(),
            value[::-1],
        ] * 3
    elif isinstance(value, list) and value:
        kinds += [value[:-1], [*value, value[0]], value[::-1]] * 3
    return rng.choice(kinds)


def bend(rng: random.Random, value: Any) -> tuple[Any, str]:
    """The value with one place changed, dropped, added to or moved."""
    value = copy.deepcopy(value)
    path = rng.choice(places(value))
    inside = value
    for step in path[:-1]:
        inside = inside[step]
    act = rng.random()
    if act < 0.12 and isinstance(inside, dict):
        del inside[path[-1]]
        return value, f"drop {path}"
    if act < 0.2 and isinstance(inside, dict):
        inside["zz"] = inside[path[-1]]
        return value, f"add beside {path}"
    old = inside[path[-1]]
    inside[path[-1]] = bent_value(rng, old)
    return value, f"{path}: {str(old)[:30]} -> {str(inside[path[-1]])[:30]}"


def bend_bytes(rng: random.Random, data: bytes) -> bytes:
    place, length = rng.randrange(len(data) + 1), rng.choice([1, 1, 1, 2, 8, 40])
    act = rng.randrange(4)
    if act == 0 and place < len(data):
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    if act == 1:
        return data[:place] + data[place + length :]
    if act == 2:
        return data[:place] + data[place : place + length] + data[place:]
    return (
        data[:place]
        + rng.choice([b"\n", b" ", b"\0", b"0", b"\xff", b"=", b"+", "\u2014 ".encode()])
        + data[place:]
    )


def bend_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return b"\n"
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    act = rng.randrange(4)
    if act == 0:
        del lines[one]
    elif act == 1:
        lines.insert(two, lines[one])
    elif act == 2:
        lines[one], lines[two] = lines[two], lines[one]
    else:
        lines[one] = bend_bytes(rng, lines[one])
    return b"".join(lines)


def der_read(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the DER element at a place."""
    length, start = data[at + 1], at + 2
    if length & 128:
        start += length & 127
        length = int.from_bytes(data[at + 2 : start], "big")
    return data[at], start, start + length


def der_write(tag: int, body: bytes) -> bytes:
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + body


def der_inside(data: bytes, at: int) -> list[bytes]:
    """The elements inside a constructed one; none for others."""
    tag, start, end = der_read(data, at)
    found = []
    while tag & 32 and start < end:
        after = der_read(data, start)[2]
        found.append(data[start:after])
        start = after
    return found


def bend_der(rng: random.Random, data: bytes, depth: int = 0) -> bytes:
    """One element of DER dropped, doubled, swapped, emptied or given another tag; the lengths around it fit again."""
    tag, start, end = der_read(data, 0)
    parts = der_inside(data, 0)
    if not parts or (depth > 1 and rng.random() < 0.15):
        body = data[start:end]
        changed = ((tag ^ 1, body), (tag, bend_bytes(rng, body)), (tag, b""))
        return der_write(*rng.choice(changed))
    place = rng.randrange(len(parts))
    chance = rng.random() if depth > 1 else 1.0
    if chance < 0.1:
        del parts[place]
    elif chance < 0.2:
        parts.insert(place, parts[place])
    elif chance < 0.3:
        parts[place], parts[place - 1] = parts[place - 1], parts[place]
    else:
        parts[place] = bend_der(rng, parts[place], depth + 1)
    return der_write(tag, b"".join(parts))
