"""``qingyuan lead|matter|case|measure``: acts on dockets; the cases room decides, this prints."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from qingyuan.cases import VERBS, Verb, choice_label
from qingyuan.cli._acting import ARGS, BY, WORDS, help_of, mark, run_act, shortcut
from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._case_views import evidence, money
from qingyuan.cli._dockets import deadline_list, list_leads, list_matters, show_docket
from qingyuan.cli._hearing import hearing
from qingyuan.cli._tasks import task_list
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import load
from qingyuan.office.home import Home
from qingyuan.office.offers import asked, offers, verbs_of


@click.group()
def lead() -> None:
    """线索：登记、评估、移送 | Leads: register, assess, transfer."""


@click.group()
def matter() -> None:
    """总案：建立、查看、并入线索 | Matters: open, show, join leads."""


@click.group()
def case() -> None:
    """案件：立案、办理、期限 | Cases: file, act, deadlines."""


@click.group()
def measure() -> None:
    """整改措施：登记、证明、核验 | Measures: add, prove, verify."""


case.add_command(hearing)
case.add_command(task_list)
case.add_command(evidence)
case.add_command(money)
case.add_command(deadline_list)
lead.add_command(list_leads)
matter.add_command(list_matters)
shortcut(lead, "register", "lead-register", target=False)
shortcut(lead, "assess", "lead-assess")
shortcut(lead, "transfer", "lead-transfer")
shortcut(lead, "decline", "lead-decline")
shortcut(lead, "merge", "merge-lead")
shortcut(lead, "unmerge", "unmerge-lead")
shortcut(matter, "open", "matter-open")
shortcut(matter, "join", "matter-join")
shortcut(matter, "part", "matter-part")
shortcut(matter, "merge", "matter-merge")
shortcut(matter, "split", "matter-split")
shortcut(case, "file", "case-file")
shortcut(measure, "add", "add-measure")
shortcut(measure, "start", "start-measure")
shortcut(measure, "prove", "prove-measure")
shortcut(measure, "verify", "verify-measure")
shortcut(measure, "withdraw", "withdraw-measure")


@case.command("act")
@click.argument("verb")
@click.argument("identifier")
@WORDS
@home_option
@ARGS
@BY
@click.option(
    "--expected",
    type=int,
    help="所见最新事件的账本序号，之后有变化则不写入 | log index of the newest event you saw; refused if one came after",
)
@common
def act_command(
    verb: str,
    identifier: str,
    words: tuple[str, ...],
    home: Path,
    args_file: Path | None,
    actor: str,
    expected: int | None,
    out: Out,
) -> None:
    """办理一项事务 | Do one act: VERB on IDENTIFIER with NAME=VALUE particulars."""
    run_act(home, verb, identifier, words, args_file, actor, out, expected)


@case.command()
@click.argument("verb", required=False)
@click.option(
    "--home",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="连同该办公室的本地事项 | with the local acts of this office",
)
@common
def verbs(verb: str | None, home: Path | None, out: Out) -> None:
    """列出可办理的事项及其参数 | List the verbs and their particulars."""
    known = VERBS
    if home is not None:
        with Home.open(home) as office:
            known = verbs_of(office)
    if verb is not None and verb not in known:
        raise QingyuanError(
            "cli.no-such-verb",
            zh=f"没有名为“{verb}”的事项",
            en=f"there is no verb {verb!r}",
            where=verb,
            remedy_zh="用 qingyuan case verbs 查看全部事项",
            remedy_en="see qingyuan case verbs",
        )
    if verb is not None:
        out.result(msgspec.to_builtins(known[verb]))
        out.say(help_of(known[verb]).replace("\b\n", ""), help_of(known[verb]).replace("\b\n", ""))
        return
    out.result([msgspec.to_builtins(v) for v in known.values()])
    out.table(
        out.t("办案事项", "Verbs"),
        [
            out.t("类别", "group"),
            out.t("名称", "name"),
            out.t("事项", "act"),
            out.t("对象", "on"),
            out.t("参数（*必填）", "particulars (* required)"),
        ],
        [
            [
                _group_of(v, out),
                v.name,
                out.t(v.zh, v.en),
                v.scope,
                "  ".join(f"{mark(p).strip()}{p.name}" for p in asked(v)),
            ]
            for v in known.values()
        ],
    )


def _group_of(verb: Verb, out: Out) -> str:
    name = choice_label("verb-group", verb.group)
    return out.t(name.zh, name.en)


@case.command("next")
@click.argument("identifier")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="列出全部事项及其不能办理的原因 | also what this stage rules out",
)
@home_option
@BY
@common
def next_acts(identifier: str, everything: bool, home: Path, actor: str, out: Out) -> None:
    """现在可以办什么、还缺什么 | What is possible now on a lead, matter or case, and what is missing."""
    with Home.open(home) as office:
        found = offers(office, load(office, identifier), identifier, actor=actor, everything=everything)
    out.result(
        [
            {
                "verb": o.verb.name,
                "group": o.verb.group,
                "target": o.target,
                "possible": o.refused is None,
                "refused": o.refused.as_dict() if o.refused else None,
            }
            for o in found
        ]
    )
    out.table(
        out.t("可办事项", "Acts"),
        [
            out.t("对象", "on"),
            out.t("类别", "group"),
            out.t("事项", "act"),
            out.t("能否办理", "possible"),
            out.t("缺少什么", "what is missing"),
        ],
        [
            [
                o.target,
                _group_of(o.verb, out),
                out.t(o.verb.zh, o.verb.en),
                out.t("可以", "yes") if o.refused is None else out.t("不可以", "no"),
                ""
                if o.refused is None
                else out.t("；", "; ").join(out.t(m.zh, m.en) for m in o.refused.missing),
            ]
            for o in found
        ],
    )


for _group in (lead, matter, case):

    @_group.command("show")
    @click.argument("identifier")
    @home_option
    @common
    def show(identifier: str, home: Path, out: Out) -> None:
        """显示案卷与时间线 | Show the docket and its timeline."""
        show_docket(home, identifier, out)
