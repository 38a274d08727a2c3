"""A witness: every status of c2sp.org/tlog-witness, its memory, and evidence against logs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    SM3,
    AddCheckpoint,
    Checkpoint,
    ForkProof,
    LedgerError,
    MemoryWitnessStorage,
    Sm2NoteSigner,
    WitnessedLog,
    WitnessReply,
    WitnessState,
    open_checkpoint,
    open_note,
    parse_note,
    sign_checkpoint,
    verify_fork,
)
from qingyuan.ledger.witness import CLOCK_SLACK
from tests.ledger.support import ORIGIN, expect, seeded, signer
from tests.ledger.witnessing import NOW, Grown, cosigner, witness

SIZE = "text/x.tlog.size"

# The example request of c2sp.org/tlog-witness, without its checkpoint.
EXAMPLE_HEAD = b"""old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

"""


def outcome(reply: WitnessReply) -> tuple[int, str, bytes]:
    return reply.status, reply.content_type, reply.body


def test_the_example_of_the_specification_reads_and_writes_back() -> None:
    body = EXAMPLE_HEAD + b"checkpoint"
    request = AddCheckpoint.parse(body)
    assert (request.old, len(request.path), request.note) == (20852014, 4, b"checkpoint")
    assert request.encode() == body


@given(
    old=st.integers(0, 2**63 - 1),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    note=st.binary(max_size=50),
)
def test_requests_read_back_as_written(old: int, path: list[bytes], note: bytes) -> None:
    request = AddCheckpoint(old, tuple(path), note)
    assert AddCheckpoint.parse(request.encode()) == request


@given(body=st.binary(max_size=200))
@settings(max_examples=200)
def test_a_request_has_one_spelling(body: bytes) -> None:
    for each in (body, b"old " + body, b"old 5\n" + body):
        try:
            assert AddCheckpoint.parse(each).encode() == each
        except LedgerError as error:
            assert error.code == "ledger.add-checkpoint"  # noqa: PT017 - either it reads back or it is refused


def test_a_first_checkpoint_is_cosigned_and_then_its_continuations() -> None:
    log, server = Grown([3, 8, 20]), witness()
    at = 0
    for step, size in enumerate((0, 3, 8, 20, 20)):
        reply = server.add_checkpoint(log.request(at, size), NOW + step)
        assert (reply.status, reply.fork) == (200, None)
        assert reply.body.startswith("— witness.example/w1 ".encode())
        opened = open_note(log.notes[size] + reply.body, (log.key, server.key))
        assert [key for key, _ in opened.verified] == [log.key, server.key]
        assert opened.verified[1][1].data[:8] == (NOW + step).to_bytes(8, "big")
        at = size


def test_a_witness_joins_a_log_in_the_middle() -> None:
    assert witness().add_checkpoint(Grown([300]).request(0, 300), NOW).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 3",
        b"new 0\n\nx",
        b"old  0\n\nx",
        b"old 00\n\nx",
        b"old -1\n\nx",
        b"old 3 \n\nx",
        b"old 9223372036854775808\n\nx",
        b"old 0\nAAAA\n\nx",
        b"old 0\r\n\r\nx",
        "old ٣\n\nx".encode(),
        b"old 0\n\n",
        b"old 0\n\norigin\nno checkpoint\n\n",
        AddCheckpoint(0, (bytes(32),) * 64, Grown([1]).notes[1]).encode(),
        AddCheckpoint(0, (), Grown([1]).notes[1][:-1]).encode(),
        AddCheckpoint(0, (), Grown([1]).notes[1].replace(b"\n1\n", b"\n01\n")).encode(),
    ],
)
def test_what_is_not_of_the_format_is_400(body: bytes) -> None:
    assert witness().add_checkpoint(body, NOW).status == 400


def test_an_old_size_beyond_the_checkpoint_is_400() -> None:
    log = Grown([3])
    assert witness().add_checkpoint(AddCheckpoint(4, (), log.notes[3]).encode(), NOW).status == 400


def test_an_unknown_origin_is_404_whoever_signed() -> None:
    other = Grown([3], key=signer("other.example/log"))
    assert witness().add_checkpoint(other.request(0, 3), NOW).status == 404


def test_a_missing_or_wrong_log_signature_is_403() -> None:
    log, server = Grown([3]), witness()
    stranger = sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), signer(number=5))
    assert server.add_checkpoint(AddCheckpoint(0, (), stranger).encode(), NOW).status == 403
    forged = log.notes[3].replace(b"\n3\n", b"\n4\n")
    assert server.add_checkpoint(AddCheckpoint(0, (), forged).encode(), NOW).status == 403


def test_signatures_of_unknown_keys_are_ignored_and_not_kept() -> None:
    log, storage = Grown([3]), MemoryWitnessStorage()
    extra = parse_note(sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), signer(number=5))).signatures[0]
    body = AddCheckpoint(0, (), log.notes[3] + extra.line().encode()).encode()
    assert witness(storage=storage).add_checkpoint(body, NOW).status == 200
    names = [each.name for each in parse_note(storage.states[ORIGIN].note).signatures]
    assert names == [ORIGIN, "witness.example/w1"]


@pytest.mark.parametrize(("old", "known"), [(0, 8), (3, 8), (20, 8), (3, 0)])
def test_another_old_size_than_the_known_one_is_409_with_the_known_size(old: int, known: int) -> None:
    log, server = Grown([3, 8, 20, 30]), witness()
    if known:
        server.add_checkpoint(log.request(0, known), NOW)
    reply = server.add_checkpoint(log.request(old, 30), NOW)
    assert outcome(reply) == (409, SIZE, b"%d\n" % known)


def test_an_older_checkpoint_is_409_and_changes_nothing() -> None:
    log, storage = Grown([3, 8]), MemoryWitnessStorage()
    server = witness(storage=storage)
    server.add_checkpoint(log.request(0, 8), NOW)
    before = dict(storage.states)
    assert outcome(server.add_checkpoint(log.request(0, 3), NOW)) == (409, SIZE, b"8\n")
    assert storage.states == before


def test_another_root_at_the_known_size_is_409_and_proves_the_fork() -> None:
    log, forked, server = Grown([8]), Grown([8], fork_at=5), witness()
    server.add_checkpoint(log.request(0, 8), NOW)
    body = AddCheckpoint(8, (), forked.notes[8]).encode()
    reply = server.add_checkpoint(body, NOW)
    assert (reply.status, reply.content_type) == (409, "text/plain; charset=utf-8")
    assert reply.fork is not None
    assert verify_fork(reply.fork, (log.key,)).proven
    late = server.add_checkpoint(AddCheckpoint(0, (), forked.notes[8]).encode(), NOW)
    assert outcome(late) == (409, SIZE, b"8\n")
    assert late.fork is not None


@pytest.mark.parametrize("spoil", ["flipped", "short", "long", "missing"])
def test_a_proof_that_does_not_verify_is_422(spoil: str) -> None:
    log, storage = Grown([3, 8]), MemoryWitnessStorage()
    server = witness(storage=storage)
    server.add_checkpoint(log.request(0, 3), NOW)
    good = log.path(3, 8)
    path = {
        "flipped": (bytes((good[0][0] ^ 1,)) + good[0][1:], *good[1:]),
        "short": good[:-1],
        "long": (*good, bytes(32)),
        "missing": (),
    }[spoil]
    reply = server.add_checkpoint(AddCheckpoint(3, path, log.notes[8]).encode(), NOW)
    assert reply.status == 422
    assert storage.states[ORIGIN].size == 3
    assert reply.fork is not None
    assert not verify_fork(reply.fork, (log.key,)).proven


@pytest.mark.parametrize("size", [0, 3])
def test_a_proof_where_none_belongs_is_422(size: int) -> None:
    log = Grown([3])
    body = AddCheckpoint(0, (bytes(32),), log.notes[size]).encode()
    assert witness().add_checkpoint(body, NOW).status == 422


def test_an_empty_tree_with_a_root_of_its_own_is_422() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), signer())
    assert witness().add_checkpoint(AddCheckpoint(0, (), note).encode(), NOW).status == 422


def test_a_forked_log_is_not_cosigned_beyond_the_fork() -> None:
    log, forked, server = Grown([8]), Grown([8, 20], fork_at=5), witness()
    server.add_checkpoint(log.request(0, 8), NOW)
    reply = server.add_checkpoint(forked.request(8, 20), NOW)
    assert reply.status == 422
    assert isinstance(reply.fork, ForkProof)
    assert reply.fork.kind == "refused-proof"


class RacingStorage(MemoryWitnessStorage):
    """A memory in which another request always comes first, once."""

    def __init__(self, other: WitnessState) -> None:
        super().__init__()
        self.other: WitnessState | None = other

    def replace(self, origin: str, expected: WitnessState | None, state: WitnessState) -> bool:
        if self.other is not None:
            self.states[origin], self.other = self.other, None
        return super().replace(origin, expected, state)


def test_of_two_writers_the_later_gets_409_and_no_cosignature() -> None:
    log = Grown([3, 8])
    first = MemoryWitnessStorage()
    witness(storage=first).add_checkpoint(log.request(0, 8), NOW)
    racing = RacingStorage(first.states[ORIGIN])
    reply = witness(storage=racing).add_checkpoint(log.request(0, 3), NOW)
    assert outcome(reply) == (409, SIZE, b"8\n")
    assert racing.states[ORIGIN].size == 8


def test_a_race_between_two_forks_is_seen() -> None:
    log, forked = Grown([8]), Grown([8], fork_at=2)
    first = MemoryWitnessStorage()
    witness(storage=first).add_checkpoint(log.request(0, 8), NOW)
    reply = witness(storage=RacingStorage(first.states[ORIGIN])).add_checkpoint(forked.request(0, 8), NOW)
    assert reply.status == 409
    assert reply.fork is not None


def test_the_memory_only_changes_from_what_was_expected() -> None:
    storage = MemoryWitnessStorage()
    one, two = WitnessState(1, b"1" * 32, NOW, b"n"), WitnessState(2, b"2" * 32, NOW, b"n")
    assert not storage.replace("o", one, two)
    assert storage.replace("o", None, one)
    assert not storage.replace("o", None, two)
    assert not storage.replace("o", WitnessState(1, b"x" * 32, NOW, b"n"), two)
    assert storage.replace("o", one, two)


def test_the_time_of_a_cosignature_never_runs_back() -> None:
    log, storage = Grown([3, 8]), MemoryWitnessStorage()
    server = witness(storage=storage)
    server.add_checkpoint(log.request(0, 3), NOW)
    with expect("ledger.witness-clock"):
        server.add_checkpoint(log.request(3, 8), NOW - CLOCK_SLACK - 1)
    assert storage.states[ORIGIN].size == 3
    assert server.add_checkpoint(log.request(3, 8), NOW - CLOCK_SLACK).status == 200
    assert storage.states[ORIGIN].time == NOW
    with expect("ledger.witness-clock"):
        witness().add_checkpoint(log.request(0, 8), 0)


def test_a_witness_serves_an_sm3_log_signed_with_sm2() -> None:
    key = Sm2NoteSigner.generate(f"{ORIGIN}/sm3", seeded(2))
    log = Grown([3, 20], suite=SM3, key=key)
    server = witness(WitnessedLog((signer().key,)), WitnessedLog((key.key,), SM3))
    assert server.add_checkpoint(log.request(0, 3), NOW).status == 200
    assert server.add_checkpoint(log.request(3, 20), NOW).status == 200
    told_wrong = witness(WitnessedLog((key.key,)))
    assert told_wrong.add_checkpoint(log.request(0, 3), NOW).status == 200
    assert told_wrong.add_checkpoint(log.request(3, 20), NOW).status == 422


def test_a_log_may_have_several_keys() -> None:
    old, new = signer(number=1), signer(number=2)
    server = witness(WitnessedLog((old.key, new.key)))
    assert server.add_checkpoint(Grown([3], key=old).request(0, 3), NOW).status == 200
    assert server.add_checkpoint(Grown([3, 8], key=new).request(3, 8), NOW).status == 200


def test_keys_that_cannot_be_those_of_a_log_are_refused() -> None:
    with expect("ledger.witness-log"):
        WitnessedLog(())
    with expect("ledger.witness-log"):
        WitnessedLog((signer("a").key, signer("b").key))
    with expect("ledger.witness-log"):
        WitnessedLog((cosigner().key,))
    with expect("ledger.witness-log"):
        witness(WitnessedLog((signer().key,)), WitnessedLog((signer(number=2).key,)))
    same = signer("log", number=101)
    with expect("ledger.witness-log"):
        witness(WitnessedLog((same.key,)))


def test_the_latest_checkpoint_is_shown_with_both_signatures() -> None:
    log, server = Grown([3]), witness()
    place = hashlib.sha256(ORIGIN.encode()).hexdigest()
    assert server.latest_checkpoint(place).status == 404
    server.add_checkpoint(log.request(0, 3), NOW)
    shown = server.latest_checkpoint(place)
    assert shown.status == 200
    assert len(open_checkpoint(shown.body, (log.key,), (server.key,)).note.verified) == 2
    assert server.latest_checkpoint("0" * 64).status == 404


def test_a_hundred_signatures_are_taken_and_one_more_is_400() -> None:
    log = Grown([3])
    line = log.notes[3].rsplit(b"\n", 2)[-2] + b"\n"
    for extra, status in ((99, 200), (100, 400)):
        body = AddCheckpoint(0, (), log.notes[3] + line * extra).encode()
        assert witness().add_checkpoint(body, NOW).status == status


def test_a_bad_signature_of_a_trusted_key_is_403_even_beside_a_good_one() -> None:
    log = Grown([3])
    line = log.notes[3].decode().splitlines()[-1]
    broken = line[:-8] + ("A" if line[-8] != "A" else "B") + line[-7:] + "\n"
    body = AddCheckpoint(0, (), log.notes[3] + broken.encode()).encode()
    assert witness().add_checkpoint(body, NOW).status == 403
