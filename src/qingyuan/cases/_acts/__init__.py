"""What each verb writes: from an act that was found possible to the drafts of its events."""

from qingyuan.cases._acts import closing, filing, lead, measure, review, suggestion
from qingyuan.cases._acts._base import ACTS, Act
from qingyuan.cases._acts.declared import declared
from qingyuan.cases._data import Verb

__all__ = ["ACTS", "act_of", "closing", "filing", "lead", "measure", "review", "suggestion"]


def act_of(verb: Verb) -> Act:
    """Return what ``verb`` writes: its own function, or the event of a declared act."""
    return declared if verb.records else ACTS[verb.name]
