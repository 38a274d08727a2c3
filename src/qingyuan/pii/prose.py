"""Names in free text: what a name is made of, what stands around it, and which words it could be instead."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii import _named_beside, lexicon, tagger
from qingyuan.pii._elsewhere import elsewhere, foreign
from qingyuan.pii._kernel import flags
from qingyuan.pii._kernel import people as k
from qingyuan.pii._kernel.lexicon import (
    LONGEST,
    TAG_FOREIGN,
    TAG_PERSON,
    TAG_PLACE,
    TAG_PROPER,
    place,
    telling,
)
from qingyuan.pii._kernel.prose import people
from qingyuan.pii._kernel.tagging import label
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog, load_file

_Floats = npt.NDArray[np.float32]
_Weights = npt.NDArray[np.int8]

#: Logarithm of the share of a word from which on it is ordinary.
ORDINARY = -13.0
#: Score of what cannot be.
_NEVER = np.float32(-1e9)
#: Score of a listed full name below which it is hardly one of a surname and a given name.
_EXPLAINED = -22.0
#: Count of a word that is known to be no name: as a frequent word has it.
_COMMON = 20_000.0
#: Count of a listed foreign name that the word list has not: as one that is seldom met.
_RARE = 20.0
#: Part of the listed names that is counted: among them is much that is none.
_LISTED = 0.4
#: Logarithm of the share of a character no word list counts.
_UNSEEN = -16.0
#: Ranks of surnames, steps of how much likelier a character is in a given or foreign name than elsewhere, and the
#: logarithm of a share in given names that is none: the classes of the trained model.
_COMMONEST, _FREQUENT = 60, 200
_OWN_STEPS = (-3.0, -1.0, 0.0, 1.0, 2.0, 3.0)
_ALIEN_STEPS = (-2.5, -1.0, 0.0, 0.7, 1.2)
_RARELY = -13.0


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Characters of given names that count as often as if ``times`` listed names had them."""

    times: int
    chars: str


class Weighted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words beside a name, of one weight."""

    weight: float
    zh: tuple[str, ...]


class Ends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Last characters of words for a person."""

    weight: float
    chars: str


class Hidden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Characters that stand for the rest of a name."""

    first: str
    rest: str


class Prose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """See ``data/prose.yaml``."""

    given: tuple[Given, ...]
    not_given: str
    foreign: str
    hidden: Hidden
    people: tuple[str, ...]
    not_people: tuple[str, ...]
    joiners: str
    before: tuple[Weighted, ...]
    title_ends: Ends
    after: tuple[Weighted, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The arrays of the compiled pass; see :func:`qingyuan.pii._kernel.prose.people`."""

    keys: npt.NDArray[np.uint64]
    pairs: Bytes
    cost: _Floats
    tags: Bytes
    single: _Floats
    before: _Weights
    after: _Weights
    before1: _Weights
    after1: _Weights
    surname: _Floats
    given: _Floats
    letters: Bytes
    doubles: Longs
    foreign: _Floats
    params: _Floats


def _retag(keys: npt.NDArray[np.uint64], tags: Bytes, surname: _Floats, given: _Floats) -> None:
    """Tag listed persons whose characters no surname and given name explains as foreign (in place)."""
    at = np.flatnonzero(tags == TAG_PERSON)
    first, second, third, fourth = (
        ((keys[at] >> np.uint64(s)) & np.uint64(0xFFFF)).astype(np.int64) for s in (48, 32, 16, 0)
    )
    score = surname[first] + given[k.FIRST, second] + given[k.SECOND, third]
    tags[at[(third > 0) & (fourth == 0) & (score < _EXPLAINED)]] = TAG_FOREIGN


def parameters(title: float) -> _Floats:
    """Return the weights of the model, in the order of the ``P_…`` numbers."""
    out = np.zeros(k.PARAMETERS, dtype=np.float32)
    out[k.P_NAME] = -2.0
    out[k.P_BEFORE] = -1.7
    out[k.P_AFTER] = -0.8
    out[k.P_START] = 1.5
    out[k.P_END] = 0.8
    out[k.P_OTHER] = -0.3
    out[k.P_TITLE] = title
    out[k.P_ADJACENT] = -3.0
    out[k.P_LISTED] = 0.0
    out[k.P_LISTED_SHORT] = -4.0
    out[k.P_FOREIGN] = 0.0
    out[k.P_SURE] = 1.2
    out[k.P_FOUR] = -3.0
    out[k.P_CONTEXT] = 1.9
    out[k.P_TWO] = -1.8
    out[k.P_PLAIN] = -11.0
    out[k.P_PLAIN_SHORT] = 0.0
    out[k.P_LIKELY] = -27.0
    out[k.P_TITLED] = 30.0
    out[k.P_BOUND] = 5.5
    return out


def _surnames(chars: str) -> _Floats:
    """Return the logarithm of the share of each surname, from its rank in the list."""
    out = np.full(65536, _NEVER, dtype=np.float32)
    for rank, char in enumerate(chars):
        if out[ord(char)] == _NEVER:
            out[ord(char)] = np.log(0.25) - 1.15 * np.log(rank + 3.2) - rank / 150
    return out


def _given(
    listed: npt.NDArray[np.float64], single: _Floats, classes: tuple[Given, ...], barred: str
) -> _Floats:
    """Return the logarithm of the share of each character at each position of a given name."""
    counts = listed * _LISTED
    for entry in classes:
        for char in set(entry.chars):
            counts[:, ord(char)] += entry.times * np.array([1.0, 1.0, 0.6])
    counts[:, 0x4E00:0xA000] += 0.3
    counts[:, 0x3400:0x4DC0] += 0.1
    counts += (single > _UNSEEN) * 0.6
    for char in barred:
        counts[:, ord(char)] = 0.02
    with np.errstate(divide="ignore"):
        out = np.log(counts / counts.sum(axis=1, keepdims=True))
    result: _Floats = np.maximum(out, _NEVER).astype(np.float32)
    return result


def _foreign(counts: npt.NDArray[np.float64], single: _Floats, chars: str, barred: str) -> _Floats:
    """Return how much likelier each character is in a foreign name than elsewhere, within bounds."""
    mine = counts.copy()
    for char in set(chars.replace(" ", "")):
        mine[ord(char)] += 40
    share = np.log((mine + 0.3) / mine.sum())
    out = np.clip(share - single, -3.5, 1.6)
    for char in set(barred) - set(chars):
        out[ord(char)] = -3.0
    result: _Floats = out.astype(np.float32)
    return result


def _tag_foreign(keys: npt.NDArray[np.uint64], pairs: Bytes, tags: Bytes, counts: _Floats) -> None:
    """Put the listed foreign names, of people and of anything else, into the word list with their tags (in place)."""
    lists = foreign()
    for tag, listed in (
        (TAG_FOREIGN, lists.people),
        (TAG_PLACE, lists.places),
        (TAG_PROPER, (*lists.firms, *lists.works)),
    ):
        for word in listed:
            if len(word) <= LONGEST:
                at = place(keys, pairs, np.uint64(pack(word)))
                tags[at] = tag
                counts[at] = max(counts[at], _RARE)


@functools.cache
def model() -> Model:
    """Return the model of the shipped lists, built once."""
    data = load_file(resources.files("qingyuan.pii") / "data" / "prose.yaml", Prose)
    names = catalog().names
    singles = names.single.replace(" ", "")
    words = lexicon.words(singles)
    keys, pairs, tags, counts = words.keys.copy(), words.pairs.copy(), words.tags.copy(), words.counts.copy()
    before, after = (np.full(len(keys), k.NONE, dtype=np.int8) for _ in range(2))
    before1, after1 = (np.full(65536, k.NONE, dtype=np.int8) for _ in range(2))
    for groups, many, one in ((data.before, before, before1), (data.after, after, after1)):
        for group in groups:
            for word in group.zh:
                if len(word) == 1:
                    one[ord(word)] = round(group.weight * 10)
                else:
                    many[place(keys, pairs, np.uint64(pack(word)))] = round(group.weight * 10)
    for word in data.people:
        at = place(keys, pairs, np.uint64(pack(word)))
        tags[at] = TAG_PERSON
        counts[at] = max(counts[at], _RARE)
    for word in data.not_people:
        if len(word) <= LONGEST:
            at = place(keys, pairs, np.uint64(pack(word)))
            tags[at] = TAG_PROPER
            counts[at] = max(counts[at], _COMMON)
    _tag_foreign(keys, pairs, tags, counts)
    total = float(words.total)
    with np.errstate(divide="ignore"):
        cost = np.where(counts > 0, np.log(counts / total), _NEVER).astype(np.float32)
        single = np.where(words.single > 0, np.log(words.single / total), _UNSEEN).astype(np.float32)
    letters = np.zeros(65536, dtype=np.uint8)
    for chars, bit in (
        (singles, k.SURNAME),
        (data.hidden.first, k.HIDDEN),
        (data.hidden.rest, k.HIDING),
        ([pair[0] for pair in names.double], k.DOUBLE),
        (data.joiners, k.JOINER),
        (data.title_ends.chars, k.TITLE_END),
    ):
        for char in chars:
            letters[ord(char)] |= bit
    surname, given = _surnames(singles), _given(words.given, single, data.given, data.not_given)
    _retag(keys, tags, surname, given)
    return Model(
        keys=keys, pairs=pairs, cost=cost, tags=tags, single=single, before=before, after=after, before1=before1,
        after1=after1, surname=surname, given=given, letters=letters,
        doubles=np.array(sorted(ord(w[0]) << 16 | ord(w[1]) for w in names.double), dtype=np.int64),
        foreign=_foreign(words.foreign, single, data.foreign, data.not_given), params=parameters(data.title_ends.weight),
    )  # fmt: skip


def pack(word: str) -> int:
    """Return the key of a word of at most four characters of the basic plane."""
    key = 0
    for char in word.ljust(4, "\0"):
        key = key << 16 | ord(char)
    return key


@dataclass(frozen=True, slots=True)
class Found:
    """Names found, parallel arrays in the order of the bytes.

    Attributes:
        cell: Cell number.
        start: First byte.
        end: One past the last byte.
        bits: ``FOUND_…`` bits of :mod:`qingyuan.pii._kernel.people`.
    """

    cell: Longs
    start: Longs
    end: Longs
    bits: Bytes


def search(data: Bytes, starts: Longs, ends: Longs) -> Found:
    """Find the names in cells of free text by the words around them and by the likeliest cut into words."""
    m = model()
    room = int((ends - starts).sum()) // 6 + 8
    cell, first, last = (np.empty(room, dtype=np.int64) for _ in range(3))
    bits = np.empty(room, dtype=np.uint8)
    n = people(
        data, starts, ends, m.keys, m.pairs, m.cost, m.tags, m.single, m.before, m.after, m.before1, m.after1,
        m.surname, m.given, m.letters, m.doubles, m.foreign, m.params, cell, first, last, bits,
    )  # fmt: skip
    return Found(cell[:n].copy(), first[:n].copy(), last[:n].copy(), bits[:n].copy())


def find(data: Bytes, starts: Longs, ends: Longs) -> Found:
    """Find the names in cells of free text (``data`` is UTF-8): what :func:`search` finds, judged by the trained model."""
    m, trained, seen = model(), tagger.trained(), search(data, starts, ends)
    room = int((ends - starts).sum()) // 6 + 8
    cell, first, last = (np.empty(room, dtype=np.int64) for _ in range(3))
    bits = np.empty(room, dtype=np.uint8)
    n = label(
        data, starts, ends, seen.cell, seen.start, seen.end, seen.bits, m.keys, m.pairs, m.cost, m.tags, m.before,
        m.after, m.before1, m.after1, m.single, m.surname, m.given, m.foreign, classes(), trained.weights,
        trained.steps, trained.sure, trained.least, cell, first, last, bits,
    )  # fmt: skip
    none = _named_beside.no_names(data, first[:n], last[:n]) | elsewhere(data, first[:n], last[:n])
    keep = np.flatnonzero(~none)
    kept, begin = bits[keep], first[keep]
    alien = (kept & k.FOUND_MASKED == 0) & ~_begins_listed(data, begin, m.letters)
    begin = np.maximum(_named_beside.with_initials(data, begin), starts[cell[keep]])
    return Found(cell[keep], begin, last[keep], kept | np.uint8(k.FOUND_FOREIGN) * alien)


def _begins_listed(data: Bytes, at: Longs, letters: Bytes) -> npt.NDArray[np.bool_]:
    """Tell which characters of three bytes at ``at`` a listed surname begins with."""
    code = (data[at].astype(np.int64) & 0x0F) << 12
    code |= (data[np.minimum(at + 1, len(data) - 1)].astype(np.int64) & 0x3F) << 6
    code |= data[np.minimum(at + 2, len(data) - 1)].astype(np.int64) & 0x3F
    listed: npt.NDArray[np.bool_] = letters[code] & (k.SURNAME | k.DOUBLE) != 0
    return listed


@functools.cache
def classes() -> npt.NDArray[np.uint16]:
    """Return the class of every character, as :func:`qingyuan.pii._kernel.described.describe` takes it."""
    m, names = model(), catalog().names
    out = np.zeros(65536, dtype=np.uint16)
    for rank, char in enumerate(names.single.replace(" ", "")):
        out[ord(char)] |= 3 if rank < _COMMONEST else 2 if rank < _FREQUENT else 1
    for pair in names.double:
        if not out[ord(pair[0])] & 3:
            out[ord(pair[0])] |= 1
    han = np.zeros(65536, dtype=np.bool_)
    han[0x4E00:0xA000] = True
    for row, shift in ((k.FIRST, 2), (k.SECOND, 5), (k.ONLY, 8)):
        own = np.digitize(m.given[row] - m.single, _OWN_STEPS) + 1
        own[m.given[row] < _RARELY] = 1
        out |= (np.where(han, own, 0) << shift).astype(np.uint16)
    alien = np.where(han, np.digitize(m.foreign, _ALIEN_STEPS) + 1, 0)
    alien[ord("·")] = 7
    out |= (alien << 11).astype(np.uint16)
    return out


def reads_like_name(data: Bytes, starts: Longs, ends: Longs) -> npt.NDArray[np.bool_]:
    """Tell which values of two to four characters without a listed surname read like names, not like words."""
    m = model()
    out = np.empty(len(starts), dtype=np.uint8)
    telling(data, starts, ends, m.keys, m.cost, m.tags, m.single, m.given, m.foreign, ORDINARY, out)
    reads: npt.NDArray[np.bool_] = out != 0
    return reads


def candidate_flags(bits: int) -> int:
    """Return the evidence bits of the engine for the bits of a found name."""
    out = flags.PROSE
    out |= flags.CHECKED if bits & k.FOUND_SURE else 0
    out |= flags.CONTEXT if bits & k.FOUND_CONTEXT else 0
    out |= flags.MASKED if bits & k.FOUND_MASKED else 0
    out |= 0 if bits & k.FOUND_FOREIGN else flags.SURNAME
    return out


def decide(bits: int) -> tuple[Literal["confirmed", "suspected", "rejected"], str]:
    """Return ``(state, reason)`` of a name found in free text without a label."""
    beside = "+context" if bits & flags.CONTEXT else ""
    if bits & flags.MASKED:
        return (
            ("confirmed", "masked-shape" + beside)
            if bits & flags.CHECKED
            else ("suspected", "surname-only" + beside)
        )
    form = "surname+given" if bits & flags.SURNAME else "transliterated"
    sure = bits & flags.CHECKED
    return ("confirmed" if sure else "suspected"), form + ("+words" if sure else "+ambiguous") + beside
