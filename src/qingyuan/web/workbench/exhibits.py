"""Exhibits: their custody, verifying them again, and reading their content, which is written down first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from urllib.parse import quote

from starlette.responses import Response

from qingyuan.errors import QingyuanError
from qingyuan.evidence import Manifest
from qingyuan.evidence.custody import Position
from qingyuan.office.capture import METHOD
from qingyuan.office.custody import custody_record
from qingyuan.office.handover import find_exhibit, verify_exhibit
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.office.sources import MOST_UNSCANNED
from qingyuan.office.timestamps.review import Reviewed, review
from qingyuan.office.timestamps.settings import TSA_FILE
from qingyuan.pii.catalog import catalog
from qingyuan.shapes import from_json
from qingyuan.store.registry import ExhibitRow
from qingyuan.store.timestamps import for_exhibits
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.handing import attached
from qingyuan.web.routing import page
from qingyuan.web.workbench._found import found_in

_PICTURE = "image/png"
_MOST_PICTURE = 128 << 20


@page("GET", "/exhibits/{identifier}", "case.read")
def show(ask: Ask, identifier: str) -> Response:
    """Show an exhibit: what it is, its digests, its custody step by step and what is not shown."""
    return shown(ask, identifier)


def shown(
    ask: Ask,
    identifier: str,
    error: QingyuanError | None = None,
    given: Mapping[str, str] | None = None,
    form: str = "",
) -> Response:
    """Return the page of an exhibit; with what was typed into one of its forms when that was refused."""
    home = ask.desk.home
    row = _row(ask, identifier)
    record = custody_record(home, identifier)
    docketed = row.scope[0] in "LM" and row.origin == "collected"
    found = found_in(home, [row]) if docketed and ask.may("material.view", row.scope) else None
    return ask.page(
        "exhibit.html",
        400 if error else 200,
        error=error,
        given=given or {},
        form=form,
        positions=get_args(Position),
        stamps=_stamps(home, identifier),
        authorities=(home.path / TSA_FILE).is_file(),
        row=row,
        record=record,
        manifest=record.manifest,
        readable=record.manifest.media_type.startswith("text/") and row.size <= MOST_UNSCANNED,
        found=None if found is None else found.get(identifier),
        unscanned=found == {},
        kinds=catalog().kinds,
    )


def _stamps(home: Home, identifier: str) -> list[Reviewed]:
    """Return the time stamps over an exhibit, judged now."""
    with home.database.read() as connection:
        if not for_exhibits(connection, [identifier]):
            return []
    return review(home, exhibit=identifier)


@page("POST", "/exhibits/{identifier}/verify", "material.read")
def verify(ask: Ask, identifier: str) -> Response:
    """Read the content again, compare and log the result."""
    with ask.desk.turn:
        event = verify_exhibit(ask.desk.home, identifier, actor=ask.person)
        ask.desk.home.publish()
    good = event.payload["ok"] is True
    return ask.redirect(f"/exhibits/{identifier}", "done.unchanged" if good else "done.changed")


@page("GET", "/exhibits/{identifier}/content", "material.read")
def content(ask: Ask, identifier: str) -> Response:
    """Hand out the content of an exhibit; that it was read is an event before the first byte leaves."""
    row = _row(ask, identifier)
    ask.desk.note_reading("exhibit", [identifier], actor=ask.person)
    opened = open_exhibit(ask.desk.home, row)
    manifest = from_json(row.manifest, Manifest)
    return attached(opened, manifest.size, f"filename*=UTF-8''{quote(row.path.rsplit('/', 1)[-1])}")


@page("GET", "/exhibits/{identifier}/picture", "material.read")
def picture(ask: Ask, identifier: str) -> Response:
    """Show the picture that a capture took; that it was seen is an event before. Other material is only handed out."""
    row = _row(ask, identifier)
    manifest = from_json(row.manifest, Manifest)
    if manifest.media_type != _PICTURE or manifest.size > _MOST_PICTURE or not _drawn(manifest):
        raise not_found(identifier)
    ask.desk.note_reading("exhibit", [identifier], actor=ask.person)
    with open_exhibit(ask.desk.home, row) as opened:
        data = opened.read()
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store"}
    return Response(data, media_type=_PICTURE, headers=headers)


def _drawn(manifest: Manifest) -> bool:
    """Return whether our own browser drew it."""
    return manifest.collected is not None and manifest.collected.method == METHOD


def _row(ask: Ask, identifier: str) -> ExhibitRow:
    with ask.desk.home.database.read() as connection:
        return find_exhibit(connection, identifier)
