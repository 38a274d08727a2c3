"""Who is who in this office and who may do what: the parties room over the journal of a home.

The command line acts for whoever holds the keys of the home and asks nobody; what serves others asks :func:`access_of`.
"""

from __future__ import annotations

from qingyuan.office.access.gate import Asking, Gate
from qingyuan.office.access.lists import list_scope
from qingyuan.office.access.work import (
    access_of,
    change_docket,
    change_register,
    docket_of,
    own_body,
    read_policies,
    register_of,
    seeded,
    unmask,
)
from qingyuan.office.standing import refresh_standing

__all__ = [
    "Asking",
    "Gate",
    "access_of",
    "change_docket",
    "change_register",
    "docket_of",
    "list_scope",
    "own_body",
    "read_policies",
    "refresh_standing",
    "register_of",
    "seeded",
    "unmask",
]
