"""Signed checkpoints: a checkpoint in a note of its log, perhaps with cosignatures of witnesses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import SignatureError
from qingyuan.ledger.keys import Algorithm, TextSigner, VerifierKey
from qingyuan.ledger.note import OpenedNote, Signature, add_signatures, open_note, parse_note, sign_note
from qingyuan.ledger.signers import Cosigner

_TIME_SIZE = 8


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log signature was verified.

    Attributes:
        checkpoint: The tree head.
        log: The key of the log that signed it; its name is the origin.
        note: The opened note, with the other verified signatures.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    note: OpenedNote


def sign_checkpoint(checkpoint: Checkpoint, signer: TextSigner) -> bytes:
    """Return the checkpoint as a note signed by its log; keys held in this process give the same bytes again."""
    return sign_note(checkpoint.text(), (signer,))


def open_checkpoint(
    data: bytes, logs: Iterable[VerifierKey], others: Iterable[VerifierKey] = ()
) -> SignedCheckpoint:
    """Read a checkpoint that one of ``logs`` signed under its own origin.

    Args:
        data: The note.
        logs: Keys of the logs accepted; a key only counts for the origin it is named after.
        others: Keys of witnesses, whose signatures are verified if they are there.

    Raises:
        FormatError: ``ledger.note`` or ``ledger.checkpoint`` when malformed.
        SignatureError: ``ledger.bad-signature`` or ``ledger.unsigned``.
    """
    logs = tuple(logs)
    opened = open_note(data, (*logs, *others))
    checkpoint = parse_checkpoint(opened.text)
    for key, _ in opened.verified:
        if key in logs and key.name == checkpoint.origin:
            return SignedCheckpoint(checkpoint, key, opened)
    raise SignatureError(
        "ledger.unsigned",
        zh="检查点没有受信任日志以其来源名义的签名",
        en="no trusted log has signed the checkpoint under its origin",
        where=checkpoint.origin,
        remedy_zh="核对日志公钥的名称是否与来源行一致",
        remedy_en="the name of the log's key must be its origin line",
    )


def cosign_checkpoint(data: bytes, cosigner: Cosigner, time: int) -> Signature:
    """Return a witness's cosignature over a checkpoint note.

    The caller must have verified the log's signature and the consistency with what the witness saw before:
    that is what the cosignature states.

    Args:
        data: The checkpoint note.
        cosigner: Key of the witness.
        time: Seconds since the Epoch.

    Raises:
        FormatError: ``ledger.note``, ``ledger.checkpoint`` or ``ledger.time``.
    """
    return Signature(cosigner.name, cosigner.key_id, cosigner.cosign(parse_note(data).text, time))


def add_cosignatures(data: bytes, cosignatures: Iterable[Signature]) -> bytes:
    """Return the checkpoint note with cosignatures after the lines it has.

    Raises:
        FormatError: ``ledger.note`` when the note or a signature is malformed.
    """
    return add_signatures(parse_note(data), tuple(cosignatures))


def cosignature_time(key: VerifierKey, signature: Signature) -> int | None:
    """Return the time a cosignature states, in seconds since the Epoch.

    ``None`` for a signature that states none: one of type ``0x01`` or SM2, or time 0 of ML-DSA-44.
    """
    if key.algorithm in (Algorithm.ED25519, Algorithm.SM2):
        return None
    time = int.from_bytes(signature.data[:_TIME_SIZE], "big")
    return None if key.algorithm is Algorithm.ML_DSA_44 and not time else time
