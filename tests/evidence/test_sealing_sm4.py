"""SM4-GCM beside AES-256-GCM: the same file layout, another cipher, and the header says which."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence import SealAlgorithm, SealedReader, SealError, digest_bytes, read_header, seal
from qingyuan.evidence._ciphers import SUITES
from tests.evidence.making import counter_entropy, pattern

KEY = bytes(range(32))


def sealed(content: bytes, algorithm: SealAlgorithm = "sm4-gcm", *, chunk: int = 64) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, KEY, "K1", counter_entropy(), chunk=chunk, algorithm=algorithm)
    return target.getvalue()


def opened(box: bytes, key: bytes = KEY) -> bytes:
    with SealedReader(io.BytesIO(box), key) as reader:
        return reader.read()


def test_the_cipher_gives_the_answer_of_rfc_8998() -> None:
    """Appendix A.1."""
    cipher = SUITES["sm4-gcm"].cipher(bytes.fromhex("0123456789abcdeffedcba9876543210"))
    plain = b"".join(bytes([pair]) * 8 for pair in bytes.fromhex("aabbccddeeffeeaa"))
    box = cipher.encrypt(
        bytes.fromhex("00001234567800000000abcd"),
        plain,
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    )
    assert box.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["aes-256-gcm", "sm4-gcm"]), st.integers(1, 130))
def test_whatever_is_sealed_opens_again(content: bytes, algorithm: SealAlgorithm, chunk: int) -> None:
    assert opened(sealed(content, algorithm, chunk=chunk)) == content


def test_the_header_and_the_facts_name_the_algorithm() -> None:
    for algorithm, title in (("aes-256-gcm", "qyseal-1/AES-256-GCM"), ("sm4-gcm", "qyseal-1/SM4-GCM")):
        target = io.BytesIO()
        facts = seal(io.BytesIO(b"abc"), target, KEY, "K1", counter_entropy(), algorithm=algorithm)  # type: ignore[arg-type]
        header = read_header(io.BytesIO(target.getvalue()))
        assert (header.algorithm, header.title, facts.alg) == (algorithm, title, title)
        assert (facts.sha256, facts.sm3) == (digest_bytes(b"abc").sha256, digest_bytes(b"abc").sm3)


def test_every_changed_byte_is_found() -> None:
    box = sealed(pattern(150))
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1
        with pytest.raises(SealError):
            opened(bytes(changed))
    for end in range(len(box)):
        with pytest.raises(SealError):
            opened(box[:end])


def test_an_unknown_algorithm_is_refused_by_its_number_and_by_its_name() -> None:
    box = bytearray(sealed(b"abc"))
    box[7] = 3
    with pytest.raises(SealError) as caught:
        opened(bytes(box))
    assert caught.value.code == "evidence.unknown-seal-algorithm"
    with pytest.raises(SealError) as caught:
        sealed(b"abc", "rot13")  # type: ignore[arg-type]
    assert caught.value.code == "evidence.unknown-seal-algorithm"


def test_a_file_relabelled_as_the_other_algorithm_asks_for_another_key() -> None:
    for algorithm, number in (("aes-256-gcm", 2), ("sm4-gcm", 1)):
        box = bytearray(sealed(b"abc", algorithm))  # type: ignore[arg-type]
        box[7] = number
        with pytest.raises(SealError) as caught:
            opened(bytes(box))
        assert caught.value.code == "evidence.wrong-key"


class _Pattern(io.RawIOBase):
    """Content that nobody holds in memory."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        taken = min(size, self._left)
        self._left -= taken
        return bytes(taken)


class _Nowhere(io.RawIOBase):
    def write(self, data: object, /) -> int:
        return len(data)  # type: ignore[arg-type]


def test_memory_does_not_grow_with_the_content() -> None:
    peaks = []
    for size in (4 << 20, 24 << 20):
        tracemalloc.start()
        facts = seal(_Pattern(size), _Nowhere(), KEY, "K1", counter_entropy(), algorithm="sm4-gcm")  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert facts.size == size
    assert peaks[1] < peaks[0] * 1.5
