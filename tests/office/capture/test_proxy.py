"""The proxy by itself: bytes in, the same bytes out and on record, and TLS judged and recorded."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qingyuan.office.browser.authority import Authority
from qingyuan.office.capture import CaptureError
from qingyuan.office.capture._wire import Stream, WireError, body, parse_head
from qingyuan.office.capture.bounds import Bounds, Meter
from qingyuan.office.capture.exchange import Exchange, Refusal
from qingyuan.office.capture.guard import Guard
from qingyuan.office.capture.proxy import Proxy, Rules
from qingyuan.office.clock import SystemClock
from tests.office.capture.site import Site, serving
from tests.office.capture.taking import records, taken


class _Kept:
    def __init__(self) -> None:
        self.exchanges: list[tuple[Exchange, bytes]] = []
        self.refusals: list[Refusal] = []

    def record(self, exchange: Exchange) -> None:
        self.exchanges.append((exchange, exchange.body.read()))


@pytest.fixture
def kept() -> _Kept:
    return _Kept()


@pytest.fixture
def proxy(kept: _Kept, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(
        Guard(allow_private=True),
        Meter(Bounds(idle_seconds=2)),
        SystemClock(),
        Authority(tmp_path),
        record=kept.record,
        refuse=kept.refusals.append,
        rules=Rules(),
    ) as running:
        yield running


def _client(proxy: Proxy) -> socket.socket:
    host, _, port = proxy.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def _raw_server(answers: list[bytes]) -> tuple[int, list[bytes], threading.Thread]:
    """Serve fixed bytes, one answer a request, on one connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def run() -> None:
        with listener:
            connection, _ = listener.accept()
            with connection:
                stream = Stream(connection)
                for answer in answers:
                    asked.append(stream.head())
                    connection.sendall(answer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return listener.getsockname()[1], asked, thread


def test_odd_answers_pass_byte_for_byte_on_one_connection(proxy: Proxy, kept: _Kept) -> None:
    answers = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: a\r\n b\r\n\r\n3;q\r\nabc\r\n0\r\nT: 1\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\nContent-Length: 2\n\nok",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    ]
    port, asked, thread = _raw_server(answers)
    got = b""
    with _client(proxy) as client:
        for number in range(len(answers)):
            client.sendall(
                f"GET http://127.0.0.1:{port}/{number}?q=1 HTTP/1.1\r\nHost: h\r\nProxy-Connection: keep-alive\r\n"
                "Accept-Encoding: gzip, br\r\n\r\n".encode()
            )
            end = time.monotonic() + 60
            want = len(b"".join(answers[: number + 1]))
            while len(got) < want and time.monotonic() < end:
                got += client.recv(65536)
        assert client.recv(1) == b"", "an answer without a length ends the connection"
    thread.join()
    assert got == b"".join(answers)
    assert (
        asked[0]
        == b"GET /0?q=1 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
    )
    proxy.close()
    assert [exchange.head + data for exchange, data in kept.exchanges] == [
        answers[0], answers[1], answers[2].partition(b"\r\n\r\n")[2], answers[3],
    ]  # fmt: skip
    assert kept.exchanges[0][0].request[0] == asked[0]
    assert kept.exchanges[2][0].notes == ["interim answer 103"]
    assert all(not exchange.truncated for exchange, _ in kept.exchanges)


def test_closing_cuts_off_what_is_under_way_and_leaves_no_thread(proxy: Proxy, kept: _Kept) -> None:
    with serving() as site, _client(proxy) as client:
        client.sendall(f"GET {site.url}/drip HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert client.recv(100)
        before = time.monotonic()
        proxy.close()
        assert time.monotonic() - before < 20
    assert kept.exchanges[0][0].truncated == "time"
    assert not [t for t in threading.enumerate() if t.name == "capture-proxy"]


def test_nonsense_ends_the_connection_and_nothing_else(proxy: Proxy, kept: _Kept) -> None:
    for nonsense in (
        b"\0\1\2\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"CONNECT x HTTP/1.1\r\n\r\n",
        b"GET ftp://h/ HTTP/1.1\r\n\r\n",
        b"GET http://h:99999/ HTTP/1.1\r\n\r\n",
        b"CONNECT h:0 HTTP/1.1\r\n\r\n",
        b"CONNECT \xe4\xbe\x8b:443 HTTP/1.1\r\n\r\n",
    ):
        with _client(proxy) as client:
            client.sendall(nonsense)
            assert client.recv(10) == b""
    assert kept.exchanges == []


def test_websockets_pass_and_are_noted(proxy: Proxy, kept: _Kept) -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframe"
    port, asked, thread = _raw_server([answer])
    with _client(proxy) as client:
        client.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        assert b"200" in client.recv(100)
        client.sendall(b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n")
        got = b""
        while data := client.recv(100):
            got += data
    thread.join()
    proxy.close()
    assert got == answer
    assert asked[0].startswith(b"GET /chat ")
    ((exchange, _),) = kept.exchanges
    assert (exchange.url, exchange.status) == (f"http://127.0.0.1:{port}/chat", 101)
    assert exchange.notes == ["switched protocol: 0 bytes up, 5 bytes down, not recorded"]


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"0005 ; x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n", b"hello!"),
    ],
)
def test_chunks_are_cut_where_they_end(raw: bytes, content: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(raw + b"NEXT")
        head = parse_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        pieces = list(body(stream := Stream(ours), head, method="GET"))
        assert b"".join(piece for piece, _ in pieces) == raw
        assert b"".join(piece for _, piece in pieces) == content
        assert stream.some(10) == b"NEXT"


@pytest.mark.parametrize("raw", [b"zz\r\n", b"5\r\nhel", b"-1\r\n", b"5\r\nhello\r\n0\r\n"])
def test_broken_chunks_are_refused(raw: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(raw)
        head = parse_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(WireError):
            list(body(Stream(ours), head, method="GET"))


def _certificate(folder: Path) -> Path:
    """Write key and self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "site.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    path = _certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with serving(context) as site:
        yield site, path


def test_a_tls_page_is_taken_raw_with_its_chain(
    secure: tuple[Site, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, certificate = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    one = taken(f"{site.url}/?images=2", tmp_path, replay=True)
    assert one.status == 200
    assert one.replay.result == "same", one.replay
    found = records(one, "response")
    assert len(found) == 3
    assert {each.record.header("WARC-Protocol") for each in found} == {"TLSv1.3"}
    (chain,) = (
        each for each in records(one, "resource") if each.record.header("WARC-Target-URI") in one.chains
    )
    assert chain.block in certificate.read_bytes().replace(b"\r\n", b"\n")
    assert any(b"tls-verified: yes" in each.block for each in records(one, "metadata"))


def test_a_certificate_that_does_not_verify_is_refused_unless_allowed(
    secure: tuple[Site, Path], tmp_path: Path
) -> None:
    site, _ = secure
    with pytest.raises(CaptureError) as caught:
        taken(f"{site.url}/", tmp_path)
    assert caught.value.code == "capture.bad-certificate"
    assert "self" in caught.value.en
    assert "允许未通过验证的证书" in caught.value.remedy_zh
    one = taken(f"{site.url}/", tmp_path, allow_bad_certificate=True)
    assert one.status == 200
    assert any(b"tls-verified: self" in each.block for each in records(one, "metadata"))


def test_a_disk_that_is_full_fails_the_capture_and_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qingyuan.office.capture.archive.Archive._metadata", full)
    with serving() as site, pytest.raises(OSError, match="No space left"):
        taken(f"{site.url}/", tmp_path)
