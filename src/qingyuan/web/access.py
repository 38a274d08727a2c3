"""What pages may need, and what the policies of the parties room are asked for it. Every route names one; none is without.

Nothing is decided here: a permission is an action of :mod:`qingyuan.parties` and what it is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Permission = Literal[
    "public",  # anyone
    "signed-in",  # any account
    "case.list",  # lists and the search, narrowed to what one sees
    "case.read",  # leads, matters and cases, documents
    "case.act",  # acts on leads, matters and cases
    "case.assign",  # who handles a docket
    "case.decide",  # recusals, and what cannot be taken back: the key of a docket is destroyed
    "case.direct",  # another procuratorate takes part
    "case.export",  # packages
    "case.audit",  # entries of the log, without their values
    "material.take",  # uploads, intake, capture
    "material.view",  # masked results of scans
    "material.read",  # the content of exhibits; each reading is an event
    "material.unmask",  # values in clear, with a reason; each reading is an event
    "office.count",  # statistics
    "office.appoint",  # accounts and posts
    "office.manage",  # keys, health, connections
]


class Asked(NamedTuple):
    """What the policies are asked.

    Attributes:
        action: Action of the parties room.
        of: What it is asked about: ``"docket"``, ``"record"`` (material of a docket) or ``"office"``.
        somewhere: The action on dockets that says whether anything of the kind is possible at all, without naming one.
        new: The action on the office for what belongs to no docket yet; ``""`` when there is nothing of the kind.
    """

    action: str
    of: Literal["docket", "record", "office"]
    somewhere: str = ""
    new: str = ""


#: What is asked for each permission; the two that are not here need no policy.
ASKED: Mapping[Permission, Asked] = MappingProxyType(
    {
        "case.list": Asked("list", "docket", "list"),
        "case.read": Asked("read", "docket", "read"),
        "case.act": Asked("write", "docket", "write", "receive"),
        "case.assign": Asked("assign", "docket", "assign"),
        "case.decide": Asked("decide", "docket", "decide"),
        "case.direct": Asked("direct", "docket", "direct"),
        "case.export": Asked("export", "docket", "export"),
        "case.audit": Asked("audit", "docket", "audit"),
        "material.take": Asked("collect", "docket", "collect", "receive"),
        "material.view": Asked("view-record", "record", "read"),
        "material.read": Asked("inspect", "record", "collect"),
        "material.unmask": Asked("unmask", "record", "write"),
        "office.count": Asked("count", "office"),
        "office.appoint": Asked("appoint", "office"),
        "office.manage": Asked("administer", "office"),
    }
)

#: Roles of accounts: the posts of an office in the parties room, in the order they are offered.
ROLES = (
    "prosecutor",
    "assistant",
    "technician",
    "department-head",
    "chief",
    "case-management",
    "auditor",
    "administrator",
)

#: What earlier versions called some of them.
FORMER: Mapping[str, str] = MappingProxyType({"admin": "administrator", "supervisor": "department-head"})
