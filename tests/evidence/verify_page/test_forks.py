"""Fork proofs, and a package that nobody has opened yet."""

from __future__ import annotations

import json

import pytest

from qingyuan.ledger import SHA256, SM3, sign_note
from tests.evidence.verify_page.node import Node, findings
from tests.evidence.verify_page.test_trust import forged, rooted
from tests.evidence.verify_page.trees import b64, consistency, tree_root
from tests.evidence.verify_page.trusting import (
    LOG,
    ORIGIN,
    TWIN,
    TWIN_LOG,
    trust_of,
)

HASHES = [bytes([n]) * 32 for n in range(9)]


OTHER = [*HASHES[:4], *[bytes([100 + n]) * 32 for n in range(5)]]


def head(hashes: list[bytes], size: int, *, twin: bool = False, origin: str | None = None) -> str:
    suite, key = (SM3, TWIN_LOG) if twin else (SHA256, LOG)
    name = origin or (TWIN if twin else ORIGIN)
    return sign_note(f"{name}\n{size}\n{b64(tree_root(hashes[:size], suite))}\n", [key.signer]).decode()


def fork(
    kind: str, older: str, newer: str, path: list[bytes], suite: str = "sha256", **changes: object
) -> bytes:
    value = {
        "format": "qingyuan/fork-proof/v1",
        "kind": kind,
        "suite": suite,
        "older": older,
        "newer": newer,
        "path": [b64(each) for each in path],
    }
    return json.dumps({**value, **changes}).encode()


def opening(hashes: list[bytes], older: int) -> list[bytes]:
    """A consistency proof that always begins with the root of the last complete subtree of the older size."""
    path = consistency(hashes, older, SHA256)
    return path if older & (older - 1) else [tree_root(hashes[:older], SHA256), *path]


FORKS: list[tuple[str, bytes, str, str]] = [
    ("equal sizes", fork("equal-size", head(HASHES, 6), head(OTHER, 6), []), "fail", "fork"),
    ("equal sizes of the twin", fork("equal-size", head(HASHES, 6, twin=True), head(OTHER, 6, twin=True), [], "sm3"), "fail", "fork"),
    ("the same head", fork("equal-size", head(HASHES, 6), head(HASHES, 6), []), "undetermined", "no-fork"),
    ("a path that is not needed", fork("equal-size", head(HASHES, 6), head(OTHER, 6), [bytes(32)]), "undetermined", "no-fork"),
    ("a prefix", fork("prefix", head(HASHES, 6), head(OTHER, 9), opening(OTHER, 6)), "fail", "fork"),
    ("a prefix of a power of two", fork("prefix", head(OTHER[4:], 4), head(HASHES, 9), opening(HASHES, 4)), "fail", "fork"),
    ("a true prefix", fork("prefix", head(HASHES, 6), head(HASHES, 9), opening(HASHES, 6)), "undetermined", "no-fork"),
    ("a spoilt prefix", fork("prefix", head(HASHES, 6), head(OTHER, 9), opening(HASHES, 6)), "undetermined", "no-fork"),
    ("a refused proof", fork("refused-proof", head(HASHES, 6), head(OTHER, 9), consistency(HASHES, 6, SHA256)), "undetermined", "fork-claimed"),
    ("a good proof", fork("refused-proof", head(HASHES, 6), head(HASHES, 9), consistency(HASHES, 6, SHA256)), "undetermined", "no-fork"),
    ("one more member", fork("equal-size", head(HASHES, 6), head(OTHER, 6), [], more=1), "fail", "json"),
    ("another kind", fork("equal", head(HASHES, 6), head(OTHER, 6), []), "fail", "json"),
    ("another format", fork("equal-size", head(HASHES, 6), head(OTHER, 6), [], format="qingyuan/fork-proof/v2"), "fail", "json"),
    ("no checkpoint", fork("equal-size", "x", head(OTHER, 6), []), "fail", "json"),
    ("a path too long", fork("prefix", head(HASHES, 6), head(OTHER, 9), [bytes(32)] * 65), "fail", "json"),
    ("not JSON", b"{", "fail", "json"),
    ("an unknown log", fork("equal-size", head(HASHES, 6, origin="x"), head(OTHER, 6, origin="x"), []), "undetermined", "unknown-key"),
    ("a forged head", fork("equal-size", head(HASHES, 6), forged(head(OTHER, 6).encode()).decode(), []), "fail", "proof"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "proof", "verdict", "code"), FORKS, ids=[case[0] for case in FORKS])
def test_each_fork_proof_shows_what_it_shows(
    node: Node, name: str, proof: bytes, verdict: str, code: str
) -> None:
    result = node.judge(proof, trust_of())
    assert (result["verdict"], findings(result), result["package"]) == (verdict, {(code, None)}, "")


def test_a_fork_proof_needs_a_trust_file(node: Node) -> None:
    proof = FORKS[0][1]
    for trust in (None, b"{}", rooted()):
        result = node.judge(proof, trust)
        assert (result["verdict"], findings(result)) == ("undetermined", {("no-trust", None)})


def test_an_encrypted_package_is_not_judged(node: Node) -> None:
    result = node.judge(b"age-encryption.org/v1\n-> X25519 abc\n", trust_of())
    assert (result["verdict"], result["package"]) == ("undetermined", "")
    assert findings(result) == {("unsupported", None)}
