"""SM2 arithmetic: both implementations against the textbook, and the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import Sm2PrivateKey, _sm2_openssl, sm2, sm2_verify
from qingyuan.ledger import _sm2_curve as curve
from tests.ledger.sm2_reference import N, affine_add, number, times, word

MESSAGE = b"message digest"


def library() -> _sm2_openssl.Libcrypto:
    found = sm2._libcrypto()
    assert found is not None
    return found


@given(scalars=st.tuples(*[st.integers(0, N - 1)] * 3))
@settings(max_examples=15, deadline=None)
def test_both_implementations_add_as_the_textbook_does(scalars: tuple[int, int, int]) -> None:
    s, t, d = scalars
    point = times(d or 1, curve.G)
    assert point is not None
    expected = affine_add(times(s, curve.G), times(t, point))
    encoded = b"\x04" + word(point[0]) + word(point[1])
    found = library().combine(word(s), word(t), encoded)
    assert curve.combine(s, t, point) == expected
    assert found == (None if expected is None else b"\x04" + word(expected[0]) + word(expected[1]))


@pytest.mark.parametrize(("s", "t"), [(0, 0), (5, N - 5), (1, 1), (2, N - 1), (0, 7), (7, 0)])
def test_the_special_cases_of_addition_hold(s: int, t: int) -> None:
    encoded = b"\x04" + word(curve.G[0]) + word(curve.G[1])
    expected = times((s + t) % N, curve.G)
    assert curve.combine(s, t, curve.G) == expected
    found = library().combine(word(s), word(t), encoded)
    assert (found is None) is (expected is None)


def der(signature: bytes) -> bytes:
    parts = b""
    for half in (signature[:32], signature[32:]):
        raw = half.lstrip(b"\0") or b"\0"
        raw = b"\0" + raw if raw[0] & 0x80 else raw
        parts += b"\x02" + bytes((len(raw),)) + raw
    return b"\x30" + bytes((len(parts),)) + parts


def undo_der(data: bytes) -> bytes:
    first = data[4 : 4 + data[3]]
    second = data[4 + data[3] + 2 :]
    return word(number(first)) + word(number(second))


def test_the_openssl_program_and_we_accept_each_others_signatures(tmp_path: Path) -> None:
    program = shutil.which("openssl")
    assert program is not None, "this test needs the openssl program: apt-get install openssl"

    def run(*words: str) -> bytes:
        return subprocess.run([program, *words], cwd=tmp_path, check=True, capture_output=True).stdout

    run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", "key.pem")
    run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    raw = run("pkey", "-in", "key.pem", "-outform", "DER", "-pubout")
    public = raw[-65:]
    dump = run("ec", "-in", "key.pem", "-outform", "DER")
    key = Sm2PrivateKey(dump[7:39])
    assert key.public == public
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "ours").write_bytes(der(key.sign(MESSAGE)))
    identity = ["-sm3", "-sigopt", "distid:1234567812345678"]
    assert b"Verified OK" in run("dgst", *identity, "-verify", "public.pem", "-signature", "ours", "message")
    run("dgst", *identity, "-sign", "key.pem", "-out", "theirs", "message")
    assert sm2_verify(public, MESSAGE, undo_der((tmp_path / "theirs").read_bytes()))
