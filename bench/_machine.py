"""What the figures were measured on, without the names of hosts, users or folders."""

from __future__ import annotations

import os
import platform
import sqlite3
import ssl
from datetime import date
from importlib import metadata
from pathlib import Path

_PACKAGES = ("numba", "numpy", "pyarrow", "cryptography", "sqlalchemy", "typst")


def describe(folder: Path, today: date) -> dict[str, str]:
    """Return the facts of this machine, in words.

    Args:
        folder: Where files are measured; only the kind of its file system is told.
        today: The day of the run.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    return {
        "date": today.isoformat(),
        "cpu": f"{_cores()} × {_model()}",
        "memory": _memory(),
        "file system": _file_system(folder),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"{ssl.OPENSSL_VERSION.split(' ')[0]} {ssl.OPENSSL_VERSION.split(' ')[1]}, SQLite {sqlite3.sqlite_version}",
        "packages": ", ".join(versions),
        "load before": "unknown" if load is None else f"{load:.1f} (processes wanting a core, last minute)",
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _model() -> str:
    for line in _lines("/proc/cpuinfo"):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"


def _memory() -> str:
    for line in _lines("/proc/meminfo"):
        key, _, value = line.partition(":")
        if key == "MemTotal":
            return f"{int(value.split()[0]) / 2**20:.0f} GiB"
    return "unknown"


def _file_system(folder: Path) -> str:
    """Return the kind of the file system that holds ``folder``: the longest mount point above it."""
    best, kind = -1, "unknown"
    inside = folder.resolve()
    for line in _lines("/proc/mounts"):
        fields = line.split()
        if len(fields) > 2 and inside.is_relative_to(fields[1]) and len(fields[1]) >= best:
            best, kind = len(fields[1]), fields[2]
    return kind
