"""SM2: the published example, other implementations, strictness, and the Python fallback."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    Sm2PrivateKey,
    _sm2_openssl,
    is_sm2_public,
    sm2,
    sm2_backend,
    sm2_digest,
    sm2_verify,
    sm3,
)
from qingyuan.ledger import _sm2_curve as curve
from tests.ledger.sm2_reference import N, number, times, word
from tests.ledger.support import expect, seeded

# GB/T 32918.5-2017, appendix A.2.
MESSAGE = b"message digest"
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
NONCE = bytes.fromhex("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
DIGEST = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def library() -> _sm2_openssl.Libcrypto:
    found = sm2._libcrypto()
    assert found is not None
    return found


@pytest.fixture
def python_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_libcrypto", lambda: None)


def rfc6979(private: bytes, digest: bytes) -> int:
    """The first nonce of RFC 6979 section 3.2, steps b to h, with HMAC-SM3."""
    material = private + word(number(digest) % N)
    value, key = b"\x01" * 32, b"\x00" * 32
    key = hmac.new(key, value + b"\x00" + material, "sm3").digest()
    value = hmac.new(key, value, "sm3").digest()
    key = hmac.new(key, value + b"\x01" + material, "sm3").digest()
    value = hmac.new(key, value, "sm3").digest()
    nonce = number(hmac.new(key, value, "sm3").digest())
    assert 0 < nonce < N
    return nonce


def test_libcrypto_does_sm2_on_this_machine() -> None:
    assert sm2_backend() == "openssl"


def test_the_published_example_comes_out() -> None:
    assert Sm2PrivateKey(PRIVATE).public == PUBLIC
    assert sm2_digest(PUBLIC, MESSAGE) == DIGEST
    assert sm2._sign_with(library(), PRIVATE, DIGEST, NONCE) == SIGNATURE
    assert sm2_verify(PUBLIC, MESSAGE, SIGNATURE)


@pytest.mark.usefixtures("python_only")
def test_the_published_example_verifies_in_python_alone() -> None:
    assert sm2_backend() == "python"
    assert sm2_verify(PUBLIC, MESSAGE, SIGNATURE)
    assert not sm2_verify(PUBLIC, MESSAGE + b"!", SIGNATURE)


@pytest.mark.usefixtures("python_only")
def test_without_libcrypto_signing_is_refused() -> None:
    with expect("ledger.sm2-unavailable"):
        Sm2PrivateKey(PRIVATE)


@pytest.mark.parametrize("size", [0, 1, 150])
def test_signing_draws_its_nonce_as_rfc_6979_says(size: int) -> None:
    message = seeded(9)(size)
    digest = sm2_digest(PUBLIC, message)
    d, k = number(PRIVATE), rfc6979(PRIVATE, digest)
    point = times(k, curve.G)
    assert point is not None
    r = (number(digest) + point[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    assert Sm2PrivateKey(PRIVATE).sign(message) == word(r) + word(s)


@given(seed=st.integers(0, 99), message=st.binary(max_size=200), flip=st.integers(0, 511))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_implementations_judge_alike(
    monkeypatch: pytest.MonkeyPatch, seed: int, message: bytes, flip: int
) -> None:
    key = Sm2PrivateKey.generate(seeded(seed))
    good = key.sign(message)
    assert key.sign(message) == good
    bad = word(0) * 2 if flip == 511 else (number(good) ^ (1 << flip)).to_bytes(64, "big")
    assert sm2_verify(key.public, message, good)
    assert not sm2_verify(key.public, message, bad)
    with monkeypatch.context() as patch:
        patch.setattr(sm2, "_libcrypto", lambda: None)
        assert sm2_verify(key.public, message, good)
        assert not sm2_verify(key.public, message, bad)


def test_a_signature_has_one_spelling() -> None:
    r, s = SIGNATURE[:32], SIGNATURE[32:]
    shortened = number(s) % (1 << 248)
    wrong = [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        r + b"\0" + s,
        word(0) + s,
        r + word(0),
        word(N) + s,
        r + word(N),
        r + word(N - number(r)),  # r + s = n
        r + word(shortened),
        word(2**256 - 1) * 2,
    ]
    assert not any(sm2_verify(PUBLIC, MESSAGE, each) for each in wrong)


@pytest.mark.parametrize("backend", ["openssl", "python"])
def test_numbers_out_of_range_are_refused_even_where_the_equation_holds(
    monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    d = number(PRIVATE)

    def judged(r: int, s: int, *, plus_r: int = 0, plus_s: int = 0) -> bool:
        """Judge r and s under the one digest that fits them."""
        point = times((s + (r + s) * d) % N, curve.G)
        assert point is not None
        monkeypatch.setattr(sm2, "sm2_digest", lambda *_: word((r - point[0]) % N))
        return sm2_verify(PUBLIC, MESSAGE, word(r + plus_r) + word(s + plus_s))

    if backend == "python":
        monkeypatch.setattr(sm2, "_libcrypto", lambda: None)
    assert judged(7, 5)
    assert not judged(7, 5, plus_r=N)
    assert not judged(7, 5, plus_s=N)
    assert not judged(0, 5)
    assert not judged(7, 0)
    assert not judged(7, N - 7)


def test_a_public_key_is_a_point_on_the_curve() -> None:
    x, y = PUBLIC[1:33], PUBLIC[33:]
    small, root = next(
        (each, found)
        for each in range(100)
        if curve.on_curve(
            (each, found := pow(each**3 + curve.A * each + curve.B, (curve.P + 1) // 4, curve.P))
        )
    )
    assert is_sm2_public(b"\x04" + word(small) + word(root))
    wrong = [
        b"",
        PUBLIC[:-1],
        PUBLIC + b"\0",
        b"\x02" + x,
        b"\x06" + x + y,
        b"\x04" + y + x,
        b"\x04" + x + word(number(y) ^ 1),
        b"\x04" + word(small + curve.P) + word(root),  # the same point, not reduced
        b"\x04" + word(0) + word(0),
        b"\0" * 65,
    ]
    assert is_sm2_public(PUBLIC)
    for each in wrong:
        assert not is_sm2_public(each)
        assert not sm2_verify(each, MESSAGE, SIGNATURE)
    with expect("ledger.key"):
        sm2_digest(wrong[6], MESSAGE)


def test_a_private_key_is_between_one_and_n_minus_two() -> None:
    for number_ in (0, N - 1, N, 2**256 - 1):
        with expect("ledger.key"):
            Sm2PrivateKey(word(number_))
    with expect("ledger.key"):
        Sm2PrivateKey(PRIVATE[1:])
    for number_ in (1, N - 2):
        key = Sm2PrivateKey(word(number_))
        assert sm2_verify(key.public, b"edge", key.sign(b"edge"))


def test_generating_a_key_draws_again_when_out_of_range() -> None:
    draws = iter([word(0), word(N - 1), b"\xff" * 32, PRIVATE])
    assert Sm2PrivateKey.generate(lambda _count: next(draws)).public == PUBLIC


def test_nonces_the_standard_excludes_give_no_signature() -> None:
    point = times(number(NONCE), curve.G)
    assert point is not None
    zero_r = word(-point[0] % N)
    r_plus_k_is_n = word((N - number(NONCE) - point[0]) % N)
    assert sm2._sign_with(library(), PRIVATE, zero_r, NONCE) is None
    assert sm2._sign_with(library(), PRIVATE, r_plus_k_is_n, NONCE) is None


def test_the_nonces_differ_from_each_other() -> None:
    nonces = sm2._nonces(PRIVATE, DIGEST)
    assert len({next(nonces) for _ in range(10)}) == 10


@pytest.mark.parametrize("data", [b"", b"data", bytes(range(200))])
def test_hmac_is_that_of_the_library(data: bytes) -> None:
    for key in (b"k" * 32, bytes(range(224, 256)), bytes(32)):
        assert sm2._hmac(key, data) == hmac.digest(key, data, "sm3")


def test_the_identity_of_the_signer_is_signed_too() -> None:
    key = Sm2PrivateKey(PRIVATE)
    signature = key.sign(MESSAGE, b"ALICE123@YAHOO.COM")
    assert sm2_verify(PUBLIC, MESSAGE, signature, b"ALICE123@YAHOO.COM")
    assert not sm2_verify(PUBLIC, MESSAGE, signature)
    assert sm2_digest(PUBLIC, b"", b"i" * 8191) != sm3(b"")
    with expect("ledger.sm2-user-id"):
        sm2_digest(PUBLIC, b"", b"i" * 8192)


def test_a_libcrypto_with_a_wrong_answer_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(_sm2_openssl.Libcrypto):
        def __init__(self) -> None:
            pass

        def public(self, private: bytes) -> bytes:
            return PUBLIC

        def scalar(self, private: bytes, nonce: bytes, r: bytes) -> bytes:
            return r

    monkeypatch.setattr(_sm2_openssl, "load", Wrong)
    assert sm2._libcrypto.__wrapped__() is None
    monkeypatch.setattr(_sm2_openssl, "load", lambda: None)
    assert sm2._libcrypto.__wrapped__() is None


def test_a_library_without_sm2_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sm2_openssl, "_candidates", lambda: iter(["no-such-library.so", None]))
    monkeypatch.setattr(_sm2_openssl, "_NID_SM2", 1)  # no curve
    assert _sm2_openssl.load() is None


def test_a_private_key_does_not_show_itself() -> None:
    key = Sm2PrivateKey(PRIVATE)
    assert PRIVATE.hex()[:8] not in repr(key).lower()
    assert key.private_bytes() == PRIVATE
