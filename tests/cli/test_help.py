"""Every command and option explains itself in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from qingyuan.cli._app import app
from tests.cli.running import run


def every(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every(below, (*path, name))


COMMANDS = dict(every(app, ()))


def bilingual(text: str | None) -> bool:
    """Tell whether a help text has a Chinese and an English side."""
    zh, bar, en = (text or "").partition("|")
    return bool(bar and re.search(r"[\u4e00-\u9fff]", zh) and re.search(r"[A-Za-z]{2}", en))


def test_there_are_as_many_commands_as_the_table_and_its_groups_say() -> None:
    assert len(COMMANDS) > 45
    assert ("case", "next") in COMMANDS
    assert ("ledger", "fsck") in COMMANDS


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_says_what_it_does_in_both_languages(path: tuple[str, ...]) -> None:
    assert bilingual(COMMANDS[path].help)
    shown = run(*path, "--help")
    assert shown.code == 0
    assert "显示用法 | show this message" in re.sub(r"\s+", " ", shown.out)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for_in_both_languages(path: tuple[str, ...]) -> None:
    options = [p for p in COMMANDS[path].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not bilingual(option.help)] == []


@pytest.mark.parametrize(
    "path", [p for p, c in COMMANDS.items() if not isinstance(c, click.Group)], ids=" ".join
)
def test_every_command_takes_json_and_lang(path: tuple[str, ...]) -> None:
    names = {name for param in COMMANDS[path].params for name in param.opts}
    assert {"--json", "--lang", "--help"} <= names


def test_help_of_an_act_lists_what_it_needs_and_not_what_the_identifier_implies() -> None:
    shown = run("lead", "assess", "--help").out
    assert "* conclusion=open|transfer|decline" in shown
    assert "lead=" not in shown
    assert "case=" not in run("measure", "verify", "--help").out
    assert "* measure=MEASURE" in run("measure", "verify", "--help").out


def test_no_words_at_all_show_the_usage() -> None:
    shown = run()
    assert shown.code == 2
    assert "intake" in shown.out + shown.err
