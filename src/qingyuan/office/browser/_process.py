"""The browser's process and its profile folder: started fresh, ended whole.

The browser leads a process group of its own, so that ending the group ends everything it started.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from qingyuan.office.browser._folders import TemporaryFolder
from qingyuan.office.browser.errors import no_browser

#: Descriptors below this number may be those that the browser wants (3 and 4).
_HIGH = 10
_POLL = 0.01
_END_SECONDS = 5.0


class Process:
    """A browser process with a fresh profile.

    Args:
        executable: Program file.
        flags: Its arguments; ``--user-data-dir`` is added.

    Attributes:
        pid: Process number, which is also that of the group.
        folder: Folder of its own; holds ``profile`` and what it wrote to standard error.
        command: Its whole command line.
        answers: Descriptor to read messages from; the taker owns it.
        commands: Descriptor to write messages to; the taker owns it.
        profile_before: Names that were in the profile folder before the start: none.

    Raises:
        BrowserError: ``browser.not-found``: it cannot be started.
    """

    def __init__(self, executable: Path, flags: Sequence[str]) -> None:
        """Start it."""
        self._temporary = TemporaryFolder("browser")
        self.folder = self._temporary.path
        profile = self.folder / "profile"
        profile.mkdir()
        self.profile_before = tuple(sorted(entry.name for entry in profile.iterdir()))
        self.command = (str(executable), f"--user-data-dir={profile}", *flags)
        try:
            self.pid, self.answers, self.commands = _spawn(self.command, self.folder)
        except OSError as error:
            self._temporary.remove()
            raise no_browser(str(executable)) from error
        self._ended = False

    def end(self) -> None:
        """End the whole process group and remove the folder; may be called twice."""
        if self._ended:
            return
        self._ended = True
        _end_group(self.pid)
        _end_strays(self.folder)
        self._temporary.remove()

    def said(self) -> str:
        """Return the end of what the browser wrote to standard error."""
        try:
            data = (self.folder / "stderr").read_bytes()
        except OSError:
            return ""
        return data[-2000:].decode("utf-8", "replace").strip()


def _spawn(command: tuple[str, ...], folder: Path) -> tuple[int, int, int]:
    """Start the browser with messages on descriptors 3 and 4; return its number and our two ends."""
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        commands_out, commands_in = (_high(fd) for fd in os.pipe())
        theirs.callback(os.close, commands_out)
        ours.callback(os.close, commands_in)
        answers_out, answers_in = (_high(fd) for fd in os.pipe())
        ours.callback(os.close, answers_out)
        theirs.callback(os.close, answers_in)
        environment = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        } | {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
            "TMPDIR": str(folder),
        }
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (
                    os.POSIX_SPAWN_OPEN,
                    2,
                    str(folder / "stderr"),
                    os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                    0o600,
                ),
                (os.POSIX_SPAWN_DUP2, commands_out, 3),
                (os.POSIX_SPAWN_DUP2, answers_in, 4),
            ],
            setpgroup=0,
            setsigdef=[signal.SIGPIPE, signal.SIGINT],
        )
        ours.pop_all()
        return pid, answers_out, commands_in


def _high(descriptor: int) -> int:
    """Move a descriptor out of the way of those that the browser wants."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(descriptor)
    return moved


def _end_group(group: int) -> None:
    """Kill a process group and wait until none of it runs."""
    deadline = time.monotonic() + _END_SECONDS
    reaped = False
    while time.monotonic() < deadline:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        if not reaped:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(group, 0)
            reaped = True
        if not _runs(group):
            return
        time.sleep(_POLL)


def _runs(group: int) -> bool:
    """Return whether a process of the group runs; one that only waits to be collected does not."""
    if not Path("/proc/self/stat").exists():
        return True
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, number = stat.read_bytes().rpartition(b") ")[2].split()[:3]
        except OSError:  # gone meanwhile
            continue
        if int(number) == group and state not in {b"Z", b"X"}:
            return True
    return False


def _end_strays(folder: Path) -> None:
    """Kill what the browser started outside its group (its crash reporter): its home is our folder."""
    mark = f"HOME={folder}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            ours = mark in environment.read_bytes().split(b"\0")
        except OSError:  # of another user, or gone
            continue
        if ours:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(environment.parent.name), signal.SIGKILL)
