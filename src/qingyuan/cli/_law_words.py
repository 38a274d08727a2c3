"""How the commands on the law read days and print steps and citations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from qingyuan.cli._app import Out
from qingyuan.errors import QingyuanError
from qingyuan.law import Citation, Step

OVERLAY = click.option(
    "--overlay",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="地方规则目录 | folder of local rules",
)


def day_or_today(on: str | None) -> date:
    """Return the day of ``--on``, or today when it is not given."""
    if on:
        return read_day(on, "--on")
    from qingyuan.office.clock import environment_clock  # noqa: PLC0415 - only without a day

    return environment_clock().now().date()


def say_steps(out: Out, steps: Iterable[Step]) -> None:
    """Print a computation, one numbered line a step."""
    for number, step in enumerate(steps, start=1):
        out.say(f"  {number}. {step.zh}", f"  {number}. {step.en}")


def say_articles(out: Out, articles: Iterable[Citation]) -> None:
    """Print the provisions applied, one a line."""
    for citation in articles:
        out.say(f"  依据：{cite(out, citation)}", f"  basis: {cite(out, citation)}")


def cite(out: Out, citation: Citation) -> str:
    """Return a citation as printed, with a mark when its text was not checked."""
    unread = "" if citation.verified else out.t("（条文未核）", " (text not checked)")
    if citation.analogous:
        unread += out.t("（当时未施行，仅供参照）", " (not in force then, by analogy)")
    return out.t(f"{citation.zh}{unread}", f"{citation.en}{unread}")


def read_moment(text: str) -> date:
    """Return the day, or the moment when ``text`` has a time of day.

    Raises:
        QingyuanError: It is no date.
    """
    if len(text) <= len("2026-03-02"):
        return read_day(text, "--from")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_day(text, "--from") from error


def read_day(text: str, where: str) -> date:
    """Return the day written as ``2026-03-02``.

    Raises:
        QingyuanError: It is no date; ``where`` names the option.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _bad_day(text, where) from error


def _bad_day(text: str, where: str) -> QingyuanError:
    return QingyuanError(
        "cli.bad-date",
        zh=f"“{text}”不是有效的日期",
        en=f"{text!r} is not a date",
        where=where,
        remedy_zh="写作 2026-03-02",
        remedy_en="write 2026-03-02",
    )
