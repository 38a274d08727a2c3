"""What each verb writes: from an act that was found possible to the drafts of its events."""

from qingyuan.cases._acts import closing, filing, lead, measure, review, suggestion
from qingyuan.cases._acts._base import ACTS

__all__ = ["ACTS", "closing", "filing", "lead", "measure", "review", "suggestion"]
