"""The criminal thresholds for personal information: exact shares, one explained step at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingyuan.law._articles import numeral
from qingyuan.law._files import Entry
from qingyuan.law._schema import ThresholdVersion
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, choose
from qingyuan.law._words import articles_en, articles_zh, is_amount
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Exclusion, Step, Threshold


@dataclass(frozen=True, slots=True)
class Act:
    """What is known of the act; see :meth:`qingyuan.law.Law.threshold`."""

    gain: Decimal | int | None
    on: date | None
    insider: bool
    recipients: int | None
    excluded: tuple[Exclusion, ...]
    business: bool


def weigh(store: Store, citer: Citer, counts: dict[str, int], act: Act) -> Threshold:
    """Return whether ``counts`` (by tier) and the gain (CNY) reach the thresholds on the day of the act.

    Raises:
        LawError: A negative or non-finite number, more excluded than counted, no recipient, or a day before the
            interpretation was in force.
    """
    _refuse_bad_numbers(counts, act)
    return _Weighing(citer, _version(store.thresholds, act.on), counts, act).run()


def _refuse_bad_numbers(counts: dict[str, int], act: Act) -> None:
    bad = [name for name, count in counts.items() if count < 0]
    if act.gain is not None and not is_amount(act.gain):
        bad.append("gain")
    if act.recipients is not None and act.recipients < 1:
        bad.append("recipients")
    for name, count in counts.items():
        taken = [one.count for one in act.excluded if one.tier == name]
        if any(number < 0 for number in taken) or sum(taken) > max(count, 0):
            bad.append(f"excluded {name}")
    if bad:
        raise LawError(
            "law.bad-count",
            zh="数量和数额不得为负，须为有限数值；剔除的不得多于原有条数，提供对象至少一个",
            en="counts and amounts must be finite and not negative, no more can be excluded than there is, and there is "
            "one recipient at least",
            where=" ".join(bad),
            remedy_zh="请核对输入的数量或数额",
            remedy_en="check the counts or the amount",
        )


def _version(entries: Sequence[Entry[ThresholdVersion]], on: date | None) -> ThresholdVersion:
    versions = [entry.record for entry in entries]
    version = choose(versions, on)
    if version is None:
        first = min(version.since for version in versions if version.since)
        raise LawError(
            "law.not-in-force",
            zh=f"{on}不适用数据中的数量标准：自{first}起施行",
            en=f"the thresholds in the data did not apply on {on}: in force from {first}",
            where="thresholds.yaml",
            remedy_zh="请核对行为日期；当时适用的规定须另行查明",
            remedy_en="check the date of the act; find the rule that applied then by other means",
        )
    return version


class _Weighing:
    def __init__(self, citer: Citer, version: ThresholdVersion, counts: dict[str, int], act: Act) -> None:
        self._citer, self._version, self._act, self._on = citer, version, act, act.on
        self._counts, self._gain = dict(counts), None if act.gain is None else Fraction(Decimal(act.gain))
        self._divisor = version.insider_divisor if act.insider else 1
        self._steps: list[Step] = []
        self._cited: list[Citation] = []
        # Art. 6 is about buying; who passes the information on is judged under art. 5.
        self._business = act.business and act.recipients is None
        # It is about general information alone: a gain from graver information, of which evidence leaves some, is judged under art. 5.
        left = Counter(counts)
        for one in act.excluded:
            left[one.tier] -= one.count
        self._business_gain = self._business and not any(left[name] for name in left if name != "general")

    def run(self) -> Threshold:
        version = self._version
        self._count()
        if self._divisor > 1:
            self._step(
                f"履行职责或者提供服务中获得的信息又出售或者提供给他人：各项标准减为{numeral(self._divisor)}分之一",
                f"information obtained on duty or in a service and then sold or provided: every standard divided by {self._divisor}",
                version.insider_rule,
            )
        ratio, reached = self._by_count()
        money = self._by_gain()
        serious = reached or (money is not None and money >= 1)
        especially = self._especially(ratio, None if self._business_gain else money)
        self._step(
            f"结论：{'达到' if serious else '未达到'}“情节严重”标准，{'达到' if especially else '未达到'}“情节特别严重”的数量或数额标准；"
            "只是是否移送的线索，不是对犯罪的认定",
            f"result: the standard of serious circumstances is {'' if serious else 'not '}reached, that of especially serious "
            f"circumstances by number or amount is {'' if especially else 'not '}reached; a clue for the decision to hand over, "
            "not a finding of crime",
        )
        self._step(
            "条数：非法获取后又出售或提供的不重复计算；向不同对象分别提供的累计计算；批量信息按查获数量认定，有证据证明不真实或重复的除外",
            "counting: obtaining and then selling counts once; providing to several recipients adds up; batches count as "
            "seized unless shown to be untrue or duplicate",
            version.counting_rule,
        )
        unread = (
            version.not_computed if self._act.business else (version.business_note, *version.not_computed)
        )
        for text in unread:
            self._steps.append(Step(f"未判断：{text.zh}", f"not judged: {text.en}"))
        articles = tuple({citation.rule: citation for citation in self._cited}.values())
        zh, en = self._citer.edition(version.sum_rule, self._on)
        return Threshold(
            serious=serious,
            especially_serious=especially,
            ratio=str(ratio),
            ratio_float=float(ratio),
            basis=tuple(self._steps),
            articles=articles,
            version=zh,
            version_en=en,
            verified=all(citation.verified for citation in articles),
            counted=dict(self._counts),
        )

    def _count(self) -> None:
        """Take away what evidence shows not to count, and count for every recipient."""
        version = self._version
        for one in self._act.excluded:
            self._counts[one.tier] -= one.count
            why = ("不真实", "untrue") if one.reason == "untrue" else ("重复", "duplicate")
            tier = next(tier for tier in version.tiers if tier.name == one.tier)
            self._step(
                f"有证据证明{why[0]}的不计：{tier.zh}减去{one.count}条，余{self._counts[one.tier]}条",
                f"shown to be {why[1]}: {one.count} taken from {tier.en}, {self._counts[one.tier]} left",
                version.counting_rule,
            )
        recipients = self._act.recipients
        if recipients is not None:
            self._counts = {name: count * recipients for name, count in self._counts.items()}
            said = "、".join(f"{tier.zh}{self._counts[tier.name]}条" for tier in version.tiers)
            english = ", ".join(f"{tier.en} {self._counts[tier.name]}" for tier in version.tiers)
            self._step(
                f"向{recipients}个不同的单位或者个人分别出售、提供同一信息的累计计算：{said}；获取和提供不重复计算",
                f"sold or provided to {recipients} different recipient(s), added up: {english}; obtaining is not counted again",
                version.counting_rule,
            )
        if self._act.business and not self._business:
            self._step(
                "为合法经营活动购买、收受后又出售、提供的，适用第五条",
                "bought for lawful business and passed on: art. 5 applies",
                version.business_rule,
            )
        elif self._business:
            number = self._counts["general"]
            self._counts["general"] = 0
            self._step(
                f"为合法经营活动购买、收受的其他公民个人信息{number}条不按条数，按获利是否达到{version.business_gain}元等情形判断",
                f"{number} other pieces bought for lawful business are not judged by number but by a gain of "
                f"CNY {version.business_gain} and the like",
                version.business_rule,
            )
            if not self._business_gain:
                self._step(
                    "同时购买、收受了行踪轨迹、健康生理等信息的，违法所得按第五条判断；其中来自其他公民个人信息的部分应予剔除",
                    "graver information was bought as well: the gain is judged under art. 5; what came from the other pieces "
                    "is to be taken out of it",
                    version.gain_rule,
                )

    def _by_count(self) -> tuple[Fraction, bool]:
        total = Fraction(0)
        single = False
        shares: list[str] = []
        for tier in self._version.tiers:
            number = self._counts[tier.name]
            standard = Fraction(tier.count, self._divisor)
            share = number / standard
            total += share
            shares.append(f"{number}/{standard}")
            if not number:
                continue
            single = single or share >= 1
            self._step(
                f"{tier.zh}：{number}条，标准{_plain(standard)}条，为标准的{_decimal(share)}倍{'，单项达到' if share >= 1 else ''}",
                f"{tier.en}: {number} against {_plain(standard)}, {_decimal(share)} times the standard"
                f"{', reached on its own' if share >= 1 else ''}",
                tier.rule,
            )
        formula = " + ".join(f"({share})" if "/" in share.split("/", 1)[1] else share for share in shares)
        verdict = "达到" if total >= 1 else "未达到"
        self._step(
            f"按比例合计：{formula} = {_decimal(total)}倍，{verdict}1",
            f"shares added up: {formula} = {_decimal(total)}, which {'reaches' if total >= 1 else 'does not reach'} 1",
            self._version.sum_rule,
        )
        return total, single or total >= 1

    def _by_gain(self) -> Fraction | None:
        if self._gain is None:
            return None
        business = self._business_gain
        standard = Fraction(
            self._version.business_gain if business else self._version.gain, 1 if business else self._divisor
        )
        share = self._gain / standard
        self._step(
            f"{'获利' if business else '违法所得'}{_plain(self._gain)}元，标准{_plain(standard)}元，{'达到' if share >= 1 else '未达到'}",
            f"unlawful gain CNY {_plain(self._gain)} against {_plain(standard)}: {'reached' if share >= 1 else 'not reached'}",
            self._version.business_rule if business else self._version.gain_rule,
        )
        return share

    def _especially(self, ratio: Fraction, money: Fraction | None) -> bool:
        multiple = self._version.especially_multiple
        by_count, by_gain = ratio >= multiple, money is not None and money >= multiple
        self._step(
            f"“情节特别严重”：数量或者数额达到前述标准{multiple}倍以上；数量为{_plain(ratio)}倍"
            + (f"，数额为{_plain(money)}倍" if money is not None else ""),
            f"especially serious: {multiple} times the standard by number or amount; here {_plain(ratio)} times by number"
            + (f", {_plain(money)} times by amount" if money is not None else ""),
            self._version.especially_rule,
        )
        return by_count or by_gain

    def _step(self, zh: str, en: str, rule: str | None = None) -> None:
        if rule is None:
            self._steps.append(Step(zh, en))
            return
        citation = self._citer.cite(rule, self._on)
        self._cited.append(citation)
        self._steps.append(Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})"))


def _plain(number: Fraction) -> str:
    """Return ``number`` as a short decimal where that is exact, else as a fraction."""
    text = f"{float(number):.4f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == number else str(number)


def _decimal(number: Fraction) -> str:
    """Return ``number`` as a decimal people read; one that is not exact is said to be about it, and never rounded to the bar of 1."""
    exact = _plain(number)
    if "/" not in exact:
        return exact
    text = f"{float(number):.4f}"
    below = number < 1 and float(text) >= 1
    return f"≈{'0.9999' if below else text}"
