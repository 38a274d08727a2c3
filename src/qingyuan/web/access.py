"""Who may do what: permissions by role. Every route names the permission it needs; no route is without one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

Permission = Literal[
    "public",  # anyone
    "signed-in",  # any account
    "case.read",  # leads, matters, documents, masked results
    "case.act",  # acts on leads, matters and cases
    "material.take",  # uploads and intake
    "material.read",  # the content of exhibits; each reading is an event
    "office.manage",  # accounts, roles, health
]

#: Role → what it permits beside ``public`` and ``signed-in``.
ROLES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "prosecutor": frozenset({"case.read", "case.act", "material.take", "material.read"}),
        "assistant": frozenset({"case.read", "case.act", "material.take", "material.read"}),
        "technician": frozenset({"case.read", "material.take", "material.read"}),
        "supervisor": frozenset({"case.read"}),
        "admin": frozenset({"office.manage"}),
    }
)


def permits(roles: Iterable[str] | None, permission: Permission) -> bool:
    """Return whether ``roles`` permit something; ``None`` stands for nobody signed in."""
    if permission == "public":
        return True
    if roles is None:
        return False
    return permission == "signed-in" or any(permission in ROLES.get(role, ()) for role in roles)
