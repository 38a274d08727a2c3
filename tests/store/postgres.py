"""A throw-away PostgreSQL server in a temporary folder: its own cluster, a Unix socket, no port."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

_WAIT = 120.0


class Cluster:
    """A running server. It refuses to run as root, so root hands it to an account without rights."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
        self._user: str | None = None
        self._numbers = itertools.count(1)
        if os.geteuid() == 0:
            self._user = next(
                each.pw_name for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody")
            )
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._run(
            _binary("initdb"),
            "-D",
            data,
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        self.process = self._start()
        try:
            self._await()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        with (self._folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [
                    str(_binary("postgres")),
                    *("-D", str(self._folder / "data"), "-k", str(self._folder)),
                    *("-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "max_connections=60"),
                ],
                cwd=self._folder,
                user=self._user,
                group=self._group(),
                extra_groups=None if self._user is None else [],
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def _group(self) -> int | None:
        return None if self._user is None else pwd.getpwnam(self._user).pw_gid

    def _run(self, *arguments: object) -> None:
        done = subprocess.run(
            [str(each) for each in arguments],
            cwd=self._folder,
            user=self._user,
            group=self._group(),
            extra_groups=None if self._user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _await(self) -> None:
        until = time.monotonic() + _WAIT
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self._folder / "server.log").read_text()
                assert time.monotonic() < until, (self._folder / "server.log").read_text()
                time.sleep(0.05)
            else:
                return

    def _conninfo(self, name: str) -> str:
        return f"host={self._folder} user=test dbname={name}"

    def new_database(self) -> str:
        """Make room for a database and return its SQLAlchemy URL: a schema, which costs a hundredth of a database."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql+psycopg://test@/postgres?host={self._folder}&options=-csearch_path%3D{name}"

    def crash(self) -> None:
        """End the server as a power cut would, without a checkpoint, and start it again: it recovers from its log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(_WAIT)
        self.process = self._start()
        self._await()

    def kill(self) -> None:
        """Kill every process of the server at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_WAIT)

    def start(self) -> None:
        """Start the server again after :meth:`kill`; it recovers from its log."""
        self.process = self._start()
        self._await()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process.poll() is None:  # nothing of it is needed any more
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(_WAIT)
        shutil.rmtree(self._folder, ignore_errors=True)


def _binary(name: str) -> Path:
    found = shutil.which(name)
    places = [Path(found)] if found else sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not places:
        pytest.fail(f"no {name}: these tests need PostgreSQL itself; run `apt-get install postgresql`")
    return places[-1]
