"""Verifying a package or a receipt: drop it here, or take the verifier home."""

from __future__ import annotations

import functools
import re
import shutil
from importlib.resources import files
from typing import BinaryIO

from starlette.responses import FileResponse, Response

from qingyuan.errors import QingyuanError
from qingyuan.evidence.verify import Report
from qingyuan.evidence.verify import verify as check
from qingyuan.office.browser import TemporaryFolder
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.portal.files import allowed, safe_name
from qingyuan.web.portal.receipt import HEADER, MAX_RECEIPT, Receipt, check_receipt
from qingyuan.web.routing import page

_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')
_MAX_TRUST = 4 << 20


@page("GET", "/verify", "public")
def form(ask: Ask) -> Response:
    """Show where to drop a package."""
    return _show(ask)


@page("POST", "/verify", "public")
def judge(ask: Ask) -> Response:
    """Verify a package or receipt against the trust file of this office, or one that is given; nothing is kept."""
    allowed(ask, "verify")
    try:
        return _judge(ask)
    except QingyuanError as error:
        return _show(ask, error.status if isinstance(error, WebError) else 400, error=error)


def _judge(ask: Ask) -> Response:
    given, trusts = ask.uploads("package"), ask.uploads("trust")
    if not given:
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    name = safe_name(given[0].filename or "")
    stream = given[0].file
    start = stream.read(len(HEADER))
    stream.seek(0)
    if start == HEADER:
        return _show(ask, name=name, receipt=_receipt(ask, stream))
    with TemporaryFolder("material") as folder:
        package, trust = folder.path / "package.evp", ask.desk.home.trust_path
        with package.open("wb") as file:
            shutil.copyfileobj(stream, file)
        if trusts:
            trust = folder.path / "trust.json"
            with trust.open("wb") as file:
                file.write(trusts[0].file.read(_MAX_TRUST))
        report = check(package, trust)
    return _show(ask, name=name, report=report)


def _receipt(ask: Ask, stream: BinaryIO) -> Receipt:
    return check_receipt(stream.read(MAX_RECEIPT), ask.desk.home.log.key)


def _show(
    ask: Ask,
    status: int = 200,
    *,
    name: str = "",
    report: Report | None = None,
    receipt: Receipt | None = None,
    error: QingyuanError | None = None,
) -> Response:
    return ask.page(
        "portal/verify.html",
        status,
        name=name,
        report=report,
        receipt=receipt,
        error=error,
        most=ask.desk.settings.max_body_bytes,
    )


@page("GET", "/verify/offline.html", "public")
def offline(ask: Ask) -> Response:
    """Hand out the verifier that works from disk without a network, under the content policy it names itself."""
    data, policy = _page()
    headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return ask.finish(Response(data, media_type="text/html; charset=utf-8", headers=headers))


@page("GET", "/trust.json", "public")
def trust(ask: Ask) -> Response:
    """Hand out the trust file of this office."""
    return ask.finish(
        FileResponse(ask.desk.home.trust_path, media_type="application/json", filename="trust.json")
    )


@functools.cache
def _page() -> tuple[bytes, str]:
    data = (files("qingyuan.evidence.verify") / "verify.html").read_bytes()
    found = _POLICY.search(data)
    return data, found[1].decode() if found else "default-src 'none'"
