"""The server as people start it, for benchmarks that ask it over the loopback."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench._harness import SkippedError


@contextlib.contextmanager
def started(path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the server of a home on a free port, and stop it; yield process and port."""
    command = [sys.executable, "-m", "qingyuan", "serve", "--home", str(path), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            told = b""
            while not told.endswith(b"}\n"):
                line = process.stdout.readline()
                if not line:
                    raise SkippedError("the server did not start")
                told += line
            yield process, int(str(json.loads(told)["url"]).rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(timeout=30)
