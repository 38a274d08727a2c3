"""``qingyuan party``: offices, organs, courts, firms and the people who act for them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._law_words import read_day
from qingyuan.law import Level
from qingyuan.office.access import change_register, register_of
from qingyuan.office.access.directory import find, held
from qingyuan.office.home import Home
from qingyuan.parties import Body, Post, Registry, appoint, dismiss, end, kinds, register, roles
from qingyuan.store import StoredEvent

_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_ON = click.option("--on", "on", default=None, help="日期，默认当日 | day, today by default")
_KIND = click.Choice(
    ["procuratorate", "court", "internet-court", "organ", "firm", "volunteers", "evaluator", "panel"]
)


@click.group()
def party() -> None:
    """单位与人员登记册 | The register of bodies and people."""


@party.command()
@click.argument("identifier")
@click.argument("name")
@click.option("--kind", type=_KIND, required=True, help="类别 | kind of body")
@click.option(
    "--level", type=click.Choice([level.value for level in Level]), default=None, help="级别 | level"
)
@click.option("--division", default="", help="行政区划代码 | division code, six digits")
@click.option("--parent", default="", help="上级单位的标识 | identifier of the body above")
@click.option("--name-en", default="", help="英文名称 | English name")
@click.option("--since", default=None, help="成立日期 | first day")
@_BY
@home_option
@common
def add(
    identifier: str,
    name: str,
    kind: str,
    level: str | None,
    division: str,
    parent: str,
    name_en: str,
    since: str | None,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """登记单位或更正登记 | Enter a body, or correct its entry."""
    body = Body(
        id=identifier,
        kind=kind,
        name=name,
        name_en=name_en,
        level=None if level is None else Level(level),
        division=division,
        parent=parent,
        since=None if since is None else read_day(since, "--since"),
    )
    with Home.open(home) as opened:
        law = opened.law
        print_recorded(
            out, change_register(opened, lambda known: register(known, body, law=law), actor=actor)
        )


@party.command("end")
@click.argument("identifier")
@_ON
@_BY
@home_option
@common
def end_(identifier: str, on: str | None, actor: str, home: Path, out: Out) -> None:
    """登记单位撤销 | Record the last day of a body."""
    with Home.open(home) as opened:
        last = _day(opened, on)
        print_recorded(out, change_register(opened, lambda known: end(known, identifier, last), actor=actor))


@party.command("appoint")
@click.argument("person")
@click.argument("body")
@click.argument("role")
@click.option("--since", default=None, help="任职日期，默认当日 | first day, today by default")
@_BY
@home_option
@common
def appoint_(person: str, body: str, role: str, since: str | None, actor: str, home: Path, out: Out) -> None:
    """登记任职：人员编号、单位、角色 | Record an appointment: person, body, role."""
    with Home.open(home) as opened:
        first = _day(opened, since)
        print_recorded(
            out, change_register(opened, lambda known: appoint(known, person, body, role, first), actor=actor)
        )


@party.command("dismiss")
@click.argument("person")
@click.argument("body")
@click.argument("role")
@_ON
@_BY
@home_option
@common
def dismiss_(person: str, body: str, role: str, on: str | None, actor: str, home: Path, out: Out) -> None:
    """登记免职，日期为任职最后一日 | Record the last day of an appointment."""
    with Home.open(home) as opened:
        last = _day(opened, on)
        print_recorded(
            out, change_register(opened, lambda known: dismiss(known, person, body, role, last), actor=actor)
        )


@party.command("list")
@click.option("--kind", type=_KIND, default=None, help="只列一类 | one kind only")
@click.option("--people", is_flag=True, help="列人员任职 | list people and their posts")
@click.option("--under", default="", help="只列该单位及其下级 | this body and those below")
@click.option("--words", default="", help="名称、标识、区划中的词 | words in name, identifier, division")
@home_option
@common
def list_(kind: str | None, people: bool, under: str, words: str, home: Path, out: Out) -> None:
    """列出单位或人员 | List bodies, or people."""
    with Home.open(home) as opened, opened.database.read() as connection:
        registry = register_of(opened, connection)
    if people:
        _posts(out, tuple(held(registry, words=words, body=under)), registry)
        return
    bodies = find(registry, words=words, kind=kind or "", under=under, on=opened.clock.now().date())
    out.result(msgspec.to_builtins(bodies))
    out.table(
        out.t("单位", "Bodies"),
        [out.t("标识", "id"), out.t("类别", "kind"), out.t("名称", "name"), out.t("区划", "division"), out.t("上级", "above")],
        [
            [
                body.id,
                out.t(kinds()[body.kind].zh, kinds()[body.kind].en),
                body.name if out.lang == "zh" else body.name_en or body.name,
                body.division,
                body.parent,
            ]
            for body in bodies
        ],
    )  # fmt: skip


@party.command()
@click.argument("identifier")
@home_option
@common
def show(identifier: str, home: Path, out: Out) -> None:
    """显示单位（上级、下级、人员）或人员（任职） | A body with its line and people, or a person's posts."""
    with Home.open(home) as opened, opened.database.read() as connection:
        registry = register_of(opened, connection)
    if identifier not in registry.bodies and registry.posts_of(identifier):
        _posts(out, registry.posts_of(identifier), registry)
        return
    body = registry.body(identifier)
    line = registry.line(identifier)
    posts = [post for post in registry.posts if post.body == identifier]
    out.result(
        {
            **msgspec.to_builtins(body),
            "line": list(line),
            "below": list(registry.below(identifier)),
            "posts": msgspec.to_builtins(posts),
        }
    )
    out.say(
        f"{body.name}（{kinds()[body.kind].zh}）", f"{body.name_en or body.name} ({kinds()[body.kind].en})"
    )
    names = [registry.bodies[each].name if each in registry.bodies else each for each in line]
    out.say(f"上级：{' → '.join(names[1:]) or '无'}", f"above: {' → '.join(line[1:]) or 'none'}")
    out.say(f"下级：{len(registry.below(identifier))} 个", f"below: {len(registry.below(identifier))}")
    if not out.json and posts:
        _posts(out, tuple(posts), registry)


def _posts(out: Out, posts: tuple[Post, ...], registry: Registry) -> None:
    out.result(msgspec.to_builtins(posts))
    out.table(
        out.t("任职", "Posts"),
        [out.t("人员", "person"), out.t("单位", "body"), out.t("角色", "role"), out.t("起", "from"), out.t("止", "to")],
        [
            [
                post.person,
                registry.bodies[post.body].name if post.body in registry.bodies else post.body,
                out.t(roles()[post.role].zh, roles()[post.role].en),
                str(post.since),
                str(post.until or ""),
            ]
            for post in posts
        ],
    )  # fmt: skip


def print_recorded(out: Out, stored: list[StoredEvent]) -> None:
    """Print the events of an act."""
    out.result(
        {
            "events": [
                {"index": e.index, "stream": e.stream, "type": e.type, "payload": e.payload} for e in stored
            ]
        }
    )
    for event in stored:
        out.say(f"已记录 {event.type}（{event.index}）", f"recorded {event.type} ({event.index})")


def _day(home: Home, text: str | None) -> date:
    return home.clock.now().date() if text is None else read_day(text, "--on")
