"""An append-only log: entries, leaf hashes, right edge and signed head, in one transaction.

The log never commits. It writes everything of an append through the caller's :class:`LogStorage`, so that the
signed checkpoint and what it signs become durable together or not at all. Show a checkpoint to nobody
before the commit has returned: no signature may leave the process for a state that a crash could undo.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qingyuan.ledger.checkpoint import Checkpoint
from qingyuan.ledger.errors import FormatError, LogError
from qingyuan.ledger.hashes import QUICK, SHA256, Hashes, HashSuite
from qingyuan.ledger.keys import TextSigner, VerifierKey
from qingyuan.ledger.signed import SignedCheckpoint, open_checkpoint, sign_checkpoint
from qingyuan.ledger.storage import Head, LogStorage
from qingyuan.ledger.tree import MAX_SIZE, Frontier, TileCache, TileRun, tree_root

#: Largest entry in bytes: bundles of C2SP tlog-tiles write its length as uint16.
MAX_ENTRY_SIZE = 65_535
#: From so many entries on those of a twin are hashed in a thread of its own; starting one takes as long as hashing some dozens.
_MANY = 256


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did.

    Attributes:
        first_index: Index of the first entry appended; the others follow.
        head: Size of the log after it, its right edge and the signed checkpoint. Not to be shown before the commit.
        root: Root of the tree at that size, 32 bytes.
    """

    first_index: int
    head: Head
    root: bytes

    @property
    def size(self) -> int:
        """Size of the log after it."""
        return self.head.size

    @property
    def checkpoint_note(self) -> bytes:
        """The signed checkpoint. Not to be shown before the commit."""
        return self.head.note


class Log:
    """The writer of one log.

    Args:
        origin: Identity of the log, the first line of its checkpoints.
        signer: Its key; the key name is the origin, so that policies can name the log.
        suite: Hash suite. A twin log over another suite needs an origin of its own.
        former: Earlier keys of the log, believed in a stored head after a change of key; the next append signs
            with ``signer``.

    Raises:
        LogError: ``ledger.origin`` when the key has another name.
    """

    def __init__(
        self,
        origin: str,
        signer: TextSigner,
        suite: HashSuite = SHA256,
        *,
        former: Iterable[VerifierKey] = (),
    ) -> None:
        """Prepare a writer; nothing is read or written."""
        if signer.name != origin:
            raise LogError(
                "ledger.origin",
                zh="签名密钥的名称与日志来源不一致",
                en="the name of the signing key is not the origin of the log",
                where=signer.name,
                remedy_zh=f"使用名称为 {origin} 的密钥",
                remedy_en=f"use a key named {origin}",
            )
        self.origin = origin
        self.suite = suite
        self._signer = signer
        self._keys = (signer.key, *former)
        self._trusted: Head | None = None
        #: The right edge of the trusted head, as its batch left it; nobody may change it any more.
        self._edge: Frontier | None = None

    @classmethod
    def open(
        cls,
        storage: LogStorage,
        origin: str,
        signer: TextSigner,
        suite: HashSuite = SHA256,
        *,
        former: Iterable[VerifierKey] = (),
    ) -> Log:
        """Return the writer of a stored log whose head is in order, or of one not yet begun.

        Raises:
            LogError: ``ledger.origin``, ``ledger.head`` or ``ledger.edge`` when the stored head is not of this log.
            SignatureError: ``ledger.unsigned`` or ``ledger.bad-signature`` when its signature does not verify.
            FormatError: When the stored note is malformed.
        """
        log = cls(origin, signer, suite, former=former)
        log.head(storage)
        return log

    @property
    def key(self) -> VerifierKey:
        """The public key of the log."""
        return self._signer.key

    def head(self, storage: LogStorage) -> Head | None:
        """Return the stored head after checking it, or ``None`` when the log was never written.

        Raises:
            LogError: As :func:`check_head`.
        """
        head = storage.read_head()
        # What this writer has checked or written itself needs no second look: a signature check would
        # cost more than the append.
        if head is not None and head != self._trusted:
            check_head(head, self.origin, self._keys, self.suite)
            self._trusted, self._edge = head, None
        return head

    def create(self, storage: LogStorage) -> Appended:
        """Begin the log with a signed checkpoint of the empty tree.

        Raises:
            LogError: ``ledger.exists`` when the log has a head already, ``ledger.no-head`` when it has entries
                and no head.
        """
        if storage.read_head() is not None:
            raise LogError("ledger.exists", zh="日志已经存在", en="the log exists already", where=self.origin)
        batch = self.begin(storage)
        return batch.finish(storage, self.sign(batch.checkpoint()))

    def append(self, storage: LogStorage, entries: Sequence[bytes]) -> Appended:
        """Append entries; the index of an entry is its position in the log.

        Args:
            storage: The caller's transaction.
            entries: At least one entry, each of at most 65,535 bytes.

        Raises:
            LogError: ``ledger.no-entries``, ``ledger.full``, ``ledger.no-head`` when there are entries and no head,
                or as :meth:`head`.
            FormatError: ``ledger.entry-size``.
        """
        check_entries(entries)
        batch = self.begin(storage)
        batch.take(entries)
        batch.store(storage)
        return batch.finish(storage, self.sign(batch.checkpoint()))

    def begin(self, storage: LogStorage) -> Batch:
        """Begin an append whose steps the caller takes, such as a writer of two logs at once.

        Raises:
            LogError: ``ledger.no-head`` when there are entries and no head, or as :meth:`head`.
        """
        return Batch(self.origin, self._frontier(storage), self._settle)

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the signed note of a checkpoint; may run in another thread. Not to be shown before the commit."""
        return sign_checkpoint(checkpoint, self._signer)

    def _settle(self, head: Head, frontier: Frontier) -> None:
        """Take a head that this writer has just signed as checked, as long as it is the stored one."""
        self._trusted, self._edge = head, frontier

    def _frontier(self, storage: LogStorage) -> Frontier:
        head = self.head(storage)
        if head is not None:
            if self._edge is None:
                self._edge = Frontier.decode(head.size, head.edge, self.suite)
            return self._edge.copy()
        if storage.read_hashes(0, 0, 1):
            raise LogError(
                "ledger.no-head",
                zh="有条目而没有日志头：日志头已丢失，不能重新开始",
                en="there are entries but no head: the head was lost, and the log cannot begin again",
                where=self.origin,
                remedy_zh="从备份恢复",
                remedy_en="restore from a backup",
            )
        return Frontier(self.suite)


class Batch:
    """An append under way: entries are hashed, stored, and then signed for.

    The order is :meth:`take` and :meth:`store`, as often as one likes, then :meth:`checkpoint`, then :meth:`finish`. After
    the last :meth:`take` the checkpoint can be signed while the rows are still being stored.

    Attributes:
        first: Index of the first entry taken.
    """

    def __init__(self, origin: str, frontier: Frontier, settle: Callable[[Head, Frontier], None]) -> None:
        """Begin at the stored head; use :meth:`Log.begin`."""
        self._origin = origin
        self._frontier = frontier
        self._settle = settle
        self.first = frontier.size
        self._checkpoint: Checkpoint | None = None
        self._entries: list[tuple[int, Sequence[bytes], Sequence[bytes]]] = []
        self._runs: list[TileRun] = []

    @property
    def suite(self) -> HashSuite:
        """The hash suite of the log."""
        return self._frontier.suite

    @property
    def size(self) -> int:
        """Size of the log with the entries taken."""
        return self._frontier.size

    def take(self, entries: Sequence[bytes]) -> None:
        """Hash entries into the tree, in order.

        Raises:
            LogError: ``ledger.no-entries`` or ``ledger.full``.
            FormatError: ``ledger.entry-size``.
        """
        check_entries(entries)
        start = self._frontier.size
        if start + len(entries) > MAX_SIZE:
            raise LogError("ledger.full", zh="日志条数已达上限", en="the log is full", where=self._origin)
        self._checkpoint = None
        if len(entries) == 1:
            leaf_hash, runs = self._frontier.add(entries[0])
            self._entries.append((start, entries, (leaf_hash,)))
        else:
            row = self._frontier.suite.leaf_row(entries)
            runs = self._frontier.extend_row(row)
            self._entries.append((start, entries, Hashes(row)))
        self._runs += runs

    def store(self, storage: LogStorage) -> None:
        """Store what was taken since the last call."""
        for start, entries, hashes in self._entries:
            storage.insert_entries(start, entries, hashes)
        for run in self._runs:
            storage.insert_hashes(run.level, run.first_index, run.hashes)
        self._entries.clear()
        self._runs.clear()

    def checkpoint(self) -> Checkpoint:
        """Return the head of the tree with the entries taken, unsigned."""
        if self._checkpoint is None:
            self._checkpoint = Checkpoint(self._origin, self._frontier.size, self._frontier.root())
        return self._checkpoint

    def finish(self, storage: LogStorage, note: bytes) -> Appended:
        """Store the head under its note, that of :meth:`Log.sign` for :meth:`checkpoint`."""
        head = Head(self._frontier.size, self._frontier.encode(), note)
        storage.write_head(head)
        self._settle(head, self._frontier.copy())
        return Appended(self.first, head, self.checkpoint().root)


def take_both(first: Batch, second: Batch, entries: Sequence[bytes], store: Callable[[], None]) -> None:
    """Hash entries into two batches and call ``store``, which stores the first; many at once are hashed for the second meanwhile.

    A thread of its own pays where hashing is compiled code, which gives the interpreter's lock away, and takes longer than starting it.

    Raises:
        LogError: As :meth:`Batch.take`; ``store`` has not been called when the first batch refuses.
        FormatError: As :meth:`Batch.take`.
    """
    if len(entries) < _MANY or second.suite.name not in QUICK:
        first.take(entries)
        store()
        second.take(entries)
        return
    refused: list[BaseException] = []
    taken = _thread.allocate_lock()
    taken.acquire()

    def take() -> None:
        try:
            second.take(entries)
        except BaseException as error:  # noqa: BLE001 - raised again below
            refused.append(error)
        finally:
            taken.release()

    try:
        _thread.start_new_thread(
            take, ()
        )  # threading.Thread waits until it runs, which takes half a millisecond
    except RuntimeError:  # the system has no more threads
        take()
    try:
        first.take(entries)
        store()
    finally:
        taken.acquire()
    if refused:
        raise refused[0]


def append_both(
    log: Log, storage: LogStorage, twin: Log, twin_storage: LogStorage, entries: Sequence[bytes]
) -> tuple[Appended, Appended]:
    """Append entries to a log and to its twin, whose storage does not write them again; both are of the same size before.

    Raises:
        LogError: As :meth:`Log.append` of either.
        FormatError: ``ledger.entry-size``.
    """
    batch, other = log.begin(storage), twin.begin(twin_storage)
    take_both(batch, other, entries, lambda: batch.store(storage))
    other.store(twin_storage)
    return (
        batch.finish(storage, log.sign(batch.checkpoint())),
        other.finish(twin_storage, twin.sign(other.checkpoint())),
    )


def check_entries(entries: Sequence[bytes]) -> None:
    """Refuse entries that a log cannot take.

    Raises:
        LogError: ``ledger.no-entries``.
        FormatError: ``ledger.entry-size``, naming the position within ``entries``.
    """
    if not entries:
        raise LogError("ledger.no-entries", zh="没有要追加的条目", en="there is no entry to append")
    if max(map(len, entries)) <= MAX_ENTRY_SIZE:
        return
    position = next(at for at, entry in enumerate(entries) if len(entry) > MAX_ENTRY_SIZE)
    raise FormatError(
        "ledger.entry-size",
        zh=f"条目长 {len(entries[position])} 字节，超过上限 {MAX_ENTRY_SIZE} 字节",
        en=f"an entry of {len(entries[position])} bytes exceeds the limit of {MAX_ENTRY_SIZE}",
        where=f"entry {position}",
        remedy_zh="日志中只登记承诺值，内容另行封存",
        remedy_en="log a commitment and seal the content elsewhere",
    )


def check_head(
    head: Head, origin: str, keys: Iterable[VerifierKey], suite: HashSuite = SHA256
) -> SignedCheckpoint:
    """Check that a stored head is signed, is of this log, and agrees with its own right edge.

    Args:
        head: The stored head.
        origin: The origin the log must have.
        keys: Keys of the log that are trusted, for example before and after a change of key.
        suite: Its hash suite.

    Returns:
        The verified checkpoint.

    Raises:
        LogError: ``ledger.edge`` when the edge does not fit the size, ``ledger.head`` when origin, size or root
            of the checkpoint differ from what is stored.
        SignatureError: ``ledger.unsigned`` or ``ledger.bad-signature``.
        FormatError: When the stored note is malformed.
    """
    signed = open_checkpoint(head.note, keys)
    stored = Checkpoint(origin, head.size, Frontier.decode(head.size, head.edge, suite).root())
    if signed.checkpoint != stored:
        raise LogError(
            "ledger.head",
            zh="已签名的检查点与日志所存的来源、条数或根不一致",
            en="the signed checkpoint differs from the stored origin, size or root",
            where=signed.checkpoint.origin,
            remedy_zh="停止写入，运行账本自检，并从备份恢复",
            remedy_en="stop writing, run the ledger check and restore from a backup",
        )
    return signed


def check_continues(storage: LogStorage, seen: Checkpoint, suite: HashSuite = SHA256) -> None:
    """Check that the stored log begins with the tree of a checkpoint that somebody outside has seen.

    A database restored from an old backup is in order as far as it can tell itself; a checkpoint kept elsewhere (published,
    cosigned, stamped) tells that it is old. Costs a few tiles, whatever the size of the log.

    Args:
        storage: The stored log.
        seen: The checkpoint; its signature is the caller's to verify.
        suite: The hash suite of the log.

    Raises:
        LogError: ``ledger.rolled-back`` when the log is shorter, ``ledger.diverged`` when it has another beginning.
    """
    head = storage.read_head()
    size = 0 if head is None else head.size
    if size < seen.size:
        raise LogError(
            "ledger.rolled-back",
            zh=f"日志只有 {size} 条，而 {seen.size} 条的检查点已为外界所知：日志被回退",
            en=f"the log has {size} entries, and a checkpoint over {seen.size} is known outside: it was rolled back",
            where=seen.origin,
            remedy_zh="停止写入；从较新的备份恢复，不要在旧备份上继续",
            remedy_en="stop writing; restore a newer backup, and do not go on from the old one",
        )
    if tree_root(TileCache(storage, suite), seen.size, suite) != seen.root:
        raise LogError(
            "ledger.diverged",
            zh=f"日志的前 {seen.size} 条不是外界所知的检查点",
            en=f"the first {seen.size} entries are not those of the checkpoint known outside",
            where=seen.origin,
            remedy_zh="停止写入，运行账本自检，查明哪一份历史为真",
            remedy_en="stop writing, run the ledger check and find out which history is true",
        )
