"""The verifier's own Ed25519, SM3 and Merkle paths, against the standards' vectors and a library."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import verify_evp
from qingyuan.evidence.verify.verify_evp import PureSM3, ed25519_usable, ed25519_verify
from tests.evidence.verify.noting import path_of, root_of, sha256
from tests.ledger.ed25519_mixed import mixed_signatures

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493

# RFC 8032, 7.1: public key, message, signature of TEST 1, 2, 3 and SHA(abc).
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]

# The eight points of small order, and encodings of some of them that are not canonical.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_verify(key: str, message: str, signature: str) -> None:
    public, text, sig = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verify(public, text, sig)
    assert not ed25519_verify(public, text + b"\0", sig)
    for position in range(0, 64, 7):
        assert not ed25519_verify(
            public, text, sig[:position] + bytes([sig[position] ^ 1]) + sig[position + 1 :]
        )


@pytest.mark.parametrize("encoded", SMALL_ORDER)
def test_a_key_of_small_order_is_refused_whatever_it_signs(encoded: str) -> None:
    key = bytes.fromhex(encoded)
    assert not ed25519_usable(key)
    identity = (1).to_bytes(32, "little")
    for message in (b"", b"a", b"b", b"c"):
        assert not ed25519_verify(key, message, identity + bytes(32))


def test_a_signature_with_s_beyond_the_order_is_refused() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    public, sig = private.public_key().public_bytes_raw(), private.sign(b"text")
    s = int.from_bytes(sig[32:], "little")
    assert ed25519_verify(public, b"text", sig)
    assert not ed25519_verify(public, b"text", sig[:32] + (s + L).to_bytes(32, "little"))


def test_a_point_that_is_not_canonically_encoded_is_refused() -> None:
    for y in (P, P + 1, P + 3, 2**255 - 1):
        for sign in (0, 1):
            assert not ed25519_usable((y | sign << 255).to_bytes(32, "little"))
    assert not ed25519_usable(b"")
    assert not ed25519_usable(bytes(31))
    off_curve = next(y for y in range(2, 50) if verify_evp._decompress(y.to_bytes(32, "little")) is None)
    assert not ed25519_usable(off_curve.to_bytes(32, "little"))


def test_a_wrong_length_of_signature_is_refused() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    public, sig = private.public_key().public_bytes_raw(), private.sign(b"text")
    for data in (b"", sig[:-1], sig + b"\0"):
        assert not ed25519_verify(public, b"text", data)


@settings(max_examples=60, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), flip=st.integers(0, 64 * 8))
def test_it_agrees_with_openssl(seed: bytes, message: bytes, flip: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, sig = private.public_key().public_bytes_raw(), bytearray(private.sign(message))
    if flip:
        sig[(flip - 1) // 8] ^= 1 << ((flip - 1) % 8)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(sig), message)
        expected = True
    except InvalidSignature:
        expected = False
    assert ed25519_verify(public, message, bytes(sig)) is expected
    assert expected is (flip == 0)


def test_the_vectors_of_gb_t_32905_hold_for_the_pure_sm3() -> None:
    assert PureSM3(b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert (
        PureSM3(b"abcd" * 16).hexdigest()
        == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


@given(parts=st.lists(st.binary(max_size=150), max_size=6))
def test_the_pure_sm3_agrees_with_openssl_however_it_is_fed(parts: list[bytes]) -> None:
    state = PureSM3()
    for part in parts:
        state.update(memoryview(part))
    assert state.hexdigest() == hashlib.new("sm3", b"".join(parts)).hexdigest()
    assert state.digest() == bytes.fromhex(state.hexdigest()), "a digest may be taken twice"


def test_without_sm3_in_openssl_the_pure_one_gives_the_same_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.evidence.verify.checking import check
    from tests.evidence.verify.maker import Maker

    data = Maker().build()
    new = hashlib.new

    def without(name: str, *rest: bytes) -> object:
        if name == "sm3":
            raise ValueError("unsupported hash type sm3")
        return new(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "new", without)
        assert verify_evp._choose_sm3() is PureSM3
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "new", lambda *_: hashlib.sha256())
        assert verify_evp._choose_sm3() is PureSM3, "a wrong SM3 is not used"
    monkeypatch.setattr(verify_evp, "_new_sm3", PureSM3)
    assert check(data).verdict == "pass"


@given(size=st.integers(1, 70), data=st.data())
def test_inclusion_paths_lead_to_the_root_of_rfc_6962_and_only_there(size: int, data: st.DataObject) -> None:
    leaves = [sha256(b"\0%d" % i) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = tuple(path_of(index, leaves))
    root = root_of(leaves)
    assert verify_evp._root_from_path(leaves[index], index, size, path) == root
    assert verify_evp._root_from_path(leaves[index], size, size, path) is None
    assert verify_evp._root_from_path(leaves[index], index, size, (*path, root)) is None
    if path:
        assert verify_evp._root_from_path(leaves[index], index, size, path[:-1]) is None
        assert verify_evp._root_from_path(leaves[index], index ^ 1, size, path) != root


def test_the_root_of_a_tree_of_eight_is_the_published_one() -> None:
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [verify_evp._leaf_hash(bytes.fromhex(i)) for i in inputs]
    assert root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_an_r_of_small_order_is_no_signature() -> None:
    for public, message, sig in mixed_signatures():
        assert ed25519_usable(public)
        assert not ed25519_verify(public, message, sig)
