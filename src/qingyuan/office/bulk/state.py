"""The folder of a bulk scan: its plan, and a note and a segment for every part that is done.

Whoever kills the scan loses at most the parts in work. Notes carry a MAC under the token key, so a
note that somebody else put there is not believed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from qingyuan.office.collect import Found, Refused
from qingyuan.office.errors import OfficeError

if TYPE_CHECKING:
    from qingyuan.pii.model import FileScan
    from qingyuan.pii.scale.parts import PartNote
    from qingyuan.pii.scale.spill import Spill
    from qingyuan.pii.scale.splits import Split

_MAC = 32
_PLAN = "plan"
#: What is noted of a part: scans of whole files, or what the whole must know of a part of one.
Note: TypeAlias = "list[FileScan] | PartNote | Halved"
#: Input bytes a partition of the counts stands for.
_PARTITION_BYTES = 64 << 20
_MAX_BITS = 8


@dataclass(frozen=True, slots=True)
class Halved:
    """A part that brought its process down and was done in two.

    Attributes:
        names: The parts that stand for it.
    """

    names: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does at a time: some whole files, or a part of one.

    Attributes:
        name: Name of the part, also of its files in the folder.
        files: Where the files are.
        size: Bytes.
        split: The part of the file, ``None`` for whole files.
    """

    name: str
    files: tuple[str, ...]
    size: int
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be scanned.

    Attributes:
        engine: The engine's name and version.
        paths: What the user gave.
        hits: Whether every hit is kept.
        files: The files.
        refused: What is not taken.
        tasks: The work, in the order of the files.
        bits: Partition bits of the counts.
    """

    engine: str
    paths: tuple[str, ...]
    hits: bool
    files: tuple[Found, ...]
    refused: tuple[Refused, ...]
    tasks: tuple[Task, ...]
    bits: int


def bits_for(size: int) -> int:
    """Return the partition bits for so many bytes of input."""
    return min(_MAX_BITS, (size // _PARTITION_BYTES).bit_length())


class State:
    """The folder.

    Args:
        folder: Made when it is not there; for its owner only.
        key: Token key.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        """Use the folder."""
        self.folder = folder
        self._key = hmac.digest(key, b"qingyuan bulk scan notes", "sha256")
        for path in (folder, folder / "notes", folder / "hits"):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def lines(self) -> Path:
        """Return the file of progress lines."""
        return self.folder / "progress.jsonl"

    def spill(self, bits: int) -> Spill:
        """Return where the segments are."""
        from qingyuan.pii.scale.spill import Spill  # noqa: PLC0415 - heavy

        return Spill(self.folder / "runs", bits)

    def hits(self, name: str) -> Path:
        """Return where the hits of a part are."""
        return self.folder / "hits" / f"{name}.parquet"

    def load_plan(self) -> Plan | None:
        """Return the plan an earlier run made, or ``None``.

        Raises:
            OfficeError: It was made under another key, or changed by somebody.
        """
        path = self.folder / _PLAN
        if not path.exists():
            return None
        data = self._opened(path)
        if data is None:
            raise OfficeError(
                "office.bulk-key",
                zh="该文件夹属于使用另一令牌密钥的扫描，或者已被改动",
                en="this folder belongs to a scan under another token key, or was changed",
                where=str(self.folder),
                remedy_zh="请使用原来的密钥，或者换一个空文件夹",
                remedy_en="use the key of that scan, or another, empty folder",
            )
        plan: Plan = pickle.loads(data)  # noqa: S301 - authenticated by our own MAC
        return plan

    def save_plan(self, plan: Plan) -> None:
        """Keep the plan."""
        self._write(self.folder / _PLAN, pickle.dumps(plan))

    def note(self, name: str) -> Note | None:
        """Return what is noted of a part, ``None`` if it is not done (or the note cannot be believed)."""
        path = self._note_path(name)
        data = self._opened(path) if path.exists() else None
        if data is None:
            return None
        found: Note = pickle.loads(data)  # noqa: S301 - authenticated by our own MAC
        return found

    def save_note(self, name: str, note: Note) -> None:
        """Note a part as done; its segment is there already."""
        self._write(self._note_path(name), pickle.dumps(note))

    def done(self, name: str, spill: Spill, *, hits: bool) -> bool:
        """Tell whether a part is done: noted, and what the counts need of it is there."""
        note = self.note(name)
        if isinstance(note, Halved):
            return all(self.done(half, spill, hits=hits) for half in note.names)
        return note is not None and spill.has(name) and (not hits or self.hits(name).exists())

    def parts(self, name: str) -> list[tuple[str, list[FileScan] | PartNote]]:
        """Return the names and notes of a part that is done, or of those that stand for it."""
        note = self.note(name)
        if isinstance(note, Halved):
            return [part for half in note.names for part in self.parts(half)]
        return [] if note is None else [(name, note)]

    def forget(self, name: str) -> None:
        """Let a part be done again."""
        self._note_path(name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove what the scan needed, and the folder if nothing else is in it."""
        for name in ("notes", "hits", "runs"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in (_PLAN, "progress.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _note_path(self, name: str) -> Path:
        return self.folder / "notes" / name

    def _opened(self, path: Path) -> bytes | None:
        data = path.read_bytes()
        mac, body = data[:_MAC], data[_MAC:]
        return body if hmac.compare_digest(mac, self._mac(path, body)) else None

    def _mac(self, path: Path, body: bytes) -> bytes:
        return hmac.digest(self._key, path.name.encode() + b"\0" + hashlib.sha256(body).digest(), "sha256")

    def _write(self, path: Path, body: bytes) -> None:
        temporary = path.with_name(path.name + ".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._mac(path, body) + body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
