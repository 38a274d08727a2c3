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

from qingyuan.office._identifiers import check_identifier
from qingyuan.office.casework import docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.store import EventDraft

if TYPE_CHECKING:
    from qingyuan.pii.deidentify import Deidentified, Keys, Policy

DEIDENTIFIED = "pii.deidentified"
REVERSED = "pii.reversed"


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
    payload: dict[str, object] = {
        "policy": policy.name,
        "key": done.key,
        "before": done.sha256_before,
        "after": done.sha256_after,
        "replaced": {kind: sum(counts.values()) for kind, counts in sorted(done.replaced.items())},
        "kept": sum(done.kept.values()),
    }
    with home.database.write() as connection:
        home.record(connection, [EventDraft(scope, DEIDENTIFIED, payload)], actor=by)
    return done


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
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - heavy
    from qingyuan.pii.deidentify import originals  # noqa: PLC0415 - heavy

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
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with home.database.write() as connection:
            event = home.record(connection, [EventDraft(scope, REVERSED, payload)], actor=by)[0]
    except BaseException:
        os.close(descriptor)
        target.unlink()
        raise
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("pseudonym,value\n")
        file.writelines(f"{p},{v or ''}\n" for p, v in zip(pseudonyms, values, strict=True))
    return Reversed(kind, len(values), found, keys.id, event.index)
