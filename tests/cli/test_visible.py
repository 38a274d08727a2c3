"""No name of a file and no text of another moves a terminal, at any command."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import qingyuan.cli
from qingyuan.cli._visible import visible
from tests.cli.running import run

ESCAPES = "\x1b[2J\x1b]0;qyx\x07\x9b31m\u202e\u2066\r"
NAME = f"甲{ESCAPES}.csv".replace("/", "")


def obeyed(text: str) -> list[str]:
    return sorted({char for char in text if not char.isprintable() and char not in "\n\t"})


def test_json_means_the_same_and_holds_nothing_that_a_terminal_obeys() -> None:
    value = {"a": [ESCAPES, "甲\ud800"]}
    text = visible(json.dumps(value, ensure_ascii=False))
    assert (json.loads(text), obeyed(text)) == (value, [])
    assert visible("甲\n\t乙") == "甲\n\t乙"


def test_names_of_files_and_what_was_typed_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    file = tmp_path / NAME
    file.write_text("手机\n13900139001\n", encoding="utf-8")
    commands = (
        ("office", "init", "--id", "t", "--name", f"甲{ESCAPES}", *home),
        ("office", "init", "--id", "t", "--name", "甲", *home),
        ("intake", file, "--title", f"题{ESCAPES}", "--workers", "0", *home),
        ("lead", "list", *home),
        ("exhibit", "list", "L2026-0001", *home),
        ("case", "timeline", "L2026-0001", *home),
        ("seal", file, "--matter", "L2026-0001", *home),
        ("scan", file, "--workers", "0"),
        ("scan", tmp_path / f"none{ESCAPES}"),
        ("anonymity", file),
        ("verify", file),
        ("deidentify", file, "-o", tmp_path / f"o{ESCAPES}"),
        ("law", "show", ESCAPES),
        ("lead", "assess", ESCAPES, *home),
        ("capture", f"http://{ESCAPES}/", "--lead", "L2026-0001", *home),
        ("exchange", "receive", file, *home),
        ("law", "cite-check", file),
        (ESCAPES,),
    )
    told = ""
    for words in commands:
        for form in ((), ("--json",)):
            done = run(*words, *form)
            assert obeyed(done.out + done.err) == [], (words, form)
            told += done.out + done.err
    assert told.count("\\u001b") > 20


def test_whatever_a_command_says_goes_by_the_frame() -> None:
    """Nothing prints past it but lines of progress, which hold numbers only, and tables whose cells are made visible."""
    allowed = {
        "_app.py": {"echo"},
        "report.py": {"echo"},
        "intake.py": {"echo"},
        "evidence.py": {"echo"},
        "_scanner.py": {"echo"},
        "scan.py": {"echo"},
        "timestamp.py": {"echo"},
        "serve.py": set(),
    }
    for path in Path(qingyuan.cli.__file__).parent.glob("*.py"):
        calls = {
            node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        }
        assert calls & {"echo", "secho", "print_exception"} <= allowed.get(path.name, set()), path.name
