"""Strict Ed25519: no key of small order, no coordinate that is not canonical, no S of a second spelling."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from qingyuan.ledger import Algorithm, NoteSigner, VerifierKey, ed25519_verify
from qingyuan.ledger._ed25519 import is_ed25519_public
from qingyuan.ledger.keys import key_id
from tests.ledger.ed25519_mixed import mixed_signatures
from tests.ledger.support import expect

ORDER = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19
#: The eight points whose order divides eight, and spellings of them with a coordinate of p and more or a sign of zero.
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("public", SMALL)
def test_a_key_of_small_order_is_no_key(public: str) -> None:
    raw = bytes.fromhex(public)
    assert not is_ed25519_public(raw)
    for algorithm in (Algorithm.ED25519, Algorithm.COSIGNATURE):
        with expect("ledger.key"):
            VerifierKey("log.example", algorithm, raw)
    messages = [b"message %d" % number for number in range(40)]
    assert not any(
        ed25519_verify(raw, each, bytes.fromhex(r) + bytes(32)) for each in messages for r in SMALL
    )


def test_a_key_of_small_order_cannot_be_read_from_its_text() -> None:
    raw = bytes.fromhex(SMALL[0])
    text = base64.b64encode(b"\x01" + raw).decode()
    with expect("ledger.key"):
        VerifierKey.parse(f"log.example+{key_id('log.example', 1, raw):08x}+{text}")


def test_every_coordinate_of_p_and_more_is_refused() -> None:
    for y in range(P, 2**255):
        for sign in (0, 1 << 255):
            assert not is_ed25519_public((y | sign).to_bytes(32, "little"))
    assert is_ed25519_public((P - 2).to_bytes(32, "little"))


def test_an_s_with_the_order_added_is_no_signature() -> None:
    signer = NoteSigner("log.example", bytes(range(32)))
    text = "log.example\n1\n" + "A" * 43 + "=\n"
    signature = signer.sign(text)
    assert signer.key.verifies(text, signature)
    s = int.from_bytes(signature[32:], "little")
    assert not signer.key.verifies(text, signature[:32] + (s + ORDER).to_bytes(32, "little"))
    for at in range(0, 512, 7):
        changed = bytearray(signature)
        changed[at // 8] ^= 1 << at % 8
        assert not signer.key.verifies(text, bytes(changed))


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65, 128])
def test_lengths_that_are_none(length: int) -> None:
    signer = NoteSigner("log.example", bytes(range(32)))
    assert not ed25519_verify(signer.key.public, b"", bytes(length))
    assert not is_ed25519_public(b"\x05" * length)


def test_an_r_of_small_order_is_no_signature_though_openssl_takes_it() -> None:
    found = list(mixed_signatures())
    assert len({signature[:32] for _, _, signature in found}) == 8
    for public, message, signature in found:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        assert is_ed25519_public(public)
        assert not ed25519_verify(public, message, signature)
