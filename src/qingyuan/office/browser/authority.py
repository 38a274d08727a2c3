"""A certificate authority for one capture, thrown away with it: it lets our own proxy read what it records."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from cryptography import x509

_DAYS = timedelta(days=2)


class Authority:
    """Makes server certificates that one browser is told to accept.

    The browser is told of the key alone, so the certificates, and the library for them, wait for the first server.

    Args:
        folder: A folder of our own, for the certificate files; removed by its owner.
    """

    def __init__(self, folder: Path) -> None:
        """Make the keys."""
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf = ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _certificate(self) -> x509.Certificate:
        from cryptography import x509  # noqa: PLC0415 - takes as long to load as all that starts a browser
        from cryptography.x509.oid import NameOID  # noqa: PLC0415

        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "qingyuan capture, not trusted")])
        return (
            self._start(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def spki(self) -> str:
        """Base64 of the SHA-256 of its public key, as the browser's switch wants it."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def context(self, host: str) -> ssl.SSLContext:
        """Return the settings of a server that answers as ``host``."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._new_context(host)
            return self._contexts[host]

    def _new_context(self, host: str) -> ssl.SSLContext:
        path = self._folder / f"{len(self._contexts)}.pem"
        encoding = serialization.Encoding.PEM
        path.write_bytes(
            self._leaf.private_bytes(
                encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._issue(host).public_bytes(encoding)
            + self._certificate.public_bytes(encoding)
        )
        path.chmod(0o600)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        path.unlink()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _issue(self, host: str) -> x509.Certificate:
        from cryptography import x509  # noqa: PLC0415 - as above
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
        except ValueError:
            name = x509.DNSName(host)
        return (
            self._start(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])]))
            .issuer_name(self._certificate.subject)
            .public_key(self._leaf.public_key())
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @staticmethod
    def _start(subject: x509.Name) -> x509.CertificateBuilder:
        from cryptography import x509  # noqa: PLC0415 - as above

        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAYS)
            .not_valid_after(now + _DAYS)
        )
