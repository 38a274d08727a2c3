"""How many different people: exact counts over typed keys.

A person is known by the kinds with a ``key`` rank in the catalogue: resident IDs, other documents,
mobiles, cards; an e-mail address or a name alone identifies nobody here. Keys that stand in the same
record and role are tied, in three levels:

- every different resident ID is one person, one of fifteen digits as that of today;
- other documents (passport, permit) that stand together, at most one of each kind, form connected groups, across
  files, and a group none of which ever stands with an ID is one person;
- a mobile or card that ever stands with an ID or another document, in any file, belongs to that person and is
  not counted again; standing with two IDs it merges nobody. Those that stand together without a document form
  connected groups in the same way.

A column of remarks is a role of its own: what it mentions need not be the person of the record.
Several mobiles in one line of free text, or of a table without column names, stay apart: such a line
may list several people.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import tally
from qingyuan.pii._kernel.flags import BANK_CARD, KINDS, MOBILE, RESIDENT_ID
from qingyuan.pii._kernel.ordering import join_different, keep_different
from qingyuan.pii._kernel.unions import join
from qingyuan.pii._rules import document_codes, key_codes
from qingyuan.pii.batch import Bytes, Longs

Keys = npt.NDArray[np.uint64]

#: Kinds that identify a person, strongest first: those with a ``key`` rank in the catalogue, the ID before all.
KEYS = (RESIDENT_ID, *(code for code in key_codes() if code != RESIDENT_ID))
#: Those that a stronger one takes over and that group among themselves without one.
_OTHERS = KEYS[1:]
#: Documents other than the ID.
_DOCUMENTS = tuple(code for code in _OTHERS if code in document_codes())
#: Kinds always named in the answer, found or not.
USUAL = (RESIDENT_ID, MOBILE, BANK_CARD)

METHOD_ZH = (
    "精确计数：每个不同的身份证号计一人（15位旧号按其18位现号）；同一记录同一角色中与身份证号同时出现过的其他证件号、手机号、银行卡号归于该人，不另计；"
    "其余手机号、银行卡号凡在同一记录同一角色中同时出现的连为一组（跨文件），每组计一人；"
    "一个手机号对应多个身份证号的不合并；备注栏单独作为一个角色；自由文本或者无列名表格同一行中的多个手机号不相连；"
    "不按姓名、电子邮箱认定或者合并；脱敏值不计入人数，仅列为可能相容。"
)
METHOD_EN = (
    "exact count: every different ID is one person (one of 15 digits as the same person's of 18); another document, mobile or card that ever stands with an ID in one "
    "record and role belongs to that person; the other mobiles and cards that stand together in a record and role form groups, "
    "across files, and each group is one person; a mobile shared by several IDs merges nobody; remarks are a role of "
    "their own; several mobiles in one line of free text or of a table without column names stay apart; names and e-mail addresses neither identify nor "
    "merge anybody; masked values are not counted, they are only compatible or unknown"
)


@dataclass(frozen=True, slots=True)
class PersonIndex:
    """Compact, mergeable knowledge about persons; no value can be read from it.

    Attributes:
        keys: Different keys of each kind of :data:`KEYS`, sorted.
        tied: Those of each kind but the ID that stand with a stronger document somewhere, each sorted.
        links: ``uint64[n, 2]``, different pairs of keys that stand together without a stronger document, sorted.
        link_kinds: ``uint8[n, 2]``, the kind codes of both ends.
        owners: ``uint64[n, 2]``, different pairs (mobile, ID) of records with one ID, sorted.
        unkeyed_records: Records (per role) with clear personal information but no key.
        masked_records: Records (per role) with masked values and no clear key.
    """

    keys: tuple[Keys, ...]
    tied: tuple[Keys, ...]
    links: Keys
    link_kinds: Bytes
    owners: Keys
    unkeyed_records: int = 0
    masked_records: int = 0


@dataclass(frozen=True, slots=True)
class Persons:
    """The answer.

    Attributes:
        distinct: Number of different people who have a key.
        by_key: How many of them are known by each kind of key, the strongest they have.
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


def different(keys: Keys) -> Keys:
    """Return the different keys, sorted."""
    if not len(keys):
        return keys
    # Sorting is quicker here than the hashing of :func:`numpy.unique`.
    ordered = np.sort(keys)
    return ordered[: keep_different(ordered)]


def united(parts: Sequence[Keys]) -> Keys:
    """Return the different keys of all parts, each of which is sorted and without repetition, in the same way."""
    left = [one for one in parts if len(one)] or [np.empty(0, dtype=np.uint64)]
    while len(left) > 1:
        pairs = zip(left[::2], left[1::2], strict=False)
        left = [_joined(one, two) for one, two in pairs] + left[len(left) // 2 * 2 :]
    return left[0]


def _joined(one: Keys, two: Keys) -> Keys:
    """Return the different keys of two sorted arrays."""
    out = np.empty(len(one) + len(two), dtype=np.uint64)
    return out[: join_different(one, two, out)]


def index(
    group: Longs,
    kind: Bytes,
    key: Keys,
    *,
    listing: npt.NDArray[np.bool_] | None = None,
    unkeyed_records: int = 0,
    masked_records: int = 0,
) -> PersonIndex:
    """Return the index of the mentions of one file.

    Args:
        group: Number of the record and role of each mention, from 0.
        kind: Kind code; other kinds than :data:`KEYS` are ignored.
        key: Key of the value.
        listing: ``bool[groups]``, groups that may list several people (lines of free text).
        unkeyed_records: Passed through.
        masked_records: Passed through.
    """
    keyed, document = _keyed()
    if not bool(keyed[kind].all()):
        chosen = keyed[kind]
        group, kind, key = group[chosen], kind[chosen], key[chosen]
    size = int(group.max()) + 1 if len(group) else 0
    occurs = np.bincount(kind, minlength=len(KINDS))
    is_id, is_document = kind == RESIDENT_ID, document[kind]
    with_id, with_document = (_with(group, some, size) for some in (is_id, is_document))
    free = ~is_id & ~with_id & (is_document | ~with_document)
    links, link_kinds = _linked(group[free], kind[free], key[free], size, listing)
    taken = with_id | (with_document & ~is_document)
    return PersonIndex(
        keys=tuple(_of_kind(code, kind, key, occurs, None) for code in KEYS),
        tied=tuple(_of_kind(code, kind, key, occurs, taken) for code in _OTHERS),
        links=links,
        link_kinds=link_kinds,
        owners=_owners(group, kind, key, size, is_id),
        unkeyed_records=unkeyed_records,
        masked_records=masked_records,
    )


def indexed(
    keys: Sequence[Keys],
    tied: Sequence[Keys],
    group: Longs,
    kind: Bytes,
    key: Keys,
    *,
    owned: Keys,
    listing: npt.NDArray[np.bool_] | None = None,
    unkeyed_records: int = 0,
    masked_records: int = 0,
) -> PersonIndex:
    """Return the index of mentions that were counted record by record.

    Args:
        keys: Keys by kind as in :data:`KEYS`, in no order and repeated.
        tied: Those that stand with a stronger document, in the same way (the IDs have none).
        group: Number of the owner of each mention that stands with others and without a stronger document.
        kind: Its kind code.
        key: Its key.
        owned: ``uint64[n, 2]``, pairs (mobile, ID) of owners with one ID, repeated.
        listing: ``bool[owners]``, owners in ``group`` that may be several people (lines of free text).
        unkeyed_records: Passed through.
        masked_records: Passed through.
    """
    links, link_kinds = _linked(group, kind, key, int(group.max()) + 1 if len(group) else 0, listing)
    return PersonIndex(
        keys=tuple(different(one) for one in keys),
        tied=tuple(different(one) for one in tied[1:]),
        links=links,
        link_kinds=link_kinds,
        owners=_different_owners(owned),
        unkeyed_records=unkeyed_records,
        masked_records=masked_records,
    )


def _linked(
    group: Longs, kind: Bytes, key: Keys, size: int, listing: npt.NDArray[np.bool_] | None
) -> tuple[Keys, Bytes]:
    """Return the links of mentions without a stronger document: of documents, and of what is weaker."""
    documents = _keyed()[1][kind]
    weak = ~documents
    if documents.any():
        documents = documents & ~_doubled(group, kind, key, size, documents)
    found = [_links(group[some], kind[some], key[some], size, listing) for some in (documents, weak)]
    return _different(*(np.concatenate([part[i] for part in found]) for i in (0, 1)))


@functools.cache
def ranks() -> Bytes:
    """Return what a key of each kind is; see :data:`qingyuan.pii._kernel.tally.RANK`."""
    out = np.zeros(len(KINDS), dtype=np.uint8)
    out[[*_OTHERS]] = tally.OTHER
    out[[*_DOCUMENTS]] = tally.DOCUMENT
    out[RESIDENT_ID], out[MOBILE] = tally.IDENTITY, tally.TELEPHONE
    return out


@functools.cache
def key_places() -> Bytes:
    """Return the place of each kind among :data:`KEYS`, 0 where it is none."""
    out = np.zeros(len(KINDS), dtype=np.uint8)
    out[[*KEYS]] = np.arange(len(KEYS))
    return out


@functools.cache
def _keyed() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which kinds are of :data:`KEYS`, and which of documents other than the ID."""
    codes = np.arange(len(KINDS))
    return np.isin(codes, KEYS), np.isin(codes, _DOCUMENTS)


def _of_kind(code: int, kind: Bytes, key: Keys, occurs: Longs, some: npt.NDArray[np.bool_] | None) -> Keys:
    """Return the different keys of one kind, sorted; of ``some`` of them if it is given."""
    if not occurs[code] or (some is not None and not some.any()):
        return np.empty(0, dtype=np.uint64)
    if occurs[code] == len(kind):
        return different(key if some is None else key[some])
    return different(key[kind == code] if some is None else key[(kind == code) & some])


def _with(group: Longs, some: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.bool_]:
    """Return which mentions stand in a group that has one of ``some``."""
    if not some.any():
        return np.zeros(len(group), dtype=np.bool_)
    has = np.zeros(size, dtype=np.bool_)
    has[group[some]] = True
    return has[group]


def _doubled(
    group: Longs, kind: Bytes, key: Keys, size: int, some: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return which mentions stand in a group with two different values of one kind among ``some``."""
    doubled = np.zeros(len(group), dtype=np.bool_)
    for code in _DOCUMENTS:
        of_kind = some & (kind == code)
        first = np.zeros(size, dtype=np.uint64)
        first[group[of_kind]] = key[of_kind]
        doubled |= _with(group, of_kind & (first[group] != key), size)
    return doubled


def _links(
    group: Longs, kind: Bytes, key: Keys, size: int, listing: npt.NDArray[np.bool_] | None
) -> tuple[Keys, Bytes]:
    """Return links from the first value of each group to its others; all are of one level."""
    several = np.bincount(group, minlength=size)[group] > 1
    if not several.any():
        return np.empty((0, 2), dtype=np.uint64), np.empty((0, 2), dtype=np.uint8)
    group, kind, key = group[several], kind[several], key[several]
    order = np.argsort(group, kind="stable")
    group, kind, key = group[order], kind[order], key[order]
    starts = np.concatenate(([True], group[1:] != group[:-1])) if len(group) else group == 0
    head = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    if listing is not None and len(group):
        mobile = np.where(kind == MOBILE, key, np.uint64(0))
        low = np.full(size, np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(low, group[kind == MOBILE], key[kind == MOBILE])
        high = np.zeros(size, dtype=np.uint64)
        np.maximum.at(high, group, mobile)
        free = ~(listing[group] & (low[group] < high[group]))
    else:
        free = np.ones(len(group), dtype=np.bool_)
    other = free & ((key != key[head]) | (kind != kind[head]))
    head = head[other]
    return _different(np.stack((key[head], key[other]), axis=1), np.stack((kind[head], kind[other]), axis=1))


def _owners(group: Longs, kind: Bytes, key: Keys, size: int, is_id: npt.NDArray[np.bool_]) -> Keys:
    """Return the pairs (mobile, ID) of the groups with exactly one ID."""
    if not is_id.any():
        return np.empty((0, 2), dtype=np.uint64)
    owner = np.zeros(size, dtype=np.uint64)
    owner[group[is_id]] = key[is_id]
    single = np.zeros(size, dtype=np.bool_)
    single[group[is_id]] = True
    single[group[is_id & (owner[group] != key)]] = False
    chosen = (kind == MOBILE) & single[group]
    return _different_owners(np.stack((key[chosen], owner[group[chosen]]), axis=1))


def _different_owners(pairs: Keys) -> Keys:
    """Return the different pairs, sorted: by their first keys, which are seldom alike, and then those alike."""
    pairs = pairs[np.argsort(pairs[:, 0])]
    alike = pairs[1:, 0] == pairs[:-1, 0]
    if not alike.any():
        return pairs
    some = np.flatnonzero(np.concatenate(([False], alike)) | np.concatenate((alike, [False])))
    few = pairs[some]
    pairs[some] = few[np.lexsort((few[:, 1], few[:, 0]))]
    new = np.ones(len(pairs), dtype=np.bool_)
    new[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return pairs[new]


def _different(pairs: Keys, kinds: Bytes) -> tuple[Keys, Bytes]:
    """Return the different pairs with their kinds, sorted."""
    order = np.lexsort((kinds[:, 1], kinds[:, 0], pairs[:, 1], pairs[:, 0]))
    pairs, kinds = pairs[order], kinds[order]
    new = np.ones(len(pairs), dtype=np.bool_)
    new[1:] = (pairs[1:] != pairs[:-1]).any(axis=1) | (kinds[1:] != kinds[:-1]).any(axis=1)
    return pairs[new], kinds[new]


def merge(parts: Sequence[PersonIndex]) -> PersonIndex:
    """Return the index of several files together."""
    if len(parts) == 1:
        return parts[0]
    none, no_kinds = np.empty((0, 2), dtype=np.uint64), np.empty((0, 2), dtype=np.uint8)
    links, link_kinds = _different(
        np.concatenate([none, *(p.links for p in parts)]),
        np.concatenate([no_kinds, *(p.link_kinds for p in parts)]),
    )
    owners = np.concatenate([none, *(p.owners for p in parts)])
    return PersonIndex(
        keys=tuple(united([p.keys[i] for p in parts]) for i in range(len(KEYS))),
        tied=tuple(united([p.tied[i] for p in parts]) for i in range(len(_OTHERS))),
        links=links,
        link_kinds=link_kinds,
        owners=_different_owners(owners),
        unkeyed_records=sum(p.unkeyed_records for p in parts),
        masked_records=sum(p.masked_records for p in parts),
    )


def _nodes(found: PersonIndex, kinds: Bytes, keys: Keys) -> Longs:
    """Return the numbers of keys other than IDs, counted through the kinds in the order of :data:`KEYS`."""
    out = np.zeros(len(keys), dtype=np.int64)
    first = 0
    for code, known in zip(_OTHERS, found.keys[1:], strict=True):
        chosen = kinds == code
        out[chosen] = np.searchsorted(known, keys[chosen]) + first
        first += len(known)
    return out


def assign(found: PersonIndex) -> tuple[Longs, ...]:
    """Return the number of the person of every key, by kind as in :data:`KEYS`; -1 where a stronger key has it.

    Persons are numbered from 0: the IDs in their order, then the groups of other keys.
    """
    identity = len(found.keys[0])
    sizes = [len(known) for known in found.keys[1:]]
    parent = np.arange(sum(sizes))
    ends = [_nodes(found, found.link_kinds[:, side], found.links[:, side]) for side in (0, 1)]
    join(parent, ends[0], ends[1])
    taken = np.zeros(len(parent), dtype=np.bool_)
    for code, tied in zip(_OTHERS, found.tied, strict=True):
        taken[parent[_nodes(found, np.full(len(tied), code, dtype=np.uint8), tied)]] = True
    known = (parent == np.arange(len(parent))) & ~taken
    number = np.where(known, np.cumsum(known) - 1 + identity, -1)[parent]
    cuts = np.cumsum(sizes)[:-1]
    return (np.arange(identity), *np.split(number, cuts))


def count(found: PersonIndex) -> Persons:
    """Return the number of different people."""
    # Keys are numbered strongest kind first: the first key of a person has the strongest kind it has.
    numbers = assign(found)
    counted = 0
    by_key = {}
    for code, number in zip(KEYS, numbers, strict=True):
        most = max(counted, int(number.max(initial=-1)) + 1)
        if code in USUAL or most > counted:
            by_key[KINDS[code]] = most - counted
        counted = most
    _, uses = np.unique(found.owners[:, 0], return_counts=True)
    return Persons(
        distinct=counted,
        by_key=by_key,
        shared_mobiles=int((uses > 1).sum()),
        unkeyed_records=found.unkeyed_records,
        masked_records=found.masked_records,
    )
