"""Evidence packages: made of a record, shown, handed out."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from starlette.responses import FileResponse, Response

from qingyuan.office.packages.packaging import make_package
from qingyuan.web.asking import Ask
from qingyuan.web.errors import not_found
from qingyuan.web.routing import page

_PACKAGE = re.compile(r"K\d{4}-\d{4,}\Z")


@page("POST", "/packages", "case.export")
def package(ask: Ask) -> Response:
    """Make the evidence package of a record and hand it out."""
    home = ask.desk.home
    folder = home.path / "packages"
    folder.mkdir(exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        made = make_package(
            home, ask.field("record"), Path(work) / "new.evp", to=ask.field("to"), actor=ask.person
        )
        made.path.replace(folder / f"{made.id}.evp")
    return ask.redirect(f"/packages/{made.id}", "done.package")


@page("GET", "/packages/{identifier}", "case.export")
def show(ask: Ask, identifier: str) -> Response:
    """Show a package that was made, to download and to verify."""
    return ask.page("package.html", identifier=identifier, size=_file(ask, identifier).stat().st_size)


@page("GET", "/packages/{identifier}/file", "case.export", slow=True)
def download(ask: Ask, identifier: str) -> Response:
    """Hand out a package."""
    path = _file(ask, identifier)
    ask.desk.note_reading("package", [identifier], actor=ask.person)
    return FileResponse(path, media_type="application/octet-stream", filename=f"{identifier}.evp")


def _file(ask: Ask, identifier: str) -> Path:
    path = ask.desk.home.path / "packages" / f"{identifier}.evp"
    if not _PACKAGE.match(identifier) or not path.is_file():
        raise not_found(identifier)
    return path
