"""Comparing scopes with the policy engine on random pairs; ``python -m tests.parties.equivalence --pairs 1000000``."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from typing import NamedTuple

import cedarpy

from qingyuan.parties import _entities
from tests.parties._world import DAY, access, dockets, people, policies, tree

#: People and dockets of one world; each person is asked about each docket.
PEOPLE, DOCKETS = 50, 200


class Compared(NamedTuple):
    """What a comparison found.

    Attributes:
        pairs: Pairs of person and docket that were compared.
        allowed: How many the engine allows.
        differences: Seed of the world, person and docket where list and engine differ.
        engine_seconds: CPU time of the engine, requests and answers included.
        scope_seconds: CPU time of the scopes.
    """

    pairs: int
    allowed: int
    differences: list[tuple[int, str, str]]
    engine_seconds: float
    scope_seconds: float


def compare(seed: int, pairs: int, action: str = "list") -> Compared:
    """Compare at least ``pairs`` random pairs, a new world of offices, people and dockets every ten thousand."""
    done = allowed = 0
    differences: list[tuple[int, str, str]] = []
    engine = scopes = 0.0
    while done < pairs:
        rng = random.Random(seed)
        bodies = tree(rng)
        who = people(rng, bodies, PEOPLE)
        matters = dockets(rng, bodies, who, DOCKETS)
        gate = access(bodies)
        world = [_entities.person(each) for each in who]
        world += [_entities.docket(matter) for matter in matters]
        world += _entities.bodies(gate.registry, bodies)
        started = time.process_time()
        handle = cedarpy.Entities.from_json_str(json.dumps(world))
        requests = [
            {
                "principal": _entities.uid("Person", each.person),
                "action": _entities.uid("Action", action),
                "resource": _entities.uid("Matter", matter.id),
            }
            for each in who
            for matter in matters
        ]
        answers = [
            answer.allowed
            for answer in cedarpy.is_authorized_batch(requests, policies().compiled, handle)
            if not answer.diagnostics.errors
        ]
        engine += time.process_time() - started
        started = time.process_time()
        listed = [
            scope.holds(matter, gate.registry.line)
            for scope in [gate.scope(each, action, on=DAY) for each in who]
            for matter in matters
        ]
        scopes += time.process_time() - started
        for at, (one, other) in enumerate(zip(answers, listed, strict=True)):
            if one is not other:
                differences.append((seed, who[at // DOCKETS].person, matters[at % DOCKETS].id))
        done += len(answers)
        allowed += sum(answers)
        seed += 1
    return Compared(done, allowed, differences, engine, scopes)


def main() -> int:
    """Compare, print the figures, and return 1 when list and engine differ anywhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    found = compare(asked.seed, asked.pairs)
    sys.stdout.write(
        f"{found.pairs:,} pairs, {found.allowed:,} allowed, {len(found.differences)} differences; "
        f"engine {found.pairs / found.engine_seconds:,.0f}/s, scope {found.pairs / found.scope_seconds:,.0f}/s (CPU)\n"
    )
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
