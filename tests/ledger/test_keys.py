"""Keys: text forms, key IDs, and signatures of all three algorithms."""

from __future__ import annotations

import base64
import hashlib
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    Algorithm,
    Cosigner,
    LedgerError,
    NoteSigner,
    VerifierKey,
    cosigned_message,
    key_id,
)
from tests.ledger.support import expect, seeded, signer

# golang.org/x/mod/sumdb/note, note_test.go.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
# transparency-dev/formats, note_cosigv1_test.go and tlog_policy_test.go; c2sp.org/signed-note.
PLUS_IN_KEY = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
SPECIFICATION = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PAIRS = [
    (PETER_SECRET, PETER),
    (
        "PRIVATE+KEY+Wit1+55ee4561+AeadRiG7XM4XiieCHzD8lxysXMwcViy5nYsoXURWGrlE",
        "Wit1+55ee4561+AVhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk",
    ),
    (
        "PRIVATE+KEY+Wit3+d3ed3be7+AR2Kg8k6ccBr5QXz5SHtnkOS4UGQGEQaWi6Gfr6Mm3X5",
        "Wit3+d3ed3be7+ASb6Uz1+fxAcXkMvDd7nGa3FjDce7LxIKmbbTCT0MpVn",
    ),
]
BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


@pytest.mark.parametrize("vkey", [PETER, ENOCH, PLUS_IN_KEY, WITNESS, SPECIFICATION])
def test_public_keys_of_other_programs_read_and_write_back(vkey: str) -> None:
    assert VerifierKey.parse(vkey).encode() == vkey


@pytest.mark.parametrize(("skey", "vkey"), PAIRS)
def test_private_keys_of_other_programs_read_and_write_back(skey: str, vkey: str) -> None:
    pair = NoteSigner.parse(skey)
    assert pair.skey() == skey
    assert pair.key.encode() == vkey


def refused(text: str, kind: type[VerifierKey | NoteSigner]) -> bool:
    try:
        kind.parse(text)
    except LedgerError as error:
        return error.code == "ledger.key"
    return False


@pytest.mark.parametrize(("text", "kind"), [(PETER, VerifierKey), (PETER_SECRET, NoteSigner)])
def test_no_part_and_no_neighbour_of_a_key_is_a_key(text: str, kind: type[VerifierKey | NoteSigner]) -> None:
    length = len(text)
    for start in range(length):
        for stop in range(start + 1, length + 1):
            if (start, stop) != (0, length):
                assert refused(text[start:stop], kind)
    for place in range(length):
        assert refused(text[:place] + chr(ord(text[place]) + 1) + text[place + 1 :], kind)


@pytest.mark.parametrize(
    "vkey",
    [
        # right key ID, wrong length; right key ID, unknown algorithm: from note_test.go
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        "rekor.sigstore.dev+NOTAHEX!+" + PETER.rsplit("+", 1)[1],
        "PeterNeumann+00000000+" + PETER.split("+", 2)[2],
        "Peter Neumann" + PETER[12:],
        "" + PETER[12:],
        "a+b+c+d",
        "",
    ],
)
def test_malformed_keys_are_refused(vkey: str) -> None:
    assert refused(vkey, VerifierKey)


def test_the_key_id_is_the_hash_of_name_type_and_key() -> None:
    key = VerifierKey.parse(SPECIFICATION)
    digest = hashlib.sha256(b"example.com/foo\n\x01" + key.public).digest()
    assert key.key_id == int.from_bytes(digest[:4], "big") == 0x530D903A == key_id(key.name, 1, key.public)


def test_one_key_pair_has_another_id_as_a_witness() -> None:
    note, witness = signer("a.example", 4), Cosigner.generate("a.example", seeded(4))
    assert note.key.public == witness.key.public
    assert note.key_id != witness.key_id
    assert Cosigner.parse(witness.skey()).key == witness.key
    with expect("ledger.key"):
        Cosigner.parse(note.skey())
    with expect("ledger.key"):
        NoteSigner.parse(witness.skey())


def test_a_key_never_shows_its_secret() -> None:
    pair = NoteSigner.parse(PETER_SECRET)
    assert repr(pair) == "<NoteSigner PeterNeumann+c74f20a3>"
    with pytest.raises(LedgerError) as caught:
        NoteSigner.parse(PETER_SECRET[:-1])
    assert "AYEK" not in str(caught.value) + caught.value.text("zh")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\u00a0b", "a\nb", "a\x01b", "a\ud800b"])
def test_names_that_no_signature_line_could_carry_are_refused(name: str) -> None:
    with expect("ledger.key"):
        NoteSigner.generate(name, seeded(1))


def test_a_seed_has_thirty_two_bytes() -> None:
    with expect("ledger.key"):
        NoteSigner("a", bytes(31))


def test_ed25519_gives_the_first_vectors_of_rfc_8032() -> None:
    pair = NoteSigner("a", bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert pair.key.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert pair.sign("r").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@given(st.text(max_size=60), st.integers(0, 511))
def test_a_signature_holds_for_its_text_only(text: str, bit: int) -> None:
    pair = signer()
    signature = pair.sign(text)
    assert pair.key.verifies(text, signature)
    assert not pair.key.verifies(text + "x", signature)
    broken = bytearray(signature)
    broken[bit // 8] ^= 1 << bit % 8
    assert not pair.key.verifies(text, bytes(broken))
    assert not pair.key.verifies(text, signature[:63])
    assert not signer(number=2).key.verifies(text, signature)


def test_the_cosigned_message_is_that_of_the_specification() -> None:
    assert cosigned_message(BODY, 1679315147) == b"cosignature/v1\ntime 1679315147\n" + BODY.encode()


@given(st.integers(0, MAX_SIZE))
def test_a_cosignature_binds_time_and_extension_lines(time: int) -> None:
    witness = Cosigner.generate("w.example", seeded(3))
    signature = witness.cosign(BODY + "extension\n", time)
    assert len(signature) == 72
    assert int.from_bytes(signature[:8], "big") == time
    assert witness.key.verifies(BODY + "extension\n", signature)
    assert not witness.key.verifies(BODY + "extensioN\n", signature)
    assert not witness.key.verifies(BODY, signature)
    other = (time ^ 1).to_bytes(8, "big")
    assert not witness.key.verifies(BODY + "extension\n", other + signature[8:])
    assert not witness.key.verifies(BODY + "extension\n", b"\xff" + signature[1:])
    assert not witness.key.verifies("no checkpoint\n", signature)
    assert not witness.key.verifies(BODY + "extension\n", signature[:7])


def test_a_witness_cosigns_checkpoints_within_time_only() -> None:
    witness = Cosigner.generate("w.example", seeded(3))
    with expect("ledger.checkpoint"):
        witness.cosign("no checkpoint\n", 1)
    for time in (-1, MAX_SIZE + 1):
        with expect("ledger.time"):
            witness.cosign(BODY, time)


def test_a_cosignature_of_a_time_beyond_the_limit_does_not_count() -> None:
    witness, raw = Cosigner.generate("w.example", seeded(3)), NoteSigner.generate("w.example", seeded(3))
    for time, counts in ((MAX_SIZE, True), (MAX_SIZE + 1, False)):
        message = cosigned_message(BODY, time).decode()
        assert witness.key.verifies(BODY, time.to_bytes(8, "big") + raw.sign(message)) is counts


def ml_dsa_message(name: bytes, origin: bytes, time: int, size: int, root: bytes) -> bytes:
    """Write out the structure of c2sp.org/tlog-cosignature, field by field."""
    numbers = [value.to_bytes(8, "big") for value in (time, 0, size)]
    label = b"subtree/v1\n\0"
    return b"".join(
        [
            label,
            bytes([len(name)]),
            name,
            numbers[0],
            bytes([len(origin)]),
            origin,
            numbers[1],
            numbers[2],
            root,
        ]
    )


def test_ml_dsa_44_cosignatures_are_verified() -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = VerifierKey("w.example", Algorithm.ML_DSA_44, private.public_key().public_bytes_raw())
    assert VerifierKey.parse(key.encode()) == key
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    message = ml_dsa_message(b"w.example", b"example.com/behind-the-sofa", 77, 20852163, root)
    signature = (77).to_bytes(8, "big") + private.sign(message)
    assert key.verifies(BODY, signature)
    assert not key.verifies(BODY.replace("20852163", "20852164"), signature)
    assert not key.verifies(BODY + "extension\n", signature)
    assert not key.verifies(BODY, (78).to_bytes(8, "big") + signature[8:])
    assert not key.verifies(BODY, signature[:-1])
    assert not VerifierKey("x.example", Algorithm.ML_DSA_44, key.public).verifies(BODY, signature)


def test_a_library_without_ml_dsa_is_no_refusal_of_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    private = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = VerifierKey("w.example", Algorithm.ML_DSA_44, private.public_key().public_bytes_raw())
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    with expect("ledger.algorithm"):
        key.verifies(BODY, bytes(2428))
