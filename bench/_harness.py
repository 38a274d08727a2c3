"""Timing in turns, medians, ratios and the table.

A machine is never twice the same: another process, a busy disk, a warm cache. So a figure is never
timed alone. The things to compare take turns, round after round, and the median of each is kept; their
ratio then says more than either figure.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import statistics
import subprocess
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_NARROW = {"Na", "N", "H", "A"}


class SkippedError(Exception):
    """A benchmark cannot run here; its text says why."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a benchmark is given.

    Attributes:
        folder: An empty folder of its own, on the disk that is measured.
        quick: Whether to work on little material.
    """

    folder: Path
    quick: bool

    def pick(self, full: int, quick: int) -> int:
        """Return the size or number of rounds to use."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        figure: The median.
        unit: Its unit.
        against: The floor or peer that took turns with it, or ``""`` for none.
        other: The median of that, in the same unit.
        runs: Rounds that the medians are of.
        spread: Slowest round over fastest round, of the figure's own rounds: how restless the machine was.
    """

    what: str
    figure: float
    unit: str
    against: str = ""
    other: float | None = None
    runs: int = 1
    spread: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return figure over floor or peer, ``None`` without one.

        Of rates (``MB/s``, ``/s``) more is better, of times and sizes less.
        """
        if self.other is None:
            return None
        return self.figure / self.other if self.other else math.inf

    def as_dict(self) -> dict[str, object]:
        """Return the row for JSON."""
        return {
            "what": self.what,
            "figure": self.figure,
            "unit": self.unit,
            "against": self.against or None,
            "against_figure": self.other,
            "ratio": self.ratio,
            "runs": self.runs,
            "spread": self.spread,
        }


@dataclass(slots=True)
class Times:
    """The seconds of every round, by name.

    Attributes:
        seconds: Name to one number a round.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median seconds of ``name``."""
        return statistics.median(self.seconds[name])

    def spread(self, name: str) -> float | None:
        """Return slowest over fastest of ``name``, ``None`` for a single round."""
        every = self.seconds[name]
        return max(every) / min(every) if len(every) > 1 and min(every) > 0 else None

    def rate(
        self,
        what: str,
        name: str,
        amount: float,
        unit: str,
        *,
        against: str = "",
        peer: str = "",
        peer_amount: float | None = None,
    ) -> Row:
        """Return a row of amounts a second.

        Args:
            what: What was measured.
            name: Whose rounds.
            amount: What one round did, in units of ``unit``.
            unit: Unit of the figure, such as ``"MB/s"``.
            against: The floor or peer in words.
            peer: Whose rounds it is.
            peer_amount: What one of its rounds did; by default ``amount``.
        """
        other = (amount if peer_amount is None else peer_amount) / self.median(peer) if peer else None
        return Row(
            what,
            amount / self.median(name),
            unit,
            against,
            other,
            len(self.seconds[name]),
            self.spread(name),
        )

    def duration(
        self, what: str, name: str, *, against: str = "", peer: str = "", per: int = 1, unit: str = "s"
    ) -> Row:
        """Return a row of seconds (or ``ms``, ``µs``) for one of the ``per`` things a round did."""
        scale = {"s": 1.0, "ms": 1e3, "µs": 1e6}[unit] / per
        other = self.median(peer) * scale if peer else None
        return Row(
            what,
            self.median(name) * scale,
            unit,
            against,
            other,
            len(self.seconds[name]),
            self.spread(name),
        )


def in_turns(
    actions: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm: bool = True,
    clock: Callable[[], float] = time.perf_counter,
) -> Times:
    """Time the actions in turns: all of them once, then all of them again.

    Every second round goes backwards, so that none always runs in the wake of the same neighbour. The
    garbage collector runs between actions and not during them.

    Args:
        actions: What to time, by name.
        rounds: How often each is timed, at least once.
        warm: Whether each runs once untimed before.
        clock: Seconds, for tests.
    """
    if rounds < 1:
        raise ValueError(rounds)
    times = Times({name: [] for name in actions})
    if warm:
        for action in actions.values():
            action()
    order = list(actions)
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            gc.collect()
            with _collector_off():
                begin = clock()
                actions[name]()
                times.seconds[name].append(clock() - begin)
    return times


@contextlib.contextmanager
def _collector_off() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and threads it starts meanwhile, on one core where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def run_process(arguments: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
    """Run a process to its end, from the folder that holds this package, and return what it printed.

    Raises:
        SkippedError: It failed; the end of what it said is told.
    """
    root = Path(__file__).parents[1]
    done = subprocess.run(arguments, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SkippedError(f"exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout


def number(value: float | None) -> str:
    """Return a figure with three digits that count."""
    if value is None:
        return "—"
    if not math.isfinite(value):
        return "∞"
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    if decimals == 0:
        return f"{round(value, 2 - math.floor(math.log10(abs(value)))):,.0f}"
    return f"{value:.{decimals}f}"


def _cells(row: Row) -> tuple[str, ...]:
    ratio = row.ratio
    return (
        row.what,
        f"{number(row.figure)} {row.unit}",
        row.against or "—",
        "—" if row.other is None else f"{number(row.other)} {row.unit}",
        "—" if ratio is None else f"{number(ratio)} ×",
        str(row.runs),
    )


HEADS = ("what", "figure", "against (same run)", "its figure", "ratio", "rounds")
_RIGHT = (False, True, False, True, True, True)


def width(text: str) -> int:
    """Return the columns that ``text`` takes in a terminal; East Asian wide characters take two."""
    return sum(1 if unicodedata.east_asian_width(char) in _NARROW else 2 for char in text)


def text_table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned lines for a terminal."""
    lines = [HEADS, *map(_cells, rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(HEADS))]
    out = []
    for line in lines:
        padded = []
        for cell, size, right in zip(line, widths, _RIGHT, strict=True):
            space = " " * (size - width(cell))
            padded.append(space + cell if right else cell + space)
        out.append("  ".join(padded).rstrip())
    return "\n".join(out)


def markdown_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    rule = "|".join("---:" if right else "---" for right in _RIGHT)
    body = "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in _cells(r))} |" for r in rows
    )
    return f"| {' | '.join(HEADS)} |\n|{rule}|\n{body}"
