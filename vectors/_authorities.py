"""Synthetic time-stamping authorities whose keys follow from a seed, so that their tokens come out again."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from asn1crypto import core, crl, keys, ocsp, x509
from cryptography.hazmat.primitives.asymmetric import rsa

from qingyuan.evidence.timestamp.issuing import (
    Issuer,
    TrialAuthority,
    answer,
    ca_extensions,
    issue_certificate,
    tsa_extensions,
)
from qingyuan.evidence.timestamp.request import new_request
from qingyuan.evidence.timestamp.signing import SigningKey, Sm2Key, SoftwareKey
from qingyuan.ledger import Sm2PrivateKey

SEED = "qingyuan package vectors 2"
#: What the clocks of the authorities begin with.
BEGIN = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)

_PRIME_BITS = 1024
_EXPONENT = 65_537
_ROUNDS = 40


def seeded(what: str) -> Callable[[int], bytes]:
    """Return a source of bytes that follow from the seed, ``what`` and the number of the draw."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{SEED}/{what}/{drawn}".encode()).digest(count)

    return draw


class Authority:
    """A root and an authority below it, RSA of 2,048 bits or SM2.

    Args:
        name: What it is called; its operator has the same name.
        sm2: Whether it signs with SM2 over SM3.
    """

    def __init__(self, name: str, *, sm2: bool = False) -> None:
        """Make keys and certificates."""
        self.name = name
        self._sm2 = sm2
        draw = seeded(f"tsa/{name}")
        root, own = (_key(draw, sm2=sm2) for _ in range(2))
        self._issuer = issuer = Issuer(f"TEST ROOT {name}, not an authority", root)
        before, after = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
        self.root = issue_certificate(
            issuer.name,
            root.public,
            issuer,
            serial=1,
            not_before=before,
            not_after=after,
            extensions=ca_extensions(),
        )
        certificate = issue_certificate(
            f"TEST TSA {name}, not an authority",
            own.public,
            issuer,
            serial=2,
            not_before=before,
            not_after=after,
            extensions=tsa_extensions(),
        )
        self._authority = TrialAuthority(own, certificate)

    def stamp(self, message: bytes, minute: int) -> bytes:
        """Return the token over ``message``, given ``minute`` minutes after :data:`BEGIN`."""
        request = new_request(message, algorithm="sm3" if self._sm2 else "sha256").encode()
        serial = int.from_bytes(hashlib.sha256(request).digest()[:8], "big")
        return answer(request, self._authority, at=BEGIN + timedelta(minutes=minute), serial=serial)

    def revocation_list(self, minute: int, *, revoked: bool = False) -> bytes:
        """Return the root's list of ``minute`` minutes after :data:`BEGIN`, good for a year, with the authority on it or not."""
        since = BEGIN + timedelta(minutes=minute)
        entry = {"user_certificate": 2, "revocation_date": _utc(since)}
        tbs = crl.TbsCertList(
            {
                "version": "v2",
                "signature": self._issuer.key.algorithm,
                "issuer": x509.Name.build({"common_name": self._issuer.name}),
                "this_update": _utc(since),
                "next_update": _utc(since + timedelta(days=365)),
                **({"revoked_certificates": [entry]} if revoked else {}),
            }
        )
        fields = {
            "tbs_cert_list": tbs,
            "signature_algorithm": self._issuer.key.algorithm,
            "signature": self._issuer.key.sign(tbs.dump()),
        }
        return bytes(crl.CertificateList(fields).dump())

    def ocsp_answer(self, minute: int, *, revoked: bool = False, responder: bool = False) -> bytes:
        """Return what was answered about the authority ``minute`` minutes after :data:`BEGIN` (RFC 6960).

        Args:
            minute: When; the answer holds for a year.
            revoked: Whether the certificate is revoked, from that minute, without a reason.
            responder: Whether a responder that the root named signs in its place.
        """
        since = BEGIN + timedelta(minutes=minute)
        signer, signs = self._issuer.name, self._issuer.key
        certificates = []
        if responder:
            signs, signer = (
                _key(seeded(f"ocsp/{self.name}"), sm2=self._sm2),
                f"TEST OCSP {self.name}, not a responder",
            )
            certificates = [self._responder(signer, signs)]
        digest = "sm3" if self._sm2 else "sha1"
        about = {
            "hash_algorithm": {"algorithm": "1.2.156.10197.1.401" if self._sm2 else "sha1"},
            "issuer_name_hash": hashlib.new(digest, _name(self._issuer.name).dump()).digest(),
            "issuer_key_hash": hashlib.new(digest, _bits(self._issuer.key)).digest(),
            "serial_number": 2,
        }
        status = {"revoked": {"revocation_time": since}} if revoked else {"good": core.Null()}
        single = {
            "cert_id": about,
            "cert_status": ocsp.CertStatus(*next(iter(status.items()))),
            "this_update": since,
            "next_update": since + timedelta(days=365),
        }
        data = ocsp.ResponseData(
            {
                "responder_id": ocsp.ResponderId("by_name", _name(signer)),
                "produced_at": since,
                "responses": [single],
            }
        )
        basic: dict[str, object] = {
            "tbs_response_data": data,
            "signature_algorithm": signs.algorithm,
            "signature": signs.sign(data.dump()),
        }
        if certificates:
            basic["certs"] = certificates
        response = ocsp.BasicOCSPResponse(basic)
        inner = {"response_type": "basic_ocsp_response", "response": response}
        return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": inner}).dump())

    def _responder(self, name: str, key: SigningKey) -> x509.Certificate:
        """Return the certificate by which the root lets ``key`` answer for it."""
        purpose = x509.ExtKeyUsageSyntax(["ocsp_signing"]).dump()
        extension = {
            "extn_id": "extended_key_usage",
            "critical": True,
            "extn_value": core.ParsableOctetString(purpose),
        }
        return x509.Certificate.load(
            issue_certificate(
                name,
                key.public,
                self._issuer,
                serial=3,
                not_before=datetime(2025, 1, 1, tzinfo=UTC),
                not_after=datetime(2045, 1, 1, tzinfo=UTC),
                extensions=[extension],
            )
        )


def _name(common: str) -> x509.Name:
    return x509.Name.build({"common_name": common})


def _bits(key: SigningKey) -> bytes:
    """Return the bits of a public key, as OCSP hashes them: without the byte that counts unused ones."""
    return bytes(keys.PublicKeyInfo.load(key.public)["public_key"].contents[1:])


def _utc(moment: datetime) -> x509.Time:
    return x509.Time({"utc_time": moment})


def _key(draw: Callable[[int], bytes], *, sm2: bool) -> SigningKey:
    if sm2:
        return Sm2Key(Sm2PrivateKey.generate(draw))
    return SoftwareKey(_rsa(draw(64), draw(64)))


def _rsa(one: bytes, two: bytes) -> rsa.RSAPrivateKey:
    p, q = sorted((_prime(one), _prime(two)), reverse=True)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


def _prime(seed: bytes) -> int:
    """Return the first prime from a number that follows from ``seed``, with its two highest bits set."""
    start = int.from_bytes(hashlib.shake_256(seed).digest(_PRIME_BITS // 8), "big")
    candidate = start | 3 << (_PRIME_BITS - 2) | 1
    while not (_passes_division(candidate) and (candidate - 1) % _EXPONENT and _is_probable(candidate)):
        candidate += 2
    return candidate


@functools.cache
def _small_primes() -> tuple[int, ...]:
    return tuple(n for n in range(3, 4000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


def _passes_division(candidate: int) -> bool:
    return all(candidate % prime for prime in _small_primes())


def _is_probable(candidate: int) -> bool:
    """Miller and Rabin, with the first odd primes as bases."""
    twos = (candidate - 1 & 1 - candidate).bit_length() - 1
    odd = candidate - 1 >> twos
    for base in (2, *_small_primes()[: _ROUNDS - 1]):
        power = pow(base, odd, candidate)
        if power in {1, candidate - 1}:
            continue
        for _ in range(twos - 1):
            power = power * power % candidate
            if power == candidate - 1:
                break
        else:
            return False
    return True
