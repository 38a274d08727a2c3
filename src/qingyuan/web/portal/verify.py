"""Verifying a package or a receipt: drop it here, or take the verifier home."""

from __future__ import annotations

import functools
import io
import re
from importlib.resources import files
from typing import BinaryIO, cast

from starlette.responses import FileResponse, Response

from qingyuan.errors import QingyuanError
from qingyuan.evidence.bags import BagReport, check_zipped_bag, holds_bag
from qingyuan.evidence.verify import Report, verify_stream
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request, too_large
from qingyuan.web.handing import attached
from qingyuan.web.portal.files import allowed, safe_name
from qingyuan.web.portal.receipt import HEADER, MAX_RECEIPT, Receipt, check_receipt
from qingyuan.web.routing import page

_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')
_MAX_TRUST = 4 << 20
#: What a bag may hold unpacked, as a multiple of what may be sent.
_UNPACKED = 8


@page("GET", "/verify", "public")
def form(ask: Ask) -> Response:
    """Show where to drop a package."""
    return _show(ask)


@page("POST", "/verify", "public")
def judge(ask: Ask) -> Response:
    """Verify a package or receipt against the trust file of this office, or one that is given, or check somebody's bag; nothing is kept."""
    allowed(ask, "verify")
    try:
        return _judge(ask)
    except QingyuanError as error:
        return refused(ask, error, error.status if isinstance(error, WebError) else 400)


def refused(ask: Ask, error: QingyuanError, status: int) -> Response:
    """Show why nothing was verified, and how to do it offline, also when nothing of the form was read."""
    return _show(ask, status, error=error)


def _judge(ask: Ask) -> Response:
    given, trusts = ask.uploads("package"), ask.uploads("trust")
    if not given:
        raise bad_request("没有选择文件", "no file was chosen", code="web.no-files")
    if (given[0].size or 0) > ask.desk.settings.max_verify_bytes:
        raise too_large(ask.desk.settings.max_verify_bytes)
    name = safe_name(given[0].filename or "")
    stream = given[0].file
    start = stream.read(len(HEADER))
    stream.seek(0)
    if start == HEADER:
        return _show(ask, name=name, receipt=_receipt(ask, stream))
    if not name.lower().endswith(".evp") and holds_bag(stream):
        bag = check_zipped_bag(stream, _UNPACKED * ask.desk.settings.max_verify_bytes)
        return _show(ask, name=name, bag=bag)
    own = ask.desk.home.trust_path
    trusted = trusts[0].file.read(_MAX_TRUST) if trusts else own.read_bytes() if own.exists() else None
    sent = cast("io.BufferedReader", stream)  # where it came: in memory, or a file without a name
    return _show(ask, name=name, report=verify_stream(sent, trusted))


def _receipt(ask: Ask, stream: BinaryIO) -> Receipt:
    return check_receipt(stream.read(MAX_RECEIPT), ask.desk.home.log.key)


def _show(
    ask: Ask,
    status: int = 200,
    *,
    name: str = "",
    report: Report | None = None,
    receipt: Receipt | None = None,
    bag: BagReport | None = None,
    error: QingyuanError | None = None,
) -> Response:
    return ask.page(
        "portal/verify.html",
        status,
        name=name,
        report=report,
        receipt=receipt,
        bag=bag,
        error=error,
        most=ask.desk.settings.max_verify_bytes,
    )


@page("GET", "/verify/offline.html", "public")
def offline(ask: Ask) -> Response:
    """Hand out the verifier that works from disk without a network, under the content policy it names itself."""
    data, policy = _page()
    headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}
    return ask.finish(Response(data, media_type="text/html; charset=utf-8", headers=headers))


@page("GET", "/verify/verify_evp.py", "public")
def program(ask: Ask) -> Response:
    """Hand out the verifier as one file that needs Python and nothing else."""
    data = (files("qingyuan.evidence.verify") / "verify_evp.py").read_bytes()
    return ask.finish(attached(io.BytesIO(data), len(data), 'filename="verify_evp.py"'))


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
