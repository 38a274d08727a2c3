"""The arithmetic of the page against other programs."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import unicodedata
import zlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qingyuan.ledger import Sm2PrivateKey, sm2_verify
from tests.evidence.verify_page.node import Node
from tests.evidence.verify_page.trees import canonical
from tests.ledger.ed25519_mixed import mixed_signatures

VECTORS = Path(__file__).parents[3] / "vectors/sm/sm2.json"
ORDER = 2**252 + 27742317777372353535851937790883648493
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(st.binary(max_size=700))
@example(b"")
@example(bytes(55))
@example(bytes(56))
@example(bytes(64))
@example(bytes(111))
@example(bytes(112))
@example(bytes(128))
def test_each_hash_is_that_of_openssl(node: Node, data: bytes) -> None:
    for name in ("sha1", "sha256", "sha384", "sha512", "sm3"):
        assert node.call(name, data) == hashlib.new(name, data).digest()
    assert node.call("crc32", 0, data) == zlib.crc32(data)


def test_a_hash_taken_in_pieces_is_that_of_the_whole(node: Node) -> None:
    data = hashlib.shake_128(b"pieces").digest(5000)
    pieces = [data[:1], data[1:64], data[64:64], data[64:200], data[200:4999], data[4999:]]
    assert node.call("sha256", *pieces) == hashlib.sha256(data).digest()
    assert node.call("sm3", *pieces) == hashlib.new("sm3", data).digest()
    assert node.call("crc32", zlib.crc32(data[:33]), data[33:]) == zlib.crc32(data)


def test_every_code_point_folds_as_in_python_where_python_knows_it(node: Node) -> None:
    points = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in ("Cs", "Cn")]
    for start in range(0, len(points), 20_000):
        part = "\n".join(points[start : start + 20_000])
        assert node.call("caseFold", part) == part.casefold()


@FEW
@given(st.binary(max_size=40), st.integers(0, 60), st.sampled_from("AB/+=\n -_é"))
def test_base64_is_read_in_its_one_form_only(node: Node, data: bytes, place: int, change: str) -> None:
    text = base64.b64encode(data).decode()
    assert node.call("toBase64", data) == text
    assert node.call("fromBase64", text) == data
    bent = text[:place] + change + text[place + 1 :]
    found = node.call("fromBase64", bent)
    assert found is None or base64.b64encode(found).decode() == bent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@FEW
@given(JSON, st.data())
def test_only_the_canonical_form_of_a_value_is_canonical(
    node: Node, value: object, data: st.DataObject
) -> None:
    text = canonical(value)  # type: ignore[arg-type]
    assert json.loads(json.dumps(node.call("fromCanonical", text))) == value
    assert node.call("canonical", value) == text.decode()
    place = data.draw(st.integers(0, len(text) - 1))
    bent = (
        text[:place]
        + data.draw(st.sampled_from([b" ", b"0", b"\\u0061", b'"', b"\xff", b"-"]))
        + text[place:]
    )
    found = node.call("fromCanonical", bent)
    assert found is ... or canonical(found) == bent


REFUSED = [
    b"", b"{}x", b"[1.0]", b"[1e2]", b"[01]", b"[-0]", b"[9007199254740992]", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'"\\ud800"', b'["\\u0041"]',
    b"[" * 65 + b"]" * 65, b"[" * 200_000, b'{"\xc3\xa9":1}', b"\xef\xbb\xbf{}", b'["\x7f\\u007f"]', b"nul", b"[NaN]", b'{"__proto__":{},"__proto__":{}}',
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
def test_what_is_not_canonical_json_is_refused(node: Node, text: bytes) -> None:
    assert node.call("fromCanonical", text) is ...


def test_json_of_people_may_have_white_space_and_a_byte_order_mark(node: Node) -> None:
    text = b'\xef\xbb\xbf {"b": [1, -0, "\\u0041\\n"],\r\n\t"a": {"__proto__": null}} \n'
    assert node.call("fromJson", text) == {"b": [1, 0, "A\n"], "a": {"__proto__": None}}
    assert node.call("fromJson", b"[" * 64 + b"]" * 64) is not ...


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[1,]", b'{"a":1,}', b'{"a":1 "b":2}', b"[1.5]", b"[1e3]", b"[00]", b"[+1]", b"[9007199254740993]", b'["\\ud800"]', b'["\t"]',
     b'{"a":1,"\\u0061":2}', b"[" * 65 + b"]" * 65, b"[" * 100_000, b"{a:1}", b"['a']", b"[1]//", b"\xff", b"[tru]", b"[truex]", b"[1 2]"],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_json_of_people_is_refused_when_it_is_not_json_of_integers_and_single_names(
    node: Node, text: bytes
) -> None:
    assert node.call("fromJson", text) is ...


@FEW
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 63), st.integers(1, 255))
def test_ed25519_agrees_with_openssl(
    node: Node, secret: bytes, message: bytes, place: int, bits: int
) -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert node.call("ed25519Verify", public, message, signature) is True
    bent = bytearray(signature)
    bent[place] ^= bits
    with pytest.raises(InvalidSignature):
        key.public_key().verify(bytes(bent), message)
    assert node.call("ed25519Verify", public, message, bytes(bent)) is False
    assert node.call("ed25519Verify", public, message + b"x", signature) is False


def test_ed25519_takes_no_second_form_of_a_signature_and_no_key_of_small_order(node: Node) -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"m")
    again = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    assert node.call("ed25519Verify", public, b"m", again) is False
    identity = b"\x01" + bytes(31)
    # With a key of small order R = identity and S = 0 fit many messages.
    small = [
        identity, bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f",
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ]  # fmt: skip
    for bad in small:
        for n in range(8):
            assert node.call("ed25519Verify", bad, bytes([n]), identity + bytes(32)) is False
    # y = 1 written as p + 1, and x = 0 with its sign bit set.
    for bad in (b"\xee" + b"\xff" * 30 + b"\x7f", b"\x01" + bytes(30) + b"\x80"):
        assert node.call("ed25519Verify", public, b"m", bad + signature[32:]) is False


def test_ed25519_takes_no_r_of_small_order(node: Node) -> None:
    for public, message, signature in mixed_signatures():
        assert node.call("ed25519Verify", public, message, signature) is False


def test_sm2_signatures_of_the_vectors_verify_and_nothing_near_them(node: Node) -> None:
    for vector in json.loads(VECTORS.read_text()):
        public, message, signature = (
            bytes.fromhex(vector[name]) for name in ("public", "message", "signature")
        )
        assert node.call("sm2VerifyRaw", public, message, signature) is True
        assert node.call("sm2VerifyRaw", public, message + b"x", signature) is False
        assert node.call("sm2VerifyRaw", public[:-1] + bytes([public[-1] ^ 1]), message, signature) is False
        assert node.call("sm2VerifyRaw", public, message, signature[:32] + bytes(32)) is False


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=30, max_size=30), st.binary(max_size=40), st.integers(0, 63), st.integers(1, 255))
def test_sm2_agrees_with_the_ledger(node: Node, secret: bytes, message: bytes, place: int, bits: int) -> None:
    key = Sm2PrivateKey(b"\x00\x01" + secret)
    signature = key.sign(message)
    bent = bytearray(signature)
    bent[place] ^= bits
    assert node.call("sm2VerifyRaw", key.public, message, signature) is True
    assert node.call("sm2VerifyRaw", key.public, message, bytes(bent)) is sm2_verify(
        key.public, message, bytes(bent)
    )


@pytest.mark.parametrize(
    ("name", "curve"), [("P256", ec.SECP256R1()), ("P384", ec.SECP384R1()), ("P521", ec.SECP521R1())]
)
def test_ecdsa_agrees_with_openssl(node: Node, name: str, curve: ec.EllipticCurve) -> None:
    for number, kind in enumerate([hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]):
        key = ec.derive_private_key(12345 + number, curve)
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        message = b"message %d" % number
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(kind)))
        summed = hashlib.new(kind.name, message).digest()
        big = [{"n": str(value)} for value in (r, s, s + 1)]
        assert _ecdsa(node, name, public, summed, big[0], big[1]) is True
        assert _ecdsa(node, name, public, summed, big[0], big[2]) is False
        assert _ecdsa(node, name, public, hashlib.sha256(b"other").digest(), big[0], big[1]) is False


def _ecdsa(node: Node, name: str, public: bytes, summed: bytes, r: object, s: object) -> object:
    coded = [{"b": base64.b64encode(each).decode()} for each in (public, summed)]
    return node.ask({"call": "ecdsaVerify", "with": [name, *coded, r, s]})["value"]


@pytest.mark.parametrize(
    ("text", "good"),
    [("2026-02-28T23:59:59+08:00", True), ("2024-02-29T00:00:00+08:00", True), ("2026-02-29T00:00:00+08:00", False),
     ("2100-02-29T00:00:00+08:00", False), ("2026-13-01T00:00:00+08:00", False), ("2026-01-01T24:00:00+08:00", False),
     ("2026-01-01T00:00:60+08:00", False), ("2026-01-01T00:00:00Z", False), ("2026-01-01T00:00:00.5+08:00", False),
     ("2026-01-01 00:00:00+08:00", False), ("2026-04-31T00:00:00+08:00", False)],
)  # fmt: skip
def test_a_time_has_one_form_and_exists(node: Node, text: str, good: bool) -> None:
    assert node.call("isTime", text) is good
