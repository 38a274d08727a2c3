"""Several server processes on one socket, and one for jobs: started, watched, started again, ended together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from qingyuan.office.stopping import told_to_stop

_LOOK = 0.5
_GRACE = 30.0


def supervise(
    home: Path,
    listening: socket.socket,
    given: Sequence[str],
    servers: int,
    *,
    jobs: Sequence[str] | None,
    seconds: float | None,
) -> None:
    """Run server processes, and one that works on jobs, until this process is told to stop.

    A process that dies is started again; figures of all of them are told by whichever is asked. Ctrl-C, which a terminal sends to
    all of them, is for this one to hear: theirs is blocked.

    Args:
        home: The home.
        listening: The socket that all of them take requests from.
        given: Options for each server.
        servers: How many.
        jobs: Options of the process that works on jobs; ``None`` for no such process.
        seconds: End by itself after so long.
    """
    program = (sys.executable, "-m", "qingyuan")
    fd = str(listening.fileno())
    commands = [(*program, "serve", "--home", str(home), "--fd", fd, "--no-jobs", "--json", *given)] * servers
    if jobs is not None:
        commands.append((*program, "worker", "--home", str(home), *jobs))
    with told_to_stop() as ended, tempfile.TemporaryDirectory(prefix="qingyuan-figures-") as figures:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": figures}

        def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                return subprocess.Popen(  # noqa: S603 - this program itself, with options that were checked
                    command, pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL, env=environment
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

        running = [begin(command) for command in commands]
        left = seconds
        while not ended.wait(_LOOK) and (left is None or left > 0):
            left = None if left is None else left - _LOOK
            running = [
                one if one.poll() is None else begin(command)
                for one, command in zip(running, commands, strict=True)
            ]
        for one in running:
            one.terminate()
        for one in running:
            try:
                one.wait(_GRACE)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
