"""Findings: the one currency in which every engine reports what it saw.

A finding names the sealed evidence, the exact place, the rule and the provision of law; it is a
clue, never a verdict, and says what would refute it.
"""

from qingyuan.findings.errors import FindingsError
from qingyuan.findings.model import (
    Example,
    Finding,
    Provision,
    State,
    finding_id,
    from_jsonl,
    to_arrow,
    to_jsonl,
)

__all__ = [
    "Example",
    "Finding",
    "FindingsError",
    "Provision",
    "State",
    "finding_id",
    "from_jsonl",
    "to_arrow",
    "to_jsonl",
]
