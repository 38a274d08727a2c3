"""Tokens of odd shapes: the page, the stand-alone program and the reader at the door, beside what the RFCs say of each."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from asn1crypto.keys import PublicKeyInfo

from qingyuan.evidence.timestamp import read_certificate
from qingyuan.evidence.timestamp.verify import Standing, judge_timestamp
from qingyuan.evidence.verify import verify_stream
from tests.evidence.verify import stamping as make
from tests.evidence.verify.stamping import Key, Party, Stamp, der, integer, oid, seq
from tests.evidence.verify_page.making import Matter
from tests.evidence.verify_page.making import Stamp as Line
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.trees import b64
from tests.evidence.verify_page.trusting import trust_of

TOKEN = "timestamps/0.tsr"
ROOT, TSA = make.authority()
_CODES = {
    "time": "trusted",
    "untrusted-time": "untrusted",
    "timestamp": "broken",
    "unsupported": "unsupported",
}
_EXTENSION = seq(oid("1.2.3.9"), b"\x01\x01\xff", der(4, b"\5\0"))
_HARMLESS = seq(oid("1.2.3.9"), der(4, b"\5\0"))
_OTHER = seq(oid("1.2.3.8"), der(0x31, b"\5\0"))


def sm2_as(algorithm: str) -> Stamp:
    root, tsa = make.authority("sm2", seed=9)
    return Stamp(b"", tsa, (tsa.certificate, root.certificate), "sm3", algorithm=seq(oid(algorithm)))


def compressed() -> Stamp:
    """A signer whose key is a compressed point, which RFC 5480 allows."""
    tsa = Party("TSA 1", _Compressed("p256", 1), ROOT, TSA.extensions, serial=1)
    return Stamp(b"", tsa, (tsa.certificate,))


def by_ed25519(*parameters: bytes) -> Stamp:
    tsa = Party("TSA 1", Key("ed25519", 6), ROOT, TSA.extensions, serial=1)
    return Stamp(b"", tsa, (tsa.certificate,), algorithm=seq(oid("1.3.101.112"), *parameters))


class _Compressed(Key):
    @property
    def spki(self) -> bytes:
        whole = Key(self.kind, self.seed).spki
        point = whole[-65:]
        curve = seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
        return seq(curve, make.bits(bytes((2 + (point[-1] & 1),)) + point[1:33]))


class _ForPss(Key):
    """An RSA key whose certificate says that it is for RSASSA-PSS, perhaps with some parameters only."""

    parameters: bytes = b""

    @property
    def spki(self) -> bytes:
        point = make.bits(PublicKeyInfo.load(Key(self.kind, self.seed).spki)["public_key"].contents[1:])
        return seq(seq(oid("1.2.840.113549.1.1.10"), self.parameters), point)


def for_pss(kind: str, parameters: bytes = b"", **changes: object) -> Stamp:
    key = _ForPss(kind, 3)
    object.__setattr__(key, "parameters", parameters)
    tsa = Party("TSA 1", key, ROOT, TSA.extensions, serial=1)
    return Stamp(b"", tsa, (tsa.certificate,)).but(**changes)


def pss(hashed: str, mask: str, salt: int) -> bytes:
    generator = seq(oid("1.2.840.113549.1.1.8"), make.hash_id(mask))
    return seq(der(0xA0, make.hash_id(hashed)), der(0xA1, generator), der(0xA2, integer(salt)))


class _Odd(Key):
    """A key whose certificate holds something else in its place."""

    written: bytes = b""

    @property
    def spki(self) -> bytes:
        return self.written


def keyed(written: bytes, kind: str = "p256", **changes: object) -> Stamp:
    """A token by a signer whose certificate holds these bytes for its key."""
    key = _Odd(kind, 8)
    object.__setattr__(key, "written", written)
    tsa = Party("TSA 1", key, ROOT, TSA.extensions, serial=1)
    return Stamp(b"", tsa, (tsa.certificate,)).but(**changes)


def on_curve(named: bytes, point: bytes) -> bytes:
    return seq(seq(oid("1.2.840.10045.2.1"), named), make.bits(point))


def rsa_key(inside: bytes) -> bytes:
    return seq(seq(oid("1.2.840.113549.1.1.1"), make.NULL), make.bits(inside))


def by_p521() -> Stamp:
    root, tsa = make.authority("p521", hashed="sha512", seed=3)
    return Stamp(b"", tsa, (tsa.certificate, root.certificate), "sha512")


P256_OID, SM2_OID = oid("1.2.840.10045.3.1.7"), oid("1.2.156.10197.1.301")
RSA_SM3 = seq(oid("1.2.156.10197.1.504"), make.NULL)


def essential(certificate: bytes, *more: bytes) -> bytes:
    """An ESSCertIDv2 by SHA-256."""
    return seq(der(4, make.digest("sha256", certificate)), *more)


PLAIN = Stamp(b"", TSA, (TSA.certificate,))
MIDDLE = Party("中间", Key("p256", 4), ROOT, (make.constraints(), make.usage(0x06)), serial=4)
BELOW = Party("TSA 2", Key("p256", 5), MIDDLE, TSA.extensions, serial=5)
LONG = Stamp(b"", BELOW, (BELOW.certificate, MIDDLE.certificate))
NAMED = essential(MIDDLE.certificate)
BY_SHA1 = seq(der(4, make.digest("sha1", MIDDLE.certificate)))
UNKNOWN_DIGEST = seq(seq(oid("1.2.3")), der(4, make.digest("sha256", MIDDLE.certificate)))
PSS_OID = oid("1.2.840.113549.1.1.10")
#: What it is, the token, and what the two verifiers and the door say.
CASES: list[tuple[str, Stamp, str, str]] = [
    ("nothing odd", PLAIN, "trusted", "trusted"),
    ("accuracy, ordering, nonce", PLAIN.but(tail=(seq(integer(1), der(0x80, b"\x01")), b"\x01\x01\xff", integer(9))), "trusted", "trusted"),
    ("an accuracy of nothing", PLAIN.but(tail=(seq(),)), "trusted", "trusted"),
    ("an accuracy of a thousand thousandths", PLAIN.but(tail=(seq(der(0x80, b"\x03\xe8")),)), "broken", "broken"),
    ("an accuracy below nothing", PLAIN.but(tail=(seq(integer(-1)),)), "broken", "broken"),
    ("an accuracy of no length", PLAIN.but(tail=(seq(der(0x81)),)), "broken", "broken"),
    ("a nonce of 160 bits", PLAIN.but(tail=(integer(1 << 159),)), "trusted", "trusted"),
    ("an integer that is not the shortest in accuracy", PLAIN.but(tail=(seq(b"\x02\x02\x00\x01"),)), "broken", "broken"),
    ("a boolean that is neither", PLAIN.but(tail=(b"\x01\x01\x01",)), "broken", "broken"),
    ("a critical extension that nobody knows", PLAIN.but(tail=(der(0xA1, _EXTENSION),)), "unsupported", "unsupported"),
    ("one that is not critical", PLAIN.but(tail=(der(0xA1, _HARMLESS),)), "trusted", "trusted"),
    ("an extension twice", PLAIN.but(tail=(der(0xA1, _HARMLESS, _HARMLESS),)), "broken", "broken"),
    ("no extension at all", PLAIN.but(tail=(der(0xA1),)), "broken", "broken"),
    ("something after the extensions", PLAIN.but(tail=(der(0xA1, _HARMLESS), integer(1))), "broken", "broken"),
    ("something after the accuracy", PLAIN.but(tail=(seq(integer(1), der(0x80, b"\x01"), der(0x81, b"\x01"), integer(1)),)), "broken", "broken"),
    ("something in an extension", PLAIN.but(tail=(der(0xA1, seq(oid("1.2.3.9"), der(4, b"\5\0"), integer(1))),)), "broken", "broken"),
    ("something after the signature", PLAIN.but(unsigned=(der(0xA1, _OTHER), integer(1))), "broken", "broken"),
    ("something after the parameters of PSS", for_pss("pss", algorithm=seq(PSS_OID, pss("sha256", "sha256", 32) + integer(1))), "broken", "broken"),
    ("something in the parameters of PSS", for_pss("pss", algorithm=seq(PSS_OID, pss("sha256", "sha256", 32)[:-3] + integer(32) + integer(1))), "broken", "broken"),
    ("a fraction", PLAIN.but(time=b"20260302020000.25Z"), "trusted", "trusted"),
    ("a fraction that ends in a zero", PLAIN.but(time=b"20260302020000.250Z"), "broken", "broken"),
    ("a fraction of nothing", PLAIN.but(time=b"20260302020000.Z"), "broken", "broken"),
    ("a leap second", PLAIN.but(time=b"20260302235960Z"), "broken", "broken"),
    ("no seconds", PLAIN.but(time=b"202603020200Z"), "broken", "broken"),
    ("a zone", PLAIN.but(time=b"20260302020000+0800"), "broken", "broken"),
    ("attributes not in order, signed in order", PLAIN.but(shuffled="stored so"), "trusted", "trusted"),
    ("attributes not in order, signed so", PLAIN.but(shuffled="signed so"), "trusted", "trusted"),
    ("a further attribute", PLAIN.but(attributes=(_OTHER,)), "trusted", "trusted"),
    ("a further attribute twice", PLAIN.but(attributes=(_OTHER, _OTHER)), "broken", "broken"),
    ("a further attribute of no value", PLAIN.but(attributes=(seq(oid("1.2.3.8"), der(0x31)),)), "broken", "broken"),
    ("words in the status", PLAIN.but(status_tail=(seq(der(0x0C, b"ok")),)), "trusted", "trusted"),
    ("a number after the status", PLAIN.but(status_tail=(integer(1),)), "broken", "broken"),
    ("unsigned attributes", PLAIN.but(unsigned=(der(0xA1, _OTHER),)), "trusted", "trusted"),
    ("BER in unsigned attributes", PLAIN.but(unsigned=(der(0xA1, seq(oid("1.2.3.8"), der(0x31, der(0x24, der(4, b"x"))))),)), "broken", "broken"),
    ("waiting, and a token beside it", PLAIN.but(status=3), "broken", "broken"),
    ("SM2 by its OID with SM3", sm2_as("1.2.156.10197.1.501"), "trusted", "trusted"),
    ("SM2 by the OID of its signature", sm2_as("1.2.156.10197.1.301.1"), "trusted", "trusted"),
    ("SM2 by the OID of its curve", sm2_as("1.2.156.10197.1.301"), "trusted", "trusted"),
    ("ECDSA by the OID of its key", PLAIN.but(algorithm=seq(oid("1.2.840.10045.2.1"))), "unsupported", "unsupported"),
    ("ECDSA with SHA-1", PLAIN.but(algorithm=seq(oid("1.2.840.10045.4.1"))), "unsupported", "unsupported"),
    ("an unknown algorithm and another imprint", PLAIN.but(algorithm=seq(oid("1.2.3")), imprint=bytes(32)), "broken", "unsupported"),
    ("an intermediate, and nothing but the signer named", LONG, "trusted", "trusted"),
    ("an intermediate that is named", LONG.but(further=(NAMED,)), "trusted", "trusted"),
    ("an intermediate that is not named, but another", LONG.but(further=(essential(b"another"),)), "untrusted", "untrusted"),
    ("an intermediate that is not named, but the root", LONG.but(further=(essential(ROOT.certificate),)), "untrusted", "untrusted"),
    ("an intermediate and another that are named", LONG.but(further=(essential(b"another"), NAMED)), "trusted", "trusted"),
    ("an intermediate by a digest that nobody knows", LONG.but(further=(UNKNOWN_DIGEST,)), "untrusted", "untrusted"),
    ("an intermediate named by issuer and number too", LONG.but(further=(essential(MIDDLE.certificate, make.issuer_serial(MIDDLE)),)), "trusted", "trusted"),
    ("an intermediate named by another number", LONG.but(further=(essential(MIDDLE.certificate, make.issuer_serial(MIDDLE, serial=9)),)), "untrusted", "untrusted"),
    ("an intermediate named by SHA-1", LONG.but(identifiers=("v1",), further=(BY_SHA1,)), "trusted", "trusted"),
    ("another named by SHA-1", LONG.but(identifiers=("v1",), further=(seq(der(4, bytes(20))),)), "untrusted", "untrusted"),
    ("an intermediate in one attribute of two", LONG.but(identifiers=("v1", "v2"), further=(NAMED,)), "untrusted", "untrusted"),
    ("no intermediate, and another named", PLAIN.but(further=(essential(b"another"),)), "trusted", "trusted"),
    ("the signer named by issuer and number too", PLAIN.but(issuer_serial=make.issuer_serial(TSA)), "trusted", "trusted"),
    ("the signer named by another number", PLAIN.but(issuer_serial=make.issuer_serial(TSA, serial=9)), "broken", "broken"),
    ("the signer named by another issuer", PLAIN.but(issuer_serial=make.issuer_serial(BELOW, serial=1)), "broken", "broken"),
    ("something after the names of a certificate", PLAIN.but(further=(essential(b"another", make.issuer_serial(TSA), integer(1)),)), "broken", "broken"),
    ("a key for PSS", for_pss("pss"), "trusted", "trusted"),
    ("a key for PSS that signed by PKCS #1 v1.5", for_pss("rsa"), "broken", "broken"),
    ("a key for such PSS", for_pss("pss", pss("sha256", "sha256", 32)), "trusted", "trusted"),
    ("a key for PSS of shorter salts", for_pss("pss", pss("sha256", "sha256", 20)), "trusted", "trusted"),
    ("a key for PSS of longer salts", for_pss("pss", pss("sha256", "sha256", 33)), "broken", "broken"),
    ("a key for PSS by another digest", for_pss("pss", pss("sha512", "sha256", 32)), "broken", "broken"),
    ("a key for PSS by another mask", for_pss("pss", pss("sha256", "sha512", 32)), "broken", "broken"),
    ("a key for PSS by SHA-1, which is meant where nothing stands", for_pss("pss", seq()), "unsupported", "unsupported"),
    ("a salt that no key has room for", for_pss("pss", algorithm=seq(PSS_OID, pss("sha256", "sha256", 1025))), "broken", "broken"),
    ("a salt below nothing", for_pss("pss", algorithm=seq(PSS_OID, pss("sha256", "sha256", -1))), "broken", "broken"),
    ("a salt that no key has room for, by a digest nobody knows", for_pss("pss", algorithm=seq(PSS_OID, seq(der(0xA0, seq(oid("1.2.3"))), der(0xA2, integer(1025))))), "broken", "broken"),
    ("ECDSA with NULL beside it", PLAIN.but(algorithm=seq(oid("1.2.840.10045.4.3.2"), make.NULL)), "trusted", "trusted"),
    ("ECDSA with a number beside it", PLAIN.but(algorithm=seq(oid("1.2.840.10045.4.3.2"), integer(1))), "unsupported", "unsupported"),
    ("Ed25519 with NULL beside it", by_ed25519(make.NULL), "unsupported", "unsupported"),
    ("Ed25519", by_ed25519(), "trusted", "trusted"),
    ("a compressed point", compressed(), "unsupported", "unsupported"),
    ("P-521", by_p521(), "trusted", "trusted"),
    ("RSA with SM3", for_pss("rsa", algorithm=RSA_SM3).but(signer=make.authority("rsa")[1], certificates=(make.authority("rsa")[1].certificate,), hash="sm3"), "unsupported", "unsupported"),
    ("64 certificates named", PLAIN.but(further=(NAMED,) * 63), "trusted", "trusted"),
    ("65 certificates named", PLAIN.but(further=(NAMED,) * 64), "unsupported", "unsupported"),
    ("65 certificates named by SHA-1", PLAIN.but(identifiers=("v1",), further=(BY_SHA1,) * 64), "unsupported", "unsupported"),
    ("a point that is not on its curve", keyed(on_curve(P256_OID, b"\4" + bytes(63) + b"\1")), "broken", "broken"),
    ("a point that is too short", keyed(on_curve(P256_OID, b"\4" + bytes(40))), "broken", "broken"),
    ("no point", keyed(on_curve(P256_OID, b"")), "broken", "broken"),
    ("the point at infinity", keyed(on_curve(P256_OID, b"\0")), "broken", "broken"),
    ("a point of SM2 that is not on its curve", keyed(on_curve(SM2_OID, b"\4" + bytes(63) + b"\1"), "sm2", hash="sm3"), "broken", "broken"),
    ("a key on a curve that nobody knows", keyed(on_curve(oid("1.3.132.0.10"), b"\4" + bytes(64))), "unsupported", "unsupported"),
    ("a key on a curve without a name", keyed(on_curve(b"", b"\4" + bytes(64))), "unsupported", "unsupported"),
    ("a key on a curve by NULL", keyed(on_curve(make.NULL, b"\4" + bytes(64))), "unsupported", "unsupported"),
    ("a key of SM2 that signed by ECDSA", keyed(Key("sm2", 8).spki), "unsupported", "unsupported"),
    ("an RSA key that is none", keyed(rsa_key(b"none"), "rsa"), "broken", "broken"),
    ("an RSA key of one number", keyed(rsa_key(seq(integer(7))), "rsa"), "broken", "broken"),
    ("an RSA key with an even exponent", keyed(rsa_key(seq(integer(1 << 2047 | 1), integer(4))), "rsa"), "unsupported", "unsupported"),
    ("an RSA key with a long exponent", keyed(rsa_key(seq(integer(1 << 2047 | 1), integer(1 << 65 | 1))), "rsa"), "unsupported", "unsupported"),
    ("an RSA key with an even modulus", keyed(rsa_key(seq(integer(1 << 2047), integer(65537))), "rsa"), "unsupported", "unsupported"),
    ("an Ed25519 key that is too short", keyed(seq(seq(oid("1.3.101.112")), make.bits(bytes(31))), "ed25519"), "broken", "broken"),
]  # fmt: skip


def stands_at_the_door(token: bytes, message: bytes, root: Party) -> str:
    """What the reader of answers says."""
    found = judge_timestamp(token, message, anchors=[read_certificate(root.certificate)])
    return {Standing.TRUSTED: "trusted", Standing.NOT_TRUSTED: "untrusted", Standing.BROKEN: "broken"}.get(
        found.standing, "unsupported"
    )


@pytest.mark.parametrize(("what", "stamp", "verifiers", "door"), CASES, ids=[case[0] for case in CASES])
def test_tokens_of_odd_shapes(node: Node, what: str, stamp: Stamp, verifiers: str, door: str) -> None:
    root = stamp.signer.issuer
    assert root is not None, what
    root = root.issuer or root
    messages: list[bytes] = []

    def by(message: bytes) -> bytes:
        messages.append(message)
        return replace(stamp, message=message).token()

    matter = Matter(twin=False)
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    matter.stamps = [Line("checkpoint", by, size=2)]
    package = matter.package()
    logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
    tsas = [{"name": root.common, "operator": "甲", "certificate": b64(root.certificate)}]
    trust = trust_of(logs=logs, tsas=tsas)
    page = node.judge(package, trust)
    alone = verify_stream(io.BytesIO(package), json.dumps(trust).encode()).as_dict()
    for result in (page, alone):
        codes = {each["code"] for each in result["reasons"] if each["path"] == TOKEN}
        worst = next(code for code in ("timestamp", "unsupported", "untrusted-time", "time") if code in codes)
        assert _CODES[worst] == verifiers
        assert result["verdict"] == {"broken": "fail", "unsupported": "undetermined"}.get(verifiers, "pass")
    assert page["timestamps"] == alone["timestamps"]
    token = by(messages[0])
    assert stands_at_the_door(token, messages[0], root) == door
