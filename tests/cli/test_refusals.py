"""What is refused: identifiers that no package could hold, acts that the state forbids; each named with its place."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from qingyuan.evidence.verify import verify
from tests.cli.running import Done, run
from tests.ledger.support import signer
from tests.ledger.witnessing import Grown

LOG = Grown([3])
KEY = LOG.key.encode()
BAD = ["", "甲" * 129, "P\ud800", "P\n1"]


def error_of(done: Done) -> dict[str, str]:
    error: dict[str, str] = done.json()["error"]
    return error


def state(home: Path) -> tuple[object, bytes, bytes]:
    size = run("ledger", "status", "--home", home, "--json").json()["size"]
    return size, (home / "keyring.json").read_bytes(), (home / "trust.json").read_bytes()


def test_no_bad_identifier_reaches_a_key_or_the_log_and_a_package_still_builds(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("x", encoding="utf-8")
    before = state(home)
    wanted = {"--by": "office.bad-actor", "--second": "office.bad-second", "--device": "office.bad-device"}
    for bad in BAD:
        for option, code in wanted.items():
            done = run("seal", file, "--matter", "L2026-0001", option, bad, "--home", home, "--json")
            assert (done.code, error_of(done)["code"]) == (2, code), (option, bad)
            assert error_of(done)["remedy_zh"]
            assert error_of(done)["remedy_en"]
    evp = tmp_path / "a.evp"
    for words in (
        ["intake", str(file), "--by", ""],
        ["package", "M2026-0001", "-o", str(evp), "--by", ""],
        ["lead", "register", "title=x", "source=media", "field=personal-information", "--by", ""],
        ["document", "make", "立案决定书", "C2026-0001", "-o", str(tmp_path / "d"), "--by", ""],
        ["key", "rotate", "--role", "log", "--by", ""],
        ["key", "rotate", "--role", "device", "--actor", "D001", "--by", "x" * 129],
        ["ledger", "anchor", str(tmp_path / "none"), "--vkey", KEY, "--actor", ""],
        ["ledger", "resume", "--actor", ""],
    ):
        done = run(*words, "--home", home, "--json")
        assert (done.code, error_of(done)["code"]) == (2, "office.bad-actor"), words
    assert state(home) == before
    assert run("seal", file, "--matter", "L2026-0001", "--by", "甲" * 128, "--home", home).code == 0
    assert run("package", "M2026-0001", "-o", evp, "--home", home).code == 0
    assert verify(evp, trust=home / "trust.json").verdict == "pass"


def test_a_bad_scope_gets_no_key(home: Path) -> None:
    from qingyuan.office.errors import OfficeError
    from qingyuan.office.home import Home

    with Home.open(home) as office:
        for bad in BAD:
            with pytest.raises(OfficeError) as caught:
                office.scope_key(bad)
            assert caught.value.code == "office.bad-scope"
            done = run("seal", home / "office.json", "--matter", bad, "--home", home, "--json")
            assert (done.code, error_of(done)["code"]) == (2, "office.bad-scope")
            assert bad not in office.keyring.scopes()


def test_an_act_that_a_stopped_log_forbids_is_exit_code_one(home: Path, tmp_path: Path) -> None:
    status = run("ledger", "status", "--home", home, "--json").json()
    stop = {
        "v": 1, "reason": "rolled-back", "origin": "other.example", "at": "2026-07-01T09:00:00+08:00",
        "size": status["size"], "checkpoint": status["checkpoint"], "witness": "witness.example",
        "vkey": "x", "url": "http://127.0.0.1:1/", "claimed": 999,
    }  # fmt: skip
    (home / "stopped.json").write_text(json.dumps(stop), encoding="utf-8")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    for words in (
        ["ledger", "cosign"],
        ["seal", str(tmp_path / "a.txt"), "--matter", "L2026-0001"],
        ["ledger", "resume"],
    ):
        done = run(*words, "--home", home, "--json")
        assert (done.code, error_of(done)["code"]) == (1, "office.stopped"), words


def test_sealing_into_a_lead_whose_key_is_destroyed_is_exit_code_one(home: Path, tmp_path: Path) -> None:
    words = ("--basis", "期满", "--approved-by", "P009", "--yes")
    gone = run("key", "destroy", "L2026-0001", *words, "--home", home)
    assert gone.code == 0, gone.err
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    done = run("seal", tmp_path / "a.txt", "--matter", "L2026-0001", "--home", home, "--json")
    assert (done.code, error_of(done)["code"]) == (1, "evidence.key-destroyed")


@pytest.mark.parametrize(
    ("text", "line"),
    [("witness a\nquorum none\n", 1), ("# x\nwitness a b+c\nquorum a\n", 2), ("quorum none\nhello\n", 2)],
)
def test_a_broken_policy_is_named_with_its_line(home: Path, text: str, line: int) -> None:
    (home / "policy.txt").write_text(text, encoding="utf-8")
    done = run("ledger", "cosign", "--home", home, "--json")
    assert (done.code, error_of(done)["where"]) == (2, f"{home / 'policy.txt'}, line {line}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("peers: [{name: a}]\n", "$.peers[0]"),
        ("peers:\n  - name: [\n", "line "),
        (f"peers: [{{name: a, url: x, vkey: {KEY}}}, {{name: b, url: y, vkey: z}}]\n", "peers[1]"),
    ],
)
def test_a_broken_list_of_peers_is_named_with_the_place(home: Path, text: str, place: str) -> None:
    (home / "peers.yaml").write_text(text, encoding="utf-8")
    done = run("ledger", "anchor", "--home", home, "--json")
    error = error_of(done)
    assert error["where"].startswith(str(home / "peers.yaml"))
    assert place in error["where"] + error["en"]
    assert place in error["where"] + error["zh"]


def test_an_anchor_that_fails_names_the_address_and_no_password(home: Path, tmp_path: Path) -> None:
    words = ("--vkey", KEY, "--home", home, "--json")
    (tmp_path / "checkpoint").write_text("x", encoding="utf-8")
    for url in ("http://127.0.0.1:1/log", "ftp://x.example/log", str(tmp_path), str(tmp_path / "none")):
        assert error_of(run("ledger", "anchor", url, *words))["where"] == url
    secret = run("ledger", "anchor", "https://me:secret@x.example/log?a", *words)
    assert error_of(secret)["where"] == "https://x.example/log"
    assert "secret" not in secret.out


def test_a_comparison_says_which_file_is_no_checkpoint(tmp_path: Path) -> None:
    good, bad, foreign = (tmp_path / name for name in ("good", "bad", "foreign"))
    good.write_bytes(LOG.notes[3])
    bad.write_text("x", encoding="utf-8")
    foreign.write_bytes(Grown([3], key=signer("other.example")).notes[3])
    for wrong in (bad, foreign):
        for pair in ((good, wrong), (wrong, good)):
            done = run("ledger", "fork-check", *pair, "--vkey", KEY, "--json")
            assert done.code == 2
            assert error_of(done)["where"].startswith(str(wrong))


def test_a_witness_on_a_port_in_use_says_so(tmp_path: Path) -> None:
    assert run("ledger", "witness", "init", tmp_path / "w", "--name", "witness.example").code == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("ledger", "witness", "serve", tmp_path / "w", "--port", port, "--for", 0, "--json")
    assert (done.code, error_of(done)["code"]) == (2, "office.port")
    assert error_of(done)["where"] == f"127.0.0.1:{port}"
    assert "in use" in error_of(done)["en"]
    assert "占用" in error_of(done)["zh"]


def test_a_passphrase_for_a_home_with_a_key_file_is_to_be_unset(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words").write_text("口令", encoding="utf-8")
    monkeypatch.setenv("QINGYUAN_PASSPHRASE_FILE", str(tmp_path / "words"))
    error = error_of(run("ledger", "status", "--home", home, "--json"))
    assert error["code"] == "evidence.wrong-kind-of-kek"
    assert "unset QINGYUAN_PASSPHRASE_FILE" in error["remedy_en"]
    monkeypatch.setenv("QINGYUAN_PASSPHRASE", "口令")
    done = run("ledger", "status", "--home", home, "--lang", "en")
    assert "unset QINGYUAN_PASSPHRASE\n" in done.err
