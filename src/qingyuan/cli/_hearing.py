"""``qingyuan case hearing``: the hearings of a case, officer by officer."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cases import choice_label, hearings
from qingyuan.cli._app import Out, common, home_option
from qingyuan.office.casework import load
from qingyuan.office.home import Home


@click.command("hearing")
@click.argument("identifier")
@home_option
@common
def hearing(identifier: str, home: Path, out: Out) -> None:
    """听证：听证员意见、多数意见与采纳情况 | The hearings of a case: officers, majority, what became of it."""
    with Home.open(home) as office:
        found = hearings(load(office, identifier).docket, identifier)
    out.result(msgspec.to_builtins(found))
    if not found:
        out.say("没有听证记录", "no hearing is recorded")
    for one in found:
        majority = choice_label("hearing-view", one.majority)
        state = out.t("已召开", "held") if one.held else out.t("未召开", "not held yet")
        said = out.t(majority.zh, majority.en) if one.majority else out.t("无", "none")
        out.say(f"{one.on}  {state}  多数意见：{said}", f"{one.on}  {state}  majority: {said}")
        for officer in one.officers:
            view = out.t(officer.zh, officer.en) or out.t("未发表", "nothing yet")
            out.say(
                f"  {officer.officer}（{officer.standing}）：{view} {officer.reason}",
                f"  {officer.officer} ({officer.standing}): {view} {officer.reason}",
            )
        if one.departs:
            by = one.consent.by if one.consent else "—"
            out.say(f"  未采纳多数意见，同意人 {by}", f"  departs from the majority, agreed by {by}")
