"""From policies in Cedar's JSON form to a :data:`~qingyuan.parties.scope.Scope` for one person.

Everything about the person is known and is worked out; what is said about the docket becomes the scope. A form that a list
cannot answer is refused when the policies are read, not when somebody lists.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, cast

from qingyuan.parties._files import Policy
from qingyuan.parties.errors import PartiesError
from qingyuan.parties.model import Body, Capacity
from qingyuan.parties.scope import (
    EVERYTHING,
    NOTHING,
    At,
    Constant,
    Includes,
    Is,
    Relation,
    Scope,
    Under,
    both,
    either,
    negate,
)

_RELATIONS = ("handlers", "approvers", "recused", "entrusted")


@dataclasses.dataclass(frozen=True)
class _Ref:
    """An entity: its type and identifier."""

    type: str
    id: str


@dataclasses.dataclass(frozen=True)
class _Docket:
    """The docket, or one of its attributes, which only the list knows."""

    attribute: str = ""


class _Inexpressible(Exception):  # noqa: N818 - caught and named by scope_of
    """A form that no list can answer."""


def scope_of(
    policies: Iterable[Policy],
    action: str,
    who: Capacity,
    body: Body,
    line: Callable[[str], Iterable[str]],
) -> Scope:
    """Return the dockets that ``who`` may do ``action`` with.

    Raises:
        PartiesError: ``parties.unlistable``: a policy says something about the docket that no list can answer.
    """
    reader = _Reader(who, body, action, tuple(line(body.id)))
    permits: list[Scope] = []
    forbids: list[Scope] = []
    for policy in policies:
        if policy.actions is not None and action not in policy.actions:
            continue
        try:
            found = reader.policy(policy.body)
        except _Inexpressible as error:
            raise PartiesError(
                "parties.unlistable",
                zh=f"策略“{policy.id}”对列表的条件不能用于查询：{error}",
                en=f"policy {policy.id!r} asks of a list what no query can answer: {error}",
                where=policy.place,
                remedy_zh="列表只能用办案单位、办案人员、审批人员、回避人员、受托单位作条件",
                remedy_en="lists can go by office, handlers, approvers, recused persons and entrusted offices",
            ) from error
        (permits if policy.effect == "permit" else forbids).append(found)
    return both([either(permits), negate(either(forbids))])


class _Reader:
    """Works out policies for one person and one action."""

    def __init__(self, who: Capacity, body: Body, action: str, line: tuple[str, ...]) -> None:
        self._person = _Ref("Person", who.person)
        self._roles = frozenset(who.roles)
        self._body = body
        self._line = line
        self._action = _Ref("Action", action)

    def policy(self, body: dict[str, Any]) -> Scope:
        parts = [self.head(body["principal"], self._person), self.head(body["resource"], _Docket())]
        for condition in body["conditions"]:
            if NOTHING in parts:  # as the engine does, what can no longer matter is not worked out
                return NOTHING
            found = self.scope(condition["body"])
            parts.append(found if condition["kind"] == "when" else negate(found))
        return both(parts)

    def head(self, head: dict[str, Any], subject: _Ref | _Docket) -> Scope:
        kind = subject.type if isinstance(subject, _Ref) else "Matter"
        match head["op"]:
            case "All":
                return Constant(value=True)
            case "is":
                parts: list[Scope] = [Constant(value=head["entity_type"] == kind)]
                if "in" in head:
                    parts.append(self.within(subject, _entity(head["in"]["entity"])))
                return both(parts)
            case "==":
                return self.equal(subject, _entity(head["entity"]))
            case "in":
                return self.within(subject, _entity(head["entity"]))
            case other:
                raise _Inexpressible(other)

    def scope(self, node: dict[str, Any]) -> Scope:
        found = self.read(node)
        if isinstance(found, bool):
            return Constant(value=found)
        if isinstance(found, Scope):
            return found
        raise _Inexpressible(next(iter(node)))

    def read(self, node: dict[str, Any]) -> object:
        ((op, inner),) = node.items()
        reader = _READERS.get(op)
        if reader is None:
            raise _Inexpressible(op)
        return reader(self, inner)

    def literal(self, inner: object) -> object:
        return _entity(inner["__entity"]) if isinstance(inner, dict) else inner

    def members(self, inner: list[dict[str, Any]]) -> frozenset[object]:
        return frozenset(self.read(each) for each in inner)

    def conjunction(self, inner: dict[str, Any]) -> Scope:
        left = self.scope(inner["left"])
        return NOTHING if left == NOTHING else both([left, self.scope(inner["right"])])

    def disjunction(self, inner: dict[str, Any]) -> Scope:
        left = self.scope(inner["left"])
        return EVERYTHING if left == EVERYTHING else either([left, self.scope(inner["right"])])

    def choice(self, inner: dict[str, Any]) -> Scope:
        test = self.scope(inner["if"])
        if isinstance(test, Constant):
            return self.scope(inner["then" if test.value else "else"])
        then, other = self.scope(inner["then"]), self.scope(inner["else"])
        return either([both([test, then]), both([negate(test), other])])

    def pair(self, inner: dict[str, Any]) -> tuple[object, object]:
        return self.read(inner["left"]), self.read(inner["right"])

    def some(self, inner: dict[str, Any]) -> Scope:
        return either(self.each(inner))

    def every(self, inner: dict[str, Any]) -> Scope:
        return both(self.each(inner))

    def each(self, inner: dict[str, Any]) -> list[Scope]:
        left, right = self.pair(inner)
        if not isinstance(right, frozenset):
            raise _Inexpressible("containsAny, containsAll")
        return [self.contains(left, each) for each in right]

    def variable(self, name: str) -> object:
        match name:
            case "principal":
                return self._person
            case "resource":
                return _Docket()
            case "action":
                return self._action
            case _:
                raise _Inexpressible(name)

    def attribute(self, of: object, name: str) -> object:
        if of == self._person:
            return _Ref("Body", self._body.id) if name == "body" else self._roles
        if of == _Ref("Body", self._body.id):
            return self._body.kind if name == "kind" else str(self._body.level or "")
        if of == _Docket():
            return _Docket(name)
        raise _Inexpressible(f".{name}")

    def of_type(self, of: object, inner: dict[str, Any]) -> Scope:
        if isinstance(of, _Ref):
            kind = of.type
        elif of == _Docket():
            kind = "Matter"
        else:
            kind = "Body"
        if kind != inner["entity_type"]:
            return NOTHING
        return self.within(of, self.read(inner["in"])) if "in" in inner else Constant(value=True)

    def equal(self, left: object, right: object) -> Scope:
        if isinstance(right, _Docket) and not isinstance(left, _Docket):
            left, right = right, left
        if isinstance(left, _Docket):
            if not isinstance(right, _Ref):
                raise _Inexpressible("==")
            if not left.attribute:
                return Is(right.id) if right.type == "Matter" else NOTHING
            if left.attribute == "office":
                return At(right.id) if right.type == "Body" else NOTHING
            raise _Inexpressible("==")
        return Constant(value=left == right)

    def within(self, left: object, right: object) -> Scope:
        if isinstance(right, frozenset):
            return either([self.within(left, each) for each in right])
        if not isinstance(right, _Ref):
            raise _Inexpressible("in")
        if isinstance(left, _Docket):
            if left.attribute not in {"", "office"}:
                raise _Inexpressible("in")
            under = Under(right.id) if right.type == "Body" else NOTHING
            return under if left.attribute else either([under, self.equal(left, right)])
        if left == _Ref("Body", self._body.id):
            return Constant(value=right.type == "Body" and right.id in self._line)
        return Constant(value=left == right)

    @staticmethod
    def contains(left: object, right: object) -> Scope:
        if isinstance(left, _Docket):
            if left.attribute not in _RELATIONS or not isinstance(right, _Ref):
                raise _Inexpressible("contains")
            wanted = "Body" if left.attribute == "entrusted" else "Person"
            return Includes(cast("Relation", left.attribute), right.id) if right.type == wanted else NOTHING
        if isinstance(left, frozenset) and not isinstance(right, _Docket):
            return Constant(value=right in left)
        raise _Inexpressible("contains")


#: How each form of the JSON of Cedar is read; a form that is not here cannot be listed by.
_READERS: dict[str, Callable[[_Reader, Any], object]] = {
    "Value": _Reader.literal,
    "Var": _Reader.variable,
    "Set": _Reader.members,
    ".": lambda reader, inner: reader.attribute(reader.read(inner["left"]), inner["attr"]),
    "!": lambda reader, inner: negate(reader.scope(inner["arg"])),
    "&&": _Reader.conjunction,
    "||": _Reader.disjunction,
    "if-then-else": _Reader.choice,
    "==": lambda reader, inner: reader.equal(*reader.pair(inner)),
    "!=": lambda reader, inner: negate(reader.equal(*reader.pair(inner))),
    "in": lambda reader, inner: reader.within(*reader.pair(inner)),
    "is": lambda reader, inner: reader.of_type(reader.read(inner["left"]), inner),
    "contains": lambda reader, inner: reader.contains(*reader.pair(inner)),
    "containsAny": _Reader.some,
    "containsAll": _Reader.every,
}


def _entity(written: dict[str, str]) -> _Ref:
    return _Ref(written["type"], written["id"])
