"""How many different people: exact counts over typed keys.

A person is known by the strongest key of a record and role: ID, then mobile, card, e-mail. A weaker
key that stands with exactly one stronger one belongs to that person and is not counted again,
anywhere. A mobile used with two IDs belongs to both and merges nobody; names never merge anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel.flags import BANK_CARD, EMAIL, KINDS, MOBILE, RESIDENT_ID
from qingyuan.pii.batch import Bytes, Longs

Keys = npt.NDArray[np.uint64]

#: Kinds that identify a person, strongest first.
KEYS = (RESIDENT_ID, MOBILE, BANK_CARD, EMAIL)

METHOD_ZH = (
    "按身份证号、手机号、银行卡号、电子邮箱的顺序取最强标识精确计数；同一记录同一角色中的标识归于同一人；"
    "一个手机号对应多个身份证号的不合并；不按姓名合并；脱敏值不计入人数，仅列为可能相容。"
)
METHOD_EN = (
    "exact count by the strongest key (ID, mobile, card, e-mail); keys of one record and role belong to one person; "
    "a mobile shared by several IDs merges nobody; names merge nobody; masked values are not counted, "
    "they are only compatible or unknown"
)


@dataclass(frozen=True, slots=True)
class PersonIndex:
    """Compact, mergeable knowledge about persons; no value can be read from it.

    Attributes:
        keys: Different keys of each kind of :data:`KEYS`, sorted.
        owned: Those of them that stand with exactly one stronger key somewhere, sorted.
        shared: Mobile numbers used with two or more IDs need both ends: ``uint64[n, 2]`` of (mobile, ID).
        unkeyed_records: Records (per role) with clear personal information but no key.
        masked_records: Records (per role) with masked values and no clear key.
    """

    keys: tuple[Keys, ...]
    owned: tuple[Keys, ...]
    shared: Keys
    unkeyed_records: int = 0
    masked_records: int = 0


@dataclass(frozen=True, slots=True)
class Persons:
    """The answer.

    Attributes:
        distinct: Number of different people who have a key.
        by_key: How many of them are known by each kind of key.
        shared_mobiles: Mobile numbers used with two or more IDs.
        unkeyed_records: See :class:`PersonIndex`.
        masked_records: See :class:`PersonIndex`.
        method_zh: How it was counted, Chinese.
        method_en: The same in English.
    """

    distinct: int
    by_key: dict[str, int]
    shared_mobiles: int
    unkeyed_records: int
    masked_records: int
    method_zh: str = METHOD_ZH
    method_en: str = METHOD_EN


def _none() -> Keys:
    return np.empty(0, dtype=np.uint64)


def index(
    group: Longs, kind: Bytes, key: Keys, *, unkeyed_records: int = 0, masked_records: int = 0
) -> PersonIndex:
    """Return the index of the mentions of one file.

    Args:
        group: Number of the record and role of each mention, from 0.
        kind: Kind code; other kinds than :data:`KEYS` are ignored.
        key: Key of the value.
        unkeyed_records: Passed through.
        masked_records: Passed through.
    """
    size = int(group.max()) + 1 if len(group) else 0
    keys: list[Keys] = []
    owned: list[Keys] = []
    pairs = np.empty((0, 2), dtype=np.uint64)
    decided = np.zeros(size, dtype=np.int8)  # 0 no key yet, 1 one strongest key, 2 several
    owner = np.zeros(size, dtype=np.uint64)
    for code in KEYS:
        chosen = kind == code
        g, k = group[chosen], key[chosen]
        keys.append(np.unique(k))
        owned.append(np.unique(k[decided[g] == 1]))
        if code == MOBILE and len(g):
            single = decided[g] == 1
            pairs = np.unique(np.stack((k[single], owner[g[single]]), axis=1), axis=0)
        fresh = decided[g] == 0
        g, k = g[fresh], k[fresh]
        owner[g] = k
        several = np.unique(g[owner[g] != k])
        decided[g] = 1
        decided[several] = 2
    return PersonIndex(tuple(keys), tuple(owned), _shared(pairs), unkeyed_records, masked_records)


def _shared(pairs: Keys) -> Keys:
    """Return the pairs unchanged but contiguous (mobile, ID), unique and sorted."""
    return np.ascontiguousarray(pairs)


def merge(parts: Sequence[PersonIndex]) -> PersonIndex:
    """Return the index of several files together."""
    if not parts:
        empty = tuple(_none() for _ in KEYS)
        return PersonIndex(empty, empty, np.empty((0, 2), dtype=np.uint64))
    if len(parts) == 1:
        return parts[0]
    return PersonIndex(
        tuple(np.unique(np.concatenate([p.keys[i] for p in parts])) for i in range(len(KEYS))),
        tuple(np.unique(np.concatenate([p.owned[i] for p in parts])) for i in range(len(KEYS))),
        np.unique(np.concatenate([p.shared for p in parts]), axis=0),
        sum(p.unkeyed_records for p in parts),
        sum(p.masked_records for p in parts),
    )


def count(found: PersonIndex) -> Persons:
    """Return the number of different people."""
    by_key = {}
    for i, code in enumerate(KEYS):
        by_key[KINDS[code]] = len(found.keys[i]) - len(found.owned[i])
    mobiles, uses = np.unique(found.shared[:, 0], return_counts=True)
    return Persons(
        distinct=sum(by_key.values()),
        by_key=by_key,
        shared_mobiles=int((uses > 1).sum()) if len(mobiles) else 0,
        unkeyed_records=found.unkeyed_records,
        masked_records=found.masked_records,
    )
