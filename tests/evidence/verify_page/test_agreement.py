"""Two verifiers, written apart from one document, say the same of the same packages."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from qingyuan.evidence.verify import Report, verify_stream
from tests.evidence.verify_page.hostile import Entry, built, entries_of, hostile
from tests.evidence.verify_page.mutating import base, case, whole_of
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.sealing import bag_info, sealed, zipped
from tests.evidence.verify_page.trees import Json

VECTORS = Path(__file__).parents[3] / "vectors/package"
#: How many bent packages are judged by both; more by QINGYUAN_VERIFY_CASES, from the number in QINGYUAN_VERIFY_FROM on.
CASES = int(os.environ.get("QINGYUAN_VERIFY_CASES", "40"))
START = int(os.environ.get("QINGYUAN_VERIFY_FROM", "0"))
BATCH = 20

FAULTS = {
    "container",
    "name",
    "bag",
    "digest",
    "unlisted",
    "missing",
    "signature",
    "json",
    "event",
    "proof",
    "exhibit",
    "transfer",
    "timestamp",
    "roles",
    "fork",
}
Found = set[tuple[str, str | None]]


def of_page(result: Json) -> Found:
    return {(r["code"], r["path"]) for r in result["reasons"]}


def of_python(report: Report) -> Found:
    return {(r.code, r.path) for r in report.reasons}


def compared(found: Found) -> Found:
    """Without what the document leaves open: whether the quorum is named when nothing was judged, and where something lies that is not inside."""
    return {(code, None if code == "withheld" else path) for code, path in found if code != "quorum"}


def differences(page: Json, python: Report) -> str:
    """What the two disagree about; empty when they agree as the document means it."""
    one, two = of_page(page), of_python(python)
    if page["verdict"] != python.verdict:
        return f"verdict {page['verdict']} or {python.verdict}: {one ^ two}"
    if page["verdict"] != "fail":
        return str(compared(one) ^ compared(two) or "")
    # What follows from a fault may be named or not; the fault itself must be. Where a container is broken first is a matter of taste.
    broken = {code for code, _ in one} & {code for code, _ in two} & {"container"}
    both = {each for each in one & two if each[0] in FAULTS}
    return "" if both or broken else f"no fault in common: {one ^ two}"


@pytest.mark.parametrize("first", range(START, START + CASES, BATCH))
def test_both_verifiers_agree_on_bent_packages(node: Node, first: int) -> None:
    for number in range(first, min(first + BATCH, START + CASES)):
        bent = case(number)
        python = verify_stream(io.BytesIO(bent.package), bent.trust, bent.policy)
        page = node.judge(bent.package, bent.trust, bent.policy)
        assert differences(page, python) == "", bent.how


@pytest.mark.parametrize("first", range(START, START + CASES, BATCH))
def test_both_verifiers_agree_on_what_an_opponent_builds(node: Node, first: int) -> None:
    for number in range(first, min(first + BATCH, START + CASES)):
        bent = hostile(number)
        python = verify_stream(io.BytesIO(bent.package), bent.trust, bent.policy)
        page = node.judge(bent.package, bent.trust, bent.policy)
        assert differences(page, python) == "", bent.how


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (("说明.md",), "说明.md"),
        (("证据清单.CSV", "证据清单.csv"), "证据清单.csv"),
        (("ῶι", "ῷ"), "ῷ"),
        (("a\x00b",), "a\\u0000b"),
        (("\x85",), "\\u0085"),
        (("a/\u2028/..",), "a/\\u2028/.."),
        (("\U000e0041%",), "\\U000e0041%"),
        (("全角　空格%",), "全角　空格%"),
        ((b"a\xff\xfe",), "a\\xff\\xfe"),
        ((b"\xe4\xb8\xad\xe4\xb8",), "中\\xe4\\xb8"),
        ((b"\xed\xa0\x80\xf0\x9f\x98\x80",), "\\xed\\xa0\\x80😀"),
        (("长" * 342,), None),
    ],
    ids=repr,
)
def test_both_verifiers_name_a_member_that_is_refused_alike(
    node: Node, raw: tuple[str | bytes, ...], path: str | None
) -> None:
    more = [Entry(each.encode() if isinstance(each, str) else each, b"x") for each in raw]
    package = built(sorted([*entries_of(whole_of(2)), *more], key=lambda each: each.raw))
    trust = json.dumps(base(2).trust).encode()
    for found in (of_python(verify_stream(io.BytesIO(package), trust)), of_page(node.judge(package, trust))):
        assert ("name", path) in found
        assert "name" not in {code for code, other in found if other != path}


INFO = bag_info(whole_of(2)).decode()
OXUM = INFO.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (INFO, True), ("", True), (INFO.replace("\n", "\r"), True), (INFO.replace("\n", "\r\n"), True), ("a:\tb\n c\n", True), ("a b: \n", True), (OXUM + " \t\n", True),
        (OXUM.replace(": ", ":\t  ") + "\n", True), (OXUM.upper() + "\n", True), ("\u3000: b\n", False), ("a\u3000: b\n", False), ("\u00a0a: b\n", False), ("a\x85: b\n", False),
        ("a\x1c: b\n", False), ("\ufeffa: b\n", True), (" a: b\n", False), ("a : b\n", False), (": b\n", False), ("a:b\n", False), ("a: b", False), ("\n", False), ("a: b\n\n", False),
        (OXUM + "\n" + OXUM + "\n", False), (OXUM + "\n \n", False), (OXUM + "\n 1\n", False), (OXUM.replace(": ", ": \u3000") + "\n", False), (OXUM + "\u00a0\n", False),
        (OXUM.replace(": ", ": " + "0" * 20) + "\n", False), (OXUM + "1\n", False),
    ],
    ids=repr,
)  # fmt: skip
def test_both_verifiers_read_the_same_metadata_of_a_bag(node: Node, text: str, good: bool) -> None:
    package = zipped(sealed({**whole_of(2), "bag-info.txt": text.encode()}, base(2).matter.id))
    trust = json.dumps(base(2).trust).encode()
    for found in (of_python(verify_stream(io.BytesIO(package), trust)), of_page(node.judge(package, trust))):
        assert (("bag", "bag-info.txt") not in found) is good


def vectors() -> list[str]:
    return sorted(path.name.removesuffix(".verdict.json") for path in VECTORS.glob("*.verdict.json"))


@pytest.mark.parametrize("name", vectors())
def test_the_page_gives_the_verdict_of_each_vector(node: Node, name: str) -> None:
    def read(ending: str) -> bytes | None:
        path = VECTORS / f"{name}{ending}"
        return path.read_bytes() if path.exists() else None

    package = read(".evp") or read(".fork.json")
    assert package is not None
    wanted = json.loads((VECTORS / f"{name}.verdict.json").read_text("utf-8"))
    result = node.judge(package, read(".trust.json"), read(".policy"))
    assert result["verdict"] == wanted["verdict"]
    assert of_page(result) == {(r["code"], r["path"]) for r in wanted["reasons"]}
    assert {name: result["quorum"][name] for name in wanted["quorum"]} == wanted["quorum"]


def test_vectors_cover_each_verdict() -> None:
    assert {name.split("-")[0] for name in vectors()} == {"pass", "fail", "undetermined"}
