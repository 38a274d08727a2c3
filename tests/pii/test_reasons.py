"""Every reason the engine can give is said in words."""

from __future__ import annotations

import random

from qingyuan.pii._kernel import flags
from qingyuan.pii.catalog import catalog
from qingyuan.pii.decide import Evidence, Profile, decide
from qingyuan.pii.reasons import Said, reasons, said


def _known(reason: str) -> bool:
    known = set(reasons().codes) | {code for one in reasons().whole for code in one.split("+")}
    return set(reason.split("+")) <= known


def test_every_basis_of_a_form_has_words() -> None:
    bases = {form.basis for kind in catalog().kinds.values() for form in kind.forms}
    assert bases
    assert bases <= set(reasons().codes)


def test_every_reason_the_rules_give_has_words() -> None:
    chance, given = random.Random(20261123), set()
    labels = range(16)
    for number in range(40_000):
        kind = chance.randrange(1, flags.ADDRESS + 1)
        bits = chance.getrandbits(32) & chance.getrandbits(32)
        filled = chance.choice((0, 12, 40))
        profile = Profile(
            label=chance.choice(labels) if number % 3 else 0,
            filled=filled,
            digits=filled,
            whole={kind: chance.randint(0, filled)},
            shapes={"name": filled, "address": filled} if number % 2 else {"name-loose": filled},
        )
        decision = decide(Evidence(kind, bits, prose=bool(number % 5 == 0), profile=profile))
        if decision is not None:
            given.add(decision.reason)
    assert len(given) > 40
    assert {reason for reason in given if not _known(reason)} == set()


def test_a_reason_is_a_sentence_in_both_languages() -> None:
    assert said("checksum+column") == Said(
        "校验位正确；列名相符", "the check digit is right; the name of its column agrees"
    )
    assert "+" not in said("luhn+bin+groups").en
    assert said("luhn+bin+groups").zh == "校验位正确，开头是已登记的发卡机构号码；分组写法相符"


def test_a_code_without_words_stands_as_it_is() -> None:
    assert said("never-seen+column").en == "never-seen; the name of its column agrees"
    assert said("") == Said("", "")
