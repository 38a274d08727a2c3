"""Fact to be proved by exhibit: what each fact of a case rests on, and which facts rest on nothing."""

from __future__ import annotations

import msgspec

from qingyuan.cases._data import label
from qingyuan.cases._facts import FACT_KINDS
from qingyuan.cases.errors import no_case
from qingyuan.cases.state import Docket


class EvidenceRow(msgspec.Struct, frozen=True):
    """One fact to be proved (办案规则第七十一条 or 第八十六条).

    Attributes:
        kind: Value of ``fact-administrative`` or ``fact-civil``.
        zh: Its Chinese name.
        en: Its English name.
        texts: The fact as established, oldest first; empty when it was not.
        exhibits: Exhibits that prove it, without repetition.
        proved: Whether it was established.
    """

    kind: str
    zh: str
    en: str
    texts: tuple[str, ...]
    exhibits: tuple[str, ...]
    proved: bool


def evidence_matrix(docket: Docket, case: str) -> tuple[EvidenceRow, ...]:
    """Return every fact to be proved in ``case``, in the order of the article, gaps included.

    Raises:
        CasesError: There is no such case in the docket.
    """
    found = docket.cases.get(case)
    if found is None:
        raise no_case(docket.cases, case)
    rows = []
    for kind in FACT_KINDS[found.track]:
        facts = [fact for fact in found.facts if fact.kind == kind]
        name = label(f"fact-{found.track}", kind)
        exhibits = dict.fromkeys(exhibit for fact in facts for exhibit in fact.exhibits)
        rows.append(
            EvidenceRow(
                kind, name.zh, name.en, tuple(f.text for f in facts), tuple(exhibits), proved=bool(facts)
            )
        )
    return tuple(rows)
