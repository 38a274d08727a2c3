"""Processes of the program that need not load it: forked from one that has loaded it and has done nothing since.

Loading takes longer than most of what tests have the program do. A process that :func:`start` gives is one by itself in every
other way: its own number, parent, session, environment, signals and descriptors, and ``kill -9`` ends it at any moment.
``python -m qingyuan`` itself is what the tests of the wheel and of memory start.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import io
import itertools
import json
import multiprocessing.util
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).parents[1]
#: What a process finds loaded. Loading these opens nothing, starts nothing and asks for no environment.
LOADED = (
    "qingyuan.cli.backup",
    "qingyuan.cli.evidence",
    "qingyuan.cli.exchange",
    "qingyuan.cli.intake",
    "qingyuan.cli.ledger",
    "qingyuan.cli.office",
    "qingyuan.cli.serve",
    "qingyuan.office.scanning",
    "qingyuan.pii.engine",
    "qingyuan.pii.readers",
    "qingyuan.web",
    "pyarrow.parquet",
    "uvicorn",
)
_LONGEST = 1 << 20


class Process:
    """A started process, used as :class:`subprocess.Popen` is; its standard output is text.

    Attributes:
        pid: Its number.
        stdout: What it says, when that is a pipe.
        stderr: The same of standard error.
    """

    def __init__(
        self, words: Sequence[object], end: socket.socket, pid: int, pipes: dict[str, IO[str]]
    ) -> None:
        """Keep what was started; see :func:`start`."""
        self.args = [str(word) for word in words]
        self.pid = pid
        self.stdout = pipes.get("stdout")
        self.stderr = pipes.get("stderr")
        self.returncode: int | None = None
        self._end = end

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pipes and wait."""
        for pipe in (self.stdout, self.stderr):
            if pipe:
                pipe.close()
        self.wait()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or ``None`` while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, at most so many seconds.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        if self.returncode is None:
            self._end.settimeout(timeout or (None if timeout is None else 1e-6))
            try:
                said = self._end.recv(64)
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from error
            self._end.close()
            assert said, "the nursery died"
            self.returncode = int(said)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return what it said until its end.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        said = {"stdout": "", "stderr": ""}

        def read(name: str, pipe: IO[str]) -> None:
            said[name] = pipe.read()
            pipe.close()

        readers = [
            threading.Thread(target=read, args=(name, pipe), daemon=True)
            for name, pipe in (("stdout", self.stdout), ("stderr", self.stderr))
            if pipe and not pipe.closed
        ]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
        return said["stdout"], said["stderr"]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def start(
    *words: object,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    env: Mapping[str, str] | None = None,
    start_new_session: bool = False,
    script: Path | None = None,
) -> Process:
    """Start ``qingyuan``, or a script, with ``words``; the rest means what it means to :class:`subprocess.Popen`."""
    with contextlib.ExitStack() as stack:
        given: list[int] = []
        pipes: dict[str, IO[str]] = {}
        for number, name, wanted in ((1, "stdout", stdout), (2, "stderr", stderr)):
            if wanted == subprocess.PIPE:
                ours, theirs = os.pipe()
                stack.callback(os.close, theirs)
                pipes[name] = os.fdopen(ours, encoding="utf-8")
                given.append(theirs)
            elif wanted == subprocess.DEVNULL:
                given.append(stack.enter_context(Path(os.devnull).open("wb")).fileno())
            elif isinstance(wanted, int):
                given.append(wanted)
            else:
                given.append(number if wanted is None else wanted.fileno())
        end, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(far)
        asked: dict[str, Any] = {
            "argv": [str(script or "qingyuan"), *map(str, words)],
            "script": str(script) if script else None,
            "env": dict(os.environ if env is None else env),
            "cwd": str(Path.cwd()),
            "session": start_new_session,
        }
        with _LOCK:
            _nursery().send(asked, [far.fileno(), *given])
    said = end.recv(64)
    assert said, "the nursery died"
    return Process(asked["argv"], end, int(said), pipes)


def run(
    *words: object, timeout: float = 600, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``qingyuan`` with ``words`` in a process of its own and return what it said.

    Raises:
        subprocess.TimeoutExpired: It still runs; it is ended.
    """
    process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    try:
        out, err = process.communicate(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.wait(), out, err)


_LOCK = threading.Lock()


class _Nursery:
    """The process that others are forked from; it ends with the one that started it."""

    def __init__(self) -> None:
        self._channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(far.fileno())], cwd=ROOT, pass_fds=[far.fileno()]
            )
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST)
        atexit.register(self.end)

    @property
    def descriptor(self) -> int:
        return self._channel.fileno()

    def send(self, asked: dict[str, object], descriptors: list[int]) -> None:
        socket.send_fds(self._channel, [json.dumps(asked).encode()], descriptors)

    def end(self) -> None:
        self._channel.close()
        self._process.wait()


#: A program that has the nursery do what it is called with, when it inherits the descriptor that the environment names.
CLIENT = """\
import json, os, socket, sys
channel = socket.socket(fileno=int(os.environ["QINGYUAN_TEST_NURSERY"]))
end, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked = {"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "session": False, "script": None}
socket.send_fds(channel, [json.dumps(asked).encode()], [far.fileno(), 1, 2])
far.close()
end.recv(64)
code = int(end.recv(64))
os._exit(code if code >= 0 else 128 - code)
"""


def channel() -> int:
    """Return the descriptor that a process needs to inherit in order to run :data:`CLIENT`."""
    return _nursery().descriptor


@functools.cache
def _nursery() -> _Nursery:
    return _Nursery()


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; return it in the process that is to do it, and nothing at the end."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, _LONGEST, 3)
        if not data:
            return None
        keeper = os.fork()
        if not keeper:
            channel.close()
            return _kept(json.loads(data), descriptors)
        for one in descriptors:
            os.close(one)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _kept(asked: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    """Fork the process, say its number and how it ended; return in the process itself."""
    end, *outputs = descriptors
    child = os.fork()
    if child:
        for one in outputs:
            os.close(one)
        with contextlib.suppress(OSError):  # nobody may be left to listen
            os.write(end, str(child).encode())
            os.write(end, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    os.close(end)
    if asked["session"]:
        os.setsid()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a check that runs in the background has it ignored
    for number, one in enumerate(outputs, 1):
        os.dup2(one, number)
        os.close(one)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    return asked


def _spawned(
    path: bytes, args: Sequence[str | bytes], passed: Sequence[int], *, real: Callable[..., int]
) -> int:
    """Fork what :mod:`multiprocessing` would start as an interpreter of its own: the server that its workers are forked from."""
    words = [os.fsdecode(arg) for arg in args]
    if threading.active_count() > 1 or words[-2] != "-c":
        return real(path, args, passed)
    child = os.fork()
    if child:
        return child
    try:
        kept = sorted({0, 1, 2, *passed})
        for low, high in itertools.pairwise([*kept, os.sysconf("SC_OPEN_MAX")]):
            os.closerange(low + 1, high)
        exec(words[-1], {"__name__": "__main__"})  # what multiprocessing wrote
    finally:
        os._exit(0)


def _load() -> None:
    """Load the program and its compiled scanner."""
    for name in LOADED:
        importlib.import_module(name)
    from qingyuan.pii import engine, readers

    with io.BytesIO("姓名,电话\n张三,13800000001\n".encode()) as table:
        engine.scan(readers.read(table, "a.csv"), bytes(32), "a.csv")
    gc.collect()
    gc.freeze()


def _main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    _load()
    asked = _serve(channel)
    if asked is not None:
        multiprocessing.util.spawnv_passfds = functools.partial(
            _spawned, real=multiprocessing.util.spawnv_passfds
        )
        sys.argv = asked["argv"]
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(n, "w", closefd=False), encoding="utf-8") for n in (1, 2)
        )
        if script := asked["script"]:
            runpy.run_path(script, run_name="__main__")
        else:
            runpy.run_module("qingyuan", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
