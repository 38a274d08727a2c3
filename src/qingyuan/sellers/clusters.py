"""Clusters of sellers: those whom a telephone, account, address, licence or nearly the same text ties together, each tie with its reason.

A tie says what two sellers have in common, not that they are one: a person looks at it. Near sameness of texts is the Jaccard
similarity of their sets of shingles (runs of :data:`SHINGLE` characters; Broder 1997), found exactly: two sets that reach the threshold
share one of their rarest members (Bayardo, Ma and Srikant, WWW 2007), so only such pairs are compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from qingyuan.sellers.listing import Listing

#: Characters of a shingle, the shortest text compared, and the similarity, as a fraction, from which on texts are nearly the same.
SHINGLE, SHORTEST, ALIKE = 4, 40, (4, 5)
#: A text is compared with so many later ones that share a rare shingle; copies of one text are tied in a row, so none is lost.
_MOST_PEERS = 200
_NOT_TEXT = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")
_LONG = re.compile(r"(?<!\d)(\d{3})(\d{2,})(\d{4})(?!\d)")
#: Digits of the shortest telephone: shorter ones are services that everybody names.
_PHONE = 7
_ADDRESS = 8
_LICENCE = 15
_ACCOUNT = 5
_WORDS = {
    "phone": ("同一电话", "the same telephone"),
    "account": ("同一账号", "the same account"),
    "address": ("同一地址", "the same address"),
    "licence": ("同一营业执照号码", "the same licence"),
    "text": ("文字几乎相同", "nearly the same text"),
}


class Seller(msgspec.Struct, frozen=True):
    """A seller.

    Attributes:
        number: Its number among all, from 0, in the order of the listings.
        name: Name or shop, long numbers in it masked.
        platform: The platform.
        listings: Where its listings stand.
    """

    number: int
    name: str
    platform: str
    listings: tuple[str, ...]


class Link(msgspec.Struct, frozen=True):
    """What ties sellers together.

    Attributes:
        reason: ``"phone"``, ``"account"``, ``"address"``, ``"licence"`` or ``"text"``.
        zh: The same in words.
        en: In English.
        value: What they have in common, masked; of texts the similarity in percent.
        sellers: Numbers of the sellers, two at least.
        listings: Where it stands.
    """

    reason: str
    zh: str
    en: str
    value: str
    sellers: tuple[int, ...]
    listings: tuple[str, ...]


class Cluster(msgspec.Struct, frozen=True):
    """Sellers that are tied together, directly or through others.

    Attributes:
        sellers: The sellers, two at least.
        links: Every tie among them.
        listings: Number of their listings.
    """

    sellers: tuple[Seller, ...]
    links: tuple[Link, ...]
    listings: int


class Clusters(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        clusters: The clusters, those of most sellers first.
        sellers: Number of all sellers.
        listings: Number of all listings.
        alone: Sellers that nothing ties to another.
    """

    clusters: tuple[Cluster, ...]
    sellers: int
    listings: int
    alone: int


def clusters(listings: Sequence[Listing]) -> Clusters:
    """Return the clusters of the sellers of ``listings``; the same listings give the same answer in any order but that of numbers."""
    numbers: dict[tuple[str, str], int] = {}
    owner = [numbers.setdefault(one.who, len(numbers)) for one in listings]
    held: dict[int, list[Listing]] = defaultdict(list)
    for one, number in zip(listings, owner, strict=True):
        held[number].append(one)
    links = [*_shared(listings, owner), *_alike(listings, owner)]
    root = [*range(len(numbers))]

    def top(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for link in links:
        for other in link.sellers[1:]:
            first, second = sorted((top(link.sellers[0]), top(other)))
            root[second] = first
    groups: dict[int, list[int]] = defaultdict(list)
    for number in range(len(root)):
        groups[top(number)].append(number)
    tied: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        tied[top(link.sellers[0])].append(link)
    found = [
        Cluster(
            tuple(_seller(number, held[number]) for number in members),
            tuple(tied[base]),
            sum(len(held[number]) for number in members),
        )
        for base, members in groups.items()
        if len(members) > 1
    ]
    found.sort(key=lambda one: (-len(one.sellers), -one.listings, one.sellers[0].number))
    alone = len(numbers) - sum(len(one.sellers) for one in found)
    return Clusters(tuple(found), len(numbers), len(listings), alone)


def hidden(text: str) -> str:
    """Return a text with the middle of every long number masked."""
    return _LONG.sub(lambda found: f"{found[1]}{'*' * len(found[2])}{found[3]}", text)


def _seller(number: int, held: Sequence[Listing]) -> Seller:
    first = held[0]
    return Seller(number, hidden(first.seller or first.shop), first.platform, tuple(one.id for one in held))


def _shared(listings: Sequence[Listing], owner: Sequence[int]) -> Iterator[Link]:
    """Yield a link for each value that listings of several sellers state."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(listings):
        for reason, value in _values(one):
            places[reason, value].append(at)
    for (reason, value), held in places.items():
        sellers = tuple(dict.fromkeys(owner[at] for at in held))
        if len(sellers) > 1:
            zh, en = _WORDS[reason]
            yield Link(reason, zh, en, _masked(reason, value), sellers, tuple(listings[at].id for at in held))


def _values(one: Listing) -> Iterator[tuple[str, str]]:
    phone = "".join(_DIGITS.findall(_folded(one.phone)))
    if len(phone) >= _PHONE:
        yield "phone", phone.removeprefix("86") if len(phone) == 2 + 11 else phone
    for reason, text, shortest in (
        ("account", one.account, _ACCOUNT),
        ("address", one.address, _ADDRESS),
        ("licence", one.licence, _LICENCE),
    ):
        value = _NOT_TEXT.sub("", _folded(text))
        if len(value) >= shortest:
            yield reason, value


def _masked(reason: str, value: str) -> str:
    """Return a shared value so that it can be found again in the material and tells nobody else whose it is."""
    if reason == "licence":
        return value.upper()
    if reason == "address":
        return f"{value[:6]}…"
    return f"{value[:3]}{'*' * max(1, len(value) - 5)}{value[-2:]}"


def _alike(listings: Sequence[Listing], owner: Sequence[int]) -> Iterator[Link]:
    """Yield a link for each pair of sellers with nearly the same text, by the pair of their listings that is most alike."""
    sets = {at: found for at, one in enumerate(listings) if (found := shingles(one.text or one.title))}
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for one, other in _candidates(sets):
        first, second = sorted((owner[one], owner[other]))
        if first == second:
            continue
        both, either = len(sets[one] & sets[other]), len(sets[one] | sets[other])
        share = both / either
        if ALIKE[1] * both >= ALIKE[0] * either and share > best.get((first, second), (0.0, 0, 0))[0]:
            best[first, second] = share, one, other
    zh, en = _WORDS["text"]
    for pair, (share, one, other) in sorted(best.items()):
        yield Link("text", zh, en, f"{share:.0%}", pair, (listings[one].id, listings[other].id))


def shingles(text: str) -> frozenset[str]:
    """Return the runs of :data:`SHINGLE` characters of a text, without blanks and punctuation; none of a short one."""
    plain = _NOT_TEXT.sub("", _folded(text))
    if len(plain) < SHORTEST:
        return frozenset()
    return frozenset(plain[at : at + SHINGLE] for at in range(len(plain) - SHINGLE + 1))


def _candidates(sets: dict[int, frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Yield pairs that share one of the rarest shingles of both; every pair that reaches the threshold is among them."""
    counts: Counter[str] = Counter(one for each in sets.values() for one in each)
    by_rare: dict[str, list[int]] = defaultdict(list)
    for at, each in sets.items():
        ordered = sorted(each, key=lambda one: (counts[one], one))
        for one in ordered[: len(each) + -ALIKE[0] * len(each) // ALIKE[1] + 1]:
            by_rare[one].append(at)
    yield from _pairs(by_rare.values())


def _pairs(groups: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    seen: set[tuple[int, int]] = set()
    for held in groups:
        for place, one in enumerate(held):
            for other in held[place + 1 : place + 1 + _MOST_PEERS]:
                if (one, other) not in seen:
                    seen.add((one, other))
                    yield one, other


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
