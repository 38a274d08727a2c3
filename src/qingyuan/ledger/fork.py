"""Proofs that a log forked: what it signed twice, in one file that anyone can check with its public key.

Three kinds. ``equal-size``: two signed checkpoints of one size with different roots. ``prefix``: the tree of the newer
checkpoint, opened by a path, begins with another tree than the one the older checkpoint signed.
``refused-proof``: the log signed both checkpoints and the consistency proof offered does not join them; since
whoever offered it may have spoilt it, that proves nothing yet, and the log owes a better one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from qingyuan.ledger._text import b64decode, b64encode
from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, LogError, ProofError
from qingyuan.ledger.hashes import HASH_SIZE, SHA256, SUITES, HashSuite
from qingyuan.ledger.keys import VerifierKey
from qingyuan.ledger.note import MAX_NOTE_SIZE, parse_note
from qingyuan.ledger.signed import open_checkpoint
from qingyuan.ledger.tree import NodeReader, consistency_path, tree_root
from qingyuan.ledger.verify import roots_from_consistency, verify_consistency
from qingyuan.shapes import from_json

ForkKind: TypeAlias = Literal["equal-size", "prefix", "refused-proof"]

_FORMAT = "qingyuan/fork-proof/v1"
_MAX_PATH = 64


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    kind: ForkKind
    suite: str
    older: str
    newer: str
    path: list[str]


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two signed checkpoints of one log that cannot both be true, or are not shown to be.

    Attributes:
        kind: What it shows; see the module.
        suite: Name of the log's hash suite.
        older: The checkpoint note of the smaller tree, verbatim; of equal sizes, the one seen first.
        newer: The other checkpoint note.
        path: Empty for ``equal-size``. For ``prefix`` the consistency path of the newer tree, which begins with the
            last complete subtree of the older size even where RFC 6962 leaves it out. For
            ``refused-proof`` the proof as it was offered.
    """

    kind: ForkKind
    suite: str
    older: bytes
    newer: bytes
    path: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Return the proof as JSON; the same proof gives the same bytes."""
        path = [b64encode(each) for each in self.path]
        file = _File(_FORMAT, self.kind, self.suite, self.older.decode(), self.newer.decode(), path)
        return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


@dataclass(frozen=True, slots=True)
class ForkVerdict:
    """What a checked fork proof says.

    Attributes:
        proven: Whether the log is convicted; of a ``refused-proof`` it is not, and must explain itself.
        kind: The kind of the proof.
        older: The verified checkpoint of the smaller tree.
        newer: The other verified checkpoint.
    """

    proven: bool
    kind: ForkKind
    older: Checkpoint
    newer: Checkpoint

    def text(self, lang: str) -> str:
        """Return one sentence in ``lang`` (``"zh"`` or ``"en"``)."""
        origin, old, new = self.older.origin, self.older.size, self.newer.size
        words = {
            "equal-size": (
                f"日志 {origin} 对同样的 {old} 条签署了两个不同的根：日志已分叉",
                f"the log {origin} signed two different roots for {old} entries: it forked",
            ),
            "prefix": (
                f"日志 {origin} 的 {new} 条不以它签署过的 {old} 条开头：日志已分叉",
                f"the {new} entries of the log {origin} do not begin with the {old} it had signed: it forked",
            ),
            "refused-proof": (
                f"日志 {origin} 签署了 {old} 条和 {new} 条，所附证明不能连接二者：尚不能认定分叉，应由日志方说明",
                (
                    f"the log {origin} signed {old} and {new} entries and the proof offered does not join them: "
                    "no fork is proven, the log owes an explanation"
                ),
            ),
        }[self.kind]
        return words[0 if lang == "zh" else 1]


def parse_fork(data: bytes) -> ForkProof:
    """Read a fork proof without judging it.

    Raises:
        FormatError: ``ledger.fork`` when it is not literally of the format.
    """
    if len(data) > 4 * MAX_NOTE_SIZE:
        raise _malformed("过大", "it is too large")
    try:
        file = from_json(data, _File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _malformed("不是所需的 JSON", "it is not the JSON it should be") from error
    path = tuple(b64decode(each) or b"" for each in file.path)
    if file.format != _FORMAT or file.suite not in SUITES:
        raise _malformed("格式名或哈希套件不认识", "an unknown format name or hash suite")
    if len(path) > _MAX_PATH or any(len(each) != HASH_SIZE for each in path):
        raise _malformed("路径过长，或不是 32 字节哈希", "the path is too long, or not of 32-byte hashes")
    try:
        notes = (file.older.encode(), file.newer.encode())
    except UnicodeEncodeError as error:  # lone surrogates
        raise _malformed("检查点不是 UTF-8", "a checkpoint is not UTF-8") from error
    return ForkProof(file.kind, file.suite, *notes, path)


def verify_fork(proof: ForkProof, keys: Iterable[VerifierKey]) -> ForkVerdict:
    """Check a fork proof against the public keys of the log.

    Args:
        proof: The proof.
        keys: Keys of logs that are known by other means; the proof itself vouches for none.

    Returns:
        The verdict; ``proven`` says whether the log is convicted.

    Raises:
        SignatureError: ``ledger.unsigned`` or ``ledger.bad-signature``.
        FormatError: When a checkpoint is malformed.
        ProofError: ``ledger.no-fork`` when the checkpoints do not contradict each other as the proof claims.
    """
    keys = tuple(keys)
    older, newer = (open_checkpoint(each, keys).checkpoint for each in (proof.older, proof.newer))
    suite = SUITES[proof.suite]
    if older.origin != newer.origin:
        raise _no_fork("两个检查点不属于同一日志", "the checkpoints are of different logs")
    check = {
        "equal-size": _is_equal_size,
        "prefix": _is_prefix,
        "refused-proof": _is_refused,
    }[proof.kind]
    if not check(older, newer, proof.path, suite):
        raise _no_fork("两个检查点并不矛盾", "the checkpoints do not contradict each other")
    return ForkVerdict(proof.kind != "refused-proof", proof.kind, older, newer)


def prove_fork(reader: NodeReader, older: bytes, newer: bytes, suite: HashSuite = SHA256) -> ForkProof | None:
    """Return the proof that two checkpoints of a log contradict each other, or ``None`` when they agree.

    Nobody needs the log's help for it: its published tiles are enough.

    Args:
        reader: The tree of ``newer``; not read when the sizes are equal.
        older: A checkpoint note, of the smaller size.
        newer: Another checkpoint note of the same log.
        suite: Hash suite of the log.

    Raises:
        FormatError: When a note is malformed.
        ProofError: ``ledger.proof-range`` when ``older`` is longer than ``newer``.
        LogError: ``ledger.head`` when the reader's tree is not that of ``newer``; ``ledger.hash-missing``.
    """
    old, new = (parse_checkpoint(parse_note(each).text) for each in (older, newer))
    if old.size == new.size:
        return None if old.root == new.root else ForkProof("equal-size", suite.name, older, newer)
    path = consistency_path(reader, old.size, new.size, suite)
    if tree_root(reader, new.size, suite) != new.root:
        raise LogError(
            "ledger.head",
            zh="所给的树不是较新检查点的树",
            en="the tree given is not that of the newer checkpoint",
            where=new.origin,
            remedy_zh="下载与该检查点对应的瓦片",
            remedy_en="fetch the tiles that belong to the checkpoint",
        )
    begun = tree_root(reader, old.size, suite)
    if begun == old.root or not old.size:
        return None
    if _is_power_of_two(old.size):
        path = (begun, *path)
    return ForkProof("prefix", suite.name, older, newer, path)


def _is_equal_size(older: Checkpoint, newer: Checkpoint, path: tuple[bytes, ...], _suite: HashSuite) -> bool:
    return older.size == newer.size and older.root != newer.root and not path


def _is_prefix(older: Checkpoint, newer: Checkpoint, path: tuple[bytes, ...], suite: HashSuite) -> bool:
    if not 0 < older.size < newer.size or not path:
        return False
    rest = path[1:] if _is_power_of_two(older.size) else path
    try:
        begun, whole = roots_from_consistency(older.size, newer.size, path[0], rest, suite)
    except ProofError:
        return False
    return whole == newer.root and begun != older.root


def _is_refused(older: Checkpoint, newer: Checkpoint, path: tuple[bytes, ...], suite: HashSuite) -> bool:
    if not older.size < newer.size:
        return False
    try:
        verify_consistency(older.size, newer.size, older.root, newer.root, path, suite)
    except ProofError:
        return True
    return False


def _is_power_of_two(size: int) -> bool:
    return size.bit_count() == 1


def _no_fork(zh: str, en: str) -> ProofError:
    return ProofError("ledger.no-fork", zh=f"分叉证明不成立：{zh}", en=f"no proof of a fork: {en}")


def _malformed(zh: str, en: str) -> FormatError:
    return FormatError("ledger.fork", zh=f"分叉证明格式不符：{zh}", en=f"not a fork proof: {en}")
