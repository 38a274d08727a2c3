"""How the kinds count: the rules of ``data/counting.yaml``, checked against the catalogue."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Literal

import msgspec

from qingyuan.pii._kernel.flags import KINDS
from qingyuan.pii.catalog import catalog, load_file
from qingyuan.pii.errors import PiiError

Tier = Literal["A", "B", "C"]


class ReadingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reading of a disputed class of 法释〔2017〕10号 art. 5.

    Attributes:
        id: Its name.
        trait: What a piece must have to be moved.
        since: The gravest tier moved from.
        to: The tier moved to.
        rule: The rule of the law room it rests on.
        default: Whether the thresholds are computed in it.
        zh: What it assumes, Chinese.
        en: The same in English.
        verified: Whether a text for this classing was read.
    """

    id: str
    trait: Literal["waybill", "address", "position"]
    since: Tier = msgspec.field(name="from")
    to: Tier
    rule: str
    default: bool
    zh: str
    en: str
    verified: bool = True


class SensitiveRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reading of which kinds are sensitive under art. 28 of the Personal Information Protection Law.

    Attributes:
        id: Its name.
        extra: Kinds sensitive besides those the catalogue marks.
        rule: The rule of the law room it rests on.
        zh: What it assumes, Chinese.
        en: The same in English.
        verified: Whether the text it follows was read.
    """

    id: str
    extra: tuple[str, ...]
    rule: str
    zh: str
    en: str
    verified: bool = True


class CountingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``data/counting.yaml``."""

    documents: tuple[str, ...]
    identifying: tuple[str, ...]
    content: tuple[str, ...]
    telling: tuple[str, ...]
    relayed: tuple[str, ...]
    readings: tuple[ReadingRule, ...]
    sensitive: tuple[SensitiveRule, ...]


@functools.cache
def rules() -> CountingRules:
    """Return the rules.

    Raises:
        PiiError: The file is wrong or names a kind that the catalogue does not have.
    """
    found = load_file(resources.files("qingyuan.pii") / "data" / "counting.yaml", CountingRules)
    named = [*found.documents, *found.identifying, *found.content, *found.telling, *found.relayed]
    named += [kind for reading in found.sensitive for kind in reading.extra]
    unknown = sorted(set(named) - set(KINDS[1:]))
    if unknown:
        raise PiiError(
            "pii.bad-data",
            zh=f"没有这种个人信息类型：{'、'.join(unknown)}",
            en=f"no such kinds: {', '.join(unknown)}",
            where="counting.yaml",
            remedy_zh="请改正名称，或者增加该类型的文件",
            remedy_en="correct the names or add files for the kinds",
        )
    return found


def _codes(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(KINDS.index(name) for name in names)


def key_codes() -> tuple[int, ...]:
    """Return the kinds that identify a person, strongest first (by the ``key`` rank of their files)."""
    ranked = [(kind.key, KINDS.index(name)) for name, kind in catalog().kinds.items() if kind.key]
    return tuple(code for _, code in sorted(ranked))


def document_codes() -> tuple[int, ...]:
    """Return the kinds of documents issued to one person."""
    return _codes(rules().documents)


def identifying_codes() -> tuple[int, ...]:
    """Return the kinds any of which identifies somebody."""
    return (*key_codes(), *_codes(rules().identifying))


def content_codes() -> tuple[int, ...]:
    """Return the kinds whose values make up a piece of information."""
    return (*key_codes(), *_codes(rules().content))


def telling_codes() -> tuple[int, ...]:
    """Return the kinds that give a piece their class and are no part of what makes two pieces equal."""
    return _codes(rules().telling)


def clear_codes() -> tuple[int, ...]:
    """Return the kinds that make a record one in clear: the content without relayed (virtual) numbers."""
    relayed = _codes(rules().relayed)
    return tuple(code for code in content_codes() if code not in relayed)
