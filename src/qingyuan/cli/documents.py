"""``qingyuan document``: instruments of leads and cases, as .docx and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._words import named
from qingyuan.documents import Form, forms

if TYPE_CHECKING:
    from qingyuan.office.paperwork import FormOffer

_STATES = {
    "made": ("已制作", "made"),
    "due": ("应制作", "due"),
    "possible": ("可制作", "possible"),
    "refused": ("暂不能", "not yet"),
}
_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")


@click.group()
def document() -> None:
    """文书 | Documents."""


@document.command("list")
@click.argument("target", required=False)
@_BY
@home_option
@common
def list_forms(target: str | None, actor: str, home: Path, out: Out) -> None:
    """列出文书格式；给出线索或案件编号时，说明可制作、应制作和不能制作的原因 | List the forms, or what TARGET can have."""
    if target is None:
        _catalogue(home, out)
        return
    from qingyuan.office.home import Home  # noqa: PLC0415 - listing forms needs no home
    from qingyuan.office.paperwork import offers_of  # noqa: PLC0415

    with Home.open(home) as office:
        offers = offers_of(office, target, actor=actor)
    out.result([_offer(offer) for offer in offers])
    out.table(
        out.t(f"{target} 的文书", f"Documents of {target}"),
        [out.t("状态", "state"), out.t("编号", "id"), out.t("名称", "name"), out.t("原因和依据", "why and article")],
        [
            [
                out.t(*_STATES[offer.state]),
                offer.form.id,
                out.t(offer.form.name, offer.form.name_en),
                out.t(_why(offer)[0], _why(offer)[1]),
            ]
            for offer in sorted(offers, key=lambda one: [*_STATES].index(one.state))
        ],
    )  # fmt: skip


def _catalogue(home: Path, out: Out) -> None:
    overlay = home / "forms" if (home / "forms").is_dir() else None
    known = forms(overlay)
    out.result([_form(form) for form in known.values()])
    out.table(
        out.t(f"文书格式（{len(known)} 种）", f"Forms ({len(known)})"),
        [
            out.t("编号", "id"),
            out.t("名称", "name"),
            out.t("办案事项", "acts"),
            out.t("须有的事实", "facts it demands"),
            out.t("官方格式", "official form"),
        ],
        [
            [
                form.id,
                out.t(form.name, form.name_en),
                ", ".join(form.act.verbs) if form.act else "—",
                out.t("、".join(r.zh for r in form.requires), ", ".join(r.en for r in form.requires)),
                out.t("已核", "read") if form.verified else out.t("未核", "not read"),
            ]
            for form in known.values()
        ],
    )


def _form(form: Form) -> dict[str, object]:
    return {
        "id": form.id,
        "name": form.name,
        "name_en": form.name_en,
        "scope": form.scope,
        "track": form.track,
        "verbs": form.act.verbs if form.act else (),
        "rules": form.rules,
        "requires": [msgspec.to_builtins(need) for need in form.requires],
        "fields": [{"name": f.name, "zh": f.zh, "en": f.en, "from": f.source} for f in form.fields],
        "verified": form.verified,
    }


def _offer(offer: FormOffer) -> dict[str, object]:
    refused = offer.refused
    return {
        "id": offer.form.id,
        "name": offer.form.name,
        "name_en": offer.form.name_en,
        "state": offer.state,
        "about": offer.about,
        "verbs": offer.form.act.verbs if offer.form.act else (),
        "verified": offer.form.verified,
        "missing": [{"zh": m.zh, "en": m.en} for m in refused.missing] if refused else [],
        "articles": [
            {"rule": c.rule, "law": c.law, "article": c.article, "verified": c.verified}
            for c in (refused.citations if refused else ())
        ],
    }


def _why(offer: FormOffer) -> tuple[str, str]:
    if offer.refused is None:
        return "", ""
    cited = offer.refused.citations[:2]
    zh = "；".join(m.zh for m in offer.refused.missing)
    en = "; ".join(m.en for m in offer.refused.missing)
    return (
        zh + "".join(f"（{c.zh}）" for c in cited),
        en + "".join(f" ({c.en})" for c in cited),
    )


@document.command()
@click.argument("form")
@click.argument("target")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="输出目录 | folder for the files",
)
@click.option(
    "--number",
    default=None,
    help="文号（由全国检察业务应用系统编制，先登记再制作） | number given by the national case system, recorded first",
)
@click.option(
    "--event",
    "about",
    type=int,
    default=None,
    help="所记录事件的账本序号 | log index of the event it records",
)
@click.option("--redacted", is_flag=True, help="制作公开版（脱敏） | make the copy for the public")
@_BY
@home_option
@common
def make(
    form: str,
    target: str,
    words: tuple[str, ...],
    output: Path | None,
    number: str | None,
    about: int | None,
    redacted: bool,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """制作文书 | Make FORM of a lead or case as .docx and PDF, and seal both; NAME=VALUE states what the docket does not."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - listing forms needs no home
    from qingyuan.office.paperwork import make_document  # noqa: PLC0415

    with Home.open(home) as office:
        made = make_document(
            office,
            form,
            target,
            output or home / "documents",
            number=number,
            given=_stated(words),
            about=about,
            redacted=redacted,
            actor=actor,
        )
    out.result({**msgspec.to_builtins(made, enc_hook=str)})
    out.say(f"{made.name}（可编辑）：{made.docx}", f"{made.name}, editable: {made.docx}")
    out.say(f"{made.name}（送达本）：{made.pdf}", f"{made.name}, served copy: {made.pdf}")
    if made.missing:
        out.say(
            "待填：" + "、".join(f"{blank.name}（{blank.zh}）" for blank in made.missing),
            "blanks: " + ", ".join(f"{blank.name} ({blank.en})" for blank in made.missing),
        )
    if not made.verified:
        out.say(
            "提示：官方文书格式未核，请对照后使用", "note: the official form was not read; compare before use"
        )


def _stated(words: tuple[str, ...]) -> dict[str, str]:
    """Read ``name=value`` words; a repeated name makes several paragraphs."""
    stated: dict[str, str] = {}
    for name, value in named(words, remedy_zh="例如 place=本院听证室", remedy_en="for example place=Room 1"):
        stated[name] = f"{stated[name]}\n{value}" if name in stated else value
    return stated


@document.command()
@click.argument("form")
@click.argument("target")
@click.argument("text", metavar="NUMBER")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), default=None, help="编制日期 | day it was issued")
@_BY
@home_option
@common
def number(form: str, target: str, text: str, on: object, actor: str, home: Path, out: Out) -> None:
    """登记文号（由全国检察业务应用系统编制） | Record the NUMBER that the national case system gave to FORM of TARGET."""
    from datetime import datetime  # noqa: PLC0415 - only for the option

    from qingyuan.office.home import Home  # noqa: PLC0415 - listing forms needs no home
    from qingyuan.office.paperwork import record_number  # noqa: PLC0415

    day = on.date() if isinstance(on, datetime) else None
    with Home.open(home) as office:
        event = record_number(office, form, target, text, on=day, actor=actor)
        office.publish()
    out.result(
        {
            "index": event.index,
            "stream": event.stream,
            "n": event.n,
            "type": event.type,
            "payload": event.payload,
        }
    )
    out.say(
        f"已登记文号：{event.payload['number']}（账本序号 {event.index}）",
        f"number recorded: {event.payload['number']} (log index {event.index})",
    )
