"""How many waybills show nothing in clear: by carrier, day and site, with bounds when they are a sample.

A waybill is judged by the worst it shows: in clear, suspected to be in clear, masked, a privacy number only, or
nothing of the kind. The rate is the share of those that show a value protected (masked or a privacy
number) among those that show one. What is only suspected counts as clear for the lower bound and as protected
for the upper one. Of a sample the bounds are Wilson's score interval (JASA 22, 1927).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from statistics import NormalDist
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.flags import KINDS
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import Words, load_file

Verdict = Literal["met", "not-met", "cannot-tell"]
Dimension = Literal["", "carrier", "day", "site"]
Place: TypeAlias = tuple[str, str, str]

#: What a waybill shows, from harmless to grave.
LEVELS = ("none", "privacy", "masked", "unsure", "clear")
NONE, PRIVACY, MASKED, UNSURE, CLEAR = range(5)


class Bar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share to be reached, and where it comes from."""

    share: float
    rule: str
    verified: bool
    zh: str
    en: str


class RateReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which values of which persons make a waybill one in clear."""

    id: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    zh: str
    en: str


class RateRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``data/rates.yaml``."""

    bar: Bar
    confidence: float
    readings: tuple[RateReading, ...]
    columns: dict[Literal["carrier", "day", "site"], Words]
    carriers: dict[str, tuple[str, ...]]
    carrier_words: tuple[str, ...]
    site_words: tuple[str, ...]


@functools.cache
def rate_rules() -> RateRules:
    """Return the rules of the rate."""
    return load_file(resources.files("qingyuan.pii") / "data" / "rates.yaml", RateRules)


@dataclass(frozen=True, slots=True)
class Shown:
    """Waybills by what they show; adds up.

    Attributes:
        counts: Waybills of each of :data:`LEVELS`, by reading, dimension (``""`` for all) and label.
        unread: Whether part of the material could not be read.
    """

    counts: dict[Place, tuple[int, ...]] = field(default_factory=dict)
    unread: bool = False

    def __add__(self, other: Shown) -> Shown:
        """Return both together."""
        counts = dict(self.counts)
        for place, added in other.counts.items():
            held = counts.get(place, (0,) * len(LEVELS))
            counts[place] = tuple(a + b for a, b in zip(held, added, strict=True))
        return Shown(counts, self.unread or other.unread)


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate of one group of waybills.

    Attributes:
        reading: Identifier of the reading.
        dimension: ``"carrier"``, ``"day"``, ``"site"``, or ``""`` for all.
        label: Which carrier, day or site.
        clear: Waybills that show a value in clear.
        unsure: That show one suspected to be in clear, and none that is.
        masked: That show masked values, and nothing graver.
        privacy: That show privacy numbers only.
        none: That show no value of the kind.
        share: Protected among those that show a value; ``None`` if there are none.
        low: Lower bound of the share.
        high: Upper bound.
        sampled: Whether the waybills are a sample; else the bounds differ by the unsure ones alone.
        verdict: Whether the bar is reached: by the lower bound ``"met"``, by the upper one ``"not-met"``.
    """

    reading: str
    dimension: Dimension
    label: str
    clear: int
    unsure: int
    masked: int
    privacy: int
    none: int
    share: float | None
    low: float | None
    high: float | None
    sampled: bool
    verdict: Verdict


def wilson(hits: int, total: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's score interval for ``hits`` of ``total``.

    Args:
        hits: Successes, 0 to ``total``.
        total: Trials, at least 1.
        confidence: Two-sided confidence, between 0 and 1.

    Raises:
        ValueError: The numbers are out of range.
    """
    if not (0 <= hits <= total and total >= 1 and 0 < confidence < 1):
        raise ValueError(hits, total, confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, z2 = hits / total, z * z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    reach = z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    low = 0.0 if hits == 0 else middle - reach
    return max(0.0, low), (1.0 if hits == total else min(1.0, middle + reach))


def levels(
    record: Longs, size: int, kind: Bytes, role: Sequence[str], role_of: Longs, masked: npt.NDArray[np.bool_],
    sure: npt.NDArray[np.bool_], reading: RateReading,
) -> Bytes:  # fmt: skip
    """Return what each waybill shows, in one reading, as numbers of :data:`LEVELS`.

    Args:
        record: Number of the record of each value found, from 0.
        size: Number of records.
        kind: Kind code of each value.
        role: Names of the roles.
        role_of: Role of each value, an index into ``role``.
        masked: Whether it is masked.
        sure: Whether it is confirmed (else suspected).
        reading: Which values count.
    """
    chosen = np.isin(kind, [KINDS.index(name) for name in reading.kinds])
    chosen &= np.isin(role_of, [i for i, name in enumerate(role) if name in reading.roles])
    privacy = kind == KINDS.index("privacy-number")
    level = np.where(privacy, PRIVACY, np.where(masked, MASKED, np.where(sure, CLEAR, UNSURE))).astype(
        np.uint8
    )
    out = np.full(size, NONE, dtype=np.uint8)
    np.maximum.at(out, record[chosen], level[chosen])
    return out


def tally(reading: str, shown: Bytes, labels: Mapping[Dimension, Sequence[str]]) -> Shown:
    """Return the waybills of one file by what they show.

    Args:
        reading: Identifier of the reading.
        shown: What each waybill shows, see :func:`levels`.
        labels: Carrier, day and site of each, ``""`` where unknown.
    """
    counts: dict[Place, tuple[int, ...]] = {}
    if len(shown):
        counts[reading, "", ""] = tuple(np.bincount(shown, minlength=len(LEVELS)).tolist())
    for dimension, names in labels.items():
        known, number = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
        bins = np.bincount(number * len(LEVELS) + shown, minlength=len(known) * len(LEVELS))
        for name, row in zip(known.tolist(), bins.reshape(-1, len(LEVELS)).tolist(), strict=True):
            counts[reading, dimension, name] = tuple(row)
    return Shown(counts)


def rates(
    found: Shown, *, sampled: bool, bar: float | None = None, confidence: float | None = None
) -> tuple[Rate, ...]:
    """Return the rates in the order of reading, dimension and label.

    Args:
        found: What the waybills show.
        sampled: Whether they are a random sample of those asked about.
        bar: The share to be reached, by default that of ``data/rates.yaml``.
        confidence: Of the interval of a sample, by default that of ``data/rates.yaml``.
    """
    known = rate_rules()
    bar = known.bar.share if bar is None else bar
    confidence = known.confidence if confidence is None else confidence
    out = []
    for (reading, dimension, label), counts in sorted(found.counts.items()):
        none, privacy, masked, unsure, clear = counts
        total, safe = clear + unsure + masked + privacy, masked + privacy
        share: float | None = None
        low: float | None = None
        high: float | None = None
        if total:
            share, low, high = safe / total, safe / total, (safe + unsure) / total
            if sampled:
                low, high = wilson(safe, total, confidence)[0], wilson(safe + unsure, total, confidence)[1]
        verdict: Verdict = "cannot-tell"
        if low is not None and low >= bar and not found.unread:
            verdict = "met"
        elif (
            high is not None
            and high < bar
            and not (found.unread and not sampled and _could_reach(counts, bar))
        ):
            verdict = "not-met"
        out.append(
            Rate(
                reading, _dimension(dimension), label, clear, unsure, masked, privacy, none,
                share, low, high, sampled, verdict,
            )
        )  # fmt: skip
    return tuple(out)


def _could_reach(counts: tuple[int, ...], bar: float) -> bool:
    """Tell whether what was not read could lift the share to the bar: any number of good waybills could."""
    return bar < 1 or counts[CLEAR] == 0


def _dimension(name: str) -> Dimension:
    return name if name in {"carrier", "day", "site"} else ""  # type: ignore[return-value]


def column_dimensions(columns: Iterable[str]) -> dict[Dimension, int]:
    """Return the column of carrier, day and site by the words of the headers, the most specific word first."""
    out: dict[Dimension, int] = {}
    best: dict[Dimension, int] = {}
    names = tuple(columns)
    # In nested formats an object has a column of its own, which holds no values.
    objects = {name.rpartition(".")[0] for name in names if name.startswith("$")}
    for number, name in enumerate(names):
        if name in objects:
            continue
        text = name.lower().replace("_", " ")
        for dimension, words in rate_rules().columns.items():
            size = max((len(w) for w in (*words.zh, *words.en) if w in text), default=0)
            if size > best.get(dimension, 0):
                best[dimension], out[dimension] = size, number
    return out


@functools.lru_cache(maxsize=1 << 16)
def label(dimension: Dimension, value: str) -> str:
    """Return what a value is shown as: a known carrier, an ISO day, the name of a site, or ``""``.

    A site that does not read like one might be a person and is shown as a number that says nothing of it.
    """
    value = value.strip()
    if not value:
        return ""
    rules = rate_rules()
    if dimension == "carrier":
        low = value.lower()
        found = (name for name, words in rules.carriers.items() if any(w in low for w in words))
        named = any(word in low for word in rules.carrier_words) and not any(c.isdigit() for c in value)
        return next(found, value if named else "其他")
    if dimension == "day":
        digits = "".join(c if c.isdigit() else " " for c in value[:11]).split()
        if digits and len(digits[0]) == 8:  # noqa: PLR2004 - 20260601
            digits = [digits[0][:4], digits[0][4:6], digits[0][6:]]
        if len(digits) < 3 or len(digits[0]) != 4:  # noqa: PLR2004 - year, month, day
            return ""
        return f"{digits[0]}-{int(digits[1]):02d}-{int(digits[2][:2]):02d}"
    shown = any(word in value for word in rules.site_words) and not any(c.isdigit() for c in value)
    return value if shown else "（未显示）"
