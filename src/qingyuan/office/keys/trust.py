"""The trust file of ``docs/evidence-format.md`` section 9: whom an outsider is asked to believe, and from when to when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.evidence import PublicKey
from qingyuan.ledger import FormatError
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.history import History
from qingyuan.office.settings import OfficeInfo
from qingyuan.shapes import from_json

_TSAS = "tsa.yaml"
POLICY = "policy.txt"
_VERSION = 2


class _Written(msgspec.Struct):
    v: int = 0
    as_of: int = -1


def is_current(path: Path, history: History) -> bool:
    """Say whether a trust file takes in all that the log says about keys, and the settings that are newer than it."""
    try:
        written = from_json(read_whole(path), _Written)
        at = path.stat().st_mtime_ns
    except (OSError, msgspec.MsgspecError):
        return False
    if written.v == _VERSION and written.as_of > history.size:
        return True  # the database is older than the file: nothing to be told to outsiders
    return (written.v, written.as_of) == (_VERSION, history.size) and not _settings_changed(path.parent, at)


def _settings_changed(home: Path, since: int) -> bool:
    beside = [home / name for name in (_TSAS, POLICY)]
    if not any(path.exists() and path.stat().st_mtime_ns > since for path in beside):
        return False
    try:
        tsa_entries(home)
        witness_keys(home)
    except OfficeError:
        # Whatever uses the file names what is wrong with it; it must not keep the home from opening.
        return False
    return True


def tsa_entries(home: Path) -> list[dict[str, str]]:
    """Return the time-stamping authorities of ``tsa.yaml``; none without the file.

    Raises:
        OfficeError: ``office.bad-tsa``.
    """
    if not (home / _TSAS).is_file():
        return []
    from qingyuan.office.timestamps.settings import trust_entries  # noqa: PLC0415 - only homes with authorities pay for it

    return trust_entries(home)


def _demanded(home: Path) -> dict[str, object]:
    """Return what readers are told to demand of tokens; nothing without ``tsa.yaml``."""
    if not (home / _TSAS).is_file():
        return {}
    from qingyuan.office.timestamps.settings import (  # noqa: PLC0415 - as above
        demanded_operators,
        demands_clearing,
    )

    return {
        "timestamps": {
            "operators": demanded_operators(home),
            **({"revocation": True} if demands_clearing(home) else {}),
        }
    }


def witness_keys(home: Path) -> list[str]:
    """Return the keys of the witnesses of ``policy.txt``, for the reader: a verifier goes by its own policy file.

    Raises:
        OfficeError: ``office.bad-policy``.
    """
    path = home / POLICY
    if not path.is_file():
        return []
    from qingyuan.ledger import parse_policy  # noqa: PLC0415 - loaded where witnesses are named

    try:
        witnesses = parse_policy(read_whole(path)).witnesses
    except FormatError as error:
        raise OfficeError(
            "office.bad-policy",
            zh=f"见证策略文件无法使用：{error.zh}",
            en=f"the policy of witnesses cannot be used: {error.en}",
            where=str(path),
            remedy_zh="更正该文件后重试",
            remedy_en="correct the file and try again",
        ) from error
    # Names in a policy file may be any octets; here they have to be text.
    keys = (each.key.encode().encode(errors="surrogateescape") for each in witnesses)
    return [key.decode(errors="replace") for key in keys]


def trust_file(
    home: Path,
    office: OfficeInfo,
    logs: Sequence[PublicKey],
    keys: Sequence[PublicKey],
    history: History,
    made_later: Collection[str],
) -> dict[str, object]:
    """Return the trust file as builtins for canonical JSON.

    Args:
        home: The home folder, for what it says of time-stamping authorities and witnesses.
        office: Which procuratorate.
        logs: Every key of the log and its twin, in order of time; an unannounced one is not among them.
        keys: Every public key of the keyring.
        history: What became of them.
        made_later: Identifiers of keys made to follow another one; until the log announces them, they are nobody's business.

    Raises:
        OfficeError: ``office.bad-tsa`` or ``office.bad-policy``.
    """
    return {
        "v": _VERSION,
        "office": {"id": office.id, "name": office.name},
        "logs": [{"origin": key.name, "vkey": key.vkey()} for key in logs],
        "keys": [_entry(key, history) for key in keys if _is_known(key, logs, history, made_later)],
        "tsas": tsa_entries(home),
        **_demanded(home),
        "witnesses": witness_keys(home),
        "as_of": history.size,
    }


def _is_known(
    key: PublicKey, logs: Sequence[PublicKey], history: History, made_later: Collection[str]
) -> bool:
    """Say whether the log has announced a key, or the home began with it."""
    if key.role == "log":
        return key in logs
    return key.id in history.announced or (key.role != "officer" and key.id not in made_later)


def _entry(key: PublicKey, history: History) -> dict[str, object]:
    validity = history.validity(key.id)
    return {
        "id": key.id,
        "role": key.role,
        "actor": key.actor,
        **({"vkey": key.vkey()} if key.name else {"public": key.public}),
        "valid_from": validity.valid_from,
        "revoked_at": validity.revoked_at,
    }
