"""``qingyuan document``: instruments of a case, as .docx and PDF."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.documents import forms


@click.group()
def document() -> None:
    """文书 | Documents."""


@document.command("list")
@common
def list_forms(out: Out) -> None:
    """列出文书格式 | List the forms."""
    known = forms()
    out.result(
        [{"id": f.id, "name": f.name, "name_en": f.name_en, "verified": f.verified} for f in known.values()]
    )
    out.table(
        out.t("文书格式", "Forms"),
        [
            out.t("编号", "id"),
            out.t("名称", "name"),
            out.t("须有的事实", "facts it demands"),
            out.t("官方格式", "official form"),
        ],
        [
            [
                f.id,
                out.t(f.name, f.name_en),
                out.t("、".join(r.zh for r in f.requires), ", ".join(r.en for r in f.requires)),
                out.t("已核", "read") if f.verified else out.t("未核", "not read"),
            ]
            for f in known.values()
        ],
    )


@document.command()
@click.argument("form")
@click.argument("case")
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
    help="文号（由全国检察业务应用系统编制） | number given by the national case system",
)
@click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who makes it")
@home_option
@common
def make(
    form: str, case: str, output: Path | None, number: str | None, actor: str, home: Path, out: Out
) -> None:
    """制作文书 | Make FORM of CASE as .docx and PDF, and seal both."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - listing forms needs no home
    from qingyuan.office.paperwork import make_document  # noqa: PLC0415

    with Home.open(home) as office:
        made = make_document(office, form, case, output or home / "documents", number=number, actor=actor)
    out.result({**msgspec.to_builtins(made, enc_hook=str)})
    out.say(f"{made.name}（可编辑）：{made.docx}", f"{made.name}, editable: {made.docx}")
    out.say(f"{made.name}（送达本）：{made.pdf}", f"{made.name}, served copy: {made.pdf}")
    if not made.verified:
        out.say(
            "提示：官方文书格式未核，请对照后使用", "note: the official form was not read; compare before use"
        )
