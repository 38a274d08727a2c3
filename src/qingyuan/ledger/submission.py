"""Asking a witness for its cosignature: the log's side of c2sp.org/tlog-witness, without sockets.

A :class:`Submission` gives the body to post and takes the reply, until it holds a verified cosignature or raises.
It stops, and never repairs, in the cases that mean lost history: a witness that is ahead of our log, or that
holds another tree at a size we have, knows something our storage no longer does.
"""

from __future__ import annotations

from qingyuan.ledger._text import parse_decimal
from qingyuan.ledger.checkpoint import parse_checkpoint
from qingyuan.ledger.errors import FormatError, LedgerError, LogError, SignatureError, WitnessError
from qingyuan.ledger.hashes import SHA256, HashSuite
from qingyuan.ledger.keys import Algorithm, VerifierKey
from qingyuan.ledger.note import Signature, parse_note
from qingyuan.ledger.signed import cosignature_time
from qingyuan.ledger.tree import HashSource, TileCache, consistency_path, tree_root
from qingyuan.ledger.witness import SIZE_TYPE, AddCheckpoint

#: Longest reply read, in bytes.
MAX_REPLY_SIZE = 1 << 16

#: Most requests for one cosignature: the first, and those after a 409.
MAX_REQUESTS = 4


class Submission:
    """One checkpoint on its way to one witness.

    Args:
        source: The stored hashes of our log; it may have grown since the checkpoint.
        note: The checkpoint, signed by our log and committed to our storage.
        witness: Public key of the witness.
        known: Size of the newest tree of ours that we hold this witness's cosignature for; 0 if none.
        suite: Hash suite of our log.
        newest: Size of our log now; the size of the checkpoint if not given.

    Raises:
        FormatError: When the note is malformed, or ``ledger.key`` when the key is not that of a witness.
        LogError: ``ledger.head`` when the checkpoint is not one of the stored log; ``ledger.hash-missing``.
        ProofError: ``ledger.proof-range`` when ``known`` exceeds the checkpoint.
    """

    def __init__(
        self,
        source: HashSource,
        note: bytes,
        witness: VerifierKey,
        known: int = 0,
        suite: HashSuite = SHA256,
        *,
        newest: int | None = None,
    ) -> None:
        """Prepare the first request."""
        if witness.algorithm not in (Algorithm.COSIGNATURE, Algorithm.ML_DSA_44):
            raise FormatError("ledger.key", zh="不是见证方的公钥", en="not the public key of a witness")
        self._text = parse_note(note).text
        self._checkpoint = parse_checkpoint(self._text)
        self._note, self._witness, self._known, self._suite = note, witness, known, suite
        self._newest = max(self._checkpoint.size, newest or 0)
        self._reader = TileCache(source, suite)
        if tree_root(self._reader, self._checkpoint.size, suite) != self._checkpoint.root:
            raise LogError(
                "ledger.head",
                zh="检查点不是所存日志的检查点",
                en="the checkpoint is not one of the stored log",
                where=self._checkpoint.origin,
                remedy_zh="停止写入，运行账本自检",
                remedy_en="stop writing and run the ledger check",
            )
        self._requests = 0
        self._claimed: int | None = None
        self._old = known
        self._request = self._prepare(known)

    @property
    def request(self) -> bytes:
        """The body to post to ``<submission prefix>/add-checkpoint`` now."""
        return self._request

    @property
    def witness(self) -> VerifierKey:
        """The public key of the witness asked."""
        return self._witness

    @property
    def claimed(self) -> int | None:
        """The size that the witness last said it stands at, believed or not; ``None`` if it said none."""
        return self._claimed

    def receive(self, status: int, content_type: str, body: bytes) -> Signature | None:
        """Take the reply to :attr:`request`.

        Args:
            status: HTTP status.
            content_type: Value of the header, empty if there is none.
            body: The response body.

        Returns:
            The verified cosignature; or ``None`` when the new :attr:`request` is to be posted.

        Raises:
            LogError: ``ledger.rolled-back`` when the witness is ahead of our log, ``ledger.diverged`` when it
                holds another tree at a size we have. Both mean: stop writing to the log.
            WitnessError: ``ledger.witness-overtaken`` when it has cosigned a newer checkpoint of ours,
                ``ledger.witness-rolled-back`` when it forgot what it cosigned, ``ledger.witness-refused`` for
                every other status, ``ledger.witness-reply`` when the reply is not of the format.
            SignatureError: ``ledger.witness-signature`` when the reply has no valid cosignature of the witness.
        """
        if status == 200:  # noqa: PLR2004 - HTTP
            return self._cosignature(body)
        if status == 409 and content_type.strip().lower() == SIZE_TYPE:  # noqa: PLR2004 - HTTP
            self._resume(body)
            return None
        # The proof was checked against our own storage and starts where the witness says it stands.
        if status in (409, 422):
            raise self._diverged(self._old)
        raise WitnessError(
            "ledger.witness-refused",
            zh=f"见证方拒绝会签（HTTP {status}）{_REASONS.get(status, ('', ''))[0]}",
            en=f"the witness refused to cosign (HTTP {status}){_REASONS.get(status, ('', ''))[1]}",
            where=self._witness.name,
            remedy_zh="稍后重试；若持续，请联系见证方",
            remedy_en="try again later; if it stays so, contact the witness",
        )

    def _prepare(self, old: int) -> bytes:
        path = consistency_path(self._reader, old, self._checkpoint.size, self._suite)
        self._old = old
        self._requests += 1
        return AddCheckpoint(old, path, self._note).encode()

    def _resume(self, body: bytes) -> None:
        """Turn to the size the witness says it stands at, if it is one it can stand at."""
        text = body[:32].decode("ascii", errors="replace")
        size = parse_decimal(text.removesuffix("\n")) if text.endswith("\n") else None
        if size is None or self._requests >= MAX_REQUESTS:
            raise self._unreadable()
        self._claimed = size
        if size > self._newest:
            raise LogError(
                "ledger.rolled-back",
                zh=f"见证方已会签 {size} 条，本日志只有 {self._newest} 条：本日志是从旧备份恢复的，或被回退",
                en=f"the witness cosigned {size} entries and this log has {self._newest}: "
                "it was restored from an old backup, or rolled back",
                where=self._witness.name,
                remedy_zh="停止写入，找回缺少的条目后再继续；不得另行续写",
                remedy_en="stop writing and recover the missing entries; never continue the log without them",
            )
        if size > self._checkpoint.size:
            raise WitnessError(
                "ledger.witness-overtaken",
                zh="见证方已会签本日志更新的检查点",
                en="the witness has cosigned a newer checkpoint of this log",
                where=self._witness.name,
                remedy_zh="改为提交最新的检查点",
                remedy_en="submit the newest checkpoint instead",
            )
        if size < self._known:
            raise WitnessError(
                "ledger.witness-rolled-back",
                zh=f"见证方曾会签 {self._known} 条，现称只到 {size} 条：见证方的状态已丢失或被回退",
                en=f"the witness cosigned {self._known} entries and now claims to stand at {size}: "
                "its state was lost or rolled back",
                where=self._witness.name,
                remedy_zh="不再信任此见证密钥，联系见证方",
                remedy_en="stop relying on this witness key and contact the witness",
            )
        if size == self._old:
            raise self._diverged(size)
        self._request = self._prepare(size)

    def _cosignature(self, body: bytes) -> Signature:
        if len(body) > MAX_REPLY_SIZE:
            raise self._unreadable()
        try:
            note = parse_note(self._text.encode() + b"\n" + body)
        except FormatError as error:
            raise self._unreadable() from error
        if note.text != self._text:  # the reply had an empty line, and more than signature lines
            raise self._unreadable()
        who = (self._witness.name, self._witness.key_id)
        for each in note.signatures:
            if (each.name, each.key_id) != who:  # lines of unknown keys are to be ignored
                continue
            if self._witness.verifies(self._text, each.data) and cosignature_time(self._witness, each):
                return each
            break
        raise SignatureError(
            "ledger.witness-signature",
            zh="见证方的答复中没有它对本检查点的有效会签",
            en="the reply of the witness holds no valid cosignature of it over this checkpoint",
            where=f"{who[0]}+{who[1]:08x}",
            remedy_zh="核对见证方公钥；若公钥无误，不再信任此见证方",
            remedy_en="compare the public key of the witness; if it is right, do not rely on the witness",
        )

    def _diverged(self, size: int) -> LedgerError:
        return LogError(
            "ledger.diverged",
            zh=f"见证方在 {size} 条处持有与本日志不同的历史：本日志恢复自旧备份后被续写，或日志已分叉，或见证方有误",
            en=f"the witness holds another history at {size} entries: this log was continued after an old backup was "
            "restored, or it forked, or the witness is at fault",
            where=self._witness.name,
            remedy_zh="停止写入，取回见证方所存的检查点并比对",
            remedy_en="stop writing, fetch the checkpoint the witness keeps and compare",
        )

    def _unreadable(self) -> WitnessError:
        return WitnessError(
            "ledger.witness-reply",
            zh="见证方的答复不合 tlog-witness 格式，或反复要求重试",
            en="the reply of the witness is not of tlog-witness, or it keeps asking to try again",
            where=self._witness.name,
        )


_REASONS = {
    400: ("：请求不被理解", ": it did not understand the request"),
    403: ("：它不信任本日志的签名密钥", ": it does not trust the key that signed"),
    404: ("：它不见证本日志", ": it does not serve this log"),
    429: ("：请求过多", ": too many requests"),
}
