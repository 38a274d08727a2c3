"""Types met by several threads at once for the first time, and the rule that they are met in one place only."""

from __future__ import annotations

import re
import subprocess
import sys

import msgspec
import pytest

from qingyuan.shapes import convert, from_json, ready
from tests.docs.shell import ROOT

_RACE = """
import msgspec, sys, threading, types
from qingyuan.shapes import convert

sys.setswitchinterval(1e-6)
WORDS = '''
class Leaf(msgspec.Struct, frozen=True):
    name: str
    count: int = 0
class Twig(msgspec.Struct, frozen=True):
    leaf: Leaf
    note: str = ""
class Tree(msgspec.Struct, frozen=True):
    size: int
    twigs: tuple[Twig, ...] = ()
    named: dict[str, Leaf] | None = None
'''
value = {"size": 1, "twigs": [{"leaf": {"name": "a"}}] * 3, "named": {"b": {"name": "c", "count": 2}}}
for number in range(60):
    module = types.ModuleType(f"shapes_{number}")
    sys.modules[module.__name__] = module
    module.__dict__.update(msgspec=msgspec)
    exec(WORDS, module.__dict__)
    start, read = threading.Barrier(8), []
    def first(shape=module.Tree):
        start.wait()
        read.append(convert(value, shape))
    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert len(read) == 8 and len(set(map(repr, read))) == 1, read
print("done")
"""


class Point(msgspec.Struct, frozen=True):
    """A place."""

    x: int
    y: int = 0


def test_threads_that_meet_a_type_together_all_read_it() -> None:
    """With ``msgspec.convert`` itself this process dies of a segmentation fault."""
    done = subprocess.run([sys.executable, "-c", _RACE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]


def test_values_and_json_become_records_or_are_refused_with_their_place() -> None:
    assert convert({"x": 3}, Point) == Point(3)
    assert from_json(b'[{"x":1,"y":2}]', list[Point]) == [Point(1, 2)]
    assert convert({"x": "3"}, Point, strict=False) == Point(3)
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.x"):
        from_json(b'[{"x":"3"}]', list[Point])
    with pytest.raises(msgspec.ValidationError):
        convert({"x": "3"}, Point)


def test_no_room_reads_a_type_past_the_ground() -> None:
    past = re.compile(r"msgspec\.(?:\w+\.)?(?:convert\(|Decoder\((?!ready\()|decode\([^\n]*type=(?!dict\)))")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "src" / "qingyuan").rglob("*.py")
        if path.name != "shapes.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if past.search(line) and "dict[str, object])" not in line  # holds no type of ours
    ]
    assert found == []
    assert ready(Point) is Point
