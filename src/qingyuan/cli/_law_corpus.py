"""``qingyuan law text|cite-check``: full texts that the user supplies, and citations checked against them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from qingyuan.cli._app import Out, common
from qingyuan.cli._law_words import OVERLAY, day_or_today
from qingyuan.law import load
from qingyuan.office.lawtools import article_text, check_text, no_corpus

if TYPE_CHECKING:
    from qingyuan.law.corpus import Checked, Corpus

_CORPUS = click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    envvar="QINGYUAN_CORPUS",
    default=None,
    show_envvar=True,
    help="法规全文：文件夹、JSONL 或者数据库 | full texts: folder, JSON Lines or database",
)
_ON = click.option("--on", "on", default=None, help="行为日期 | day of the act")


@click.command()
@click.argument("title")
@click.argument("article")
@_CORPUS
@_ON
@OVERLAY
@common
def text(
    title: str, article: str, corpus: Path | None, on: str | None, overlay: Path | None, out: Out
) -> None:
    """在自备的全文库中查条文 | The text of an article in the corpus you supply."""
    found = article_text(_open(corpus), title, article, day_or_today(on), load(overlay))
    out.result(msgspec.to_builtins(found))
    if found.text:
        shown = f"{found.title}（{found.version or '?'}）"
        out.say(f"{shown}第{found.cited.article}条", f"{shown} art. {found.cited.article}")
        out.say(found.text, found.text)
    out.say(f"  {found.zh}", f"  {found.en}")


@click.command("cite-check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_CORPUS
@_ON
@OVERLAY
@common
def cite_check(file: Path, corpus: Path | None, on: str | None, overlay: Path | None, out: Out) -> None:
    """核对文书引用的条文（.docx .pdf .txt .md） | Check the citations of a document; exit code 1 when one is wrong, 3 when one cannot be told."""
    from qingyuan.office.plaintext import plain_text  # noqa: PLC0415 - only texts need it

    opened = _open(corpus)
    day = day_or_today(on)
    done = check_text(opened, plain_text(file), day, load(overlay))
    out.result(
        {
            "file": str(file),
            "on": day.isoformat(),
            "counts": done.counts,
            "citations": msgspec.to_builtins(done.rows),
            "skipped": msgspec.to_builtins(opened.skipped),
        }
    )
    _print(out, done.rows, opened)
    if done.verdict != "right":
        raise click.exceptions.Exit(1 if done.verdict == "wrong" else 3)


def _print(out: Out, found: tuple[Checked, ...], opened: Corpus) -> None:
    out.table(
        out.t(f"引用（{len(found)} 处）", f"Citations ({len(found)})"),
        [out.t("引用", "citation"), out.t("条", "article"), out.t("结论", "verdict"), out.t("说明", "why")],
        [[one.cited.title, _place(one), one.verdict, out.t(one.zh, one.en)] for one in found],
    )
    for one in opened.skipped[:10]:
        out.say(f"  未读：{one.file}：{one.zh}", f"  not read: {one.file}: {one.en}")


def _place(one: Checked) -> str:
    cited = one.cited
    paragraph = f".{cited.paragraph}" if cited.paragraph else ""
    item = f"[{cited.item}]" if cited.item else ""
    return f"{cited.article}{paragraph}{item}"


def _open(corpus: Path | None) -> Corpus:
    from qingyuan.law.corpus import open_corpus  # noqa: PLC0415 - only texts need it

    if corpus is None:
        raise no_corpus("--corpus")
    return open_corpus(corpus)


#: The commands of this module, for the group.
COMMANDS: tuple[click.Command, ...] = (text, cite_check)
