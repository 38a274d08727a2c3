"""RSASSA-PSS as others write it: any salt a key has room for, and a mask by another digest, judged alike by the verifier."""

from __future__ import annotations

import functools

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qingyuan.evidence.timestamp import BrokenTimestampError, UnsupportedTimestampError
from qingyuan.evidence.timestamp.signatures import SignatureAlgorithm, read_algorithm, verify_signature
from qingyuan.evidence.verify import verify_evp

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
#: What 256 bytes have room for beside a digest of 32 bytes.
LONGEST = 222


@functools.cache
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


def identifier(digest: str, mask: str, salt: int) -> algos.SignedDigestAlgorithm:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
            "salt_length": salt,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def both(named: algos.SignedDigestAlgorithm, signature: bytes, message: bytes) -> bool:
    """Return what the package says; the verifier must say the same."""
    public = private().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    here = verify_signature(public, read_algorithm(named), signature, message)
    key = verify_evp._PublicKey.parse(verify_evp._der_one(public))
    assert key.holds(verify_evp._algorithm(verify_evp._der_one(named.dump())), message, signature) == here
    return here


@pytest.mark.parametrize(
    ("digest", "mask", "salt"),
    [
        ("sha256", "sha256", 0),
        ("sha256", "sha256", 65),
        ("sha256", "sha256", LONGEST),
        ("sha256", "sha512", 20),
        ("sha512", "sha256", 64),
        ("sha384", "sha512", LONGEST - 16),
    ],
)
def test_pss_is_judged_by_the_salt_and_mask_that_are_written(digest: str, mask: str, salt: int) -> None:
    signature = private().sign(b"text", padding.PSS(padding.MGF1(HASHES[mask]), salt), HASHES[digest])
    named = identifier(digest, mask, salt)
    assert read_algorithm(named) == SignatureAlgorithm("rsa-pss", digest, salt, mask)
    assert both(named, signature, b"text")
    assert not both(named, signature, b"texT")
    for other in (
        identifier(digest, mask, salt + 1),
        identifier(digest, mask, 1024),
        identifier(digest, "sha384" if mask == "sha256" else "sha256", salt),
        identifier("sha512" if digest == "sha256" else "sha256", mask, salt),
    ):
        assert not both(other, signature, b"text")


@pytest.mark.parametrize("salt", [-1, 1025])
def test_a_salt_that_no_key_has_room_for_is_malformed(salt: int) -> None:
    named = identifier("sha256", "sha256", salt)
    with pytest.raises(BrokenTimestampError):
        read_algorithm(named)
    parameters = verify_evp._algorithm(verify_evp._der_one(named.dump())).parameters
    with pytest.raises(verify_evp._Misfit):
        verify_evp._pss_parameters(parameters)


@pytest.mark.parametrize(("digest", "mask"), [("sha1", "sha256"), ("sha256", "sha1"), ("sha224", "sha224")])
def test_digests_that_are_none_of_ours_are_not_taken_for_pss_either(digest: str, mask: str) -> None:
    with pytest.raises(UnsupportedTimestampError):
        read_algorithm(identifier(digest, mask, 20))
