"""Making the evidence package of a matter: verify every exhibit, log the transfer, build the file."""

from __future__ import annotations

import os
import tempfile
from collections import Counter as Counts
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from qingyuan.errors import QingyuanError
from qingyuan.evidence import (
    BuiltPackage,
    Manifest,
    PackageExhibit,
    PackageSource,
    SignedManifest,
    Withheld,
    build_package,
    remove_unfinished,
    seal_to,
    transfer_digests,
    transferred,
    write_package,
)
from qingyuan.office.casework import docket_streams
from qingyuan.office.errors import OfficeError
from qingyuan.office.handover import verify_exhibits
from qingyuan.office.home import Home
from qingyuan.office.packages.encryption import encrypt, encrypt_into, read_recipients
from qingyuan.office.packages.gathering import Settled, gather, read_heads
from qingyuan.office.packages.outsiders import ask_outsiders
from qingyuan.office.packages.pages import pages
from qingyuan.office.packages.recipients import known_recipients
from qingyuan.office.packages.transfers import abandon, complete, not_made, settle_interrupted
from qingyuan.office.progress import Counter, Report
from qingyuan.office.sealing import open_exhibit, seal_algorithm
from qingyuan.shapes import from_json
from qingyuan.store import EventDraft
from qingyuan.store.registry import ExhibitRow, exhibits, next_id
from qingyuan.store.timestamps import timestamps

#: How often to go on when exhibits keep being sealed while the package is made.
_ROUNDS = 5


class Packed(msgspec.Struct, frozen=True):
    """A package that was made.

    Attributes:
        id: Its identifier.
        path: Where it is.
        size: Bytes of the package; of the file around it when it is encrypted to recipients.
        exhibits: How many exhibits.
        withheld: How many of them without content.
        events: How many events.
        members: How many members of the ZIP.
        timestamps: How many time-stamp tokens.
        twin: Whether it has the proofs of the twin log.
        witnesses: Names of the witnesses that cosigned its checkpoint.
        missed: Names of those that were asked and gave nothing.
        recipients: To how many recipients it is encrypted.
        authorities: Time-stamping authorities and how many of the tokens are of each.
    """

    id: str
    path: Path
    size: int
    exhibits: int
    withheld: int
    events: int
    members: int
    timestamps: int
    twin: bool
    witnesses: tuple[str, ...]
    missed: tuple[str, ...]
    recipients: int
    authorities: tuple[tuple[str, int], ...] = ()


def make_package(
    home: Home,
    identifier: str,
    target: Path,
    *,
    to: str,
    actor: str,
    encrypt_to: Sequence[str] = (),
    sealed_as: str = "",
    offline: bool = False,
    overwrite: bool = False,
    report: Report | None = None,
) -> Packed:
    """Make the package of the docket that a lead, matter or case belongs to.

    Every exhibit's content is read again first and the result logged (验证); then the transfer (传输)
    is logged; the package holds both events. When the home names witnesses or time-stamping authorities, they are
    then asked to cosign and stamp the head; whoever does not answer is named, and stops nothing.

    When the file is there its completion is logged; when building fails, that the transfer was abandoned. An earlier
    run that could log neither is settled first.

    Args:
        home: The office.
        identifier: A lead, matter or case.
        target: Where the ``.evp`` (or ``.evp.age``) goes; it appears whole or not at all.
        to: Whom it is handed to, in words.
        actor: Who makes it.
        encrypt_to: age recipients, or names of ``recipients.yaml``; when there are any, only the encrypted file is written.
        sealed_as: Scope whose key seals the file, which then waits to be opened here; its completion names the package itself.
        offline: Ask nobody.
        overwrite: Whether a file at ``target`` is replaced; else it stops the package before anything is logged.
        report: Told how far it is; whatever it raises abandons the package.

    Raises:
        OfficeError: There is no such record, it has no exhibits, content is not what was sealed, the
            target's folder is not there, the target is and may not be replaced, a recipient cannot be read, another package of this home is being made, or
            a witness knows more of the log than we do, or the file cannot be written or recorded.
    """
    recipients = read_recipients(known_recipients(home, encrypt_to))
    counter = None if report is None else Counter(report)
    with home.lock("package"):
        with home.database.read() as connection:
            streams = docket_streams(connection, identifier)
            known = exhibits(connection, streams)
        if not known:
            raise OfficeError(
                "office.no-exhibits",
                zh="没有可打包的证据材料",
                en="there is no exhibit to pack",
                where=identifier,
                remedy_zh="先用 qingyuan intake 或 qingyuan seal 封存材料",
                remedy_en="seal material first with qingyuan intake or qingyuan seal",
            )
        _prepare(target, overwrite=overwrite)
        settle_interrupted(home, actor=actor)
        settled = _settle(home, identifier, known, to=to, actor=actor, counter=counter)
        try:
            witnesses, missed = ((), ()) if offline else ask_outsiders(home)
            source = gather(home, settled, actor=actor)
            source = replace(source, pages=pages(source))
            if counter is not None:
                source = _watched(source, counter)
            built = _write(home, source, target, recipients, sealed_as)
        except (QingyuanError, OSError) as error:
            logged = abandon(home, settled, error, actor=actor)
            raise not_made(error, settled.package, logged=logged) from error
        except BaseException as error:
            abandon(home, settled, error, actor=actor)
            raise
        key = home.scope_key(sealed_as).key if sealed_as else None
        size = complete(home, settled, target, key=key, actor=actor)
        home.publish()
        return Packed(
            id=settled.package,
            path=target,
            size=size,
            exhibits=len(source.exhibits),
            withheld=sum(exhibit.open is None for exhibit in source.exhibits),
            events=len(source.events),
            members=built.members,
            timestamps=len(source.timestamps),
            twin=source.twin is not None,
            witnesses=witnesses,
            missed=missed,
            recipients=len(recipients),
            authorities=_authorities(home, source),
        )


def _watched(source: PackageSource, counter: Counter) -> PackageSource:
    """Return a source of which every reading of content is counted."""

    def counted(exhibit: PackageExhibit) -> PackageExhibit:
        opened = exhibit.open
        return exhibit if opened is None else replace(exhibit, open=lambda: counter.counted(opened()))

    counter.begin("pack", [one.signed.manifest.size for one in source.exhibits if one.open is not None])
    return replace(source, exhibits=tuple(counted(one) for one in source.exhibits))


def _authorities(home: Home, source: PackageSource) -> tuple[tuple[str, int], ...]:
    """Return the authorities whose tokens are inside, with their number."""
    if not source.timestamps:
        return ()
    with home.database.read() as connection:
        names = {row.token: row.tsa for row in timestamps(connection)}
    return tuple(sorted(Counts(names.get(one.token, "?") for one in source.timestamps).items()))


def _prepare(target: Path, *, overwrite: bool) -> None:
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
    if os.path.lexists(target) and not overwrite:
        raise OfficeError(
            "office.target-exists",
            zh="该文件已经存在，不会覆盖",
            en="the file exists and is not overwritten",
            where=str(target),
            remedy_zh="请另起文件名；确要替换时加 --force",
            remedy_en="choose another name, or give --force to replace it",
        )
    remove_unfinished(folder)


def _settle(
    home: Home, identifier: str, known: Sequence[ExhibitRow], *, to: str, actor: str, counter: Counter | None
) -> Settled:
    """Verify all exhibits and log the transfer of exactly these; whoever seals meanwhile makes us look again."""
    checked: set[str] = set()
    for _ in range(_ROUNDS):
        gone = home.keyring.destroyed_scopes()
        _verify(
            home, [row for row in known if row.id not in checked and row.scope not in gone], actor, counter
        )
        checked.update(row.id for row in known)
        with home.database.write() as connection:
            streams = docket_streams(connection, identifier)
            known = exhibits(connection, streams)
            if checked.issuperset(row.id for row in known):
                packed = tuple(_exhibit(home, row, gone) for row in known)
                digests = transfer_digests(packed)
                package = next_id(connection, "K", home.clock.now().year)
                top = next((stream for stream in streams if stream.startswith("M")), identifier)
                payload = transferred(package, to, **msgspec.structs.asdict(digests))
                home.record(connection, [EventDraft(top, "evidence.transferred", dict(payload))], actor=actor)
                return Settled(package, top, streams, packed, read_heads(home, connection))
    raise OfficeError(
        "office.still-sealing",
        zh="打包期间一直有新的材料封存入案",
        en="exhibits keep being sealed while the package is made",
        where=identifier,
        remedy_zh="请等待封存结束后再制作证据包",
        remedy_en="make the package when the sealing has ended",
    )


def _verify(home: Home, rows: Sequence[ExhibitRow], actor: str, counter: Counter | None) -> None:
    """Read every exhibit again and log what was found; a difference is logged too, and stops the package."""
    wrong = (
        verify_exhibits(home, rows, actor=actor)
        if counter is None
        else verify_exhibits(home, rows, actor=actor, counter=counter)
    )
    if wrong:
        raise OfficeError(
            "office.exhibit-changed",
            zh="证据内容与封存时不一致，已记入账本，不制作证据包",
            en="content differs from what was sealed; this was logged and no package is made",
            where="、".join(wrong),
            remedy_zh="请运行 qingyuan ledger fsck 查明原因，并从备份恢复",
            remedy_en="run qingyuan ledger fsck to find out why, and restore from a backup",
        )


def _write(
    home: Home, source: PackageSource, target: Path, recipients: Sequence[str], sealed_as: str
) -> BuiltPackage:
    if not recipients and not sealed_as:
        return build_package(source, target)
    # A file without a name: whatever happens to this process, nothing stays in clear.
    with tempfile.TemporaryFile(dir=target.parent) as clear:
        built = write_package(source, clear)
        clear.seek(0)
        if sealed_as and recipients:
            with tempfile.TemporaryFile(dir=target.parent) as closed:
                encrypt_into(clear, closed, recipients)
                closed.seek(0)
                _seal(home, closed, target, sealed_as)
        elif sealed_as:
            _seal(home, clear, target, sealed_as)
        else:
            encrypt(clear, target, recipients)
    return built


def _seal(home: Home, stream: BinaryIO, target: Path, scope: str) -> None:
    key = home.scope_key(scope)
    seal_to(stream, target, key.key, key.id, home.entropy, algorithm=seal_algorithm(home))


def _exhibit(home: Home, row: ExhibitRow, gone: Mapping[str, str]) -> PackageExhibit:
    signed = SignedManifest(row.key, from_json(row.manifest, Manifest), row.sig)
    if row.scope in gone:
        return PackageExhibit(
            signed,
            withheld=Withheld(
                f"封存密钥 {gone[row.scope]} 已销毁，内容不可恢复",
                f"the sealing key {gone[row.scope]} was destroyed, the content cannot be recovered",
            ),
        )
    return PackageExhibit(signed, open=lambda: open_exhibit(home, row))
