"""Acts from the command line: reading the particulars, doing the act, printing what it made."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.bounded import read_whole
from qingyuan.cases import VERBS, Param, Verb
from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._dockets import deadline_rows
from qingyuan.cli._words import named
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.home import Home
from qingyuan.office.offers import asked, options, verbs_of

BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_LISTS = {"texts", "choices", "persons", "exhibits", "leads"}
WORDS = click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
ARGS = click.option(
    "--args",
    "args_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="参数 JSON 文件 | JSON file of particulars",
)


def run_act(
    home: Path,
    verb: str,
    target: str | None,
    words: tuple[str, ...],
    args_file: Path | None,
    actor: str,
    out: Out,
    expected: int | None = None,
) -> None:
    """Do one act and print what it made."""
    with Home.open(home) as office:
        known = verbs_of(office)
        given = _arguments(known.get(verb), words, args_file)
        stored = act(office, verb, target, given, actor=actor, expected=expected)
        office.publish()
        streams = [event.stream for event in stored]
        loaded = load(office, streams[0])
        out.result(
            {
                "events": [
                    {"index": e.index, "stream": e.stream, "n": e.n, "type": e.type, "payload": e.payload}
                    for e in stored
                ],
                "deadlines": deadline_rows(office, loaded.docket),
            }
        )
        label = known[verb]
        for event in stored:
            out.say(
                f"{label.zh}：{event.stream} 第 {event.n} 号事件 {event.type}（账本序号 {event.index}）",
                f"{label.en}: {event.stream} event {event.n} {event.type} (log index {event.index})",
            )


def _arguments(verb: Verb | None, words: tuple[str, ...], args_file: Path | None) -> dict[str, Argument]:
    """Read ``name=value`` words and a JSON file; a repeated name makes a list; words replace the file's."""
    typed: dict[str, list[str]] = {}
    for name, value in named(
        words,
        remedy_zh="例如 on=2026-03-02；同名重复即为列表",
        remedy_en="for example on=2026-03-02; a name given twice makes a list",
    ):
        typed.setdefault(name, []).append(value)
    given = _from_file(args_file) if args_file is not None else {}
    for name, values in typed.items():
        param = verb.param(name) if verb else None
        many = len(values) > 1 or (param is not None and param.type in _LISTS)
        given[name] = values if many else values[0]
    return given


def _from_file(path: Path) -> dict[str, Argument]:
    """Return the JSON object in a file of particulars."""
    try:
        read: dict[str, Argument] = msgspec.json.decode(read_whole(path), type=dict)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise QingyuanError(
            "cli.bad-args",
            zh=f"参数文件无法读取：{error}",
            en=f"the file of particulars cannot be read: {error}",
            where=str(path),
            remedy_zh="写成 JSON 对象",
            remedy_en="write a JSON object",
        ) from error
    return read


def shortcut(group: click.Group, name: str, verb: str, *, target: bool = True) -> None:
    """Give a verb a command of its own."""
    described = VERBS[verb]

    def run(
        home: Path,
        out: Out,
        words: tuple[str, ...],
        args_file: Path | None,
        actor: str,
        identifier: str | None = None,
    ) -> None:
        run_act(home, verb, identifier, words, args_file, actor, out)

    command = common(run)
    command = BY(ARGS(home_option(WORDS(command))))
    if target:
        command = click.argument("identifier")(command)
    group.command(name, help=help_of(described))(command)


def help_of(verb: Verb) -> str:
    """Return what a verb is and which particulars it takes, line by line."""
    lines = [f"{verb.zh} | {verb.en}", "", "* 必填 | required", "", "\b"]
    lines += [f"{mark(param)}{param.name}={_hint(param)}  {param.zh} | {param.en}" for param in asked(verb)]
    return "\n".join(lines)


def mark(param: Param) -> str:
    """Return the mark before a particular that has to be given."""
    return "* " if param.required and not param.default else "  "


def _hint(param: Param) -> str:
    return "|".join(options(param)) or param.type.upper()
