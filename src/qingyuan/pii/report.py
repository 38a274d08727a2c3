"""Findings: what a scan lets a prosecutor follow up, each with place, provision and refutation."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from qingyuan.findings import Finding, Provision, State, finding_id
from qingyuan.pii.catalog import Kind, catalog
from qingyuan.pii.engine import ENGINE
from qingyuan.pii.model import FileScan, Tally


def to_findings(
    scan: FileScan, exhibit: str = "", law_refs: Mapping[str, Provision] | None = None
) -> list[Finding]:
    """Return one finding per member, kind, form (clear or masked) and state; rejected hits give none.

    Args:
        scan: The result of a scan.
        exhibit: Identifier of the sealed exhibit, "" for an ad-hoc scan.
        law_refs: Provisions by rule identifier that replace those named in the kind's file.
    """
    return [_finding(scan.file, tally, exhibit, law_refs or {}) for tally in scan.tallies]


def _finding(file: str, tally: Tally, exhibit: str, law_refs: Mapping[str, Provision]) -> Finding:
    """Return the finding of one tally."""
    kind = catalog().kinds[tally.kind]
    title_zh, title_en = _titles(kind, tally)
    lead = tally.state == "confirmed" and not tally.masked
    finding = Finding(
        id="",
        engine=ENGINE,
        rule=tally.kind,
        title_zh=title_zh,
        title_en=title_en,
        state=State.LEAD if lead else State.TO_VERIFY,
        file=file,
        count=tally.count,
        examples=tally.examples,
        provisions=tuple(law_refs.get(p.rule, p) for p in kind.provisions),
        refuted_by_zh=kind.refuted_by.zh,
        refuted_by_en=kind.refuted_by.en,
        exhibit=exhibit,
        member=tally.member,
        distinct=tally.distinct,
    )
    return msgspec.structs.replace(finding, id=finding_id(finding))


def _titles(kind: Kind, tally: Tally) -> tuple[str, str]:
    """Return the sentence of a tally in both languages."""
    if tally.masked:
        return (
            f"发现已部分隐藏的{kind.zh} {tally.count} 处",
            f"{kind.en}: {tally.count} partly hidden",
        )
    if tally.state == "suspected":
        return (
            f"发现疑似{kind.zh} {tally.count} 处（{tally.distinct} 个不同值），待核实",
            f"{kind.en}: {tally.count} suspected, {tally.distinct} of them different",
        )
    return (
        f"发现未隐藏的{kind.zh} {tally.count} 处（{tally.distinct} 个不同值）",
        f"{kind.en}: {tally.count} in clear, {tally.distinct} of them different",
    )
