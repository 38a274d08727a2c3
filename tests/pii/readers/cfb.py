"""Writing small OLE compound files (MS-CFB, version 3), which no library here writes."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


@dataclass
class _Node:
    name: str
    data: bytes | None = None
    children: dict[str, _Node] = field(default_factory=dict)
    start: int = _END
    number: int = 0
    following: int = _FREE


def _chain(table: list[int], count: int) -> int:
    """Append a chain of ``count`` entries and return its first one."""
    first = len(table)
    table += [first + k + 1 for k in range(count - 1)] + [_END]
    return first


def _padded(data: bytes, size: int) -> bytes:
    return data + bytes(-len(data) % size)


def compound(streams: dict[str, bytes]) -> bytes:  # noqa: C901 -- one layout after the other
    """Return a compound file; a name with slashes lies in storages."""
    root = _Node("Root Entry")
    for path, data in streams.items():
        at = root
        *folders, name = path.split("/")
        for folder in folders:
            at = at.children.setdefault(folder, _Node(folder))
        at.children[name] = _Node(name, data)
    nodes = [root]
    for node in nodes:
        nodes += node.children.values()
    for number, node in enumerate(nodes):
        node.number = number
    for node in nodes:
        brothers = list(node.children.values())
        for one, after in itertools.pairwise(brothers):
            one.following = after.number
    fat: list[int] = []
    mini: list[int] = []
    body, small = b"", b""
    for node in nodes:
        if node.data is None or not node.data:
            continue
        if len(node.data) < _CUTOFF:
            node.start = _chain(mini, len(_padded(node.data, _MINI)) // _MINI)
            small += _padded(node.data, _MINI)
        else:
            node.start = _chain(fat, len(_padded(node.data, _SECTOR)) // _SECTOR)
            body += _padded(node.data, _SECTOR)
    if small:
        root.start = _chain(fat, len(_padded(small, _SECTOR)) // _SECTOR)
        body += _padded(small, _SECTOR)
    table = _padded(struct.pack(f"<{len(mini)}I", *mini), _SECTOR) if mini else b""
    mini_start = _chain(fat, len(table) // _SECTOR) if table else _END
    body += table
    entries = b"".join(_entry(node, len(small)) for node in nodes)
    entries += _entry_free() * (-len(nodes) % 4)
    directory = _chain(fat, len(entries) // _SECTOR)
    body += entries
    count = 1
    while (len(fat) + count) * 4 > count * _SECTOR:
        count += 1
    first = len(fat)
    fat += [_FAT] * count
    fat += [_FREE] * (-len(fat) % 128)
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        count,
        directory,
        0,
        _CUTOFF,
        mini_start,
        len(table) // _SECTOR,
        _END,
        0,
    )
    head += struct.pack("<109I", *([first + k for k in range(count)] + [_FREE] * (109 - count)))
    return head + body + struct.pack(f"<{len(fat)}I", *fat)


def _entry_free() -> bytes:
    return struct.pack("<64xHBBIII16xI16xIQ", 0, 0, 0, _FREE, _FREE, _FREE, 0, 0, 0)


def _entry(node: _Node, small: int) -> bytes:
    name = node.name.encode("utf-16-le") + b"\0\0"
    kind = 5 if node.number == 0 else 1 if node.data is None else 2
    inside = sorted(child.number for child in node.children.values())
    size = small if node.number == 0 else len(node.data or b"")
    return struct.pack(
        "<64sHBBIII16xI16xIQ",
        name,
        len(name),
        kind,
        1,
        _FREE,
        node.following,
        inside[0] if inside else _FREE,
        0,
        node.start,
        size,
    )
