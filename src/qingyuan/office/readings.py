"""The counts in both readings, with the law's answer to each; apart from intakes, so that a scan loads no database."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from qingyuan.law import Law, Threshold

if TYPE_CHECKING:
    from qingyuan.pii.engine import Summary


class Reading(msgspec.Struct, frozen=True):
    """One reading of the counts and what the law says to it.

    Attributes:
        id: Identifier of the reading.
        zh: What it assumes, in Chinese.
        en: What it assumes, in English.
        sensitive: Pieces of tier A.
        important: Pieces of tier B.
        general: Pieces of tier C.
        unit: Unit of the counts.
        dedupe_zh: What counts as a duplicate, in Chinese.
        dedupe_en: What counts as a duplicate, in English.
        threshold: The law's answer.
    """

    id: str
    zh: str
    en: str
    sensitive: int
    important: int
    general: int
    unit: str
    dedupe_zh: str
    dedupe_en: str
    threshold: Threshold


def readings_of(summary: Summary, law: Law, on: date | None) -> tuple[Reading, ...]:
    """Return both readings of the counts with the law's answer to each."""
    return tuple(
        Reading(
            r.reading_id,
            r.zh,
            r.en,
            r.sensitive,
            r.important,
            r.general,
            r.unit,
            r.dedupe_rule_zh,
            r.dedupe_rule_en,
            law.threshold(r.sensitive, r.important, r.general, on=on),
        )
        for r in summary.readings
    )
