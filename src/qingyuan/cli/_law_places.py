"""``qingyuan law division`` and ``jurisdiction``: what a place meant on a day, and who has jurisdiction there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._law_words import OVERLAY, day_or_today, read_day, say_articles, say_steps
from qingyuan.law import Candidate, Division, Facts, Law, Level, Move, Organ, load
from qingyuan.office.lawtools import code_of, unnamed
from qingyuan.shapes import convert


@click.command()
@click.argument("code_or_name")
@click.option("--on", "on", default=None, help="日期，缺省为今天 | day, by default today")
@common
def division(code_or_name: str, on: str | None, out: Out) -> None:
    """行政区划：代码或名称在某日指什么 | What a code or a name meant on a day, what it was and became."""
    known, day = load(), day_or_today(on)
    found = (
        known.division_line(code_or_name, day)
        if code_or_name.isdecimal()
        else known.divisions_named(code_or_name, day)
    )
    if not found:
        raise unnamed(known, code_or_name, day)
    out.result(msgspec.to_builtins(found))
    for each in found if not code_or_name.isdecimal() else found[:1]:
        _say(out, each)


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


@click.command()
@click.argument("track", type=click.Choice(["administrative", "civil"]))
@click.option("--on", "on", required=True, help="立案日期 | day of filing")
@click.option("--organ", default=None, help="行政机关名称 | name of the organ")
@click.option(
    "--organ-level",
    type=click.Choice([level.value for level in Level]),
    default="county",
    help="级别 | level",
)
@click.option("--organ-division", default=None, help="行政区划代码或名称 | division, code or name")
@click.option("--government", is_flag=True, help="该机关是人民政府 | the organ is a people's government")
@click.option("--act", multiple=True, help="违法行为发生地 | division of the act")
@click.option("--harm", "result", multiple=True, help="损害结果地 | division of the harm")
@click.option("--domicile", multiple=True, help="违法行为人住所地 | division of the wrongdoer's domicile")
@click.option("--cross-division", is_flag=True, help="损害跨行政区划 | harm in several divisions")
@click.option("--major", is_flag=True, help="重大、复杂 | major or complex")
@click.option("--online", is_flag=True, help="网络行为 | conduct on the Internet")
@click.option(
    "--criminal-office",
    default=None,
    help="办理刑事案件的检察院所在区划 | division of the office of the criminal case",
)
@click.option(
    "--move",
    "moves",
    multiple=True,
    metavar="KIND:BY[:TO[:BASIS]]",
    help="指定、交办等 | a designation or the like: "
    "designated handed-down taken-up self-filed asked-up agreed transferred disputed",
)
@click.option(
    "--analogous",
    is_flag=True,
    help="规则施行之前的日期参照适用 | apply rules to days before them, provisionally",
)
@OVERLAY
@common
def jurisdiction(
    track: Literal["administrative", "civil"],
    on: str,
    organ: str | None,
    organ_level: str,
    organ_division: str | None,
    government: bool,
    act: tuple[str, ...],
    result: tuple[str, ...],
    domicile: tuple[str, ...],
    cross_division: bool,
    major: bool,
    online: bool,
    criminal_office: str | None,
    moves: tuple[str, ...],
    analogous: bool,
    overlay: Path | None,
    out: Out,
) -> None:
    """建议管辖 | Which offices may file, which courts would hear the suit, and why."""
    known, day = load(overlay), read_day(on, "--on")

    def codes(texts: Iterable[str], where: str) -> tuple[str, ...]:
        return tuple(code_of(known, text, day, where) for text in texts)

    facts = Facts(
        on=day,
        respondent=None
        if organ_division is None
        else Organ(
            organ or out.t("行政机关", "the organ"),
            Level(organ_level),
            code_of(known, organ_division, day, "--organ-division"),
            government=government,
        ),
        act=codes(act, "--act"),
        result=codes(result, "--harm"),
        domicile=codes(domicile, "--domicile"),
        cross_division=cross_division,
        major=major,
        online=online,
        criminal_office=None
        if criminal_office is None
        else code_of(known, criminal_office, day, "--criminal-office"),
        moves=tuple(_move(known, text, day) for text in moves),
    )
    answer = known.jurisdiction(track, facts, analogous=analogous)
    out.result(msgspec.to_builtins(answer))
    for title, candidates in (
        (out.t("可以立案的检察院", "Offices that may file"), answer.candidates),
        (out.t("受诉法院", "Courts"), answer.courts),
        (out.t("起诉的检察院", "Offices that would sue"), answer.suing),
    ):
        _candidates(out, title, candidates)
    say_steps(out, answer.notes)
    out.say(
        f"结论：{'确定' if answer.firm else '暂定'}",
        f"the answer is {'firm' if answer.firm else 'provisional'}",
    )
    say_articles(out, answer.articles)


def _candidates(out: Out, title: str, candidates: Iterable[Candidate]) -> None:
    out.table(
        title,
        [
            out.t("建议", "proposed"),
            out.t("机关", "office"),
            out.t("级别", "level"),
            out.t("区划", "division"),
            out.t("理由", "reasons"),
        ],
        [
            [
                "●" if each.preferred else "",
                each.office.name if each.office else out.t("（名录中无）", "(not in the list)"),
                each.level.zh if out.lang == "zh" else each.level.value,
                each.division,
                "\n".join(out.t(step.zh, step.en) for step in each.reasons),
            ]
            for each in candidates
        ],
    )


def _move(known: Law, text: str, day: date) -> Move:
    kind, *rest = text.split(":", 3)
    by, to, basis = (*rest, "", "", "")[:3]
    try:
        return convert(
            {
                "kind": kind,
                "by": code_of(known, by, day, "--move"),
                "to": code_of(known, to, day, "--move") if to else "",
                "basis": basis,
            },
            Move,
        )
    except msgspec.ValidationError as error:
        raise click.BadParameter(text, param_hint="--move") from error


COMMANDS = (division, jurisdiction)
