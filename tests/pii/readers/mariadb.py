"""A throw-away MariaDB server in a temporary folder: its own data, a Unix socket, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql
import pytest

_WAIT = 60.0


class MariaDB:
    """A running server. It refuses to run as root, so root hands it to an account without rights."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="my-"))  # short: a socket's path has at most 107 bytes
        self._user: str | None = None
        if os.geteuid() == 0:
            self._user = next(each.pw_name for each in pwd.getpwall() if each.pw_name in ("mysql", "nobody"))
            shutil.chown(self._folder, self._user)
        (self._folder / "data").mkdir()
        if self._user is not None:
            shutil.chown(self._folder / "data", self._user, pwd.getpwnam(self._user).pw_gid)
        self.socket = str(self._folder / "s")
        made = subprocess.run(
            [
                str(_binary("mariadb-install-db", "mysql_install_db")),
                *("--no-defaults", f"--datadir={self._folder / 'data'}", "--skip-test-db"),
                *("--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"),
            ],
            cwd=self._folder,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
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
                    str(_binary("mariadbd", "mysqld")),
                    *("--no-defaults", f"--datadir={self._folder / 'data'}", f"--socket={self.socket}"),
                    *(
                        "--skip-networking",
                        "--innodb-buffer-pool-size=16M",
                        "--innodb-flush-log-at-trx-commit=1",
                    ),
                    f"--pid-file={self._folder / 'pid'}",
                ],
                cwd=self._folder,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def _await(self) -> None:
        until = time.monotonic() + _WAIT
        while True:
            try:
                # A bare socket first: a driver that is turned away leaves its own open.
                with socket.socket(socket.AF_UNIX) as bare:
                    bare.connect(self.socket)
                    bare.recv(1)
                self.connect().close()
            except OSError:
                assert self.process.poll() is None, (self._folder / "server.log").read_text()
                assert time.monotonic() < until, (self._folder / "server.log").read_text()
                time.sleep(0.05)
            else:
                return

    def connect(self, database: str | None = None) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """Return a connection of the administrator."""
        return pymysql.connect(unix_socket=self.socket, user="root", database=database, autocommit=True)

    def crash(self) -> None:
        """End the server as a power cut would and start it again: it recovers from its log."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(_WAIT)
        self.process = self._start()
        self._await()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process.poll() is None:  # nothing of it is needed any more
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(_WAIT)
        shutil.rmtree(self._folder, ignore_errors=True)


def _binary(*names: str) -> Path:
    for name in names:
        for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/usr/bin"):
            if (Path(folder) / name).is_file():
                return Path(folder) / name
    pytest.fail(f"no {names[0]}: these tests need MariaDB itself; run `apt-get install mariadb-server`")
