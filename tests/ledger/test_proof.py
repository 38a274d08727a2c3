"""Offline proofs: the literal form, and what they prove."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    SHA256,
    SM3,
    SUITES,
    Checkpoint,
    Cosigner,
    FormatError,
    HashSuite,
    LedgerError,
    TileCache,
    TlogProof,
    add_cosignatures,
    cosign_checkpoint,
    leaf_hash,
    parse_proof,
    prove_inclusion,
    sign_checkpoint,
)
from tests.ledger.support import ORIGIN, build_log, entry, expect, seeded, signer

LOG, STORAGE, LAST = build_log(300)
CACHE = TileCache(STORAGE)
NOTE = LAST.checkpoint_note
KEYS = [LOG.key]
ONE = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf_hash(b"x")), signer())


def test_a_proof_is_written_as_the_specification_says() -> None:
    proof = TlogProof(5, (b"\x01" * 32, b"\x02" * 32), NOTE, b"more")
    lines = [base64.b64encode(each).decode() for each in proof.path]
    assert proof.encode() == (
        f"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 5\n{lines[0]}\n{lines[1]}\n\n".encode() + NOTE
    )
    assert TlogProof(0, (), ONE).encode() == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + ONE


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_every_entry_can_be_proved_and_checked_offline(suite: HashSuite) -> None:
    log, storage, last = build_log(70, suite)
    cache = TileCache(storage, suite)
    for index in range(70):
        proof = parse_proof(prove_inclusion(cache, index, last.checkpoint_note, suite).encode())
        signed = proof.verify(suite.leaf_hash(entry(index)), [log.key], suite=suite)
        assert signed.checkpoint.size == 70
        with expect("ledger.proof-root"):
            proof.verify(suite.leaf_hash(entry(index + 1)), [log.key], suite=suite)


def test_a_log_of_one_entry_needs_no_path() -> None:
    assert TlogProof(0, (), ONE).verify(leaf_hash(b"x"), KEYS).checkpoint.size == 1


def test_a_proof_for_an_older_checkpoint_is_made_from_the_grown_log() -> None:
    _, _, then = build_log(100)
    old = then.checkpoint_note
    proof = prove_inclusion(CACHE, 99, old)
    assert proof.verify(leaf_hash(entry(99)), KEYS).checkpoint.size == 100
    with expect("ledger.proof-range"):
        prove_inclusion(CACHE, 100, old)


def test_no_proof_is_made_that_would_not_verify() -> None:
    forged = sign_checkpoint(Checkpoint(ORIGIN, 300, bytes(32)), signer())
    with expect("ledger.proof-root"):
        prove_inclusion(CACHE, 7, forged)


def test_a_proof_carries_cosignatures_and_extra_data() -> None:
    witness = Cosigner.generate("notary.example", seeded(9))
    cosigned = add_cosignatures(NOTE, [cosign_checkpoint(NOTE, witness, 5)])
    proof = parse_proof(prove_inclusion(CACHE, 12, cosigned, extra=b"\x00salt").encode())
    assert proof.extra == b"\x00salt"
    signed = proof.verify(leaf_hash(entry(12)), KEYS, [witness.key])
    assert [key.name for key, _ in signed.note.verified] == [ORIGIN, "notary.example"]


def test_a_proof_by_an_unknown_log_is_refused() -> None:
    proof = prove_inclusion(CACHE, 12, NOTE)
    with expect("ledger.unsigned"):
        proof.verify(leaf_hash(entry(12)), [signer(number=2).key])


def test_a_proof_over_one_hash_says_nothing_under_the_other() -> None:
    proof = prove_inclusion(CACHE, 12, NOTE)
    with expect("ledger.proof-root"):
        proof.verify(SM3.leaf_hash(entry(12)), KEYS, suite=SM3)
    with expect("ledger.proof-root"):
        proof.verify(SM3.leaf_hash(entry(12)), KEYS, suite=SHA256)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "wrong-header\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v1\n\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1 \nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\r\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\n\n",
        "c2sp.org/tlog-proof@v1\nindex\n\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\n",
        "c2sp.org/tlog-proof@v1\nindex x\n\n",
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH} \n\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH[:-2]}B=\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{HASH}\n" * 64 + "\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\u3000\n\n",
    ],
)
def test_malformed_proofs_are_refused(head: str) -> None:
    with expect("ledger.proof"):
        parse_proof(head.encode() + (b"" if head.endswith("\n\n\n") else ONE))


def test_a_proof_without_a_checkpoint_is_refused() -> None:
    head = b"c2sp.org/tlog-proof@v1\nindex 0\n\n"
    for tail in (b"", b"a\n1\n", b"\n" + ONE, ONE[:-1]):
        with pytest.raises(FormatError):
            parse_proof(head + tail)
    with expect("ledger.proof"):
        parse_proof(head + b"x" * 2_000_000)


@settings(deadline=None)
@given(st.integers(0, 299), st.data())
def test_no_changed_byte_of_a_proof_goes_unseen(index: int, data: st.DataObject) -> None:
    encoded = prove_inclusion(CACHE, index, NOTE).encode()
    at = data.draw(st.integers(0, len(encoded) - 1))
    changed = encoded[:at] + bytes((encoded[at] ^ data.draw(st.integers(1, 255)),)) + encoded[at + 1 :]
    with pytest.raises(LedgerError):
        parse_proof(changed).verify(leaf_hash(entry(index)), KEYS)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=40),
)
def test_every_proof_reads_back_as_written(index: int, path: list[bytes], extra: bytes) -> None:
    proof = TlogProof(index, tuple(path), NOTE, extra or None)
    assert parse_proof(proof.encode()) == proof
