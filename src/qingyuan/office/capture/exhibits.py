"""Sealing a captured page: every file an exhibit, all of them in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import Manifest, new_manifest, sign_manifest
from qingyuan.office.capture.acquisition import METHOD, Circumstances, acquisition_record, collected
from qingyuan.office.capture.taken import Product, Taken
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Prepared, Sealer


class CaptureExhibit(msgspec.Struct, frozen=True):
    """An exhibit of a capture.

    Attributes:
        id: Identifier.
        path: Its path as the manifest says it.
        sha256: SHA-256 of its content.
        sm3: SM3 of its content.
    """

    id: str
    path: str
    sha256: str
    sm3: str


def seal_capture(
    home: Home,
    scope: str,
    taken: Taken,
    collector: Collector,
    circumstances: Circumstances,
    *,
    note: Callable[[sa.Connection, tuple[CaptureExhibit, ...]], None],
) -> tuple[CaptureExhibit, ...]:
    """Seal the files of a capture with the record of it; all or nothing.

    Args:
        home: The office.
        scope: Lead or matter.
        taken: The capture.
        collector: Who collects.
        circumstances: What people know.
        note: Called in the same transaction with what was sealed.

    Raises:
        StoreError: The disk refused.
    """
    who = msgspec.structs.replace(collector, method=METHOD, source=taken.url)
    sealer = Sealer(home, scope, who)
    folder = _folder(taken)
    prepared: list[Prepared] = []
    identifiers: dict[str, str] = {}
    try:
        for product in taken.products:
            one = _seal(home, sealer, taken, who, product, folder, identifiers)
            prepared.append(one)
            identifiers[product.name] = one.signed.manifest.id
        record = acquisition_record(
            taken,
            who,
            circumstances,
            scope=scope,
            exhibits=identifiers,
            environment_sha256=_digest(taken, "environment.json"),
        )
        prepared.append(
            sealer.derived(
                record.as_bytes(),
                f"{folder}/acquisition.json",
                kind="application/json",
                parents=sorted(identifiers.values()),
                engine=f"{taken.environment.tool} acquisition-record",
            )
        )
        kept = sealer.keep(prepared)
    except BaseException:
        for one in prepared:
            one.temporary.unlink(missing_ok=True)
        raise
    exhibits = tuple(_exhibit(one.signed.manifest) for one in kept)
    with home.database.write() as connection:
        sealer.record(connection, kept)
        note(connection, exhibits)
    return exhibits


def _seal(
    home: Home,
    sealer: Sealer,
    taken: Taken,
    who: Collector,
    product: Product,
    folder: str,
    identifiers: dict[str, str],
) -> Prepared:
    path = f"{folder}/{product.name}"
    if product.parent:
        return sealer.derived(
            product.path.read_bytes(),
            path,
            kind=product.kind,
            parents=[identifiers[product.parent]],
            engine=f"{taken.environment.tool} {product.name}",
        )
    prepared = sealer.file(product.path, path)
    # The times are those of the capture, not of the sealing.
    manifest = new_manifest(
        scope=prepared.signed.manifest.scope,
        name=product.name,
        path=path,
        media_type=product.kind,
        content=prepared.signed.manifest.digests(),
        collected=collected(taken, who),
    )
    return msgspec.structs.replace(prepared, signed=sign_manifest(manifest, home.officer(who.by)))


def _folder(taken: Taken) -> str:
    host = (urlsplit(taken.url).hostname or "page").replace(":", "_")
    return f"网页固定/{host}/{taken.started.strftime('%Y%m%dT%H%M%S')}-{_short(taken.url)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _digest(taken: Taken, name: str) -> str:
    path = next(product.path for product in taken.products if product.name == name)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _exhibit(manifest: Manifest) -> CaptureExhibit:
    return CaptureExhibit(manifest.id, manifest.path, manifest.sha256, manifest.sm3)
