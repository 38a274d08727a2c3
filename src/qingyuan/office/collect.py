"""What lies under the paths a user gave: plain files to seal, and what cannot be taken, by name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

#: A plain file above this size is not sealed unless the user raises the limit.
MAX_FILE_BYTES = 8 << 30
#: A file this large with less than an eighth of it on disk is a sparse file.
SPARSE_FROM = 64 << 20
_SPARSE_SHARE = 8
_BLOCK = 512
_MAX_DEPTH = 200

#: A byte of a file name that is no text, as Python holds it.
_STRAY = re.compile("[\udc80-\udcff]")
_SPELT = re.compile("//([0-9a-f]{2})")


class Found(msgspec.Struct, frozen=True):
    """A plain file.

    Attributes:
        path: Where it is.
        size: Bytes.
        mtime_ns: Modification time.
    """

    path: str
    size: int
    mtime_ns: int


class Refused(msgspec.Struct, frozen=True):
    """Something that was not taken or not fully read.

    Attributes:
        path: Where it is, as :func:`shown`.
        code: Stable name.
        zh: Why, in Chinese.
        en: Why, in English.
        remedy_zh: What to do, in Chinese.
        remedy_en: What to do, in English.
        member: Path inside an archive, or ``None``.
    """

    path: str
    code: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    member: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """How much an intake takes.

    Attributes:
        max_file_bytes: Larger files are named, not sealed.
        allow_sparse: Whether files that are mostly holes are sealed.
    """

    max_file_bytes: int = MAX_FILE_BYTES
    allow_sparse: bool = False


def walk(roots: Sequence[Path], limits: Limits | None = None) -> Iterator[Found | Refused]:
    """Yield every file below ``roots`` in a fixed order; links are named, never followed.

    Args:
        roots: Files and folders.
        limits: How much to take.
    """
    bounds = limits or Limits()
    for root in roots:
        yield from _visit(root, bounds, depth=0)


def _visit(path: Path, limits: Limits, *, depth: int) -> Iterator[Found | Refused]:
    try:
        status = path.lstat()
    except (OSError, ValueError) as error:
        yield _unreadable(path, error)
        return
    if stat.S_ISLNK(status.st_mode):
        yield Refused(
            shown(path),
            "symlink",
            "符号链接，未跟随",
            "a symbolic link, not followed",
            "如需收取其指向的文件，请直接指定该文件",
            "name the file it points to if that is wanted",
        )
    elif stat.S_ISDIR(status.st_mode):
        yield from _folder(path, limits, depth=depth)
    elif stat.S_ISREG(status.st_mode):
        yield _file(path, status, limits)
    else:
        yield Refused(
            shown(path),
            "not-a-file",
            "设备、管道或套接字，不是普通文件",
            "a device, pipe or socket, not a plain file",
            "请指定普通文件",
            "name a plain file",
        )


def _folder(path: Path, limits: Limits, *, depth: int) -> Iterator[Found | Refused]:
    if depth > _MAX_DEPTH:
        yield Refused(
            shown(path),
            "too-deep",
            f"目录层级超过 {_MAX_DEPTH}",
            f"folders are nested deeper than {_MAX_DEPTH}",
            "请单独收取更深的目录",
            "collect the deeper folder by itself",
        )
        return
    try:
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        yield _unreadable(path, error)
        return
    for name in names:
        yield from _visit(path / name, limits, depth=depth + 1)


def _file(path: Path, status: os.stat_result, limits: Limits) -> Found | Refused:
    held = status.st_blocks * _BLOCK
    if not limits.allow_sparse and status.st_size >= SPARSE_FROM and held * _SPARSE_SHARE < status.st_size:
        return Refused(
            shown(path),
            "sparse",
            f"稀疏文件：标称 {status.st_size:,} 字节，实占 {held:,} 字节，未封存",
            f"a sparse file: {status.st_size:,} bytes by name, {held:,} on disk; not sealed",
            "如确需收取，请加 --allow-sparse，并核对磁盘空间",
            "add --allow-sparse if it is really wanted, and check the disk space",
        )
    if status.st_size > limits.max_file_bytes:
        return Refused(
            shown(path),
            "too-large",
            f"文件 {status.st_size:,} 字节，超过上限 {limits.max_file_bytes:,} 字节，未封存",
            f"the file has {status.st_size:,} bytes, above the limit of {limits.max_file_bytes:,}; not sealed",
            "请用 --max-file-bytes 提高上限，或先分卷",
            "raise the limit with --max-file-bytes, or split the file",
        )
    return Found(str(path), status.st_size, status.st_mtime_ns)


def _unreadable(path: Path, error: Exception) -> Refused:
    reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return Refused(
        shown(path),
        "unreadable",
        f"无法读取：{reason}",
        f"cannot be read: {reason}",
        "请检查路径、权限和介质",
        "check the path, the permissions and the medium",
    )


def absolute(path: Path) -> Path:
    """Return where ``path`` is, through links on the way to it; what it is itself is not followed."""
    if path.name in {"", ".."}:
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def root_names(roots: Sequence[Path]) -> dict[Path, str]:
    """Return the name that each root has in manifests: its own, numbered when another has the same."""
    names: dict[Path, str] = {}
    for root in roots:
        name = shown(root.name or "root")
        taken = set(names.values())
        number = 2
        while name in taken:
            name = f"{shown(root.name)} ({number})"
            number += 1
        names[root] = name
    return names


def logical_path(path: str, names: Mapping[Path, str]) -> str:
    """Return ``path`` from the root it was found under on, so that where a folder lay does not matter.

    The result begins with the name of the root (:func:`root_names`) and uses ``/``.
    """
    given = Path(path)
    for root, name in names.items():
        if given == root:
            return name
        if root in given.parents:
            return f"{name}/{shown(given.relative_to(root).as_posix())}"
    return shown(given.name)


def shown(path: Path | str) -> str:
    r"""Return a path for people: bytes that are no text are spelt out (``\xff``)."""
    return _STRAY.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", str(path))


def to_text(path: str) -> str:
    """Return a path as text that any database takes; :func:`from_text` gives it back.

    A byte that is no text becomes ``//`` and two hex digits, which no path from a folder contains.
    """
    return _STRAY.sub(lambda found: f"//{ord(found[0]) - 0xDC00:02x}", path)


def from_text(text: str) -> str:
    """Return the path that :func:`to_text` wrote."""
    return _SPELT.sub(lambda found: chr(0xDC00 + int(found[1], 16)), text)
