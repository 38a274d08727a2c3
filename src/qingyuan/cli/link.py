"""``qingyuan link``: who is who in tables."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._scanner import compiled

#: People and ties printed.
_PRINTED = 10


@click.command()
@click.argument("material", nargs=-1, required=True)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="QINGYUAN_HOME",
    default=None,
    help="工作目录；MATERIAL 可为其证据材料编号 | home whose exhibits MATERIAL may name",
)
@common
def link(material: tuple[str, ...], home: Path | None, out: Out) -> int:
    """人员关联：表格中哪些记录是同一人，逐条说明理由 | Which records of tables are of one person, each link with its reason; nothing is kept or shown in clear."""
    from qingyuan.cli.scan import user_key  # noqa: PLC0415 - heavy
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.linking import people_in  # noqa: PLC0415 - heavy
    from qingyuan.office.rechecking import material as told  # noqa: PLC0415 - heavy
    from qingyuan.pii.linking import REASONS  # noqa: PLC0415 - heavy

    compiled(out)
    with ExitStack() as stack:
        opened = stack.enter_context(Home.open(home)) if home is not None else None
        key = user_key() if opened is None else opened.scope_key("tokens").key
        seen = people_in(told(material, opened), key, opened)
    found = seen.found
    unread = [
        {"path": u.path, "member": u.member, "code": u.code, "reason": u.zh, "reason_en": u.en}
        for u in seen.unread
    ]
    out.result({**msgspec.to_builtins(found), "files": seen.files, "unread": unread})
    out.say(
        f"{found.tables} 个表，{found.mentions:,} 次提及，归为 {found.persons:,} 组，其中 {found.joined:,} 组有多次提及"
        "（同组为同一人；无法确认的提及各自成组，实际人数通常较少）",
        f"{found.tables} tables, {found.mentions:,} mentions in {found.persons:,} groups, {found.joined:,} of them with several"
        " (a group is one person; a mention that cannot be tied stands alone, so there are usually fewer people)",
    )
    for reason, times in found.reasons.items():
        zh, en = REASONS[reason]
        out.say(f"  {zh}：{times:,}", f"  {en}: {times:,}")
    for number, person in enumerate(found.people[:_PRINTED], 1):
        out.say(f"第 {number} 组：{person.mentions} 次提及", f"group {number}: {person.mentions} mentions")
        for mention in person.shown[:_PRINTED]:
            line = f"  {mention.place} {' '.join(mention.shown.values())}"
            out.say(line, line)
        for tie in person.ties[:_PRINTED]:
            out.say(f"    {tie.one} — {tie.other}：{tie.zh}", f"    {tie.one} — {tie.other}: {tie.en}")
    out.say(
        f"未能关联：仅有姓名的提及 {found.bare:,} 次，可能相符但依据不足的 {found.compatible:,} 次，自由文本 {found.texts} 份",
        f"not linked: {found.bare:,} mentions of a name alone, {found.compatible:,} that may fit with too little to say so, {found.texts} free texts",
    )
    if found.left_out:
        out.say("提及过多，其余未比对", "there are more mentions; the rest was not compared")
    for one in seen.unread:
        out.say(f"未读：{one.path} {one.zh}", f"not read: {one.path} {one.en}")
    out.say(found.method_zh, found.method_en)
    return 0 if found.tables else 3
