"""The table of faults names tests that there are."""

from __future__ import annotations

import ast
import re

from tests.docs.shell import ROOT


def test_every_test_that_the_table_names_exists() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    path, missing, count = "", [], 0
    for named, test in re.findall(r"`([\w/.]*)::(\w+)`", page):
        path = named or path
        functions = {
            each.name
            for each in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
            if isinstance(each, ast.FunctionDef)
        }
        missing += [] if test in functions else [f"{path}::{test}"]
        count += 1
    assert missing == []
    assert count > 90
