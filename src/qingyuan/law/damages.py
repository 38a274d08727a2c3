"""The answer to a question about damages; amounts are CNY as exact decimals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from qingyuan.law.model import Citation, Step


class Sale(msgspec.Struct, frozen=True):
    """Transactions of one price.

    Attributes:
        price: Price of each, CNY.
        count: Number of transactions.
    """

    price: Decimal
    count: int = 1


class Amounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a case, CNY; ``None`` for what is not.

    Attributes:
        loss: Loss of those harmed.
        gain: Gain of the wrongdoer.
        price: Transactions by price.
        resources: Loss of living resources.
        services: Loss of ecological services.
        restoration: Cost of restoration.
        costs: Cost of appraisal, experts, notices and the like.
    """

    loss: Decimal | None = None
    gain: Decimal | None = None
    price: tuple[Sale, ...] = ()
    resources: Decimal | None = None
    services: Decimal | None = None
    restoration: Decimal | None = None
    costs: Decimal | None = None


class Head(msgspec.Struct, frozen=True):
    """One head of damages.

    Attributes:
        id: ``compensation``, ``punitive`` or ``costs``.
        zh: Name, Chinese.
        en: Name, English.
        low: Lowest amount that follows from the inputs.
        high: Highest amount; equal to ``low`` where there is one way only.
    """

    id: str
    zh: str
    en: str
    low: Decimal
    high: Decimal


class Precedent(msgspec.Struct, frozen=True):
    """A public figure, to compare with; not a tariff.

    Attributes:
        zh: The case, Chinese.
        en: The same in English.
        amount: Amount, CNY.
        items: Number of items of personal information, if the case was about them.
        per_item: ``amount / items`` to a tenth of a fen, or ``None``.
        verified: Whether the figure was read in its source.
        note_zh: A caution, Chinese; may be empty.
        note_en: The same in English.
    """

    zh: str
    en: str
    amount: Decimal
    items: int | None
    per_item: Decimal | None
    verified: bool
    note_zh: str = ""
    note_en: str = ""


class Damages(msgspec.Struct, frozen=True):
    """What may be claimed, and how it was found; a draft for a claim, decided by the court.

    Attributes:
        kind: Identifier of the kind of harm.
        zh: Its name, Chinese.
        en: Its name, English.
        heads: Amounts by head; empty when nothing could be computed.
        low: Sum of the lows.
        high: Sum of the highs.
        discretionary: ``True`` when no compensation could be computed and the court weighs factors.
        missing: Identifiers of the inputs that would allow (another) computation.
        steps: The computation, in order.
        articles: The provisions applied.
        precedents: Public figures of such cases.
        verified: Whether every provision applied was read in a named source.
    """

    kind: str
    zh: str
    en: str
    heads: tuple[Head, ...]
    low: Decimal
    high: Decimal
    discretionary: bool
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    articles: tuple[Citation, ...]
    precedents: tuple[Precedent, ...]
    verified: bool


class DamagesSpan(msgspec.Struct, frozen=True):
    """Days of conduct on which one version of the rules on damages applied.

    Attributes:
        first: First day.
        last: Last day, included.
        damages: What could be claimed if these rules decide; ``None`` when the data has none of that time.
    """

    first: date
    last: date
    damages: Damages | None


class DamagesOver(msgspec.Struct, frozen=True):
    """Damages for conduct that went on.

    Attributes:
        kind: Identifier of the kind of harm.
        spans: The days by version, in order; each computes with all that is known, so they are not added up.
        steps: Where there is more than one version, what decides between them, in words.
        articles: The rules that decide.
    """

    kind: str
    spans: tuple[DamagesSpan, ...]
    steps: tuple[Step, ...]
    articles: tuple[Citation, ...]
