"""Fact to be proved by exhibit: what each fact of a case rests on, which facts rest on nothing, and the groups they are shown in."""

from __future__ import annotations

import functools

import msgspec

from qingyuan.cases._data import TrackName, label, load_data
from qingyuan.cases._facts import FACT_KINDS
from qingyuan.cases.errors import no_case
from qingyuan.cases.state import Case, Docket


class EvidenceItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a group usually rests on.

    Attributes:
        zh: Chinese words.
        en: English words.
    """

    zh: str
    en: str


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    zh: str
    en: str
    facts: tuple[str, ...]
    items: tuple[EvidenceItem, ...] = ()


class _Grouping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    zh: str
    en: str
    track: TrackName
    rule: str
    groups: tuple[_Group, ...]
    fields: tuple[str, ...] = ()


class EvidenceRow(msgspec.Struct, frozen=True):
    """One fact to be proved (办案规则第七十一条 or 第八十六条).

    Attributes:
        kind: Value of ``fact-administrative`` or ``fact-civil``.
        zh: Its Chinese name.
        en: Its English name.
        texts: The fact as established, oldest first; empty when it was not.
        exhibits: Exhibits that prove it, without repetition.
        proved: Whether it was established.
        findings: Identifiers of findings of engines that it rests on, without repetition.
    """

    kind: str
    zh: str
    en: str
    texts: tuple[str, ...]
    exhibits: tuple[str, ...]
    proved: bool
    findings: tuple[str, ...] = ()


class EvidenceGroup(msgspec.Struct, frozen=True):
    """Facts that are shown and argued together.

    Attributes:
        id: Identifier in ``evidence-groups.yaml``; ``"other"`` for what no group names.
        zh: Its Chinese name.
        en: Its English name.
        rule: Rule of the law room the grouping rests on.
        rows: Its facts, in the order of the article.
        items: What it usually rests on.
        exhibits: Exhibits of all its facts, without repetition.
        missing: Names (value of the list) of facts not established, other than those that need not be.
    """

    id: str
    zh: str
    en: str
    rule: str
    rows: tuple[EvidenceRow, ...]
    items: tuple[EvidenceItem, ...]
    exhibits: tuple[str, ...]
    missing: tuple[str, ...]


#: Facts that a case can do without.
_OPTIONAL = frozenset({"other", "exemption", "fault"})


def evidence_matrix(docket: Docket, case: str) -> tuple[EvidenceRow, ...]:
    """Return every fact to be proved in ``case``, in the order of the article, gaps included.

    Raises:
        CasesError: There is no such case in the docket.
    """
    found = _case(docket, case)
    return tuple(_row(found, kind) for kind in FACT_KINDS[found.track])


def evidence_groups(docket: Docket, case: str) -> tuple[EvidenceGroup, ...]:
    """Return the evidence matrix of ``case`` in the groups that its field and track have, gaps included.

    A group ``other`` comes last when a fact that no group names was established.

    Raises:
        CasesError: There is no such case in the docket.
    """
    found = _case(docket, case)
    rows = {row.kind: row for row in evidence_matrix(docket, case)}
    field = docket.matter.field if docket.matter else ""
    grouping = next(
        one for one in groupings() if one.track == found.track and (not one.fields or field in one.fields)
    )
    groups = [_shown(one, grouping.rule, tuple(rows[kind] for kind in one.facts)) for one in grouping.groups]
    named = {kind for one in grouping.groups for kind in one.facts}
    rest = tuple(row for kind, row in rows.items() if kind not in named and row.proved)
    if rest:
        name = label(f"fact-{found.track}", "other")
        groups.append(_shown(_Group("other", name.zh, name.en, ()), grouping.rule, rest))
    return tuple(groups)


@functools.cache
def groupings() -> tuple[_Grouping, ...]:
    """Return the groupings of ``evidence-groups.yaml``."""
    return load_data("evidence-groups.yaml", tuple[_Grouping, ...])


def _case(docket: Docket, case: str) -> Case:
    found = docket.cases.get(case)
    if found is None:
        raise no_case(docket.cases, case)
    return found


def _row(case: Case, kind: str) -> EvidenceRow:
    facts = [fact for fact in case.facts if fact.kind == kind]
    name = label(f"fact-{case.track}", kind)
    exhibits = dict.fromkeys(exhibit for fact in facts for exhibit in fact.exhibits)
    findings = dict.fromkeys(finding for fact in facts for finding in fact.findings)
    return EvidenceRow(
        kind,
        name.zh,
        name.en,
        tuple(f.text for f in facts),
        tuple(exhibits),
        proved=bool(facts),
        findings=tuple(findings),
    )


def _shown(group: _Group, rule: str, rows: tuple[EvidenceRow, ...]) -> EvidenceGroup:
    return EvidenceGroup(
        id=group.id,
        zh=group.zh,
        en=group.en,
        rule=rule,
        rows=rows,
        items=group.items,
        exhibits=tuple(dict.fromkeys(exhibit for row in rows for exhibit in row.exhibits)),
        missing=tuple(row.kind for row in rows if not row.proved and row.kind not in _OPTIONAL),
    )
