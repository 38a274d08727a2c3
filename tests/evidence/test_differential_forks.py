"""Fork proofs: the ledger and the verifier convict the same logs, and read the same files."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import Report, verify_stream
from qingyuan.ledger import (
    SHA256,
    SM3,
    Checkpoint,
    ForkProof,
    HashSuite,
    LedgerError,
    NoteSigner,
    ProofError,
    Sm2NoteSigner,
    TextSigner,
    parse_fork,
    sign_checkpoint,
    verify_fork,
)
from tests.evidence.packing import consistency_path, root_of

ORIGIN = "jcy.example/fork"
SIGNERS: dict[str, tuple[TextSigner, HashSuite]] = {
    "sha256": (NoteSigner(ORIGIN, bytes([7]) * 32), SHA256),
    "sm3": (Sm2NoteSigner.generate(ORIGIN, lambda size: bytes([8]) * size), SM3),
}


def trust(signer: TextSigner) -> bytes:
    logs = [{"origin": ORIGIN, "vkey": signer.key.encode()}]
    return json.dumps({"v": 2, "office": {"id": "1", "name": "x"}, "logs": logs, "keys": []}).encode()


def judge(data: bytes, signer: TextSigner) -> Report:
    return verify_stream(io.BytesIO(data), trust(signer))


def codes(report: Report) -> set[str]:
    return {r.code for r in report.reasons} - {"scope-before"}


def leaves(size: int, suite: HashSuite, mark: bytes = b"") -> list[bytes]:
    return [suite.leaf_hash(b"%d" % n + (mark if n == 0 else b"")) for n in range(size)]


def head(tree: list[bytes], suite: HashSuite, signer: TextSigner) -> bytes:
    root = root_of(tree, suite) if tree else suite.new(b"").digest()
    return sign_checkpoint(Checkpoint(ORIGIN, len(tree), root), signer)


def expected(proof: ForkProof, signer: TextSigner) -> set[str]:
    """What the ledger says of a proof, in the words of the format."""
    try:
        verdict = verify_fork(proof, [signer.key])
    except ProofError:
        return {"no-fork"}
    return {"fork"} if verdict.proven else {"fork-claimed"}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_ledger_and_the_verifier_convict_the_same_logs(data: st.DataObject) -> None:
    draw = data.draw
    name = draw(st.sampled_from(sorted(SIGNERS)))
    signer, suite = SIGNERS[name]
    sizes = sorted(draw(st.tuples(st.integers(0, 17), st.integers(1, 17))))
    tree = leaves(sizes[1], suite)
    other = leaves(sizes[0], suite, draw(st.sampled_from([b"", b"forged"])))
    path = consistency_path(tree, sizes[0], suite) if sizes[0] else []
    if draw(st.booleans()) and sizes[0] & (sizes[0] - 1) == 0 and sizes[0]:
        path = [root_of(tree[: sizes[0]], suite), *path]
    if draw(st.integers(0, 3)) == 0:
        path = [*path, bytes(32)] if draw(st.booleans()) else path[:-1]
    notes = [head(other, suite, signer), head(tree, suite, signer)]
    if draw(st.integers(0, 5)) == 0:
        notes.reverse()
    kind: Any = draw(st.sampled_from(["equal-size", "prefix", "refused-proof"]))
    proof = ForkProof(kind, name, notes[0], notes[1], tuple(path))
    wanted, report = expected(proof, signer), judge(proof.encode(), signer)
    event(f"{kind}: {sorted(wanted)}")
    assert codes(report) == wanted
    assert report.verdict == ("fail" if wanted == {"fork"} else "undetermined")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_ledger_and_the_verifier_read_the_same_files(data: st.DataObject) -> None:
    signer, suite = SIGNERS["sha256"]
    notes = head(leaves(3, suite), suite, signer), head(leaves(3, suite, b"forged"), suite, signer)
    value: dict[str, Any] = json.loads(ForkProof("equal-size", "sha256", *notes).encode())
    name = data.draw(st.sampled_from([*value, "more"]))
    other: st.SearchStrategy[Any] = st.sampled_from(
        [None, 1, [], {}, "", "x", [base64.b64encode(bytes(32)).decode()] * 65, ["x"], "sm3"]
    )
    value[name] = data.draw(other)
    if data.draw(st.booleans()):
        del value[name]
    encoded = json.dumps(value, indent=data.draw(st.sampled_from([None, 2]))).encode()
    try:
        read = parse_fork(encoded)
        verify_fork(read, [signer.key])
        readable = True
    except ProofError:
        readable = True
    except LedgerError:
        readable = False
    assert ("json" not in codes(judge(encoded, signer))) is readable
