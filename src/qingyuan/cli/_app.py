"""The frame of the command line: lazy commands, languages, JSON, errors.

Commands live in modules that are imported only when they run, so that ``qingyuan --version`` starts fast.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from qingyuan import __version__
from qingyuan.cli import _streams as streams
from qingyuan.cli._interrupts import Interrupts, StoppedError
from qingyuan.cli._known import known, unsaid, usage
from qingyuan.cli._streams import UnsaidError
from qingyuan.cli._visible import visible
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., object])

#: Command or group name → module below ``qingyuan.cli`` and attribute, one-line help.
_COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": (
        "demo",
        "demo",
        "以生成的材料走完全流程 | the reference matter, from raw material to a verified package",
    ),
    "intake": ("intake", "intake", "封存、扫描并登记为线索 | seal, scan and register as a lead"),
    "scan": ("scan", "scan", "只扫描个人信息，不留存 | scan for personal information, keep nothing"),
    "deidentify": ("deidentify", "deidentify", "去标识化，格式不变 | de-identify a file in its own format"),
    "anonymity": ("anonymity", "anonymity", "k-匿名检查 | k-anonymity and l-diversity of a table"),
    "sellers": (
        "sellers",
        "sellers",
        "商家聚类，每条关联写明理由 | clusters of sellers, each tie with its reason",
    ),
    "link": (
        "link",
        "link",
        "人员关联，每条关联写明理由 | who is who in tables, each link with its reason",
    ),
    "recheck": (
        "recheck",
        "recheck",
        "复查：已删除、已遮蔽、仍在、新增 | the same place later, compared by tokens",
    ),
    "reidentify": (
        "deidentify",
        "reidentify",
        "还原保形加密的号码 | reverse encrypted numbers, on the record",
    ),
    "spark": ("spark", "spark", "在 Spark 集群上扫描表 | scan tables on an Apache Spark cluster"),
    "seal": ("sealing", "seal", "将材料封存入案 | seal files into a lead or matter"),
    "capture": ("capture", "capture", "固定网页 | capture web pages as evidence"),
    "lead": ("casework", "lead", "线索 | leads"),
    "matter": ("casework", "matter", "总案 | matters"),
    "case": ("casework", "case", "案件 | cases: file, act, deadlines"),
    "measure": ("casework", "measure", "整改措施 | measures"),
    "document": ("documents", "document", "文书 | documents"),
    "package": ("evidence", "package", "制作证据包 | build an .evp evidence package"),
    "verify": ("evidence", "verify", "核验证据包 | verify an .evp evidence package"),
    "verifier": ("evidence", "verifier", "导出两个核验程序 | write both verifiers, to hand over"),
    "exhibit": ("evidence", "exhibit", "证据材料 | exhibits and their custody"),
    "ledger": ("ledger", "ledger", "账本 | the signed log"),
    "timestamp": ("timestamp", "timestamp", "可信时间戳 | trusted timestamps (RFC 3161)"),
    "key": ("key", "key", "密钥 | keys: roots, rotation, revocation, destruction"),
    "exchange": (
        "exchange",
        "exchange",
        "单位间签名交换 | signed bundles to and from other sites",
    ),
    "law": ("law", "law", "法律：期限、标准、管辖、职责 | law: periods, thresholds, jurisdiction, duties"),
    "report": ("report", "report", "报告：案卡、统计、白皮书、类案 | reports: cards, statistics, papers"),
    "office": ("office", "office", "本院设置与信任文件 | this office and its trust file"),
    "portal": ("portal", "portal", "协同门户的邀请 | invitations to the portal"),
    "backup": ("backup", "backup", "备份，服务可继续运行 | back a home up while it is served"),
    "restore": ("backup", "restore", "由备份恢复并核对 | make a home from a backup and check it"),
    "serve": ("serve", "serve", "工作台与协同门户 | the workbench and the portal"),
    "worker": ("serve", "worker", "办理任务的独立进程 | a process that works on jobs"),
    "party": ("party", "party", "单位与人员登记册 | the register of bodies and people"),
    "access": ("access", "access", "权限：谁可以做什么，依据哪条策略 | who may do what, by which policy"),
    "warm": ("scan", "warm", "预编译扫描内核 | compile the scanner ahead of use"),
}


class _Lazy(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"qingyuan.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        _explain_help(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in _COMMANDS.items()])


def _explain_help(command: click.Command) -> None:
    """Say in both languages what ``--help`` does, here and in every command below."""
    if command.add_help_option:
        command.add_help_option = False
        click.help_option("-h", "--help", help="显示用法 | show this message")(command)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _explain_help(below)


@click.command(cls=_Lazy, add_help_option=False)
@click.version_option(__version__, prog_name="qingyuan", help="显示版本 | show the version")
@click.help_option("-h", "--help", help="显示用法 | show this message")
def app() -> None:
    """Qingyuan 清源：互联网公益诉讼检察平台 | Internet public-interest litigation platform."""


#: Results above this size are printed on one line: nobody reads them, and indenting copies them.
_INDENTED_BYTES = 8 << 20


class Out:
    """Where a command says what it has to say.

    Attributes:
        lang: ``"zh"`` or ``"en"``.
        json: Whether to print one JSON object instead of words.
    """

    def __init__(self, lang: str, as_json: bool) -> None:
        """Choose language and form."""
        self.lang = lang
        self.json = as_json

    def t(self, zh: str, en: str) -> str:
        """Return the sentence in the chosen language."""
        return zh if self.lang == "zh" else en

    def say(self, zh: str, en: str) -> None:
        """Print a line, unless the output is JSON."""
        if not self.json:
            click.echo(visible(self.t(zh, en)))

    def note(self, zh: str, en: str) -> None:
        """Print a line of progress to standard error, unless the output is JSON."""
        if not self.json:
            click.echo(visible(self.t(zh, en)), err=True)

    def result(self, value: object) -> None:
        """Print the machine-readable result when the output is JSON; a very long one without indentation."""
        if not self.json:
            return
        import msgspec  # noqa: PLC0415 - only JSON needs it

        try:
            data = msgspec.json.encode(value, enc_hook=str)
        except UnicodeEncodeError:  # a name that is no UTF-8: its bytes are written as numbers
            plain = msgspec.to_builtins(value, enc_hook=str, str_keys=True)
            click.echo(visible(json.dumps(plain, ensure_ascii=False, indent=2)))
            return
        if len(data) < _INDENTED_BYTES:
            data = msgspec.json.format(data, indent=2)
        click.echo(visible(data.decode()))

    def console(self) -> Console:
        """Return a rich console for tables; wide when the output is not a terminal."""
        from rich.console import Console as RichConsole  # noqa: PLC0415 - only tables need it

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 132
        return RichConsole(width=width, highlight=False)

    def table(self, title: str, columns: list[str], rows: list[list[str]], *, first: int = 0) -> None:
        """Print a table, unless the output is JSON; columns whose cells are numbers align right.

        Args:
            title: Title.
            columns: Headings.
            rows: Cells.
            first: Least width of the first column.
        """
        if self.json:
            return
        from rich import box  # noqa: PLC0415 - only tables need it
        from rich.table import Table  # noqa: PLC0415

        table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
        for index, column in enumerate(columns):
            cells = [row[index] for row in rows]
            numeric = bool(cells) and all(_is_number(cell) for cell in cells if cell)
            table.add_column(
                column,
                justify="right" if numeric else "left",
                overflow="fold",
                min_width=first if index == 0 else None,
            )
        for row in rows:
            table.add_row(*[_escape(cell) for cell in row])
        self.console().print(table)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").replace("%", "").replace(
        "-", ""
    ).strip().isdigit() or cell in {"—", "-"}


def _escape(cell: str) -> str:
    from rich.markup import escape  # noqa: PLC0415 - only tables need it

    return escape(visible(cell))


def default_lang() -> str:
    """Return ``QINGYUAN_LANG`` if it is ``en`` or ``zh``, else Chinese."""
    lang = os.environ.get("QINGYUAN_LANG", "zh")
    return lang if lang in {"zh", "en"} else "zh"


def common(function: F) -> F:
    """Add ``--json`` and ``--lang`` and pass ``out: Out`` to the command."""

    @click.option("--json", "as_json", is_flag=True, help="机器可读输出 | machine-readable output")
    @click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="界面语言 | language")
    @click.pass_context
    def wrapper(
        ctx: click.Context, /, *args: object, as_json: bool, lang: str | None, **kwargs: object
    ) -> object:
        return ctx.invoke(function, *args, out=Out(lang or default_lang(), as_json), **kwargs)

    wrapper.__name__ = function.__name__
    wrapper.__doc__ = function.__doc__
    wrapper.__click_params__ = [  # type: ignore[attr-defined]
        *getattr(function, "__click_params__", []),
        *getattr(wrapper, "__click_params__", []),
    ]
    return wrapper  # type: ignore[return-value]


def home_option(function: F) -> F:
    """Add ``--home DIR``, by default ``QINGYUAN_HOME`` or ``~/qingyuan``."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="QINGYUAN_HOME",
        default=Path.home() / "qingyuan",
        show_default="QINGYUAN_HOME or ~/qingyuan",
        help="工作目录 | home folder of this office",
    )(function)


#: An act that the state of the log, of a key or of another log forbids: the command was right, and the answer is no.
_REFUSED = frozenset(
    {
        "evidence.key-destroyed",
        "evidence.key-retired",
        "ledger.diverged",
        "ledger.rolled-back",
        "office.exhibit-destroyed",
        "office.key-ended",
        "office.key-revoked",
        "office.log-key-revoked",
        "office.peer-forked",
        "office.peer-refused",
        "office.scope-destroyed",
        "office.stopped",
        "store.stopped",
    }
)


def fail(error: QingyuanError, argv: list[str]) -> NoReturn:
    """Print an error for a person, or as JSON when ``--json`` was asked for, and exit."""
    lang = _asked_lang(argv)
    if "--json" in argv:
        click.echo(visible(json.dumps({"error": error.as_dict()}, ensure_ascii=False, indent=2)))
    else:
        click.echo(visible(f"{'错误' if lang == 'zh' else 'error'}: {error.text(lang)}"), err=True)
    sys.exit(1 if error.code in _REFUSED else error.exit_code)


def _asked_lang(argv: list[str]) -> str:
    """Return the language asked for by the words of a command line that could not be run."""
    for at, word in enumerate(argv):
        name, sign, value = word.partition("=")
        if name == "--lang":
            wanted = value if sign else "".join(argv[at + 1 : at + 2])
            if wanted in {"zh", "en"}:
                return wanted
    return default_lang()


def _stopped(error: BaseException | None) -> NoReturn:
    """End as a process that a signal ended: 130 after Ctrl-C, 143 after SIGTERM; said by whoever hears Ctrl-C."""
    number = error.number if isinstance(error, StoppedError) else signal.SIGINT
    if signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        click.echo("已中断 | interrupted", err=True)
    sys.exit(128 + number)


def main() -> None:
    """Run the command line; every error that a user can act on is one clear line, by default exit code 2."""
    streams.take()
    argv = sys.argv[1:]
    with Interrupts():
        try:
            try:
                _run(argv)
            finally:
                streams.flush()
        except click.Abort as abort:
            _stopped(abort.__cause__)
        except KeyboardInterrupt as error:  # it came before the command ran, or after
            _stopped(error)
        except UnsaidError as error:
            streams.give_up()
            if error.reader_gone:
                sys.exit(streams.UNREAD)
            fail(unsaid(error), [word for word in argv if word != "--json"])


def _run(argv: list[str]) -> None:
    try:
        code = app.main(args=argv, prog_name="qingyuan", standalone_mode=False)
        if isinstance(code, int):  # what Context.exit was given comes back as the result
            sys.exit(code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        fail(usage(error), argv)
    except QingyuanError as error:
        fail(error, argv)
    except Exception as error:
        ours = known(error)
        if ours is None:
            raise
        fail(ours, argv)
