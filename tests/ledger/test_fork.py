"""Fork proofs: complete, checkable by strangers, and never against an honest log."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    SM3,
    ForkProof,
    ProofError,
    Sm2NoteSigner,
    open_checkpoint,
    parse_fork,
    prove_fork,
    tree_root,
    verify_fork,
)
from tests.ledger.support import expect, seeded, signer
from tests.ledger.witnessing import Grown

HONEST = Grown([3, 5, 8, 13, 16, 300])
FORKED = Grown([3, 5, 8, 13, 16, 300], fork_at=2)
SIZES = [3, 5, 8, 13, 16, 300]


@pytest.mark.parametrize("old", SIZES)
@pytest.mark.parametrize("new", SIZES)
def test_a_fork_is_proven_from_public_data_and_only_from_a_fork(old: int, new: int) -> None:
    if old > new:
        with expect("ledger.proof-range"):
            prove_fork(FORKED.reader, HONEST.notes[old], FORKED.notes[new])
        return
    assert prove_fork(HONEST.reader, HONEST.notes[old], HONEST.notes[new]) is None
    proof = prove_fork(FORKED.reader, HONEST.notes[old], FORKED.notes[new])
    assert proof is not None
    verdict = verify_fork(parse_fork(proof.encode()), (HONEST.key,))
    assert verdict.proven
    assert verdict.kind == ("equal-size" if old == new else "prefix")
    assert (verdict.older.size, verdict.newer.size) == (old, new)
    assert str(old) in verdict.text("zh")
    assert "forked" in verdict.text("en")


def test_nothing_forks_from_the_empty_tree() -> None:
    assert prove_fork(FORKED.reader, HONEST.notes[0], FORKED.notes[8]) is None


def test_an_sm_log_can_be_convicted_too() -> None:
    key = Sm2NoteSigner.generate("twin", seeded(4))
    one, two = Grown([8, 20], suite=SM3, key=key), Grown([8, 20], 3, SM3, key)
    proof = prove_fork(two.reader, one.notes[8], two.notes[20], SM3)
    assert proof is not None
    assert proof.suite == "sm3"
    assert verify_fork(parse_fork(proof.encode()), (key.key,)).proven


def test_the_tree_must_be_that_of_the_newer_checkpoint() -> None:
    with expect("ledger.head"):
        prove_fork(HONEST.reader, HONEST.notes[8], FORKED.notes[300])


@given(
    old=st.sampled_from(SIZES),
    new=st.sampled_from(SIZES),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=9),
)
@settings(max_examples=60, deadline=None)
def test_no_path_convicts_an_honest_log(old: int, new: int, path: list[bytes]) -> None:
    honest = HONEST.path(min(old, new), max(old, new))
    for each in (tuple(path), honest, (*path, *honest)):
        for kind in ("equal-size", "prefix"):
            with expect("ledger.no-fork"):
                verify_fork(
                    ForkProof(kind, "sha256", HONEST.notes[old], HONEST.notes[new], each), (HONEST.key,)
                )


@pytest.mark.parametrize(("old", "new"), [(3, 8), (8, 20), (5, 300), (256, 300)])
@pytest.mark.parametrize("spoilt", [0, -1])
def test_a_spoilt_path_of_the_right_length_convicts_nobody(old: int, new: int, spoilt: int) -> None:
    log = Grown([3, 5, 8, 20, 256, 300])
    path = list(log.path(old, new))
    if old.bit_count() == 1:
        path.insert(0, tree_root(log.reader, old))
    good = ForkProof("prefix", "sha256", log.notes[old], log.notes[new], tuple(path))
    path[spoilt] = bytes(32)
    bad = ForkProof("prefix", "sha256", log.notes[old], log.notes[new], tuple(path))
    for each in (good, bad):
        with expect("ledger.no-fork"):
            verify_fork(each, (log.key,))


def test_a_refused_proof_proves_nothing_yet() -> None:
    bad = ForkProof("refused-proof", "sha256", HONEST.notes[3], HONEST.notes[8], (bytes(32),))
    verdict = verify_fork(bad, (HONEST.key,))
    assert not verdict.proven
    assert "no fork is proven" in verdict.text("en")
    good = ForkProof("refused-proof", "sha256", HONEST.notes[3], HONEST.notes[8], HONEST.path(3, 8))
    with expect("ledger.no-fork"):
        verify_fork(good, (HONEST.key,))
    with expect("ledger.no-fork"):
        verify_fork(ForkProof("refused-proof", "sha256", HONEST.notes[8], HONEST.notes[3]), (HONEST.key,))


def test_only_the_key_of_the_log_convicts_it() -> None:
    proof = prove_fork(FORKED.reader, HONEST.notes[8], FORKED.notes[8])
    assert proof is not None
    with expect("ledger.unsigned"):
        verify_fork(proof, (signer(number=9).key,))
    with expect("ledger.bad-signature"):
        changed = proof.newer.replace(b"\n8\n", b"\n9\n")
        verify_fork(ForkProof("equal-size", "sha256", proof.older, changed), (HONEST.key,))


def test_checkpoints_of_two_logs_do_not_contradict_each_other() -> None:
    other = Grown([8], fork_at=0, key=signer("other.example/log", 3))
    with expect("ledger.no-fork"):
        verify_fork(
            ForkProof("equal-size", "sha256", HONEST.notes[8], other.notes[8]), (HONEST.key, other.key)
        )


@pytest.mark.parametrize(
    "change",
    [
        {"format": "qingyuan/fork-proof/v2"},
        {"kind": "guilty"},
        {"suite": "md5"},
        {"path": ["AAAA"]},
        {"path": ["A" * 43 + "="] * 65},
        {"path": "x"},
        {"extra": 1},
        {"older": 5},
        {"older": "\ud800"},
    ],
)
def test_a_proof_file_is_read_strictly(change: dict[str, object]) -> None:
    proof = ForkProof("equal-size", "sha256", HONEST.notes[8], FORKED.notes[8])
    assert parse_fork(proof.encode()) == proof
    with expect("ledger.fork"):
        parse_fork(json.dumps({**json.loads(proof.encode()), **change}).encode())


def test_what_is_no_json_is_no_proof() -> None:
    for data in (b"", b"{", b"[]", b"\xff", b" " * 4_000_001):
        with expect("ledger.fork"):
            parse_fork(data)


def holds_by_the_page(proof: ForkProof) -> bool:
    """Judge a ``prefix`` proof by the steps of docs/witness.md, written down again from there."""
    older, newer = (open_checkpoint(each, (HONEST.key,)).checkpoint for each in (proof.older, proof.newer))
    if not 0 < older.size < newer.size or not proof.path:
        return False
    fn, sn = older.size - 1, newer.size - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof.path[0]
    for p in proof.path[1:]:
        if sn == 0:
            return False
        if fn % 2 or fn == sn:
            fr = hashlib.sha256(b"\x01" + p + fr).digest()
            sr = hashlib.sha256(b"\x01" + p + sr).digest()
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and sr == newer.root and fr != older.root


def proven(proof: ForkProof) -> bool:
    try:
        return verify_fork(proof, (HONEST.key,)).proven
    except ProofError:
        return False


@given(
    old=st.sampled_from(SIZES),
    new=st.sampled_from(SIZES),
    cut=st.integers(0, 2),
    more=st.integers(0, 1),
    forked=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_the_page_and_the_program_judge_alike(old: int, new: int, cut: int, more: int, forked: bool) -> None:
    found = prove_fork(FORKED.reader, HONEST.notes[old], FORKED.notes[new]) if old <= new else None
    path = () if found is None else found.path
    older = HONEST.notes[old] if forked else FORKED.notes[old]
    proof = ForkProof("prefix", "sha256", older, FORKED.notes[new], path[cut:] + path[:1] * more)
    assert proven(proof) == holds_by_the_page(proof)
    if forked and old < new and not cut and not more:
        assert proven(proof)


def test_a_proof_is_written_with_its_members_in_the_order_of_the_page() -> None:
    data = ForkProof("equal-size", "sha256", HONEST.notes[8], FORKED.notes[8]).encode()
    assert list(json.loads(data)) == ["format", "kind", "suite", "older", "newer", "path"]
    assert data.startswith(b'{\n  "format": "qingyuan/fork-proof/v1",\n  "kind": "equal-size",\n')
    assert data.endswith(b'  "path": []\n}\n')
