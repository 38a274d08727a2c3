"""Pieces of information (条) for the thresholds of 法释〔2017〕10号 art. 5, counted under art. 11.

A piece is what one record tells about one person (one role). Pieces with exactly the same values are
duplicates and counted once. Only numbers are returned; whether they reach a threshold is for the
law room to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.flags import (
    ADDRESS,
    BANK_CARD,
    EMAIL,
    KINDS,
    MOBILE,
    NAME,
    PRIVACY_NUMBER,
    RESIDENT_ID,
)
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog
from qingyuan.pii.persons import Keys

#: Tiers as numbers, higher is graver.
TIERS = {"C": 1, "B": 2, "A": 3}
#: Kinds whose values make up a piece.
CONTENT = (RESIDENT_ID, MOBILE, BANK_CARD, EMAIL, NAME, ADDRESS, PRIVACY_NUMBER)
#: Kinds any of which identifies somebody; or a name and an address together.
IDENTIFYING = (RESIDENT_ID, MOBILE, BANK_CARD, EMAIL)

#: Name and address together, as bits.
_NAMED = 6

DEDUPE_ZH = (
    "一条记录中同一角色的信息为一条；各项内容完全相同的视为重复，只计一次；脱敏值不计；待核实和排除的不计。"
)
DEDUPE_EN = (
    "the information of one role in one record is one piece; pieces whose values are all equal are duplicates, "
    "counted once; masked, suspected and rejected values do not count"
)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Compact, mergeable pieces of one or more files.

    Attributes:
        mark: Digest of each different piece, sorted.
        tier: Its gravest tier (see :data:`TIERS`).
        waybill: Whether it stands in a table of parcels.
        raw: Number of pieces before duplicates were removed.
    """

    mark: Keys
    tier: Bytes
    waybill: Bytes
    raw: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the counts.

    Attributes:
        reading_id: ``"waybill-important"`` or ``"waybill-general"``.
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


def _mixed(key: Keys, kind: Bytes) -> Keys:
    """Return the keys scrambled (splitmix64), so that their sum marks a set of values."""
    z: Keys = key + (kind.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = z ^ (z >> np.uint64(31))
    return mixed


def pieces(group: Longs, kind: Bytes, key: Keys, waybill: Bytes) -> Pieces:
    """Return the pieces of one file.

    Args:
        group: Number of the record and role of each confirmed clear value, from 0.
        kind: Kind code of each.
        key: Key of each.
        waybill: ``uint8[groups]``, 1 where the record belongs to a table of parcels.
    """
    chosen = np.isin(kind, CONTENT)
    group, kind, key = group[chosen], kind[chosen], key[chosen]
    size = len(waybill)
    if len(group):
        order = np.lexsort((key, kind, group))
        group, kind, key = group[order], kind[order], key[order]
        same = (group[1:] == group[:-1]) & (kind[1:] == kind[:-1]) & (key[1:] == key[:-1])
        first = np.concatenate(([True], ~same))
        group, kind, key = group[first], kind[first], key[first]
    mark = np.zeros(size, dtype=np.uint64)
    np.add.at(mark, group, _mixed(key, kind))
    tier = np.zeros(size, dtype=np.uint8)
    tiers = np.array([0, *(TIERS[catalog().kinds[name].tier] for name in KINDS[1:])], dtype=np.uint8)
    np.maximum.at(tier, group, tiers[kind])
    seen = np.zeros(size, dtype=np.uint8)
    bits = np.array(
        [1 if c in IDENTIFYING else 2 if c == NAME else 4 if c == ADDRESS else 0 for c in range(len(KINDS))]
    )
    np.bitwise_or.at(seen, group, bits[kind].astype(np.uint8))
    counted = ((seen & 1) != 0) | ((seen & _NAMED) == _NAMED)
    return _unique(mark[counted], tier[counted], waybill[counted], int(counted.sum()))


def _unique(mark: Keys, tier: Bytes, waybill: Bytes, raw: int) -> Pieces:
    """Return different pieces with their gravest tier; a piece seen on a waybill stays one."""
    order = np.lexsort((waybill, tier, mark))
    mark, tier, waybill = mark[order], tier[order], waybill[order]
    last = np.concatenate((mark[1:] != mark[:-1], [True])) if len(mark) else np.zeros(0, dtype=np.bool_)
    return Pieces(mark[last], tier[last], waybill[last], raw)


def merge(parts: Sequence[Pieces]) -> Pieces:
    """Return the pieces of several files together, duplicates across files removed."""
    if not parts:
        none = np.empty(0, dtype=np.uint8)
        return Pieces(np.empty(0, dtype=np.uint64), none, none, 0)
    return _unique(
        np.concatenate([p.mark for p in parts]),
        np.concatenate([p.tier for p in parts]),
        np.concatenate([p.waybill for p in parts]),
        sum(p.raw for p in parts),
    )


def readings(found: Pieces, times: Longs | None = None) -> tuple[Reading, Reading]:
    """Return both readings of the disputed tier of waybill data.

    Art. 5 item 4 (500) as the Yiwu practice reads it, and item 5 (5,000) as some courts do; pieces of
    tier A are not touched by the dispute.

    Args:
        found: The pieces, or one of each sort.
        times: How many pieces each row stands for, by default one.
    """

    def total(chosen: npt.NDArray[np.bool_]) -> int:
        return int((chosen if times is None else times[chosen]).sum())

    sensitive = total(found.tier == TIERS["A"])
    important = total(found.tier == TIERS["B"])
    general = total(found.tier == TIERS["C"])
    moved = total((found.waybill == 1) & (found.tier == TIERS["C"]))
    return (
        Reading(
            "waybill-important",
            sensitive,
            important + moved,
            general - moved,
            found.raw,
            zh="未去标识化的快递面单信息按“其他可能影响人身、财产安全的公民个人信息”计（第五条第一款第四项）",
            en="waybill data in clear counts under art. 5(1) item 4",
        ),
        Reading(
            "waybill-general",
            sensitive,
            important,
            general,
            found.raw,
            zh="快递面单信息按其他公民个人信息计（第五条第一款第五项）",
            en="waybill data counts under art. 5(1) item 5",
        ),
    )
