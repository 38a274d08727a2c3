"""What a leak of synthetic waybills holds, counted as a careful reader of the files could count it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from qingyuan.demo._digits import Ints
from qingyuan.demo._ledger import Entry
from qingyuan.demo._waybills import Batch

#: Kinds that identify a person when they occur in clear, in the order of the key code.
KEY_KINDS = ("resident-id", "mobile", "bank-card")
_ID, _MOBILE, _CARD = range(3)
_ROLES = ("sender", "recipient", "holder", "")


class KindCount(msgspec.Struct, frozen=True):
    """Planted values of one kind, decoys left out; copies in archives counted."""

    clear: int
    masked: int


class Recipients(msgspec.Struct, frozen=True):
    """How the waybills of one carrier show the recipient's telephone."""

    waybills: int
    clear: int
    masked: int
    privacy: int


class Truth(msgspec.Struct, frozen=True):
    """Summary of the planted truth.

    A person counts as identifiable when a clear identity number, mobile or bank card of theirs occurs in
    the readable files. Values of one record and role (sender, recipient, holder of a list) belong to one
    person; values in a remark belong to nobody named. From the emitted values alone:

    - every distinct identity number is one person;
    - mobiles and cards that stand together in a record and role form groups, and a group none of whose
      values ever stands with an identity number is one person more;
    - a mobile that stands with two identity numbers does not merge them.

    Attributes:
        path: The table with one row a planted value (Parquet).
        seed: Seed of the generator.
        rows: Records written, copies in archives left out.
        files: Files in the folder, readable or not.
        unreadable: Files that no program can read without more knowledge (encrypted, unknown format).
        values: Rows of the table.
        kinds: Per kind the planted values.
        persons: Distinct identifiable persons by the rule above.
        distinct: Distinct clear values per key kind.
        repeated: Occurrences of clear values beyond the first, per key kind, and under ``"record"`` the
            records that occur again in an archive.
        decoys: Values that look like personal information and are not, by type.
        recipients: Per carrier, over the files that name the carrier, how recipients' telephones are shown.
    """

    path: Path
    seed: int
    rows: int
    files: tuple[str, ...]
    unreadable: tuple[str, ...]
    values: int
    kinds: dict[str, KindCount]
    persons: int
    distinct: dict[str, int]
    repeated: dict[str, int]
    decoys: dict[str, int]
    recipients: dict[str, Recipients]


def count_kinds(entries: Sequence[Entry]) -> dict[str, KindCount]:
    """Return the planted values per kind."""
    kinds: dict[str, list[int]] = {}
    for entry in entries:
        if not entry.mark.decoy:
            kinds.setdefault(entry.mark.kind, [0, 0])[entry.mark.masked] += entry.mark.rows.size
    return {kind: KindCount(clear, masked) for kind, (clear, masked) in sorted(kinds.items())}


def count_decoys(entries: Sequence[Entry]) -> dict[str, int]:
    """Return the decoys by type."""
    decoys: dict[str, int] = {}
    for entry in entries:
        if entry.mark.decoy:
            decoys[entry.mark.decoy] = decoys.get(entry.mark.decoy, 0) + entry.mark.rows.size
    return dict(sorted(decoys.items()))


def count_recipients(batches: Sequence[Batch]) -> dict[str, Recipients]:
    """Return per carrier how the recipients' telephones of ``batches`` are shown."""
    shown: Counter[tuple[str, str]] = Counter()
    for batch in batches:
        carriers = np.array(batch["carrier"].text.to_pylist())
        for mark in batch["r_phone"].marks:
            state = "privacy" if mark.kind == "privacy-number" else "masked" if mark.masked else "clear"
            names, counts = np.unique(carriers[mark.rows], return_counts=True)
            for name, count in zip(names.tolist(), counts.tolist(), strict=True):
                shown[name, state] += count
    return {
        carrier: Recipients(
            waybills=sum(shown[carrier, state] for state in ("clear", "masked", "privacy")),
            clear=shown[carrier, "clear"],
            masked=shown[carrier, "masked"],
            privacy=shown[carrier, "privacy"],
        )
        for carrier in sorted({name for name, _ in shown})
    }


def _clear(entries: Sequence[Entry], *, copies: bool) -> Iterator[tuple[int, Entry]]:
    for entry in entries:
        mark = entry.mark
        if mark.kind in KEY_KINDS and not mark.masked and not mark.decoy and (copies or not entry.copy):
            yield KEY_KINDS.index(mark.kind), entry


def count_distinct(entries: Sequence[Entry]) -> tuple[dict[str, int], dict[str, int]]:
    """Return, per key kind, the distinct clear values and the occurrences beyond the first."""
    distinct: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for code, kind in enumerate(KEY_KINDS):
        keys = [e.mark.key for c, e in _clear(entries, copies=True) if c == code]
        found = np.concatenate(keys) if keys else np.zeros(0, dtype=np.int64)
        distinct[kind] = int(np.unique(found).size)
        repeated[kind] = int(found.size) - distinct[kind]
    return distinct, repeated


def count_persons(entries: Sequence[Entry]) -> int:
    """Return the number of identifiable persons by the rule of :class:`Truth`."""
    files: dict[tuple[str, str | None], int] = {}
    owner: list[Ints] = []
    kind: list[Ints] = []
    key: list[Ints] = []
    for code, entry in _clear(entries, copies=False):
        file = files.setdefault((entry.file, entry.member), len(files))
        # A remark is a role of its own, so that its value is joined to nothing else in the record.
        owner.append((entry.record * 64 + file) * len(_ROLES) + _ROLES.index(entry.role))
        kind.append(np.full(entry.mark.rows.size, code, dtype=np.int64))
        key.append(entry.mark.key)
    if not key:
        return 0
    return _persons(np.concatenate(owner), np.concatenate(kind), np.concatenate(key))


def _persons(owner: Ints, kind: Ints, key: Ints) -> int:
    # Nodes: distinct identity numbers, mobiles and cards. Tokens of one owner are joined, but never
    # through an identity number: that only marks the others as belonging to a counted person.
    node_of = key * 4 + kind
    nodes, node = np.unique(node_of, return_inverse=True)
    owners, group = np.unique(owner, return_inverse=True)
    named = np.zeros(owners.size, dtype=np.bool_)
    named[group[kind == _ID]] = True
    tied = np.zeros(nodes.size, dtype=np.bool_)
    tied[node[named[group]]] = True
    label = np.arange(nodes.size)
    others = kind != _ID
    node, group = node[others], group[others]
    while True:
        # Lowest label of each group, then of each node, until nothing changes.
        low = np.full(owners.size, nodes.size, dtype=np.int64)
        np.minimum.at(low, group, label[node])
        after = label.copy()
        np.minimum.at(after, node, low[group])
        if np.array_equal(after, label):
            break
        label = after
    is_id = nodes % 4 == _ID
    free = ~is_id
    reached = np.zeros(nodes.size, dtype=np.bool_)
    reached[label[free & tied]] = True
    roots = np.unique(label[free])
    return int(is_id.sum()) + int((~reached[roots]).sum())
