"""The same place later: deleted, masked, moved, still there, or new; decided by tokens, without any value.

A value of the earlier scan is *gone* only when its token is nowhere in the later material. Sampled material gives a bound instead: with
``x`` of ``n`` records of a random sample holding an old value, the share of such records is below the one-sided Clopper-Pearson bound
(for ``x = 0`` about ``3 / n`` at 95 %, the rule of three).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.errors import PiiError
from qingyuan.pii.hits import SCHEMA

Outcome = Literal["still-there", "moved", "masked", "deleted", "unseen"]
Verdict = Literal["clean", "remains", "undetermined"]
#: Places listed of each outcome that has to be looked into.
LISTED = 50
#: One-sided confidence of the bound on a sample.
CONFIDENCE = 0.95
#: Metadata of a Parquet of hits that says which key made its tokens.
KEY_ID = b"token-key"
_NEEDED = ("file", "member", "place", "kind", "masked", "state", "token")
_BISECTIONS = 60
#: Words and the number after them.
_NUMBERED = re.compile(r"(\D*)(\d{0,18})")


class Place(msgspec.Struct, frozen=True):
    """A place that has to be looked into; no value.

    Attributes:
        file: File of the later material (of the earlier one where nothing is there now).
        member: Path inside an archive, or ``None``.
        place: Where in it.
        kind: Kind.
        outcome: ``still-there``, ``moved`` (an old value at another place) or ``new``.
    """

    file: str
    member: str | None
    place: str
    kind: str
    outcome: str


class KindOutcome(msgspec.Struct, frozen=True):
    """What became of the values of one kind; a value counts once however often it stood there.

    Attributes:
        values: Different clear values before.
        still_there: Found again, at one of their old places at least.
        moved: Found again, at other places only.
        masked: Found nowhere; a masked value of the kind stands at an old place.
        deleted: Found nowhere, and nothing masked at an old place.
        unseen: Not found in the sample; nothing is said about the records that were not looked at. Of a sample there is
            neither ``masked`` nor ``deleted``.
        new: Different clear values now that were not there before.
    """

    values: int = 0
    still_there: int = 0
    moved: int = 0
    masked: int = 0
    deleted: int = 0
    new: int = 0
    unseen: int = 0


class Sample(msgspec.Struct, frozen=True):
    """What a sample of the later material allows to say.

    Attributes:
        rate: Probability with which each record was taken.
        seed: Seed that chose them; the same seed and material choose the same records.
        records: Records taken.
        of: Records in all.
        holding: Records taken that hold an old value.
        upper: With :data:`CONFIDENCE`, at most this share of all records hold an old value.
        confidence: See there.
    """

    rate: float
    seed: int
    records: int
    of: int
    holding: int
    upper: float
    confidence: float = CONFIDENCE


class Recheck(msgspec.Struct, frozen=True):
    """The result; nothing personal is in it.

    Attributes:
        verdict: ``clean``; ``remains`` when an old value is found again; ``undetermined`` when none is found and something was not
            read, only a sample was read, or the tokens may be of different keys.
        values: Different clear values before.
        remaining: Those found again.
        remaining_share: Their share.
        kinds: Outcomes by kind.
        new: Different clear values now that were not there before.
        places: The places to look into, the first of each outcome.
        place_counts: How many places of each outcome there are, listed or not.
        sample: What was sampled, ``None`` for a full scan.
        unread: What of the later material was not read, ``(file, code, reason, reason in English)``.
        doubts: Why a result without finds is not clean: codes of ``unread``, ``sampled``, ``key-unknown``, ``nothing-before``.
        files: Files of the later material.
        bytes: Their text, in bytes.
    """

    verdict: Verdict
    values: int
    remaining: int
    remaining_share: float
    kinds: dict[str, KindOutcome]
    new: int
    places: tuple[Place, ...]
    place_counts: dict[str, int]
    sample: Sample | None
    unread: tuple[tuple[str, str, str, str], ...]
    doubts: tuple[str, ...]
    files: int
    bytes: int


#: What no comparison of delivered material can see, in both languages.
BLIND: tuple[tuple[str, str], ...] = (
    ("备份、快照、归档介质中的副本", "copies in backups, snapshots and archives"),
    ("从库、缓存、搜索索引、日志中的副本", "copies in replicas, caches, search indexes and logs"),
    (
        "未提交或未列入本次材料的其他系统、账号、设备",
        "other systems, accounts and devices that were not delivered",
    ),
    ("已提供给第三方的数据", "data already given to others"),
    (
        "以加密、图片等本次未能读取的形式保存的数据",
        "data kept encrypted, as pictures or in other forms that were not read",
    ),
)


def key_id(key: bytes) -> str:
    """Return the public identifier of a token key: says whether two scans can be compared, and nothing else."""
    return hashlib.sha256(b"qingyuan-token-key/1\n" + key).hexdigest()[:16]


def read_hits(path: Path) -> tuple[pa.Table, str]:
    """Return hits that ``scan --hits`` wrote and the identifier of their key, ``""`` where the file does not say it.

    Raises:
        PiiError: It is no file of hits.
    """
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            said = (table.schema.metadata or {}).get(KEY_ID, b"").decode()
        else:
            options = pj.ParseOptions(explicit_schema=pa.schema(list(SCHEMA)))
            table, said = pj.read_json(path, parse_options=options), ""
        return table.select(list(_NEEDED)), said
    except (pa.ArrowInvalid, KeyError, OSError) as error:
        raise PiiError(
            "pii.no-hits",
            zh="不是 scan --hits 写出的结果文件",
            en="this is no file of hits of scan --hits",
            where=str(path),
            remedy_zh="请给出 .parquet 或 .jsonl 结果文件，或直接给出整改前的材料",
            remedy_en="give a .parquet or .jsonl file of hits, or the material of before itself",
        ) from error


class _Side:
    """The clear and the masked hits of one side."""

    def __init__(self, tables: Iterable[pa.Table], common: str) -> None:
        self.kind: dict[str, str] = {}
        self.places: dict[str, set[tuple[str, str | None, str]]] = {}
        self.hidden: set[tuple[str, str | None, str, str]] = set()
        for table in tables:
            state = table["state"].cast(pa.string())
            chosen = table.select(list(_NEEDED)).filter(pc.equal(state, pa.scalar("confirmed")))
            columns = [chosen[name].to_pylist() for name in _NEEDED if name != "state"]
            for file, member, place, kind, masked, token in zip(*columns, strict=True):
                where = file.removeprefix(common), member, place
                if masked:
                    self.hidden.add((*where, kind))
                elif token is not None:
                    self.kind[token] = kind
                    self.places.setdefault(token, set()).add(where)


def compare(
    before: Sequence[pa.Table],
    after: Sequence[pa.Table],
    *,
    unread: Sequence[tuple[str, Unread]] = (),
    sample: Sample | None = None,
    same_key: bool = True,
    text_bytes: int = 0,
) -> Recheck:
    """Compare two sets of hits by their tokens.

    Args:
        before: Hits of the earlier material.
        after: Hits of the later one; one table a file.
        unread: What of the later material was not read.
        sample: What was sampled of it.
        same_key: Whether both sides are known to have been made with the same token key.
        text_bytes: Bytes of text of the later material.
    """
    old, new = _Side(before, _common(before)), _Side(after, _common(after))
    kinds: dict[str, dict[str, int]] = {}
    places: list[Place] = []
    part = sample is not None and sample.records < sample.of
    for token, kind in old.kind.items():
        outcome = _outcome(token, kind, old, new, part=part)
        counts = kinds.setdefault(kind, {})
        counts["values"] = counts.get("values", 0) + 1
        name = outcome.replace("-", "_")
        counts[name] = counts.get(name, 0) + 1
        if outcome in {"still-there", "moved"}:
            stays = old.places[token] & new.places[token] or new.places[token]
            places += [Place(*where, kind, outcome) for where in stays]
    for token, kind in new.kind.items():
        if token not in old.kind:
            counts = kinds.setdefault(kind, {})
            counts["new"] = counts.get("new", 0) + 1
            places += [Place(*where, kind, "new") for where in new.places[token]]
    remaining = sum(token in new.kind for token in old.kind)
    doubts = _doubts(unread, sample, old, known=same_key or remaining > 0)
    return Recheck(
        verdict="remains" if remaining else "undetermined" if doubts else "clean",
        values=len(old.kind),
        remaining=remaining,
        remaining_share=round(remaining / len(old.kind), 6) if old.kind else 0.0,
        kinds={kind: KindOutcome(**counts) for kind, counts in sorted(kinds.items())},
        new=sum(token not in old.kind for token in new.kind),
        places=_first(places),
        place_counts=dict(Counter(place.outcome for place in places)),
        sample=sample,
        unread=tuple((file, u.code, u.zh, u.en) for file, u in unread),
        doubts=doubts,
        files=len(after),
        bytes=text_bytes,
    )


def _common(tables: Sequence[pa.Table]) -> str:
    """Return the folder that all files stand in, or the whole name of a single file: what a new delivery may call otherwise."""
    names = sorted({str(name) for table in tables for name in pc.unique(table["file"]).to_pylist()})
    if not names:
        return ""
    if len(names) == 1:
        return names[0]
    first, last = names[0], names[-1]
    end = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind("/", 0, end) + 1]


def _outcome(token: str, kind: str, old: _Side, new: _Side, *, part: bool) -> Outcome:
    """Return what became of a value; ``part``: only a part of the later material was looked at."""
    if token in new.kind:
        return "still-there" if old.places[token] & new.places[token] else "moved"
    if part:
        return "unseen"
    return "masked" if any((*where, kind) in new.hidden for where in old.places[token]) else "deleted"


def _doubts(
    unread: Sequence[tuple[str, Unread]], sample: Sample | None, old: _Side, *, known: bool
) -> tuple[str, ...]:
    said = {
        "unread": bool(unread),
        "sampled": sample is not None,
        "key-unknown": not known,
        "nothing-before": not old.kind,
    }
    return tuple(code for code, holds in said.items() if holds)


def _first(places: Sequence[Place]) -> tuple[Place, ...]:
    out = []
    for outcome in ("still-there", "moved", "new"):
        mine = [place for place in places if place.outcome == outcome]
        out += sorted(mine, key=lambda p: (p.file, p.member or "", _natural(p.place), p.kind))[:LISTED]
    return tuple(out)


def _natural(place: str) -> tuple[tuple[str, int], ...]:
    """Return what puts ``line 9`` before ``line 10``."""
    return tuple((words, int(digits or 0)) for words, digits in _NUMBERED.findall(place))


class Sampler:
    """Takes each record of a reader's batches with the same probability, chosen by a seed.

    Args:
        rate: Probability, above 0 and at most 1.
        seed: The seed.

    Attributes:
        taken: Records taken so far.
        records: Records seen so far.
    """

    def __init__(self, rate: float, seed: int) -> None:
        """Start."""
        self.rate, self.seed = rate, seed
        self.taken = self.records = 0

    def batches(self, batches: Iterable[Batch | Unread], name: str) -> Iterator[Batch | Unread]:
        """Yield the batches of a file with only the records that were taken; header rows stay.

        Args:
            batches: What a reader yields.
            name: Name of the file.
        """
        last: dict[tuple[str | None, str], int] = {}
        for batch in batches:
            if isinstance(batch, Unread) or not len(batch):
                yield batch
                continue
            chosen = self._chosen(batch, name)
            table = batch.member, batch.table
            fresh = np.unique(batch.record[(batch.record > 0) & (batch.record > last.get(table, 0))])
            last[table] = max(last.get(table, 0), int(batch.record[-1]))
            self.records += len(fresh)
            self.taken += len(np.intersect1d(fresh, batch.record[chosen]))
            keep = np.flatnonzero(chosen | (batch.record == 0))
            yield replace(
                batch,
                starts=batch.starts[keep],
                ends=batch.ends[keep],
                column=batch.column[keep],
                record=batch.record[keep],
                addresses=_Chosen(batch, keep),
            )

    def _chosen(self, batch: Batch, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which cells belong to a record that is taken: by a hash of seed, table and number of the record."""
        told = f"{self.seed}\n{name}\n{batch.member}\n{batch.table}".encode()
        salt = np.uint64(int.from_bytes(hashlib.sha256(told).digest()[:8], "big"))
        x = batch.record.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
        for shift, factor in (
            (30, 0xBF58476D1CE4E5B9),
            (27, 0x94D049BB133111EB),
        ):  # the finalizer of SplitMix64
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x ^= x >> np.uint64(31)
        taken: np.ndarray[tuple[int], np.dtype[np.bool_]] = (x >> np.uint64(11)) < self.rate * 2.0**53
        return taken & (batch.record > 0)

    def result(self, holding: int) -> Sample:
        """Return what the sample says.

        Args:
            holding: Records taken that hold an old value.
        """
        return Sample(
            self.rate,
            self.seed,
            self.taken,
            self.records,
            holding,
            round(upper_bound(holding, self.taken), 8),
        )


class _Chosen:
    """The places of some cells of a batch."""

    def __init__(self, batch: Batch, keep: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        self._batch, self._keep = batch, keep

    def text(self, cells: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.StringArray:
        """Return one place per cell number."""
        return self._batch.places(self._keep[cells])


def of_changed_forms(tables: Sequence[pa.Table]) -> bool:
    """Tell whether hits have tokens of kinds whose normal form was another one: IDs of fifteen digits, plates with dots."""
    kinds = {kind for table in tables for kind in pc.unique(table["kind"].cast(pa.string())).to_pylist()}
    return not kinds.isdisjoint(("resident-id", "plate"))


def with_earlier(after: pa.Table, earlier: pa.Table, before: Sequence[pa.Table]) -> pa.Table:
    """Return the hits of the later material with the tokens that the earlier side knows their values by.

    Args:
        after: Hits.
        earlier: The same hits, scanned with ``earlier``.
        before: Hits of the earlier side, made at any time.
    """
    known = {token for table in before for token in table["token"].to_pylist()}
    rows: list[str | None] = []
    more: list[int] = []
    now, then = after["token"].to_pylist(), earlier["token"].to_pylist()
    for row, (of_now, of_then) in enumerate(zip(now, then, strict=True)):
        changed = of_then is not None and of_then != of_now and of_then in known
        if changed and of_now in known:
            more.append(row)
        rows.append(of_then if changed and of_now not in known else of_now)
    place = after.schema.get_field_index("token")
    tokens = pa.array([*rows, *(then[row] for row in more)], after.schema.field(place).type)
    return after.take(pa.array([*range(len(rows)), *more], pa.int64())).set_column(place, "token", tokens)


def holding_records(before: Sequence[pa.Table], after: Sequence[pa.Table]) -> int:
    """Return how many records of the later material hold a value of the earlier one."""
    old = _Side(before, "").kind
    held: set[tuple[object, ...]] = set()
    for table in after:
        names = ["file", "member", "place", "record", "state", "token"]
        for row in table.select(names).to_pylist():
            if row["state"] == "confirmed" and row["token"] in old:
                held.add((row["file"], row["member"], _table(row["place"]), row["record"]))
    return len(held)


def _table(place: str) -> str:
    """Return the part of a place that names the sheet or table, ``""`` where there is one only."""
    mark = "!" if "!" in place else "." if "#" in place else ""
    return place.partition(mark)[0] if mark else ""


def upper_bound(found: int, of: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper Clopper-Pearson bound of a share (Clopper and Pearson 1934).

    Args:
        found: How many of the sample have it.
        of: Size of the sample; 0 says nothing, the bound is 1.
        confidence: Confidence of the bound.
    """
    if found >= of:
        return 1.0
    low, high = found / of, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(found, of, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(found: int, of: int, share: float) -> float:
    """Return the probability of at most ``found`` in ``of`` (binomial distribution)."""
    k = np.arange(found + 1)
    logs = np.array([math.lgamma(of + 1) - math.lgamma(i + 1) - math.lgamma(of - i + 1) for i in k.tolist()])
    logs += k * math.log(share) + (of - k) * math.log1p(-share) if share < 1 else -np.inf
    top = float(logs.max())
    return float(np.exp(logs - top).sum() * math.exp(top)) if top > -np.inf else 0.0
