"""Which checkpoint of a log is shown to others, and with which cosignatures.

Without a policy of witnesses it is the newest. With one it is the newest that meets the quorum, so that whoever
fetches it gets a checkpoint that can be relied on; entries beyond it follow when they are cosigned.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.ledger import (
    CHECKPOINT_NAME,
    TILE_WIDTH,
    Checkpoint,
    FormatError,
    Head,
    LedgerError,
    Log,
    Policy,
    Signature,
    TileCache,
    TileName,
    VerifierKey,
    encode_bundle,
    parse_checkpoint,
    parse_note,
    parse_policy,
    tile_names,
    tree_root,
)
from qingyuan.ledger.note import MAX_SIGNATURES
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.trust import POLICY
from qingyuan.shapes import convert
from qingyuan.store import SqlLogStorage
from qingyuan.store.cosignatures import cosignatures, cosigned_sizes

if TYPE_CHECKING:
    import sqlalchemy as sa

    from qingyuan.office.home import Home

#: How many cosigned heads are tried, from the newest.
_TRIED = 50


class _TrustedLog(msgspec.Struct):
    origin: str
    vkey: str


def logs_of(home: Home) -> list[tuple[Log, Path]]:
    """Return the logs of a home, each with the folder it is published in."""
    twin = home.twin
    found = [(home.log, home.path / "log")]
    return found if twin is None else [*found, (twin, home.path / "log-sm3")]


def keys_of(home: Home, origin: str) -> list[VerifierKey]:
    """Return every public key that a log of ours ever signed with, as the trust file has them."""
    logs = convert(home.trust()["logs"], list[_TrustedLog])
    return [VerifierKey.parse(each.vkey) for each in logs if each.origin == origin]


def key_name(key: VerifierKey | Signature) -> str:
    """Return how a key is named in the table of cosignatures."""
    return f"{key.name}+{key.key_id:08x}"


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        OfficeError: ``office.no-policy`` when it cannot be read.
        FormatError: ``ledger.policy`` or ``ledger.key``, with the file and the line.
    """
    try:
        return parse_policy(read_whole(path))
    except FormatError as error:
        error.within(str(path))
        raise
    except OSError as error:
        raise OfficeError(
            "office.no-policy",
            zh="没有见证策略文件，或无法读取",
            en="there is no policy of witnesses, or it cannot be read",
            where=str(path),
            remedy_zh="按 c2sp.org/tlog-policy 写明见证方的公钥、网址和法定数，例如见 docs/recognition.md",
            remedy_en="write the keys, URLs and quorum of the witnesses as c2sp.org/tlog-policy says; see docs/recognition.md",
        ) from error


def cosigned_note(connection: sa.Connection, origin: str, head: Head) -> bytes:
    """Return the checkpoint of a head with all cosignatures that are stored of its size.

    Args:
        connection: A transaction.
        origin: The log.
        head: Its head.
    """
    own = parse_note(head.note).signatures
    known = {key_name(each) for each in own}
    lines = [
        f"{row.line}\n" for row in cosignatures(connection, origin, head.size) if row.witness not in known
    ]
    return head.note + "".join(lines[: MAX_SIGNATURES - len(own)]).encode()


def published_note(connection: sa.Connection, home: Home, log: Log, policy: Policy | None) -> bytes | None:
    """Return the checkpoint of a log to show: the newest that meets the policy, else the newest.

    Args:
        connection: A transaction.
        home: The office.
        log: The log, or its twin.
        policy: The witnesses, if there are any.

    Returns:
        The note with its cosignatures; ``None`` when the log was never written.
    """
    storage = SqlLogStorage(connection, log.origin)
    head = storage.read_head()
    if head is None:
        return None
    newest = cosigned_note(connection, log.origin, head)
    if policy is None:
        return newest
    keys = keys_of(home, log.origin)
    if _meets(policy, newest, keys):
        return newest
    reader = TileCache(storage, log.suite)
    for size in cosigned_sizes(connection, log.origin, head.size, _TRIED):
        root = tree_root(reader, size, log.suite)
        lines = "".join(f"{row.line}\n" for row in cosignatures(connection, log.origin, size))
        note = f"{Checkpoint(log.origin, size, root).text()}\n{lines}".encode()
        if _meets(policy, note, keys):
            return note
    return newest


def shower(home: Home) -> Callable[[sa.Connection, Log, Head], bytes]:
    """Return what gives the checkpoint to show for a head whose tiles were just written, by ``policy.txt``.

    Raises:
        FormatError: ``ledger.policy`` or ``ledger.key``.
    """
    policy = read_policy(home.path / POLICY)
    folders = {log.origin: folder for log, folder in logs_of(home)}

    def show(connection: sa.Connection, log: Log, head: Head) -> bytes:
        note = published_note(connection, home, log, policy) or head.note
        _write_edge(SqlLogStorage(connection, log.origin), folders[log.origin], _size(note))
        return note

    return show


def publish_checkpoints(home: Home, policy: Policy | None = None) -> None:
    """Show the checkpoints that :func:`published_note` says; the tiles must be published before.

    Args:
        home: The office.
        policy: The witnesses; by default those of ``policy.txt``, if it is there.

    Raises:
        FormatError: ``ledger.policy`` or ``ledger.key``.
    """
    if policy is None and (home.path / POLICY).is_file():
        policy = read_policy(home.path / POLICY)
    with home.publishing():
        publish_checkpoints_held(home, policy)


def publish_checkpoints_held(home: Home, policy: Policy | None) -> None:
    """Do what :func:`publish_checkpoints` does with a policy or none, within :meth:`Home.publishing`."""
    for log, folder in logs_of(home):
        path = folder / CHECKPOINT_NAME
        if not path.is_file():
            continue
        published = path.read_bytes()
        with home.database.read() as connection:
            note = published_note(connection, home, log, policy)
            # Never one whose tiles may not be there yet.
            if note is None or note == published or _size(note) > _size(published):
                continue
            _write_edge(SqlLogStorage(connection, log.origin), folder, _size(note))
        _replace(path, note)


def _write_edge(storage: SqlLogStorage, folder: Path, size: int) -> None:
    """Write the partial tiles that a tree of ``size`` entries ends in, where the log was published at other sizes only."""
    for name in tile_names(size):
        path = folder / name.path
        if (
            name.width == TILE_WIDTH
            or path.is_file()
            or (folder / TileName(name.level, name.index).path).is_file()
        ):
            continue
        start = name.index * TILE_WIDTH
        if name.level < 0:
            data = encode_bundle(storage.read_entries(start, start + name.width))
        else:
            data = b"".join(storage.read_hashes(name.level, start, start + name.width))
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    scratch.write_bytes(data)  # derived, so it needs no flush
    scratch.replace(path)


def _meets(policy: Policy, note: bytes, keys: list[VerifierKey]) -> bool:
    try:
        return policy.evaluate(note, keys).met
    except LedgerError:  # a head that the present keys do not vouch for is not shown
        return False


def _size(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size
