"""Making the evidence package of a matter: verify every exhibit, log the transfer, build the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from qingyuan import __version__
from qingyuan.evidence import (
    BuiltPackage,
    Digests,
    EvidenceError,
    Hasher,
    LogHead,
    Manifest,
    Office,
    PackageEvent,
    PackageExhibit,
    PackageSource,
    SignedManifest,
    build_package,
    remove_unfinished,
    transfer_digests,
    transferred,
    verified,
)
from qingyuan.evidence.digests import BLOCK
from qingyuan.ledger import TileCache, open_checkpoint, prove_inclusion
from qingyuan.office.casework import docket_streams, load_docket
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.store import EventDraft, SqlLogStorage, StoredEvent
from qingyuan.store.registry import ExhibitRow, exhibits, next_id


class Packed(msgspec.Struct, frozen=True):
    """A package that was made.

    Attributes:
        id: Its identifier.
        path: Where it is.
        size: Bytes.
        exhibits: How many exhibits.
        events: How many events.
        members: How many members of the ZIP.
    """

    id: str
    path: Path
    size: int
    exhibits: int
    events: int
    members: int


def make_package(home: Home, identifier: str, target: Path, *, to: str, actor: str) -> Packed:
    """Make the package of the docket that a lead, matter or case belongs to.

    Every exhibit's content is read again first and the result logged (验证); then the transfer (传输)
    is logged; the package holds both events.

    Args:
        home: The office.
        identifier: A lead, matter or case.
        target: Where the ``.evp`` goes; replaced whole or not at all.
        to: Whom it is handed to, in words.
        actor: Who makes it.

    Raises:
        OfficeError: There is no such record, it has no exhibits, content is not what was sealed, the
            target's folder is not there, or another package of this home is being made.
        EvidenceError: The file cannot be written.
    """
    with home.lock("package"):
        return _make(home, identifier, target, to=to, actor=actor)


def _make(home: Home, identifier: str, target: Path, *, to: str, actor: str) -> Packed:
    with home.database.read() as connection:
        streams = docket_streams(connection, identifier)
        rows = exhibits(connection, streams)
    if not rows:
        raise OfficeError(
            "office.no-exhibits",
            zh="没有可打包的证据材料",
            en="there is no exhibit to pack",
            where=identifier,
            remedy_zh="先用 qingyuan intake 或 qingyuan seal 封存材料",
            remedy_en="seal material first with qingyuan intake or qingyuan seal",
        )
    _prepare(target)
    top = next((stream for stream in streams if stream.startswith("M")), identifier)
    _verify(home, rows, actor)
    packed = [_exhibit(home, row) for row in rows]
    digests = transfer_digests(packed)
    with home.database.write() as connection:
        package_id = next_id(connection, "K", home.clock.now().year)
        payload = transferred(package_id, to, **msgspec.structs.asdict(digests))
        home.record(connection, [EventDraft(top, "evidence.transferred", dict(payload))], actor=actor)
    built, count = _build(home, streams, packed, package_id, top, target, actor)
    home.publish()
    return Packed(package_id, target, built.size, len(packed), count, built.members)


def _prepare(target: Path) -> None:
    """Refuse a place that cannot be written before anything is logged; remove what a killed run left there.

    An unfinished package holds content in clear.
    """
    folder = target.parent
    if target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OfficeError(
            "office.bad-target",
            zh="无法在此处写入证据包",
            en="a package cannot be written here",
            where=str(target),
            remedy_zh="请给出已存在且可写的目录中的文件名",
            remedy_en="name a file in a folder that exists and can be written",
        )
    remove_unfinished(folder)


def _verify(home: Home, rows: Sequence[ExhibitRow], actor: str) -> None:
    """Read every exhibit again and log what was found; a difference is logged too, and stops the package."""
    drafts: list[EventDraft] = []
    wrong: list[str] = []
    for row in rows:
        manifest = msgspec.json.decode(row.manifest, type=Manifest)
        found, whole = _read_again(home, row)
        payload = {**verified(manifest, found)}
        payload["ok"] = payload["ok"] is True and whole
        if not payload["ok"]:
            wrong.append(row.id)
        drafts.append(EventDraft(row.scope, "evidence.verified", dict(payload)))
    home.append(drafts, actor=actor)
    if wrong:
        raise OfficeError(
            "office.exhibit-changed",
            zh="证据内容与封存时不一致，已记入账本，不制作证据包",
            en="content differs from what was sealed; this was logged and no package is made",
            where="、".join(wrong),
            remedy_zh="请运行 qingyuan ledger fsck 查明原因，并从备份恢复",
            remedy_en="run qingyuan ledger fsck to find out why, and restore from a backup",
        )


def _read_again(home: Home, row: ExhibitRow) -> tuple[Digests, bool]:
    """Return the digests of as much of an exhibit as opens, and whether all of it did."""
    with Hasher() as hasher:
        try:
            with open_exhibit(home, row) as content:
                while block := content.read(BLOCK):
                    hasher.update(block)
        except EvidenceError:  # its details are for fsck; the event says that the check failed
            return hasher.digests(), False
        return hasher.digests(), True


def _build(
    home: Home,
    streams: Sequence[str],
    packed: Sequence[PackageExhibit],
    package_id: str,
    top: str,
    target: Path,
    actor: str,
) -> tuple[BuiltPackage, int]:
    with home.database.read() as connection:
        loaded = load_docket(connection, streams)
        storage = SqlLogStorage(connection, home.settings.origin)
        head = storage.read_head()
        if head is None:
            raise OfficeError("office.no-head", zh="账本为空", en="the log is empty", where=str(home.path))
        checkpoint = open_checkpoint(head.note, [home.log.key]).checkpoint
        cache = TileCache(storage)
        events = [
            _event(event, prove_inclusion(cache, event.index, head.note).encode()) for event in loaded.events
        ]
        matter = loaded.docket.matter
        lead = next(iter(loaded.docket.leads.values()), None)
    title = matter.title if matter else lead.registered.title if lead else top
    source = PackageSource(
        id=package_id,
        matter=top,
        title=title,
        office=Office(home.settings.office.id, home.settings.office.name),
        made_at=home.clock.now(),
        made_by=actor,
        tool=f"qingyuan/{__version__}",
        log=LogHead(checkpoint.origin, checkpoint.size, checkpoint.root),
        exhibits=packed,
        events=events,
        keys=home.keyring.public_keys(),
        sign_note=lambda text: _sign(home, text),
    )
    return build_package(source, target), len(events)


def _sign(home: Home, text: str) -> bytes:
    from qingyuan.ledger import sign_note  # noqa: PLC0415 - a callback

    return sign_note(text, [home.package_signer()])


def _exhibit(home: Home, row: ExhibitRow) -> PackageExhibit:
    manifest = msgspec.json.decode(row.manifest, type=Manifest)
    return PackageExhibit(SignedManifest(row.key, manifest, row.sig), open=lambda: open_exhibit(home, row))


def _event(event: StoredEvent, proof: bytes) -> PackageEvent:
    return PackageEvent(
        index=event.index,
        leaf=msgspec.json.decode(event.leaf),
        payload=msgspec.convert(event.payload, dict[str, object]),
        salt=event.salt,
        proof=proof,
    )
