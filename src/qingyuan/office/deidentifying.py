"""De-identifying for a lead or matter: its own key, and an event for each file and for each reversal.

The key of pseudonyms is drawn from the key that seals the material of the lead or matter: it never leaves the keyring,
and when that key is destroyed no pseudonym can be reversed any more.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.evidence import Manifest
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.casework import docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.handover import find_exhibit
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Sealer, open_exhibit
from qingyuan.shapes import from_json
from qingyuan.store import EventDraft

if TYPE_CHECKING:
    from qingyuan.pii.deidentify import Deidentified, Keys, Policy

DEIDENTIFIED = "pii.deidentified"
REVERSED = "pii.reversed"
#: Largest exhibit that is copied in memory.
MOST_BYTES = 256 << 20


class Reversed(msgspec.Struct, frozen=True):
    """What a reversal gave.

    Attributes:
        kind: Kind of the values.
        asked: Pseudonyms that were asked about.
        found: Those that gave a value.
        key: Identifier of the key.
        index: Index of the event.
    """

    kind: str
    asked: int
    found: int
    key: str
    index: int


def keys_of(home: Home, scope: str) -> Keys:
    """Return the keys of pseudonyms of a lead or matter.

    Raises:
        OfficeError: There is no such lead or matter.
        KeyringError: Its key was destroyed.
    """
    from qingyuan.pii.deidentify import Keys  # noqa: PLC0415 - heavy

    with home.database.read() as connection:
        docket_streams(connection, scope)
    return Keys(home.scope_key(scope).key)


def deidentify_for(
    home: Home, scope: str, source: Path, target: Path, policy: Policy, *, by: str
) -> Deidentified:
    """De-identify a file with the key of a lead or matter and record that it was done.

    The event names digests, policy, key and counts; no name of a file and no value.

    Raises:
        OfficeError: There is no such lead or matter.
        PiiError: As :func:`qingyuan.pii.deidentify.deidentify`.
    """
    from qingyuan.pii.deidentify import deidentify  # noqa: PLC0415 - heavy

    check_identifier("actor", by)
    keys = keys_of(home, scope)
    done = deidentify(source, target, policy, keys=keys, token_key=home.scope_key("tokens").key)
    with home.database.write() as connection:
        home.record(connection, [EventDraft(scope, DEIDENTIFIED, _said(done, policy))], actor=by)
    return done


def _said(done: Deidentified, policy: Policy) -> dict[str, object]:
    """Return what the event says."""
    return {
        "policy": policy.name,
        "key": done.key,
        "before": done.sha256_before,
        "after": done.sha256_after,
        "replaced": {kind: sum(counts.values()) for kind, counts in sorted(done.replaced.items())},
        "kept": sum(done.kept.values()),
    }


class Derived(msgspec.Struct, frozen=True):
    """A copy of an exhibit that was sealed.

    Attributes:
        exhibit: The copy.
        index: Index of the event that it was made.
        done: What was done.
    """

    exhibit: str
    index: int
    done: Deidentified


def deidentify_exhibit(home: Home, identifier: str, policy: Policy, *, by: str) -> Derived:
    """De-identify an exhibit with the key of its lead or matter and seal the copy beside it; nothing is written in clear.

    Raises:
        OfficeError: There is no such exhibit, or it is larger than :data:`MOST_BYTES`.
        PiiError: As :func:`qingyuan.pii.deidentify.deidentify`.
    """
    from qingyuan.pii.deidentify import deidentify_bytes  # noqa: PLC0415 - heavy
    from qingyuan.pii.engine import ENGINE  # noqa: PLC0415 - heavy

    check_identifier("actor", by)
    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    if row.size > MOST_BYTES:
        raise OfficeError(
            "office.too-large-to-copy",
            zh=f"该材料超过 {MOST_BYTES >> 20} MiB，不能在此去标识化",
            en=f"this exhibit has more than {MOST_BYTES >> 20} MiB and is not copied here",
            where=identifier,
            remedy_zh="请由技术人员在服务器上运行 qingyuan deidentify",
            remedy_en="ask a technician to run qingyuan deidentify on the server",
        )
    keys = keys_of(home, row.scope)
    with open_exhibit(home, row) as content:
        data = content.read()
    done, copy = deidentify_bytes(data, row.path, policy, keys=keys, token_key=home.scope_key("tokens").key)
    sealer = Sealer(home, row.scope, Collector(by=by))
    name = f"去标识化/{row.path.rpartition('/')[2]}"
    kind = from_json(row.manifest, Manifest).media_type
    kept = sealer.keep(
        [
            sealer.derived(
                copy, name, kind=kind, parents=(row.id,), engine=f"{ENGINE} deidentify {policy.name}"
            )
        ]
    )
    with home.database.write() as connection:
        made = sealer.record(connection, kept)[0]
        payload = {**_said(done, policy), "exhibit": made.id, "of": row.id}
        event = home.record(connection, [EventDraft(row.scope, DEIDENTIFIED, payload)], actor=by)[0]
    return Derived(made.id, event.index, done)


def reverse(
    home: Home, scope: str, kind: str, pseudonyms: Sequence[str], target: Path, *, reason: str, by: str
) -> Reversed:
    """Write the values behind pseudonyms to a file of the owner alone, after recording who asked and why.

    Args:
        home: The office.
        scope: Lead or matter whose key made them.
        kind: Their kind.
        pseudonyms: As they stand in the rewritten file.
        target: A new file, ``pseudonym,value`` a line.
        reason: Why.
        by: Who.

    Raises:
        OfficeError: There is no reason, no such scope, or the file exists.
        KeyringError: The key was destroyed.
    """
    _check_reversal(kind, reason, by)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        done, values = reverse_values(home, scope, kind, pseudonyms, reason=reason, by=by)
    except BaseException:
        os.close(descriptor)
        target.unlink()
        raise
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("pseudonym,value\n")
        file.writelines(f"{p},{v or ''}\n" for p, v in zip(pseudonyms, values, strict=True))
    return done


def reverse_values(
    home: Home, scope: str, kind: str, pseudonyms: Sequence[str], *, reason: str, by: str
) -> tuple[Reversed, list[str | None]]:
    """Return the values behind pseudonyms, ``None`` for what is none, after recording who asked and why.

    Args:
        home: The office.
        scope: Lead or matter whose key made them.
        kind: Their kind.
        pseudonyms: As they stand in the rewritten file.
        reason: Why.
        by: Who.

    Raises:
        OfficeError: There is no reason or no such scope.
        KeyringError: The key was destroyed.
    """
    from qingyuan.pii.deidentify import originals  # noqa: PLC0415 - heavy

    _check_reversal(kind, reason, by)
    keys = keys_of(home, scope)
    values = originals(kind, pseudonyms, keys)
    found = sum(value is not None for value in values)
    payload: dict[str, object] = {
        "kind": kind,
        "key": keys.id,
        "asked": len(values),
        "found": found,
        "reason": reason,
    }
    with home.database.write() as connection:
        event = home.record(connection, [EventDraft(scope, REVERSED, payload)], actor=by)[0]
    return Reversed(kind, len(values), found, keys.id, event.index), values


def _check_reversal(kind: str, reason: str, by: str) -> None:
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy

    check_identifier("actor", by)
    if not reason.strip() or kind not in catalog().kinds:
        raise OfficeError(
            "office.reversal-refused",
            zh="还原须写明理由和个人信息类型",
            en="a reversal needs a reason and a kind",
            where=kind,
            remedy_zh="用 --reason 写明理由，--kind 写明类型，例如 mobile",
            remedy_en="give --reason, and --kind such as mobile",
        )
