"""A list shows exactly the dockets that the policies would show one by one."""

from __future__ import annotations

import random

import msgspec
import pytest

from qingyuan.parties import EVERYTHING, NOTHING, Capacity, Matter, PartiesError, Scope
from qingyuan.parties.scope import At, Both, Either, Includes, Not, Under, both, either, negate
from tests.parties import equivalence
from tests.parties._world import DAY, access, dockets, people, policies, tree


def test_scope_equals_the_policies_on_twenty_thousand_random_pairs() -> None:
    compared = equivalence.compare(seed=7, pairs=20_000)
    assert compared.pairs >= 20_000
    assert compared.differences == []
    assert 1_000 < compared.allowed < compared.pairs


@pytest.mark.parametrize("action", ["read", "write", "decide", "assign", "audit"])
def test_other_actions_have_a_scope_too(action: str) -> None:
    assert equivalence.compare(seed=11, pairs=2_000, action=action).differences == []


def test_a_person_in_two_offices_sees_the_dockets_of_both() -> None:
    rng = random.Random(3)
    bodies = tree(rng)
    who = people(rng, bodies, 20)
    offices = [body for body in bodies.values() if body.kind == "procuratorate"]
    gate = access(bodies)
    capacities = [
        Capacity("P", offices[1].id, ("chief",)),
        Capacity("P", offices[-1].id, ("case-management",)),
    ]
    scopes = [gate.scope(capacity, on=DAY) for capacity in capacities]
    for matter in dockets(rng, bodies, who, 200):
        one_by_one = any(gate.authorize(each, "list", matter, on=DAY).allowed for each in capacities)
        assert either(scopes).holds(matter, gate.registry.line) is one_by_one


def test_a_scope_is_data() -> None:
    bodies = tree(random.Random(1))
    scope = access(bodies).scope(Capacity("P1", "p0", ("chief",)), on=DAY)
    assert msgspec.json.decode(msgspec.json.encode(scope), type=Scope) == scope
    assert b'"type":"under"' in msgspec.json.encode(scope)


def test_nobody_has_an_empty_scope() -> None:
    gate = access(tree(random.Random(1)))
    assert gate.scope("P999", on=DAY) == NOTHING
    assert gate.scope(Capacity("P1", "no such body", ("chief",)), on=DAY) == NOTHING
    assert gate.scope(Capacity("P1", "p0", ("administrator",)), on=DAY) == NOTHING
    assert gate.scope(Capacity("P1", "organ", ("organ-liaison",)), on=DAY) == NOTHING


def test_a_scope_is_of_dockets_only() -> None:
    with pytest.raises(PartiesError) as caught:
        access(tree(random.Random(1))).scope(Capacity("P1", "p0", ("chief",)), "open", on=DAY)
    assert caught.value.code == "parties.wrong-resource"


def test_what_is_superfluous_is_left_out() -> None:
    a, b = At("a"), Under("b")
    assert both([]) == EVERYTHING == either([a, EVERYTHING])
    assert either([]) == NOTHING == both([a, NOTHING])
    assert either([a, a, NOTHING]) == a
    assert both([a, Both((b, a))]) == Both((a, b))
    assert negate(negate(a)) == a
    assert negate(NOTHING) == EVERYTHING


def test_each_form_holds_for_what_it_says() -> None:
    line = {"a": ("a",), "b": ("b", "a")}.__getitem__
    matter = Matter("M1", "b", handlers=frozenset({"P1"}))
    assert Under("a").holds(matter, line)
    assert not At("a").holds(matter, line)
    assert At("b").holds(matter, line)
    assert Includes("handlers", "P1").holds(matter, line)
    assert not Includes("recused", "P1").holds(matter, line)
    assert Not(At("a")).holds(matter, line)
    assert Either((At("a"), At("b"))).holds(matter, line)
    assert not Both((At("a"), At("b"))).holds(matter, line)


def test_every_policy_of_lists_is_expressible() -> None:
    assert {"handler", "chief", "superior-office"} <= {ruling.policy for ruling in policies().all()}
