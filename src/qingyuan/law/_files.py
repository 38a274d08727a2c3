"""Reading one YAML file into typed records, with errors that name file, place and line."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.law.errors import LawError
from qingyuan.plainyaml import compose_yaml, read_yaml
from qingyuan.shapes import convert

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)

Folder = Traversable | Path
Where = tuple[str | int, ...]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLACE = re.compile(r"(?P<what>.*?) - at `(?:key in )?`?\$(?P<path>[^`]*)`$")
_PART = re.compile(r"\.([\w-]+)|\[(\d+)\]")


@dataclasses.dataclass(frozen=True)
class Document:
    """A data file: its name as shown to the user, and its bytes."""

    name: str
    raw: bytes

    def where(self, path: Where = ()) -> str:
        """Return ``name, line N (a.b.3)``; the line of the deepest part of ``path`` that exists."""
        line = self._line(path)
        shown = ".".join(str(part) for part in path)
        return f"{self.name}{f', line {line}' if line else ''}{f' ({shown})' if shown else ''}"

    def _line(self, path: Where) -> int | None:
        try:
            node = compose_yaml(self.raw)
        except yaml.YAMLError:
            return None
        if node is None:
            return None
        line: int = node.start_mark.line + 1
        for part in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            else:
                break
        return line

    def line(self, member: str) -> int | None:
        """Return the line of a member at the top of the file, or ``None`` when it has none."""
        root = compose_yaml(self.raw)
        pairs = root.value if isinstance(root, yaml.MappingNode) else ()
        return next((key.start_mark.line + 1 for key, _ in pairs if key.value == member), None)

    def parse(self, shape: type[T], loader: type = yaml.CSafeLoader) -> T:
        """Return the content as ``shape``, read by ``loader``, a safe one.

        Raises:
            LawError: The file is not YAML, or has an unknown, missing or mistyped field.
        """
        try:
            content = read_yaml(self.raw, loader)
        except yaml.YAMLError as error:
            raise self._not_yaml(error) from error
        try:
            return convert(content, shape)
        except msgspec.ValidationError as error:
            match = _PLACE.match(str(error))
            what = match["what"] if match else str(error)
            path: Where = tuple(
                name or int(index) for name, index in _PART.findall(match["path"] if match else "")
            )
            raise LawError(
                "law.bad-field",
                zh=f"字段不符合要求：{what}",
                en=f"bad field: {what}",
                where=self.where(path),
                remedy_zh="请对照 docs/law-data.md 修正该字段",
                remedy_en="correct the field as docs/law-data.md describes it",
            ) from error

    def _not_yaml(self, error: Exception) -> LawError:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else self._unreadable_line()
        return LawError(
            "law.not-yaml",
            zh=f"不是有效的 YAML：{problem}",
            en=f"not valid YAML: {problem}",
            where=f"{self.name}, line {line}" if line else self.name,
            remedy_zh="请修正该行后重试",
            remedy_en="correct that line and try again",
        )

    def _unreadable_line(self) -> int | None:
        """Return the line of the first byte that is no text, or ``None``."""
        try:
            text = self.raw.decode()
        except UnicodeDecodeError as error:
            return self.raw[: error.start].count(b"\n") + 1
        found = _CONTROL.search(text)
        return text[: found.start()].count("\n") + 1 if found else None

    def refuse_duplicate_keys(self) -> None:
        """Refuse a mapping that names a key twice (YAML would silently keep the last).

        Raises:
            LawError: With the line of the second key, or the file is not YAML.
        """
        try:
            pending = [compose_yaml(self.raw)]
        except yaml.YAMLError as error:
            raise self._not_yaml(error) from error
        visited: set[int] = set()
        while pending:
            node = pending.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                pending.extend(node.value)
            elif isinstance(node, yaml.MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    if key.value in seen:
                        raise LawError(
                            "law.duplicate-key",
                            zh=f"字段“{key.value}”重复出现",
                            en=f"field {key.value!r} appears twice",
                            where=f"{self.name}, line {key.start_mark.line + 1}",
                            remedy_zh="请只保留一处",
                            remedy_en="keep only one of them",
                        )
                    seen.add(key.value)
                    pending.append(value)


@dataclasses.dataclass(frozen=True)
class Entry(Generic[R_co]):
    """A record and the place it came from."""

    record: R_co
    document: Document
    path: Where
    local: bool

    def refuse(
        self, code: str, zh: str, en: str, *, remedy_zh: str, remedy_en: str, at: Where = ()
    ) -> LawError:
        """Return the error to raise about this record, naming its file, line and field."""
        return LawError(
            code,
            zh=zh,
            en=en,
            where=self.document.where((*self.path, *at)),
            remedy_zh=remedy_zh,
            remedy_en=remedy_en,
        )


def read(folder: Folder, name: str, *, shown: str | None = None) -> Document | None:
    """Return the file ``name`` (``/``-separated) of ``folder``, or ``None`` when there is none.

    Raises:
        LawError: The file exists and cannot be read.
    """
    file: Folder = folder
    for part in name.split("/"):
        file = file / part
    try:
        return Document(shown or name, read_whole(file) if isinstance(file, Path) else file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LawError(
            "law.unreadable",
            zh=f"无法读取：{error.strerror}",
            en=f"cannot be read: {error.strerror}",
            where=shown or name,
            remedy_zh="请检查文件权限",
            remedy_en="check the file's permissions",
        ) from error


def stems(folder: Folder, name: str) -> tuple[str, ...]:
    """Return the sorted stems of the YAML files in the subfolder ``name`` of ``folder``."""
    place = folder / name
    if not place.is_dir():
        return ()
    return tuple(sorted(file.name[:-5] for file in place.iterdir() if file.name.endswith(".yaml")))
