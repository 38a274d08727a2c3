"""From the scope that the policies give to the scope that the lists of the register take."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.register import office_path
from qingyuan.parties import Access, Registry, Scope
from qingyuan.parties.scope import At, Both, Constant, Either, Includes, Is, Not, Under
from qingyuan.store.register import Scope as ListScope
from qingyuan.store.standing import dockets_of

if TYPE_CHECKING:
    import sqlalchemy as sa

_NATION = "/"


@dataclasses.dataclass
class _Sets:
    """What is seen and what is withheld."""

    offices: set[str] = dataclasses.field(default_factory=set)
    own: set[str] = dataclasses.field(default_factory=set)
    at: set[str] = dataclasses.field(default_factory=set)
    beneath: set[str] = dataclasses.field(default_factory=set)
    records: set[str] = dataclasses.field(default_factory=set)
    recused: set[str] = dataclasses.field(default_factory=set)


def list_scope(
    home: Home, connection: sa.Connection, access: Access, person: str, *, on: date, action: str = "list"
) -> ListScope:
    """Return what the lists, the search and the open dates show a person.

    Raises:
        OfficeError: ``office.unlistable``: a policy of the site asks of a list what the register cannot answer.
    """
    own = home.settings.office
    reader = _Lowering(access.registry, lambda relation, party: dockets_of(connection, relation, party))
    reader.own_id, reader.own_division = own.id, own.division
    found = reader.lower(access.scope(person, action, on=on))
    reader.resolve(found)
    return ListScope(
        offices=tuple(sorted(found.offices)),
        records=tuple(sorted(found.records)),
        own=tuple(sorted(found.own)),
        recused=tuple(sorted(found.recused)),
    )


class _Lowering:
    """Turns the expression into sets of offices and dockets."""

    own_id = ""
    own_division = ""

    def __init__(self, registry: Registry, dockets: Callable[[str, str], tuple[str, ...]]) -> None:
        self._registry = registry
        self._dockets = dockets

    def lower(self, scope: Scope) -> _Sets:
        found = _Sets()
        parts = scope.parts if isinstance(scope, Both) else (scope,)
        seen = [part for part in parts if not self._withheld(part, found)]
        if len(seen) > 1:
            raise _unlistable()
        if seen:
            self._add(seen[0], found)
        else:
            found.offices.add(_NATION)
        return found

    def resolve(self, found: _Sets) -> None:
        """Turn offices into paths; an office and all below it is one path, which a list reads in one go instead of one by one."""
        for office in found.at:
            body = self._registry.bodies.get(office)
            whole = office in found.beneath and body is not None and body.division
            (found.offices if whole else found.own).update(self._path(office))
        for office in found.beneath - found.at:
            self._each_below(office, found)
        for office in found.beneath & found.at:
            body = self._registry.bodies.get(office)
            if body is None or not body.division:
                self._each_below(office, found)

    def _each_below(self, office: str, found: _Sets) -> None:
        for below in self._registry.below(office):
            found.offices.update(self._path(below))

    def _withheld(self, part: Scope, found: _Sets) -> bool:
        match part:
            case Not(Includes(relation, party)):
                found.recused.update(self._dockets(relation, party))
            case Not(Is(matter)):
                found.recused.add(matter)
            case Not(Either(parts)):
                return all(self._withheld(Not(each), found) for each in parts)
            case _:
                return False
        return True

    def _add(self, part: Scope, found: _Sets) -> None:
        match part:
            case Constant(value):
                if value:
                    found.offices.add(_NATION)
            case Under(office):
                found.offices.update(self._path(office))
            case At(office):
                found.at.add(office)
            case Includes(relation, party):
                found.records.update(self._dockets(relation, party))
            case Is(matter):
                found.records.add(matter)
            case Either(parts):
                for each in parts:
                    self._add(each, found)
            case _:
                self._add_below(part, found)

    def _add_below(self, part: Scope, found: _Sets) -> None:
        match part:
            case Both((Under(office), Not(At(same)))) if office == same:
                found.beneath.add(office)
            case _:
                raise _unlistable()

    def _path(self, office: str) -> list[str]:
        """Return the path of an office; nothing for one whose division is not known, as every path lies below the nation's."""
        body = self._registry.bodies.get(office)
        if body is None or not (body.division or office == self.own_id):
            return []
        return [office_path(body.division or self.own_division)]


def _unlistable() -> OfficeError:
    return OfficeError(
        "office.unlistable",
        zh="本地策略对列表的条件不能用于查询，不列出任何案件",
        en="a policy of this site asks of a list what the register cannot answer; nothing is listed",
        where="policies",
        remedy_zh="列表的准许只写办案单位、下级院、人员关系；排除只写人员关系",
        remedy_en="let permits of list go by office, offices below and relations, and forbids by relations",
    )
