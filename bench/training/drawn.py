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
from qingyuan.pii._elsewhere import foreign as foreign_lists
from qingyuan.pii.catalog import catalog, load_file

#: Share of drawn given names that are words of the language (建设, 致远): what a word is does not tell that it is no name.
WORDS = 0.14
#: Share of given names beside telephones and addresses that are drawn with less regard to what names have, and the power their shares are taken to.
UNUSUAL, _FLAT = 0.2, 0.4
#: Share of the names that are of the word list: of actors, writers and heroes everybody knows.
KNOWN = 0.1
_PROSE = resources.files("qingyuan.pii") / "data" / "prose.yaml"


def listed() -> Iterator[tuple[str, int, str]]:
    """Yield word, count and tag of the word list."""
    with lexicon.path().open(encoding="utf-8") as file:
        for line in file:
            word, count, tag = line.split()
            yield word, int(count), tag


@functools.cache
def _given_words() -> tuple[list[str], Any]:
    """Return words of two characters that may be given names, and the running sums of their shares."""
    model, titles = prose.model(), set(catalog().names.titles)
    words, scores = [], []
    for word, count, tag in listed():
        if word in titles:
            continue
        if len(word) == 2 and count > 20 and tag[0] in "nvai" and tag not in ("ns", "nr", "nrt", "nt"):
            score = float(model.given[0, ord(word[0])] + model.given[1, ord(word[1])])
            if score > _LIKE_GIVEN:
                words.append(word)
                scores.append(score)
    share = np.exp(0.6 * np.array(scores))
    return words, np.cumsum(share / share.sum())


@functools.cache
def _known(surnames: str) -> tuple[list[str], Any]:
    """Return names of the word list that are made like names, and the running sums of their shares: well known ones more often."""
    model = prose.model()
    lists, common = foreign_lists(), surnames[:_COMMON]
    own = load_file(_PROSE, prose.Prose)
    barred = {*own.not_people, *lists.places, *lists.firms, *lists.works}
    found: list[tuple[str, float]] = [(word, _FAMED) for word in own.people]
    for word, count, tag in listed():
        if (
            tag != "nr"
            or len(word) not in (2, 3)
            or count < _SELDOM
            or word[0] not in surnames
            or word in barred
        ):
            continue
        if word.endswith(_TITLED) or all(model.foreign[ord(c)] > _LIKE_FOREIGN for c in word):
            continue
        if len(word) == 2 and word[0] not in common:
            continue
        at = [ord(c) for c in word]
        rows = (2,) if len(word) == 2 else (0, 1)
        score = sum(float(model.given[row, c] - model.single[c]) for row, c in zip(rows, at[1:], strict=True))
        if score > _MADE_LIKE:
            found.append((word, min(count, _OFTEN) ** 0.5))
    share = np.array([weight for _, weight in found])
    return [word for word, _ in found], np.cumsum(share / share.sum())


#: How many of the most frequent surnames they have; and those of two characters, which words are as well (史诗).
_FAMILIAR, _COMMON = 200, 60
#: Fewest counts of such a name, and how much likelier its characters must be in given names than elsewhere (a logarithm).
_SELDOM, _MADE_LIKE = 12, 1.5
#: How often those are drawn that ``prose.yaml`` adds, as the root of a count.
_FAMED = 12.0
#: Score from which on a character is one of foreign names, and last characters of those who are called by family and title.
_LIKE_FOREIGN = 0.5
_TITLED = (
    "公公",
    "先生",
    "姑娘",
    "大侠",
    "师叔",
    "师傅",
    "大帅",
    "娘",
    "夫人",
    "大人",
    "老爷",
    "公子",
    "小姐",
    "王",
    "后",
    "帝",
    "氏",
    "宫",
    "邦",
    "堡",
    "观",
    "品",
    "生",
    "痴",
    "岭",
    "山",
)
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
    data = load_file(_PROSE, prose.Prose)
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
    """Draws transliterated names: listed ones, and ones that nobody has, character after character as the listed ones go on."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        lists, model = foreign_lists(), prose.model().foreign
        surnames = set(catalog().names.single)
        elsewhere = {*lists.places, *lists.firms, *lists.works}
        loose, places = [], list(elsewhere)
        for word, _, tag in listed():
            if not 1 < len(word) < _LONGEST or min(model[ord(c)] for c in word) <= 0 or word in elsewhere:
                continue
            if tag == "nrt" and (word[0] not in surnames or len(word) > 3):
                loose.append(word)
            elif tag == "ns" and len(word) > 2 and word[-1] not in _ENDS:
                places.append(word)
        self.people, self.loose, self.places = list(lists.people), loose, places
        self.person = _Chain([*self.people, *self.people, *loose])
        self.elsewhere = _Chain(places)

    def name(self) -> str:
        """Draw the name of a person."""
        form = self.r.random()
        if form < _LISTED:
            return self.r.choice(self.people)
        return self.r.choice(self.loose) if form < 2 * _LISTED else self.person.draw(self.r)

    def place(self) -> str:
        """Draw the name of a place, a firm or a work; some are called as persons are."""
        form = self.r.random()
        if form < _LIKE_PEOPLE:
            return self.name()
        return self.r.choice(self.places) if form < 2 * _LIKE_PEOPLE else self.elsewhere.draw(self.r)


class _Chain:
    """Draws words character after character, as those of a list go on."""

    def __init__(self, words: list[str]) -> None:
        self.after: dict[str, list[str]] = {}
        for word in words:
            for a, b in zip("^" + word, word + "$", strict=True):
                self.after.setdefault(a, []).append(b)

    def draw(self, r: random.Random) -> str:
        while True:
            out = "^"
            while out[-1] != "$" and len(out) <= _LONGEST:
                out += r.choice(self.after[out[-1]])
            if out[-1] == "$" and len(out) > 4 - (r.random() < _SHORT):
                return out[1:-1]


#: One more than the characters a drawn transliterated name has at most, and the share of names of two characters that stay.
_LONGEST, _SHORT = 7, 0.4
#: Shares of the listed names and of the other ones of the word list among the drawn ones, and of places that are called like people.
_LISTED, _LIKE_PEOPLE = 0.27, 0.35
#: Last characters of places that tell what they are.
_ENDS = "省市县区州旗镇乡村山河江湖海岛港湾国路街桥寺庙宫城"


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
        flat = self.given**_FLAT
        self.flat = flat / flat.sum(axis=1, keepdims=True)
        self.pools: list[list[str]] = [[], [], [], [], [], []]
        self.words, self.word_share = _given_words()
        self.known, self.known_share = _known(self.surnames[:_FAMILIAR])

    def word(self) -> str:
        return self.words[int(np.searchsorted(self.word_share, self.draw.random()))]

    def char(self, row: int) -> str:
        pool = self.pools[row]
        if not pool:
            if row == 3:
                pool += [self.surnames[i] for i in self.draw.choice(len(self.by_rank), 5000, p=self.by_rank)]
            else:
                share = self.given[row] if row < 3 else self.flat[row - 4]
                pool += [chr(0x4E00 + i) for i in self.draw.choice(0xA000 - 0x4E00, 5000, p=share)]
        return pool.pop()

    def name(self, unusual: float = 0.0) -> str:
        """Draw a name; ``unusual`` is the share of those whose given names are made of anything."""
        if self.draw.random() < KNOWN:
            return self.known[int(np.searchsorted(self.known_share, self.draw.random()))]
        family = self.char(3) if self.draw.random() > 0.045 else self.double[self.draw.integers(40)]
        form = self.draw.random()
        if form < 0.27:
            return family + self.char(2)
        if form < 0.33 and len(family) == 1:
            return family + self.char(0) * 2
        if form > 1 - WORDS:
            return family + self.word()
        if form > 1 - WORDS - unusual:
            return family + self.char(4) + self.char(5)
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
