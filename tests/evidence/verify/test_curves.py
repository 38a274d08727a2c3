"""The verifier's own SM2, ECDSA and RSA, against published numbers, a plain signer and a library."""

from __future__ import annotations

import json
import pathlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import verify_evp
from qingyuan.evidence.verify.verify_evp import sm2_usable, sm2_verify
from tests.evidence.verify.sm2_signing import N, P, sm2_public, sm2_raw, sm2_sign, z_of
from tests.evidence.verify.stamping import HASHES

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "vectors" / "sm" / "sm2.json"
SECRET = 0x1649AB77A00637BD5E2EFE283FBF353534AA7F7CB89463F208DDBC2920BB0DA0
CURVES = {
    "p256": (ec.SECP256R1(), verify_evp._P256),
    "p384": (ec.SECP384R1(), verify_evp._P384),
    "p521": (ec.SECP521R1(), verify_evp._P521),
}


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_bytes()))
def test_the_vectors_of_the_sm_profile_verify(vector: dict[str, str]) -> None:
    public, message, signature = (bytes.fromhex(vector[n]) for n in ("public", "message", "signature"))
    assert verify_evp._sm3(verify_evp._sm2_z(public) + message).hex() == vector["digest"]
    assert sm2_verify(public, message, signature)
    assert not sm2_verify(public, message + b"\0", signature)


def test_the_curves_are_what_they_must_be() -> None:
    for curve in (verify_evp._SM2, verify_evp._P256, verify_evp._P384, verify_evp._P521):
        x, y = curve.base
        assert (y * y - x**3 + 3 * x - curve.b) % curve.p == 0
        assert verify_evp._combine(curve, curve.n - 1, 0, curve.base) == (x, curve.p - y)
        assert verify_evp._combine(curve, curve.n - 1, 1, curve.base) is None, "n times the base is infinity"
        assert verify_evp._combine(curve, 1, 1, curve.base) == verify_evp._combine(curve, 2, 0, curve.base)


@settings(max_examples=15, deadline=None)
@given(secret=st.integers(1, N - 2), message=st.binary(max_size=100), flip=st.integers(0, 64 * 8))
def test_sm2_agrees_with_the_plain_signer(secret: int, message: bytes, flip: int) -> None:
    signature = bytearray(sm2_raw(secret, message))
    if flip:
        signature[(flip - 1) // 8] ^= 1 << ((flip - 1) % 8)
    assert sm2_verify(sm2_public(secret), message, bytes(signature)) is (flip == 0)


def test_sm2_refuses_every_number_outside_its_range() -> None:
    public, message = sm2_public(SECRET), b"message digest"
    r, s = sm2_sign(SECRET, message)
    assert verify_evp._sm2_z(public) == z_of(public)

    def holds(first: int, second: int) -> bool:
        return sm2_verify(public, message, first.to_bytes(32, "big") + second.to_bytes(32, "big"))

    assert holds(r, s)
    for first, second in ((0, s), (r, 0), (N, s), (r, N), (r, N - r), (N - r, r), (2**256 - 1, s), (s, r)):
        assert not holds(first, second)
    if r + N < 2**256:
        assert not holds(r + N, s)
    for data in (b"", bytes(63), bytes(64), bytes(65), sm2_raw(SECRET, message) + b"\0"):
        assert not sm2_verify(public, message, data)


def test_sm2_keys_are_points_of_the_curve_in_their_one_form() -> None:
    public = sm2_public(SECRET)
    assert sm2_usable(public)
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    bad = [
        b"", public[:-1], public + b"\0", public[1:], b"\x02" + public[1:33], b"\x06" + public[1:], bytes(65),
        public[:33] + (y ^ 1).to_bytes(32, "big"), b"\x04" + P.to_bytes(32, "big") + public[33:],
        public[:1] + public[33:] + public[1:33],
    ]  # fmt: skip
    if x + P < 2**256:
        bad.append(b"\x04" + (x + P).to_bytes(32, "big") + public[33:])
    for key in bad:
        assert not sm2_usable(key)
        assert not sm2_verify(key, b"", sm2_raw(SECRET, b""))


@settings(max_examples=20, deadline=None)
@given(secret=st.integers(1, 2**200), message=st.binary(max_size=50), data=st.data())
def test_ecdsa_agrees_with_openssl(secret: int, message: bytes, data: st.DataObject) -> None:
    named, curve = CURVES[data.draw(st.sampled_from(sorted(CURVES)))]
    name = data.draw(st.sampled_from(sorted(HASHES)))
    private = ec.derive_private_key(secret, named)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    r, s = decode_dss_signature(private.sign(message, ec.ECDSA(HASHES[name])))
    digest = verify_evp._hash(name, message)
    assert verify_evp._ecdsa_holds(curve, public, digest, r, s)
    assert verify_evp._ecdsa_holds(curve, public, digest, r, curve.n - s), "ECDSA does not bind the sign of s"
    for first, second in ((s, r), (r, s + 1), (0, s), (r, 0), (r + curve.n, s), (r, s + curve.n), (-r, s)):
        assert not verify_evp._ecdsa_holds(curve, public, digest, first, second)
    assert not verify_evp._ecdsa_holds(curve, public, verify_evp._hash(name, message + b"x"), r, s)


@pytest.mark.parametrize("bits", [2_048, 2_049, 2_055])
@pytest.mark.parametrize("name", sorted(HASHES))
def test_rsa_agrees_with_openssl_and_takes_one_encoding_only(bits: int, name: str) -> None:
    private, chosen = rsa.generate_private_key(65_537, bits), HASHES[name]
    n, e = private.public_key().public_numbers().n, 65_537
    plain = private.sign(b"text", padding.PKCS1v15(), chosen)
    assert verify_evp._rsa_pkcs1_holds(n, e, name, b"text", plain)
    for bad in (
        b"",
        plain[:-1],
        b"\0" + plain,
        plain + b"\0",
        (int.from_bytes(plain, "big") + n).to_bytes(300, "big"),
    ):
        assert not verify_evp._rsa_pkcs1_holds(n, e, name, b"text", bad)
    assert not verify_evp._rsa_pkcs1_holds(n, e, name, b"tex", plain)
    for salt in (0, 20, chosen.digest_size, (bits + 6) // 8 - chosen.digest_size - 2):
        signature = private.sign(b"text", padding.PSS(padding.MGF1(HASHES["sha256"]), salt), chosen)
        assert verify_evp._rsa_pss_holds(n, e, (name, "sha256", salt), b"text", signature)
        for other in ((name, "sha256", salt + 1), (name, "sha384", salt), (name, "sha256", 2**60)):
            assert not verify_evp._rsa_pss_holds(n, e, other, b"text", signature)
        assert not verify_evp._rsa_pss_holds(n, e, (name, "sha256", salt), b"texT", signature)


def test_an_rsa_signature_with_rubbish_in_its_padding_is_refused() -> None:
    """With e = 3 a cube root of such an encoding would do as a signature (Bleichenbacher, 2006)."""
    private = rsa.generate_private_key(3, 2_048)
    n = private.public_key().public_numbers().n
    digest = verify_evp._hash("sha256", b"text")
    info = b"\x30\x31" + verify_evp._DIGEST_INFO["sha256"] + b"\x04\x20" + digest
    good = private.sign(b"text", padding.PKCS1v15(), HASHES["sha256"])
    assert pow(int.from_bytes(good, "big"), 3, n).to_bytes(256, "big").endswith(info)
    head = int.from_bytes(b"\0\1\xff\0" + info, "big") << (8 * (256 - 4 - len(info)))
    low, high = 1, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < head else (low, middle)
    forged = low.to_bytes(256, "big")
    assert (low**3).to_bytes(256, "big").startswith(b"\0\1\xff\0" + info[:30])
    assert not verify_evp._rsa_pkcs1_holds(n, 3, "sha256", b"text", forged)


@pytest.mark.parametrize(
    ("bits", "e", "usable"),
    [(2_048, 65_537, True), (2_048, 3, True), (8_192, 65_537, True), (2_047, 65_537, False), (8_193, 65_537, False),
     (2_048, 1, False), (2_048, 65_536, False), (2_048, 2**64 + 1, False), (2_048, -3, False)],
)  # fmt: skip
def test_rsa_keys_have_bounds_so_that_no_key_is_slow(bits: int, e: int, usable: bool) -> None:
    assert verify_evp._rsa_usable((1 << (bits - 1)) | 1, e) is usable
    assert not verify_evp._rsa_usable(1 << (bits - 1), e), "an even modulus is none"
