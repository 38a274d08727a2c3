"""What the pages tell a reader to type works, and both languages tell the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

from qingyuan.documents import Form
from tests import warm
from tests.docs.shell import NOT_RUN, PAGES, READMES, ROOT, commands

MARK = "@@ "


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run every command of the pages in one shell, in order, until one fails."""
    folder = tmp_path_factory.mktemp("reader")
    lines = ["set -euo pipefail"]
    for page in PAGES:
        for command in commands(page):
            if command not in NOT_RUN:
                lines += [f"echo '{MARK}'{_quoted(command)}", command]
    lines.append(f"echo '{MARK}end'")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QINGYUAN_")}
    places = {name: str(folder / "user") for name in ("HOME", "XDG_DATA_HOME")}
    program = folder / "bin" / "qingyuan"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -IS\n{warm.CLIENT}", encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    channel = warm.channel()
    return subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder,
        env={**kept, **places, "PATH": path, "PYTHONUTF8": "1", "QINGYUAN_TEST_NURSERY": str(channel)},
        pass_fds=[channel],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1_800,
        check=False,
    )


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"


def _said(typed: subprocess.CompletedProcess[str], command: str) -> str:
    """Return what one command printed."""
    parts = typed.stdout.split(MARK)
    return next(part.partition("\n")[2] for part in parts if part.startswith(command))


@pytest.mark.slow
def test_every_command_of_the_pages_runs(typed: subprocess.CompletedProcess[str]) -> None:
    last = typed.stdout.rpartition(MARK)[2]
    assert typed.returncode == 0, f"{last}\n{typed.stderr}"
    assert last == "end\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("qingyuan case act close C2026-0001", 1),
        ("qingyuan verify case.evp ||", 3),
    ],
)
def test_commands_said_to_fail_fail_with_the_code_of_the_table(
    typed: subprocess.CompletedProcess[str], command: str, code: int
) -> None:
    assert f"exit code {code}\n" in _said(typed, command)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("qingyuan verify case.evp --trust", "case.evp：通过"),
        ("qingyuan case deadlines", "2026-09-01"),
        ("qingyuan ledger fsck", "全部一致"),
        ("qingyuan law deadline agency-reply", "2026-05-18（确定）"),
        ("qingyuan exhibit custody", "未发现缺口"),
        ("qingyuan law check", "无误"),
        ("qingyuan document make", "documents/检察建议书-C2026-0001.pdf"),
    ],
)
def test_commands_print_what_they_are_for(
    typed: subprocess.CompletedProcess[str], command: str, words: str
) -> None:
    assert words in _said(typed, command)


def test_both_readmes_hold_the_same_commands() -> None:
    english, chinese = (commands(page) for page in READMES)
    assert english == chinese
    assert english[:2] == ["make demo", "make test"]
    assert len(english) > 30


def test_commands_that_are_not_run_are_there_and_their_make_verbs_exist() -> None:
    shown = commands(READMES[0])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command, reason in NOT_RUN.items():
        assert command in shown, reason
        if command.startswith("make "):
            assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE)


def test_every_link_of_the_pages_leads_to_a_file() -> None:
    pages = [*READMES, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"]
    lost = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert lost == []


def test_the_form_shown_in_the_page_of_documents_is_a_form() -> None:
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert shown
    for text in shown:
        msgspec.convert(yaml.safe_load(text), Form)


def test_the_page_of_personal_information_names_every_kind_with_its_tier_and_key() -> None:
    from qingyuan.pii.catalog import catalog

    page = (ROOT / "docs" / "pii.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| (\S+) \| (\S+) \| ([ABC]) \|$", page, re.MULTILINE)
    known = {
        k.kind: (k.zh, str(k.key or "–"), "yes" if k.sensitive else "–", k.tier)
        for k in catalog().kinds.values()
    }
    assert {kind: (zh, key, listed, tier) for kind, zh, key, listed, tier in rows} == known


def test_the_page_of_personal_information_names_every_column_of_a_hit() -> None:
    from qingyuan.pii.hits import SCHEMA

    page = (ROOT / "docs" / "pii.md").read_text(encoding="utf-8")
    table = page.partition("| column | |")[2].partition("\n\n")[0]
    assert {
        name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])
    } == set(SCHEMA.names)
