"""The log's side of witnessing: proofs from our storage, replies judged, and when to stop."""

from __future__ import annotations

import pytest

from qingyuan.ledger import (
    SM3,
    AddCheckpoint,
    MemoryWitnessStorage,
    Signature,
    Sm2NoteSigner,
    Submission,
    WitnessedLog,
    WitnessReply,
    add_cosignatures,
    open_checkpoint,
    verify_consistency,
)
from qingyuan.ledger.submission import MAX_REPLY_SIZE, MAX_REQUESTS
from tests.ledger.support import ORIGIN, expect, seeded
from tests.ledger.witnessing import NOW, Grown, cosigner, witness

SIZE = "text/x.tlog.size"
LOG = Grown([3, 8, 20, 300])


def submission(size: int, known: int = 0, log: Grown = LOG, newest: int | None = None) -> Submission:
    return Submission(log.storage, log.notes[size], cosigner().key, known, log.suite, newest=newest)


def receive(subject: Submission, reply: WitnessReply) -> Signature | None:
    return subject.receive(reply.status, reply.content_type, reply.body)


def line(size: int, *, number: int = 1, time: int = NOW, log: Grown = LOG) -> bytes:
    key = cosigner(number)
    text = log.notes[size].decode().split("\n\n")[0] + "\n"
    return Signature(key.name, key.key_id, key.cosign(text, time)).line().encode()


def test_the_request_proves_the_step_from_the_last_cosigned_size() -> None:
    request = AddCheckpoint.parse(submission(20, known=3).request)
    roots = [open_checkpoint(LOG.notes[each], (LOG.key,)).checkpoint.root for each in (3, 20)]
    assert (request.old, request.note) == (3, LOG.notes[20])
    verify_consistency(3, 20, roots[0], roots[1], request.path)


def test_a_cosignature_is_verified_and_fits_the_checkpoint() -> None:
    server = witness()
    subject = submission(20)
    cosignature = receive(subject, server.add_checkpoint(subject.request, NOW))
    assert cosignature is not None
    note = add_cosignatures(LOG.notes[20], (cosignature,))
    assert len(open_checkpoint(note, (LOG.key,), (server.key,)).note.verified) == 2


def test_a_conflict_leads_to_a_proof_from_the_size_the_witness_names() -> None:
    server = witness()
    server.add_checkpoint(LOG.request(0, 8), NOW)
    subject = submission(300)
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is None
    assert AddCheckpoint.parse(subject.request).old == 8
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is not None


def test_the_witness_may_move_while_we_ask() -> None:
    server = witness()
    server.add_checkpoint(LOG.request(0, 3), NOW)
    subject = submission(300)
    receive(subject, server.add_checkpoint(subject.request, NOW))
    server.add_checkpoint(LOG.request(3, 8), NOW)
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is None
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is not None


def test_a_witness_ahead_of_us_means_that_our_backup_was_restored() -> None:
    server, restored = witness(), Grown([3, 8])
    server.add_checkpoint(LOG.request(0, 300), NOW)
    subject = submission(8, log=restored)
    before = subject.request
    with expect("ledger.rolled-back"):
        receive(subject, server.add_checkpoint(subject.request, NOW))
    assert subject.request == before


@pytest.mark.parametrize("restored", [Grown([3, 8, 20], fork_at=8), Grown([3, 20], fork_at=0)])
def test_a_log_continued_after_a_restored_backup_is_stopped(restored: Grown) -> None:
    server, real = witness(), Grown([3, 15])
    server.add_checkpoint(real.request(0, 15), NOW)
    subject = submission(20, log=restored)
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is None
    reply = server.add_checkpoint(subject.request, NOW)
    assert reply.status == 422
    with expect("ledger.diverged"):
        receive(subject, reply)


def test_another_root_at_our_size_stops_the_log() -> None:
    server, forked = witness(), Grown([3, 20], fork_at=5)
    server.add_checkpoint(forked.request(0, 20), NOW)
    subject = submission(20)
    assert receive(subject, server.add_checkpoint(subject.request, NOW)) is None
    with expect("ledger.diverged"):
        receive(subject, server.add_checkpoint(subject.request, NOW))


def test_a_conflict_at_the_size_we_sent_is_no_reason_to_ask_again() -> None:
    with expect("ledger.diverged"):
        submission(20, known=8).receive(409, SIZE, b"8\n")


def test_a_newer_checkpoint_of_ours_may_have_been_cosigned_already() -> None:
    server = witness()
    server.add_checkpoint(LOG.request(0, 300), NOW)
    subject = submission(20, newest=300)
    with expect("ledger.witness-overtaken"):
        receive(subject, server.add_checkpoint(subject.request, NOW))


def test_a_witness_that_forgot_is_not_believed() -> None:
    server = witness()
    server.add_checkpoint(LOG.request(0, 3), NOW)
    subject = submission(20, known=8)
    with expect("ledger.witness-rolled-back"):
        receive(subject, server.add_checkpoint(subject.request, NOW))


def test_a_witness_cannot_make_us_ask_for_ever() -> None:
    subject = submission(300)
    sizes = [3, 8, 20, 7, 9, 11]
    with expect("ledger.witness-reply"):
        for size in sizes:
            assert subject.receive(409, SIZE, b"%d\n" % size) is None
    assert AddCheckpoint.parse(subject.request).old == sizes[MAX_REQUESTS - 2]


@pytest.mark.parametrize(
    "body", [b"", b"8", b"08\n", b"8\n\n", b"-8\n", b"8\nx", b"\xff\n", b"9" * 40 + b"\n"]
)
def test_a_size_that_is_not_of_the_format_is_refused(body: bytes) -> None:
    with expect("ledger.witness-reply"):
        submission(20).receive(409, SIZE, body)


@pytest.mark.parametrize("content_type", ["text/plain", "", "text/x.tlog.size; charset=utf-8"])
def test_a_conflict_without_a_size_is_about_the_root(content_type: str) -> None:
    with expect("ledger.diverged"):
        submission(20).receive(409, content_type, b"8\n")


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503, 302, 204])
def test_every_other_status_is_a_refusal(status: int) -> None:
    with expect("ledger.witness-refused"):
        submission(20).receive(status, SIZE, b"8\n")


def test_lines_of_unknown_keys_are_ignored() -> None:
    body = line(20, number=2) + line(20) + line(20, number=3)
    cosignature = submission(20).receive(200, "", body)
    assert cosignature is not None
    assert cosignature.line().encode() == line(20)


def test_a_lying_witness_is_found_out() -> None:
    good = line(20)
    forged = good[:-40] + bytes((good[-40] ^ 1,)) + good[-39:]
    for body in (
        line(8),  # a valid cosignature over another checkpoint
        line(20, log=Grown([20], fork_at=5)),  # over another root
        line(20, number=2),  # of another witness only
        line(20, time=0),
        forged,
    ):
        with expect("ledger.witness-signature"):
            submission(20).receive(200, "", body)


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"<html>", line(20)[:-1], b"\xff\n", b"x" * (MAX_REPLY_SIZE + 1), line(20) + b"junk\n"],
)
def test_a_reply_that_is_not_of_the_format_is_refused(body: bytes) -> None:
    with expect("ledger.witness-reply"):
        submission(20).receive(200, "", body)


def test_a_reply_cannot_replace_the_text_it_is_about() -> None:
    other = Grown([8], fork_at=2).notes[8].split(b"\n\n")[0]
    with expect("ledger.witness-reply"):
        submission(20).receive(200, "", b"x\n\n" + other + b"\n\n" + line(8))


def test_only_checkpoints_of_our_storage_are_submitted() -> None:
    with expect("ledger.head"):
        Submission(LOG.storage, Grown([20], fork_at=5).notes[20], cosigner().key)
    with expect("ledger.hash-missing"):
        Submission(Grown([3]).storage, LOG.notes[20], cosigner().key)
    with expect("ledger.proof-range"):
        submission(8, known=20)
    with expect("ledger.key"):
        Submission(LOG.storage, LOG.notes[20], LOG.key)


def test_the_twin_log_is_witnessed_the_same_way() -> None:
    key = Sm2NoteSigner.generate(f"{ORIGIN}/sm3", seeded(2))
    log, storage = Grown([3, 20], suite=SM3, key=key), MemoryWitnessStorage()
    server = witness(WitnessedLog((key.key,), SM3), storage=storage)
    for known, size in ((0, 3), (3, 20)):
        subject = submission(size, known, log)
        assert receive(subject, server.add_checkpoint(subject.request, NOW)) is not None
    assert storage.states[log.log.origin].size == 20
