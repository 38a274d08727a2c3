"""``qingyuan law division``: what a code or a name of a division meant on a day."""

from __future__ import annotations

from datetime import date

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._law_words import read_day
from qingyuan.errors import QingyuanError
from qingyuan.law import Division, Law, load


@click.command()
@click.argument("code_or_name")
@click.option("--on", "on", required=True, help="日期 | day")
@common
def division(code_or_name: str, on: str, out: Out) -> None:
    """行政区划：代码或名称在某日指什么 | What a code or a name meant on a day, what it was and became."""
    known, day = load(), read_day(on, "--on")
    found = (
        known.division_line(code_or_name, day)
        if code_or_name.isdecimal()
        else known.divisions_named(code_or_name, day)
    )
    if not found:
        raise unnamed(code_or_name, day)
    out.result(msgspec.to_builtins(found))
    for each in found if not code_or_name.isdecimal() else found[:1]:
        _say(out, each)


def code_of(known: Law, text: str, on: date, where: str) -> str:
    """Return the code that ``text`` means: itself when it is digits, else the one division of that name on the day.

    Raises:
        QingyuanError: No division, or several, have the name.
    """
    if text.isdecimal():
        return text
    found = known.divisions_named(text, on)
    if not found:
        raise unnamed(text, on).within(where)
    if len(found) > 1:
        listed = "、".join(f"{each.full_name} {each.code}" for each in found)
        raise QingyuanError(
            "cli.ambiguous-division",
            zh=f"“{text}”有{len(found)}个：{listed}",
            en=f"{len(found)} divisions are called {text!r}: {listed}",
            where=where,
            remedy_zh="请写全称或者代码",
            remedy_en="give the full name or the code",
        )
    return found[0].code


def unnamed(name: str, on: date) -> QingyuanError:
    """Return the error for a name that no division had on a day."""
    return QingyuanError(
        "cli.no-such-division",
        zh=f"{on}没有名为“{name}”的行政区划",
        en=f"no division was called {name!r} on {on}",
        where=name,
        remedy_zh="请核对名称和日期，或者改用代码查询后继",
        remedy_en="check name and day, or ask by code for what became of it",
    )


def _say(out: Out, found: Division) -> None:
    firm = "" if found.firm else out.t("（暂定）", " (provisional)")
    out.say(f"{found.code} {found.full_name}{firm}", f"{found.code} {found.full_name}{firm}")
    for step in found.steps:
        out.say(f"  {step.zh}", f"  {step.en}")
    if found.was:
        out.say(f"  前身：{'、'.join(found.was)}", f"  was: {', '.join(found.was)}")
    if found.became:
        out.say(f"  后为：{'、'.join(found.became)}", f"  became: {', '.join(found.became)}")
    if not found.verified:
        out.say("  区划表未与公告逐条核对", "  the table was not compared with the announcements")


COMMANDS = (division,)
