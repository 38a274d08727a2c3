"""The two verifiers, the program and the page, written apart from one document, give the same verdicts.

Verdict, codes and paths must agree where nothing contradicts; of what fails, the codes of what only follows from a fault
may differ, so there the verdict and one fault must be the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.evidence.verify import test_chains as chains
from tests.evidence.verify import test_faults as faults
from tests.evidence.verify import test_fork as fork
from tests.evidence.verify import test_roles as roles
from tests.evidence.verify import test_stamp_lines as stamp_lines
from tests.evidence.verify import test_tokens as tokens
from tests.evidence.verify import test_twin as twin
from tests.evidence.verify.checking import TRUST, check
from tests.evidence.verify.maker import Maker, policy
from tests.evidence.verify.noting import DEVICE, public_id, root_of
from tests.evidence.verify.stamped import ROOT, Bend, stamped, trusting
from tests.evidence.verify.stamping import Party
from tests.evidence.verify_page.node import Node

Case = tuple[str, bytes, bytes | None, bytes | None]


@pytest.fixture(scope="module")
def page() -> Iterator[Node]:
    with Node() as node:
        yield node


def with_certificate(party: Party) -> Bend:
    return lambda stamp: stamp.but(certificates=(party.certificate,))


def named() -> Iterator[Case]:
    """What the program's own tests hold ready."""
    for name, maker, _ in (*faults.CASES, *faults.EVENTS, *twin.CASES):
        yield name, maker.build(), TRUST, None
    for name, bend in (*tokens.BROKEN, *tokens.FINE):
        yield f"token: {name}", stamped(bend).build(), tokens.TRUSTED, None
    for name, maker, _, _ in stamp_lines.LINES:
        yield f"line: {name}", maker.build(), tokens.TRUSTED, None
    for name, signer, _ in chains.SIGNERS:
        maker = stamped(with_certificate(signer), tsa=signer)
        yield f"signer: {name}", maker.build(), trusting(ROOT, operators=1), None
    for name, issuer, _ in chains.ISSUERS:
        unit = chains.unit(issuer=issuer)
        maker = stamped(with_certificate(unit), tsa=unit)
        yield f"issuer: {name}", maker.build(), trusting(issuer, operators=1), None
    for name, data in roles.MALFORMED:
        yield f"role file: {name}", roles.package(data), roles.TWO_OF_THREE, None


def single() -> Iterator[Case]:
    one, few = roles.role(1, roles.A, roles.B), roles.role(2, roles.A)
    whole = Maker().build()
    yield "no trust", stamped().build(), None, None
    yield "roles", roles.package(one), roles.TWO_OF_THREE, None
    yield "roles, the last not used", roles.package(one, few, b"text"), roles.TWO_OF_THREE, None
    yield "roles announced", roles.package(one, drafts=roles.published(3)), roles.TWO_OF_THREE, None
    yield "roots and no role file", whole, roles.rooted(roles.roots(1, roles.A), roles_version=1), None
    yield (
        "revoked",
        roles.revoked({"key": public_id(DEVICE), "last_trusted_size": 17}),
        TRUST,
        None,
    )
    yield "no twin", twin.without().build(), TRUST, None
    yield "two operators", stamped().build(), trusting(ROOT, operators=2), None
    for rule in ("any", "all"):
        yield f"policy over both logs, {rule}", whole, TRUST, twin.twin_policy(rule)
        yield f"policy over both logs, no twin, {rule}", twin.without().build(), TRUST, twin.twin_policy(rule)
    yield "policy without a last line feed", whole, TRUST, policy().rstrip()
    yield "fork", fork.EQUAL, TRUST, None
    yield "fork, no trust", fork.EQUAL, None, None
    other = fork.note(9, root_of(fork.OTHER), origin="other/log")
    yield "two logs", fork.proof("equal-size", fork.note(9, root_of(fork.ONE)), other), TRUST, None


def agree(page: Node, case: Case) -> str | None:
    """Return what differs."""
    name, data, trust, rules = case
    ours, theirs = check(data, trust, rules).as_dict(), page.judge(data, trust, rules)
    one, two = ({(r["code"], r["path"]) for r in said["reasons"]} for said in (ours, theirs))
    same = one == two if ours["verdict"] != "fail" else bool({f for f in one & two if "ok-" not in f[0]})
    if ours["verdict"] == theirs["verdict"] and same:
        return None
    return f"{name}: {ours['verdict']} {sorted(map(str, one - two))}, {theirs['verdict']} {sorted(map(str, two - one))}"


#: The bounds are met one after the other; how many of them are told is left open.
TOLD_ONCE = "a scope that is too long"


@pytest.mark.slow
def test_the_two_verifiers_agree_on_every_fault_that_has_a_name(page: Node) -> None:
    differing = [agree(page, case) for case in named() if case[0] != TOLD_ONCE]
    assert [said for said in differing if said] == []


def test_the_two_verifiers_agree_on_trust_policies_and_forks(page: Node) -> None:
    assert [said for said in (agree(page, case) for case in single()) if said] == []


def _bent(chance: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(sorted(value))
        if chance.random() < 0.15:
            return {n: v for n, v in value.items() if n != name}
        return {**value, name: _bent(chance, value[name])}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], _bent(chance, value[at]), *value[at + 1 :]]
    return chance.choice([None, True, 0, 1, 2, -1, 2**53, "", "x", "0" * 64, [], {}, ["x"], {"a": 1}])


@pytest.mark.slow
def test_the_two_verifiers_agree_on_json_bent_at_random(page: Node) -> None:
    chance, members = random.Random(11), stamped().members()
    names = [name for name in members if name.endswith((".json", ".jsonl"))]
    differing = []
    for number in range(60):
        name = chance.choice(names)
        lines = [json.loads(line) for line in members[name].splitlines()]
        at = chance.randrange(len(lines))
        lines[at] = _bent(chance, lines[at])
        text = "".join(
            json.dumps(v, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for v in lines
        )
        data = stamped(tags=lambda m, n=name, t=text: {**m, n: t.encode()}).build()
        trust = trusting(ROOT, operators=1)
        if number % 4 == 0:
            data, trust = stamped().build(), json.dumps(_bent(chance, json.loads(trust))).encode()
        ours, theirs = check(data, trust).verdict, page.judge(data, trust)["verdict"]
        differing += [(name, ours, theirs, text[-80:])] if ours != theirs else []
    assert differing == []
