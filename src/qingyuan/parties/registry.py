"""The register of bodies and posts, and the tree of offices."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from datetime import date

from qingyuan.parties.errors import PartiesError
from qingyuan.parties.model import Body, Capacity, Post


@dataclasses.dataclass(frozen=True)
class Registry:
    """Who there is.

    Attributes:
        bodies: Bodies by identifier.
        posts: Every post that was ever held, in order of recording.
        unread: Types of events about parties that this version does not know.
    """

    bodies: Mapping[str, Body]
    posts: tuple[Post, ...] = ()
    unread: tuple[str, ...] = ()

    def body(self, identifier: str) -> Body:
        """Return the body.

        Raises:
            PartiesError: ``parties.unknown-body``.
        """
        found = self.bodies.get(identifier)
        if found is None:
            raise PartiesError(
                "parties.unknown-body",
                zh="登记册中没有这个单位",
                en="the register has no such body",
                where=identifier,
                remedy_zh="用 qingyuan party list 查看，用 qingyuan party add 登记",
                remedy_en="see qingyuan party list, or register it with qingyuan party add",
            )
        return found

    @functools.cached_property
    def _by_person(self) -> dict[str, list[Post]]:
        found: dict[str, list[Post]] = {}
        for post in self.posts:
            found.setdefault(post.person, []).append(post)
        return found

    @functools.cached_property
    def _below(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for body in self.bodies.values():
            if body.parent:
                found.setdefault(body.parent, []).append(body.id)
        return found

    @functools.cached_property
    def _procuratorates(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for body in self.bodies.values():
            if body.kind == "procuratorate":
                for name in (body.id, body.name, body.division):
                    found.setdefault(name, body.id)
        return found

    def procuratorate(self, named: str) -> str | None:
        """Return the identifier of a procuratorate given its identifier, name or division; ``None`` when there is none."""
        return self._procuratorates.get(named) if named else None

    def people(self) -> tuple[str, ...]:
        """Return everyone who ever held a post, in order of recording."""
        return tuple(self._by_person)

    def posts_of(self, person: str, on: date | None = None) -> tuple[Post, ...]:
        """Return the posts of a person, those held on the day ``on`` only when a day is given."""
        return tuple(post for post in self._by_person.get(person, ()) if on is None or post.held(on))

    def capacities(self, person: str, on: date) -> tuple[Capacity, ...]:
        """Return in which capacities a person acts on a day: one for each body, in order of appointment."""
        roles: dict[str, set[str]] = {}
        for post in self.posts_of(person, on):
            if _exists(self.bodies.get(post.body), on):
                roles.setdefault(post.body, set()).add(post.role)
        return tuple(Capacity(person, body, tuple(sorted(held))) for body, held in roles.items())

    def line(self, body: str) -> tuple[str, ...]:
        """Return ``body`` and what it belongs under, nearest first; a body that is not registered stands alone."""
        found = [body]
        known = self.bodies.get(body)
        while known is not None and known.parent and known.parent not in found:
            found.append(known.parent)
            known = self.bodies.get(known.parent)
        return tuple(found)

    def below(self, body: str) -> tuple[str, ...]:
        """Return what belongs directly under ``body``."""
        return tuple(self._below.get(body, ()))

    def subtree(self, body: str) -> frozenset[str]:
        """Return ``body`` and everything below it."""
        found, pending = {body}, [body]
        while pending:
            for below in self._below.get(pending.pop(), ()):
                if below not in found:
                    found.add(below)
                    pending.append(below)
        return frozenset(found)


def _exists(body: Body | None, on: date) -> bool:
    return (
        body is not None
        and (body.since is None or body.since <= on)
        and (body.until is None or on <= body.until)
    )


def check_tree(bodies: Iterable[Body]) -> None:
    """Refuse a tree in which a body belongs under itself or under what is not there.

    Raises:
        PartiesError: ``parties.bad-tree``.
    """
    known = {body.id: body for body in bodies}
    for body in known.values():
        seen, at = {body.id}, body
        while at.parent:
            if at.parent not in known or at.parent in seen:
                raise PartiesError(
                    "parties.bad-tree",
                    zh=f"上级单位“{at.parent}”不存在或者构成循环",
                    en=f"the body above, {at.parent!r}, does not exist or makes a circle",
                    where=at.id,
                    remedy_zh="请更正上级单位",
                    remedy_en="correct the body above",
                )
            seen.add(at.parent)
            at = known[at.parent]
