"""Witness policies: reading them, and judging cosigned checkpoints."""

from __future__ import annotations

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from qingyuan.ledger import (
    Algorithm,
    Checkpoint,
    Cosigner,
    Policy,
    VerifierKey,
    add_cosignatures,
    cosign_checkpoint,
    parse_policy,
    sign_checkpoint,
)
from tests.ledger.support import ORIGIN, expect, seeded, signer

WITNESSES = {
    name: Cosigner.generate(f"{name}.example", seeded(number))
    for number, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"), 10)
}
KEY = {name: witness.key.encode() for name, witness in WITNESSES.items()}
LOG = signer().key.encode()
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 42, bytes(32)), signer())
# The example of the specification.
TWO_LEVELS = f"""\
log {LOG}

witness X1 {KEY["X1"]}
witness X2 {KEY["X2"]}
witness X3 {KEY["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {KEY["Y1"]}
witness Y2 {KEY["Y2"]}
witness Y3 {KEY["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def cosigned(*names: str) -> bytes:
    lines = [cosign_checkpoint(NOTE, WITNESSES[name], 1000 + place) for place, name in enumerate(names)]
    return add_cosignatures(NOTE, lines)


def policy(text: str) -> Policy:
    return parse_policy(text.encode(errors="surrogateescape"))


def test_the_example_of_the_specification_is_met_by_exactly_the_right_sets() -> None:
    judged = policy(TWO_LEVELS)
    for count in range(7):
        for names in itertools.combinations(WITNESSES, count):
            verdict = judged.evaluate(cosigned(*names))
            xs, ys = (sum(name.startswith(letter) for name in names) for letter in "XY")
            assert verdict.met == (xs >= 2 and ys >= 1)
            assert dict(verdict.groups) == {
                "X-witnesses": xs >= 2,
                "Y-witnesses": ys >= 1,
                "X-and-Y": verdict.met,
            }
            assert {each.name for each in verdict.cosigned} == set(names)
            assert set(verdict.missing) == set(WITNESSES) - set(names)


def test_a_verdict_names_the_log_the_head_and_the_times() -> None:
    verdict = policy(TWO_LEVELS).evaluate(cosigned("Y2", "X3"))
    assert verdict.checkpoint == Checkpoint(ORIGIN, 42, bytes(32))
    assert (verdict.log, verdict.quorum) == (signer().key, "X-and-Y")
    assert [(each.name, each.time) for each in verdict.cosigned] == [("X3", 1001), ("Y2", 1000)]


def test_a_quorum_one_short_is_refused_and_names_who_is_missing() -> None:
    judged = policy(TWO_LEVELS)
    assert judged.evaluate(cosigned("X1", "X2", "Y1")).require().met
    with pytest.raises(Exception, match="X2, X3, Y2, Y3") as caught:
        judged.evaluate(cosigned("X1", "Y1")).require()
    assert getattr(caught.value, "code", None) == "ledger.quorum"


def test_a_quorum_may_be_one_witness_or_none() -> None:
    single = policy(f"log {LOG}\nwitness X1 {KEY['X1']}\nquorum X1\n")
    assert single.evaluate(cosigned("X1")).met
    assert not single.evaluate(cosigned("X2")).met
    nobody = policy(f"log {LOG}\nquorum none\n")
    assert nobody.evaluate(NOTE).require().met


def test_a_checkpoint_must_be_signed_by_a_log_of_the_policy() -> None:
    with expect("ledger.unsigned"):
        policy(f"log {signer(number=2).key.encode()}\nquorum none\n").evaluate(NOTE)
    with expect("ledger.unsigned"):
        policy("quorum none\n").evaluate(NOTE)
    assert policy("quorum none\n").evaluate(NOTE, [signer().key]).met


def test_a_cosignature_that_does_not_verify_refuses_the_checkpoint() -> None:
    forged = cosigned("X1", "X2", "Y1").replace(b"\n42\n", b"\n43\n")
    with expect("ledger.bad-signature"):
        policy(TWO_LEVELS).evaluate(forged)
    other = sign_checkpoint(Checkpoint(ORIGIN, 43, bytes(32)), signer())
    moved = add_cosignatures(other, [cosign_checkpoint(NOTE, WITNESSES["X1"], 1)])
    with expect("ledger.bad-signature"):
        policy(TWO_LEVELS).evaluate(moved)


def test_the_same_witness_twice_counts_once() -> None:
    judged = policy(TWO_LEVELS)
    line = cosigned("X1").decode().splitlines(keepends=True)[-1]
    doubled = (cosigned("X1", "Y1").decode() + line).encode()
    assert not judged.evaluate(doubled).met


def test_a_witness_with_an_ml_dsa_key_counts() -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = VerifierKey("pq.example", Algorithm.ML_DSA_44, private.public_key().public_bytes_raw())
    judged = policy(f"log {LOG}\nwitness pq {key.encode()}\nquorum pq\n")
    assert judged.witnesses[0].key == key
    assert not judged.evaluate(NOTE).met


def test_white_space_comments_and_urls_are_read_as_specified() -> None:
    judged = policy(
        f"\n# comment\n\t # another\n\twitness \t w1  {KEY['X1']}   https://w1.example/  \n\n"
        f"log {LOG} https://log.example/\n  quorum\tw1\n"
    )
    assert (judged.witnesses[0].name, judged.witnesses[0].url) == ("w1", "https://w1.example/")
    assert (judged.logs[0].key.name, judged.logs[0].url) == (ORIGIN, "https://log.example/")
    assert judged.quorum == "w1"


def test_names_are_octets_not_characters() -> None:
    judged = parse_policy(
        b"witness K\xe2\x84\xaa\x80 " + KEY["X1"].encode() + b"\nquorum K\xe2\x84\xaa\x80\n"
    )
    assert judged.quorum.encode(errors="surrogateescape") == b"K\xe2\x84\xaa\x80"
    with expect("ledger.policy"):
        parse_policy(b"witness K " + KEY["X1"].encode() + b"\nquorum \xe2\x84\xaa\n")
    verdict = judged.evaluate(NOTE, [signer().key])
    with expect("ledger.quorum"):
        verdict.require()


def test_keywords_are_valid_names() -> None:
    text = (
        f"log {LOG}\nwitness all {KEY['X1']}\nwitness any {KEY['X2']}\ngroup group 2 all any\nquorum group\n"
    )
    assert policy(text).evaluate(cosigned("X1", "X2")).met
    assert not policy(text).evaluate(cosigned("X1")).met


W1 = f"witness w1 {KEY['X1']}\n"
W2 = f"witness w2 {KEY['X2']}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        W1,
        "quorum none",
        f"{W1}quorum w1\n ",
        "quorum none\n\x01",
        "quorum none\r\n",
        "quorum none\n\x7f",
        "quorum none\n\x00",
        "quibble w1\nquorum none\n",
        "Quorum none\n",
        f"witness w1 {KEY['X1']} https://w1.example/ # comment\nquorum w1\n",
        "log\nquorum none\n",
        f"log {LOG} url url\nquorum none\n",
        f"log {LOG}\nlog {LOG} https://log.example/\nquorum none\n",
        f"log {KEY['X1']}\nquorum none\n",
        "witness w1\nquorum none\n",
        f"witness w1 {LOG}\nquorum none\n",
        f"witness none {KEY['X1']}\nquorum none\n",
        f"{W1}witness w1 {KEY['X2']}\nquorum w1\n",
        f"{W1}witness w2 {Cosigner.generate('impostor.example', seeded(10)).key.encode()}\nquorum w1\n",
        f"{W1}group w1 any w1\nquorum w1\n",
        f"{W1}group g 1\nquorum w1\n",
        f"{W1}group none any w1\nquorum none\n",
        f"{W1}group g 0 w1\nquorum g\n",
        f"{W1}group g -1 w1\nquorum g\n",
        f"{W1}group g 01 w1\nquorum g\n",
        f"{W1}group g 2 w1\nquorum g\n",
        f"{W1}group g some w1\nquorum g\n",
        f"{W1}group g any w2\nquorum g\n",
        f"group g any w1\n{W1}quorum g\n",
        f"{W1}group g any g\nquorum g\n",
        f"{W1}group g any none w1\nquorum g\n",
        f"{W1}group g all w1 w1\nquorum g\n",
        f"{W1}{W2}group g any w1 w2\ngroup h any w1\nquorum g\n",
        f"{W1}quorum w1\nquorum w1\n",
        "quorum unknown\n",
        f"quorum w1\n{W1}",
        "quorum\n",
        f"{W1}quorum w1 w1\n",
        "# " + "x" * (1 << 20) + "\nquorum none\n",
    ],
)
def test_malformed_policies_are_refused(text: str) -> None:
    with expect("ledger.policy"):
        policy(text)


@pytest.mark.parametrize("vkey", ["garbage", KEY["X1"].replace("+", "+0", 1), "a+00000000+AgEBAQ=="])
def test_malformed_keys_in_a_policy_are_refused(vkey: str) -> None:
    with expect("ledger.key"):
        policy(f"witness w1 {vkey}\nquorum w1\n")


def test_an_error_names_the_line() -> None:
    with pytest.raises(Exception, match="line 3"):
        policy(f"# one\n{W1}group g 2 w1\nquorum g\n")


def test_more_items_than_the_format_asks_for_are_read() -> None:
    lines = [
        f"witness w{n} {Cosigner.generate(f'w{n}.example', seeded(n)).key.encode()}\n" for n in range(100)
    ]
    assert len(policy("".join(lines) + "quorum none\n").witnesses) == 100


def test_a_policy_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingyuan.ledger.policy.MAX_ITEMS", 6)
    assert policy(TWO_LEVELS).quorum == "X-and-Y"
    with expect("ledger.policy"):
        policy(f"witness Z {Cosigner.generate('z.example', seeded(99)).key.encode()}\n{TWO_LEVELS}")


def test_a_policy_writes_back_to_the_same_meaning() -> None:
    judged = policy(
        TWO_LEVELS.replace("\nquorum", f"\nlog {signer('other.example', 3).key.encode()} https://o\nquorum")
    )
    written = judged.encode()
    assert parse_policy(written) == judged
    assert b"group Y-witnesses 1 Y1 Y2 Y3\n" in written
    assert b" https://o\n" in written
