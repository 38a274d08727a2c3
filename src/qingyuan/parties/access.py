"""May this person do that? The policies decide, and every answer names the policy it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from qingyuan.parties import _entities, _lists
from qingyuan.parties.errors import PartiesError
from qingyuan.parties.events import Unmasked, encode
from qingyuan.parties.model import Action, Capacity, Decision, Owed, Record, Resource, Ruling
from qingyuan.parties.policies import Policies
from qingyuan.parties.registry import Registry
from qingyuan.parties.scope import NOTHING, Scope, either

if TYPE_CHECKING:
    import cedarpy

_DEFAULT = Ruling("default-deny", "forbid", "没有策略准许", "no policy permits it")
_NOBODY = Ruling(
    "no-capacity",
    "forbid",
    "该人员当日在登记册中没有任职",
    "the person holds no post in the register on that day",
)
_UNEVALUATED = Ruling(
    "not-evaluated",
    "forbid",
    "有事件或者策略无法判断，不予准许",
    "an event or a policy could not be read, so nothing is permitted",
)


class Access:
    """Decides for one register and one set of policies.

    Args:
        registry: Who there is.
        policies: What they may do.
    """

    def __init__(self, registry: Registry, policies: Policies) -> None:
        """Bind the register to the policies."""
        self.registry = registry
        self.policies = policies

    def authorize(
        self,
        principal: str | Capacity,
        action: str,
        resource: Resource,
        *,
        on: date,
        context: Mapping[str, str] | None = None,
    ) -> Decision:
        """Decide.

        Args:
            principal: A person, or a person in one capacity. For a person with posts in several bodies, the first capacity
                that is allowed counts.
            action: Identifier in ``actions.yaml``, e.g. ``"read"``.
            resource: What it is about.
            on: The day; posts are dated.
            context: Particulars, e.g. ``{"reason": "…"}`` for ``unmask``; those without a letter or digit count as missing.

        Raises:
            PartiesError: There is no such action, or it is not for this type of resource.
        """
        return self.authorize_all(principal, action, [resource], on=on, context=context)[0]

    def authorize_all(
        self,
        principal: str | Capacity,
        action: str,
        resources: Sequence[Resource],
        *,
        on: date,
        context: Mapping[str, str] | None = None,
    ) -> list[Decision]:
        """Decide on several resources; as :meth:`authorize`."""
        asked = _lists.action(action)
        given = {name: text.strip() for name, text in (context or {}).items() if any(map(str.isalnum, text))}
        capacities = (
            (principal,) if isinstance(principal, Capacity) else self.registry.capacities(principal, on)
        )
        return [self._first(principal, capacities, asked, resource, given, on) for resource in resources]

    def scope(self, principal: str | Capacity, action: str = "list", *, on: date) -> Scope:
        """Return which dockets a person may do ``action`` with, as data that a database can answer.

        Raises:
            PartiesError: There is no such action, or it is not for dockets.
        """
        asked = _lists.action(action)
        if asked.resource != "Matter":
            raise _wrong_type(asked, "Matter")
        if isinstance(principal, Capacity):
            return self._scope(principal, action)
        return either(self._scope(who, action) for who in self.registry.capacities(principal, on))

    def _scope(self, who: Capacity, action: str) -> Scope:
        body = self.registry.bodies.get(who.body)
        return NOTHING if body is None else self.policies.scope(action, who, body, self.registry.line)

    def _first(
        self,
        principal: str | Capacity,
        capacities: Sequence[Capacity],
        action: Action,
        resource: Resource,
        context: dict[str, str],
        on: date,
    ) -> Decision:
        if _entities.type_of(resource) != action.resource:
            raise _wrong_type(action, _entities.type_of(resource))
        if not capacities:
            person = principal.person if isinstance(principal, Capacity) else principal
            return _denied(Capacity(person, "", ()), action, resource, (_NOBODY,), ())
        decisions = []
        for who in capacities:
            decision = self._decide(who, action, resource, context, on)
            if decision.allowed:
                return decision
            decisions.append(decision)
        return decisions[0]

    def _decide(
        self, who: Capacity, action: Action, resource: Resource, context: dict[str, str], on: date
    ) -> Decision:
        matter = _entities.matter_of(resource)
        if matter is not None and matter.unread:
            return _denied(who, action, resource, (_UNEVALUATED,), ())
        result = self._ask(who, action, resource, context)
        diagnostics = result.diagnostics
        if diagnostics.errors:  # the engine leaves out what it cannot evaluate, a forbid too
            return _denied(who, action, resource, (_UNEVALUATED,), ())
        rulings = tuple(self.policies.ruling(each, on) for each in sorted(diagnostics.reasons))
        if not result.allowed:
            would = () if rulings else self.policies.permitting(action, on)
            return _denied(who, action, resource, rulings or (_DEFAULT,), would)
        words = "；".join(ruling.zh for ruling in rulings), "; ".join(ruling.en for ruling in rulings)
        ids = ", ".join(ruling.policy for ruling in rulings)
        return Decision(
            allowed=True,
            person=who.person,
            body=who.body,
            action=action.id,
            resource=_entities.id_of(resource),
            rulings=rulings,
            would=(),
            zh=f"准许“{action.zh}”：{words[0]}（策略 {ids}）",
            en=f"allowed to {action.en}: {words[1]} (policy {ids})",
            owed=self._owed(who, resource, context, rulings),
        )

    def _ask(
        self, who: Capacity, action: Action, resource: Resource, context: dict[str, str]
    ) -> cedarpy.AuthzResult:
        import cedarpy  # noqa: PLC0415 - only who decides on access needs the engine

        request = {
            "principal": _entities.uid("Person", who.person),
            "action": _entities.uid("Action", action.id),
            "resource": _entities.uid(action.resource, _entities.id_of(resource)),
            "context": {name: context[name] for name in action.needs if name in context},
        }
        return cedarpy.is_authorized(
            request, self.policies.compiled, _entities.entities(self.registry, who, resource)
        )

    def _owed(
        self, who: Capacity, resource: Resource, context: dict[str, str], rulings: Sequence[Ruling]
    ) -> Owed | None:
        kinds = {self.policies.event_of(ruling.policy) for ruling in rulings} - {""}
        if not kinds or not isinstance(resource, Record):
            return None
        seen = Unmasked(resource.id, who.person, who.body, context["reason"], resource.minor)
        return Owed(resource.matter.id, kinds.pop(), encode(seen))


def _denied(
    who: Capacity,
    action: Action,
    resource: Resource,
    rulings: tuple[Ruling, ...],
    would: tuple[Ruling, ...],
) -> Decision:
    ids = ", ".join(ruling.policy for ruling in rulings)
    zh = "；".join(ruling.zh for ruling in rulings)
    en = "; ".join(ruling.en for ruling in rulings)
    cited = dict.fromkeys(citation for ruling in rulings for citation in ruling.articles)
    if cited:
        zh += "（" + "；".join(c.zh for c in cited) + "）"
        en += " (" + "; ".join(c.en for c in cited) + ")"
    if would:
        zh += "。须符合下列之一：" + "；".join(ruling.zh for ruling in would)
        en += ". One of these is needed: " + "; ".join(ruling.en for ruling in would)
    return Decision(
        allowed=False,
        person=who.person,
        body=who.body,
        action=action.id,
        resource=_entities.id_of(resource),
        rulings=rulings,
        would=would,
        zh=f"不准许“{action.zh}”：{zh}（策略 {ids}）",
        en=f"not allowed to {action.en}: {en} (policy {ids})",
    )


def _wrong_type(action: Action, found: str) -> PartiesError:
    return PartiesError(
        "parties.wrong-resource",
        zh=f"“{action.zh}”针对 {action.resource}，不是 {found}",
        en=f"{action.id!r} is asked of a {action.resource}, not of a {found}",
        where=action.id,
        remedy_zh="请换成相应的对象",
        remedy_en="ask about a resource of that type",
    )
