"""Offline proofs that an entry is in a log (c2sp.org/tlog-proof@v1).

The file holds the index, the inclusion path and the checkpoint, perhaps with cosignatures; with the entry and the
log's public key, nothing else is needed to check it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qingyuan.ledger._text import b64decode, b64encode, parse_decimal
from qingyuan.ledger.checkpoint import parse_checkpoint
from qingyuan.ledger.errors import FormatError
from qingyuan.ledger.hashes import HASH_SIZE, SHA256, HashSuite
from qingyuan.ledger.keys import VerifierKey
from qingyuan.ledger.note import MAX_NOTE_SIZE, parse_note
from qingyuan.ledger.signed import SignedCheckpoint, open_checkpoint
from qingyuan.ledger.tree import MAX_SIZE, NodeReader, inclusion_path
from qingyuan.ledger.verify import verify_inclusion

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_PATH = MAX_SIZE.bit_length()


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An inclusion proof with the checkpoint it leads to.

    Attributes:
        index: Index of the entry.
        path: Inclusion path, from the leaf's sibling up.
        checkpoint: The checkpoint note, verbatim.
        extra: Opaque bytes that nothing authenticates, or ``None``.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Return the proof file."""
        lines = [_HEADER]
        if self.extra:
            lines.append(f"extra {b64encode(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(b64encode(each) for each in self.path)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint

    def verify(
        self,
        leaf_hash: bytes,
        logs: Iterable[VerifierKey],
        others: Iterable[VerifierKey] = (),
        suite: HashSuite = SHA256,
    ) -> SignedCheckpoint:
        """Check that the entry with ``leaf_hash`` is at ``index`` of a checkpoint one of ``logs`` signed.

        Args:
            leaf_hash: ``suite.leaf_hash(entry)`` of the entry the reader holds.
            logs: Keys of the logs accepted.
            others: Keys of witnesses, whose signatures are verified if they are there. Whether they are
                enough is for :class:`qingyuan.ledger.policy.Policy` to say.
            suite: The hash suite of the log.

        Raises:
            FormatError: When the checkpoint is malformed.
            SignatureError: ``ledger.unsigned`` or ``ledger.bad-signature``.
            ProofError: When the path does not lead from the entry to the signed root.
        """
        signed = open_checkpoint(self.checkpoint, logs, others)
        head = signed.checkpoint
        verify_inclusion(leaf_hash, self.index, head.size, self.path, head.root, suite)
        return signed


def prove_inclusion(
    reader: NodeReader,
    index: int,
    checkpoint: bytes,
    suite: HashSuite = SHA256,
    *,
    extra: bytes | None = None,
) -> TlogProof:
    """Return the proof of entry ``index`` for a checkpoint, checked against the root it names.

    Args:
        reader: The tree; it may have grown since the checkpoint.
        index: Index of the entry.
        checkpoint: The checkpoint note.
        suite: The hash suite of the log.
        extra: Opaque bytes to carry along.

    Raises:
        FormatError: When the checkpoint is malformed.
        ProofError: ``ledger.proof-range`` when the checkpoint has no such entry, ``ledger.proof-root`` when the
            stored hashes do not lead to its root.
        LogError: ``ledger.hash-missing``.
    """
    head = parse_checkpoint(parse_note(checkpoint).text)
    path = inclusion_path(reader, index, head.size, suite)
    verify_inclusion(reader.node(0, index), index, head.size, path, head.root, suite)
    return TlogProof(index, path, checkpoint, extra or None)


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof file, without judging what it proves.

    Raises:
        FormatError: ``ledger.proof`` when it is not literally of the format, ``ledger.note`` or
            ``ledger.checkpoint`` when its checkpoint is not.
    """
    if len(data) > 2 * MAX_NOTE_SIZE:
        raise _malformed("过大", "it is too large")
    head, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed("证明部分不是 ASCII", "the proof part is not ASCII") from error
    if not empty_line or lines.pop(0) != _HEADER:
        raise _malformed("首行或空行缺失", "the first line or the empty line is missing")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = b64decode(lines.pop(0).removeprefix("extra "))
        if not extra:
            raise _malformed(
                "附加数据为空或不是规范的 base64", "the extra data is empty or not canonical base64"
            )
    if not lines or not lines[0].startswith("index "):
        raise _malformed("缺少序号行", "the index line is missing")
    index = parse_decimal(lines.pop(0).removeprefix("index "))
    path = tuple(b64decode(line) or b"" for line in lines)
    if index is None:
        raise _malformed("序号不是十进制数", "the index is not a decimal number")
    if len(path) > _MAX_PATH or any(len(each) != HASH_SIZE for each in path):
        raise _malformed(
            "路径过长，或某行不是 32 字节哈希", "the path is too long, or a line is not a hash of 32 bytes"
        )
    parse_checkpoint(parse_note(checkpoint).text)
    return TlogProof(index, path, checkpoint, extra)


def _malformed(zh: str, en: str) -> FormatError:
    return FormatError("ledger.proof", zh=f"证明文件格式不符：{zh}", en=f"not a tlog-proof: {en}")
