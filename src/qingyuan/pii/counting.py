"""Pieces of information (条) for the thresholds of 法释〔2017〕10号 art. 5, counted under art. 11.

A piece is what one record tells about one person (one role). Pieces with exactly the same values are
duplicates and counted once. Only numbers are returned; whether they reach a threshold is for the
law room to say.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from qingyuan.pii import _sample
from qingyuan.pii._kernel import tally
from qingyuan.pii._kernel.flags import ADDRESS, KINDS, NAME
from qingyuan.pii._kernel.fold import fold
from qingyuan.pii._kernel.ordering import sort_different
from qingyuan.pii._kernel.tally import IDENTIFIES, NAMED
from qingyuan.pii._rules import (
    ReadingRule,
    clear_codes,
    content_codes,
    identifying_codes,
    rules,
    telling_codes,
)
from qingyuan.pii._sample import Locate, Spot
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog
from qingyuan.pii.persons import Keys, different

Flags: TypeAlias = npt.NDArray[np.bool_]

#: Tiers as numbers, higher is graver.
TIERS = {"C": 1, "B": 2, "A": 3}
_GEO = KINDS.index("geo")
#: Kinds whose values make up a piece.
CONTENT = content_codes()
#: Those that say more about the person of a piece: its class follows from them too.
TELLING = telling_codes()
#: Those that make a record one in clear.
CLEAR = clear_codes()
#: Kinds any of which identifies somebody; or a name and an address together.
IDENTIFYING = identifying_codes()

#: Traits of a piece, as bits: it stands in a table of parcels; it has an address in clear;
WAYBILL, FULL_ADDRESS = 1, 2
#: somebody under fourteen is concerned; the readings of what is sensitive have the bits from here;
UNDER14, SENSITIVE = 4, 8
#: it has a position.
POSITION = 32
_TRAITS = {"waybill": WAYBILL, "address": FULL_ADDRESS, "position": POSITION}
#: A stratum is tier and traits together.
SHIFT = tally.SHIFT
_STRATA = 4 << SHIFT
_TRAIT_BITS = np.uint8((1 << SHIFT) - 1)

DEDUPE_ZH = (
    "一条记录中同一角色的信息为一条；各项内容完全相同的视为重复，只计一次；脱敏值不计；待核实和排除的不计。"
)
DEDUPE_EN = (
    "the information of one role in one record is one piece; pieces whose values are all equal are duplicates, "
    "counted once; masked, suspected and rejected values do not count"
)


def no_strata() -> Longs:
    """Return no piece of any stratum."""
    return np.zeros(_STRATA, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Compact, mergeable pieces of one or more files.

    Attributes:
        mark: Digest of each different piece, sorted.
        tier: Its gravest tier (see :data:`TIERS`).
        traits: Bits of :data:`WAYBILL`, :data:`FULL_ADDRESS`, :data:`UNDER14`, :data:`SENSITIVE` and above.
        raw: Number of pieces before duplicates were removed.
        seized: ``int64[256]``, the same by ``tier << 6 | traits``.
        spots: A sample of the pieces by tier and traits.
    """

    mark: Keys
    tier: Bytes
    traits: Bytes
    raw: int
    seized: Longs = field(default_factory=no_strata)
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the counts.

    Attributes:
        reading_id: Its name in ``data/counting.yaml``, e.g. ``"waybill-important"``.
        sensitive: Pieces of tier A.
        important: Pieces of tier B.
        general: Pieces of tier C.
        raw: All pieces before duplicates were removed.
        unit: The unit of the counts.
        zh: What the reading assumes, Chinese.
        en: The same in English.
        dedupe_rule_zh: What counts as a duplicate, Chinese.
        dedupe_rule_en: The same in English.
    """

    reading_id: str
    sensitive: int
    important: int
    general: int
    raw: int
    zh: str
    en: str
    unit: str = "条"
    dedupe_rule_zh: str = DEDUPE_ZH
    dedupe_rule_en: str = DEDUPE_EN


@functools.cache
def _kind_traits() -> Bytes:
    """Return the traits a value of each kind gives its piece."""
    out = np.zeros(len(KINDS), dtype=np.uint8)
    out[ADDRESS] = FULL_ADDRESS
    out[_GEO] = POSITION
    for code, name in enumerate(KINDS[1:], start=1):
        for number, reading in enumerate(rules().sensitive):
            if catalog().kinds[name].sensitive or name in reading.extra:
                out[code] |= SENSITIVE << number
    return out


@functools.cache
def _is_content() -> Flags:
    """Return which kinds make up a piece."""
    return np.isin(np.arange(len(KINDS)), CONTENT)


@functools.cache
def _kind_bits() -> tuple[Bytes, Bytes]:
    """Return the tier of each kind, and what it says about a person: identifies, is a name, is an address."""
    tiers = np.array([0, *(TIERS[catalog().kinds[name].tier] for name in KINDS[1:])], dtype=np.uint8)
    tiers[_GEO] = TIERS["C"]  # whether one position is a track is disputed: a reading of its own
    bits = [
        1 if c in IDENTIFYING else 2 if c == NAME else 4 if c == ADDRESS else 0 for c in range(len(KINDS))
    ]
    return tiers, np.array(bits, dtype=np.uint8)


def pieces(
    group: Longs,
    kind: Bytes,
    key: Keys,
    waybill: Bytes,
    *,
    under14: Flags | None = None,
    file: str = "",
    locate: Locate | None = None,
) -> Pieces:
    """Return the pieces of one file.

    Args:
        group: Number of the record and role of each confirmed clear value, from 0.
        kind: Kind code of each.
        key: Key of each.
        waybill: ``uint8[groups]``, 1 where the record belongs to a table of parcels.
        under14: ``bool[groups]``, where the person is known to be under fourteen.
        file: File name as given, for the sample.
        locate: Finds the places of groups for the sample; without it there is none.
    """
    size = len(waybill)
    tiers, bits = _kind_bits()
    telling = np.flatnonzero(np.isin(kind, TELLING))
    told = group[telling], kind[telling]
    if not bool(_is_content()[kind].all()):
        chosen = np.flatnonzero(_is_content()[kind])
        group, kind, key = group[chosen], kind[chosen], key[chosen]
    mark = np.zeros(size, dtype=np.uint64)
    tier, seen = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
    traits = np.where(waybill != 0, np.uint8(WAYBILL), np.uint8(0))
    if under14 is not None:
        # Whatever is known of them is sensitive (个人信息保护法 art. 28), in every reading.
        traits[under14] |= UNDER14 | sum(SENSITIVE << number for number in range(len(rules().sensitive)))
    fold(group, kind, key, tiers, bits, _kind_traits(), mark, tier, seen, traits)
    np.maximum.at(tier, told[0], tiers[told[1]])
    np.bitwise_or.at(traits, told[0], _kind_traits()[told[1]])
    counted = np.flatnonzero(((seen & IDENTIFIES) != 0) | ((seen & NAMED) == NAMED))
    mark, stratum = mark[counted], tier[counted] << np.uint8(SHIFT) | traits[counted]
    seized = np.bincount(stratum, minlength=_STRATA)
    spots: tuple[Spot, ...] = ()
    if locate is not None:
        spots = _sample.draw(file, stratum, mark, seized, lambda at: locate(counted[at]))
    return folded(mark, stratum, seized, spots)


def folded(mark: Keys, stratum: Bytes, seized: Longs, spots: tuple[Spot, ...] = ()) -> Pieces:
    """Return the pieces of one file whose marks are made.

    Args:
        mark: Mark of each.
        stratum: Its tier and traits, ``tier << 6 | traits``.
        seized: ``int64[256]``, how many there are by stratum.
        spots: A sample of them.
    """
    return _unique(mark, stratum, seized, spots)


def of_kinds() -> tuple[Bytes, Bytes, Bytes]:
    """Return, by kind, its tier, what it says about a person and the traits it gives a piece."""
    return (*_kind_bits(), _kind_traits())


def _unique(mark: Keys, stratum: Bytes, seized: Longs, spots: tuple[Spot, ...]) -> Pieces:
    """Return different pieces with their gravest tier and all their traits."""
    every = np.flatnonzero(seized)
    raw = int(seized.sum())
    if len(every) <= 1 and raw >= len(mark):
        # All are of one stratum.
        marks = different(mark)
        tier = np.full(len(marks), every[0] >> SHIFT if len(every) else 0, dtype=np.uint8)
        traits = np.full(len(marks), every[0] & int(_TRAIT_BITS) if len(every) else 0, dtype=np.uint8)
        return Pieces(marks, tier, traits, raw, seized, spots)
    known, strata = np.empty(len(mark), dtype=np.uint64), np.empty(len(mark), dtype=np.uint8)
    count = sort_different(mark, stratum, known, strata)
    if count < 0:
        order = np.argsort(mark)
        known, strata = mark[order], stratum[order]
        first = np.flatnonzero(np.concatenate(([True], known[1:] != known[:-1])))
        tier = np.maximum.reduceat(strata >> np.uint8(SHIFT), first)
        traits = np.bitwise_or.reduceat(strata & _TRAIT_BITS, first)
        return Pieces(known[first], tier, traits, raw, seized, spots)
    strata = strata[:count]
    return Pieces(
        known[:count], strata >> np.uint8(SHIFT), strata & _TRAIT_BITS, int(seized.sum()), seized, spots
    )


def merge(parts: Sequence[Pieces]) -> Pieces:
    """Return the pieces of several files together, duplicates across files removed."""
    if len(parts) == 1:
        return parts[0]
    none = np.empty(0, dtype=np.uint8)
    return _unique(
        np.concatenate([np.empty(0, dtype=np.uint64), *(p.mark for p in parts)]),
        np.concatenate([none, *(p.tier << np.uint8(SHIFT) | p.traits for p in parts)]),
        sum((p.seized for p in parts), no_strata()),
        _sample.merge(p.spots for p in parts),
    )


def moved(reading: ReadingRule, tier: Bytes, traits: Bytes) -> Bytes:
    """Return the tiers in a reading; tiers it does not name are not touched by the dispute."""
    concerned = (tier <= TIERS[reading.since]) & ((traits & _TRAITS[reading.trait]) != 0)
    return np.where(concerned, np.uint8(TIERS[reading.to]), tier)


def _in(found: Pieces, reading: ReadingRule, times: Longs | None) -> Reading:
    """Return the counts in one reading."""
    tiers = moved(reading, found.tier, found.traits)
    size = [
        int(((tiers == tier) if times is None else times[tiers == tier]).sum()) for tier in TIERS.values()
    ]
    general, important, sensitive = size
    return Reading(
        reading.id,
        sensitive=sensitive,
        important=important,
        general=general,
        raw=found.raw,
        zh=reading.zh,
        en=reading.en,
    )


def readings(found: Pieces, times: Longs | None = None) -> tuple[Reading, ...]:
    """Return both readings of the disputed tier of waybill data.

    Art. 5 item 4 (500) as the Yiwu practice reads it, and item 5 (5,000) as some courts do; pieces of
    tier A are not touched by the dispute.

    Args:
        found: The pieces, or one of each sort.
        times: How many pieces each row stands for, by default one.
    """
    return tuple(_in(found, rule, times) for rule in rules().readings if rule.default)


def disputed(found: Pieces, times: Longs | None = None) -> tuple[Reading, ...]:
    """Return the further readings of ``data/counting.yaml``, e.g. of addresses; see :func:`readings`."""
    return tuple(_in(found, rule, times) for rule in rules().readings if not rule.default)
