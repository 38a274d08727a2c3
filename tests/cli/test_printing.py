"""What an intake prints is compact, masked and aligned at any width, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.running import run

CLEAR_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
CLEAR_ID = re.compile(r"(?<!\d)\d{17}[\dX](?!\d)")


def findings(printed: str, title: str) -> list[str]:
    """Return the lines of the table of findings, with its heading."""
    lines = printed.splitlines()
    start = lines.index(title)
    return lines[start + 1 : lines.index("", start)]


def printed(home: Path, material: Path, *words: str) -> str:
    done = run("intake", material, "--home", home, "--workers", "1", *words)
    assert done.code == 0
    return done.out


def test_a_file_and_kind_is_one_line_at_full_width(home: Path, material: Path) -> None:
    lines = findings(printed(home, material), "发现（按文件，每类一行）")
    assert lines[0].split() == ["种类", "明文", "待核实", "已遮蔽", "首处（已遮蔽）", "条款"]
    rows = [line for line in lines[1:] if not line.startswith("material/")]
    assert all(re.search(r"[①-⑳]$", line.rstrip()) for line in rows)
    files = [line for line in lines if line.startswith("material/")]
    assert len(files) == len(set(files)) > 5
    row = next(
        line for line in lines[lines.index("material/waybill-events.jsonl") :] if line.startswith("手机号码")
    )
    assert re.search(r"line \d+ \$\.\S+  1\d\d\*{4}\d{4} +①②③", row)


def test_every_provision_is_printed_once_below_the_table(home: Path, material: Path) -> None:
    legend = next(line for line in printed(home, material).splitlines() if line.startswith("① "))
    marks = re.findall(r"([①-⑳]) 《", legend)
    assert marks == sorted(set(marks))
    assert "《个人信息保护法》第四条" in legend


@pytest.mark.parametrize("width", [80, 132])
@pytest.mark.parametrize(
    ("lang", "title"),
    [("zh", "发现（按文件，每类一行）"), ("en", "Findings (by file, one line a kind)")],
)
def test_no_line_of_a_table_is_wider_than_the_terminal(
    home: Path, material: Path, monkeypatch: pytest.MonkeyPatch, width: int, lang: str, title: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = findings(printed(home, material, "--lang", lang), title)
    assert max(cell_len(line) for line in lines) <= width
    assert len(lines) > 20


def test_nothing_is_printed_in_clear(home: Path, material: Path) -> None:
    for words in ((), ("--json",), ("--lang", "en")):
        text = printed(home, material, *words)
        text = re.sub(r"\b[0-9a-f]{16,}\b", "", text)
        assert CLEAR_MOBILE.findall(text) == []
        assert CLEAR_ID.findall(text) == []


def test_both_readings_are_printed_side_by_side(home: Path, material: Path) -> None:
    text = printed(home, material)
    table = text.partition("两种理解并列")[2].partition("未能收取")[0]
    assert "第五条第一款第四项" in re.sub(r"\s+", "", table)
    assert "第五条第一款第五项" in re.sub(r"\s+", "", table)


def test_what_was_not_read_is_named_as_the_user_gave_it(
    home: Path, material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(material.parent)
    done = run("scan", material.name)
    assert "material/加密运单.xlsx" in done.out
    done = run("intake", material.name, "--home", home, "--workers", "1")
    assert str(material) not in done.out
    assert "material/加密运单.xlsx" in done.out


def test_kinds_of_keys_are_named_in_words(material: Path) -> None:
    assert "按标识：居民身份证号码 " in run("scan", material).out
    assert "by key: resident identity number " in run("scan", material, "--lang", "en").out
