"""ML-DSA-44 cosignatures: the message byte for byte, keys, and a witness that signs with two algorithms."""

from __future__ import annotations

import hashlib
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    AddCheckpoint,
    Algorithm,
    Checkpoint,
    Cosigner,
    LedgerError,
    MemoryWitnessStorage,
    Signature,
    VerifierKey,
    Witness,
    WitnessedLog,
    add_cosignatures,
    cosignature_time,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_policy,
    sign_checkpoint,
)
from qingyuan.ledger.cosignatures import CLOCK_SKEW, MlDsaCosigner, ml_dsa_available, off_clock
from qingyuan.ledger.keys import subtree_message
from tests.ledger.support import ORIGIN, expect, seeded, signer
from tests.ledger.witnessing import NOW, Grown, cosigner

BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
HEAD = parse_checkpoint(BODY)
# The structure of c2sp.org/tlog-cosignature for witness.example/w1 at 1679315147, written out by hand.
MESSAGE = bytes.fromhex(
    "737562747265652f76310a00"  # "subtree/v1" LF NUL
    "12 7769746e6573732e6578616d706c652f7731"  # 18, cosigner name
    "00000000641850cb"  # time
    "1b 6578616d706c652e636f6d2f626568696e642d7468652d736f6661"  # 27, origin
    "0000000000000000 00000000013e2dc3"  # start, end
    "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
)


def pq(name: str = "witness.example/w1", number: int = 1) -> MlDsaCosigner:
    return MlDsaCosigner.generate(name, seeded(500 + number))


def test_the_signed_message_is_the_structure_of_the_specification() -> None:
    assert subtree_message("witness.example/w1", HEAD, 1679315147) == MESSAGE
    assert len(MESSAGE) == 12 + 1 + 18 + 8 + 1 + 27 + 8 + 8 + 32


def test_a_key_of_fips_204_has_its_one_text_form_and_never_shows_itself() -> None:
    key = pq()
    assert ml_dsa_available()
    assert MlDsaCosigner.parse(key.skey()).key == key.key
    assert VerifierKey.parse(key.key.encode()) == key.key
    digest = hashlib.sha256(b"witness.example/w1\n\x06" + key.key.public).digest()
    assert key.key_id == int.from_bytes(digest[:4], "big")
    assert repr(key) == f"<MlDsaCosigner witness.example/w1+{key.key_id:08x}>"
    for text in (cosigner().skey(), key.skey()[:-1], key.skey().replace(f"{key.key_id:08x}", "00000000")):
        with pytest.raises(LedgerError) as caught:
            MlDsaCosigner.parse(text)
        assert caught.value.code == "ledger.key"
        assert key.skey()[-30:] not in str(caught.value)
    with expect("ledger.key"):
        MlDsaCosigner("w", bytes(31))


@given(st.integers(0, MAX_SIZE))
@settings(max_examples=15)
def test_a_cosignature_binds_name_time_origin_size_and_root(time: int) -> None:
    key = pq()
    signature = key.cosign(BODY, time)
    assert len(signature) == 8 + 2420
    assert key.key.verifies(BODY, signature)
    stated = cosignature_time(key.key, Signature(key.name, key.key_id, signature))
    assert stated == (time or None)
    assert not key.key.verifies(BODY, (time ^ 1).to_bytes(8, "big") + signature[8:])
    for wrong in (
        BODY.replace("example.com", "example.org"),
        BODY.replace("20852163", "20852164"),
        BODY.replace("CsUY", "DsUY"),
        BODY + "extension\n",
    ):
        assert not key.key.verifies(wrong, signature)
    renamed = VerifierKey("witness.example/w2", Algorithm.ML_DSA_44, key.key.public)
    assert not renamed.verifies(BODY, signature)
    assert not key.key.verifies(BODY, signature[:-1])
    assert not key.key.verifies(BODY, signature + b"\0")
    assert not key.key.verifies(BODY, b"\x80" + signature[1:])
    flipped = bytearray(signature)
    flipped[8 + time % 2420] ^= 1
    assert not key.key.verifies(BODY, bytes(flipped))


@pytest.mark.parametrize(
    ("text", "time", "code"),
    [
        ("no checkpoint\n", 1, "ledger.checkpoint"),
        (BODY, -1, "ledger.time"),
        (BODY, MAX_SIZE + 1, "ledger.time"),
        (BODY + "extension\n", 1, "ledger.cosignature"),
        (BODY.replace("example.com", "e" * 256), 1, "ledger.cosignature"),
    ],
)
def test_what_the_message_cannot_cover_is_not_cosigned(text: str, time: int, code: str) -> None:
    with expect(code):
        pq().cosign(text, time)


def test_names_of_255_bytes_are_covered_and_longer_ones_not() -> None:
    head = Checkpoint("日" * 85, 1, bytes(32))
    assert pq().covers(head)
    assert not pq().covers(Checkpoint("日" * 85 + "x", 1, bytes(32)))
    assert pq("w" * 255).covers(head)
    assert not pq("w" * 256).covers(head)


def test_a_witness_answers_with_a_line_of_each_of_its_keys() -> None:
    log, storage = Grown([3, 8]), MemoryWitnessStorage()
    server = Witness(cosigner(), [WitnessedLog((signer().key,))], storage, also=[pq()])
    assert [key.algorithm for key in server.keys] == [Algorithm.COSIGNATURE, Algorithm.ML_DSA_44]
    reply = server.add_checkpoint(log.request(0, 8), NOW)
    assert (reply.status, reply.body.count("— witness.example/w1 ".encode())) == (200, 2)
    lines = parse_note(log.notes[8].split(b"\n\n")[0] + b"\n\n" + reply.body).signatures
    note = add_cosignatures(log.notes[8], lines)
    assert len(open_checkpoint(note, [log.key], server.keys).note.verified) == 3
    assert len(parse_note(storage.states[ORIGIN].note).signatures) == 3
    policy = parse_policy(f"witness a {pq().key.encode()}\nquorum a\n".encode())
    assert policy.evaluate(note, [log.key]).met
    assert not policy.evaluate(log.notes[8], [log.key]).met


def test_extension_lines_are_cosigned_with_ed25519_only_and_not_at_all_without_it() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32), ("note",)), signer())
    body = AddCheckpoint(0, (), note).encode()
    served = [WitnessedLog((signer().key,))]
    both = Witness(cosigner(), served, MemoryWitnessStorage(), also=[pq()])
    reply = both.add_checkpoint(body, NOW)
    assert (reply.status, reply.body.count(b"\n")) == (200, 1)
    storage = MemoryWitnessStorage()
    only = Witness(pq(), served, storage)
    assert only.add_checkpoint(body, NOW).status == 400
    assert storage.states == {}


def test_no_key_of_a_witness_may_be_that_of_a_log_it_serves() -> None:
    log = WitnessedLog((VerifierKey("log.example", Algorithm.ML_DSA_44, pq().key.public),))
    with expect("ledger.witness-log"):
        Witness(cosigner(), [log], MemoryWitnessStorage(), also=[pq()])


def test_logs_are_taken_up_while_it_runs_and_its_memory_stays() -> None:
    other = Grown([3], key=signer("other.example/log"))
    log, storage = Grown([3, 8]), MemoryWitnessStorage()
    server = Witness(cosigner(), [WitnessedLog((log.key,))], storage)
    assert server.add_checkpoint(log.request(0, 3), NOW).status == 200
    assert server.add_checkpoint(other.request(0, 3), NOW).status == 404
    server.serve([WitnessedLog((log.key,)), WitnessedLog((other.key,))])
    assert server.add_checkpoint(other.request(0, 3), NOW).status == 200
    assert server.add_checkpoint(log.request(0, 8), NOW).status == 409
    with expect("ledger.witness-log"):
        server.serve([WitnessedLog((log.key,)), WitnessedLog((log.key,))])
    assert server.add_checkpoint(log.request(3, 8), NOW).status == 200


def test_without_ml_dsa_nothing_is_signed_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert not ml_dsa_available()
    with expect("ledger.algorithm"):
        pq()


def test_clocks_that_are_far_off_are_named_with_the_seconds() -> None:
    times = [("a", NOW), ("b", NOW + CLOCK_SKEW + 1), ("c", NOW - CLOCK_SKEW - 1), ("d", None)]
    assert off_clock(times, NOW) == {"b": CLOCK_SKEW + 1, "c": -CLOCK_SKEW - 1}
    policy = parse_policy(
        f"witness w {Cosigner.generate('w', seeded(3)).key.encode()}\nquorum none\n".encode()
    )
    line = Signature(
        "w",
        Cosigner.generate("w", seeded(3)).key_id,
        Cosigner.generate("w", seeded(3)).cosign(parse_note(Grown([3]).notes[3]).text, NOW),
    )
    verdict = policy.evaluate(add_cosignatures(Grown([3]).notes[3], [line]), [signer().key])
    assert verdict.off_clock(NOW) == {}
    assert verdict.off_clock(NOW - 1000) == {"w": 1000}
    assert verdict.off_clock(NOW - 1000, slack=1000) == {}
