"""The counts with their rule, unit and a sample of places: 法释〔2017〕10号 and 个人信息保护法, each for itself.

The classes of the two have nothing to do with each other. A count under one says nothing about the other, and both are counts of
pieces (:mod:`qingyuan.pii.counting`), in every reading of ``data/counting.yaml``. The sample is reproducible:
the pieces with the lowest scrambled marks under a fixed seed, classed by the file they stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from qingyuan.pii import _sample
from qingyuan.pii._rules import rules
from qingyuan.pii._sample import Place
from qingyuan.pii.batch import Longs
from qingyuan.pii.counting import DEDUPE_EN, DEDUPE_ZH, SENSITIVE, SHIFT, TIERS, Pieces, moved

Law = Literal["pi-crime", "pipl"]

#: Tier, rule of the law room, article, and what it is about.
_CLASSES = (
    ("A", "pi-crime-tier-a", "第五条第一款第三项"),
    ("B", "pi-crime-tier-b", "第五条第一款第四项"),
    ("C", "pi-crime-tier-c", "第五条第一款第五项"),
)
_SENSITIVE_ARTICLE = "第二十八条"


@dataclass(frozen=True, slots=True)
class Count:
    """One count.

    Attributes:
        law: ``"pi-crime"`` for 法释〔2017〕10号, ``"pipl"`` for 个人信息保护法.
        reading: The reading, a name of ``data/counting.yaml``.
        tier: The class under 法释〔2017〕10号 art. 5, ``""`` under the other.
        rule: Rule of the law room the class rests on.
        article: Its article, Chinese.
        count: Different pieces.
        unit: The unit of the count.
        dedupe_zh: What counts as a duplicate, Chinese.
        dedupe_en: The same in English.
        zh: What the reading assumes, Chinese.
        en: The same in English.
        verified: Whether a text for the reading was read.
        seed: Chooses the sample.
        sample: Places of at most five of the pieces.
    """

    law: Law
    reading: str
    tier: str
    rule: str
    article: str
    count: int
    zh: str
    en: str
    verified: bool
    sample: tuple[Place, ...]
    unit: str = "条"
    dedupe_zh: str = DEDUPE_ZH
    dedupe_en: str = DEDUPE_EN
    seed: int = _sample.SEED


def counts(found: Pieces, times: Longs | None = None) -> tuple[Count, ...]:
    """Return the counts under both laws, in every reading.

    Args:
        found: The pieces, or one of each sort, with the sample.
        times: How many pieces each row stands for, by default one.
    """
    size = np.ones(len(found.mark), dtype=np.int64) if times is None else times
    stratum = np.array([spot.stratum for spot in found.spots], dtype=np.int64)
    of_spots = (stratum >> SHIFT).astype(np.uint8), (stratum & ((1 << SHIFT) - 1)).astype(np.uint8)

    def places(inside: npt.NDArray[np.bool_]) -> tuple[Place, ...]:
        chosen = [spot for spot, taken in zip(found.spots, inside.tolist(), strict=True) if taken]
        return _sample.shown(chosen, lambda _: True)

    out = []
    for reading in rules().readings:
        tiers, spots = (moved(reading, *pair) for pair in ((found.tier, found.traits), of_spots))
        for name, rule, article in _CLASSES:
            tier = TIERS[name]
            count, sample = int(size[tiers == tier].sum()), places(spots == tier)
            out.append(
                Count(
                    "pi-crime", reading.id, name, rule, article, count, reading.zh, reading.en,
                    reading.verified, sample,
                )
            )  # fmt: skip
    for number, kinds in enumerate(rules().sensitive):
        bit = np.uint8(SENSITIVE << number)
        count, sample = int(size[(found.traits & bit) != 0].sum()), places((of_spots[1] & bit) != 0)
        out.append(
            Count(
                "pipl", kinds.id, "", kinds.rule, _SENSITIVE_ARTICLE, count, kinds.zh, kinds.en,
                kinds.verified, sample,
            )
        )  # fmt: skip
    return tuple(out)
