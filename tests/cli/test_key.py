"""``qingyuan key`` end to end: rotation, revocation, roots, destruction, and what is printed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from qingyuan.cli import _app
from tests.cli.running import Done, run


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_app._COMMANDS, "key", ("key", "key", "密钥 | keys"))


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    assert run("office", "init", "--id", "test", "--name", "某检察院", "--home", folder).code == 0
    return folder


def key(*words: object, stdin: str | None = None) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(stdin or ""))
        return run("key", *words)


def ok(*words: object, stdin: str | None = None) -> dict[str, object]:
    done = key(*words, "--json", stdin=stdin)
    assert done.code == 0, done.out + done.err
    body: dict[str, object] = done.json()
    return body


def error(*words: object, stdin: str | None = None, exit_code: int = 2) -> str:
    done = key(*words, "--json", stdin=stdin)
    assert done.code == exit_code, done.out + done.err
    return str(done.json()["error"]["code"])


def states(office: Path, role: str) -> list[str]:
    rows = ok("list", "--home", office)["keys"]
    assert isinstance(rows, list)
    return sorted(row["state"] for row in rows if row["role"] == role)


def test_a_rotation_is_shown_in_the_list_and_in_the_trust_file(office: Path) -> None:
    trust = json.loads((office / "trust.json").read_bytes())
    body = ok("rotate", "--role", "log", "--home", office)
    rotated = body["rotated"]
    assert isinstance(rotated, list)
    assert len(rotated) == 2
    assert states(office, "log") == ["current", "current", "replaced", "replaced"]
    written = json.loads((office / "trust.json").read_bytes())
    assert len(written["logs"]) == 2 * len(trust["logs"])
    shown = key("list", "--home", office, "--lang", "en")
    assert "replaced" in shown.out
    assert rotated[0]["new"] in shown.out
    assert key("list", "--home", office).out.count("已更换") == 2
    assert run("ledger", "fsck", "--home", office).code == 0


def test_a_holder_goes_with_the_roles_that_have_one(office: Path) -> None:
    assert error("rotate", "--role", "officer", "--home", office) == "cli.holder"
    assert error("rotate", "--role", "log", "--actor", "P001", "--home", office) == "cli.holder"
    done = ok("rotate", "--role", "device", "--actor", "D001", "--home", office)
    assert done["rotated"]
    assert done["roles_due"] is False


def test_a_revoked_log_key_says_how_to_go_on(office: Path) -> None:
    rows = ok("list", "--home", office)["keys"]
    assert isinstance(rows, list)
    identifier = next(row["id"] for row in rows if row["role"] == "log" and row["algorithm"] == "ed25519")
    done = key("revoke", identifier, "--reason", "设备失窃", "--home", office, "--lang", "en")
    assert done.code == 0
    assert "qingyuan key rotate --role log" in done.out
    words = ("rotate", "--role", "package", "--home", office)
    assert error(*words, exit_code=1) == "office.log-key-revoked"
    assert ok("rotate", "--role", "log", "--home", office)["rotated"]
    assert states(office, "log") == ["current", "current", "replaced", "revoked"]
    assert error("revoke", "0" * 16, "--reason", "x", "--home", office) == "evidence.unknown-key"


def test_two_of_three_roots_sign_a_role_file_and_outsiders_get_the_roots(
    office: Path, tmp_path: Path
) -> None:
    words = tmp_path / "words"
    words.write_text("离线口令\n", encoding="utf-8")
    files = [tmp_path / f"root-{n}.key" for n in (1, 2, 3)]
    vkeys = []
    for n, file in enumerate(files):
        kind = ["--sm2"] if n == 2 else []
        stdin = ["--passphrase-file", words] if n == 0 else []
        body = ok("root", "new", "--out", file, "--name", f"root-{n}", *kind, *stdin, stdin="离线口令\n")
        assert ok("root", "public", file)["vkey"] == body["vkey"]
        vkeys.append(body["vkey"])
    assert error("roles", "draft", "-o", tmp_path / "roles.txt", "--home", office) == "office.no-roots"
    ok("root", "adopt", "--home", office, "--threshold", 2, *vkeys)
    text, note = tmp_path / "roles.txt", tmp_path / "roles.note"
    ok("roles", "draft", "-o", text, "--home", office)
    assert ok("root", "sign", text, files[0], stdin="离线口令\n")["signed"] == ["root-0"]
    assert error("roles", "publish", note, "--home", office) == "office.roles-signatures"
    assert error("root", "sign", text, files[2], stdin="错误\n") == "evidence.wrong-kek"
    signed = ok("root", "sign", text, files[2], stdin="离线口令\n")
    assert signed["signed"] == ["root-0", "root-2"]
    assert ok("roles", "publish", note, "--home", office)["version"] == 1
    assert (office / "roles" / "1.note").read_bytes() == note.read_bytes()
    trust = tmp_path / "trust.json"
    ok("trust", "-o", trust, "--roots-only", "--home", office)
    assert json.loads(trust.read_bytes()) == {
        "v": 2,
        "office": {"id": "test", "name": "某检察院"},
        "roots": {"threshold": 2, "keys": vkeys},
        "roles_version": 1,
    }
    ok("trust", "-o", trust, "--current-roots", "--home", office)
    assert json.loads(trust.read_bytes())["roles_from"] == 1
    ok("trust", "-o", trust, "--home", office)
    assert trust.read_bytes() == (office / "trust.json").read_bytes()
    rotated = key("rotate", "--role", "package", "--home", office, "--lang", "en")
    assert f"qingyuan key roles draft -o roles.txt --home {office}" in rotated.out
    assert ok("rotate", "--role", "device", "--actor", "D001", "--home", office)["roles_due"] is True
    ok("roles", "draft", "-o", text, "--home", office)
    assert error("root", "sign", text, files[0], stdin="离线口令\n") == "cli.other-roles"


def test_an_empty_passphrase_makes_no_root_key(tmp_path: Path) -> None:
    assert error("root", "new", "--out", tmp_path / "r", "--name", "r") == "evidence.bad-passphrase"
    assert not (tmp_path / "r").exists()


def test_destruction_asks_first_and_says_what_is_gone(home: Path) -> None:
    words = ("destroy", "L2026-0001", "--basis", "期限届满", "--approved-by", "P009", "--home", home)
    assert key(*words, stdin="n\n").code == 130
    unanswered = key(*words, "--lang", "en", stdin="")
    assert unanswered.code == 2
    assert "--yes" in unanswered.err
    before = run("ledger", "status", "--home", home, "--json").json()["size"]
    done = key(*words, "--yes", "--delete-blobs", "--lang", "en")
    assert done.code == 0
    assert "older copies of keyring.json" in done.out
    body = ok("list", "--home", home)
    assert list(body["destroyed"]) == ["L2026-0001"]  # type: ignore[call-overload]
    assert run("ledger", "status", "--home", home, "--json").json()["size"] == before + 1
    assert "已销毁：L2026-0001" in key("list", "--home", home).out


def test_the_key_that_opens_a_home_can_be_changed(office: Path, user: Path) -> None:
    files = user / "data" / "qingyuan" / "keys"
    before = {path: path.read_bytes() for path in files.iterdir()}
    assert ok("rekey", "--random-key", "--home", office)["opens"] == "key-file"
    changed = [path for path in files.iterdir() if before.get(path) != path.read_bytes()]
    assert len(changed) == 1
    with pytest.MonkeyPatch.context() as patch:
        assert ok("rekey", "--home", office, stdin="新口令\n")["opens"] == "passphrase"
        assert error("list", "--home", office) == "office.no-key"
        patch.setenv("QINGYUAN_PASSPHRASE", "新口令")
        assert states(office, "package") == ["current"]
