"""Ledger: an append-only log that outsiders can check and witnesses can cosign.

A Merkle tree of RFC 6962 under the formats of C2SP: tlog-tiles, checkpoint, signed note, cosignature, proof
and policy. The room knows no clock, no database and no case: storage is a protocol, time is passed in, and an
entry is bytes.
"""

import importlib
from typing import TYPE_CHECKING

from qingyuan.ledger._ed25519 import ed25519_verify
from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import (
    FormatError,
    LedgerError,
    LogError,
    ProofError,
    SignatureError,
    WitnessError,
)
from qingyuan.ledger.fsck import fsck
from qingyuan.ledger.hashes import (
    HASH_SIZE,
    SHA256,
    SM3,
    SUITES,
    Hasher,
    Hashes,
    HashSuite,
    leaf_hash,
    node_hash,
    sm3,
    sm3_backend,
    sm3_new,
)
from qingyuan.ledger.inclusion import InclusionChecker
from qingyuan.ledger.keys import (
    Algorithm,
    TextSigner,
    VerifierKey,
    cosigned_message,
    key_id,
)
from qingyuan.ledger.log import (
    MAX_ENTRY_SIZE,
    Appended,
    Batch,
    Log,
    append_both,
    check_continues,
    check_entries,
    check_head,
    take_both,
)
from qingyuan.ledger.note import Note, OpenedNote, Signature, add_signatures, open_note, parse_note, sign_note
from qingyuan.ledger.problems import Problem
from qingyuan.ledger.quick import is_quick, quicken, quicken_if_ready
from qingyuan.ledger.signed import (
    SignedCheckpoint,
    add_cosignatures,
    cosign_checkpoint,
    cosignature_time,
    open_checkpoint,
    sign_checkpoint,
)
from qingyuan.ledger.signers import Cosigner, NoteSigner
from qingyuan.ledger.sm2 import (
    DEFAULT_USER_ID,
    Sm2PrivateKey,
    Sm2Signer,
    is_sm2_public,
    sm2_backend,
    sm2_digest,
    sm2_verify,
)
from qingyuan.ledger.sm2note import Sm2NoteSigner
from qingyuan.ledger.storage import Head, LogStorage, MemoryStorage
from qingyuan.ledger.tiles import (
    CHECKPOINT_NAME,
    TileFolder,
    TileName,
    decode_bundle,
    encode_bundle,
    tile_names,
)
from qingyuan.ledger.tree import (
    MAX_SIZE,
    TILE_HEIGHT,
    TILE_WIDTH,
    Frontier,
    HashSource,
    NodeReader,
    TileCache,
    TileRun,
    consistency_path,
    inclusion_path,
    root_of,
    tree_root,
)
from qingyuan.ledger.verify import root_from_inclusion, verify_consistency, verify_inclusion

if TYPE_CHECKING:
    from qingyuan.ledger.fork import ForkProof, ForkVerdict, parse_fork, prove_fork, verify_fork
    from qingyuan.ledger.policy import (
        NO_QUORUM,
        Cosigned,
        Policy,
        PolicyGroup,
        PolicyLog,
        PolicyVerdict,
        PolicyWitness,
        parse_policy,
    )
    from qingyuan.ledger.proof import TlogProof, parse_proof, prove_inclusion
    from qingyuan.ledger.submission import Submission
    from qingyuan.ledger.witness import (
        AddCheckpoint,
        MemoryWitnessStorage,
        Witness,
        WitnessedLog,
        WitnessReply,
        WitnessState,
        WitnessStorage,
    )

#: What few commands use is loaded by whoever names it first.
_LATER = {
    "ForkProof": "fork",
    "ForkVerdict": "fork",
    "parse_fork": "fork",
    "prove_fork": "fork",
    "verify_fork": "fork",
    "Cosigned": "policy",
    "NO_QUORUM": "policy",
    "Policy": "policy",
    "PolicyGroup": "policy",
    "PolicyLog": "policy",
    "PolicyVerdict": "policy",
    "PolicyWitness": "policy",
    "parse_policy": "policy",
    "TlogProof": "proof",
    "parse_proof": "proof",
    "prove_inclusion": "proof",
    "Submission": "submission",
    "AddCheckpoint": "witness",
    "MemoryWitnessStorage": "witness",
    "Witness": "witness",
    "WitnessReply": "witness",
    "WitnessState": "witness",
    "WitnessStorage": "witness",
    "WitnessedLog": "witness",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load what is named here for the first time."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
        globals()[name] = value
        return value


__all__ = [
    "CHECKPOINT_NAME",
    "DEFAULT_USER_ID",
    "HASH_SIZE",
    "MAX_ENTRY_SIZE",
    "MAX_SIZE",
    "NO_QUORUM",
    "SHA256",
    "SM3",
    "SUITES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "AddCheckpoint",
    "Algorithm",
    "Appended",
    "Batch",
    "Checkpoint",
    "Cosigned",
    "Cosigner",
    "ForkProof",
    "ForkVerdict",
    "FormatError",
    "Frontier",
    "HashSource",
    "HashSuite",
    "Hasher",
    "Hashes",
    "Head",
    "InclusionChecker",
    "LedgerError",
    "Log",
    "LogError",
    "LogStorage",
    "MemoryStorage",
    "MemoryWitnessStorage",
    "NodeReader",
    "Note",
    "NoteSigner",
    "OpenedNote",
    "Policy",
    "PolicyGroup",
    "PolicyLog",
    "PolicyVerdict",
    "PolicyWitness",
    "Problem",
    "ProofError",
    "Signature",
    "SignatureError",
    "SignedCheckpoint",
    "Sm2NoteSigner",
    "Sm2PrivateKey",
    "Sm2Signer",
    "Submission",
    "TextSigner",
    "TileCache",
    "TileFolder",
    "TileName",
    "TileRun",
    "TlogProof",
    "VerifierKey",
    "Witness",
    "WitnessError",
    "WitnessReply",
    "WitnessState",
    "WitnessStorage",
    "WitnessedLog",
    "add_cosignatures",
    "add_signatures",
    "append_both",
    "check_continues",
    "check_entries",
    "check_head",
    "consistency_path",
    "cosign_checkpoint",
    "cosignature_time",
    "cosigned_message",
    "decode_bundle",
    "ed25519_verify",
    "encode_bundle",
    "fsck",
    "inclusion_path",
    "is_quick",
    "is_sm2_public",
    "key_id",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_fork",
    "parse_note",
    "parse_policy",
    "parse_proof",
    "prove_fork",
    "prove_inclusion",
    "quicken",
    "quicken_if_ready",
    "root_from_inclusion",
    "root_of",
    "sign_checkpoint",
    "sign_note",
    "sm2_backend",
    "sm2_digest",
    "sm2_verify",
    "sm3",
    "sm3_backend",
    "sm3_new",
    "take_both",
    "tile_names",
    "tree_root",
    "verify_consistency",
    "verify_fork",
    "verify_inclusion",
]
