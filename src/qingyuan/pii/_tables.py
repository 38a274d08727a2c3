"""The catalogue as arrays for the compiled passes."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import flags
from qingyuan.pii._kernel.cells import LETTER_HIDDEN, LETTER_SURNAME
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import Catalog, catalog, numbers

#: Class of the context words of each kind, by name; further kinds have one in column names only.
OWN_LABEL = {
    "resident-id": flags.LABEL_ID,
    "mobile": flags.LABEL_MOBILE,
    "bank-card": flags.LABEL_CARD,
    "email": flags.LABEL_EMAIL,
    "privacy-number": flags.LABEL_PRIVACY,
    "landline": flags.LABEL_LANDLINE,
    "name": flags.LABEL_NAME,
    "address": flags.LABEL_ADDRESS,
} | {
    name: flags.LABEL_KIND + code
    for code, name in enumerate(flags.KINDS[flags.ADDRESS + 1 :], start=flags.ADDRESS + 1)
}
OTHER_LABEL = {
    "order": flags.LABEL_ORDER,
    "time": flags.LABEL_TIME,
    "text": flags.LABEL_TEXT,
    "amount": flags.LABEL_TIME,
    "not-name": flags.LABEL_NOT_NAME,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """Arrays made of the catalogue; see the kernels for their meaning."""

    plan: Bytes
    provinces: Bytes
    glued: npt.NDArray[np.uint64]
    text: Bytes
    words: Longs
    buckets: Longs
    own: Longs
    letters: Bytes
    surnames: Longs
    marks: Bytes
    regions: Longs
    issuers: Bytes


def _fnv1a(word: str) -> int:
    """Return the 64-bit FNV-1a hash of an ASCII word."""
    value = 14695981039346656037
    for byte in word.encode("ascii"):
        value = (value ^ byte) * 1099511628211 & 0xFFFFFFFFFFFFFFFF
    return value


def _pairs(words: tuple[str, ...]) -> Longs:
    """Return the first two characters of each word as sorted numbers."""
    return np.array(sorted(ord(w[0]) << 16 | ord(w[1]) for w in words), dtype=np.int64)


def context_words(data: Catalog) -> dict[str, int]:
    """Return the class of every context word; a word of two kinds belongs to the first."""
    out: dict[str, int] = {}
    for name, kind in data.kinds.items():
        own = OWN_LABEL[name]
        if own > flags.LABEL_KIND and not kind.displaces:
            continue
        for word in (*kind.context.zh, *kind.context.en):
            out.setdefault(word, min(own, flags.LABEL_OTHER))
    for name, words in data.labels.labels.items():
        for word in (*words.zh, *words.en):
            out.setdefault(word, OTHER_LABEL[name])
    return {word: label for word, label in out.items() if len(word) > 1}


def word_table(words: dict[str, int]) -> tuple[Bytes, Longs, Longs]:
    """Return text, word triples and buckets by last byte, longest words first."""
    ordered = sorted(words, key=lambda w: (w.encode()[-1], -len(w.encode()), w))
    text = b"".join(w.encode() for w in ordered)
    triples = []
    buckets = np.zeros(257, dtype=np.int64)
    at = 0
    for word in ordered:
        raw = word.encode()
        triples += [at, len(raw), words[word]]
        at += len(raw)
        buckets[raw[-1] + 1] += 1
    return np.frombuffer(text, dtype=np.uint8), np.array(triples, dtype=np.int64), np.cumsum(buckets)


def _issuers(data: Catalog) -> Bytes:
    """Return, by the first six digits of a card, 1 for a listed issuer, 2 for a network's range, 4 for a region."""
    card = data.numbering.bank_card
    out = np.zeros(1_000_000, dtype=np.uint8)
    out[[number for bank in card.listed.values() for number in bank]] = 1
    for low, high in numbers(card.ranges):
        out[low : high + 1] |= 2
    for low, high in numbers(data.numbering.resident_id.counties_of_62):
        out[low : high + 1] |= 4
    return out


@functools.cache
def displacing() -> frozenset[int]:
    """Return the header classes of the kinds whose columns hold no telephone, ID or card numbers."""
    return frozenset(OWN_LABEL[name] for name, kind in catalog().kinds.items() if kind.displaces)


@functools.cache
def tables() -> Tables:
    """Return the arrays of the shipped catalogue, built once."""
    data = catalog()
    plan = np.zeros(1000, dtype=np.uint8)
    for low, high in numbers(data.numbering.mobile.range):
        plan[low : high + 1] = 1
    for low, high in numbers(data.numbering.mobile.assigned):
        plan[low : high + 1] = 2
    provinces = np.zeros(101, dtype=np.uint8)
    provinces[100] = dt.datetime.now(tz=dt.UTC).year - 1900
    for low, high in numbers(data.numbering.resident_id.provinces):
        provinces[low : high + 1] = 1
    letters = np.zeros(65536, dtype=np.uint8)
    for char in data.names.single.replace(" ", ""):
        letters[ord(char)] |= LETTER_SURNAME
    for char in data.names.hidden:
        letters[ord(char)] |= LETTER_HIDDEN
    marks = np.zeros(65536, dtype=np.uint8)
    levels = data.places.marks
    for bit, chars in enumerate(
        (levels.province, levels.city, levels.county, levels.town, levels.road, levels.number, levels.place)
    ):
        for char in chars:
            marks[ord(char)] |= 1 << bit
    own = np.full(len(flags.KINDS), 15, dtype=np.int64)
    for code, name in enumerate(flags.KINDS[1:], start=1):
        own[code] = OWN_LABEL[name]
    text, words, buckets = word_table(context_words(data))
    return Tables(
        plan=plan,
        provinces=provinces,
        glued=np.array(sorted(_fnv1a(w) for w in data.labels.glued), dtype=np.uint64),
        text=text,
        words=words,
        buckets=buckets,
        own=own,
        letters=letters,
        surnames=_pairs(data.names.double),
        marks=marks,
        regions=_pairs(data.places.provinces),
        issuers=_issuers(data),
    )
