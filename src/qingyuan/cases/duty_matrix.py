"""Regulator by duty by article by act by proof: whether each duty of an administrative case is being performed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from qingyuan.cases._clock import local_day
from qingyuan.cases._data import label
from qingyuan.cases.errors import CasesError
from qingyuan.cases.state import Case, Docket, Measure, MeasureStatus, Rechecked
from qingyuan.law import Citation, Duty, Law

Performance = Literal["none", "under-way", "proved"]


class MatrixMeasure(msgspec.Struct, frozen=True):
    """One measure in a row of the matrix.

    Attributes:
        id: Identifier inside the case.
        text: What is to be done.
        status: Value of the list ``measure-status``.
        status_zh: Its Chinese name.
        status_en: Its English name.
        before: Exhibits of the state before.
        after: Exhibits of the state after, those of verification included.
        rechecks: What engines found when they looked again, in order.
    """

    id: str
    text: str
    status: str
    status_zh: str
    status_en: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    rechecks: tuple[Rechecked, ...] = ()


class MatrixRow(msgspec.Struct, frozen=True):
    """One duty of one regulator.

    Attributes:
        regulator_zh: The regulator, Chinese.
        regulator_en: The regulator, English.
        duty: Identifier of the duty in the law room; ``""`` for measures without one.
        named: Whether the case names this duty, so that its non-performance is in issue.
        act_zh: The act the law expects, Chinese.
        act_en: The same in English.
        proof_zh: What would prove it, Chinese.
        proof_en: The same in English.
        articles: The provisions.
        foundation: ``law`` (may found a duty) or ``reference`` (办案规则第七十二条).
        measures: The measures that perform it.
        performance: ``none`` (no measure), ``under-way`` (not all accepted), ``proved`` (all accepted).
    """

    regulator_zh: str
    regulator_en: str
    duty: str
    named: bool
    act_zh: str
    act_en: str
    proof_zh: str
    proof_en: str
    articles: tuple[Citation, ...]
    foundation: str
    measures: tuple[MatrixMeasure, ...]
    performance: Performance


def duty_matrix(docket: Docket, case: str, *, law: Law, now: datetime) -> tuple[MatrixRow, ...]:
    """Return the matrix of an administrative case: duties the case names first, then the regulator's others.

    Measures without a duty, or with one that the law of the day does not know, come last, so nothing is lost.

    Args:
        docket: The folded docket.
        case: Identifier of the case.
        law: The law room.
        now: Aware time; duties are those in force on its day.

    Raises:
        CasesError: No such case, or not an administrative one.
        LawError: The law room does not know the field or regulator.
    """
    found = docket.cases.get(case)
    if found is None or found.track != "administrative" or docket.matter is None:
        raise CasesError(
            "cases.no-matrix",
            zh="职责矩阵只用于行政公益诉讼案件",
            en="the duty matrix is for administrative cases only",
            where=case,
            remedy_zh="请给出案卷中行政案件的编号",
            remedy_en="name an administrative case of the docket",
        )
    duties = law.duties(docket.matter.field, found.regulator or None, local_day(now))
    rows = [_row(found, duty) for duty in duties]
    known = {duty.id for duty in duties}
    stray = tuple(m for m in found.measures.values() if m.entered.duty not in known)
    return (
        *(r for r in rows if r.named),
        *(r for r in rows if not r.named),
        *(_stray(found, stray) if stray else ()),
    )


def _row(case: Case, duty: Duty) -> MatrixRow:
    measures = tuple(m for m in case.measures.values() if m.entered.duty == duty.id)
    return MatrixRow(
        regulator_zh=duty.regulator_zh,
        regulator_en=duty.regulator_en,
        duty=duty.id,
        named=duty.id in case.duties,
        act_zh=duty.act_zh,
        act_en=duty.act_en,
        proof_zh=duty.proof_zh,
        proof_en=duty.proof_en,
        articles=duty.articles,
        foundation=duty.basis,
        measures=tuple(_measure(m) for m in measures),
        performance=_performance(measures),
    )


def _stray(case: Case, measures: tuple[Measure, ...]) -> tuple[MatrixRow, ...]:
    organ = "、".join(case.respondents)
    return (
        MatrixRow(
            regulator_zh=organ,
            regulator_en=organ,
            duty="",
            named=False,
            act_zh="未对应到职责的整改措施",
            act_en="measures that name no duty of this field",
            proof_zh="",
            proof_en="",
            articles=(),
            foundation="",
            measures=tuple(_measure(m) for m in measures),
            performance=_performance(measures),
        ),
    )


def _measure(measure: Measure) -> MatrixMeasure:
    status = label("measure-status", measure.status)
    return MatrixMeasure(
        id=measure.id,
        text=measure.entered.text,
        status=measure.status,
        status_zh=status.zh,
        status_en=status.en,
        before=measure.entered.before,
        after=(*measure.after, *measure.verification),
        rechecks=measure.rechecks,
    )


def _performance(measures: tuple[Measure, ...]) -> Performance:
    live = [measure for measure in measures if measure.status is not MeasureStatus.WITHDRAWN]
    if not live:
        return "none"
    return "proved" if all(measure.status is MeasureStatus.ACCEPTED for measure in live) else "under-way"
