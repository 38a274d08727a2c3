"""The closed lists of this room: kinds of body, roles, actions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec

from qingyuan.parties.errors import PartiesError
from qingyuan.parties.model import Action, Named
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of ``data/``."""

    kinds: tuple[Named, ...] = ()
    roles: tuple[Named, ...] = ()
    actions: tuple[Action, ...] = ()


def _read(name: str) -> _Lists:
    raw = (files("qingyuan.parties") / "data" / name).read_bytes()
    return convert(read_yaml(raw), _Lists)


@functools.cache
def kinds() -> Mapping[str, Named]:
    """Return the kinds of body by identifier."""
    return MappingProxyType({kind.id: kind for kind in _read("kinds.yaml").kinds})


@functools.cache
def roles() -> Mapping[str, Named]:
    """Return the roles by identifier."""
    return MappingProxyType({role.id: role for role in _read("roles.yaml").roles})


@functools.cache
def actions() -> Mapping[str, Action]:
    """Return the actions by identifier."""
    return MappingProxyType({action.id: action for action in _read("actions.yaml").actions})


def action(name: str) -> Action:
    """Return the action ``name``.

    Raises:
        PartiesError: ``parties.unknown-action``.
    """
    known = actions().get(name)
    if known is None:
        raise PartiesError(
            "parties.unknown-action",
            zh=f"没有名为“{name}”的权限事项",
            en=f"there is no action {name!r}",
            where=name,
            remedy_zh=f"可用：{'、'.join(actions())}",
            remedy_en=f"known: {' '.join(actions())}",
        )
    return known


def role(name: str) -> Named:
    """Return the role ``name``.

    Raises:
        PartiesError: ``parties.unknown-role``.
    """
    known = roles().get(name)
    if known is None:
        raise PartiesError(
            "parties.unknown-role",
            zh=f"没有名为“{name}”的角色",
            en=f"there is no role {name!r}",
            where=name,
            remedy_zh=f"可用：{'、'.join(roles())}",
            remedy_en=f"known: {' '.join(roles())}",
        )
    return known
