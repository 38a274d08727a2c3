"""Running the command line in this process, as the installed script does."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any, NamedTuple
from unittest import mock

from qingyuan.cli import main

#: What the clock shows in every test.
CLOCK = "2026-07-01T09:00:00+08:00"


class Done(NamedTuple):
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON value on standard output."""
        return json.loads(self.out)


def run(*words: object) -> Done:
    """Run ``qingyuan`` with ``words``; whatever it raises beside an exit is a failure of the test."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["qingyuan", *(str(word) for word in words)]
    code = 0
    with (
        mock.patch.object(sys, "argv", argv),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    return Done(code, out.getvalue(), err.getvalue())
