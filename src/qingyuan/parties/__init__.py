"""Parties: offices, organs, courts, firms, volunteers and experts; who may do what, and why not.

Policies are readable files (``policies/*.cedar``, the Cedar language); every denial names its policy. See ``docs/parties.md``.
"""

from __future__ import annotations

from qingyuan.parties._lists import actions, kinds, roles
from qingyuan.parties.access import Access
from qingyuan.parties.errors import PartiesError
from qingyuan.parties.events import OFFICE, fold_matter, fold_registry
from qingyuan.parties.matrix import STANDINGS, Cell, Standing, matrix
from qingyuan.parties.model import (
    SYNTHETIC,
    Action,
    Body,
    Capacity,
    Decision,
    Item,
    Matter,
    Named,
    Owed,
    Post,
    Record,
    Resource,
    Ruling,
    Sent,
)
from qingyuan.parties.policies import Policies
from qingyuan.parties.registry import Registry
from qingyuan.parties.scope import EVERYTHING, NOTHING, Scope
from qingyuan.parties.service import (
    appoint,
    assign,
    disentrust,
    dismiss,
    end,
    entrust,
    lift,
    recuse,
    register,
    seed,
    send,
    unassign,
)

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "OFFICE",
    "STANDINGS",
    "SYNTHETIC",
    "Access",
    "Action",
    "Body",
    "Capacity",
    "Cell",
    "Decision",
    "Item",
    "Matter",
    "Named",
    "Owed",
    "PartiesError",
    "Policies",
    "Post",
    "Record",
    "Registry",
    "Resource",
    "Ruling",
    "Scope",
    "Sent",
    "Standing",
    "actions",
    "appoint",
    "assign",
    "disentrust",
    "dismiss",
    "end",
    "entrust",
    "fold_matter",
    "fold_registry",
    "kinds",
    "lift",
    "matrix",
    "recuse",
    "register",
    "roles",
    "seed",
    "send",
    "unassign",
]
