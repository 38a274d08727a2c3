"""Records of ``damages.yaml``."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from qingyuan.law._schema import Record, Text


class Named(Record, frozen=True):
    """An input or a head of damages."""

    id: str
    zh: str
    en: str


class Way(Record, frozen=True):
    """One way to an amount: ``base`` times ``times``, at least ``floor`` (CNY) for each transaction.

    Ways of one head are alternatives; those with ``adds`` are summed. ``bound: max`` is an upper limit. A ``fallback`` counts only
    where none of the ways before it could be computed.
    """

    id: str
    head: str
    base: str
    rule: str
    times: int = 1
    floor: int = 0
    adds: bool = False
    fallback: bool = False
    bound: Literal["exact", "max"] = "exact"


class Discretion(Record, frozen=True):
    """What a court weighs when no way can be computed."""

    rule: str
    factors: tuple[Text, ...]


class DamageVersion(Record, frozen=True):
    """The rules of one time; ``punitive_rule`` says whether punitive damages exist, where no way computes them."""

    ways: tuple[Way, ...]
    since: date | None = msgspec.field(default=None, name="from")
    until: date | None = msgspec.field(default=None, name="to")
    discretion: Discretion | None = None
    punitive_rule: str = ""
    notes: tuple[Text, ...] = ()


class DamageKind(Record, frozen=True):
    """A kind of harm; ``fields`` are identifiers of ``duties.yaml``."""

    id: str
    zh: str
    en: str
    fields: tuple[str, ...]
    versions: tuple[DamageVersion, ...]


class PrecedentRecord(Record, frozen=True):
    """A public figure, to compare with; ``amount`` in CNY."""

    id: str
    kinds: tuple[str, ...]
    zh: str
    en: str
    amount: float
    items: int | None = None
    verified: bool = False
    note: Text | None = None


class DamageFile(Record, frozen=True):
    """``damages.yaml``."""

    inputs: tuple[Named, ...]
    heads: tuple[Named, ...]
    kinds: tuple[DamageKind, ...]
    costs_rule: str
    precedents: tuple[PrecedentRecord, ...] = ()
