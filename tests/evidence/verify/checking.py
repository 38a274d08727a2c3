"""What the tests of the verifier share: one call that checks bytes, and the codes it answered."""

from __future__ import annotations

import io
import json
from typing import Any

from qingyuan.evidence.verify import Report
from qingyuan.evidence.verify.verify_evp import verify_stream
from tests.evidence.verify.maker import Maker, trust

TRUST = json.dumps(trust(), ensure_ascii=False).encode()


def check(data: bytes, trust_bytes: bytes | None = TRUST, policy_bytes: bytes | None = None) -> Report:
    return verify_stream(io.BytesIO(data), trust_bytes, policy_bytes)


def codes(report: Report) -> set[str]:
    """The codes of what contradicts or cannot be told."""
    return {
        r.code
        for r in report.reasons
        if not r.code.startswith("ok-") and r.code not in {"scope-before", "quorum"}
    }


def paths(report: Report, code: str) -> set[str | None]:
    return {r.path for r in report.reasons if r.code == code}


def small() -> Maker:
    """One exhibit, two events, no cosignature: small enough to try every byte."""
    from tests.evidence.verify.noting import LOG, ORIGIN, signature_line

    def drafts(all_of_them: list[Any]) -> list[Any]:
        return [all_of_them[1], all_of_them[-1]]

    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return text + b"\n" + signature_line(ORIGIN, LOG, text)

    maker = Maker({"X01": b"a,b\n"}, drafts=drafts, checkpoint=checkpoint)
    maker.before, maker.between = 1, 1
    return maker
