"""Errors are one clear line in the chosen language, or JSON, with the right exit code."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cli.running import Done, run

MEMBERS = {"code", "zh", "en", "where", "remedy_zh", "remedy_en"}


def error_of(done: Done) -> dict[str, str]:
    body = done.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == MEMBERS
    assert done.err == ""
    error: dict[str, str] = body["error"]
    return error


def test_an_unknown_record_is_named_in_chinese_with_what_to_do(made: Path) -> None:
    done = run("case", "show", "C2026-0099", "--home", made)
    assert done.code == 2
    assert done.out == ""
    assert done.err == (
        "错误: C2026-0099: 没有编号为 C2026-0099 的线索、总案或案件。"
        "在线索、总案列表中核对编号（命令行：qingyuan lead list、qingyuan matter list）\n"
    )


@pytest.mark.parametrize("words", [("--lang", "en"), ("--lang=en",)])
def test_the_language_asked_for_is_that_of_the_error(made: Path, words: tuple[str, ...]) -> None:
    done = run("lead", "show", "L2026-0099", "--home", made, *words)
    assert done.err.startswith("error: L2026-0099: there is no lead, matter or case L2026-0099. ")
    assert "。" not in done.err


def test_the_language_of_the_environment_counts_too(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGYUAN_LANG", "en")
    assert run("lead", "show", "L2026-0099", "--home", made).err.startswith("error: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["case", "show", "C2026-0099"], "office.no-such-record"),
        (["exhibit", "custody", "X0000000000000000"], "office.no-such-exhibit"),
        (["ledger", "prove", "99999"], "ledger.no-such-entry"),
        (["document", "make", "没有这种", "C2026-0001"], "documents.unknown-form"),
        (["case", "act", "no-such-verb", "C2026-0001"], "cases.unknown-verb"),
        (["case", "act", "serve-filing", "C2026-0001", "mode"], "cli.bad-word"),
        (["case", "act", "serve-filing", "C2026-0001", "colour=red"], "cases.unknown-argument"),
        (["case", "act", "serve-filing", "C2026-0001", "on=yesterday"], "cases.bad-argument"),
        (["intake", "/no/such/folder"], "office.nothing-to-take"),
    ],
)
def test_input_that_cannot_be_used_is_exit_code_two_and_json_when_asked(
    made: Path, words: list[str], code: str
) -> None:
    done = run(*words, "--home", made, "--json")
    error = error_of(done)
    assert done.code == 2
    assert error["code"] == code
    assert error["zh"]
    assert error["en"]
    assert error["remedy_zh"]
    assert error["remedy_en"]


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        (["intake"], "缺少必需的参数或选项"),
        (["scan", "--no-such-option"], "没有选项 --no-such-option"),
        (["nothing"], "用法有误"),
        (["law", "threshold", "--sensitive", "many"], "参数值无效"),
        (["law", "threshold", "--gain", "a lot"], "参数值无效"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_two(words: list[str], zh: str) -> None:
    done = run(*words)
    assert done.code == 2
    assert zh in done.err
    assert done.err.count("\n") == 1
    assert error_of(run(*words, "--json"))["code"] == "cli.usage"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["law", "deadline", "no-such-period", "--from", "2026-03-18"], "law.unknown-period"),
        (["law", "deadline", "agency-reply", "--from", "2026-02-30"], "cli.bad-date"),
        (["law", "show", "no-such-rule"], "law.unknown-rule"),
        (["scan", "/no/such/file"], "cli.nothing-to-scan"),
        (["scan", "--hits", "hits.csv", "README.md"], "cli.suffix"),
        (["verify", "/no/such/package.evp"], "cli.system"),
        (["case", "verbs", "no-such-verb"], "cli.no-such-verb"),
    ],
)
def test_commands_without_a_home_say_what_is_wrong(words: list[str], code: str) -> None:
    done = run(*words, "--json")
    assert done.code == 2
    assert error_of(done)["code"] == code


def test_a_folder_that_is_no_home_is_said_to_be_none(tmp_path: Path) -> None:
    done = run("lead", "list", "--home", tmp_path, "--json")
    assert done.code == 2
    assert error_of(done)["code"] == "office.no-home"


def test_init_does_not_touch_a_home_that_is_there(home: Path) -> None:
    before = (home / "office.json").read_bytes()
    done = run("office", "init", "--id", "other", "--name", "另一院", "--home", home, "--json")
    assert done.code == 2
    assert error_of(done)["code"] == "cli.home-exists"
    assert (home / "office.json").read_bytes() == before


def test_what_the_operating_system_refuses_is_an_error_and_not_a_trace(made: Path, tmp_path: Path) -> None:
    done = run("ledger", "prove", "0", "-o", tmp_path / "missing" / "proof", "--home", made)
    assert done.code == 2
    assert "文件或目录不存在" in done.err


def test_without_its_key_a_home_does_not_open(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    done = run("ledger", "status", "--home", home, "--json")
    assert done.code == 2
    assert error_of(done)["code"] == "office.no-key"


def test_pages_that_were_not_captured_are_exit_code_one(home: Path) -> None:
    words = ("capture", "http://127.0.0.1:1/", "--lead", "L2026-0001", "--home", home)
    for extra in ((), ("--json",)):
        assert run(*words, *extra).code == 1
    done = run(*words, "--json").json()
    assert (done["captures"], [row["code"] for row in done["failed"]]) == ([], ["capture.refused-address"])


def test_a_witness_follows_the_logs_of_every_trust_file_given(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert run("office", "init", "--id", "other", "--name", "乙院", "--home", other).code == 0
    assert run("ledger", "witness", "init", tmp_path / "w", "--name", "witness.example").code == 0
    trusts = ("--trust", home / "trust.json", "--trust", other / "trust.json")
    added = run("ledger", "witness", "add-log", tmp_path / "w", *trusts, "--json").json()["added"]
    assert len({row["origin"] for row in added}) == 4


def test_a_database_without_its_tables_is_an_error_and_not_a_trace(home: Path) -> None:
    with sqlite3.connect(home / "qingyuan.db") as database:
        database.execute("DROP TABLE event")
    done = run("ledger", "fsck", "--home", home, "--json")
    assert (done.code, done.json()["error"]["code"]) == (2, "cli.database")


def test_a_key_event_of_another_type_keeps_no_home_from_opening(home: Path) -> None:
    with sqlite3.connect(home / "qingyuan.db") as database:
        database.execute("UPDATE event SET payload = 'text' WHERE type = 'office.key_added'")
    done = run("ledger", "fsck", "--home", home, "--json")
    assert done.code == 1
    assert done.json()["problems"]


def test_what_is_no_utf8_is_named_and_no_defect(made: Path, tmp_path: Path) -> None:
    broken = os.fsdecode(b"\xff\xfe")
    for words in (
        ["case", "tasks", "--person", broken],
        ["exhibit", "hand-over", broken, "--to", "法院", "--output", str(tmp_path / "x")],
        ["party", "add", "court", "c1", "--name", broken],
    ):
        done = run(*words, "--home", made, "--json")
        assert (done.code, "error" in done.json()) == (2, True), words
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xf4\xff\x00")
    done = run(
        "key",
        "root",
        "new",
        "--out",
        tmp_path / "root",
        "--name",
        "r1",
        "--passphrase-file",
        secret,
        "--json",
    )
    assert (done.code, error_of(done)["code"]) == (2, "cli.not-text")


def test_a_file_whose_name_is_no_utf8_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / os.fsdecode(b"n\xff\xfe.csv")).write_text("phone\n13800138000\n", encoding="utf-8")
    done = run("scan", folder, "--jobs", "1", "--json")
    assert done.code == 0, done.out
    assert done.json()["files"][0]["file"].encode("utf-8", "surrogateescape").endswith(b"n\xff\xfe.csv")
    assert sum(one["confirmed"] for one in done.json()["kinds"].values()) == 1
    for name in ("hits.jsonl", "hits.parquet"):
        done = run("scan", folder, "--jobs", "1", "--hits", tmp_path / name)
        assert done.code == 0, done.err


@pytest.mark.parametrize(
    "url", ["http://[", "ftp://x", "https://a:b@x", "x", "http://x:99999", "https://x/path"]
)
def test_where_browsers_reach_us_is_an_address(made: Path, url: str) -> None:
    for words in (["serve"], ["portal", "invite", "C2026-0001", "organ"]):
        done = run(*words, "--public-url", url, "--home", made, "--json")
        assert (done.code, error_of(done)["code"]) == (2, "cli.usage"), words
