"""What a demonstration tells: its steps as they happen, its checks, and how long each stage took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from qingyuan.demo._truth import Truth
from qingyuan.demo.replay import Replayed
from qingyuan.office.clock import FixedClock
from qingyuan.office.packages.packaging import Packed
from qingyuan.office.paperwork import Made
from qingyuan.office.summary import IntakeResult


class Step(msgspec.Struct, frozen=True):
    """One line of the printed story.

    Attributes:
        on: Day in the story.
        zh: What happened, in Chinese.
        en: What happened, in English.
    """

    on: str
    zh: str
    en: str


class Check(msgspec.Struct, frozen=True):
    """One verification of the package.

    Attributes:
        zh: What was tried, in Chinese.
        en: What was tried, in English.
        verdict: ``"pass"``, ``"fail"`` or ``"undetermined"``.
        verdict_zh: The same in Chinese.
        reason_zh: The first reason, in Chinese.
        reason_en: The first reason, in English.
        path: The member concerned, if any.
        expected: The verdict that is right.
    """

    zh: str
    en: str
    verdict: str
    verdict_zh: str
    reason_zh: str
    reason_en: str
    path: str | None
    expected: str


class Story(msgspec.Struct, frozen=True):
    """What the demonstration did.

    Attributes:
        truth: What was planted.
        intake: What the intake found.
        accuracy: Found against planted, one row a kind (:func:`qingyuan.demo.compare`).
        steps: The procedure.
        document: The suggestion.
        package: The package.
        checks: The verifications.
        seconds: Seconds by stage.
        files: What to look at, with a word on each: ``(path, zh, en)``.
        references: The reference matters that were replayed before.
    """

    truth: Truth
    intake: IntakeResult
    accuracy: list[dict[str, object]]
    steps: list[Step]
    document: Made
    package: Packed
    checks: list[Check]
    seconds: dict[str, float]
    files: list[tuple[str, str, str]]
    references: list[Replayed] = []


class Teller:
    """Collects the steps as they happen and tells each at once."""

    def __init__(self, clock: FixedClock, tell: Callable[[Step], None]) -> None:
        """Begin with nothing told."""
        self._clock = clock
        self._tell = tell
        self.steps: list[Step] = []

    def __call__(self, zh: str, en: str) -> None:
        """Tell one step on the day that the clock shows."""
        step = Step(self._clock.now().date().isoformat(), zh, en)
        self.steps.append(step)
        self._tell(step)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note in ``seconds`` how long the block took."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(time.perf_counter() - began, 2)
