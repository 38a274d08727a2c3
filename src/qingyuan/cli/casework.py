"""``qingyuan lead|matter|case|measure``: acts on dockets; the cases room decides, this prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from qingyuan.cases import VERBS, Docket, Param, Verb, choice_lists, due_dates
from qingyuan.cases.timeline import timeline
from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._hearing import hearing
from qingyuan.cli._tasks import task_list
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument, act, case_events, list_records, load
from qingyuan.office.home import Home
from qingyuan.office.offers import asked, offers, options, verbs_of

_BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_LISTS = {"texts", "choices", "persons", "exhibits", "leads"}


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


def _run(
    home: Path,
    verb: str,
    target: str | None,
    words: tuple[str, ...],
    args_file: Path | None,
    actor: str,
    out: Out,
    expected: int | None = None,
) -> None:
    """Do one act and print what it made."""
    with Home.open(home) as office:
        known = verbs_of(office)
        given = _arguments(known.get(verb), words, args_file)
        stored = act(office, verb, target, given, actor=actor, expected=expected)
        office.publish()
        streams = [event.stream for event in stored]
        loaded = load(office, streams[0])
        out.result(
            {
                "events": [
                    {"index": e.index, "stream": e.stream, "n": e.n, "type": e.type, "payload": e.payload}
                    for e in stored
                ],
                "deadlines": _deadlines(office, loaded.docket),
            }
        )
        label = known[verb]
        for event in stored:
            out.say(
                f"{label.zh}：{event.stream} 第 {event.n} 号事件 {event.type}（账本序号 {event.index}）",
                f"{label.en}: {event.stream} event {event.n} {event.type} (log index {event.index})",
            )


def _arguments(verb: Verb | None, words: tuple[str, ...], args_file: Path | None) -> dict[str, Argument]:
    """Read ``name=value`` words and a JSON file; a repeated name makes a list; words replace the file's."""
    typed: dict[str, list[str]] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise QingyuanError(
                "cli.bad-word",
                zh=f"“{word}”不是 名称=值 的形式",
                en=f"{word!r} is not of the form name=value",
                where=word,
                remedy_zh="例如 on=2026-03-02；同名重复即为列表",
                remedy_en="for example on=2026-03-02; a name given twice makes a list",
            )
        typed.setdefault(name, []).append(value)
    given = _from_file(args_file) if args_file is not None else {}
    for name, values in typed.items():
        param = verb.param(name) if verb else None
        many = len(values) > 1 or (param is not None and param.type in _LISTS)
        given[name] = values if many else values[0]
    return given


def _from_file(path: Path) -> dict[str, Argument]:
    """Return the JSON object in a file of particulars."""
    try:
        read: dict[str, Argument] = msgspec.json.decode(path.read_bytes(), type=dict)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise QingyuanError(
            "cli.bad-args",
            zh=f"参数文件无法读取：{error}",
            en=f"the file of particulars cannot be read: {error}",
            where=str(path),
            remedy_zh="写成 JSON 对象",
            remedy_en="write a JSON object",
        ) from error
    return read


_WORDS = click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
_ARGS = click.option(
    "--args",
    "args_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="参数 JSON 文件 | JSON file of particulars",
)


def _shortcut(group: click.Group, name: str, verb: str, *, target: bool = True) -> None:
    """Give a verb a command of its own."""
    described = VERBS[verb]

    def run(
        home: Path,
        out: Out,
        words: tuple[str, ...],
        args_file: Path | None,
        actor: str,
        identifier: str | None = None,
    ) -> None:
        _run(home, verb, identifier, words, args_file, actor, out)

    command = common(run)
    command = _BY(_ARGS(home_option(_WORDS(command))))
    if target:
        command = click.argument("identifier")(command)
    group.command(name, help=_help(described))(command)


def _help(verb: Verb) -> str:
    lines = [f"{verb.zh} | {verb.en}", "", "* 必填 | required", "", "\b"]
    lines += [f"{_mark(param)}{param.name}={_hint(param)}  {param.zh} | {param.en}" for param in asked(verb)]
    return "\n".join(lines)


def _mark(param: Param) -> str:
    return "* " if param.required and not param.default else "  "


def _hint(param: Param) -> str:
    return "|".join(options(param)) or param.type.upper()


case.add_command(hearing)
case.add_command(task_list)
_shortcut(lead, "register", "lead-register", target=False)
_shortcut(lead, "assess", "lead-assess")
_shortcut(lead, "transfer", "lead-transfer")
_shortcut(lead, "decline", "lead-decline")
_shortcut(lead, "merge", "merge-lead")
_shortcut(lead, "unmerge", "unmerge-lead")
_shortcut(matter, "open", "matter-open")
_shortcut(matter, "join", "matter-join")
_shortcut(matter, "part", "matter-part")
_shortcut(matter, "merge", "matter-merge")
_shortcut(matter, "split", "matter-split")
_shortcut(case, "file", "case-file")
_shortcut(measure, "add", "add-measure")
_shortcut(measure, "start", "start-measure")
_shortcut(measure, "prove", "prove-measure")
_shortcut(measure, "verify", "verify-measure")
_shortcut(measure, "withdraw", "withdraw-measure")


@case.command("act")
@click.argument("verb")
@click.argument("identifier")
@_WORDS
@home_option
@_ARGS
@_BY
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
    _run(home, verb, identifier, words, args_file, actor, out, expected)


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
        out.say(_help(known[verb]).replace("\b\n", ""), _help(known[verb]).replace("\b\n", ""))
        return
    out.result([msgspec.to_builtins(v) for v in known.values()])
    out.table(
        out.t("办案事项", "Verbs"),
        [
            out.t("名称", "name"),
            out.t("事项", "act"),
            out.t("对象", "on"),
            out.t("参数（*必填）", "particulars (* required)"),
        ],
        [
            [
                v.name,
                out.t(v.zh, v.en),
                v.scope,
                "  ".join(f"{_mark(p).strip()}{p.name}" for p in asked(v)),
            ]
            for v in known.values()
        ],
    )


@case.command("next")
@click.argument("identifier")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="列出全部事项及其不能办理的原因 | also what this stage rules out",
)
@home_option
@_BY
@common
def next_acts(identifier: str, everything: bool, home: Path, actor: str, out: Out) -> None:
    """现在可以办什么、还缺什么 | What is possible now on a lead, matter or case, and what is missing."""
    with Home.open(home) as office:
        found = offers(office, load(office, identifier), identifier, actor=actor, everything=everything)
    out.result(
        [
            {
                "verb": o.verb.name,
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
            out.t("事项", "act"),
            out.t("能否办理", "possible"),
            out.t("缺少什么", "what is missing"),
        ],
        [
            [
                o.target,
                out.t(o.verb.zh, o.verb.en),
                out.t("可以", "yes") if o.refused is None else out.t("不可以", "no"),
                ""
                if o.refused is None
                else out.t("；", "; ").join(out.t(m.zh, m.en) for m in o.refused.missing),
            ]
            for o in found
        ],
    )


@case.command()
@click.argument("identifier", required=False)
@home_option
@common
def deadlines(identifier: str | None, home: Path, out: Out) -> None:
    """期限清单 | Open deadlines: what, by when, under which article, days left."""
    with Home.open(home) as office:
        dockets = [load(office, identifier)] if identifier else list_records(office, "M")
        rows = [row for loaded in dockets for row in _deadlines(office, loaded.docket)]
    out.result(rows)
    if not rows:
        out.say("没有未届满的期限", "no deadline is open")
        return
    out.table(
        out.t("期限", "Deadlines"),
        [
            out.t("案件", "case"),
            out.t("事项", "what"),
            out.t("届满", "due"),
            out.t("剩余天数", "days left"),
            out.t("确定", "firm"),
            out.t("依据", "article"),
        ],
        [
            [
                str(row["stream"]),
                str(row[out.t("zh", "en")]),
                str(row["due"]),
                str(row["days_left"]),
                out.t("确定", "firm") if row["firm"] else out.t("暂定", "provisional"),
                str(row["article"]),
            ]
            for row in rows
        ],
    )


def _deadlines(office: Home, docket: Docket) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for item in due_dates(docket, law=office.law, now=office.clock.now()):
        article = item.articles[0] if item.articles else None
        rows.append(
            {
                "stream": item.target,
                "what": item.key,
                "zh": item.zh,
                "en": item.en,
                "due": item.due.isoformat(),
                "due_at": item.due_at.isoformat() if item.due_at else None,
                "days_left": item.days_left,
                "firm": item.firm,
                "article": f"《{article.law}》{article.article}" if article else "",
                "steps": [{"zh": s.zh, "en": s.en} for s in item.deadline.steps] if item.deadline else [],
            }
        )
    return rows


def _show(home: Path, identifier: str, out: Out) -> None:
    with Home.open(home) as office:
        loaded = load(office, identifier)
        lines = timeline(case_events(loaded.events))
        due = _deadlines(office, loaded.docket)
    out.result(
        {
            "docket": msgspec.to_builtins(loaded.docket, str_keys=True, enc_hook=dict),
            "timeline": [
                {
                    "stream": line.stream,
                    "n": line.n,
                    "type": line.type,
                    "on": line.on.isoformat(),
                    "zh": line.zh,
                    "en": line.en,
                }
                for line in lines
            ],
            "deadlines": due,
        }
    )
    for line in lines:
        out.say(f"{line.on}  {line.stream}  {line.zh}", f"{line.on}  {line.stream}  {line.en}")
    for row in due:
        out.say(
            f"期限  {row['due']}  {row['stream']}  {row['zh']}（剩 {row['days_left']} 天）",
            f"due   {row['due']}  {row['stream']}  {row['en']} ({row['days_left']} days left)",
        )


for _group in (lead, matter, case):

    @_group.command("show")
    @click.argument("identifier")
    @home_option
    @common
    def show(identifier: str, home: Path, out: Out) -> None:
        """显示案卷与时间线 | Show the docket and its timeline."""
        _show(home, identifier, out)


@lead.command("list")
@home_option
@common
def list_leads(home: Path, out: Out) -> None:
    """线索清单 | List the leads."""
    with Home.open(home) as office:
        rows = [
            {"id": r.id, "title": r.registered.title, "stage": str(r.stage), "matter": r.matter}
            for loaded in list_records(office, "L")
            for r in loaded.docket.leads.values()
        ]
    _records(out, {str(row["id"]): row for row in rows}, out.t("线索", "Leads"), "lead-stage")


@matter.command("list")
@home_option
@common
def list_matters(home: Path, out: Out) -> None:
    """总案清单 | List the matters with their cases."""
    with Home.open(home) as office:
        rows: dict[str, dict[str, str]] = {}
        for loaded in list_records(office, "M"):
            docket = loaded.docket
            if docket.matter is None:
                continue
            rows[docket.matter.id] = {
                "id": docket.matter.id,
                "title": docket.matter.title,
                "stage": "",
                "matter": "",
            }
            for one in docket.cases.values():
                rows[one.id] = {
                    "id": one.id,
                    "title": "、".join(one.respondents),
                    "stage": str(one.stage),
                    "matter": docket.matter.id,
                }
    _records(out, rows, out.t("总案与案件", "Matters and cases"), "case-stage")


def _records(out: Out, rows: Mapping[str, Mapping[str, str]], title: str, stages: str) -> None:
    out.result(list(rows.values()))
    labels = choice_lists().get(stages, {})
    out.table(
        title,
        [out.t("编号", "id"), out.t("标题", "title"), out.t("阶段", "stage"), out.t("总案", "matter")],
        [
            [
                row["id"],
                row["title"],
                out.t(labels[row["stage"]].zh, labels[row["stage"]].en)
                if row["stage"] in labels
                else row["stage"],
                row["matter"],
            ]
            for row in rows.values()
        ],
    )
