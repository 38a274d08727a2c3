"""Names and words drawn for the training of :mod:`bench.training.names`: Chinese, transliterated and other foreign names."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np

from qingyuan.pii import lexicon, prose
from qingyuan.pii.catalog import catalog, load_file

#: Share of drawn given names that are words of the language (建设, 致远): what a word is does not tell that it is no name.
WORDS = 0.14


def listed() -> Iterator[tuple[str, int, str]]:
    """Yield word, count and tag of the word list."""
    with lexicon.path().open(encoding="utf-8") as file:
        for line in file:
            word, count, tag = line.split()
            yield word, int(count), tag


@functools.cache
def _given_words() -> tuple[list[str], Any]:
    """Return words of two characters that may be given names, and the running sums of their shares."""
    model = prose.model()
    words, scores = [], []
    for word, count, tag in listed():
        if len(word) == 2 and count > 20 and tag[0] in "nvai" and tag not in ("ns", "nr", "nrt", "nt"):
            score = float(model.given[0, ord(word[0])] + model.given[1, ord(word[1])])
            if score > _LIKE_GIVEN:
                words.append(word)
                scores.append(score)
    share = np.exp(0.6 * np.array(scores))
    return words, np.cumsum(share / share.sum())


#: Logarithm of the share from which on two characters may be a given name.
_LIKE_GIVEN = -13.0


class Vocabulary:
    """Draws words of the word list, the frequent ones more often: of anything, and names of places, bodies and brands."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        plain: dict[str, float] = {}
        proper: dict[str, float] = {}
        for word, count, tag in listed():
            if tag[:2] == "nr" or not all("\u4e00" <= c <= "\u9fff" for c in word):
                continue
            plain[word] = min(count, _OFTEN) ** 0.5
            if tag[:2] in ("ns", "nt", "nz") and len(word) > 1:
                proper[word] = min(count, _OFTEN) ** 0.4
        self.plain, self.plain_sums = list(plain), list(itertools.accumulate(plain.values()))
        self.proper, self.proper_sums = list(proper), list(itertools.accumulate(proper.values()))

    def row(self) -> str:
        return "".join(
            self.r.choices(self.plain, cum_weights=self.plain_sums, k=self.r.choice((1, 1, 2, 2, 3)))
        )

    def place(self) -> str:
        return self.r.choices(self.proper, cum_weights=self.proper_sums)[0]


def beside_names() -> tuple[list[str], list[str]]:
    """Return words for persons that stand before names, and words that stand behind them."""
    data = load_file(resources.files("qingyuan.pii") / "data" / "prose.yaml", prose.Prose)
    before = [
        word
        for group in data.before
        if _TELLING < group.weight < _LABELS
        for word in group.zh
        if len(word) > 1
    ]
    after = [word for group in data.after if group.weight > _BEHIND for word in group.zh if len(word) > 1]
    return before, after


#: Weights of words before and behind names that are drawn; from the second on they are labels (姓名).
_TELLING, _LABELS, _BEHIND = 3.0, 3.9, 2.0
#: Counts of words are taken as this at most, so that 的 is not half of all.
_OFTEN = 20_000


class Alien:
    """Draws transliterated names that nobody has: character after character, as the listed ones go on."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.listed: list[str] = []
        self.after: dict[str, list[str]] = {}
        foreign, surnames = prose.model().foreign, set(catalog().names.single)
        for word, _, tag in listed():
            plain = word[0] not in surnames or len(word) > 3
            if tag == "nrt" and plain and 1 < len(word) < 7 and min(foreign[ord(c)] for c in word) > -1:
                self.listed.append(word)
                for a, b in zip("^" + word, word + "$", strict=True):
                    self.after.setdefault(a, []).append(b)

    def name(self) -> str:
        if self.r.random() < 0.35:
            return self.r.choice(self.listed)
        while True:
            out = "^"
            while out[-1] != "$" and len(out) < 8:
                out += self.r.choice(self.after[out[-1]])
            if out[-1] == "$" and len(out) > 3 - (self.r.random() < 0.15):
                return out[1:-1]


class Namer:
    """Draws names: surnames by their rank, given names by the characters of the lists."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        names, model = catalog().names, prose.model()
        self.surnames = names.single.replace(" ", "")
        self.double = names.double[:40]
        rank = np.arange(len(self.surnames))
        share = (rank + 3.2) ** -1.15 * np.exp(-rank / 150)
        self.by_rank = 0.85 * share / share.sum() + 0.15 / len(share)
        given = np.exp(model.given[:, 0x4E00:0xA000].astype(np.float64) * 1.25)
        self.given = given / given.sum(axis=1, keepdims=True)
        self.pools: list[list[str]] = [[], [], [], []]
        self.words, share = _given_words()
        self.word_share = share

    def word(self) -> str:
        return self.words[int(np.searchsorted(self.word_share, self.draw.random()))]

    def char(self, row: int) -> str:
        pool = self.pools[row]
        if not pool:
            if row == 3:
                pool += [self.surnames[i] for i in self.draw.choice(len(self.by_rank), 5000, p=self.by_rank)]
            else:
                pool += [chr(0x4E00 + i) for i in self.draw.choice(0xA000 - 0x4E00, 5000, p=self.given[row])]
        return pool.pop()

    def name(self) -> str:
        family = self.char(3) if self.draw.random() > 0.045 else self.double[self.draw.integers(40)]
        form = self.draw.random()
        if form < 0.27:
            return family + self.char(2)
        if form < 0.33 and len(family) == 1:
            return family + self.char(0) * 2
        if form > 1 - WORDS:
            return family + self.word()
        return family + self.char(0) + self.char(1)


def foreign(r: random.Random, slots: dict[str, list[str]]) -> str:
    """Draw a name of a foreigner or of a minority."""
    form = r.random()
    if form < 0.2:
        return r.choice("····•").join(r.choice(slots["minority"]) for _ in range(2))
    if form < 0.35:
        return r.choice(slots["plain"])
    if form < 0.55:
        return r.choice(slots["japanese"]) + r.choice(slots["japanese_given"])
    if form < 0.8:
        return r.choice("····•").join(r.choice(slots["foreign"]) for _ in range(r.choice((2, 2, 2, 3))))
    return r.choice(slots["single"])


def joined(r: random.Random, alien: Alien) -> str:
    """Draw a foreign name of several parts."""
    return r.choice("····•").join(alien.name() for _ in range(r.choice((2, 2, 2, 3))))
