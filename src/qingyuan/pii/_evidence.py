"""Partial keys of people of one name: what agrees, what contradicts, and how likely that is by chance.

For two clusters of one clear name, every group of features that agrees has a probability of doing so by
accident: how often the value occurs among people of other names, at least the floor of its feature. Their
product, times the number of pairs of clusters with that name, is the number of accidental agreements
expected (Fellegi and Sunter's weights with value-specific frequencies, read as an expectation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from qingyuan.pii._clusters import Clusters, buckets, one_each
from qingyuan.pii._features import ID_PARTS, Feature
from qingyuan.pii.batch import Longs

if TYPE_CHECKING:
    from qingyuan.pii.linking import Mentions

F = Feature
#: Groups of features; only the strongest of each counts.
GROUPS: dict[str, tuple[str, str]] = {
    "birth": ("出生日期", "date of birth"),
    "identity": ("身份证号显示的部分", "the visible part of the resident ID"),
    "mobile": ("手机号显示的部分", "the visible part of the mobile"),
    "card": ("银行卡号显示的部分", "the visible part of the card"),
    "address": ("地址", "address"),
    "landline": ("固定电话", "landline"),
}
#: Feature, its group, and the least probability that two people agree in it: at most as many values are in use.
_FLOORS: dict[F, tuple[str, float]] = {
    F.BIRTH: ("birth", 1 / 25_000),
    F.ID_14_0: ("identity", 1e-6),
    F.ID_6_4: ("identity", 1e-5),
    F.ID_3_4: ("identity", 1e-5),
    F.ID_0_4: ("identity", 1e-4),
    F.ID_1_1: ("identity", 1 / 60),
    F.MOBILE_3_4: ("mobile", 1 / 390_000),
    F.MOBILE_7_0: ("mobile", 1 / 200_000),
    F.MOBILE_3_3: ("mobile", 1 / 39_000),
    F.MOBILE_0_4: ("mobile", 1e-4),
    F.CARD_6_4: ("card", 1e-5),
    F.CARD_4_4: ("card", 1e-4),
    F.CARD_0_4: ("card", 1e-4),
    F.PLACE_0: ("address", 1e-3),
    F.PLACE_1: ("address", 1e-4),
    F.PLACE_2: ("address", 1e-5),
    F.NUMBERS_1: ("address", 1e-3),
    F.NUMBERS_2: ("address", 1e-5),
    F.LANDLINE: ("landline", 1e-5),
}
#: Features of masked copies: they agree only where one side is masked, else the whole values are compared.
_PARTIAL = frozenset(
    (F.ID_14_0, F.ID_6_4, F.ID_3_4, F.ID_0_4, F.ID_1_1, F.MOBILE_3_4, F.MOBILE_7_0, F.MOBILE_3_3, F.MOBILE_0_4,
     F.CARD_6_4, F.CARD_4_4, F.CARD_0_4)
)  # fmt: skip
_NUMBERS = (F.NUMBERS_1, F.NUMBERS_2)
#: What agrees of an address that has a number.
_NUMBERED = (F.PLACE_1, F.PLACE_2, *_NUMBERS)
#: What households share, and how many names (as written and as they sound) a household has at most.
_SHARED = frozenset((F.LANDLINE, F.PLACE_0, F.PLACE_1, F.PLACE_2))
_HOUSEHOLD = 16
_CODES = np.array(sorted(_FLOORS), dtype=np.uint8)
#: Parts of an ID that contradict when they differ; parts of a mobile or card then say nothing and make a link less likely.
_OWN_PARTS = {
    "mobile": (F.MOBILE_3_4, F.MOBILE_7_0, F.MOBILE_0_4),
    "card": (F.CARD_6_4, F.CARD_4_4, F.CARD_0_4),
}
#: How much more likely a masked number that fits no known one makes an accident.
_PENALTY = 5.0
#: A value that more clusters of one name (or, among masked ones, of any name) have says nothing.
_MOST = 64
#: People the material is at least drawn from.
_POPULATION = 10_000
#: What a mention without a name may fit somebody in.
_TELLING = np.array(sorted(_PARTIAL | {F.PLACE_2, F.PLACE_1, F.BIRTH}), dtype=np.uint8)
#: Share of the shorter address's wording that must be in the longer one.
_WORDING = 0.6
#: Candidates listed for a mention that is only compatible.
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """Two mentions of one name whose partial keys agree."""

    one: int
    other: int
    agreeing: tuple[str, ...]
    chance: float


class View:
    """What the clusters made by whole keys tell."""

    def __init__(self, found: Mentions, clusters: Clusters) -> None:
        """Gather marks by cluster."""
        self.clusters = clusters
        roots = np.array([clusters.find(row) for row in range(found.rows)], dtype=np.int64)
        self.row, self.feature, self.mark, self.hidden = (
            roots[found.row],
            found.feature,
            found.mark,
            found.hidden,
        )
        #: Names of each cluster, as written and as they sound.
        self.names: dict[int, set[int]] = {}
        clear = np.isin(self.feature, (F.NAME, F.NAME_SOUND)) & ~self.hidden
        for root, mark in zip(self.row[clear].tolist(), self.mark[clear].tolist(), strict=True):
            self.names.setdefault(root, set()).add(mark)
        self.bearers = Counter(name for names in self.names.values() for name in names)
        self.several = self._several(found)
        self.mobiles: dict[int, set[int]] = {}
        clear = (self.feature == F.MOBILE) & ~self.hidden
        for root, mark in zip(self.row[clear].tolist(), self.mark[clear].tolist(), strict=True):
            self.mobiles.setdefault(root, set()).add(mark)
        telling = np.isin(self.feature, _CODES)
        self.marks: dict[int, dict[int, dict[int, bool]]] = {}
        for root, feature, mark, hidden in zip(
            self.row[telling].tolist(), self.feature[telling].tolist(), self.mark[telling].tolist(),
            self.hidden[telling].tolist(), strict=True,
        ):  # fmt: skip
            held = self.marks.setdefault(root, {}).setdefault(feature, {})
            held[mark] = held.get(mark, False) or hidden
        self.wording = self._wordings(found)
        self.users: Counter[tuple[int, int]] = Counter()
        for told in self.marks.values():
            self.users.update((feature, mark) for feature, marks in told.items() for mark in marks)
        self.population = max(_POPULATION, len(self.marks))
        self.crowded = self._crowded()

    def _crowded(self) -> frozenset[tuple[int, int]]:
        """Return the landlines and addresses of more people than a household: a switchboard, a dormitory, a firm."""
        names: dict[tuple[int, int], set[int]] = {}
        for root, told in self.marks.items():
            for feature in _SHARED & told.keys():
                for mark in told[feature]:
                    names.setdefault((feature, mark), set()).update(self.names.get(root, ()))
        return frozenset(place for place, bearers in names.items() if len(bearers) > _HOUSEHOLD)

    def _several(self, found: Mentions) -> dict[int, float]:
        """Return, by name, how many of its pairs of bearers may be different people, at most 1.

        All of them where two are known to differ; else as many others of the name as its surname and given name make likely,
        each taken from the people who share one of them only.
        """
        names, firsts, givens = (one_each(found, f) for f in (F.NAME, F.NAME_FIRST, F.NAME_GIVEN))
        parts = {name: (firsts[row], givens[row]) for row, name in names.items() if row in givens}
        with_first: Counter[int] = Counter()
        with_given: Counter[int] = Counter()
        for name, (first, given) in parts.items():
            with_first[first] += self.bearers[name]
            with_given[given] += self.bearers[name]
        total = max(1, with_first.total())
        known: dict[int, set[int]] = {}
        births: dict[int, set[int]] = {}
        for root, held in self.names.items():
            for name in held:
                known.setdefault(name, set()).update(self.clusters.ids.get(root, ()))
                births.setdefault(name, set()).update(self.clusters.births.get(root, ()))
        return {
            name: 1.0
            if len(known[name]) > 1 or len(births[name]) > 1
            else min(1.0, with_first[first] / total * (with_given[given] - self.bearers[name] + 1))
            for name, (first, given) in parts.items()
        }

    def _wordings(self, found: Mentions) -> dict[tuple[int, int], frozenset[int]]:
        """Return the wording of the address of each cluster and house number."""
        words: dict[int, set[int]] = {}
        chosen = found.feature == F.WORDING
        for row, mark in zip(found.row[chosen].tolist(), found.mark[chosen].tolist(), strict=True):
            words.setdefault(row, set()).add(mark)
        out: dict[tuple[int, int], frozenset[int]] = {}
        numbered = np.isin(found.feature, _NUMBERS)
        for row, mark in zip(found.row[numbered].tolist(), found.mark[numbered].tolist(), strict=True):
            place = (self.clusters.find(row), mark)
            out[place] = out.get(place, frozenset()) | frozenset(words.get(row, ()))
        return out

    def pairs(self, coincidences: float) -> list[Pair]:
        """Return the pairs of one name that hardly agree by accident, the surest first."""
        agreeing: dict[int, list[Pair]] = {}
        for one, other, name in self._candidates():
            chance, groups = self._chance(one, other)
            if not self._other_mobiles(one, other):
                chance *= self.several.get(name, 1.0)
            if groups and not self.clusters.contradict(one, other):
                agreeing.setdefault(name, []).append(Pair(one, other, groups, chance))
        found: dict[tuple[int, int], Pair] = {}
        for name, pairs in agreeing.items():
            accidents = self.bearers[name] * (self.bearers[name] - 1) / 2
            for pair in self._hardly_chance(sorted(pairs, key=self._order), accidents, coincidences):
                known = found.get((pair.one, pair.other))
                if known is None or pair.chance < known.chance:
                    found[pair.one, pair.other] = pair
        return self._unambiguous(sorted(found.values(), key=self._order))

    @staticmethod
    def _hardly_chance(pairs: list[Pair], others: float, coincidences: float) -> list[Pair]:
        """Return the pairs of one name of which few are accidents, with the share of accidents to expect.

        Of so many pairs of different people, some agree as well by accident; so many links are made by those that do (the false
        discovery rate of Benjamini and Hochberg 1995, where what agrees only through others is no link more).
        """
        parent: dict[int, int] = {}

        def find(one: int) -> int:
            while parent.setdefault(one, one) != one:
                one = parent[one]
            return one

        links, last, rates = 0, 0, []
        for at, pair in enumerate(pairs, start=1):
            a, b = find(pair.one), find(pair.other)
            links += a != b
            parent[max(a, b)] = min(a, b)
            rates.append(pair.chance * others / links)
            last = at if rates[-1] <= coincidences else last
        return [Pair(p.one, p.other, p.agreeing, rate) for p, rate in zip(pairs[:last], rates, strict=False)]

    def _order(self, pair: Pair) -> tuple[float, int, int]:
        content = self.clusters.content
        low, high = sorted((int(content[pair.one]), int(content[pair.other])))
        return pair.chance, low, high

    def _blocks(self) -> Iterator[tuple[int, int, list[tuple[int, bool]]]]:
        """Yield name, feature and the clusters that share a mark of it, each with whether it is masked there."""
        blocks: dict[tuple[int, int, int], list[tuple[int, bool]]] = {}
        for root in sorted(self.names):
            shared = [name for name in self.names[root] if self.bearers[name] > 1]
            told = [
                (f, mark, hidden)
                for f, marks in self.marks.get(root, {}).items()
                for mark, hidden in marks.items()
            ]
            for name, (feature, mark, hidden) in product(shared, told):
                blocks.setdefault((name, feature, mark), []).append((root, hidden))
        for (name, feature, _), roots in blocks.items():
            if 1 < len(roots) <= _MOST:
                yield name, feature, roots

    def _candidates(self) -> Iterator[tuple[int, int, int]]:
        """Yield pairs of clusters with a name and a telling mark in common, lowest first."""
        seen: set[tuple[int, int, int]] = set()
        for name, feature, roots in self._blocks():
            for (one, masked), (other, also) in combinations(roots, 2):
                pair = (one, other, name)
                if pair not in seen and (feature not in _PARTIAL or masked or also):
                    seen.add(pair)
                    yield pair

    def _chance(self, one: int, other: int) -> tuple[float, tuple[str, ...]]:
        """Return the probability that two clusters agree by accident, and in what; nothing if they contradict."""
        a, b = self.marks.get(one, {}), self.marks.get(other, {})
        best: dict[str, float] = {}
        for feature in a.keys() & b.keys():
            group, floor = _FLOORS[F(feature)]
            for mark in a[feature].keys() & b[feature].keys():
                if self._tells(one, other, feature, mark):
                    shared = max(0, self.users[feature, mark] - 2) / self.population
                    best[group] = min(best.get(group, 1.0), max(floor, shared))
        if _differ(a, b, ID_PARTS):
            return 1.0, ()
        penalty = 1.0
        for group, parts in _OWN_PARTS.items():
            if _differ(a, b, parts):  # the last four agree, the first three do not
                best.pop(group, None)
                penalty *= _PENALTY
        if "birth" in best and "identity" in best and _same_digits(a, b):
            best.pop("birth")
        if best.keys() == {"address"} and not _same_house(a, b):
            best.clear()
        chance = penalty * float(np.prod(list(best.values()))) if best else 1.0
        return chance, tuple(name for name in GROUPS if name in best)

    def _tells(self, one: int, other: int, feature: int, mark: int) -> bool:
        """Tell whether a mark that two clusters have says anything of who they are."""
        if feature in _PARTIAL:
            return self.marks[one][feature][mark] or self.marks[other][feature][mark]
        if feature in _NUMBERS:
            return self._alike(one, other, mark)
        return (feature, mark) not in self.crowded

    def _other_mobiles(self, one: int, other: int) -> bool:
        """Tell whether both have mobiles in clear, and none in common."""
        a, b = self.mobiles.get(one), self.mobiles.get(other)
        return bool(a and b and not a & b)

    def _alike(self, one: int, other: int, mark: int) -> bool:
        """Tell whether two addresses with the same numbers have nearly the same wording."""
        a, b = self.wording.get((one, mark), frozenset()), self.wording.get((other, mark), frozenset())
        few = min(len(a), len(b))
        return few > 1 and len(a & b) >= _WORDING * few

    def _unambiguous(self, pairs: list[Pair]) -> list[Pair]:
        """Leave out pairs of a cluster that fits two people who cannot be one nearly as well."""
        options: dict[int, list[Pair]] = {}
        for pair in pairs:
            options.setdefault(pair.one, []).append(pair)
            options.setdefault(pair.other, []).append(pair)
        out = []
        for pair in pairs:
            rivals = (
                (rival, pair.other if end == pair.one else pair.one, end)
                for end in (pair.one, pair.other)
                for rival in options[end]
                if rival is not pair
            )
            if not any(
                rival.chance <= pair.chance * 1e3
                and self.clusters.contradict(mate, rival.other if rival.one == end else rival.one)
                for rival, mate, end in rivals
            ):
                out.append(pair)
        return out

    def compatible(self, person: Longs) -> Iterator[tuple[int, int]]:
        """Yield mentions whose name is masked or missing, each with a mention of another person it fits in part."""
        forms: dict[int, set[int]] = {}
        masked: dict[int, int] = {}
        chosen = np.isin(self.feature, (F.NAME_SHAPE, F.NAME_FIRST))
        for root, mark, hidden in zip(
            self.row[chosen].tolist(), self.mark[chosen].tolist(), self.hidden[chosen].tolist(), strict=True
        ):
            if hidden:
                masked[root] = mark
            else:
                forms.setdefault(root, set()).add(mark)
        partial = np.isin(self.feature, _TELLING)
        listed: dict[int, set[int]] = {}
        for roots in buckets(self.feature[partial], self.mark[partial], self.row[partial]):
            unnamed = [one for one in roots if one not in self.names]
            named = [other for other in roots if other in self.names]
            for one, other in product(unnamed, named) if len(roots) <= _MOST else ():
                fits = one not in masked or masked[one] in forms.get(other, ())
                known = listed.setdefault(one, {int(person[one])})
                apart = self.clusters.contradict(self.clusters.find(one), self.clusters.find(other))
                if fits and not apart and int(person[other]) not in known and len(known) <= _LISTED:
                    known.add(int(person[other]))
                    yield one, other


def _differ(a: dict[int, dict[int, bool]], b: dict[int, dict[int, bool]], features: tuple[F, ...]) -> bool:
    """Tell whether a masked value of one side fits no value of the other."""
    for feature in features:
        one, other = a.get(feature), b.get(feature)
        if one and other and not one.keys() & other.keys() and (any(one.values()) or any(other.values())):
            return True
    return False


def _same_house(a: dict[int, dict[int, bool]], b: dict[int, dict[int, bool]]) -> bool:
    """Tell whether an address with a number agrees; kin of one name live in one village, so a place alone tells nothing."""
    return any(a.get(f, {}).keys() & b.get(f, {}).keys() for f in _NUMBERED)


def _same_digits(a: dict[int, dict[int, bool]], b: dict[int, dict[int, bool]]) -> bool:
    """Tell whether the agreeing part of the ID holds the date of birth, which must not count twice."""
    one, other = a.get(F.ID_14_0, {}), b.get(F.ID_14_0, {})
    return bool(one.keys() & other.keys())
