"""The SM profile of notes: keys, signatures, vectors, devices and twin logs."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pytest

from qingyuan.ledger import (
    SHA256,
    SM3,
    Algorithm,
    Appended,
    Cosigner,
    Head,
    Log,
    MemoryStorage,
    NoteSigner,
    Sm2NoteSigner,
    Sm2PrivateKey,
    TileCache,
    VerifierKey,
    add_cosignatures,
    check_entries,
    check_head,
    cosign_checkpoint,
    cosignature_time,
    fsck,
    open_checkpoint,
    open_note,
    parse_note,
    parse_policy,
    parse_proof,
    prove_inclusion,
    sign_note,
    sm2_digest,
    sm2_verify,
)
from tests.ledger.support import ORIGIN, entry, expect, seeded, signer

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "vectors" / "sm"
TYPE = b"\xffsm2-sm3/v1"


class NoteVector(TypedDict):
    skey: str
    vkey: str
    key_id: str
    text: str
    note: str


def sm_signer(name: str = f"{ORIGIN}/sm3") -> Sm2NoteSigner:
    return Sm2NoteSigner.generate(name, seeded(2))


def load_notes() -> list[NoteVector]:
    rows: list[NoteVector] = json.loads((VECTORS / "notes.json").read_text(encoding="utf-8"))
    return rows


def test_the_vectors_are_what_the_script_makes(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "vectors" / "make_sm.py"))["write"](tmp_path)
    names = sorted(path.name for path in VECTORS.iterdir())
    assert names == ["notes.json", "sm2.json", "twins.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (VECTORS / name).read_bytes()


def test_the_signatures_of_the_vectors_verify() -> None:
    for row in json.loads((VECTORS / "sm2.json").read_text(encoding="utf-8")):
        public, message = bytes.fromhex(row["public"]), bytes.fromhex(row["message"])
        assert Sm2PrivateKey(bytes.fromhex(row["private"])).public == public
        assert sm2_digest(public, message).hex() == row["digest"]
        assert sm2_verify(public, message, bytes.fromhex(row["signature"]))


@pytest.mark.parametrize("row", load_notes(), ids=lambda row: row["key_id"])
def test_keys_and_notes_are_laid_out_as_the_profile_says(row: NoteVector) -> None:
    key, pair = VerifierKey.parse(row["vkey"]), Sm2NoteSigner.parse(row["skey"])
    assert (key.encode(), pair.skey(), pair.key) == (row["vkey"], row["skey"], key)
    name, stated, material = row["vkey"].split("+", 2)
    data = base64.b64decode(material)
    assert data == TYPE + key.public
    assert stated == row["key_id"] == hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    assert sign_note(row["text"], (pair,)) == row["note"].encode()
    opened = open_note(row["note"].encode(), (key,))
    assert opened.text == row["text"]
    ((_, signature),) = opened.verified
    assert len(signature.data) == 64
    assert sm2_verify(key.public, row["text"].encode(), signature.data)
    assert cosignature_time(key, signature) is None


def test_a_changed_text_does_not_verify() -> None:
    note = sign_note("真\n", (sm_signer(),))
    with expect("ledger.bad-signature"):
        open_note(note.replace("真".encode(), "假".encode()), (sm_signer().key,))


def test_other_identifiers_under_0xff_are_unknown() -> None:
    name, _, _ = sm_signer().key.encode().split("+", 2)
    for kind in (b"\xffsm2-sm3/v2", b"\xff", b"\xff\x0asm2-sm3/v1"):
        data = kind + sm_signer().key.public
        stated = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
        with expect("ledger.key"):
            VerifierKey.parse(f"{name}+{stated}+{base64.b64encode(data).decode()}")


def test_a_public_key_off_the_curve_is_refused() -> None:
    public = sm_signer().key.public
    with expect("ledger.key"):
        VerifierKey("x", Algorithm.SM2, public[:-1] + bytes((public[-1] ^ 1,)))
    with expect("ledger.key"):
        VerifierKey("x", Algorithm.SM2, public[:33])


def test_text_forms_of_private_keys_are_checked() -> None:
    skey = sm_signer().skey()
    with expect("ledger.key"):
        Sm2NoteSigner.parse(signer().skey())
    with expect("ledger.key"):
        NoteSigner.parse(skey)
    with expect("ledger.key"):
        Sm2NoteSigner.parse(skey.replace("/sm3+", "/sm4+"))
    with expect("ledger.key"):
        Sm2NoteSigner.parse(sm_signer().key.encode())
    assert skey.rsplit("+", 1)[1] not in repr(sm_signer())


class Device:
    """A cryptographic device: it holds the key, draws its own nonces and may be broken."""

    def __init__(self, flip: int = 0) -> None:
        self._key = Sm2PrivateKey.generate(seeded(7))
        self._flip = flip
        self.calls = 0

    @property
    def public(self) -> bytes:
        return self._key.public

    def sign(self, message: bytes) -> bytes:
        self.calls += 1
        good = self._key.sign(message)
        return bytes((good[0] ^ self._flip,)) + good[1:]


def test_a_device_can_hold_the_key_of_a_log() -> None:
    device, storage = Device(), MemoryStorage()
    log = Log("twin", Sm2NoteSigner("twin", device), SM3)
    appended = log.append(storage, [b"entry"])
    assert device.calls == 1
    assert open_checkpoint(appended.checkpoint_note, (log.key,)).checkpoint.size == 1
    with expect("ledger.key"):
        Sm2NoteSigner("twin", device).skey()


def test_a_wrong_signature_of_a_device_does_not_become_a_head() -> None:
    storage = MemoryStorage()
    with expect("ledger.sm2-device"):
        Log("twin", Sm2NoteSigner("twin", Device(flip=1)), SM3).append(storage, [b"entry"])
    assert storage.head is None


class SharedEntries(MemoryStorage):
    """The storage of a twin log: entries are those of the first log, everything else its own."""

    def __init__(self, first: MemoryStorage) -> None:
        super().__init__()
        self.first = first

    def insert_entries(
        self, first_index: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]
    ) -> None:
        self.insert_hashes(0, first_index, leaf_hashes)

    def read_entries(self, start: int, stop: int) -> Sequence[bytes]:
        return self.first.read_entries(start, stop)


class Twins:
    """Two logs over the same entries whose changes become visible together or not at all."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.twin_storage = SharedEntries(self.storage)
        self.logs = (Log(ORIGIN, signer()), Log(f"{ORIGIN}/sm3", sm_signer(), SM3))

    def append(self, entries: Sequence[bytes], *, fail: bool = False) -> tuple[Appended, Appended]:
        check_entries(entries)
        first = copy.deepcopy(self.storage)
        second = copy.deepcopy(self.twin_storage)
        second.first = first
        done = (self.logs[0].append(first, entries), self.logs[1].append(second, entries))
        if fail:
            raise OSError("disk full")
        self.storage, self.twin_storage = first, second
        return done

    def heads(self) -> tuple[Head, Head]:
        one, two = self.storage.head, self.twin_storage.head
        assert one is not None
        assert two is not None
        return one, two


def test_twin_logs_stay_in_step_through_appends_and_a_rollback() -> None:
    twins = Twins()
    at = 0
    for count in (1, 2, 253, 5, 300):
        one, two = twins.append([entry(index) for index in range(at, at + count)])
        assert (one.first_index, one.size) == (two.first_index, two.size) == (at, at + count)
        assert one.root != two.root
        at += count
    before = twins.heads()
    with pytest.raises(OSError, match="disk full"):
        twins.append([b"lost"], fail=True)
    assert twins.heads() == before
    one, two = twins.append([b"after"])
    assert one.first_index == two.first_index == at
    head, twin_head = twins.heads()
    check_head(head, ORIGIN, (twins.logs[0].key,), SHA256)
    check_head(twin_head, f"{ORIGIN}/sm3", (twins.logs[1].key,), SM3)
    assert not list(fsck(twins.storage, ORIGIN, (twins.logs[0].key,)))
    assert not list(fsck(twins.twin_storage, f"{ORIGIN}/sm3", (twins.logs[1].key,), SM3))
    for index in (0, 255, 256, at):
        for storage, log, note in (
            (twins.storage, twins.logs[0], head.note),
            (twins.twin_storage, twins.logs[1], twin_head.note),
        ):
            proof = prove_inclusion(TileCache(storage, log.suite), index, note, log.suite)
            leaf = log.suite.leaf_hash(storage.read_entries(index, index + 1)[0])
            assert (
                parse_proof(proof.encode()).verify(leaf, (log.key,), suite=log.suite).checkpoint.size
                == at + 1
            )


def test_a_policy_accepts_an_sm2_log_cosigned_by_an_ordinary_witness() -> None:
    twins, witness = Twins(), Cosigner.generate("witness.example/w1", seeded(3))
    _, twin = twins.append([b"entry"])
    policy = parse_policy(
        f"log {twins.logs[1].key.encode()}\nwitness w1 {witness.key.encode()}\nquorum w1\n".encode()
    )
    assert not policy.evaluate(twin.checkpoint_note).met
    cosigned = add_cosignatures(
        twin.checkpoint_note, (cosign_checkpoint(twin.checkpoint_note, witness, 1_790_000_000),)
    )
    verdict = policy.evaluate(cosigned)
    assert verdict.met
    assert verdict.log == twins.logs[1].key
    assert [each.time for each in verdict.cosigned] == [1_790_000_000]
    assert len(parse_note(cosigned).signatures) == 2


def test_the_twin_vectors_hold() -> None:
    twins = json.loads((VECTORS / "twins.json").read_text(encoding="utf-8"))
    witness = VerifierKey.parse(twins["witness"])
    for row, suite in zip(twins["logs"], (SHA256, SM3), strict=True):
        key = VerifierKey.parse(row["vkey"])
        sizes = [open_checkpoint(note.encode(), (key,)).checkpoint.size for note in row["checkpoints"]]
        assert (row["suite"], sizes) == (suite.name, twins["sizes"])
        signed = parse_proof(row["proof_of_entry_4"].encode()).verify(
            suite.leaf_hash(entry(4)), (key,), (witness,), suite
        )
        assert [key for key, _ in signed.note.verified] == [key, witness]
