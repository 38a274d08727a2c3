"""A small world of offices, people and dockets, drawn from a seed."""

from __future__ import annotations

import random
from datetime import date
from functools import cache

from qingyuan.law import load
from qingyuan.parties import Access, Body, Capacity, Matter, Policies, Registry

DAY = date(2026, 11, 2)
INSIDE = (
    "prosecutor", "assistant", "technician", "department-head", "chief", "case-management", "auditor", "administrator",
)  # fmt: skip
OUTSIDE = {
    "organ": ["organ-liaison"],
    "court": ["judge"],
    "firm": ["firm-liaison"],
    "volunteers": ["volunteer"],
    "panel": ["expert", "hearing-officer"],
}


@cache
def policies() -> Policies:
    return Policies(load())


def tree(rng: random.Random) -> dict[str, Body]:
    """Three levels of offices under one, and some outsiders."""
    bodies = {"top": Body("top", "procuratorate", "top")}
    for p in range(rng.randint(1, 3)):
        bodies[f"p{p}"] = Body(f"p{p}", "procuratorate", "p", parent="top")
        for c in range(rng.randint(1, 3)):
            bodies[f"p{p}c{c}"] = Body(f"p{p}c{c}", "procuratorate", "c", parent=f"p{p}")
            for d in range(rng.randint(1, 4)):
                name = f"p{p}c{c}d{d}"
                bodies[name] = Body(name, "procuratorate", "d", parent=f"p{p}c{c}")
    for kind in OUTSIDE:
        bodies[kind] = Body(kind, kind, kind)
    return bodies


def people(rng: random.Random, bodies: dict[str, Body], count: int) -> list[Capacity]:
    found = []
    for n in range(count):
        body = bodies[rng.choice(sorted(bodies))]
        known = INSIDE if body.kind == "procuratorate" else OUTSIDE[body.kind]
        roles = rng.sample(known, rng.randint(1, min(2, len(known))))
        found.append(Capacity(f"P{n:03d}", body.id, tuple(sorted(roles))))
    return found


def dockets(rng: random.Random, bodies: dict[str, Body], who: list[Capacity], count: int) -> list[Matter]:
    offices = sorted(name for name, body in bodies.items() if body.kind == "procuratorate")
    persons = [each.person for each in who]

    def some(of: list[str], most: int) -> frozenset[str]:
        return frozenset(rng.sample(of, rng.randint(0, most)))

    return [
        Matter(
            f"M{n:04d}",
            rng.choice(offices),
            handlers=some(persons, 8),
            approvers=some(persons, 2),
            recused=some(persons, 4),
            entrusted=some(offices, 2),
        )
        for n in range(count)
    ]


def access(bodies: dict[str, Body]) -> Access:
    return Access(Registry(bodies), policies())
