"""``qingyuan timestamp`` as a user sees it, with a test authority in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from asn1crypto import pem

from qingyuan.cli import _app
from qingyuan.office.home import Home
from tests.cli.running import run
from tests.warm import start


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_app._COMMANDS, "timestamp", ("timestamp", "timestamp", "时间戳 | timestamps"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Home.open(tmp_path / "home", create=True).close()
    return tmp_path / "home"


@pytest.fixture
def authority() -> Iterator[dict[str, str]]:
    with start("timestamp", "serve-test", "--json", "--name", "one", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], "the test authority ended"
        yield json.loads("".join(lines))
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0


def test_a_head_is_stamped_checked_listed_and_exported(
    home: Path, authority: dict[str, str], tmp_path: Path
) -> None:
    assert "TEST" in pem_subject(authority["certificate"])
    (home / "tsa.yaml").write_text(yaml.safe_dump({"tsas": [authority]}), encoding="utf-8")
    done = run("timestamp", "request", "--home", home, "--json")
    assert done.code == 0, done.out
    assert (done.json()["operators"], done.json()["failed"]) == (["one"], [])
    assert {each["second"]["agreement"] for each in done.json()["stamped"]} == {"agree"}
    again = run("timestamp", "request", "--home", home, "--lang", "en")
    assert "there already" in again.out
    assert "only one operator" in again.out
    checked = run("timestamp", "check", "--home", home, "--json")
    assert checked.code == 0
    assert {each["standing"] for each in checked.json()["timestamps"]} == {"trusted"}
    assert "第二读取器一致" in run("timestamp", "check", "--home", home).out
    listed = run("timestamp", "list", "--home", home, "--json").json()["timestamps"]
    assert [each["over"] for each in listed] == ["checkpoint", "checkpoint"]
    assert "one" in run("timestamp", "list", "--home", home).out
    aged = run("timestamp", "list", "--home", home, "--before", 2000, "--json").json()["timestamps"]
    assert {reason["code"] for each in aged for reason in each["due"]} == {"expires"}
    renewed = run("timestamp", "request", "--renew", "--before", 2000, "--home", home, "--json").json()
    assert [each["over"] for each in renewed["stamped"]] == ["timestamp", "timestamp"]
    out = tmp_path / "out"
    assert run("timestamp", "export", 1, out, "--home", home).code == 0
    (out / "root.pem").write_text(authority["certificate"], encoding="ascii")
    verified = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "1.message", "-in", "1.tsr", "-CAfile", "root.pem"],
        cwd=out, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in verified.stdout, verified.stderr


def pem_subject(text: str) -> str:
    der: bytes = pem.unarmor(text.encode())[2]
    return der.decode("utf-8", "replace")


def test_without_an_authority_it_says_what_to_write(home: Path) -> None:
    done = run("timestamp", "request", "--home", home, "--json")
    assert done.code == 2
    assert done.json()["error"]["code"] == "office.no-tsa"
    assert run("timestamp", "request", "--home", home, "--renew", "--exhibit", "X1", "--json").code == 2


def test_an_authority_that_gives_nothing_makes_the_exit_code_one(home: Path) -> None:
    entry = {"name": "a", "operator": "a", "url": "http://127.0.0.1:1/", "certificate": certificate()}
    (home / "tsa.yaml").write_text(yaml.safe_dump({"tsas": [{**entry, "url": "ftp://a/"}]}), encoding="utf-8")
    done = run("timestamp", "request", "--home", home, "--lang", "en")
    assert done.code == 1
    assert "failed: a" in done.out


def test_a_damaged_timestamp_makes_the_check_fail(home: Path) -> None:
    import sqlalchemy as sa

    with Home.open(home) as office, office.database.write() as connection:
        columns = "over, subject, size, root, tsa, operator, token, gen_time, at"
        values = "'checkpoint', 'x', 1, zeroblob(32), 'a', 'a', x'3003', '2026-01-01T00:00:00Z', 'now'"
        connection.execute(sa.text(f"INSERT INTO timestamp ({columns}) VALUES ({values})"))
    done = run("timestamp", "check", "--home", home, "--json")
    assert (done.code, done.json()["timestamps"][0]["error"]["code"]) == (1, "timestamp.truncated")


def certificate() -> str:
    from qingyuan.office.clock import SystemClock
    from qingyuan.office.timestamps.test_authority import found_authority

    return found_authority(now=SystemClock().now()).root_pem()
