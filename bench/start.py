"""How long the command takes to start: nothing heavy may be imported before it is needed."""

from __future__ import annotations

import sys
from pathlib import Path

from bench._child import environment
from bench._harness import Context, Row, in_turns, run_process
from qingyuan.pii import compiling

#: A file as small as they come, with a number, a name, an address and a remark.
_SMALL = "姓名,手机号,地址,备注\n张三,13800138000,浙江省杭州市西湖区文三路1号,联系李四 139****9000\n"


def command() -> list[str]:
    """Return the installed command, or the module when it is not installed beside the interpreter."""
    script = Path(sys.executable).with_name("qingyuan")
    return [str(script)] if script.exists() else [sys.executable, "-m", "qingyuan"]


def run(context: Context) -> list[Row]:
    """Compare ``qingyuan --version`` with an interpreter that does nothing, and a scan with importing what it needs."""
    compiling.compile_all()
    small = context.folder / "small.csv"
    small.write_text(_SMALL, "utf-8")
    scan = [*command(), "scan", str(small), "--json"]
    env = environment(context.folder)
    run_process(scan, env=env)
    times = in_turns(
        {
            "scan": lambda: run_process(scan, env=env),
            "imports": lambda: run_process([sys.executable, "-c", "import numpy, pyarrow"]),
            "version": lambda: run_process([*command(), "--version"]),
            "help": lambda: run_process([*command(), "--help"]),
            "pass": lambda: run_process([sys.executable, "-c", "pass"]),
            "bare": lambda: run_process([sys.executable, "-I", "-S", "-c", "pass"]),
            "click": lambda: run_process([sys.executable, "-c", "import click"]),
        },
        context.pick(10, 3),
    )
    floor = "`python -c pass`"
    return [
        times.duration("start: `qingyuan --version`", "version", against=floor, peer="pass", unit="ms"),
        times.duration(
            "start: `qingyuan --version`",
            "version",
            against='`python -c "import click"`',
            peer="click",
            unit="ms",
        ),
        times.duration("start: `qingyuan --help`", "help", against=floor, peer="pass", unit="ms"),
        times.duration(
            "start: `python -c pass` itself",
            "pass",
            against="`python -I -S -c pass` (no site packages)",
            peer="bare",
            unit="ms",
        ),
        times.duration(
            "start: `qingyuan scan` of a file of one record, compiled before",
            "scan",
            against='`python -c "import numpy, pyarrow"`',
            peer="imports",
            unit="ms",
        ),
    ]
