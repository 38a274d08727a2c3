"""``qingyuan portal``: invite an organ, a firm or a court to one case, list invitations, withdraw them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._origin import origin
from qingyuan.office.home import Home

if TYPE_CHECKING:
    from qingyuan.web.desk import Desk

_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_KINDS = ("organ", "firm", "court", "hearing")


@click.group()
def portal() -> None:
    """协同门户：邀请、列出、撤回 | The portal: invite, list, withdraw."""


@contextlib.contextmanager
def _desk(home: Path, public_url: str = "") -> Iterator[Desk]:
    """Open a home as its servers do; they may run meanwhile."""
    from qingyuan.web import ServeSettings  # noqa: PLC0415 - only these commands need the web
    from qingyuan.web.desk import Desk  # noqa: PLC0415

    with Home.open(home) as office:
        desk = Desk(office, ServeSettings(public_url=public_url))
        try:
            yield desk
        finally:
            desk.close()


@portal.command()
@click.argument("case")
@click.option(
    "--kind", type=click.Choice(_KINDS), required=True, help="行政机关、企业、法院、听证 | whom to invite"
)
@click.option("--name", required=True, help="单位全称 | name of the body")
@click.option(
    "--days", type=click.IntRange(1, 180), default=60, show_default=True, help="有效天数 | days it is good"
)
@click.option("--owner", default="", help="企业的整改责任单位名称 | of a firm: whose measures it sees")
@click.option("--role", default="", help="听证中的身份 | of a hearing: as what somebody takes part")
@click.option(
    "--public-url", callback=origin, default="", help="门户地址，如 https://… | how browsers reach the portal"
)
@_BY
@home_option
@common
def invite(
    case: str,
    kind: str,
    name: str,
    days: int,
    owner: str,
    role: str,
    public_url: str,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """生成邀请链接，只显示这一次 | Make a link to one case, shown this once."""
    from qingyuan.web.portal.invitations import invite as make  # noqa: PLC0415 - only this command needs the web

    with _desk(home, public_url) as desk:
        link, identifier = make(
            desk, case, kind, name=name, days=days, actor=actor, owner=owner or name, role=role
        )
    out.result({"id": identifier, "link": link, "case": case, "kind": kind, "name": name, "days": days})
    out.say(f"邀请 {identifier}：{link}", f"invitation {identifier}: {link}")
    out.say(
        "链接只显示这一次，请另行送交对方", "the link is shown this once; hand it over by a way of your own"
    )


@portal.command(name="list")
@click.argument("case")
@home_option
@common
def list_(case: str, home: Path, out: Out) -> None:
    """列出邀请 | List the invitations to a case, ended ones too."""
    from qingyuan.web.portal.tickets import listed  # noqa: PLC0415 - only this command needs the web

    with _desk(home) as desk:
        now = desk.home.clock.now().timestamp()
        found = [
            {
                "id": one.id,
                "kind": one.kind,
                "name": one.record.get("name", ""),
                "created": int(one.created),
                "expires": int(one.expires),
                "open": one.expires > now,
            }
            for one in listed(desk, _KINDS, case=case)
        ]
    out.result(found)
    for row in found:
        state = ("有效", "open") if row["open"] else ("已结束", "ended")
        out.say(
            f"{row['id']} {row['kind']} {row['name']} {state[0]}",
            f"{row['id']} {row['kind']} {row['name']} {state[1]}",
        )


@portal.command()
@click.argument("case")
@click.argument("invitation")
@_BY
@home_option
@common
def withdraw(case: str, invitation: str, actor: str, home: Path, out: Out) -> None:
    """撤回邀请 | End an invitation at once; one that has ended, or is not there, changes nothing."""
    from qingyuan.web.portal.invitations import uninvite  # noqa: PLC0415 - only this command needs the web

    with _desk(home) as desk:
        ended = uninvite(desk, case, invitation, actor=actor)
    out.result({"id": invitation, "case": case, "withdrawn": ended})
    if ended:
        out.say(f"已撤回 {invitation}", f"withdrawn: {invitation}")
    else:
        out.say(
            f"没有有效的邀请 {invitation}，未改动", f"no invitation {invitation} is open; nothing changed"
        )
