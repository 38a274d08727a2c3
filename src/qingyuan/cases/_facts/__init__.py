"""The predicates that verbs depend on; each yields what is missing and nothing when all is there."""

from __future__ import annotations

from functools import partial

from qingyuan.cases._facts import ending as _ending
from qingyuan.cases._facts import hearing as _hearing
from qingyuan.cases._facts import leads as _leads
from qingyuan.cases._facts import property as _property
from qingyuan.cases._facts import review as _review
from qingyuan.cases._facts._table import PREDICATES, Predicate
from qingyuan.cases._facts.declared import GENERAL, mentioned
from qingyuan.cases._facts.filing import FACT_KINDS

#: The modules that register the named facts.
_REGISTERED = (_ending, _hearing, _leads, _property, _review)


def predicate(fact: str) -> Predicate:
    """Return the predicate of a fact.

    Besides the named ones there are those about declared acts: ``did:ACT`` and ``not:ACT`` (it happened, or
    did not), ``owed:ACT/REPLY`` (it happened more often than its reply; ``+`` joins several on either side, ``ACT(FIELD=VALUE)``
    counts those that show it), ``over:PERIOD`` (the period ended before the day of the act), ``shows:ACT/FIELD=VALUE`` (the newest
    one shows it) and ``least:PARAM/NUMBER`` (the particular is as many as ``numbers.yaml`` demands).

    Raises:
        KeyError: No such predicate.
    """
    kind, colon, name = fact.partition(":")
    return partial(GENERAL[kind], name) if colon else PREDICATES[fact]


__all__ = ["FACT_KINDS", "PREDICATES", "Predicate", "mentioned", "predicate"]
