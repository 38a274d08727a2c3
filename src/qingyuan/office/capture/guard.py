"""The one place that connects to the outside, and what it refuses to connect to.

A name is resolved once; if any of its addresses is one that must not be reached, the name is refused;
the connection goes to an address that was checked, so a second answer of the name server changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from qingyuan.office.capture.errors import CaptureError, refused_address, unreachable

#: Resolves a host name and port to addresses.
Resolver = Callable[[str, int], tuple[str, ...]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_PROTOCOL = ipaddress.ip_network("192.0.0.0/24")

_CONNECT_SECONDS = 15.0
_PORTS = {"http": 80, "https": 443}


class Answer(msgspec.Struct, frozen=True):
    """What the name server of the system answered.

    Attributes:
        host: Name that was asked for.
        addresses: Its addresses, in the order of the answer.
        error: Why there is none; ``""`` when there is.
    """

    host: str
    addresses: tuple[str, ...]
    error: str = ""


class Guard:
    """Decides which addresses may be reached, and connects.

    Args:
        allow_private: Let loopback, private and other special addresses through.
        allowed: Pairs of address and port that may be reached in any case.
        resolve: Resolver; by default that of the system.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        allowed: frozenset[tuple[str, int]] = frozenset(),
        resolve: Resolver | None = None,
    ) -> None:
        """Set the rules."""
        self.allow_private = allow_private
        self._allowed = allowed
        self._resolve = resolve or resolve_by_system
        self._answers: dict[str, Answer] = {}
        self._reached: dict[tuple[str, int], str] = {}

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The newest answer for every name asked for so far."""
        return tuple(self._answers[host] for host in sorted(self._answers))

    def address_of(self, url: str) -> str:
        """Return the address last connected to for ``url``; ``""`` when there was none."""
        parts = urlsplit(url)
        return self._reached.get((parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)), "")

    def look_up(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of ``host``, all of which may be reached.

        Raises:
            CaptureError: ``capture.refused-address`` or ``capture.unreachable``.
        """
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            self._answers[host] = Answer(host, (), str(error))
            raise unreachable(
                f"{host}:{port}", f"域名无法解析（{error}）", f"the name does not resolve ({error})"
            ) from error
        self._answers[host] = Answer(host, addresses)
        for address in addresses:
            zh, en = why_refused(address)
            if en and not self.allow_private and (address, port) not in self._allowed:
                raise refused_address(f"{host}:{port} ({address})", zh, en)
        return addresses

    def connect(self, host: str, port: int, *, timeout: float = _CONNECT_SECONDS) -> socket.socket:
        """Return a connection to ``host``, to one of the addresses that were checked.

        Raises:
            CaptureError: ``capture.refused-address`` or ``capture.unreachable``.
        """
        addresses = self.look_up(host, port)
        deadline = time.monotonic() + timeout
        failure: OSError | None = None
        for address in addresses:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                connection = socket.create_connection((address, port), timeout=left)
            except OSError as error:
                failure = error
                continue
            self._reached[host, port] = address
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        reason = str(failure) if failure else "timed out"
        raise unreachable(f"{host}:{port}", reason, reason) from failure


def resolve_by_system(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of ``host`` by the resolver of the system.

    Raises:
        OSError: The name does not resolve.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def why_refused(address: str) -> tuple[str, str]:
    """Return why ``address`` must not be reached, in Chinese and English; empty when it may."""
    try:
        ip = _innermost(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "不是 IP 地址", "is no IP address"
    for holds, zh, en in (
        (ip.is_loopback, "本机回环地址", "a loopback address"),
        (ip.is_unspecified, "未指定地址", "the unspecified address"),
        (
            ip.is_link_local,
            "链路本地地址（含云主机元数据地址）",
            "a link-local address (cloud metadata included)",
        ),
        (ip.is_multicast, "组播地址", "a multicast address"),
        (ip in _SHARED, "运营商共享地址", "a shared (carrier-grade NAT) address"),
        (ip in _PROTOCOL or ip.is_reserved, "保留地址", "a reserved address"),
        (not ip.is_global, "内网或专用地址", "a private or special-purpose address"),
    ):
        if holds:
            return zh, en
    return "", ""


def _innermost(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address carries in itself, if it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or ip in _NAT64_LOCAL or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


__all__ = ["Answer", "CaptureError", "Guard", "Resolver", "resolve_by_system", "why_refused"]
