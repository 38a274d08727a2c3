"""How old the people are: under fourteen, fourteen to seventeen, eighteen and over, as of a given day.

The groups are those of 检例第141号: under fourteen (个人信息保护法 arts. 28, 31), other minors (未成年人保护法 art. 2), adults. An age is
known **certainly** from a date of birth (in an ID or a column), or it is **estimated**: from a column of ages, which does not
say when it was true and is taken as of the day asked about, or from a school grade, which tells a range. A person whose
range crosses a boundary, whose sources contradict each other or about whom nothing is said, is unknown; nobody is put into a
group by guess.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from qingyuan.pii import counting, persons
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import Words, load_file
from qingyuan.pii.counting import Pieces
from qingyuan.pii.persons import KEYS, Keys, PersonIndex

Source = Literal["birth", "age", "grade"]

#: Where an age comes from, surest first; the numbers are those in arrays.
SOURCES: tuple[Source, ...] = ("birth", "age", "grade")
#: First age of the second and of the third group.
FOURTEEN, EIGHTEEN = 14, 18
_OLDEST = 130
_AGE = re.compile(r"^\D{0,3}(\d{1,3})\s*(?:周?岁)?$")
_DATE = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})(?!\d)")
_UNIVERSITY = re.compile("大学|本科|研究生|大[一二三四]")
_SCHOOL = re.compile("([初高])(?:中|(?=[一二三]))([一二三])?")
_GRADE_DIGIT = str.maketrans("123456789", "一二三四五六七八九")

METHOD_ZH = (
    "截至指定日期，逐人计算：有出生日期（身份证号或者出生日期列）的为确定；只有年龄列或者年级的为推定（年龄按指定日期计，年级按通常入学年龄取区间）；"
    "区间跨越年龄界限、来源矛盾或者没有信息的为不明"
)
METHOD_EN = (
    "as of the given day, person by person: certain with a date of birth (in the ID or a column); estimated with an age column (taken as of "
    "the day) or a school grade (a range of usual ages); unknown where the range crosses a boundary, sources contradict or nothing is said"
)


class AgeRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``data/ages.yaml``."""

    columns: dict[Source, Words]
    grades: dict[str, tuple[int, int]]


@functools.cache
def age_rules() -> AgeRules:
    """Return the rules."""
    return load_file(resources.files("qingyuan.pii") / "data" / "ages.yaml", AgeRules)


@dataclass(frozen=True, slots=True)
class AgeIndex:
    """Ages by key of person, mergeable; dates of birth are not kept.

    Attributes:
        kind: ``uint8[n]``, kind of each key.
        key: ``uint64[n]``, different within kind and source, sorted.
        source: ``uint8[n]``, index into :data:`SOURCES`.
        low: ``uint8[n]``, least age that everything from this source allows.
        high: ``uint8[n]``, greatest; below ``low`` where it contradicts itself.
    """

    kind: Bytes
    key: Keys
    source: Bytes
    low: Bytes
    high: Bytes


@dataclass(frozen=True, slots=True)
class Group:
    """The people of one age group.

    Attributes:
        certain: Known by a date of birth.
        estimated: Known by an age or a grade.
    """

    certain: int
    estimated: int


@dataclass(frozen=True, slots=True)
class Children:
    """Pieces of information whose record says that the person is under fourteen: sensitive in every reading, whatever they are.

    Attributes:
        count: Different pieces.
        unit: The unit of the count.
        rule: Rule of the law room it rests on.
        article: Its article, Chinese.
        zh: What is counted, Chinese.
        en: The same in English.
        dedupe_zh: What counts as a duplicate, Chinese.
        dedupe_en: The same in English.
    """

    count: int
    unit: str = "条"
    rule: str = "pipl-sensitive"
    article: str = "第二十八条"
    zh: str = (
        "记录中的出生日期、年龄或者年级表明本人不满十四周岁的信息，无论何种读法、何种内容均属敏感个人信息"
    )
    en: str = "information whose record says, by birth, age or grade, that the person is under fourteen: sensitive in every reading, whatever it is"
    dedupe_zh: str = counting.DEDUPE_ZH
    dedupe_en: str = counting.DEDUPE_EN


@dataclass(frozen=True, slots=True)
class Ages:
    """The answer; the three groups and ``unknown`` add up to all persons.

    Attributes:
        under_14: Under fourteen.
        minors: Fourteen to seventeen.
        adults: Eighteen and over.
        unknown: Nothing is said, or a range crosses a boundary.
        contradicting: Of the unknown, those whose sources of one sort contradict each other.
        children: Pieces of information of known children; they are not added to the counts of the scan itself.
        method_zh: How it was counted, Chinese.
        method_en: The same in English.
    """

    under_14: Group
    minors: Group
    adults: Group
    unknown: int
    contradicting: int
    children: Children
    method_zh: str = METHOD_ZH
    method_en: str = METHOD_EN


def age_on(birth: date, day: date) -> int:
    """Return the whole years a person born on ``birth`` has completed on ``day``; the birthday itself does not count.

    周岁 are reached on the day after the birthday (法释〔2006〕1号 art. 2, from general knowledge, its text was not read).
    """
    passed = (day.month, day.day) > (birth.month, birth.day)
    return day.year - birth.year - (0 if passed else 1)


def read_birth(text: str, day: date) -> tuple[int, int] | None:
    """Return the age of a date of birth as a range of one, or ``None`` if it is no date or lies after ``day``."""
    match = _DATE.match(text.strip())
    if match is None:
        return None
    try:
        birth = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    age = max(0, age_on(birth, day)) if birth <= day else -1
    return (age, age) if 0 <= age <= _OLDEST else None


def read_age(text: str) -> tuple[int, int] | None:
    """Return the age a column of ages says, or ``None``."""
    match = _AGE.match(text.strip())
    return (int(match[1]), int(match[1])) if match and int(match[1]) <= _OLDEST else None


def read_grade(text: str) -> tuple[int, int] | None:
    """Return the usual ages of a school grade such as ``小学三年级``, ``3年级2班``, ``初二``, or ``None``.

    A grade by number after 初中 or 高中 is counted within that school.
    """
    text = text.strip().translate(_GRADE_DIGIT)
    grades = age_rules().grades
    if _UNIVERSITY.search(text):
        return grades["大学"]
    school = _SCHOOL.search(text)
    if school:
        return grades[school[1] + (school[2] or "中")]
    found = [word for word in grades if word in text]
    return grades[max(found, key=len)] if found else None


def index(kind: Bytes, key: Keys, source: Bytes, low: Bytes, high: Bytes) -> AgeIndex:
    """Return the index of statements about keys, one row each; what one source says of one key is intersected."""
    order = np.lexsort((key, kind, source))
    kind, source, low, high = (a[order] for a in (kind, source, low, high))
    key = key[order]
    if len(key):
        new = (source[1:] != source[:-1]) | (kind[1:] != kind[:-1]) | (key[1:] != key[:-1])
        first = np.flatnonzero(np.concatenate(([True], new)))
        low, high = np.maximum.reduceat(low, first), np.minimum.reduceat(high, first)
        kind, key, source = kind[first], key[first], source[first]
    return AgeIndex(kind, key, source, low, high)


def merge(parts: Sequence[AgeIndex]) -> AgeIndex:
    """Return the index of several parts together."""
    none = np.empty(0, dtype=np.uint8)
    return index(
        np.concatenate([none, *(p.kind for p in parts)]),
        np.concatenate([np.empty(0, dtype=np.uint64), *(p.key for p in parts)]),
        np.concatenate([none, *(p.source for p in parts)]),
        np.concatenate([none, *(p.low for p in parts)]),
        np.concatenate([none, *(p.high for p in parts)]),
    )


def count(found: AgeIndex, people: PersonIndex, pieces: Pieces | None = None) -> Ages:
    """Return the people by age.

    Args:
        found: What is said about keys; keys of other kinds, or that nobody has, are left out.
        people: All persons; keys that belong to the holder of a stronger one say nothing about him.
        pieces: Their information, with what is known to be of children.
    """
    person = _persons_of(found, people)
    total = persons.count(people).distinct
    low = np.zeros((len(SOURCES), total), dtype=np.uint8)
    high = np.full((len(SOURCES), total), 255, dtype=np.uint8)
    said = np.zeros((len(SOURCES), total), dtype=np.bool_)
    known = person >= 0
    place = (found.source[known].astype(np.int64), person[known])
    np.maximum.at(low, place, found.low[known])
    np.minimum.at(high, place, found.high[known])
    said[place] = True
    best = np.argmax(said, axis=0) if total else np.empty(0, dtype=np.int64)
    row = (best, np.arange(total))
    chosen, least, most = said[row], low[row], high[row]
    against = chosen & (least > most)
    sure = chosen & ~against
    exact = best == 0

    def group(inside: npt.NDArray[np.bool_]) -> Group:
        return Group(int((inside & exact).sum()), int((inside & ~exact).sum()))

    under = group(sure & (most < FOURTEEN))
    minors = group(sure & (least >= FOURTEEN) & (most < EIGHTEEN))
    adults = group(sure & (least >= EIGHTEEN))
    counted = sum(g.certain + g.estimated for g in (under, minors, adults))
    children = 0 if pieces is None else int(((pieces.traits & np.uint8(counting.UNDER14)) != 0).sum())
    return Ages(under, minors, adults, total - counted, int(against.sum()), Children(children))


def _persons_of(found: AgeIndex, people: PersonIndex) -> Longs:
    """Return the person of each row of the index, -1 for none."""
    out = np.full(len(found.key), -1, dtype=np.int64)
    for code, keys, number in zip(KEYS, people.keys, persons.assign(people), strict=True):
        rows = np.flatnonzero(found.kind == code)
        at = np.searchsorted(keys, found.key[rows])
        there = at < len(keys)
        there[there] = keys[at[there]] == found.key[rows][there]
        out[rows[there]] = number[at[there]]
    return out
