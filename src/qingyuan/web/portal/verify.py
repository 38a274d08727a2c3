"""Verifying a package: drop it here, or take the verifier home."""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from starlette.responses import FileResponse, Response

from qingyuan.evidence.verify import verify as check
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, too_many
from qingyuan.web.routing import page

_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')


@page("GET", "/verify", "public")
def form(ask: Ask) -> Response:
    """Show where to drop a package."""
    return ask.page("verify.html", report=None, name="")


@page("POST", "/verify", "public")
def judge(ask: Ask) -> Response:
    """Verify a package against the trust file of this office, or one that is given; nothing is kept."""
    wait = ask.desk.tries.take(f"verify {ask.address}", ask.desk.settings.portal_per_hour, 3600)
    if wait:
        raise too_many(wait)
    given, trusts = ask.uploads("package"), ask.uploads("trust")
    if not given:
        raise bad_request("没有选择证据包", "no package was chosen", code="web.no-files")
    with tempfile.TemporaryDirectory() as folder:
        package, trust = Path(folder) / "package.evp", ask.desk.home.trust_path
        with package.open("wb") as file:
            shutil.copyfileobj(given[0].file, file)
        if trusts:
            trust = Path(folder) / "trust.json"
            with trust.open("wb") as file:
                shutil.copyfileobj(trusts[0].file, file)
        report = check(package, trust)
    return ask.page("verify.html", report=report, name=given[0].filename or "")


@page("GET", "/verify/offline.html", "public")
def offline(_: Ask) -> Response:
    """Hand out the verifier that works from disk without a network, under the content policy it names itself."""
    data, policy = _page()
    return Response(
        data,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"},
    )


@page("GET", "/trust.json", "public")
def trust(ask: Ask) -> Response:
    """Hand out the trust file of this office."""
    return FileResponse(ask.desk.home.trust_path, media_type="application/json", filename="trust.json")


@functools.cache
def _page() -> tuple[bytes, str]:
    data = (files("qingyuan.evidence.verify") / "verify.html").read_bytes()
    found = _POLICY.search(data)
    return data, found[1].decode() if found else "default-src 'none'"
