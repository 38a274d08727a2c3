"""A Spark cluster of its own on this machine: a master and two workers, each a process, on loopback only."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyspark

from tests.docs.shell import ROOT

HOME = Path(pyspark.__file__).parent
#: What a machine that lives for seconds needs: no second compiler, no collector with threads of its own.
SHORT_LIVED = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


def environment(folder: Path) -> dict[str, str]:
    """Return what every process of the cluster sees."""
    return {
        **os.environ,
        **SHORT_LIVED,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "SPARK_DAEMON_MEMORY": "256m",
    }


@dataclass(slots=True)
class Cluster:
    """A running cluster.

    Attributes:
        url: Its address.
        folder: Its files.
        workers: The worker processes.
    """

    url: str
    folder: Path
    workers: list[subprocess.Popen[bytes]]

    def kill(self, number: int) -> None:
        """Kill a worker with its executor, with no chance to say goodbye."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)


def _start(folder: Path, name: str, *args: str) -> tuple[subprocess.Popen[bytes], Path]:
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(HOME / "bin" / "spark-class"), *args],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(folder),
            start_new_session=True,
        )
    return process, log


def _said(log: Path, what: str, seconds: float = 300) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = re.search(what, log.read_text("utf-8", "replace"))
        if found:
            return found[0]
        time.sleep(0.2)
    raise TimeoutError(log.read_text("utf-8", "replace")[-2000:])


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a master and two workers of one core each; all are gone afterwards."""
    processes = []
    place = "org.apache.spark.deploy"
    try:
        master, log = _start(
            folder,
            "master",
            f"{place}.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--webui-port",
            "0",
        )
        processes.append(master)
        url = _said(log, r"spark://127\.0\.0\.1:\d+")
        for number in range(2):
            worker, _ = _start(
                folder, f"worker{number}", f"{place}.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0",
                "--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{number}"), url,
            )  # fmt: skip
            processes.append(worker)
        for number in range(2):
            _said(folder / f"worker{number}.log", "Successfully registered with master")
        yield Cluster(url, folder, processes[1:])
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
