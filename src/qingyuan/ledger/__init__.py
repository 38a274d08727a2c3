"""Ledger: an append-only log that outsiders can check and witnesses can cosign.

A Merkle tree of RFC 6962 under the formats of C2SP: tlog-tiles, checkpoint, signed note, cosignature, proof
and policy. The room knows no clock, no database and no case: storage is a protocol, time is passed in, and an
entry is bytes.
"""

from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, LedgerError, LogError, ProofError, SignatureError
from qingyuan.ledger.fsck import fsck
from qingyuan.ledger.hashes import (
    HASH_SIZE,
    SHA256,
    SM3,
    SUITES,
    Hasher,
    HashSuite,
    leaf_hash,
    node_hash,
    sm3,
    sm3_backend,
    sm3_new,
)
from qingyuan.ledger.keys import Algorithm, Cosigner, NoteSigner, VerifierKey, cosigned_message, key_id
from qingyuan.ledger.log import MAX_ENTRY_SIZE, Appended, Log, check_entries, check_head
from qingyuan.ledger.note import Note, OpenedNote, Signature, add_signatures, open_note, parse_note, sign_note
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
from qingyuan.ledger.problems import Problem
from qingyuan.ledger.proof import TlogProof, parse_proof, prove_inclusion
from qingyuan.ledger.signed import (
    SignedCheckpoint,
    add_cosignatures,
    cosign_checkpoint,
    cosignature_time,
    open_checkpoint,
    sign_checkpoint,
)
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

__all__ = [
    "CHECKPOINT_NAME",
    "HASH_SIZE",
    "MAX_ENTRY_SIZE",
    "MAX_SIZE",
    "NO_QUORUM",
    "SHA256",
    "SM3",
    "SUITES",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Algorithm",
    "Appended",
    "Checkpoint",
    "Cosigned",
    "Cosigner",
    "FormatError",
    "Frontier",
    "HashSource",
    "HashSuite",
    "Hasher",
    "Head",
    "LedgerError",
    "Log",
    "LogError",
    "LogStorage",
    "MemoryStorage",
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
    "TileCache",
    "TileFolder",
    "TileName",
    "TileRun",
    "TlogProof",
    "VerifierKey",
    "add_cosignatures",
    "add_signatures",
    "check_entries",
    "check_head",
    "consistency_path",
    "cosign_checkpoint",
    "cosignature_time",
    "cosigned_message",
    "decode_bundle",
    "encode_bundle",
    "fsck",
    "inclusion_path",
    "key_id",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_note",
    "parse_policy",
    "parse_proof",
    "prove_inclusion",
    "root_from_inclusion",
    "root_of",
    "sign_checkpoint",
    "sign_note",
    "sm3",
    "sm3_backend",
    "sm3_new",
    "tile_names",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]
