"""The persons of the synthetic material: each keeps one name, identity number, card and address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qingyuan.demo import _digits as d
from qingyuan.demo import _lists as lists
from qingyuan.demo._strings import Text, concat, from_ints, from_matrix, gather, pick, strings

#: Share of persons who give the mobile of another member of the household.
HOUSEHOLD = 0.01


@dataclass(frozen=True)
class Pool:
    """Columns over persons; person ``p`` is row ``p`` of every column.

    Attributes:
        name: Full names; not unique, as in life.
        name_masked: ``张*三``, ``张*``.
        resident_id: ``(persons, 18)`` matrix of distinct identity numbers with right check characters.
        mobile: ``(persons, 11)`` matrix of distinct numbers.
        mobile_of: Index into ``mobile`` of the number a person uses; shared within a household.
        card: Distinct bank card numbers of 16 or 19 digits, all passing Luhn.
        card_masked: ``6222********1234``.
        address: Clear addresses.
        address_masked: The same down to the county, the rest starred.
    """

    name: Text
    name_masked: Text
    resident_id: d.Matrix
    mobile: d.Matrix
    mobile_of: d.Ints
    card: Text
    card_masked: Text
    address: Text
    address_masked: Text

    def __len__(self) -> int:
        """Return the number of persons."""
        return len(self.name)


def _distinct(rng: np.random.Generator, high: int, count: int) -> d.Ints:
    """Return ``count`` different integers below ``high`` in random order."""
    drawn = np.unique(rng.integers(0, high, count + count // 50 + 100))
    return rng.permutation(drawn)[:count]


def _drawn(rng: np.random.Generator, words: Sequence[str], count: int) -> Text:
    return pick(strings(words), rng.integers(0, len(words), count))


def _names(rng: np.random.Generator, count: int) -> tuple[Text, Text]:
    single = rng.random(count) < 0.18  # noqa: PLR2004  the share of two-character names
    surname = _drawn(rng, lists.SURNAMES, count)
    first = _drawn(rng, lists.GIVEN_FIRST, count)
    # The last entry is the missing second character of a short given name.
    choice = np.where(single, len(lists.GIVEN_LAST), rng.integers(0, len(lists.GIVEN_LAST), count))
    tail = pick(strings([*lists.GIVEN_LAST, ""]), choice)
    return concat(surname, first, tail), concat(surname, "*", tail)


def _resident_ids(rng: np.random.Generator, count: int) -> d.Matrix:
    codes = np.array(
        [int(r[0]) for r in lists.REGIONS] + [int(c) for c in lists.FORMER_CODES], dtype=np.int64
    )
    weight = np.ones(codes.size)
    weight[0] = 12.0
    days = 47 * 365
    region = rng.choice(codes, size=count, p=weight / weight.sum())
    # A distinct (day, order) pair makes the number distinct whatever the region.
    day, order = np.divmod(_distinct(rng, days * 999, count), 999)
    born = np.datetime64("1960-01-01") + day
    month = born.astype("datetime64[M]")
    date = (
        (born.astype("datetime64[Y]").astype(np.int64) + 1970) * 10_000
        + (month.astype(np.int64) % 12 + 1) * 100
        + (born - month).astype(np.int64)
        + 1
    )
    return d.with_id_check(d.join(d.digits(region, 6), d.digits(date, 8), d.digits(order + 1, 3)))


def _mobiles(rng: np.random.Generator, count: int) -> d.Matrix:
    prefix, rest = np.divmod(_distinct(rng, len(lists.MOBILE_PREFIXES) * 10**8, count), 10**8)
    return d.join(d.digits(np.array(lists.MOBILE_PREFIXES)[prefix], 3), d.digits(rest, 8))


def _cards(rng: np.random.Generator, count: int) -> tuple[Text, Text]:
    issuer = rng.integers(0, len(lists.CARD_ISSUERS), count)
    account = _distinct(rng, 10**9, count)
    clear: list[Text] = []
    starred: list[Text] = []
    for index, (prefix, length) in enumerate(lists.CARD_ISSUERS):
        chosen = account[issuer == index]
        pad = length - 1 - len(prefix) - 9
        body = d.join(d.constant(prefix + "0" * pad, chosen.size), d.digits(chosen, 9))
        number = d.with_luhn(body)
        clear.append(from_matrix(number))
        starred.append(from_matrix(d.join(number[:, :4], d.constant("*" * 8, chosen.size), number[:, -4:])))
    back = np.argsort(np.argsort(issuer, kind="stable"), kind="stable")
    return pick(gather(clear), back), pick(gather(starred), back)


def _addresses(rng: np.random.Generator, count: int) -> tuple[Text, Text]:
    place = _drawn(rng, ["".join(r[1:]) for r in lists.REGIONS], count)
    road = _drawn(rng, lists.ROADS, count)
    estate = _drawn(rng, lists.ESTATES, count)
    numbers = [from_ints(rng.integers(1, top, count)) for top in (990, 30, 5)]
    room = from_ints(rng.integers(1, 27, count) * 100 + rng.integers(1, 5, count))
    clear = concat(place, road, numbers[0], "号", estate, numbers[1], "幢", numbers[2], "单元", room, "室")
    return clear, concat(place, "****")


def make_pool(rng: np.random.Generator, count: int) -> Pool:
    """Return ``count`` persons drawn from ``rng``; the same state of ``rng`` gives the same persons."""
    name, name_masked = _names(rng, count)
    mobile_of = np.arange(count)
    sharing = rng.random(count) < HOUSEHOLD
    mobile_of[sharing] = rng.integers(0, count, int(sharing.sum()))
    card, card_masked = _cards(rng, count)
    address, address_masked = _addresses(rng, count)
    return Pool(
        name=name,
        name_masked=name_masked,
        resident_id=_resident_ids(rng, count),
        mobile=_mobiles(rng, count),
        mobile_of=mobile_of,
        card=card,
        card_masked=card_masked,
        address=address,
        address_masked=address_masked,
    )
