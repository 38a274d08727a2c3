"""How long the command takes to start: nothing heavy may be imported before it is needed."""

from __future__ import annotations

import sys
from pathlib import Path

from bench._harness import Context, Row, in_turns, run_process


def command() -> list[str]:
    """Return the installed command, or the module when it is not installed beside the interpreter."""
    script = Path(sys.executable).with_name("qingyuan")
    return [str(script)] if script.exists() else [sys.executable, "-m", "qingyuan"]


def run(context: Context) -> list[Row]:
    """Compare ``qingyuan --version`` with an interpreter that does nothing."""
    times = in_turns(
        {
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
    ]
