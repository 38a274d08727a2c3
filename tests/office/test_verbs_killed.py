"""kill -9 during any verb: its event is there whole, with its log entries and register rows, or not at all.

A run takes a sample; ``QINGYUAN_KILL=all`` (``make kills``) takes every verb that a story or scenario tells.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.store.postgres import Cluster

pytestmark = pytest.mark.slow

_ALL = os.environ.get("QINGYUAN_KILL") == "all"
_SEED = os.environ.get("QINGYUAN_SEED", "20261122")


def _killed(folder: Path, count: int, urls: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.killing", str(folder), _SEED, str(count), *urls],
        capture_output=True, text=True, timeout=3_600, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _hold(found: list[dict[str, Any]], count: int) -> None:
    assert len({one["verb"] for one in found}) >= count
    assert any(
        one["point"] and one["logged"] == one["before"] for one in found
    )  # some died before the commit
    for one in found:
        assert one["killed"], one
        assert one["problems"] == [], one  # the log, its twin, the blobs and the register agree with the fold
        assert one["events"] == one["logged"], one
        if not one["point"]:
            assert one["logged"] > one["before"], one  # what was not there could be done afterwards
    for verb in {one["verb"] for one in found}:
        sizes = {one["logged"] for one in found if one["verb"] == verb}
        assert len(sizes) <= 2, (verb, sizes)  # nothing, or all of it


def test_a_verb_killed_on_sqlite_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    count = 0 if _ALL else 8
    _hold(_killed(tmp_path, count, []), count or 90)


def test_a_verb_killed_on_postgresql_is_there_whole_or_not_at_all(tmp_path: Path, postgres: Cluster) -> None:
    count = 0 if _ALL else 5
    _hold(_killed(tmp_path, count, [postgres.new_database() for _ in range(count or 200)]), count or 90)
