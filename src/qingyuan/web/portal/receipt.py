"""Receipts: one entry of the log, opened, with the proof that it is there; whoever holds one needs nobody to check it.

A receipt is a file of c2sp.org/tlog-proof@v1. Its ``extra`` is canonical JSON: the entry (``leaf``), and what opens its
commitments (``payload``, ``salt``). Nothing authenticates ``extra`` by itself; the hash of the leaf does, through the proof.
"""

from __future__ import annotations

import hashlib

import msgspec

from qingyuan.canonical import canonical_json
from qingyuan.errors import QingyuanError
from qingyuan.ledger import TileCache, VerifierKey, leaf_hash, parse_proof, prove_inclusion
from qingyuan.office.home import Home
from qingyuan.shapes import from_json
from qingyuan.store import SqlLogStorage, StoredEvent

#: The beginning of every receipt.
HEADER = b"c2sp.org/tlog-proof@v1\n"
MAX_RECEIPT = 1 << 20


class Receipt(msgspec.Struct, frozen=True):
    """A receipt that was checked.

    Attributes:
        stream: Record.
        type: What happened to it.
        at: When the office says it did, RFC 3339.
        index: Number of the entry.
        size: Entries of the log under the signed head.
        origin: Name of the log.
        payload: What was recorded.
    """

    stream: str
    type: str
    at: str
    index: int
    size: int
    origin: str
    payload: dict[str, object]


class _Extra(msgspec.Struct, forbid_unknown_fields=True):
    leaf: str
    payload: dict[str, object]
    salt: str


class _Leaf(msgspec.Struct):
    stream: str
    type: str
    at: str
    sha256: str


class ReceiptError(QingyuanError):
    """A receipt that proves nothing."""


def make_receipt(home: Home, event: StoredEvent) -> bytes:
    """Return the receipt of an event under the newest head."""
    extra = canonical_json({"leaf": event.leaf.decode(), "payload": event.payload, "salt": event.salt.hex()})
    with home.database.read() as connection:
        storage = SqlLogStorage(connection, home.settings.origin)
        head = storage.read_head()
        assert head is not None, "an event is in the log before it has a receipt"
        return prove_inclusion(TileCache(storage), event.index, head.note, extra=extra).encode()


def check_receipt(data: bytes, key: VerifierKey) -> Receipt:
    """Return what a receipt proves.

    Args:
        data: The file.
        key: Key of the log.

    Raises:
        ReceiptError: It was altered, or holds no entry.
        FormatError: It is no receipt.
        SignatureError: Another log signed it.
        ProofError: The entry is not in the log.
    """
    proof = parse_proof(data)
    try:
        extra = from_json(proof.extra or b"", _Extra)
        leaf = from_json(extra.leaf, _Leaf)
        opened = bytes.fromhex(extra.salt) + canonical_json(extra.payload)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ReceiptError(
            "web.bad-receipt",
            zh="不是回执：没有账本条目",
            en="not a receipt: it holds no entry of a log",
            remedy_zh="请选择提交线索后下载的回执文件",
            remedy_en="choose the receipt that was downloaded after a clue was sent",
        ) from error
    signed = proof.verify(leaf_hash(extra.leaf.encode()), [key])
    if hashlib.sha256(opened).hexdigest() != leaf.sha256:
        raise ReceiptError(
            "web.altered-receipt",
            zh="回执的内容被改动，与账本条目不符",
            en="what the receipt says was altered: it is not what the entry commits to",
            remedy_zh="请用原始文件再试",
            remedy_en="try the original file",
        )
    head = signed.checkpoint
    return Receipt(leaf.stream, leaf.type, leaf.at, proof.index, head.size, head.origin, extra.payload)
