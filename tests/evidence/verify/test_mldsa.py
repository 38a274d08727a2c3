"""The verifier's own ML-DSA-44, against OpenSSL, and the cosignatures that use it."""

from __future__ import annotations

import functools
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import verify_evp
from qingyuan.evidence.verify.verify_evp import mldsa44_verify
from tests.evidence.verify.checking import check, codes
from tests.evidence.verify.maker import Maker, policy
from tests.evidence.verify.noting import (
    LOG,
    ORIGIN,
    TWIN,
    TWIN_KEY,
    b64,
    key_id,
    signature_line,
    sm2_line,
    sm2_vkey,
)

WITNESS = "见证.example/pq"


@functools.cache
def private(seed: int = 1) -> MLDSA44PrivateKey:
    return MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32)


def public(seed: int = 1) -> bytes:
    return private(seed).public_key().public_bytes_raw()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(1, 4), message=st.binary(max_size=100), flip=st.integers(0, 2_420 * 8))
def test_it_agrees_with_openssl(seed: int, message: bytes, flip: int) -> None:
    signature = bytearray(private(seed).sign(message))
    if flip:
        signature[(flip - 1) // 8] ^= 1 << ((flip - 1) % 8)
    assert mldsa44_verify(public(seed), message, bytes(signature)) is (flip == 0)


def test_another_key_message_context_or_length_does_not_verify() -> None:
    signature = private().sign(b"text")
    assert mldsa44_verify(public(), b"text", signature)
    assert not mldsa44_verify(public(2), b"text", signature)
    assert not mldsa44_verify(public(), b"text", private().sign(b"text", b"context"))
    for key, data in (
        (public()[:-1], signature),
        (public(), signature[:-1]),
        (public(), signature + b"\0"),
        (b"", b""),
    ):
        assert not mldsa44_verify(key, b"text", data)


def test_hints_have_one_form_only() -> None:
    def hints(*positions: int, ends: tuple[int, int, int, int]) -> bytes:
        return bytes(positions).ljust(80, b"\0") + bytes(ends)

    assert verify_evp._hints(hints(1, 5, 2, ends=(2, 3, 3, 3))) == [{1, 5}, {2}, set(), set()]
    for bad in (
        hints(5, 1, ends=(2, 2, 2, 2)), hints(1, 1, ends=(2, 2, 2, 2)), hints(1, 2, 3, ends=(2, 2, 2, 2)),
        hints(1, 2, ends=(2, 1, 2, 2)), hints(ends=(0, 0, 0, 81)),
    ):  # fmt: skip
        assert verify_evp._hints(bad) is None


def test_the_high_bits_are_those_of_fips_204() -> None:
    q, gamma = verify_evp._Q, verify_evp._GAMMA2
    assert verify_evp._high_bits(q - 1, hint=False) == 0, "the top wraps to nought"
    assert verify_evp._high_bits(q - 1, hint=True) == 43
    assert [verify_evp._high_bits(r, hint=False) for r in (0, gamma, gamma + 1, 3 * gamma)] == [0, 0, 1, 1]
    assert verify_evp._high_bits(0, hint=True) == 43
    assert verify_evp._high_bits(1, hint=True) == 1


def cosignature(
    origin: str, size: int, root: bytes, *, name: str = WITNESS, at: int = 1_772_400_000
) -> bytes:
    """C2SP tlog-cosignature, the structure ``cosigned_message``."""
    one, two = name.encode(), origin.encode()
    message = b"subtree/v1\n\0" + bytes([len(one)]) + one + struct.pack(">Q", at)
    message += bytes([len(two)]) + two + struct.pack(">QQ", 0, size) + root
    blob = key_id(WITNESS, 6, public()) + struct.pack(">Q", at) + private().sign(message)
    return f"— {WITNESS} {b64(blob)}\n".encode()


def cosigned(text: bytes, log_line: bytes, **changes: object) -> bytes:
    import base64

    origin, size, root = text.decode().split("\n")[:3]
    given = {"origin": origin, "size": int(size), "root": base64.b64decode(root), **changes}
    return text + b"\n" + log_line + cosignature(**given)  # type: ignore[arg-type]


def demanded(*more: str) -> bytes:
    vkey = f"{WITNESS}+{key_id(WITNESS, 6, public()).hex()}+{b64(bytes([6]) + public())}"
    logs = policy().decode().splitlines()[1]
    return "\n".join([logs, *more, f"witness pq {vkey}", "quorum pq", ""]).encode()


def main_log(**changes: object) -> Maker:
    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return cosigned(text, signature_line(ORIGIN, LOG, text), **changes)

    return Maker(checkpoint=checkpoint)


def test_a_cosignature_by_ml_dsa_counts_for_the_quorum() -> None:
    report = check(main_log().build(), policy_bytes=demanded())
    assert (report.verdict, report.quorum["witnesses"]) == ("pass", ["pq"])


@pytest.mark.parametrize(
    "changes", [{"size": 26}, {"root": bytes(32)}, {"origin": TWIN}, {"name": "other.example"}, {"at": 2**63}]
)
def test_a_false_cosignature_by_ml_dsa_does_not_count_and_breaks_nothing(changes: dict[str, object]) -> None:
    report = check(main_log(**changes).build(), policy_bytes=demanded())
    assert (report.verdict, report.quorum["met"], codes(report)) == ("undetermined", False, set())


def test_a_cosignature_by_ml_dsa_does_not_count_where_it_does_not_cover_extension_lines() -> None:
    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\nan extension line\n"
        return cosigned(text, signature_line(ORIGIN, LOG, text))

    report = check(Maker(checkpoint=checkpoint).build(), policy_bytes=demanded())
    assert (report.verdict, report.quorum["met"], codes(report)) == ("undetermined", False, set())


def test_the_twin_is_cosigned_over_its_own_root() -> None:
    def checkpoint(data: bytes) -> bytes:
        text = data.partition(b"\n\n")[0] + b"\n"
        return cosigned(text, sm2_line(TWIN, TWIN_KEY, text))

    maker = main_log()
    maker.edits["twin_checkpoint"] = checkpoint
    both = demanded(f"log {sm2_vkey(TWIN, TWIN_KEY)}")
    assert check(maker.build(), policy_bytes=both).verdict == "pass"
    assert check(main_log().build(), policy_bytes=both).quorum["met"] is False


def test_a_key_of_another_length_or_identifier_makes_the_policy_unusable() -> None:
    text = demanded().decode()
    for bent in (
        text.replace(b64(bytes([6]) + public())[:8], b64(b"\x06\0\0\0\0\0")[:8]),
        text.replace("+", "+0", 1),
    ):
        report = check(main_log().build(), policy_bytes=bent.encode())
        assert (report.verdict, report.quorum["met"]) == ("undetermined", False)
