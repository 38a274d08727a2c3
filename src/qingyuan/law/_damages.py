"""Damages: ways to an amount, one explained step at a time; a range where the law leaves a choice."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from qingyuan.law._damages_schema import DamageKind, DamageVersion, PrecedentRecord, Way
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, choose
from qingyuan.law._words import articles_en, articles_zh, is_amount
from qingyuan.law.conduct import check_span, deciding
from qingyuan.law.damages import Amounts, Damages, DamagesOver, DamagesSpan, Head, Precedent
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Step

_MILL = Decimal("0.001")
_ZERO = Decimal(0)
_DAY = timedelta(days=1)


def estimate(store: Store, citer: Citer, kind: str, amounts: Amounts, on: date | None) -> Damages:
    """Return the damages of one kind of harm for an act on the day ``on``.

    Raises:
        LawError: Unknown kind, a negative or non-finite amount, or a day without a rule in the data.
    """
    record = _kind(store, kind)
    _refuse_bad_amounts(amounts)
    version = choose(record.versions, on)
    if version is None:
        first = min(version.since for version in record.versions if version.since)
        raise LawError(
            "law.not-in-force",
            zh=f"{on}不适用数据中的赔偿规则：自{first}起施行",
            en=f"the rules on damages in the data did not apply on {on}: in force from {first}",
            where=kind,
            remedy_zh="请核对行为日期；当时适用的规定须另行查明",
            remedy_en="check the date of the act; find the rule that applied then by other means",
        )
    return _Estimate(store, citer, record, version, amounts, on).run()


def estimate_over(
    store: Store, citer: Citer, kind: str, amounts: Amounts, first: date, last: date
) -> DamagesOver:
    """Return the damages of one kind of harm for conduct from ``first`` to ``last``, by each version that applied on some of the days.

    Raises:
        LawError: As :func:`estimate`; ``law.bad-span`` when ``last`` lies before ``first``.
    """
    check_span(first, last)
    record = _kind(store, kind)
    changes = {one.since for one in record.versions if one.since} | {
        one.until + _DAY for one in record.versions if one.until
    }
    begins = [first, *sorted(day for day in changes if first < day <= last)]
    ends = [*(day - _DAY for day in begins[1:]), last]
    spans = tuple(
        DamagesSpan(
            begin,
            end,
            None if choose(record.versions, begin) is None else estimate(store, citer, kind, amounts, begin),
        )
        for begin, end in zip(begins, ends, strict=True)
    )
    if all(span.damages is None for span in spans):
        estimate(store, citer, kind, amounts, last)  # says since when there is a rule
    articles, steps = deciding(store, citer, first, last) if len(spans) > 1 else ((), [])
    return DamagesOver(kind, spans, tuple(steps), articles)


def _kind(store: Store, kind: str) -> DamageKind:
    known = {record.id: record for record in store.damages.record.kinds}
    record = known.get(kind)
    if record is None:
        raise LawError(
            "law.unknown-kind",
            zh=f"没有名为“{kind}”的损害类型",
            en=f"there is no kind of harm named {kind!r}",
            where=kind,
            remedy_zh=f"可用的类型：{' '.join(known)}",
            remedy_en=f"known kinds: {' '.join(known)}",
        )
    return record


#: Most transactions of one price.
_MOST_SALES = 10**12


def _refuse_bad_amounts(amounts: Amounts) -> None:
    named = {name: getattr(amounts, name) for name in amounts.__struct_fields__ if name != "price"}
    bad = [name for name, value in named.items() if value is not None and not is_amount(value)]
    bad += [
        "price" for sale in amounts.price if not is_amount(sale.price) or not 1 <= sale.count <= _MOST_SALES
    ]
    if bad:
        raise LawError(
            "law.bad-count",
            zh="数额不得为负，须为有限数值，笔数至少为一",
            en="amounts must be finite and not negative, and counts at least one",
            where=" ".join(bad),
            remedy_zh="请核对输入的数额",
            remedy_en="check the amounts",
        )


@dataclasses.dataclass
class _Estimate:
    store: Store
    citer: Citer
    kind: DamageKind
    version: DamageVersion
    amounts: Amounts
    on: date | None
    steps: list[Step] = dataclasses.field(default_factory=list)
    cited: list[Citation] = dataclasses.field(default_factory=list)
    missing: list[str] = dataclasses.field(default_factory=list)

    def run(self) -> Damages:
        heads = [head for named in self.store.damages.record.heads if (head := self._head(named.id))]
        wanted = any(way.head == "compensation" for way in self.version.ways)
        weighed = wanted and not any(head.id == "compensation" for head in heads)
        if weighed:
            self._weigh()
        self._punitive()
        if costs := self._costs():
            heads.append(costs)
        for note in self.version.notes:
            self.steps.append(Step(f"注意：{note.zh}", f"note: {note.en}"))
        self.steps.append(
            Step("测算供拟定诉讼请求参考，数额由法院确定", "a draft for the claim; the court sets the amount")
        )
        articles = tuple({citation.rule: citation for citation in self.cited}.values())
        return Damages(
            kind=self.kind.id,
            zh=self.kind.zh,
            en=self.kind.en,
            heads=tuple(heads),
            low=sum((head.low for head in heads), _ZERO),
            high=sum((head.high for head in heads), _ZERO),
            discretionary=weighed,
            missing=tuple(dict.fromkeys(self.missing)),
            steps=tuple(self.steps),
            articles=articles,
            precedents=tuple(
                _precedent(record)
                for record in self.store.damages.record.precedents
                if self.kind.id in record.kinds
            ),
            verified=all(citation.verified for citation in articles),
        )

    def _head(self, name: str) -> Head | None:
        found: list[tuple[Way, Decimal]] = []
        for way in self.version.ways:
            if way.head != name or (way.fallback and found):
                continue
            amount = self._amount(way)
            if amount is not None:
                found.append((way, amount))
        if not found:
            return None
        added = sum((amount for way, amount in found if way.adds), _ZERO)
        choices = [(way, amount) for way, amount in found if not way.adds]
        low = min((_ZERO if way.bound == "max" else amount for way, amount in choices), default=_ZERO)
        high = max((amount for _, amount in choices), default=_ZERO)
        named = next(head for head in self.store.damages.record.heads if head.id == name)
        if low != high:
            self.steps.append(
                Step(
                    f"{named.zh}：各种算法结果不同，区间{_plain(low + added)}元至{_plain(high + added)}元",
                    f"{named.en}: the ways differ, CNY {_plain(low + added)} to {_plain(high + added)}",
                )
            )
        return Head(named.id, named.zh, named.en, low + added, high + added)

    def _amount(self, way: Way) -> Decimal | None:
        base = next(named for named in self.store.damages.record.inputs if named.id == way.base)
        if way.base == "price":
            if not self.amounts.price:
                self.missing.append(way.base)
                return None
            amount = sum(
                (max(sale.price * way.times, Decimal(way.floor)) * sale.count for sale in self.amounts.price),
                _ZERO,
            )
            number = sum(sale.count for sale in self.amounts.price)
            floor, floor_en = (
                (f"、不足{way.floor}元的按{way.floor}元", f", at least CNY {way.floor} each")
                if way.floor
                else ("", "")
            )
            self._step(
                f"{base.zh}{number}笔，每笔{way.times}倍{floor}：{_plain(amount)}元",
                f"{base.en}: {number} transactions at {way.times} times{floor_en}: CNY {_plain(amount)}",
                way.rule,
            )
            return amount
        value: Decimal | None = getattr(self.amounts, way.base)
        if value is None:
            self.missing.append(way.base)
            return None
        amount = max(value * way.times, Decimal(way.floor))
        limit, limit_en = ("以下", "up to ") if way.bound == "max" else ("", "")
        times, times_en = (f"×{way.times}", f" × {way.times}") if way.times != 1 else ("", "")
        result, result_en = f"：{_plain(amount)}元{limit}", f": {limit_en}CNY {_plain(amount)}"
        if amount == value:
            result = result_en = ""
        self._step(
            f"{base.zh}{_plain(value)}元{times}{result}",
            f"{base.en} CNY {_plain(value)}{times_en}{result_en}",
            way.rule,
        )
        return amount

    def _weigh(self) -> None:
        discretion = self.version.discretion
        if discretion is None:
            self.steps.append(Step("没有可供计算的数额", "no amount is known to compute from"))
            return
        zh = "、".join(factor.zh for factor in discretion.factors)
        en = ", ".join(factor.en for factor in discretion.factors)
        self._step(
            f"损失和获利均难以确定的，根据实际情况确定：{zh}",
            f"where neither can be established, the circumstances decide: {en}",
            discretion.rule,
        )

    def _punitive(self) -> None:
        if self.version.punitive_rule:
            provision = self.citer.provision(self.version.punitive_rule, self.on)
            self._step(f"惩罚性赔偿：{provision.zh}", f"punitive damages: {provision.en}", provision.rule)

    def _costs(self) -> Head | None:
        costs = self.amounts.costs
        if costs is None:
            return None
        rule = self.store.damages.record.costs_rule
        if self.on is not None and not self.citer.in_force(rule, self.on):
            rule_zh = "（当日没有可以引用的规定）"
            self.steps.append(
                Step(f"鉴定、评估、专家咨询等费用{_plain(costs)}元{rule_zh}", f"costs CNY {_plain(costs)}")
            )
        else:
            self._step(
                f"鉴定、评估、专家咨询等费用可以一并主张：{_plain(costs)}元",
                f"costs of appraisal and experts may be claimed with it: CNY {_plain(costs)}",
                rule,
            )
        return Head("costs", "费用", "costs", costs, costs)

    def _step(self, zh: str, en: str, rule: str) -> None:
        citation = self.citer.cite(rule, self.on)
        self.cited.append(citation)
        self.steps.append(Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})"))


def _precedent(record: PrecedentRecord) -> Precedent:
    amount = Decimal(_plain(Decimal(str(record.amount))))
    per_item = None
    if record.items:
        per_item = (amount / record.items).quantize(_MILL, rounding=ROUND_HALF_UP)
    return Precedent(
        zh=record.zh,
        en=record.en,
        amount=amount,
        items=record.items,
        per_item=per_item,
        verified=record.verified,
        note_zh=record.note.zh if record.note else "",
        note_en=record.note.en if record.note else "",
    )


def _plain(number: Decimal) -> str:
    """Return an amount without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
