"""The rule of imports: a room imports only from floors below its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.shell import ROOT

SOURCE = ROOT / "src" / "qingyuan"
#: Modules that belong to no room: the package itself (its version) and ``python -m qingyuan``.
DOORS = {"__init__", "__main__"}


def floors() -> dict[str, int]:
    """Return the floor of each room as docs/architecture.md says; the ground is -1."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (ground|\d+) \| `([a-z]+)(?:/|\.py)` \|", page, re.MULTILINE)
    return {room: -1 if floor == "ground" else int(floor) for floor, room in rows}


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and room of each import from qingyuan, also inside functions and by name."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "qingyuan":
            names = [f"qingyuan.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
            names = [str(node.args[0].value)] if isinstance(node.args[0], ast.Constant) else []
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "qingyuan" and rest and rest != "__version__":
                yield node.lineno, rest.partition(".")[0]


def violations(room: str, source: str, known: dict[str, int]) -> list[str]:
    """Return the imports of a room's module that come from its own floor or above."""
    return [
        f"line {line}: {room} (floor {known[room]}) imports {other} (floor {known.get(other, 'none')})"
        for line, other in imported(source)
        if other != room and known.get(other, 99) >= known[room]
    ]


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_every_room_stands_on_a_floor_of_the_page_of_architecture() -> None:
    rooms = {room_of(path) for path in modules()} - DOORS
    assert rooms == set(floors())


def test_no_room_imports_from_its_own_or_a_higher_floor() -> None:
    known = floors()
    found = [
        f"{path.relative_to(ROOT)} {what}"
        for path in modules()
        if room_of(path) not in DOORS
        for what in violations(room_of(path), path.read_text(encoding="utf-8"), known)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import qingyuan.store",
        "from qingyuan.evidence import Kek",
        "def later():\n    from qingyuan.cli import main",
        "from qingyuan import store",
        "import importlib\nimportlib.import_module('qingyuan.store')",
    ],
)
def test_an_import_from_above_or_beside_is_seen(source: str) -> None:
    assert violations("pii", source, floors())


def test_imports_from_below_and_within_are_allowed() -> None:
    source = "from qingyuan.findings import Finding\nfrom qingyuan.pii.model import Tally\nfrom qingyuan import __version__"
    assert violations("pii", source, floors()) == []
