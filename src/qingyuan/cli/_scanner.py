"""Compiling the scanner when a command needs it and it was not compiled yet."""

from __future__ import annotations

import time

import click

from qingyuan.cli._app import Out

_EVERY_SECONDS = 4.0


def compiled(out: Out) -> None:
    """Compile the scanner unless that was done before, saying so on standard error, since it takes a while."""
    from qingyuan.pii import compiling  # noqa: PLC0415 - heavy

    if compiling.complete():
        return
    next_at = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + _EVERY_SECONDS
            zh = f"首次使用，正在编译扫描内核：第 {done} 个，共 {total} 个"
            click.echo(out.t(zh, f"compiling for first use, {done} of {total}"), err=True)

    compiling.compile_all(say)
