"""Watching a published log from outside: is it signed, does it continue what was seen, do the witnesses see the same?

Nothing of the log is believed: roots are computed from its tiles, new entries are hashed again, and what contradicts
a checkpoint it signed before becomes a fork proof.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from qingyuan.errors import QingyuanError
from qingyuan.ledger import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Checkpoint,
    ForkProof,
    HashSuite,
    LedgerError,
    LogError,
    Policy,
    PolicyVerdict,
    TileCache,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    prove_fork,
    tree_root,
)
from qingyuan.office.errors import OfficeError
from qingyuan.office.recognition.fetching import LogSource
from qingyuan.office.recognition.witnessing import WITNESS_SECONDS, fetch_checkpoint

_TOP_LEVEL = 7


@dataclass(frozen=True, slots=True)
class Remark:
    """Something wrong with a log.

    Attributes:
        code: Stable name: ``forked``, ``shrunk``, ``tiles``, ``quorum``, ``witness`` or ``ahead``.
        zh: What is wrong, in Chinese.
        en: The same in English.
        fork: The proof, for ``forked``.
    """

    code: str
    zh: str
    en: str
    fork: ForkProof | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a log.

    Attributes:
        note: Its checkpoint, verified under its key.
        checkpoint: The tree head.
        since: Size seen before; 0 at the first look.
        entries: Number of new entries hashed again.
        verdict: What the policy says, if there is one.
        remarks: What is wrong; empty when all is in order.
    """

    note: bytes
    checkpoint: Checkpoint
    since: int
    entries: int
    verdict: PolicyVerdict | None
    remarks: tuple[Remark, ...]


def observe(
    log: LogSource,
    key: VerifierKey,
    suite: HashSuite,
    *,
    last: bytes | None = None,
    policy: Policy | None = None,
    entries: bool = True,
    seconds: float = WITNESS_SECONDS,
) -> Observed:
    """Look at a published log.

    Args:
        log: Where it is published.
        key: Its public key, known from elsewhere.
        suite: Its hash suite.
        last: The checkpoint seen before, verbatim.
        policy: Witnesses; those with a URL are asked what they saw.
        entries: Whether to read and hash every new entry and tile, not only what the root needs.
        seconds: Time for each witness.

    Raises:
        OfficeError: ``office.log-empty``, ``office.log-unreachable`` or ``office.log-tile``.
        LedgerError: When the checkpoint is malformed or not signed by ``key``.
    """
    note = fetch(log)
    checkpoint = open_checkpoint(note, [key]).checkpoint
    log.size = checkpoint.size
    remarks: list[Remark] = []
    before = None if last is None else open_checkpoint(last, [key]).checkpoint
    count = 0
    try:
        reader = TileCache(log, suite)
        if tree_root(reader, checkpoint.size, suite) != checkpoint.root:
            remarks.append(
                _tiles("root", "瓦片算出的根与检查点不符", "the tiles do not lead to the signed root")
            )
        else:
            since = 0 if before is None else min(before.size, checkpoint.size)
            if entries:
                remarks += itertools.islice(_check_new(log, suite, since, checkpoint.size), 10)
                count = checkpoint.size - since
            remarks += _witnesses(log, key, suite, note, checkpoint, policy, seconds)
        if last is not None and before is not None:
            remarks += _compare(log, suite, last, before, note, checkpoint)
    except LogError as error:
        remarks.append(_tiles(error.where or "", error.zh, error.en))
    verdict = None
    try:
        verdict = None if policy is None else policy.evaluate(note, [key])
    except LedgerError as error:
        remarks.append(Remark("quorum", error.text("zh"), error.text("en")))
    if verdict is not None and not verdict.met:
        absent = ", ".join(verdict.missing)
        remarks.append(
            Remark(
                "quorum",
                f"见证未达到法定数 {verdict.quorum}；缺少：{absent}",
                f"the quorum {verdict.quorum} is not met; missing: {absent}",
            )
        )
    return Observed(note, checkpoint, 0 if before is None else before.size, count, verdict, tuple(remarks))


def fetch(log: LogSource) -> bytes:
    """Return the checkpoint of a published log, unverified.

    Raises:
        OfficeError: ``office.log-empty`` when it has none, or as the log says.
    """
    note = log.checkpoint()
    if note is None:
        raise OfficeError(
            "office.log-empty",
            zh="这里没有公布的检查点",
            en="no checkpoint is published here",
            remedy_zh="核对网址或目录：应是日志的前缀，例如 https://court.example/log",
            remedy_en="check the URL or folder: it is the prefix of the log, such as https://court.example/log",
        )
    return note


def find_fork(log: LogSource, suite: HashSuite, one: bytes, other: bytes) -> ForkProof | None:
    """Return the proof that two checkpoints of a log contradict each other, or ``None`` when they agree.

    Args:
        log: The tree of the larger checkpoint; not read when both are of one size.
        suite: Its hash suite.
        one: A checkpoint note.
        other: Another one of the same log.

    Raises:
        LedgerError: As :func:`qingyuan.ledger.prove_fork`.
        OfficeError: When the tiles cannot be had.
    """
    sizes = [parse_checkpoint(parse_note(each).text).size for each in (one, other)]
    older, newer = (one, other) if sizes[0] <= sizes[1] else (other, one)
    log.size = max(sizes)
    return prove_fork(TileCache(log, suite), older, newer, suite)


def _compare(
    log: LogSource, suite: HashSuite, last: bytes, before: Checkpoint, note: bytes, now: Checkpoint
) -> Iterator[Remark]:
    if now.size < before.size:
        yield Remark(
            "shrunk",
            f"日志曾公布 {before.size} 条，现只公布 {now.size} 条：被回退，或对我方隐瞒",
            f"the log published {before.size} entries and now shows {now.size}: rolled back, or withheld from us",
        )
        return
    fork = find_fork(log, suite, last, note)
    if fork is not None:
        yield _forked(fork, f"曾见的 {before.size} 条", f"the {before.size} entries seen before")


def _witnesses(
    log: LogSource,
    key: VerifierKey,
    suite: HashSuite,
    note: bytes,
    checkpoint: Checkpoint,
    policy: Policy | None,
    seconds: float,
) -> Iterator[Remark]:
    """Compare what we see with what the witnesses were shown: a split view contradicts itself here."""
    for witness in () if policy is None else policy.witnesses:
        if witness.url is None:
            continue
        try:
            seen = fetch_checkpoint(witness.url, checkpoint.origin, seconds=seconds)
            theirs = None if seen is None else open_checkpoint(seen, [key], [witness.key]).checkpoint
        except QingyuanError as error:
            yield Remark(
                "witness", f"见证方 {witness.name}：{error.zh}", f"witness {witness.name}: {error.en}"
            )
            continue
        if seen is None or theirs is None:
            continue
        if theirs.size > checkpoint.size:
            yield Remark(
                "ahead",
                f"见证方 {witness.name} 已见到 {theirs.size} 条，日志只向我方公布 {checkpoint.size} 条；若再看仍如此，"
                "即为隐瞒或回退",
                f"the witness {witness.name} saw {theirs.size} entries and the log shows us {checkpoint.size}; "
                "if it stays so, they are withheld or rolled back",
            )
            continue
        fork = find_fork(log, suite, seen, note)
        if fork is not None:
            yield _forked(fork, f"见证方 {witness.name} 所见", f"what the witness {witness.name} saw")


def _check_new(log: LogSource, suite: HashSuite, since: int, size: int) -> Iterator[Remark]:
    """Hash what is new again: every entry to its leaf, and every full tile to its hash in the level above."""
    for start in range(since - since % TILE_WIDTH, size, TILE_WIDTH):
        stop = min(start + TILE_WIDTH, size)
        try:
            found = suite.leaf_hashes(log.read_entries(start, stop))
        except LedgerError as error:
            yield _tiles(f"entries {start}", error.zh, error.en)
            continue
        leaves = list(log.read_hashes(0, start, stop))
        if found != leaves:
            at = next((n for n, pair in enumerate(zip(found, leaves, strict=False)) if pair[0] != pair[1]), 0)
            yield _tiles(f"entry {start + at}", "条目与叶哈希不符", "an entry differs from its leaf hash")
    for level in range(_TOP_LEVEL):
        full, done = size >> TILE_HEIGHT * (level + 1), since >> TILE_HEIGHT * (level + 1)
        for index in range(done, full):
            start = index * TILE_WIDTH
            row = list(log.read_hashes(level, start, start + TILE_WIDTH))
            while len(row) > 1:
                row = [suite.node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=True)]
            if row != list(log.read_hashes(level + 1, index, index + 1)):
                yield _tiles(
                    f"tile {level}/{index}", "瓦片与上一层的哈希不符", "a tile differs from the level above"
                )


def _forked(fork: ForkProof, zh: str, en: str) -> Remark:
    return Remark(
        "forked",
        f"日志已分叉：它签署的检查点与{zh}互相矛盾",
        f"the log forked: the checkpoint it signed contradicts {en}",
        fork,
    )


def _tiles(where: str, zh: str, en: str) -> Remark:
    place = f"（{where}）" if where else ""
    return Remark("tiles", f"{zh}{place}", f"{en}{f' ({where})' if where else ''}")
