"""Fork proofs: two heads of one log that contradict each other, and claims that prove nothing."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import Report, main, verify_evp
from tests.evidence.verify.checking import TRUST, check
from tests.evidence.verify.maker import trust
from tests.evidence.verify.noting import (
    LOG,
    ORIGIN,
    TWIN,
    TWIN_KEY,
    Digest,
    b64,
    consistency_of,
    root_of,
    sha256,
    signature_line,
    sm2_line,
    sm3,
    vkey,
)  # fmt: skip


def leaves(size: int, mark: bytes = b"", digest: Digest = sha256, *, first: bytes = b"") -> list[bytes]:
    return [digest(b"\0" + (first if i == 0 else mark) + b"%d" % i) for i in range(size)]


def note(size: int, root: bytes, *, twin: bool = False, seed: int = LOG, origin: str | None = None) -> str:
    name = origin or (TWIN if twin else ORIGIN)
    text = f"{name}\n{size}\n{b64(root)}\n".encode()
    line = sm2_line(name, TWIN_KEY, text) if twin else signature_line(name, seed, text)
    return (text + b"\n" + line).decode()


def whole_path(older: int, tree: list[bytes], digest: Digest) -> list[bytes]:
    """The consistency path that always begins with the last complete subtree of the older size."""
    path = consistency_of(older, tree, digest)
    return path if older & (older - 1) else [root_of(tree[:older], digest), *path]


def proof(kind: str, older: str, newer: str, path: list[bytes] | None = None, /, **changes: Any) -> bytes:
    value: dict[str, Any] = {"format": "qingyuan/fork-proof/v1", "kind": kind, "suite": "sha256"}
    value |= {"older": older, "newer": newer, "path": [b64(node) for node in path or []], **changes}
    kept = {name: v for name, v in value.items() if v is not ...}
    return json.dumps(kept, indent=1).encode()


def said(report: Report) -> tuple[str, set[str]]:
    assert report.as_dict()["package"] == ""
    assert all(reason.path is None for reason in report.reasons)
    assert "scope-before" in {reason.code for reason in report.reasons}
    return report.verdict, {r.code for r in report.reasons} - {"scope-before"}


ONE, OTHER = leaves(9), leaves(9, b"other")
EQUAL = proof("equal-size", note(9, root_of(ONE)), note(9, root_of(OTHER)))


@pytest.mark.parametrize("twin", [False, True])
def test_two_roots_of_one_size_are_a_fork(twin: bool) -> None:
    suite = "sm3" if twin else "sha256"
    older, newer = (note(9, root_of(tree), twin=twin) for tree in (ONE, OTHER))
    assert said(check(proof("equal-size", older, newer, suite=suite))) == ("fail", {"fork"})
    assert said(check(proof("equal-size", older, older, suite=suite))) == ("undetermined", {"no-fork"})
    with_path = proof("equal-size", older, newer, [bytes(32)], suite=suite)
    assert said(check(with_path)) == ("undetermined", {"no-fork"})
    sizes = proof("equal-size", note(8, root_of(ONE), twin=twin), newer, suite=suite)
    assert said(check(sizes)) == ("undetermined", {"no-fork"})


@settings(max_examples=40, deadline=None)
@given(newer=st.integers(2, 20), data=st.data(), twin=st.booleans())
def test_a_newer_tree_that_begins_with_another_is_a_fork(newer: int, data: st.DataObject, twin: bool) -> None:
    older = data.draw(st.integers(1, newer - 1))
    digest, suite = (sm3, "sm3") if twin else (sha256, "sha256")
    tree, forked = leaves(newer, digest=digest), leaves(older, digest=digest, first=b"forged")
    path, head = whole_path(older, tree, digest), note(newer, root_of(tree, digest), twin=twin)
    fork = proof("prefix", note(older, root_of(forked, digest), twin=twin), head, path, suite=suite)
    assert said(check(fork)) == ("fail", {"fork"})
    honest = note(older, root_of(tree[:older], digest), twin=twin)
    assert said(check(proof("prefix", honest, head, path, suite=suite))) == ("undetermined", {"no-fork"})
    for spoilt in (path[:-1], [*path, bytes(32)], [bytes(32), *path[1:]], []):
        bad = proof("prefix", note(older, root_of(forked, digest), twin=twin), head, spoilt, suite=suite)
        assert said(check(bad)) == ("undetermined", {"no-fork"})
    backwards = proof("prefix", head, honest, path, suite=suite)
    assert said(check(backwards)) == ("undetermined", {"no-fork"})


@settings(max_examples=40, deadline=None)
@given(newer=st.integers(1, 20), data=st.data())
def test_a_proof_that_was_refused_is_a_claim_only(newer: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(0, newer - 1))
    tree = leaves(newer)
    path = consistency_of(older, tree) if older else []
    heads = note(older, root_of(tree[:older])), note(newer, root_of(tree))
    assert said(check(proof("refused-proof", *heads, path))) == ("undetermined", {"no-fork"})
    claimed = proof("refused-proof", *heads, [*path, bytes(32)])
    assert said(check(claimed)) == ("undetermined", {"fork-claimed"})
    if older:
        other = note(older, root_of(leaves(older, first=b"x")))
        assert said(check(proof("refused-proof", other, heads[1], path))) == (
            "undetermined",
            {"fork-claimed"},
        )
        assert said(check(proof("refused-proof", heads[1], heads[0], path))) == ("undetermined", {"no-fork"})


def test_without_a_key_the_reader_lists_nothing_is_proven() -> None:
    assert said(check(EQUAL, None)) == ("undetermined", {"no-trust"})
    assert said(check(EQUAL, b"{")) == ("undetermined", {"no-trust"})
    roots = {"v": 2, "office": {}, "roots": {"threshold": 1, "keys": [vkey("r", 50)]}}
    assert said(check(EQUAL, json.dumps(roots).encode())) == ("undetermined", {"no-trust"})
    later = json.dumps({**trust(), "v": 3}).encode()
    assert said(check(EQUAL, later)) == ("undetermined", {"unsupported"})
    unlisted = {**trust(), "logs": trust()["logs"][1:]}
    assert said(check(EQUAL, json.dumps(unlisted).encode())) == ("undetermined", {"unknown-key"})
    stranger = proof("equal-size", note(9, root_of(ONE)), note(9, root_of(OTHER), seed=50))
    assert said(check(stranger)) == ("undetermined", {"unknown-key"})


def test_two_logs_do_not_contradict_each_other() -> None:
    both = {**trust(), "logs": [*trust()["logs"], {"origin": "other/log", "vkey": vkey("other/log", LOG)}]}
    other = note(9, root_of(OTHER), origin="other/log")
    for value in (trust(), both):
        report = check(proof("equal-size", note(9, root_of(ONE)), other), json.dumps(value).encode())
        assert said(report) == ("undetermined", {"unknown-key"})


def test_a_false_signature_is_a_broken_proof_and_no_fork() -> None:
    older, newer = note(9, root_of(ONE)), note(9, root_of(OTHER))
    line = older.rpartition("\n\n")[2]
    swapped = newer.rpartition("\n\n")[0] + "\n\n" + line
    assert said(check(proof("equal-size", older, swapped))) == ("fail", {"proof"})


def test_a_log_answers_for_keys_it_no_longer_uses() -> None:
    from tests.evidence.verify.noting import public, public_id

    key = {"id": public_id(LOG), "role": "log", "public": b64(public(LOG)), "valid_from": 90, "revoked_at": 1}
    assert said(check(EQUAL, json.dumps({**trust(), "keys": [key]}).encode())) == ("fail", {"fork"})


def bent(**changes: Any) -> bytes:
    return proof("equal-size", note(9, root_of(ONE)), note(9, root_of(OTHER)), **changes)


@pytest.mark.parametrize(
    "data",
    [
        b"{", b"{}", b"{\xff", b'{"a":1,"a":1}', bent(more=1), bent(format="qingyuan/fork-proof/v2"), bent(kind="other"),
        bent(suite="sha512"), bent(older=1), bent(older="x"), bent(path=["x"]), bent(path=[b64(bytes(31))]), bent(path={}),
        bent(path=[b64(bytes(32))] * 65), bent(newer=...), b'{"a":' * 70 + b"1" + b"}" * 70, b'{"a":' * 100_000,
        bent(older=note(9, root_of(ONE))[:-3]), EQUAL + b"x",
        bent(older="\ud800"),
    ],
)  # fmt: skip
def test_a_proof_of_another_form_is_told(data: bytes) -> None:
    assert said(check(data)) == ("fail", {"json"})
    assert said(check(data, None)) == ("fail", {"json"})


def test_a_file_longer_than_the_bound_is_no_fork_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_evp, "MAX_FORK", len(EQUAL))
    assert check(EQUAL).fork
    report = check(EQUAL + b" ")
    assert not report.fork
    assert {r.code for r in report.reasons} == {"container", "quorum", "scope-before"}


def test_the_command_takes_a_fork_proof(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fork.json").write_bytes(EQUAL)
    (tmp_path / "trust.json").write_bytes(TRUST)
    arguments = [str(tmp_path / "fork.json"), "--trust", str(tmp_path / "trust.json")]
    assert main(arguments) == 1
    assert "日志分叉已经证实" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["package"], answer["verdict"], answer["timestamps"]) == ("", "fail", [])
    assert answer["quorum"] == {"demanded": False, "met": None, "name": None, "witnesses": []}
    assert main([str(tmp_path / "fork.json")]) == 3
