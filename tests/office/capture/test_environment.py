"""The report on the machine: what it names, and what it keeps to itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from qingyuan.evidence import SourceError
from qingyuan.office.browser import BrowserFacts
from qingyuan.office.capture.environment import complete, examine
from qingyuan.office.capture.program import begin_digest
from qingyuan.office.clock import SystemClock

_FACTS = BrowserFacts("/usr/bin/x", "Chrome/1", "agent", ("/usr/bin/x",), sandbox=True, profile_before=())


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hosts"
    path.write_text(
        "127.0.0.1 localhost\n1.2.3.4\tshop.example  www.shop.example # 备注\n#5.6.7.8 shop.example\n"
    )
    monkeypatch.setattr("qingyuan.office.capture.environment._HOSTS", path)
    return path


def test_entries_of_the_hosts_file_that_touch_the_page_are_named(hosts: Path) -> None:
    report = examine(["https://shop.example/x"], _FACTS, (), SystemClock(), mode="raw", allow_private=False)
    assert report.network.hosts_entries == ("1.2.3.4 shop.example www.shop.example # 备注",)
    assert report.network.hosts_sha256 == hashlib.sha256(hosts.read_bytes()).hexdigest()
    assert "the hosts file names a captured host" in [en for _, en in report.findings]
    other = examine(["https://other.example/"], _FACTS, (), SystemClock(), mode="raw", allow_private=False)
    assert other.network.hosts_entries == ()
    assert "the hosts file names a captured host" not in [en for _, en in other.findings]


def test_proxy_settings_are_named_without_their_password(
    hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://clerk:secret@proxy.example:8080")
    report = examine(["https://shop.example/"], _FACTS, (), SystemClock(), mode="raw", allow_private=False)
    assert "HTTPS_PROXY=http://…@proxy.example:8080" in report.network.proxy_settings
    assert b"secret" not in report.as_bytes()
    assert b"clerk" not in report.as_bytes()


def test_what_is_not_known_is_said_to_be_unknown(hosts: Path) -> None:
    report = examine(["https://shop.example/"], _FACTS, (), SystemClock(), mode="raw", allow_private=False)
    assert report.clock_offset_ms is None
    assert "unknown" in report.clock
    assert "not done" in report.network.second_resolver
    assert report.system.kernel
    assert report.system.processes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "qingyuan" / "sm3-of-sha256"


@pytest.mark.parametrize(("memory", "used"), [(None, False), ("ab" * 32, True), ("nonsense", False)])
def test_sm3_is_remembered_by_sha256_and_what_is_no_digest_is_not_used(
    cache: Path, tmp_path: Path, memory: str | None, used: bool
) -> None:
    content = b"program" * 100
    sha256 = hashlib.sha256(content).hexdigest()
    (tmp_path / "browser").write_bytes(content)
    if memory is not None:
        cache.mkdir(parents=True)
        (cache / sha256).write_text(memory)
    found = begin_digest(tmp_path / "browser", SystemClock()).result.result()
    right = hashlib.new("sm3", content).hexdigest()
    assert (found.size, found.sha256, found.sm3) == (len(content), sha256, memory if used else right)
    assert (cache / sha256).read_text() == (memory if used else right)


def test_the_program_file_is_digested_again_when_it_changed(hosts: Path, tmp_path: Path) -> None:
    program = tmp_path / "browser"
    clock = SystemClock()
    report = examine(["https://shop.example/"], _FACTS, (), clock, mode="raw", allow_private=False)
    for content in (b"one", b"other"):
        program.write_bytes(content)
        digested = complete(report, begin_digest(program, clock)).browser
        assert digested.sha256 == hashlib.sha256(content).hexdigest()
        assert digested.size == len(content)
    (tmp_path / "link").symlink_to(program)
    with pytest.raises(SourceError):
        complete(report, begin_digest(tmp_path / "link", clock))
