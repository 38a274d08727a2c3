"""The evidence of a case with what engines found in it: fact to prove, exhibits, findings."""

from __future__ import annotations

import msgspec

from qingyuan.cases import EvidenceGroup, evidence_groups
from qingyuan.office._findings import Found, findings_of
from qingyuan.office.casework import load
from qingyuan.office.home import Home


class Evidence(msgspec.Struct, frozen=True):
    """The evidence of a case.

    Attributes:
        groups: Facts to prove with their exhibits, in groups.
        found: Findings by fact, as the groups name it; those that the fact names first.
        unread: Exhibits called like a finding file that are none.
    """

    groups: tuple[EvidenceGroup, ...]
    found: dict[str, tuple[Found, ...]]
    unread: tuple[str, ...] = ()


def evidence_of(home: Home, case: str) -> Evidence:
    """Return what the facts of a case rest on: exhibits, and the findings of engines in them.

    Raises:
        OfficeError: There is no such case.
        CasesError: The record is no case.
    """
    loaded = load(home, case)
    groups = evidence_groups(loaded.docket, case)
    with home.database.read() as connection:
        known, unread = findings_of(home, connection, loaded.streams)
    found = {}
    for row in (row for group in groups for row in group.rows):
        cited = [each for each in known if each.finding.id in row.findings]
        there = [each for each in known if each.finding.exhibit in row.exhibits and each not in cited]
        found[row.kind] = (*(msgspec.structs.replace(each, cited=True) for each in cited), *there)
    return Evidence(groups, found, unread)
