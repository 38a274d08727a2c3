"""YAML of the program, read from the text and in the form that is kept: the same content, whatever becomes of what is kept."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import qingyuan
from qingyuan import plainyaml
from qingyuan.cases._data import Loader
from qingyuan.plainyaml import compose_yaml, load_yaml, read_yaml


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(plainyaml, "_FOLDER", tmp_path / "kept")
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    return tmp_path / "kept"


def typed(content: object) -> object:
    """Return content with the type of every value in it."""
    if isinstance(content, dict):
        return [(typed(key), typed(value)) for key, value in content.items()]
    if isinstance(content, list):
        return [typed(each) for each in content]
    return type(content), content


def test_a_file_of_every_room_comes_back_as_it_is(kept: Path) -> None:
    rooms: dict[str, list[Path]] = {}
    for path in sorted(Path(qingyuan.__file__).parent.rglob("*.yaml")):
        rooms.setdefault(str(path.parent), []).append(path)
    chosen = [path for paths in rooms.values() for path in (paths[0], paths[-1])]
    assert len(chosen) > 20
    for path in chosen:
        raw = path.read_bytes()
        for loader in (yaml.CSafeLoader, Loader):
            wanted = typed(yaml.load(raw, Loader=loader))
            assert typed(read_yaml(raw, loader)) == wanted, path
            assert typed(read_yaml(raw, loader)) == wanted, path
    assert list(kept.iterdir())


def test_what_is_kept_belongs_to_one_text_and_one_way_of_reading_it(kept: Path) -> None:
    assert read_yaml(b"on: 2026-01-31") == {True: date(2026, 1, 31)}
    assert read_yaml(b"on: 2026-01-31", Loader) == {"on": date(2026, 1, 31)}
    assert read_yaml(b"on: 2026-01-30") == {True: date(2026, 1, 30)}
    assert len(list(kept.iterdir())) == 3


def test_what_is_damaged_or_cannot_be_kept_is_read_anew(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"a: [1, 2.5, x, null, true]"
    wanted = {"a": [1, 2.5, "x", None, True]}
    assert read_yaml(raw) == wanted
    (one,) = kept.iterdir()
    one.write_bytes(b"\xc1 damaged")
    assert read_yaml(raw) == wanted
    one.unlink()
    for odd in (b"a: 2026-01-31T08:00:00Z", b"a: !!binary aGk=", b"a: .nan", b"a: 99999999999999999999999"):
        assert typed(read_yaml(odd))[0][0] == (str, "a")  # type: ignore[index]
    assert not list(kept.iterdir())
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert read_yaml(raw) == wanted
    assert not list(kept.iterdir())
    with pytest.raises(yaml.YAMLError):
        read_yaml(b"a: [")


def doubled(first: str, line: str) -> str:
    """Return a text whose every line refers ten times to the one before."""
    names = [f"a{n}" for n in range(10)]
    lines = [line.format(name=new, old=", ".join([f"*{old}"] * 10)) for old, new in pairwise(names)]
    return "\n".join([f"a0: &a0 {first}", *lines])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (doubled("[x]", "{name}: &{name} [{old}]"), "more than"),
        (doubled("{x: y}", "{name}: &{name}\n  <<: [{old}]"), "more than"),
        ("[" * 20_000, "deeper"),
        ("- " * 20_000 + "x", "deeper"),
        ("{a: " * 500 + "}" * 500, "deeper"),
        ("&a [*a]", "holds itself"),
        ("a: &a\n  b: *a", "holds itself"),
        ("a: " + "1" * 5_000, "number"),
        ("a: 1" + ":59" * 5_000, "number"),
        ("a: 2026-02-30", "value"),
        ("a: !!int x", "value"),
        ("a: !!bool x", "value"),
        ("a: !!timestamp x", "value"),
        ("a: !!python/object/apply:os.getcwd []", "constructor"),
    ],
)
def test_what_stands_for_more_than_a_machine_holds_is_refused_before_it_is_made(text: str, said: str) -> None:
    for read in (load_yaml, read_yaml):
        with pytest.raises(yaml.YAMLError, match=said):
            read(text.encode())


def test_nodes_are_read_within_the_same_bounds() -> None:
    with pytest.raises(yaml.MarkedYAMLError, match="deeper") as caught:
        compose_yaml("a:\n  " + "[" * 500 + "]" * 500)
    assert "line 2" in str(caught.value)
    assert compose_yaml("") is None


def test_what_people_write_is_within_the_bounds() -> None:
    text = "x: &x {a: 1}\ny: [*x, *x]\nz:\n  <<: *x\n  b: '" + "1" * 9_000 + "'\n"
    assert load_yaml(text)["z"] == {"a": 1, "b": "1" * 9_000}
