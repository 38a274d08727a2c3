"""The state of the machine before a capture: what a reader needs to judge whether it was clean.

The items follow the outline of what SF/T 0091 asks to be checked before material is fixed (对照 only;
no claim of conformity). What could not be checked says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from qingyuan.evidence import format_time
from qingyuan.office.browser import BrowserFacts
from qingyuan.office.capture.guard import Answer
from qingyuan.office.capture.program import Digesting
from qingyuan.office.clock import Clock

_HOSTS = Path("/etc/hosts")
_PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_MOST_PROCESSES = 500


class BrowserState(msgspec.Struct, frozen=True):
    """The browser.

    Attributes:
        path: Program file.
        product: Name and version as it says them.
        size: Bytes of the program file.
        sha256: Its SHA-256.
        sm3: Its SM3.
        digest_begun: When reading it for the digests began.
        command: Command line.
        sandbox: Whether its own sandbox is on.
        profile_before: What was in the profile folder before the start; nothing.
    """

    path: str
    product: str
    size: int
    sha256: str
    sm3: str
    digest_begun: str
    command: tuple[str, ...]
    sandbox: bool
    profile_before: tuple[str, ...]


class SystemState(msgspec.Struct, frozen=True):
    """The machine.

    Attributes:
        os: Operating system.
        kernel: Its kernel.
        machine: Processor architecture.
        processors: Processors.
        memory: Bytes of memory; 0 when unknown.
        root: Whether the program runs as root.
        processes: Names of the running processes, each once.
    """

    os: str
    kernel: str
    machine: str
    processors: int
    memory: int
    root: bool
    processes: tuple[str, ...]


class NetworkState(msgspec.Struct, frozen=True):
    """The network.

    Attributes:
        hosts_sha256: SHA-256 of the hosts file; ``""`` when there is none.
        hosts_entries: Lines of the hosts file that name a captured host.
        proxy_settings: Proxy variables of the environment, without credentials; they are not used.
        answers: Answers of the system's resolver for the captured hosts.
        second_resolver: What a second way of resolving gave, or that there was none.
    """

    hosts_sha256: str
    hosts_entries: tuple[str, ...]
    proxy_settings: tuple[str, ...]
    answers: tuple[Answer, ...]
    second_resolver: str


class Environment(msgspec.Struct, frozen=True):
    """The report; it is complete before the first request is sent, but for the digests of the browser.

    Attributes:
        v: Version of the layout.
        basis: What the list of items is held against.
        at: When it was made, by the wall clock.
        mono_ns: The same moment by the monotonic clock.
        tool: Name and version of this program.
        runtime: Versions of what it stands on.
        browser: See :class:`BrowserState`.
        system: See :class:`SystemState`.
        network: See :class:`NetworkState`.
        clock: What is known of the offset of the clock.
        clock_offset_ms: The offset, or ``None`` when there was nothing to compare with.
        mode: ``"raw"`` or ``"decoded"``.
        findings: What a reader should know before relying on the capture, in Chinese and English.
    """

    v: int
    basis: str
    at: str
    mono_ns: int
    tool: str
    runtime: tuple[str, ...]
    browser: BrowserState
    system: SystemState
    network: NetworkState
    clock: str
    clock_offset_ms: int | None
    mode: str
    findings: tuple[tuple[str, str], ...]

    def as_bytes(self) -> bytes:
        """Return the report as indented JSON with a line feed."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def examine(
    urls: Sequence[str],
    facts: BrowserFacts,
    answers: Sequence[Answer],
    clock: Clock,
    *,
    mode: str,
    allow_private: bool,
) -> Environment:
    """Return the report, but for the digests of the browser, which :func:`complete` adds.

    Args:
        urls: Addresses that will be asked for first.
        facts: The started browser.
        answers: What the system's resolver said.
        clock: Where times come from.
        mode: ``"raw"`` or ``"decoded"``.
        allow_private: Whether special addresses may be reached.
    """
    from qingyuan import __version__  # noqa: PLC0415 - read at call time

    hosts = sorted({urlsplit(url).hostname or "" for url in urls} - {""})
    digest, entries = _hosts_file(hosts)
    system = _system()
    network = NetworkState(
        digest,
        entries,
        _proxy_settings(),
        tuple(answers),
        "未进行：离线环境没有第二条解析途径 | not done: there is no second way to resolve names here",
    )
    browser = BrowserState(
        facts.path, facts.product, 0, "", "", "", facts.command, facts.sandbox, facts.profile_before
    )
    return Environment(
        v=1,
        basis="对照 SF/T 0091—2021 关于取证前环境清洁性检查的要求（提纲） | held against SF/T 0091-2021 in outline",
        at=format_time(clock.now()),
        mono_ns=clock.monotonic_ns(),
        tool=f"qingyuan/{__version__}",
        runtime=(f"Python {platform.python_version()}", ssl.OPENSSL_VERSION),
        browser=browser,
        system=system,
        network=network,
        clock="未知：无法连接时间服务器 | unknown: no time server was asked",
        clock_offset_ms=None,
        mode=mode,
        findings=_findings(facts, system, network, allow_private=allow_private),
    )


def complete(report: Environment, digesting: Digesting) -> Environment:
    """Return the report with the digests of the browser.

    Raises:
        SourceError: The program file could not be read.
    """
    digests = digesting.result.result()
    browser = msgspec.structs.replace(
        report.browser,
        size=digests.size,
        sha256=digests.sha256,
        sm3=digests.sm3,
        digest_begun=digesting.begun,
    )
    return msgspec.structs.replace(report, browser=browser)


def _findings(
    facts: BrowserFacts, system: SystemState, network: NetworkState, *, allow_private: bool
) -> tuple[tuple[str, str], ...]:
    wanted = (
        (bool(facts.profile_before), "浏览器配置目录不为空", "the profile folder was not empty"),
        (system.root, "程序以 root 身份运行", "the program runs as root"),
        (not facts.sandbox, "浏览器未启用沙箱", "the browser runs without its sandbox"),
        (bool(network.hosts_entries), "hosts 文件含有被固定的主机名", "the hosts file names a captured host"),
        (
            bool(network.proxy_settings),
            "系统设置了代理；本次取证未使用",
            "proxy settings exist; they were not used",
        ),
        (allow_private, "允许访问内网和本机地址", "private and loopback addresses were allowed"),
        (True, "时钟偏差未核对", "the offset of the clock was not checked"),
    )
    return tuple((zh, en) for holds, zh, en in wanted if holds)


def _hosts_file(hosts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    try:
        data = _HOSTS.read_bytes()
    except OSError:
        return "", ()
    entries = []
    for line in data.decode("utf-8", "replace").splitlines():
        names = line.partition("#")[0].split()[1:]
        if any(name.lower() in hosts for name in names):
            entries.append(" ".join(line.split()))
    return hashlib.sha256(data).hexdigest(), tuple(entries)


def _proxy_settings() -> tuple[str, ...]:
    found = []
    for name, value in sorted(os.environ.items()):
        if name.lower() in _PROXY_NAMES and value:
            before, at, after = value.rpartition("@")
            found.append(f"{name}={before.partition('://')[0] + '://…@' if at else ''}{after}")
    return tuple(found)


def _system() -> SystemState:
    memory = 0
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    name = platform.platform()
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        name = release.get("PRETTY_NAME", name)
    return SystemState(
        os=name,
        kernel=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        processors=os.cpu_count() or 0,
        memory=memory,
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        processes=_processes(),
    )


def _processes() -> tuple[str, ...]:
    names = set()
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            names.add(comm.read_text(encoding="utf-8", errors="replace").strip())
    return tuple(sorted(names)[:_MOST_PROCESSES])
